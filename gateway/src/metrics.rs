//! The [`Metrics`] of this process: what happens in it, counted for Prometheus.

mod page;

use std::time::Duration;

use miniapp_rtc::protocol::ErrorCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::node::OutgoingFrame;

pub(crate) use page::router;

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
    sockets_held_bytes: Gauge,
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
            ("sockets_held_bytes", "Bytes of signaling that are held for WebSockets", &seen.sockets_held_bytes),
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
}
