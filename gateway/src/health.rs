//! `GET /healthz`: whether the gateway serves, and how much.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::shared::SharedParts;

/// The answer of `GET /healthz`.
#[derive(Debug, Serialize)]
pub(crate) struct HealthAnswer {
    /// `ok`; `draining` while the gateway stops; `failed` where a task died and
    /// the process is about to end; `media_down` where the media server does not work.
    status: &'static str,
    /// The gateway's version.
    version: &'static str,
    /// Rooms with members.
    rooms: usize,
    /// Sessions, suspended ones too.
    sessions: usize,
    /// Streams that can be subscribed to.
    streams: usize,
    /// WebSockets that are open now, joined or not.
    sockets: usize,
    /// The media server.
    media: MediaState,
    /// Lines of the log that could not be written: a full disk, or nobody who reads them.
    log_lines_lost: u64,
}

/// The state of the media server.
#[derive(Debug, Serialize)]
struct MediaState {
    /// Whether it accepts connections.
    ok: bool,
    /// Connections that push a stream now.
    publishers: usize,
    /// Connections that play a stream now.
    players: usize,
    /// Bytes of media that it holds.
    held_bytes: usize,
}

/// Answers 200 where clients may be sent here, else 503.
pub(crate) async fn healthz(State(shared): State<Arc<SharedParts>>) -> (StatusCode, Json<HealthAnswer>) {
    let counts = shared.engine.counts();
    let media = shared.media.health().await;
    let (code, status) = if shared.watch.dead().is_some() {
        (StatusCode::SERVICE_UNAVAILABLE, "failed")
    } else if shared.stop.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if media.serving {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "media_down")
    };
    let health = HealthAnswer {
        status,
        version: env!("CARGO_PKG_VERSION"),
        rooms: counts.rooms,
        sessions: counts.sessions,
        streams: counts.streams,
        sockets: shared.open.len(),
        log_lines_lost: crate::log::lost_lines(),
        media: MediaState {
            ok: media.serving,
            publishers: media.publishers,
            players: media.players,
            held_bytes: media.held_bytes,
        },
    };
    (code, Json(health))
}
