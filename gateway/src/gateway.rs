//! The [`Gateway`]: everything that runs, started in one place and stopped in one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use miniapp_rtc::protocol::Limits;
use miniapp_rtc::protocol::limits::WEBSOCKET_PATH;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::door::Door;
use crate::engine::{Authoriser, Engine, EngineParts, MediaDesk, MemoryEngine};
use crate::lobby::Lobby;
use crate::media::{Authorise, MediaError, MediaEvents, MediaServer};
use crate::room::SocketLimits;
use crate::settings::Settings;
use crate::socket;
use crate::steward::Steward;
use crate::watch::Watch;
use crate::{health, http};

/// How often the gateway's clock is compared with the system's.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How long stopping may take, all told.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What every socket and request works with.
pub struct Gateway {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) media: Arc<dyn MediaServer>,
    /// Cancelled when the gateway stops.
    pub(crate) stop: CancellationToken,
    /// Counts the sockets that have not said their farewell.
    pub(crate) sockets: TaskTracker,
    pub(crate) next_socket: AtomicU64,
    /// Counts the sockets that have joined.
    pub(crate) joined: TaskTracker,
    /// The tasks that must not die.
    pub(crate) watch: Watch,
}

/// A gateway that serves. Dropping it does not stop it: call [`Running::stop`].
pub struct Running {
    addresses: Addresses,
    gateway: Arc<Gateway>,
    server: TaskTracker,
    server_stop: CancellationToken,
    stewards: TaskTracker,
}

/// Where a gateway is reached.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Addresses {
    /// The WebSocket, as URL.
    pub ws: String,
    /// RTMP, as URL without path.
    pub rtmp: String,
    /// HTTP-FLV, as URL without path.
    pub flv: String,
    /// Plain HTTP, as URL without path.
    pub http: String,
}

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address for WebSockets cannot be listened on.
    #[error(
        "cannot listen for WebSockets on {address}: {source}; choose another address with --listen or stop the program that uses it"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// The media server did not start.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// This build has no media server.
    #[error("this gateway was built without a media server; build it with the feature embedded-media")]
    NoMediaServer,
}

struct StartedMedia {
    server: Arc<dyn MediaServer>,
    events: MediaEvents,
    rtmp: SocketAddr,
    flv: SocketAddr,
}

impl Gateway {
    /// Starts to serve.
    ///
    /// # Errors
    /// [`StartError`] says which part did not start, and what to do.
    pub async fn start(mut settings: Settings) -> Result<Running, StartError> {
        settings.room.socket =
            SocketLimits(Limits { frame_bytes: settings.socket.frame_bytes, in_flight: settings.socket.in_flight });
        let listen = settings.listen;
        let unlistened = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(unlistened)?;
        let address = listener.local_addr().map_err(unlistened)?;

        let watch = Watch::default();
        let (lobby, clock) = (Lobby::new(settings.lobby), Clock::start());
        let authoriser = Arc::new(Authoriser::default());
        let StartedMedia { server: media, events, rtmp, flv } =
            start_media(&settings, authoriser.clone(), watch.clone(), lobby.clone(), &clock).await?;
        let (desk, commands) = MediaDesk::new(Arc::clone(&media), clock.clone());
        let parts = EngineParts { policy: settings.room, clock: clock.clone(), desk };
        let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new(parts));
        authoriser.ask(&engine);

        let addresses = Addresses::of(&settings, address, rtmp, flv);
        let reconcile = Duration::from_millis(settings.media.reconcile_ms.max(1).into());
        let stop = CancellationToken::new();
        let gateway = Arc::new(Gateway {
            settings,
            clock: clock.clone(),
            engine: Arc::clone(&engine),
            media: Arc::clone(&media),
            stop: stop.clone(),
            sockets: TaskTracker::new(),
            next_socket: AtomicU64::new(1),
            joined: TaskTracker::new(),
            watch: watch.clone(),
        });

        let stewards = TaskTracker::new();
        watch.run("clock", &stewards, stop.clone(), follow(clock, Arc::clone(&engine), stop.clone()));
        let steward = Steward { engine, media, reconcile };
        watch.run("media news", &stewards, stop.clone(), steward.clone().tell_news(events));
        watch.run("media commands", &stewards, stop.clone(), steward.clone().pass_commands(commands));
        watch.run("comparison with the media server", &stewards, stop.clone(), steward.keep_reconciling(stop.clone()));

        let (server, server_stop) = (TaskTracker::new(), CancellationToken::new());
        let door = Door::new("WebSocket", listener, lobby);
        let head_within = Duration::from_millis(gateway.settings.socket.join_ms.into());
        let serving = http::serve(door, router(Arc::clone(&gateway)), head_within, server_stop.clone(), server.clone());
        watch.run("WebSocket listener", &server, server_stop.clone(), serving);
        info!(%address, apps = gateway.settings.apps.len(), "gateway serves");
        Ok(Running { addresses, gateway, server, server_stop, stewards })
    }
}

