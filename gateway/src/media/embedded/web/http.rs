//! WHIP (RFC 9725) and WHEP over the port of HTTP-FLV: a browser posts its offer, and gets the answer.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};

use super::negotiation::OfferError;
use super::{Web, WebError};
use crate::media::embedded::context::{Context, MediaGuest};
use crate::media::embedded::pages::{self, explain, refuse};
use crate::media::{APPLICATION, ConnectionInfo, Transport};

/// What the port of HTTP-FLV serves to web users; `None` where they are not served.
pub(in crate::media::embedded) fn routes(web: Option<Arc<Web>>) -> Router<Arc<Context>> {
    let address = |transport: Transport| format!("/{APPLICATION}/{{name}}/{}", transport.name());
    Router::new()
        .route(&address(Transport::Whip), post(whip).options(permit_post).fallback(not_so))
        .route(&address(Transport::Whep), post(whep).options(permit_post).fallback(not_so))
        .route(&resource("{id}"), delete(end).options(permit_delete).fallback(not_so))
        .layer(Extension(web))
}

async fn whip(
    State(context): State<Arc<Context>>,
    Extension(web): Extension<Option<Arc<Web>>>,
    Extension(guest): Extension<Arc<MediaGuest>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let info = visitor(&context, &guest, Transport::Whip);
    let Some(web) = web else { return not_served() };
    if let Some(refusal) = other_content(&headers) {
        return refusal;
    }
    let publication = match context.publish(&name, query.as_deref().unwrap_or_default(), info).await {
        Ok(publication) => publication,
        Err(refusal) => return refuse(&context, info, refusal),
    };
    let offer = match read(&context, body).await {
        Ok(offer) => offer,
        Err(refusal) => return refusal,
    };
    answer(&web, web.publish(&context, info, publication, &offer))
}

async fn whep(
    State(context): State<Arc<Context>>,
    Extension(web): Extension<Option<Arc<Web>>>,
    Extension(guest): Extension<Arc<MediaGuest>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let info = visitor(&context, &guest, Transport::Whep);
    let Some(web) = web else { return not_served() };
    if let Some(refusal) = other_content(&headers) {
        return refusal;
    }
    let subscription = match context.play(&name, query.as_deref().unwrap_or_default(), info).await {
        Ok(subscription) => subscription,
        Err(refusal) => return refuse(&context, info, refusal),
    };
    let offer = match read(&context, body).await {
        Ok(offer) => offer,
        Err(refusal) => return refusal,
    };
    answer(&web, web.play(&context, info, subscription, &offer))
}

async fn end(Extension(web): Extension<Option<Arc<Web>>>, Path(id): Path<String>) -> Response {
    let is_known = web.is_some_and(|web| web.end(&id));
    if !is_known {
        let message = "there is no such connection; it may have ended before";
        return explain(StatusCode::NOT_FOUND, "connection_unknown", &message);
    }
    let mut response = StatusCode::OK.into_response();
    pages::allow(response.headers_mut());
    response
}

async fn permit_post(asked: HeaderMap) -> Response {
    pages::permit("POST, OPTIONS", &asked)
}

async fn permit_delete(asked: HeaderMap) -> Response {
    pages::permit("DELETE, OPTIONS", &asked)
}

/// No trickle ICE and no ICE restart, and nothing to be read.
async fn not_so() -> Response {
    let message = "POST an SDP offer to a whip or whep address, DELETE its Location; for another connection POST again";
    explain(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", &message)
}

fn not_served() -> Response {
    explain(StatusCode::NOT_FOUND, "web_not_served", &"this media server does not serve web users")
}

/// The connection that the browser asks for: not the one that it asks by.
fn visitor(context: &Context, guest: &MediaGuest, transport: Transport) -> ConnectionInfo {
    ConnectionInfo { id: context.hub.next_connection(), transport, ..guest.info }
}

fn other_content(headers: &HeaderMap) -> Option<Response> {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_sdp = content.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(SDP));
    let message = "the body must be an SDP offer, with the content type application/sdp";
    (!is_sdp).then(|| explain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", &message))
}

async fn read(context: &Context, body: Body) -> Result<String, Response> {
    let bytes = match tokio::time::timeout(context.limits.handshake, to_bytes(body, OFFER_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let message = format!("the offer is larger than {OFFER_BYTES} bytes, or its connection broke");
            return Err(explain(StatusCode::PAYLOAD_TOO_LARGE, "offer_too_large", &message));
        }
        Err(_) => {
            let message = "the offer came too slowly";
            return Err(explain(StatusCode::REQUEST_TIMEOUT, "offer_too_slow", &message));
        }
    };
    String::from_utf8(bytes.into()).map_err(|_| {
        let error = OfferError::Form("it is not UTF-8".into());
        explain(StatusCode::BAD_REQUEST, error.code(), &error)
    })
}

fn answer(web: &Web, result: Result<super::Opened, WebError>) -> Response {
    let opened = match result {
        Ok(opened) => opened,
        Err(error) => {
            let status = match &error {
                WebError::Offer(OfferError::Keys(_)) => StatusCode::SERVICE_UNAVAILABLE,
                WebError::Offer(
                    OfferError::Form(_)
                    | OfferError::Unanswerable(_)
                    | OfferError::NothingToTake
                    | OfferError::NothingToGive
                    | OfferError::DataChannel,
                ) => StatusCode::BAD_REQUEST,
                WebError::Unplayable(_) => StatusCode::NOT_ACCEPTABLE,
            };
            return explain(status, error.code(), &error);
        }
    };
    let mut response = (StatusCode::CREATED, opened.answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::ETAG, HeaderValue::from_static("\"1\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = HeaderValue::from_str(&resource(&opened.id)) {
        headers.insert(header::LOCATION, location);
    }
    for link in &web.ice_servers {
        if let Ok(mut link) = HeaderValue::from_str(link.reveal()) {
            link.set_sensitive(true);
            headers.append(header::LINK, link);
        }
    }
    // The connection by which it was asked has no place of its own.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("location, link, etag"));
    pages::allow(headers);
    response
}

/// Where a browser ends its connection. No stream is named like this: their names end with a number.
fn resource(id: &str) -> String {
    format!("/{APPLICATION}/rtc/{id}")
}

const SDP: &str = "application/sdp";
/// The largest offer: that of a browser has 5 KiB.
const OFFER_BYTES: usize = 64 << 10;
