//! The [`Gateway`]: everything that runs, started in one place and stopped in one.

use std::net::SocketAddr;
use std::sync::Arc;
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

use crate::budget::Budget;
use crate::clock::Clock;
use crate::door::Door;
use crate::engine::{self, Authoriser, Engine, EngineParts, EngineStartError, MediaDesk};
use crate::lobby::{Lobby, LobbyLimits};
use crate::media::{self, MediaStartError, MediaSurroundings, StartedMedia};
use crate::metrics::Metrics;
use crate::random::{NoRandomness, random_node};
use crate::room::SocketLimits;
use crate::settings::{AdminSettings, Settings};
use crate::shared::SharedParts;
use crate::socket;
use crate::sockets::Sockets;
use crate::steward::Steward;
use crate::watch::Watch;
use crate::webhooks::Webhooks;
use crate::{admin, health, http, metrics};

/// How often the gateway's clock is compared with the system's.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How long stopping may take, all told.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// A gateway before it runs; [`Gateway::start`] makes it serve.
pub struct Gateway;

/// A gateway that serves. Dropping it does not stop it: call [`Running::stop`].
pub struct Running {
    addresses: Addresses,
    shared: Arc<SharedParts>,
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
    /// The packets of web media, UDP and TCP, as URL without path; `None` where web users are not served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// HTTP, as URL without path.
    pub http: String,
    /// The admin API, as URL without path; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// The metrics, as URL; `None` where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<String>,
}

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(
        "cannot listen for {what} on {address}: {source}; choose another address with {argument} or stop the program that uses it"
    )]
    Listen {
        /// What was to be listened for.
        what: &'static str,
        /// The argument that gives the address.
        argument: &'static str,
        /// The address that was to be listened on.
        address: SocketAddr,
        /// What the system or the parser said.
        source: std::io::Error,
    },
    /// The media server did not start.
    #[error(transparent)]
    Media(#[from] MediaStartError),
    /// The engine that keeps the rooms did not start.
    #[error(transparent)]
    Engine(#[from] EngineStartError),
    /// The process could not draw a name for itself.
    #[error(transparent)]
    Randomness(NoRandomness),
}

impl Gateway {
    /// Starts to serve.
    ///
    /// # Errors
    /// [`StartError`] says which part did not start, and what to do.
    pub async fn start(mut settings: Settings) -> Result<Running, StartError> {
        settings.room.socket =
            SocketLimits(Limits { frame_bytes: settings.socket.frame_bytes, in_flight: settings.socket.in_flight });
        let (listener, address) = listen("WebSockets", "--listen", settings.listen).await?;
        let admin = match settings.admin.take() {
            Some(AdminSettings { listen: at, secret }) => {
                let (listener, address) = listen("the admin API", "--admin-listen", at).await?;
                Some((listener, address, secret))
            }
            None => None,
        };
        let metrics_door = match settings.metrics_listen {
            Some(at) => Some(listen("Prometheus", "--metrics-listen", at).await?),
            None => None,
        };

        let watch = Watch::default();
        let (lobby, clock) = (Lobby::new(settings.lobby), Clock::start());
        let authoriser = Arc::new(Authoriser::default());
        let around = MediaSurroundings {
            policy: authoriser.clone(),
            watch: watch.clone(),
            lobby: lobby.clone(),
            clock: clock.clone(),
            tls: settings.tls.clone(),
        };
        let StartedMedia { server: media, events, rtmp, flv, web } = media::start(&settings.media, around)?;
        let node = random_node().map_err(StartError::Randomness)?;
        let (desk, commands) = MediaDesk::new(Arc::clone(&media));
        let sockets = Arc::new(Sockets::new(node));
        let (stewards, stop) = (TaskTracker::new(), CancellationToken::new());
        let webhooks = Webhooks::start(std::mem::take(&mut settings.webhooks), &watch, &stewards, &stop);
        let parts = EngineParts {
            policy: settings.room,
            clock: clock.clone(),
            desk,
            sockets: Arc::clone(&sockets),
            watch: watch.clone(),
            webhooks: webhooks.clone(),
        };
        let engine = engine::start(parts, settings.cluster.take()).await?;
        authoriser.ask(&engine);

        let tls = settings.tls.take();
        let mut addresses = Addresses::of(&settings, tls.is_some(), address, rtmp, flv, web);
        addresses.metrics = metrics_door.as_ref().map(|(_, address)| format!("http://{address}/metrics"));
        addresses.admin = admin.as_ref().map(|(_, address, _)| format!("http://{address}"));
        let reconcile = Duration::from_millis(settings.media.reconcile_ms.max(1).into());
        let apps = settings.apps.len();
        let budget = Budget::new(usize::try_from(settings.socket.held_bytes).unwrap_or(usize::MAX));
        let shared = Arc::new(SharedParts {
            apps: Arc::new(settings.apps),
            policy: settings.socket,
            ping_ms: settings.room.times.ping_ms,
            clock: clock.clone(),
            engine: Arc::clone(&engine),
            media: Arc::clone(&media),
            sockets,
            budget: budget.clone(),
            stop: stop.clone(),
            drain: CancellationToken::new(),
            open: TaskTracker::new(),
            joined: TaskTracker::new(),
            lobby: lobby.clone(),
            metrics: Metrics::new(),
            webhooks,
            watch: watch.clone(),
        });

        watch.run("clock", &stewards, stop.clone(), follow(clock, Arc::clone(&engine), stop.clone()));
        let steward = Steward { node, engine, media, reconcile };
        watch.run("media news", &stewards, stop.clone(), steward.clone().tell_news(events));
        watch.run("media commands", &stewards, stop.clone(), steward.clone().pass_commands(commands));
        watch.run("comparison with the media server", &stewards, stop.clone(), steward.keep_reconciling(stop.clone()));

        let (server, server_stop) = (TaskTracker::new(), CancellationToken::new());
        let door = Door::new("WebSocket", listener, lobby);
        let head_within = Duration::from_millis(shared.policy.join_ms.into());
        if let Some(tls) = tls.clone() {
            watch.run("certificate", &server, server_stop.clone(), tls.keep_reading(server_stop.clone()));
        }
        let serve = |door, router, tls| {
            http::serve(door, router, budget.clone(), head_within, tls, server_stop.clone(), server.clone())
        };
        let serving = serve(door, router(Arc::clone(&shared)), tls);
        watch.run("WebSocket listener", &server, server_stop.clone(), serving);
        if let Some((listener, address, secret)) = admin {
            // A lobby of its own: strangers at the public doors must not keep the operator out.
            let door = Door::new("admin API", listener, Lobby::new(LobbyLimits::default()));
            let router = admin::router(Arc::clone(&shared), secret);
            watch.run("admin listener", &server, server_stop.clone(), serve(door, router, None));
            info!(%address, "the admin API serves");
        }
        if let Some((listener, address)) = metrics_door {
            let door = Door::new("metrics", listener, Lobby::new(LobbyLimits::default()));
            let router = metrics::router(Arc::clone(&shared));
            watch.run("metrics listener", &server, server_stop.clone(), serve(door, router, None));
            info!(%address, "metrics are served");
        }
        info!(%address, apps, "gateway serves");
        Ok(Running { addresses, shared, server, server_stop, stewards })
    }
}

impl Running {
    /// Where it is reached.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Tells when a task has died that nothing works without.
    pub fn watch(&self) -> Watch {
        self.shared.watch.clone()
    }

    /// Says goodbye to every client, ends all media, and returns within five seconds.
    pub async fn stop(self) {
        let Self { shared, server, server_stop, stewards, .. } = self;
        info!(sockets = shared.open.len(), "gateway stops");
        // In this order: a session that ends with the process waits for nobody.
        shared.stop.cancel();
        shared.drain.cancel();
        shared.open.close();
        stewards.close();
        server.close();
        let all = async {
            // Until the last farewell is said, HTTP goes on: the load balancer is to see that this gateway is draining.
            shared.open.wait().await;
            shared.engine.leave().await;
            server_stop.cancel();
            shared.media.shutdown().await;
            server.wait().await;
        };
        if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
            warn!("some connections did not end in time; they are cut");
        }
        info!("gateway stopped");
    }
}

