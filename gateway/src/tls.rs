//! [`Tls`] is what listeners of this process show to those who connect: a certificate and its key, read from files, and read
//! again when these change. Connections that are open keep what they were shown.

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod present;

use std::path::PathBuf;

#[cfg(not(feature = "tls"))]
pub use absent::Tls;
#[cfg(feature = "tls")]
pub use present::Tls;
#[cfg(all(feature = "tls", feature = "redis"))]
pub(crate) use present::choose_cryptography;
#[cfg(feature = "tls")]
pub(crate) use present::connector;

/// Where a certificate is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// PEM: the certificate, and after it those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: the certificate's private key.
    pub key: PathBuf,
}

/// Why a certificate cannot be shown. Never holds a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path} for TLS: {source}")]
    Read {
        /// The file that the configuration names.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} holds no {what} in PEM form")]
    Empty {
        /// The file that the configuration names.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificate and key cannot be used.
    #[error("the certificate {certificate} cannot be used with the key {key}: {reason}")]
    Unusable {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// This build has no TLS.
    #[error("this gateway was built without TLS; build it with the feature tls, or put a TLS proxy in front of it")]
    Absent,
}
