//! TLS of the real process: what it shows, and what becomes of that when the files change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::common::client::join;
use crate::common::{Gateway, SOON};

/// A folder with a certificate for 127.0.0.1, signed by itself, and its key.
struct Files {
    _folder: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new() -> (Self, CertificateDer<'static>) {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let files = Self { _folder: folder, certificate, key };
        let shown = files.renew();
        (files, shown)
    }

    /// Another certificate and key in the same files.
    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        std::fs::write(&self.certificate, made.cert.pem()).expect("written");
        std::fs::write(&self.key, made.signing_key.serialize_pem()).expect("written");
        made.cert.der().clone()
    }

    fn toml(&self) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        format!("[tls]\ncertificate_file = \"{certificate}\"\nkey_file = \"{key}\"")
    }
}

/// Connects with TLS, trusting this certificate alone.
async fn connect(authority: &str, trusted: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let connector = TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
    let socket = TcpStream::connect(authority).await?;
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    connector.connect(name, socket).await
}

async fn get(authority: &str, trusted: &CertificateDer<'static>, path: &str) -> String {
    let mut stream = connect(authority, trusted).await.expect("TLS");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// A member that came by TLS.
struct Member(WebSocketStream<TlsStream<TcpStream>>);

impl Member {
    async fn join(gateway: &Gateway, trusted: &CertificateDer<'static>, user: &str) -> Self {
        let authority = gateway.ws.strip_prefix("wss://").expect("wss").strip_suffix("/v1").expect("the path");
        let stream = connect(authority, trusted).await.expect("TLS");
        let mut request = gateway.ws.as_str().into_client_request().expect("request");
        request.headers_mut().insert("sec-websocket-protocol", "miniapp-rtc.v1".parse().expect("header"));
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("a WebSocket");
        let mut member = Self(socket);
        let joined = member.ask("join", join("r", user)).await;
        assert!(joined["ok"]["session"].is_string(), "{joined}");
        member
    }

    async fn ask(&mut self, method: &str, parameters: Value) -> Value {
        let frame = json!({ "id": 1, "m": method, "p": parameters });
        self.0.send(Message::Text(frame.to_string().into())).await.expect("sent");
        loop {
            let message =
                tokio::time::timeout(SOON, self.0.next()).await.expect("in time").expect("open").expect("a message");
            let frame: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
            if frame["id"] == 1 {
                return frame;
            }
        }
    }
}

fn hang_up(gateway: &Gateway) {
    gateway.signal("-HUP");
}

async fn is_shown(authority: &str, certificate: &CertificateDer<'static>) -> bool {
    let until = Instant::now() + SOON;
    while Instant::now() < until {
        if connect(authority, certificate).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn clients_come_by_tls_and_the_certificate_is_renewed_while_they_stay() {
    let (files, first) = Files::new();
    let gateway = Gateway::with(&files.toml());
    let authority = gateway.http.strip_prefix("https://").expect("https").to_owned();
    assert!(get(&authority, &first, "/healthz").await.starts_with("HTTP/1.1 200"));
    let refused = get(&gateway.flv, &first, "/live/none-1.flv").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "HTTP-FLV speaks TLS: {refused}");
    let mut ann = Member::join(&gateway, &first, "ann").await;
    let lease = ann.ask("publish", json!({ "kind": "camera" })).await.to_string();
    assert!(lease.contains("https://127.0.0.1:") && !lease.contains("http://"), "{lease}");

    let second = files.renew();
    assert!(connect(&authority, &second).await.is_err(), "it is not read yet");
    hang_up(&gateway);
    assert!(is_shown(&authority, &second).await, "{}", gateway.log());
    assert!(is_shown(&gateway.flv, &second).await);
    assert!(connect(&authority, &first).await.is_err(), "the old one is shown no more");
    let pong = ann.ask("ping", json!({ "offset": 0 })).await;
    assert!(pong["ok"].is_object(), "the old connection lives: {pong}");
    Member::join(&gateway, &second, "bea").await;

    // What cannot be used is told of, and changes nothing.
    std::fs::write(&files.certificate, "half a certif").expect("written");
    hang_up(&gateway);
    gateway.log_with("cannot be read again").await;
    assert!(is_shown(&authority, &second).await);
    assert!(!gateway.log().contains("PRIVATE KEY"));
    let third = files.renew();
    hang_up(&gateway);
    assert!(is_shown(&authority, &third).await);
}

#[tokio::test]
async fn a_connection_that_speaks_no_tls_is_ended() {
    let (files, first) = Files::new();
    let gateway = Gateway::with(&format!("{}\n[socket]\njoin_ms = 300", files.toml()));
    let authority = gateway.http.strip_prefix("https://").expect("https");
    for said in ["GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", ""] {
        let mut socket = TcpStream::connect(authority).await.expect("connect");
        socket.write_all(said.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(SOON, socket.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "who says {said:?} is not awaited for ever");
        assert!(!answer.starts_with(b"HTTP"), "nothing is served in plain");
    }
    assert!(get(authority, &first, "/healthz").await.starts_with("HTTP/1.1 200"), "others are served");
}

#[test]
fn files_that_cannot_be_used_are_told_by_name_before_the_start() {
    let (files, _) = Files::new();
    let (other, _) = Files::new();
    let empty = other.certificate.with_file_name("empty.pem");
    std::fs::write(&empty, "nothing").expect("written");
    let missing = Path::new("/no/such.pem");
    let check = |certificate: &Path, key: &Path| {
        let toml = format!("[tls]\ncertificate_file = {certificate:?}\nkey_file = {key:?}");
        super::command_line_check::check(&toml, &[], &super::command_line_check::APPLICATION)
    };
    let (is_good, error) = check(&files.certificate, &files.key);
    assert!(is_good, "{error}");
    for (certificate, key, told) in [
        (missing, files.key.as_path(), "/no/such.pem"),
        (files.certificate.as_path(), missing, "/no/such.pem"),
        (empty.as_path(), files.key.as_path(), "holds no certificate"),
        (files.certificate.as_path(), empty.as_path(), "holds no private key"),
        (files.certificate.as_path(), other.key.as_path(), "cannot be used with the key"),
    ] {
        let (is_good, error) = check(certificate, key);
        assert!(!is_good && error.contains(told) && !error.contains("PRIVATE"), "{told}: {error}");
    }
    let half = ["--tls-certificate", files.certificate.to_str().expect("a path")];
    let (is_good, error) = super::command_line_check::check("", &half, &super::command_line_check::APPLICATION);
    assert!(!is_good && error.contains("--tls-key"), "{error}");
}
