//! Connections without a token or ticket, as many as an address can open: nobody of a call is kept out.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::common::media::url;
use crate::common::{Client, Gateway, Player, Pusher};
use crate::healthy::HealthyCall;

/// Holds 300 connections to each door, more than may push and play together, and renews them before they time out.
async fn hold_places(doors: [String; 2]) {
    let mut held = doors.map(|door| (door, Vec::new()));
    loop {
        for (door, sockets) in &mut held {
            sockets.clear();
            for _ in 0..300 {
                sockets.extend(TcpStream::connect(door.as_str()).await);
            }
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn idle_connections_keep_nobody_out() {
    let gateway = Gateway::with("");
    let attack = tokio::spawn(hold_places([gateway.rtmp.clone(), gateway.flv.clone()]));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let call = HealthyCall::start(&gateway, 8).await;
    call.prove_unharmed().await;
    assert!(!attack.is_finished(), "the attack went on");
    attack.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn one_address_of_a_stream_does_not_fill_it() {
    let gateway = Gateway::with("");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let lease = alice.ask("publish", json!({})).await.expect("leased");
    let _pusher = Pusher::start(&lease);
    let (mut mallory, _) = Client::join(&gateway, "r", "mallory").await;
    mallory.event("stream_added").await;
    let lease = mallory.ask("subscribe", json!({ "user": "alice" })).await.expect("leased");
    let path = url(&lease, "flv").split_once("//").and_then(|(_, rest)| rest.split_once('/')).expect("a path").1;
    let mut held = Vec::new();
    for _ in 0..150 {
        let mut socket = TcpStream::connect(&gateway.flv).await.expect("connected");
        socket.write_all(format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.expect("asked");
        held.push(socket);
    }
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let lease = bob.ask("subscribe", json!({ "user": "alice" })).await.expect("leased");
    let player = Player::start(&lease, "flv", 3);
    let pictures = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(6))).await.expect("it plays");
    assert!(pictures >= 20, "{pictures} pictures");
    drop(held);
}
