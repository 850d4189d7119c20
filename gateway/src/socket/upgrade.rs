//! The HTTP request that becomes a socket.

use std::sync::Arc;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use miniapp_rtc::protocol::limits::SUBPROTOCOL;
use serde_json::json;

use super::connection::Connection;
use super::quota::Quota;
use super::reader::{READ_BUFFER_BYTES, Threshold, read_bytes};
use crate::lobby::Waiting;
use crate::shared::SharedParts;

/// `GET /v1`: becomes a WebSocket, or says in JSON why not.
pub(crate) async fn upgrade(
    State(shared): State<Arc<SharedParts>>,
    Extension(place): Extension<Arc<Waiting>>,
    Extension(quota): Extension<Quota>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    if !speaks_our_version(&headers) {
        let body = json!({
            "error": "unknown_subprotocol",
            "reason": "open the WebSocket with one of these sub-protocols",
            "subprotocols": [SUBPROTOCOL],
        });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    if shared.drain.is_cancelled() {
        return unavailable("shutting_down", "the gateway is stopping; connect to another one or later");
    }
    let policy = shared.policy;
    if shared.joined.len() >= policy.sockets {
        return unavailable("sockets_full", "the gateway has as many sockets as it may have; try again later");
    }
    let largest = read_bytes(usize::try_from(policy.frame_bytes).unwrap_or(usize::MAX));
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(largest)
        .max_frame_size(largest)
        .on_upgrade(move |socket| async move {
            let tracker = shared.open.token();
            Connection::new(Arc::clone(&shared), quota.account().clone())
                .serve(socket, Threshold { place, quota })
                .await;
            drop(tracker);
        })
}

/// tungstenite keeps what its buffer has grown to, for as long as the socket lives; its default is 128 KiB.
const WRITE_BUFFER_BYTES: usize = 4096;

fn speaks_our_version(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == SUBPROTOCOL)
}

fn unavailable(error: &str, reason: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error, "reason": reason }))).into_response()
}
