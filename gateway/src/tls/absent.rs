//! A build without TLS has no [`Tls`].

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{TlsError, TlsFiles};

/// There is none.
#[derive(Clone, Debug)]
pub enum Tls {}

impl Tls {
    /// Refuses.
    ///
    /// # Errors
    /// [`TlsError::Absent`].
    pub fn read(_files: TlsFiles) -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    pub(crate) async fn keep_reading(self, _stop: CancellationToken) {
        match self {}
    }

    pub(crate) async fn accept(&self, _socket: TcpStream, _within: Duration) -> Option<TcpStream> {
        match *self {}
    }
}
