//! Connections that prove nothing: they may wait, but not in the place of others.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::{Client, Gateway, SOON};

async fn connect(authority: &str) -> TcpStream {
    TcpStream::connect(authority).await.expect("connected")
}

/// How long the gateway keeps it open.
async fn kept_open(mut socket: TcpStream) -> Duration {
    let start = Instant::now();
    let mut answer = Vec::new();
    let read = timeout(SOON, socket.read_to_end(&mut answer)).await.expect("closed in time");
    assert!(read.is_ok() || read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
    start.elapsed()
}

#[tokio::test]
async fn sockets_that_do_not_join_lock_nobody_out() {
    let gateway = Gateway::with("[lobby]\nconnections = 20\nper_address = 10\n[socket]\nsockets = 3\njoin_ms = 60000");
    let http = gateway.http.strip_prefix("http://").expect("http").to_owned();
    let mut idle = Vec::new();
    for _ in 0..30 {
        idle.push(Client::open(&gateway).await);
    }
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(connect(&http).await);
    }
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    for _ in 0..30 {
        silent.push(connect(&http).await);
        idle.push(Client::open(&gateway).await);
    }
    let mut first = idle.remove(0);
    assert!(first.read_to_close().await.is_empty(), "cut without a word");
    for client in [&mut alice, &mut bob] {
        client.ask("ping", json!({ "offset": 0 })).await.expect("who has joined stays");
    }
    alice.event("member_joined").await;
}

#[tokio::test]
async fn a_request_that_comes_too_slowly_is_not_awaited() {
    let gateway = Gateway::with("[socket]\njoin_ms = 500");
    let http = gateway.http.strip_prefix("http://").expect("http");
    let silent = connect(http).await;
    let mut slow = connect(http).await;
    let dribble = async {
        for byte in b"GET /healthz HTTP/1.1\r\nHost: gateway\r\nX-Slow: and so on and on and on and on".iter().cycle() {
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(3), dribble).await.expect("a slow request is ended");
    assert!(kept_open(silent).await < Duration::from_secs(3), "a silent one as well");
}

#[tokio::test]
async fn a_long_request_head_is_refused() {
    let gateway = Gateway::start();
    let mut socket = connect(gateway.http.strip_prefix("http://").expect("http")).await;
    let head = format!("GET /healthz HTTP/1.1\r\nHost: gateway\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
    let _ = socket.write_all(head.as_bytes()).await;
    let mut answer = vec![0; 12];
    socket.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn without_file_descriptors_the_gateway_says_so_waits_and_makes_room() {
    let gateway = Gateway::with_open_files(64, "[socket]\njoin_ms = 60000");
    let http = gateway.http.strip_prefix("http://").expect("http").to_owned();
    let before = gateway.processor_time();
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(connect(&http).await);
    }
    let (mut client, _) = Client::join(&gateway, "r", "alice").await;
    for _ in 0..200 {
        idle.push(connect(&gateway.rtmp).await);
    }
    client.ask("ping", json!({ "offset": 0 })).await.expect("who has joined stays");
    let log = gateway.log_with("no connection can be accepted").await;
    assert!(log.contains("Too many open files"), "{log}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let lines = gateway.log().lines().filter(|line| line.contains("no connection can be accepted")).count();
    assert!(lines < 60, "{lines} lines");
    let used = gateway.processor_time() - before;
    assert!(used < Duration::from_secs(2), "{used:?} of processor time");
}

#[tokio::test]
async fn what_strangers_cause_fills_no_log() {
    let gateway = Gateway::at_level("info", "");
    for _ in 0..300 {
        let mut socket = connect(&gateway.rtmp).await;
        let _ = socket.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
        let mut socket = connect(&gateway.flv).await;
        let _ = socket.write_all(b"GET /live/x-1.flv?ticket=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        kept_open(socket).await;
    }
    let mut mallory = Client::open(&gateway).await;
    for _ in 0..10 {
        let resume = json!({ "session": "s", "secret": "x", "epoch": "e", "offset": 0 });
        assert_eq!(mallory.refused("resume", resume).await, "session_unknown");
    }
    let (_alice, _) = Client::join(&gateway, "r", "alice").await;
    let log = gateway.log_with("alice").await;
    let lines = log.lines().count();
    assert!((20..60).contains(&lines), "{lines} lines: {log}");
}
