//! Clients that send nonsense, or far too much: they are ended, they fill no log, and the call goes on.

use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::common::{Client, Gateway};
use crate::healthy::HealthyCall;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn nonsense_disturbs_nobody_and_fills_no_log() {
    let gateway = Gateway::at_level("info", "");
    let call = HealthyCall::start(&gateway, 8).await;
    let before = gateway.log().lines().count();
    for number in 0..1_000 {
        let mut rtmp = TcpStream::connect(&gateway.rtmp).await.expect("connected");
        let _ = rtmp.write_all(&[number as u8; 5_000]).await;
        let mut flv = TcpStream::connect(&gateway.flv).await.expect("connected");
        let _ = flv.write_all(b"GET /live/s-1.flv?ticket=x HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut client = Client::open(&gateway).await;
        client.send_raw(&[0x83, 0x80, 0, 0, 0, 0]).await;
    }
    call.prove_unharmed().await;
    let (status, body) = gateway.get("/healthz");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["status"]), (200, &"ok".into()));
    let lines = gateway.log().lines().count() - before;
    assert!(lines < 200, "{lines} lines");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn who_pings_without_end_is_ended() {
    let gateway = Gateway::with("");
    let call = HealthyCall::start(&gateway, 8).await;
    let mut floods = Vec::new();
    for number in 0..20 {
        let (mut client, _) = Client::join(&gateway, "flood", &format!("u{number}")).await;
        floods.push(tokio::spawn(async move {
            for _ in 0..2_000 {
                client.send_ping().await;
            }
            client.read_to_close().await;
            client.closed
        }));
    }
    for flood in floods {
        let closed = tokio::time::timeout(Duration::from_secs(8), flood).await.expect("in time").expect("ended");
        assert!(matches!(closed, Some(4502) | None), "{closed:?}");
    }
    call.prove_unharmed().await;
}
