//! A [`Door`] is a socket that listens: it takes connections into the lobby, and goes on for as long as the socket can.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tracing::{error, warn};

use crate::lobby::{Lobby, Waiting};
use crate::meter::Seldom;

/// A socket that listens.
pub(crate) struct Door {
    name: &'static str,
    listener: TcpListener,
    lobby: Lobby,
    complaints: Seldom,
}

impl Door {
    pub(crate) fn new(name: &'static str, listener: TcpListener, lobby: Lobby) -> Self {
        Self { name, listener, lobby, complaints: Seldom::default() }
    }

    /// The next connection, and its place in the lobby; `None` when there will be no more.
    pub(crate) async fn next(&self) -> Option<(TcpStream, SocketAddr, Waiting)> {
        loop {
            match self.listener.accept().await {
                Ok((socket, remote)) => {
                    // Small messages must not wait for each other; without the option they only come later.
                    let _ = socket.set_nodelay(true);
                    return Some((socket, remote, self.lobby.enter(remote.ip())));
                }
                Err(error) if is_of_the_connection(&error) => {}
                // EINVAL: the socket does not listen any more, which waiting does not mend.
                Err(error) if error.kind() == ErrorKind::InvalidInput => {
                    error!(door = self.name, %error, "no connection can be accepted any more");
                    return None;
                }
                Err(error) => self.wait_for_room(&error).await,
            }
        }
    }

    async fn wait_for_room(&self, error: &Error) {
        if let Some(left_out) = self.complaints.says() {
            let door = self.name;
            warn!(door, %error, left_out, "no connection can be accepted: is the limit of open files too low?");
        }
        self.lobby.make_room(CUT_AT_ONCE);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the client had gone before it was accepted.
fn is_of_the_connection(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}

/// Between two attempts where there are no file descriptors: trying at once would spin.
const PAUSE: Duration = Duration::from_millis(50);
/// How many waiting connections are cut then.
const CUT_AT_ONCE: usize = 32;
