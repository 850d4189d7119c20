//! The [`ClusterSection`] of the file: with whom rooms are shared.

use miniapp_rtc::protocol::Secret;
use serde::Deserialize;

use super::ConfigError;
use crate::partition::MAX_PARTITIONS;
use crate::settings::ClusterSettings;

/// With whom the rooms are shared.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterSection {
    /// Where Redis is; without, this gateway keeps its rooms alone.
    pub redis: Option<Secret>,
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
        Self { redis: None, prefix: "miniapp-rtc".into(), partitions: 32, lease_ms: 3_000, snapshot_every: 2_000 }
    }
}

impl ClusterSection {
    /// The settings, `redis` from the command line counting first; `None` where no Redis is named.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] where the address is none. Does not hold it, because of its password.
    pub fn settings(self, redis: Option<Secret>) -> Result<Option<ClusterSettings>, ConfigError> {
        let Some(redis) = redis.or(self.redis) else { return Ok(None) };
        let address = redis.reveal().parse();
        let address = address.map_err(|error| ConfigError::Rules(format!("cluster.redis (--redis): {error}")))?;
        let Self { prefix, partitions, lease_ms, snapshot_every, .. } = self;
        Ok(Some(ClusterSettings { address, prefix, partitions, lease_ms, snapshot_every }))
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
