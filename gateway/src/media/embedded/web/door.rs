//! The [`WebDoor`] is the one port of all web peers: UDP, and TCP with the same packets behind their lengths (RFC 4571).

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use str0m::net::{Protocol, Transmit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::table::PeerTable;
use crate::lobby::Waiting;

/// A packet on its way to a peer.
pub(super) struct Datagram {
    pub(super) protocol: Protocol,
    pub(super) source: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

/// The port of all web peers.
pub(super) struct WebDoor {
    udp: UdpSocket,
    is_ipv6: bool,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    table: PeerTable<mpsc::Sender<Datagram>>,
    /// The TCP connections, by their other ends.
    lines: HashMap<SocketAddr, TcpLine>,
}

/// A TCP connection. It ends with its entry in the list.
struct TcpLine {
    packets: mpsc::Sender<Vec<u8>>,
    _open: DropGuard,
    /// Cancelled when a peer has taken it for its own.
    taken: CancellationToken,
}

impl WebDoor {
    pub(super) fn new(udp: UdpSocket) -> Self {
        let is_ipv6 = udp.local_addr().is_ok_and(|address| address.is_ipv6());
        Self { udp, is_ipv6, inside: Mutex::default() }
    }

    /// Takes in a peer; gives what comes for it. Where more waits than `PACKETS`, further packets are dropped.
    pub(super) fn enter(&self, name: &str) -> mpsc::Receiver<Datagram> {
        let (sender, receiver) = mpsc::channel(PACKETS);
        self.lock().table.enter(name.to_owned(), sender);
        receiver
    }

    /// Forgets a peer, and ends its TCP connections.
    pub(super) fn leave(&self, name: &str) {
        let mut inside = self.lock();
        for (protocol, source) in inside.table.leave(name) {
            if protocol == Protocol::Tcp {
                inside.lines.remove(&source);
            }
        }
    }

    /// Sends what a peer has to say. What finds no place is lost, as packets may be.
    pub(super) async fn send(&self, name: &str, packet: &Transmit) {
        let (protocol, destination) = (packet.proto, packet.destination);
        let line = {
            let mut inside = self.lock();
            let is_own = inside.table.claim(name, (protocol, destination));
            let line = inside.lines.get(&destination).filter(|_| is_own && protocol == Protocol::Tcp);
            line.map(|line| {
                line.taken.cancel();
                line.packets.clone()
            })
        };
        match protocol {
            Protocol::Udp => {
                let destination = if self.is_ipv6 { mapped(destination) } else { destination };
                if let Err(error) = self.udp.send_to(&packet.contents, destination).await {
                    tracing::debug!(%destination, %error, "a packet was not sent");
                }
            }
            Protocol::Tcp => {
                if let Some(line) = line {
                    let _full = line.try_send(packet.contents.to_vec());
                }
            }
            // No candidate of ours has these.
            Protocol::SslTcp | Protocol::Tls => {}
        }
    }

    /// Receives UDP until `stop`.
    pub(super) async fn receive(self: Arc<Self>, stop: CancellationToken) {
        let mut buffer = vec![0; PACKET_BYTES];
        loop {
            let received = tokio::select! {
                received = self.udp.recv_from(&mut buffer) => received,
                () = stop.cancelled() => return,
            };
            match received {
                Ok((length, source)) => self.deliver(Protocol::Udp, source, buffer.get(..length).unwrap_or_default()),
                Err(error) => {
                    tracing::debug!(%error, "no packet could be received");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Serves a TCP connection to its end. A peer has to take it for its own `within` a time, and before `stop`; it keeps its
    /// place in the lobby until then, and ends with its peer after that.
    pub(super) async fn serve(
        &self,
        socket: TcpStream,
        source: SocketAddr,
        place: Waiting,
        within: Duration,
        stop: CancellationToken,
    ) {
        let source = canonical(source);
        let (reader, writer) = socket.into_split();
        let (packets, outgoing) = mpsc::channel(PACKETS);
        let (taken, end) = (CancellationToken::new(), CancellationToken::new());
        let line = TcpLine { packets, _open: end.clone().drop_guard(), taken: taken.clone() };
        self.lock().lines.insert(source, line);
        let admission = async {
            tokio::select! {
                () = taken.cancelled() => place.admit(),
                () = tokio::time::sleep(within) => return,
                () = stop.cancelled() => return,
            }
            end.cancelled().await;
            // What the peer said last is still on its way.
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            () = admission => {}
            () = place.cut() => {}
            _ended = self.read(reader, source) => {}
            _ended = write(writer, outgoing) => {}
        }
        // Where the entry is another connection's by now, it has ended this one.
        if !end.is_cancelled() {
            self.lock().lines.remove(&source);
        }
    }

    async fn read(&self, mut reader: OwnedReadHalf, source: SocketAddr) -> io::Result<()> {
        let mut buffer = vec![0; PACKET_BYTES];
        loop {
            let length = usize::from(reader.read_u16().await?);
            let packet = buffer.get_mut(..length).ok_or(io::ErrorKind::InvalidData)?;
            reader.read_exact(packet).await?;
            self.deliver(Protocol::Tcp, source, packet);
        }
    }

    fn deliver(&self, protocol: Protocol, source: SocketAddr, packet: &[u8]) {
        let source = canonical(source);
        let Some(inbox) = self.lock().table.route((protocol, source), packet).cloned() else { return };
        let _full = inbox.try_send(Datagram { protocol, source, bytes: packet.to_vec() });
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(mut writer: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(packet) = outgoing.recv().await {
        let Ok(length) = u16::try_from(packet.len()) else { continue };
        writer.write_all(&[&length.to_be_bytes(), packet.as_slice()].concat()).await?;
    }
    Ok(())
}

/// An IPv4 address as itself, also where it came in by a socket of IPv6.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// An address as a socket of IPv6 takes it.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// The largest packet: browsers send no more than 1,280 bytes, and Ethernet carries 1,500.
const PACKET_BYTES: usize = 2_048;
/// Packets that may wait for a peer, or for its TCP connection: half a second of a picture of 8 Mbit/s.
const PACKETS: usize = 512;
/// How long the last packets to a TCP connection may take.
const FAREWELL: Duration = Duration::from_millis(200);
/// After an error, to not spin.
const PAUSE: Duration = Duration::from_millis(20);
