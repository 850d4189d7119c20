//! [`EmbeddedMedia`] is the media server inside this process: RTMP push and play, HTTP-FLV play.
//!
//! Chunks, commands and tags are read and written here, because they face the open network before anything is
//! authorised. It is meant for the demo, for tests and for small closed installations.
//!
//! ```text
//! rtmp_connection ── handshake, rtmp_session ── chunk, amf   a push or play asks the Gate, then becomes
//! http_flv ── flv                                            a Publication or Subscription of the
//! hub ── stream ── cache, timeline, outlet ── metadata       Hub, which owns the streams
//! ```

mod amf;
mod amf3;
mod budget;
mod cache;
mod chunk;
mod filter;
mod flv;
mod frame;
mod handshake;
mod http_flv;
mod hub;
mod metadata;
mod outlet;
mod rtmp_connection;
mod rtmp_session;
mod stream;
mod timeline;

use std::net::{Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::Tracks;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::server::{
    Authorise, ConnectionInfo, Denied, LiveStream, MediaError, MediaEvents, MediaHealth, MediaServer, TracksSet,
};
use super::start::MediaStartError;
use crate::door::Door;
use crate::lobby::{Lobby, Waiting};
use crate::media::{
    Admission, Gate, LeaseRequest, MediaLease, MediaTicket, PublicAddresses, Refusal, SessionId, StreamId, TicketKeys,
    Transport, UnixClock, system_clock,
};
use crate::meter::Seldom;
use crate::watch::Watch;
use budget::Budget;
use hub::{Hub, HubLimits, Publication, Subscription};
pub use outlet::OutletLimits;

/// How an embedded media server is set up.
pub struct EmbeddedConfig {
    /// Where RTMP listens; port 0 takes any free one.
    pub rtmp_listen: SocketAddr,
    /// Where HTTP-FLV listens; port 0 takes any free one.
    pub http_flv_listen: SocketAddr,
    /// The host name or address that clients use.
    pub public_host: String,
    /// Authorities of the URLs, when they are not `public_host` with the ports listened on.
    pub public_addresses: Option<PublicAddresses>,
    /// What signs the URLs.
    pub keys: TicketKeys,
    /// How long a URL may be used to connect, in seconds. It must exceed the retry horizon of the native player.
    pub ticket_lifetime_seconds: u32,
    /// The wall clock.
    pub clock: UnixClock,
    /// Limits and times.
    pub limits: EmbeddedLimits,
    /// Is told when a task of the media server dies.
    pub watch: Watch,
    /// Where connections wait until their push or play is accepted.
    pub lobby: Lobby,
}

/// What an embedded media server allows.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedLimits {
    /// Connections of both transports that push or play; more are refused.
    pub connections: usize,
    /// Players of one stream; more are refused.
    pub players_per_stream: usize,
    /// Of these, with tickets of one session; one more takes the place of the oldest.
    pub players_per_subscriber: usize,
    /// From the socket's opening to an accepted push or play.
    pub handshake: Duration,
    /// A publisher without media for this long is disconnected.
    pub silence: Duration,
    /// A publisher without media for this long gives way to a second connection of the same generation.
    pub stalled_after: Duration,
    /// How long players wait for a lost publisher of the same generation.
    pub publisher_grace: Duration,
    /// How long one write to a player may take.
    pub write: Duration,
    /// How much a player may lag behind.
    pub outlet: OutletLimits,
    /// The largest media message (a key frame is one), in bytes; at most 16,777,215, as RTMP can say no more. A publisher
    /// that sends a larger one is disconnected.
    pub message_bytes: usize,
    /// How much is kept of each stream since its last key frame, in bytes: a new player gets it at once (an immediate but
    /// older picture). A group of pictures that is larger is not kept. 0 keeps none.
    pub cache_bytes: usize,
    /// How many bytes of media the process may hold, of all publishers, in whatever place. A publisher that holds more than
    /// an even share is disconnected when there is no more.
    pub held_bytes: usize,
}

impl Default for EmbeddedLimits {
    fn default() -> Self {
        Self {
            connections: 500,
            players_per_stream: 100,
            players_per_subscriber: 3,
            handshake: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            stalled_after: Duration::from_secs(2),
            publisher_grace: Duration::from_secs(10),
            write: Duration::from_secs(10),
            outlet: OutletLimits::default(),
            message_bytes: 4 << 20,
            cache_bytes: 4 << 20,
            held_bytes: 256 << 20,
        }
    }
}