impl Addresses {
    fn of(
        settings: &Settings,
        speaks_tls: bool,
        address: SocketAddr,
        rtmp: SocketAddr,
        flv: SocketAddr,
        web: Option<SocketAddr>,
    ) -> Self {
        let host = &settings.media.public_host;
        let host = if host.parse::<std::net::Ipv6Addr>().is_ok() { &format!("[{host}]") } else { host };
        let at = |address: SocketAddr| {
            if address.ip().is_unspecified() { format!("{host}:{}", address.port()) } else { address.to_string() }
        };
        let media = &settings.media;
        Self {
            ws: format!("{}://{}{WEBSOCKET_PATH}", if speaks_tls { "wss" } else { "ws" }, at(address)),
            rtmp: format!("rtmp://{}", media.rtmp_public.clone().unwrap_or_else(|| format!("{host}:{}", rtmp.port()))),
            flv: format!(
                "{}://{}",
                media.http_flv_scheme.name(),
                media.http_flv_public.clone().unwrap_or_else(|| format!("{host}:{}", flv.port()))
            ),
            web: web.map(|web| format!("udp://{web}")),
            http: format!("{}://{}", if speaks_tls { "https" } else { "http" }, at(address)),
            admin: None,
            metrics: None,
        }
    }
}

async fn listen(
    what: &'static str,
    argument: &'static str,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let unlistened = |source| StartError::Listen { what, argument, address, source };
    let listener = TcpListener::bind(address).await.map_err(unlistened)?;
    let bound = listener.local_addr().map_err(unlistened)?;
    Ok((listener, bound))
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

fn router(shared: Arc<SharedParts>) -> Router {
    Router::new().route(WEBSOCKET_PATH, get(socket::upgrade)).route("/healthz", get(health::healthz)).with_state(shared)
}
