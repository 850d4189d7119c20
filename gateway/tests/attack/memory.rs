//! Clients that make the gateway hold what they sent: it holds little of each, and the call goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::media::url;
use crate::common::{Client, Gateway};
use crate::healthy::HealthyCall;
use crate::rtmp::{DATA, Rtmp, VIDEO, avc};

/// How long an attack's memory is watched: what was written last is still on its way when the attacker has written it.
const WATCHED: Duration = Duration::from_secs(2);

/// Watches the process, which may have grown by so many kB at no moment.
async fn assert_little_more(gateway: &Gateway, before_kb: u64, little_kb: u64) {
    let (until, mut most_kb) = (Instant::now() + WATCHED, 0);
    while Instant::now() < until {
        most_kb = most_kb.max(gateway.resident_kb());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("memory: {before_kb} kB, then up to {most_kb} kB");
    assert!(most_kb < before_kb + little_kb, "{before_kb} kB grew to {most_kb} kB");
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
        client.send_part(80_000, 79_000).await;
        held.push(client);
    }
    assert_little_more(&gateway, before, 20_000).await;
    call.prove_unharmed().await;
    drop(held);
}

/// Before the join a socket may send little; after it, all sockets together may make the gateway hold so much.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn messages_of_members_that_are_not_finished_cost_little() {
    const HELD_BYTES: u64 = 2 << 20;
    let gateway = Gateway::with(&format!("[socket]\nheld_bytes = {HELD_BYTES}"));
    let call = HealthyCall::start(&gateway, 12).await;
    let mut members = Vec::new();
    for number in 0..400 {
        let (member, _) = Client::join(&gateway, &format!("attack-{}", number / 8), &format!("mallory-{number}")).await;
        members.push(member);
    }
    let before = gateway.resident_kb();
    for member in &mut members {
        member.send_part(80_000, 79_000).await;
    }
    assert_little_more(&gateway, before, 16_000).await;
    let (_, body) = gateway.get("/healthz");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let held = body["sockets_held_bytes"].as_u64().expect("a number");
    assert!((HELD_BYTES / 2..2 * HELD_BYTES).contains(&held), "{held} bytes are held");
    call.prove_unharmed().await;
    let (mut ended, mut told) = (0, 0);
    for member in &mut members {
        let frames = member.read_what_came().await;
        let says_so = |frame: &Value| frame["d"]["code"] == 4002 && frame["d"]["action"] == "resume";
        ended += u32::from(member.closed == Some(4002));
        told += u32::from(frames.last().is_some_and(says_so));
    }
    println!("{ended} of {} members were put out, {told} were told", members.len());
    assert!(ended > 200 && told == ended, "{ended} members were put out, {told} were told");
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
    assert_little_more(&gateway, before, 40_000).await;
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
    assert_little_more(&gateway, before, 40_000).await;
    call.prove_unharmed().await;
    drop(held);
}
