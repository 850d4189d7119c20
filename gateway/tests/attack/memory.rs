//! Clients that make the gateway hold what they sent: it holds little of each, and the call goes on.

use serde_json::json;

use crate::common::media::url;
use crate::common::{Client, Gateway};
use crate::healthy::HealthyCall;
use crate::rtmp::{DATA, Rtmp, VIDEO, avc};

/// What an attack may add to the process, in kB.
const LITTLE_KB: u64 = 100_000;

fn assert_little_more(gateway: &Gateway, before_kb: u64) {
    let now_kb = gateway.resident_kb();
    println!("memory: {before_kb} kB, then {now_kb} kB");
    assert!(now_kb < before_kb + LITTLE_KB, "{before_kb} kB grew to {now_kb} kB");
}

/// Joins and publishes; where to push.
async fn publisher(gateway: &Gateway, room: &str, user: &str) -> (Client, String) {
    let (mut client, _) = Client::join(gateway, room, user).await;
    let lease = client.ask("publish", json!({})).await.expect("leased");
    let url = url(&lease, "rtmp").to_owned();
    (client, url)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn messages_that_are_not_finished_cost_little() {
    let gateway = Gateway::with("");
    let call = HealthyCall::start(&gateway, 8).await;
    let before = gateway.resident_kb();
    let mut held = Vec::new();
    for _ in 0..400 {
        let mut client = Client::open(&gateway).await;
        client.send_part(200_000).await;
        held.push(client);
    }
    assert_little_more(&gateway, before);
    call.prove_unharmed().await;
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn large_messages_between_tiny_pictures_cost_little() {
    let gateway = Gateway::with("");
    let call = HealthyCall::start(&gateway, 8).await;
    let (_client, url) = publisher(&gateway, "attack", "mallory").await;
    let mut encoder = Rtmp::publish(&url).await;
    encoder.set_chunk_size(4 << 20).await;
    let before = gateway.resident_kb();
    encoder.send(VIDEO, 0, &avc::header(1)).await;
    encoder.send(VIDEO, 0, &avc::key(10)).await;
    let data = vec![0; 4_000_000];
    for number in 0..120 {
        encoder.send(DATA, number * 10, &data).await;
        encoder.send(VIDEO, number * 10, &avc::delta(10)).await;
    }
    assert_little_more(&gateway, before);
    call.prove_unharmed().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn large_configurations_cost_little() {
    let gateway = Gateway::with("");
    let call = HealthyCall::start(&gateway, 8).await;
    let before = gateway.resident_kb();
    let mut held = Vec::new();
    for number in 0..40 {
        let (client, url) = publisher(&gateway, &format!("attack-{}", number / 8), &format!("mallory-{number}")).await;
        let mut encoder = Rtmp::publish(&url).await;
        let mut header = avc::header(1);
        header.resize(4_000_000, 0);
        encoder.try_send(VIDEO, 0, &header).await;
        held.push((client, encoder));
    }
    assert_little_more(&gateway, before);
    call.prove_unharmed().await;
    drop(held);
}
