//! What HTTP says to web pages of other origins: that they may ask (Fetch standard, "CORS protocol"), and why they get nothing.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::context::Context;
use crate::media::{ConnectionInfo, Denied, GateRefusal, TicketError};

/// Lets the page that asked read the answer: whoever has the address may.
pub(super) fn allow(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// Answers a web page's question before its request: it may use these methods, with any header.
pub(super) fn permit(methods: &'static str, asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    allow(headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    response
}

/// Says why there is no push or play.
pub(super) fn refuse(context: &Context, info: ConnectionInfo, refusal: GateRefusal) -> Response {
    if let Some(left_out) = context.strangers.says() {
        let transport = info.transport.name();
        tracing::info!(connection = %info.id, transport, reason = refusal.code(), left_out, "http request refused");
    }
    let status = match refusal {
        GateRefusal::Ticket(TicketError::Missing) => StatusCode::UNAUTHORIZED,
        GateRefusal::Ticket(
            TicketError::Malformed
            | TicketError::UnknownKey
            | TicketError::BadSignature
            | TicketError::WrongRole
            | TicketError::WrongStream
            | TicketError::Revoked,
        ) => StatusCode::FORBIDDEN,
        GateRefusal::Denied(Denied::NotLive | Denied::UnknownStream) => StatusCode::NOT_FOUND,
        GateRefusal::Denied(Denied::Full | Denied::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        GateRefusal::Denied(Denied::StaleGeneration | Denied::NotPublisher | Denied::NotSubscribed | Denied::Busy) => {
            StatusCode::FORBIDDEN
        }
    };
    explain(status, refusal.code(), &refusal)
}

/// An answer that says what is wrong: a short stable word for programs, and a sentence for people.
pub(super) fn explain(status: StatusCode, reason: &str, message: &dyn std::fmt::Display) -> Response {
    let body = json!({ "error": { "reason": reason, "message": message.to_string() } });
    let mut response = (status, Json(body)).into_response();
    allow(response.headers_mut());
    response
}
