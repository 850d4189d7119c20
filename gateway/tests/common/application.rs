//! An application's own server, which webhooks tell: a real HTTP server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{APP, SOON};

pub const SECRET: &str = "a webhook secret of the tests";

/// One request, as the application's server got it.
#[derive(Clone, Debug)]
pub struct Told {
    pub head: String,
    pub body: String,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        let line =
            self.head.lines().find_map(|line| line.split_once(": ").filter(|(is, _)| is.eq_ignore_ascii_case(name)));
        line.unwrap_or_else(|| panic!("{name} in {}", self.head)).1
    }

    pub fn notice(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The signature that the request should have.
    pub fn right_signature(&self) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(format!("{}.{}", self.header("miniapp-rtc-timestamp"), self.body).as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().fold("v1=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
    }
}

/// The application's server. It answers with the statuses given, then with 204, and keeps what it is told.
pub struct Server {
    pub url: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Server {
    pub async fn start(statuses: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/events?key=path-secret", listener.local_addr().expect("an address"));
        let told = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut statuses) = (Arc::clone(&told), statuses.into_iter());
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut read = Vec::new();
                let request = loop {
                    let mut part = [0; 4096];
                    let count = socket.read(&mut part).await.expect("a request");
                    read.extend_from_slice(&part[..count]);
                    let text = String::from_utf8_lossy(&read).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let told = Told { head: head.to_owned(), body: body.to_owned() };
                    if body.len() >= told.header("content-length").parse::<usize>().expect("a length") {
                        break told;
                    }
                };
                let status = statuses.next().unwrap_or(204);
                kept.lock().expect("told").push(request);
                let answer =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
                socket.write_all(answer.as_bytes()).await.expect("answered");
            }
        });
        Self { url, told }
    }

    /// The section of a gateway's configuration that tells it.
    pub fn toml(&self) -> String {
        let url = &self.url;
        format!("[[webhooks]]\napp = \"{APP}\"\nurl = \"{url}\"\nsecret = \"{SECRET}\"\nallow_private = true\n")
    }

    pub fn told(&self) -> Vec<Told> {
        self.told.lock().expect("told").clone()
    }

    /// Waits for so many requests.
    pub async fn wait_for(&self, count: usize) -> Vec<Told> {
        let until = Instant::now() + SOON;
        while self.told().len() < count && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let told = self.told();
        assert!(told.len() >= count, "{told:?}");
        told
    }
}