impl EmbeddedConfig {
    /// A set-up with the default limits, URL lifetime (5 min) and the system's clock.
    pub fn new(rtmp_listen: SocketAddr, http_flv_listen: SocketAddr, public_host: &str, keys: TicketKeys) -> Self {
        Self {
            rtmp_listen,
            http_flv_listen,
            public_host: public_host.to_owned(),
            public_addresses: None,
            keys,
            ticket_lifetime_seconds: 300,
            clock: system_clock(),
            limits: EmbeddedLimits::default(),
            watch: Watch::default(),
            lobby: Lobby::default(),
        }
    }
}

/// What every connection works with.
struct Context {
    gate: Gate,
    hub: Arc<Hub>,
    limits: EmbeddedLimits,
    budget: Budget,
    /// One for each connection that may push or play.
    permits: Arc<Semaphore>,
    /// For what anybody can cause to be logged.
    strangers: Seldom,
    stop: CancellationToken,
    tasks: TaskTracker,
    connections: TaskTracker,
}

impl Context {
    /// Decides on a push, and makes the connection the publisher.
    async fn publish(&self, name: &str, query: &str, guest: &Guest) -> Result<Publication, Refusal> {
        let admission = self.gate.publish(name, query, &guest.info).await?;
        let publication = self.hub.publish(&admission.ticket, admission.tracks, guest.info, self.permit()?)?;
        self.confirm(&admission)?;
        guest.place.admit();
        Ok(publication)
    }

    /// Decides on a play, and makes the connection a player.
    async fn play(&self, name: &str, query: &str, guest: &Guest) -> Result<Subscription, Refusal> {
        let admission = self.gate.play(name, query, &guest.info).await?;
        let subscription = self.hub.play(&admission.ticket, admission.tracks, guest.info, self.permit()?)?;
        self.confirm(&admission)?;
        guest.place.admit();
        Ok(subscription)
    }

    fn confirm(&self, admission: &Admission) -> Result<(), Refusal> {
        let MediaTicket { stream, session, .. } = &admission.ticket;
        self.gate.confirm(admission, |tracks| self.hub.set_tracks(stream, session, tracks))
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, Denied> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| Denied::Full)
    }
}

/// A connection whose push or play is not accepted yet.
struct Guest {
    info: ConnectionInfo,
    place: Waiting,
}

/// A running media server. [`MediaServer::shutdown`] ends it; dropping it ends it without waiting.
pub struct EmbeddedMedia {
    context: Arc<Context>,
    addresses: PublicAddresses,
    rtmp: SocketAddr,
    http_flv: SocketAddr,
}

impl EmbeddedMedia {
    /// Listens, and serves until shutdown. The events are to be read, or they pile up.
    ///
    /// # Errors
    /// [`MediaStartError::Listen`] if an address cannot be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(config: EmbeddedConfig, policy: Arc<dyn Authorise>) -> Result<(Self, MediaEvents), MediaStartError> {
        let rtmp_listener = listen("RTMP", config.rtmp_listen)?;
        let http_flv_listener = listen("HTTP-FLV", config.http_flv_listen)?;
        let rtmp = rtmp_listener.local_addr().unwrap_or(config.rtmp_listen);
        let http_flv = http_flv_listener.local_addr().unwrap_or(config.http_flv_listen);
        // An IPv6 address stands in brackets in a URL (RFC 3986, §3.2.2).
        let is_bare_ipv6 = config.public_host.parse::<Ipv6Addr>().is_ok();
        let host = if is_bare_ipv6 { format!("[{}]", config.public_host) } else { config.public_host };
        let addresses = config.public_addresses.unwrap_or_else(|| PublicAddresses {
            rtmp: format!("{host}:{}", rtmp.port()),
            http_flv: format!("{host}:{}", http_flv.port()),
            http_flv_scheme: "http",
        });
        let (events, receiver) = mpsc::unbounded_channel();
        let hub_limits = HubLimits {
            // What may be pushed can be played.
            outlet: OutletLimits {
                bytes: config.limits.outlet.bytes.max(config.limits.message_bytes),
                ..config.limits.outlet
            },
            players_per_stream: config.limits.players_per_stream,
            players_per_subscriber: config.limits.players_per_subscriber,
            stalled_after: config.limits.stalled_after,
            publisher_grace: config.limits.publisher_grace,
            cache_bytes: config.limits.cache_bytes,
        };
        let context = Arc::new(Context {
            gate: Gate::new(config.keys, config.clock, config.ticket_lifetime_seconds, policy),
            hub: Arc::new(Hub::new(hub_limits, events)),
            limits: config.limits,
            permits: Arc::new(Semaphore::new(config.limits.connections)),
            budget: Budget::new(config.limits.held_bytes),
            strangers: Seldom::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            connections: TaskTracker::new(),
        });
        let run = |name, task: Pin<Box<dyn Future<Output = ()> + Send>>| {
            config.watch.run(name, &context.tasks, context.stop.clone(), task);
        };
        let doors = [("RTMP", rtmp_listener, Transport::Rtmp), ("HTTP-FLV", http_flv_listener, Transport::HttpFlv)];
        for (name, listener, transport) in doors {
            let door = Door::new(name, listener, config.lobby.clone());
            run(name, Box::pin(accept(door, transport, Arc::clone(&context))));
        }
        run("end of abandoned streams", Box::pin(reap(Arc::clone(&context))));
        tracing::info!(%rtmp, %http_flv, "media server listens");
        Ok((Self { context, addresses, rtmp, http_flv }, receiver))
    }

    /// Where RTMP listens.
    pub fn rtmp_address(&self) -> SocketAddr {
        self.rtmp
    }

    /// Where HTTP-FLV listens.
    pub fn http_flv_address(&self) -> SocketAddr {
        self.http_flv
    }
}

