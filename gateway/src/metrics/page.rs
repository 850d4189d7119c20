//! The page of [`Metrics`] that Prometheus reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;

use super::{Metrics, Seen};
use crate::health::Health;
use crate::shared::SharedParts;

/// `GET /metrics`, for a [`Door`](crate::door::Door) of its own.
pub(crate) fn router(shared: Arc<SharedParts>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(shared)
}

async fn metrics(State(shared): State<Arc<SharedParts>>) -> Response {
    let metrics = &shared.metrics;
    look(metrics, &Health::look(&shared).await, &shared);
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Sets what is read when somebody asks.
fn look(metrics: &Metrics, health: &Health, shared: &SharedParts) {
    let Seen {
        serving,
        rooms,
        sessions,
        streams,
        sockets,
        sockets_joined,
        sockets_held_bytes,
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
    } = &metrics.seen;
    let (counts, media, notices) = (health.counts, health.media, shared.webhooks.counts());
    let cluster = health.cluster.as_ref();
    let now = [
        (serving, usize::from(health.status.is_ok())),
        (rooms, counts.rooms),
        (sessions, counts.sessions),
        (streams, counts.streams),
        (sockets, shared.open.len()),
        (sockets_joined, shared.joined.len()),
        (sockets_held_bytes, shared.budget.held()),
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

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
