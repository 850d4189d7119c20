//! The [`Metrics`] of this process: what happens in it, counted for Prometheus.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use miniapp_rtc::protocol::ErrorCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::health::Health;
use crate::node::OutgoingFrame;
use crate::shared::SharedParts;

/// What is counted as it happens, and what is read when somebody asks.
pub(crate) struct Metrics {
    registry: Registry,
    frames_sent: Counter,
    refusals: Family<RefusalLabels, Counter>,
    request_seconds: Histogram,
    seen: Seen,
}

/// What is read when somebody asks.
#[derive(Default)]
struct Seen {
    serving: Gauge,
    rooms: Gauge,
    sessions: Gauge,
    streams: Gauge,
    sockets: Gauge,
    sockets_joined: Gauge,
    cluster_nodes: Gauge,
    cluster_waiting: Gauge,
    lobby_connections: Gauge,
    media_connections: Gauge,
    media_publishers: Gauge,
    media_players: Gauge,
    media_held_bytes: Gauge,
    media_received_bytes: Counter,
    media_sent_bytes: Counter,
    log_lines_lost: Counter,
    webhooks_delivered: Counter,
    webhooks_retried: Counter,
    webhooks_dropped: Counter,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RefusalLabels {
    /// The name of the refusal's code.
    name: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("miniapp_rtc");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that runs", version);
        let (frames_sent, refusals) = (Counter::default(), Family::<RefusalLabels, Counter>::default());
        let request_seconds = Histogram::new(exponential_buckets(0.000_05, 2.0, 16));
        registry.register("frames_sent", "Frames sent to clients", frames_sent.clone());
        registry.register("refusals", "Refusals sent to clients, by the name of their code", refusals.clone());
        let help = "Time from the end of a request's frame to its answer in the queue of its socket";
        registry.register("request_seconds", help, request_seconds.clone());
        let seen = Seen::default();
        let gauges = [
            ("serving", "1 while clients may be sent here, else 0", &seen.serving),
            ("rooms", "Rooms that have members or bans", &seen.rooms),
            ("sessions", "Sessions, suspended ones too", &seen.sessions),
            ("streams", "Streams that can be subscribed to", &seen.streams),
            ("sockets", "WebSockets that are open, joined or not", &seen.sockets),
            ("sockets_joined", "WebSockets that have joined", &seen.sockets_joined),
            ("cluster_nodes", "Gateways that share the rooms; 0 where nobody shares them", &seen.cluster_nodes),
            ("cluster_waiting", "Inputs of rooms not known to be in Redis", &seen.cluster_waiting),
            ("lobby_connections", "Connections that have proven nothing yet", &seen.lobby_connections),
            ("media_connections", "Connections at the media server, accepted or not yet", &seen.media_connections),
            ("media_publishers", "Connections that push a stream", &seen.media_publishers),
            ("media_players", "Connections that play a stream", &seen.media_players),
            ("media_held_bytes", "Bytes of media that the media server holds", &seen.media_held_bytes),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        let counters = [
            ("media_received_bytes", "Bytes of media that publishers have sent", &seen.media_received_bytes),
            ("media_sent_bytes", "Bytes of media that players have taken", &seen.media_sent_bytes),
            ("log_lines_lost", "Lines of the log that could not be written", &seen.log_lines_lost),
            ("webhooks_delivered", "Notices that an application's server has heard", &seen.webhooks_delivered),
            ("webhooks_retried", "Attempts to tell a notice that another one followed", &seen.webhooks_retried),
            ("webhooks_dropped", "Notices that were given up", &seen.webhooks_dropped),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        Self { registry, frames_sent, refusals, request_seconds, seen }
    }

    /// A frame has gone to a client.
    pub(crate) fn count_sent(&self, frame: &OutgoingFrame) {
        self.frames_sent.inc();
        if let Some(code) = frame.refusal() {
            // Only codes of this version are sent: the set of labels is theirs.
            let name = ErrorCode::of(code).map_or("other", ErrorCode::name);
            self.refusals.get_or_create(&RefusalLabels { name }).inc();
        }
    }

    /// A request was carried out in that time.
    pub(crate) fn count_request(&self, took: Duration) {
        self.request_seconds.observe(took.as_secs_f64());
    }

    fn look(&self, health: &Health, shared: &SharedParts) {
        let Seen {
            serving,
            rooms,
            sessions,
            streams,
            sockets,
            sockets_joined,
            cluster_nodes,
            cluster_waiting,
            lobby_connections,
            media_connections,
            media_publishers,
            media_players,
            media_held_bytes,
            media_received_bytes,
            media_sent_bytes,
            log_lines_lost,
            webhooks_delivered,
            webhooks_retried,
            webhooks_dropped,
        } = &self.seen;
        let (counts, media, notices) = (health.counts, health.media, shared.webhooks.counts());
        let cluster = health.cluster.as_ref();
        let now = [
            (serving, usize::from(health.status.is_ok())),
            (rooms, counts.rooms),
            (sessions, counts.sessions),
            (streams, counts.streams),
            (sockets, shared.open.len()),
            (sockets_joined, shared.joined.len()),
            (cluster_nodes, cluster.map_or(0, |cluster| cluster.nodes)),
            (cluster_waiting, cluster.map_or(0, |cluster| cluster.waiting)),
            (lobby_connections, shared.lobby.waiting()),
            (media_connections, media.connections),
            (media_publishers, media.publishers),
            (media_players, media.players),
            (media_held_bytes, media.held_bytes),
        ];
        for (gauge, value) in now {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        let totals = [
            (media_received_bytes, media.received_bytes),
            (media_sent_bytes, media.sent_bytes),
            (log_lines_lost, crate::log::lost_lines()),
            (webhooks_delivered, notices.delivered.load(Ordering::Relaxed)),
            (webhooks_retried, notices.retried.load(Ordering::Relaxed)),
            (webhooks_dropped, notices.dropped.load(Ordering::Relaxed)),
        ];
        for (counter, total) in totals {
            // What counts it never counts back.
            counter.inner().store(total, Ordering::Relaxed);
        }
    }
}

/// `GET /metrics`, for a [`Door`](crate::door::Door) of its own.
pub(crate) fn router(shared: Arc<SharedParts>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(shared)
}

async fn metrics(State(shared): State<Arc<SharedParts>>) -> Response {
    let metrics = &shared.metrics;
    metrics.look(&Health::look(&shared).await, &shared);
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
