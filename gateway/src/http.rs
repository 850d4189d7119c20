//! Serves HTTP at a [`Door`]: the WebSocket and `/healthz`. A request that comes too slowly is not awaited.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::budget::Budget;
use crate::door::Door;
use crate::lobby::Waiting;
use crate::socket::{Metered, Quota};
use crate::tls::Tls;
use crate::watch::attend;

/// Serves connections until `stop`; those that are served then are tracked by `connections`. What is held for WebSockets is
/// counted in `budget`.
pub(crate) async fn serve(
    door: Door,
    router: Router,
    budget: Budget,
    head_within: Duration,
    tls: Option<Tls>,
    stop: CancellationToken,
    connections: TaskTracker,
) {
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_within).max_buf_size(HEAD_BYTES);
    loop {
        let (socket, _, place) = tokio::select! {
            arrived = door.next() => match arrived {
                Some(arrived) => arrived,
                None => return,
            },
            () = stop.cancelled() => return,
        };
        let (builder, router, place, stop) = (builder.clone(), router.clone(), Arc::new(place), stop.clone());
        let (tls, quota) = (tls.clone(), Quota::new(budget.account()));
        attend(&connections, async move {
            let Some(tls) = tls else { return serve_one(builder, router, socket, place, quota, stop).await };
            let stream = tokio::select! {
                stream = tls.accept(socket, head_within) => stream,
                () = place.cut() => None,
                () = stop.cancelled() => None,
            };
            if let Some(stream) = stream {
                serve_one(builder, router, stream, place, quota, stop).await;
            }
        });
    }
}

/// Serves one connection, until it ends, becomes a WebSocket, or has to make room.
async fn serve_one(
    builder: Builder,
    router: Router,
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: Arc<Waiting>,
    quota: Quota,
    stop: CancellationToken,
) {
    let router = router.layer(Extension(Arc::clone(&place))).layer(Extension(quota.clone()));
    let io = TokioIo::new(Metered::new(socket, quota));
    let mut connection = pin!(builder.serve_connection(io, TowerToHyperService::new(router)).with_upgrades());
    let mut is_stopping = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    debug!(%error, "http connection broke");
                }
                return;
            }
            () = place.cut() => return,
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The most that a request's head may have: no client of ours sends a tenth of it.
const HEAD_BYTES: usize = 16 << 10;