#[async_trait]
impl MediaServer for EmbeddedMedia {
    fn issue(&self, request: &LeaseRequest) -> MediaLease {
        let gate = &self.context.gate;
        self.addresses.lease(gate.keys(), request, gate.now(), gate.lifetime_seconds())
    }

    async fn list(&self) -> Result<Vec<LiveStream>, MediaError> {
        Ok(self.context.hub.list())
    }

    async fn kick_stream(&self, stream: &StreamId, generation: u32) -> Result<usize, MediaError> {
        self.context.gate.revoke(stream, generation);
        Ok(self.context.hub.kick_stream(stream, generation))
    }

    async fn kick_subscription(&self, stream: &StreamId, session: &SessionId) -> Result<usize, MediaError> {
        self.context.gate.kick(stream, session);
        Ok(self.context.hub.kick_subscription(stream, session))
    }

    async fn set_tracks(
        &self,
        stream: &StreamId,
        session: &SessionId,
        tracks: Tracks,
    ) -> Result<TracksSet, MediaError> {
        let Context { gate, hub, .. } = &*self.context;
        gate.set_tracks(stream, session, tracks, || hub.set_tracks(stream, session, tracks));
        Ok(TracksSet::Applied)
    }

    async fn health(&self) -> MediaHealth {
        let streams = self.context.hub.list();
        MediaHealth {
            serving: !self.context.stop.is_cancelled(),
            connections: self.context.connections.len(),
            held_bytes: self.context.budget.held(),
            publishers: streams.iter().filter(|stream| stream.publisher.is_some()).count(),
            players: streams.iter().map(|stream| stream.players).sum(),
        }
    }

    async fn shutdown(&self) {
        self.context.stop.cancel();
        self.context.hub.shutdown();
        self.context.tasks.close();
        self.context.tasks.wait().await;
        self.context.connections.close();
        self.context.connections.wait().await;
    }
}

impl Drop for EmbeddedMedia {
    fn drop(&mut self) {
        self.context.stop.cancel();
        self.context.hub.shutdown();
    }
}

fn listen(what: &'static str, address: SocketAddr) -> Result<TcpListener, MediaStartError> {
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

async fn accept(door: Door, transport: Transport, context: Arc<Context>) {
    loop {
        let (socket, remote, place) = tokio::select! {
            arrived = door.next() => match arrived {
                Some(arrived) => arrived,
                None => return,
            },
            () = context.stop.cancelled() => return,
        };
        let info = ConnectionInfo { id: context.hub.next_connection(), remote, transport };
        context.connections.spawn(serve(socket, Arc::new(Guest { info, place }), Arc::clone(&context)));
    }
}

async fn serve(socket: TcpStream, guest: Arc<Guest>, context: Arc<Context>) {
    let connection = async {
        match guest.info.transport {
            Transport::Rtmp => rtmp_connection::run(socket, &context, &guest).await,
            Transport::HttpFlv => http_flv::run(socket, &context, Arc::clone(&guest)).await,
        }
    };
    tokio::select! {
        () = connection => {}
        () = guest.place.cut() => {}
        () = context.stop.cancelled() => {}
    }
}

async fn reap(context: Arc<Context>) {
    let mut every = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = every.tick() => context.hub.reap(),
            () = context.stop.cancelled() => return,
        }
    }
}

/// What the kernel may hold for one player: a player that lags should lose frames here, not get old ones.
const SEND_BUFFER_BYTES: u32 = 256 << 10;
const BACKLOG: u32 = 256;
