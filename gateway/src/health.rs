//! [`Health`]: whether the gateway serves, and how much; `GET /healthz` answers with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::engine::{ClusterHealth, Counts};
use crate::media::MediaHealth;
use crate::shared::SharedParts;

/// Whether the gateway serves, and how much.
#[derive(Clone, Debug)]
pub(crate) struct Health {
    /// Whether clients may be sent here.
    pub(crate) status: Status,
    /// What the engine holds.
    pub(crate) counts: Counts,
    /// The media server.
    pub(crate) media: MediaHealth,
    /// Those that the rooms are shared with; `None` where nobody else has them.
    pub(crate) cluster: Option<ClusterHealth>,
}

/// Whether clients may be sent here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// They may.
    Ok,
    /// The gateway stops, or is emptied.
    Draining,
    /// A task died, and the process is about to end.
    Failed,
    /// The media server does not work.
    MediaDown,
    /// The rooms cannot be reached.
    CutOff,
}

/// The answer of `GET /healthz`.
#[derive(Debug, Serialize)]
pub(crate) struct HealthAnswer {
    /// Whether clients may be sent here.
    status: Status,
    /// The gateway's version.
    version: &'static str,
    /// Rooms with members or bans.
    rooms: usize,
    /// Sessions, suspended ones too.
    sessions: usize,
    /// Streams that can be subscribed to.
    streams: usize,
    /// WebSockets that are open now, joined or not.
    sockets: usize,
    /// Bytes of signaling that are held for them: messages that are not complete, and frames that wait to be sent.
    sockets_held_bytes: usize,
    /// The media server.
    media: MediaState,
    /// How this gateway stands with those that it shares rooms with; absent where it shares none.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ClusterHealth>,
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

impl Health {
    /// Looks at everything.
    pub(crate) async fn look(shared: &SharedParts) -> Self {
        let (counts, cluster) = (shared.engine.counts(), shared.engine.cluster());
        let media = shared.media.health().await;
        let status = if shared.watch.dead().is_some() {
            Status::Failed
        } else if shared.drain.is_cancelled() {
            Status::Draining
        } else if !media.serving {
            Status::MediaDown
        } else if cluster.as_ref().is_some_and(|cluster| !cluster.ok) {
            Status::CutOff
        } else {
            Status::Ok
        };
        Self { status, counts, media, cluster }
    }
}

impl Status {
    /// Whether clients may be sent here.
    pub(crate) fn is_ok(self) -> bool {
        self == Self::Ok
    }
}

/// Answers 200 where clients may be sent here, else 503.
pub(crate) async fn healthz(State(shared): State<Arc<SharedParts>>) -> (StatusCode, Json<HealthAnswer>) {
    let Health { status, counts, media, cluster } = Health::look(&shared).await;
    let code = if status.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let health = HealthAnswer {
        status,
        version: env!("CARGO_PKG_VERSION"),
        rooms: counts.rooms,
        sessions: counts.sessions,
        streams: counts.streams,
        sockets: shared.open.len(),
        sockets_held_bytes: shared.budget.held(),
        cluster,
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
