//! A [`ConfigError`] says why a configuration cannot be used.

use std::path::PathBuf;

use miniapp_rtc::protocol::{AppId, InvalidId};
use miniapp_rtc::token::InvalidKey;

use crate::admin::ShortAdminSecret;
use crate::media::KeyError;
use crate::random::NoRandomness;
use crate::tls::TlsError;

/// Why a configuration cannot be used. Never holds a key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file that the command line or the configuration names.
        path: PathBuf,
        /// What the system or the parser said.
        source: std::io::Error,
    },
    /// The file is not TOML, or holds what it should not.
    #[error("the configuration {path} is not as it should be: {message}{place}")]
    Form {
        /// The file that the command line or the configuration names.
        path: PathBuf,
        /// What is wrong.
        message: String,
        /// Where, as `, line N, KEY`.
        place: String,
    },
    /// A secret in no place, or in several.
    #[error("{owner} needs exactly one of {name}, {name}_env and {name}_file")]
    SecretCount {
        /// Whose secret it is.
        owner: String,
        /// What the configuration calls it.
        name: &'static str,
    },
    /// A secret's environment variable is not set.
    #[error("the {name} of {owner} should be in the environment variable {variable}, which is not set")]
    SecretVariable {
        /// Whose secret it is.
        owner: String,
        /// What the configuration calls it.
        name: &'static str,
        /// The name of the environment variable.
        variable: String,
    },
    /// A secret's file cannot be read.
    #[error("the {name} of {owner} should be in {path}: {source}")]
    SecretFile {
        /// Whose secret it is.
        owner: String,
        /// What the configuration calls it.
        name: &'static str,
        /// The file that the command line or the configuration names.
        path: PathBuf,
        /// What the system or the parser said.
        source: std::io::Error,
    },
    /// An empty key.
    #[error("the application {app}: {source}")]
    Key {
        /// The app id of the entry.
        app: AppId,
        /// What the system or the parser said.
        source: InvalidKey,
    },
    /// An application twice.
    #[error("the application {0} is configured twice")]
    AppTwice(AppId),
    /// The configuration names no application, so nobody could join.
    #[error(
        "no application is configured; give --app-id and its key in MINIAPP_RTC_APP_KEY, or [[apps]] in the configuration"
    )]
    NoApp,
    /// An id without a key, or the reverse.
    #[error("--app-id and --app-key (or MINIAPP_RTC_APP_ID and MINIAPP_RTC_APP_KEY) go together: {0} is missing")]
    HalfApp(&'static str),
    /// Not an application id.
    #[error("--app-id: {0}")]
    AppId(InvalidId),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A webhook whose URL or secret cannot be used.
    #[error("the webhook of {app}: {reason}")]
    Webhook {
        /// The application whose webhook it is.
        app: AppId,
        /// What is wrong, and what to give instead, as a sentence for the operator.
        reason: String,
    },
    /// A certificate without its key, or the reverse.
    #[error("--tls-certificate and --tls-key go together: give both")]
    HalfTls,
    /// The admin API has a secret, but no address.
    #[error("the admin API has a secret, but no address: give --admin-listen or admin.listen, or take the secret out")]
    AdminUnlistened,
    /// The secret of the admin API cannot be used.
    #[error(transparent)]
    AdminSecret(#[from] ShortAdminSecret),
    /// The secret of media URLs cannot be used.
    #[error(transparent)]
    UrlSecret(#[from] KeyError),
    /// No secret for media URLs could be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Something that nothing could work with.
    #[error("{0}")]
    Rules(String),
}