impl Running {
    /// Where it is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Tells when a task has died that nothing works without.
    pub fn watch(&self) -> Watch {
        self.gateway.watch.clone()
    }

    /// Says goodbye to every client, ends all media, and returns within five seconds.
    pub async fn stop(self) {
        let Self { gateway, server, server_stop, stewards, .. } = self;
        info!(sockets = gateway.sockets.len(), "gateway stops");
        gateway.stop.cancel();
        gateway.sockets.close();
        stewards.close();
        server.close();
        let all = async {
            // Until the last farewell is said, HTTP goes on: the load balancer is to see that this gateway is draining.
            gateway.sockets.wait().await;
            server_stop.cancel();
            gateway.media.shutdown().await;
            server.wait().await;
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            warn!("some connections did not end in time; they are cut");
        }
        info!("gateway stopped");
    }
}

impl Addresses {
    fn of(settings: &Settings, address: SocketAddr, rtmp: SocketAddr, flv: SocketAddr) -> Self {
        let host = &settings.media.public_host;
        let host = if host.parse::<std::net::Ipv6Addr>().is_ok() { &format!("[{host}]") } else { host };
        let at = |address: SocketAddr| {
            if address.ip().is_unspecified() { format!("{host}:{}", address.port()) } else { address.to_string() }
        };
        let media = &settings.media;
        Self {
            ws: format!("ws://{}{WEBSOCKET_PATH}", at(address)),
            rtmp: format!("rtmp://{}", media.rtmp_public.clone().unwrap_or_else(|| format!("{host}:{}", rtmp.port()))),
            flv: format!(
                "{}://{}",
                media.http_flv_scheme.name(),
                media.http_flv_public.clone().unwrap_or_else(|| format!("{host}:{}", flv.port()))
            ),
            http: format!("http://{}", at(address)),
        }
    }
}

/// Keeps the gateway's clock with the system's. Where that was set, tokens are judged anew by it.
async fn follow(clock: Clock, engine: Arc<dyn Engine>, stop: CancellationToken) {
    let mut every = tokio::time::interval(FOLLOW_EVERY);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Some(jump_ms) = clock.follow() {
            warn!(jump_ms, "the system's clock was set: tokens are judged by the new time");
            engine.heed_clock().await;
        }
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route(WEBSOCKET_PATH, get(socket::upgrade))
        .route("/healthz", get(health::healthz))
        .with_state(gateway)
}

#[cfg(feature = "embedded-media")]
async fn start_media(
    settings: &Settings,
    policy: Arc<dyn Authorise>,
    watch: Watch,
    lobby: Lobby,
    clock: &Clock,
) -> Result<StartedMedia, StartError> {
    use crate::media::PublicAddresses;
    use crate::media::embedded::{EmbeddedConfig, EmbeddedMedia};

    let media = &settings.media;
    let mut config =
        EmbeddedConfig::new(media.rtmp_listen, media.http_flv_listen, &media.public_host, media.keys.clone());
    config.ticket_lifetime_seconds = media.lease_s;
    config.watch = watch;
    let clock = clock.clone();
    config.clock = Arc::new(move || clock.now().unix());
    config.lobby = lobby;
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    config.limits.connections = size(media.connections);
    config.limits.players_per_stream = size(media.players_per_stream);
    config.limits.players_per_subscriber = size(media.players_per_subscriber);
    config.limits.message_bytes = size(media.message_bytes);
    config.limits.cache_bytes = size(media.cache_bytes);
    config.limits.held_bytes = size(media.held_bytes);
    if let (Some(rtmp), Some(http_flv)) = (&media.rtmp_public, &media.http_flv_public) {
        let http_flv_scheme = media.http_flv_scheme.name();
        let (rtmp, http_flv) = (rtmp.clone(), http_flv.clone());
        config.public_addresses = Some(PublicAddresses { rtmp, http_flv, http_flv_scheme });
    }
    let (server, events) = EmbeddedMedia::start(config, policy)?;
    let (rtmp, flv) = (server.rtmp_address(), server.http_flv_address());
    Ok(StartedMedia { server: Arc::new(server), events, rtmp, flv })
}

#[cfg(not(feature = "embedded-media"))]
async fn start_media(
    _settings: &Settings,
    _policy: Arc<dyn Authorise>,
    _watch: Watch,
    _lobby: Lobby,
    _clock: &Clock,
) -> Result<StartedMedia, StartError> {
    Err(StartError::NoMediaServer)
}
