//! HTTP-FLV: `GET /live/{stream}-{generation}.flv?ticket=…` answers with an endless FLV file, or with JSON why not.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::context::{Context, MediaGuest};
use super::flv;
use super::pages::{self, refuse};
use super::subscription::Subscription;
use crate::media::{APPLICATION, ConnectionInfo, Denied};
use crate::watch::attend;

/// The files that players ask for.
pub(super) fn routes() -> Router<Arc<Context>> {
    Router::new().route(&format!("/{APPLICATION}/{{file}}"), get(play).options(permit))
}

/// Serves one HTTP connection to its end: `routes` to those who ask by it.
pub(super) async fn run(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    context: &Arc<Context>,
    guest: Arc<MediaGuest>,
    routes: Router<Arc<Context>>,
) {
    let info = guest.info;
    let hang_up = CancellationToken::new();
    let routes =
        routes.with_state(Arc::clone(context)).layer(Extension(guest)).layer(Extension(HangUp(hang_up.clone())));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(context.limits.handshake).max_buf_size(HTTP_BUFFER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(routes));
    tokio::select! {
        result = connection => if let Err(error) = result {
            tracing::debug!(connection = %info.id, %error, "http connection broke");
        },
        () = hang_up.cancelled() => {}
    }
}

/// Ends the HTTP connection although its answer is not written.
#[derive(Clone)]
struct HangUp(CancellationToken);

async fn play(
    State(context): State<Arc<Context>>,
    Extension(guest): Extension<Arc<MediaGuest>>,
    Extension(hang_up): Extension<HangUp>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(name) = file.strip_suffix(".flv") else {
        return refuse(&context, guest.info, Denied::UnknownStream.into());
    };
    match context.play(name, query.as_deref().unwrap_or_default(), guest.info).await {
        Ok(subscription) => {
            guest.place.admit();
            answer(&context, guest.info, subscription, hang_up)
        }
        Err(refusal) => refuse(&context, guest.info, refusal),
    }
}

async fn permit(asked: HeaderMap) -> Response {
    pages::permit("GET, HEAD, OPTIONS", &asked)
}

fn answer(context: &Context, info: ConnectionInfo, subscription: Subscription, hang_up: HangUp) -> Response {
    tracing::info!(connection = %info.id, "http-flv player started");
    let outlet = Arc::clone(&subscription.outlet);
    // It belongs to a connection and is none: what is counted as connections stays right.
    attend(&context.tasks, async move {
        let reason = outlet.closed().await;
        tracing::info!(connection = %info.id, ?reason, "http-flv player stopped");
        tokio::time::sleep(FAREWELL).await;
        hang_up.0.cancel();
    });
    let chunks = stream::unfold((subscription, false), |(subscription, is_opened)| async move {
        let chunk =
            if is_opened { next_tags(&subscription).await? } else { flv::header(subscription.announce().await) };
        Some((Ok::<Bytes, Infallible>(chunk), (subscription, true)))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/x-flv"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    pages::allow(headers);
    response
}

async fn next_tags(subscription: &Subscription) -> Option<Bytes> {
    let outlet = &subscription.outlet;
    let mut tags = BytesMut::new();
    flv::write_tag(&mut tags, &outlet.next().await?);
    while tags.len() < BATCH_BYTES {
        let Some(frame) = outlet.try_next() else { break };
        flv::write_tag(&mut tags, &frame);
    }
    Some(tags.freeze())
}

/// Tags that wait are sent together up to this size.
const BATCH_BYTES: usize = 64 << 10;
/// The most that the HTTP layer may hold of one answer.
const HTTP_BUFFER_BYTES: usize = 64 << 10;
/// How long a closed player has to take the end of its answer.
const FAREWELL: Duration = Duration::from_millis(500);
