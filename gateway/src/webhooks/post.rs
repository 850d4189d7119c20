//! One HTTP request to an application's server. It goes to an address that was looked at, follows no redirect, and is over in
//! time.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::address::is_public;
use super::notice::{Notice, sign};
use super::settings::{WebhookSettings, WebhookUrl};
use crate::clock::unix_now;

/// Why a notice was not heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    /// The host has no address, or none that may be told.
    #[error("{host} has no address that may be told; allow_private lets webhooks go to private networks")]
    NoAddress {
        /// The host of the URL.
        host: String,
    },
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// It took too long.
    #[error("no answer came within {} s", POST_WITHIN.as_secs())]
    Late,
    /// This build has no TLS.
    #[cfg(not(feature = "tls"))]
    #[error("this gateway was built without TLS; build it with the feature tls")]
    NoTls,
}

/// Tells a notice; the status of the answer.
pub(super) async fn post(settings: &WebhookSettings, notice: &Notice) -> Result<StatusCode, PostError> {
    timeout(POST_WITHIN, post_in_time(settings, notice)).await.unwrap_or(Err(PostError::Late))
}

async fn post_in_time(settings: &WebhookSettings, notice: &Notice) -> Result<StatusCode, PostError> {
    let request = request(settings, notice)?;
    let WebhookUrl(url) = &settings.url;
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(if settings.url.is_https() { 443 } else { 80 });
    let socket = connect(host, port, settings.allow_private).await?;
    if settings.url.is_https() { send_by_tls(host, socket, request).await } else { send(socket, request).await }
}

fn request(settings: &WebhookSettings, notice: &Notice) -> Result<Request<Body>, PostError> {
    let WebhookUrl(url) = &settings.url;
    let (second, body) = (unix_now(), notice.body());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    Request::post(path)
        .header(header::HOST, url.authority().map_or("", |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("miniapp-rtc-gateway/", env!("CARGO_PKG_VERSION")))
        .header("miniapp-rtc-id", &notice.id)
        .header("miniapp-rtc-timestamp", second)
        .header("miniapp-rtc-signature", sign(&settings.secret, second, &body))
        .body(Body::from(body))
        .map_err(|error| PostError::Connection(error.to_string()))
}

/// Connects to the first address that may be told. The name is not looked up again: it could lead elsewhere then.
async fn connect(host: &str, port: u16, allow_private: bool) -> Result<TcpStream, PostError> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let addresses: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup_host((bare, port)).await.map_err(|error| PostError::Connection(error.to_string()))?.collect(),
    };
    let mut failed = PostError::NoAddress { host: host.to_owned() };
    for address in addresses.into_iter().filter(|address| allow_private || is_public(address.ip())) {
        match TcpStream::connect(address).await {
            Ok(socket) => return Ok(socket),
            Err(error) => failed = PostError::Connection(error.to_string()),
        }
    }
    Err(failed)
}

async fn send(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<StatusCode, PostError> {
    let broken = |error: hyper::Error| PostError::Connection(error.to_string());
    let (mut sender, connection) = handshake(TokioIo::new(socket)).await.map_err(broken)?;
    let mut answer = pin!(sender.send_request(request));
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        answer = &mut answer => return answer.map(|answer| answer.status()).map_err(broken),
        // A server may answer and close at once: the answer has come then as well.
        ended = &mut connection => ended.map_err(broken)?,
    }
    answer.await.map(|answer| answer.status()).map_err(broken)
}

#[cfg(feature = "tls")]
async fn send_by_tls(host: &str, socket: TcpStream, request: Request<Body>) -> Result<StatusCode, PostError> {
    use tokio_rustls::rustls::pki_types::ServerName;

    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|error| PostError::Connection(error.to_string()))?;
    let connector = crate::tls::connector().map_err(PostError::Connection)?;
    let stream = connector.connect(name, socket).await.map_err(|error| PostError::Connection(error.to_string()))?;
    send(stream, request).await
}

#[cfg(not(feature = "tls"))]
async fn send_by_tls(_host: &str, _socket: TcpStream, _request: Request<Body>) -> Result<StatusCode, PostError> {
    Err(PostError::NoTls)
}

/// How long one attempt may take, with all that belongs to it.
const POST_WITHIN: Duration = Duration::from_secs(10);
