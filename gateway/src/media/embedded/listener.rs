//! The listeners of this media server.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::media::MediaStartError;

/// Listens for TCP connections; `what` is what is served there.
pub(super) fn listen(what: &'static str, address: SocketAddr) -> Result<TcpListener, MediaStartError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        // Accepted sockets inherit it.
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| MediaStartError::Listen { what, address, source })
}

/// What the kernel may hold for one player: a player that lags should lose frames here, not get old ones.
const SEND_BUFFER_BYTES: u32 = 256 << 10;
const BACKLOG: u32 = 256;
