//! [`EmbeddedMedia`] is the media server inside this process: RTMP push and play, HTTP-FLV play, WHIP push and WHEP play.
//!
//! Chunks, commands and tags are read and written here, because they face the open network before anything is
//! authorised. It is meant for the demo, for tests and for small closed installations.
//!
//! ```text
//! rtmp_connection ── handshake, rtmp_session ── chunk, amf   a push or play asks the Context, then becomes
//! http_flv ── flv                                            a PublishRight or Subscription of the
//! web ── WHIP and WHEP                                       Hub, which owns the streams
//! hub ── stream ── cache, timeline, outlet ── metadata
//! ```

mod amf;
mod amf3;
mod cache;
mod chunk;
mod config;
mod context;
mod filter;
mod flv;
mod frame;
mod handshake;
mod held;
mod http_flv;
mod hub;
mod listener;
mod metadata;
mod outlet;
mod pages;
mod rtmp_connection;
mod rtmp_session;
mod stream;
mod subscription;
mod timeline;
mod traffic;
#[cfg(feature = "web")]
mod web;

use std::net::{Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use miniapp_rtc::protocol::{Lease, Tracks};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::budget::Budget;
use crate::door::Door;
use crate::media::{
    Authorise, ConnectionInfo, Gate, HttpScheme, LiveStream, MediaError, MediaEvents, MediaHealth, MediaServer,
    MediaStartError, PublicAddresses, SessionId, StreamId, TracksSet, Transport,
};
use crate::meter::Seldom;
use crate::room::Grant;
#[cfg(feature = "web")]
use crate::settings::WebSettings;
use crate::watch::attend;
use context::{Context, MediaGuest};
use hub::{Hub, HubLimits};
use listener::listen;
#[cfg(feature = "web")]
use web::StartedWeb;

#[cfg(feature = "fuzz")]
pub use web::fuzz;

pub use config::{EmbeddedConfig, EmbeddedLimits};
pub use outlet::OutletLimits;

/// A running media server. [`MediaServer::shutdown`] ends it; dropping it ends it without waiting.
pub struct EmbeddedMedia {
    context: Arc<Context>,
    addresses: PublicAddresses,
    rtmp: SocketAddr,
    http_flv: SocketAddr,
    web: Option<SocketAddr>,
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
        #[cfg(feature = "web")]
        let mut started = config.web.map(|web| StartedWeb::start(&web, &config.public_host)).transpose()?;
        #[cfg(feature = "web")]
        let web = started.as_ref().and_then(StartedWeb::address);
        #[cfg(not(feature = "web"))]
        let web = None;
        // An IPv6 address stands in brackets in a URL (RFC 3986, §3.2.2).
        let is_bare_ipv6 = config.public_host.parse::<Ipv6Addr>().is_ok();
        let host = if is_bare_ipv6 { format!("[{}]", config.public_host) } else { config.public_host };
        let mut addresses = config.public_addresses.unwrap_or_else(|| PublicAddresses {
            rtmp: format!("{host}:{}", rtmp.port()),
            http_flv: format!("{host}:{}", http_flv.port()),
            http_flv_scheme: if config.tls.is_some() { HttpScheme::Https } else { HttpScheme::Http },
            serves_web: false,
        });
        addresses.serves_web = web.is_some();
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
            tls: config.tls,
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
        let routes = http_flv::routes();
        #[cfg(feature = "web")]
        let routes = routes.merge(web::routes(started.as_ref().map(|started| Arc::clone(&started.web))));
        let doors = [("RTMP", rtmp_listener, Speech::Rtmp), ("HTTP-FLV", http_flv_listener, Speech::Http(routes))];
        for (name, listener, speech) in doors {
            let door = Door::new(name, listener, config.lobby.clone());
            run(name, Box::pin(accept(door, speech, Arc::clone(&context))));
        }
        #[cfg(feature = "web")]
        if let Some(StartedWeb { web, listener }) = started.take() {
            let stop = context.stop.clone();
            run("packets of web media", Box::pin(Arc::clone(&web).receive(stop)));
            run("TCP of web media", Box::pin(web.accept(listener, config.lobby.clone(), Arc::clone(&context))));
        }
        run("end of abandoned streams", Box::pin(reap(Arc::clone(&context))));
        tracing::info!(%rtmp, %http_flv, "media server listens");
        Ok((Self { context, addresses, rtmp, http_flv, web }, receiver))
    }

    /// Finds what [`EmbeddedMedia::start`] would refuse and can be found without listening: whether browsers can be told of an
    /// address. Asks the system's resolver for the public host.
    ///
    /// # Errors
    /// [`MediaStartError::WebPublic`] if the public host has no address.
    #[cfg(feature = "web")]
    pub fn check(web: &WebSettings, public_host: &str) -> Result<(), MediaStartError> {
        StartedWeb::check(web, public_host)
    }

    /// Where RTMP listens.
    pub fn rtmp_address(&self) -> SocketAddr {
        self.rtmp
    }

    /// By which address browsers reach web media; `None` where web users are not served.
    pub fn web_address(&self) -> Option<SocketAddr> {
        self.web
    }

    /// Where HTTP-FLV listens.
    pub fn http_flv_address(&self) -> SocketAddr {
        self.http_flv
    }
}

#[async_trait]
impl MediaServer for EmbeddedMedia {
    fn addresses(&self) -> PublicAddresses {
        self.addresses.clone()
    }

    fn issue_at(&self, addresses: &PublicAddresses, grant: &Grant) -> Lease {
        let gate = &self.context.gate;
        addresses.lease(gate.keys(), grant, gate.now(), gate.lifetime_seconds())
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
            received_bytes: self.context.hub.traffic().received(),
            sent_bytes: self.context.hub.traffic().sent(),
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

/// What those speak who come through a door.
#[derive(Clone)]
enum Speech {
    Rtmp,
    /// HTTP, with what it asks for.
    Http(Router<Arc<Context>>),
}

async fn accept(door: Door, speech: Speech, context: Arc<Context>) {
    let transport = match speech {
        Speech::Rtmp => Transport::Rtmp,
        Speech::Http(_) => Transport::HttpFlv,
    };
    loop {
        let (socket, remote, place) = tokio::select! {
            arrived = door.next() => match arrived {
                Some(arrived) => arrived,
                None => return,
            },
            () = context.stop.cancelled() => return,
        };
        let info = ConnectionInfo { id: context.hub.next_connection(), remote, transport };
        let guest = Arc::new(MediaGuest { info, place });
        attend(&context.connections, serve(socket, speech.clone(), guest, Arc::clone(&context)));
    }
}

async fn serve(socket: TcpStream, speech: Speech, guest: Arc<MediaGuest>, context: Arc<Context>) {
    let connection = async {
        match speech {
            Speech::Rtmp => rtmp_connection::run(socket, &context, &guest).await,
            Speech::Http(routes) => match &context.tls {
                None => http_flv::run(socket, &context, Arc::clone(&guest), routes).await,
                Some(tls) => {
                    if let Some(stream) = tls.accept(socket, context.limits.handshake).await {
                        http_flv::run(stream, &context, Arc::clone(&guest), routes).await;
                    }
                }
            },
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
