//! [`MediaStartError`]: why a media server could not start, and what to do.

use std::net::SocketAddr;

/// Why a media server could not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaStartError {
    /// An address cannot be listened on.
    #[error("cannot listen for {what} on {address}: {source}; choose another address or stop the program that uses it")]
    Listen {
        /// What would have been served there.
        what: &'static str,
        /// The address that was to be listened on.
        address: SocketAddr,
        /// What the system or the parser said.
        source: std::io::Error,
    },
    /// The public host has no address that web users could be told.
    #[error(
        "web users need an IP address, and {host} has none that was found ({reason}); give media.web_public (--web-public)"
    )]
    WebPublic {
        /// The public host.
        host: String,
        /// Why none was found.
        reason: String,
    },
    /// This build has no media server.
    #[error("this gateway was built without a media server; build it with the feature embedded-media")]
    Absent,
}
