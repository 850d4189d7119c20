//! The [`ClusterSection`] of the file: with whom rooms are shared.

use std::fmt::Display;
use std::path::PathBuf;

use miniapp_rtc::protocol::Secret;
use serde::Deserialize;

use super::ConfigError;
use crate::engine::{InvalidStoreAddress, StoreAddress};
use crate::partition::MAX_PARTITIONS;
use crate::settings::ClusterSettings;

/// With whom the rooms are shared.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSection {
    /// Where Redis is; without, this gateway keeps its rooms alone.
    pub redis: Option<Secret>,
    /// Certificates of authorities, in PEM form, by which those of Redis are signed; without, the system's authorities count.
    pub ca_file: Option<PathBuf>,
    /// What the names of all keys in Redis begin with.
    pub prefix: String,
    /// How many logs there are: the same in all gateways.
    pub partitions: u16,
    /// For how many milliseconds a gateway that does not speak is taken to live.
    pub lease_ms: u32,
    /// Entries of a log between two snapshots.
    pub snapshot_every: u32,
}

impl Default for ClusterSection {
    fn default() -> Self {
        Self {
            redis: None,
            ca_file: None,
            prefix: "miniapp-rtc".into(),
            partitions: 32,
            lease_ms: 3_000,
            snapshot_every: 2_000,
        }
    }
}

impl ClusterSection {
    /// The settings, `redis` from the command line counting first; `None` where no Redis is named.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] where the address is none, or needs TLS that this build lacks; it does not hold the address,
    /// because of its password. [`ConfigError::Read`] where the file of authorities cannot be read.
    pub fn settings(self, redis: Option<Secret>) -> Result<Option<ClusterSettings>, ConfigError> {
        let Some(redis) = redis.or(self.redis) else { return Ok(None) };
        let wrong = |reason: &dyn Display| ConfigError::Rules(format!("cluster.redis (--redis): {reason}"));
        let address: StoreAddress = redis.reveal().parse().map_err(|error: InvalidStoreAddress| wrong(&error))?;
        if address.is_tls() && !cfg!(feature = "tls") {
            return Err(wrong(&"this gateway was built without TLS; build it with the feature tls"));
        }
        if !address.is_tls() && self.ca_file.is_some() {
            return Err(wrong(&"cluster.ca_file is for rediss:// and sentinels://, which go by TLS"));
        }
        let read = |path: PathBuf| std::fs::read(&path).map_err(|source| ConfigError::Read { path, source });
        let authorities = self.ca_file.map(read).transpose()?;
        let Self { prefix, partitions, lease_ms, snapshot_every, .. } = self;
        Ok(Some(ClusterSettings { address, authorities, prefix, partitions, lease_ms, snapshot_every }))
    }

    /// What is legal TOML, but nothing could work with.
    pub(super) fn rules(&self) -> Vec<(bool, &'static str)> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        vec![
            (
                self.prefix.is_empty() || !self.prefix.bytes().all(is_name),
                "cluster.prefix must be letters, digits, '-', '_' and '.'",
            ),
            (
                !(1..=MAX_PARTITIONS).contains(&self.partitions),
                "cluster.partitions must be 1 at least, and 1024 at most",
            ),
            (self.lease_ms < 500, "cluster.lease_ms must be 500 at least"),
            (self.snapshot_every < 16, "cluster.snapshot_every must be 16 at least"),
        ]
    }
}
