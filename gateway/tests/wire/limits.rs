//! The limits of sockets and rooms.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::client::join;
use crate::common::{Client, Gateway, Pusher};

#[tokio::test]
async fn large_frames_are_refused_and_far_larger_ones_end_the_socket() {
    let gateway = Gateway::start();
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    client.send_text("x".repeat(65_537)).await;
    assert_eq!(client.refusal_without_id().await, "frame_too_large");
    client.send_text(ping_of(7, 65_000)).await;
    client.answer(7).await.expect("read, and answered");
    client.send_text("x".repeat(81_920)).await;
    assert_eq!(client.refusal_without_id().await, "frame_too_large");
    client.send_text("x".repeat(81_921)).await;
    let frames = client.read_to_close().await;
    assert_eq!(frames[0]["err"]["name"], "frame_too_large");
    assert_eq!(frames[1]["d"]["code"], 4502);
}

#[tokio::test]
async fn frames_before_the_join_are_smaller() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    client.send_text("x".repeat(16_385)).await;
    assert_eq!(client.refusal_without_id().await, "frame_too_large");
    client.send_text(ping_of(1, 16_000)).await;
    assert_eq!(client.answer(1).await.expect_err("read, and refused")["name"], "not_joined");
    let (mut joined, _) = Client::join(&gateway, "r", "u").await;
    joined.send_text(ping_of(7, 60_000)).await;
    joined.answer(7).await.expect("read, and answered");

    let memory = gateway.resident_kb();
    client.send_part(80_000, 79_000).await;
    let frames = client.read_to_close().await;
    assert_eq!(frames[0]["err"]["name"], "frame_too_large");
    assert_eq!((&frames[1]["d"]["code"], client.closed), (&json!(4502), Some(4502)));
    assert!(gateway.resident_kb() < memory + 1_000, "{memory} kB before");
}

/// A ping that is filled up by so many bytes.
fn ping_of(id: u32, bytes: usize) -> String {
    json!({ "id": id, "m": "ping", "p": { "offset": 0, "x": "x".repeat(bytes) } }).to_string()
}

#[tokio::test]
async fn too_many_frames_are_refused_with_the_time_to_wait() {
    let gateway = Gateway::with("[socket]\nframes_per_second = 20\nframes_burst = 10");
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(client.send("ping", json!({ "offset": 0 })).await);
    }
    let mut refused = 0;
    let mut wait = 0;
    for id in ids {
        if let Err(refusal) = client.answer(id).await {
            assert_eq!((&refusal["code"], &refusal["name"]), (&json!(4400), &json!("rate_limited")));
            wait = refusal["retry_after_ms"].as_u64().expect("a wait");
            refused += 1;
        }
    }
    assert!((15..=22).contains(&refused), "{refused} of 30 refused");
    assert!((1..=51).contains(&wait), "{wait} ms");
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    client.ask("ping", json!({ "offset": 0 })).await.expect("after the wait it is granted");
}

#[tokio::test]
async fn more_requests_in_flight_than_allowed_are_refused() {
    let gateway = Gateway::with("[socket]\nin_flight = 4");
    let (mut client, joined) = Client::join(&gateway, "r", "u").await;
    assert_eq!(joined["limits"]["in_flight"], 4);
    let requests = vec![("ping", json!({ "offset": 0 })); 30];
    let ids = client.send_together(&requests).await;
    let mut answers = Vec::new();
    for id in ids {
        answers.push(client.answer(id).await);
    }
    assert!(answers[..4].iter().all(Result::is_ok), "{answers:?}");
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).next().expect("a refusal");
    assert_eq!((&refused["code"], &refused["name"]), (&json!(4401), &json!("too_many_in_flight")));
    client.ask("ping", json!({ "offset": 0 })).await.expect("once they are read, it goes on");
}

#[tokio::test]
async fn a_client_that_keeps_breaking_the_protocol_is_closed() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    for _ in 0..21 {
        client.send_text("garbage").await;
    }
    let frames = client.read_to_close().await;
    assert_eq!(frames.len(), 22, "21 refusals and the farewell");
    assert_eq!((&frames[21]["d"]["code"], &frames[21]["d"]["action"]), (&json!(4502), &json!("stop")));
    assert_eq!(client.closed, Some(4502));
}

#[tokio::test]
async fn a_socket_that_joins_nothing_is_closed() {
    let gateway = Gateway::with("[socket]\njoin_ms = 300");
    let mut client = Client::open(&gateway).await;
    assert_eq!(client.refused("publish", json!({})).await, "not_joined");
    let frames = client.read_to_close().await;
    assert_eq!(frames[0]["d"]["code"], 4503);
    assert_eq!(client.closed, Some(4503));
}

#[tokio::test]
async fn a_silent_socket_without_a_session_is_not_told_to_resume() {
    let gateway = Gateway::with("[times]\nping_ms = 100\n[socket]\njoin_ms = 1500");
    let opened = Instant::now();
    let mut silent = Client::open(&gateway).await;
    let frames = silent.read_to_close().await;
    assert_eq!((&frames[0]["d"]["code"], &frames[0]["d"]["action"]), (&json!(4503), &json!("stop")));
    assert_eq!(silent.closed, Some(4503));
    assert!(opened.elapsed() >= Duration::from_millis(1_400), "its time to join was not over: {:?}", opened.elapsed());
}

#[tokio::test]
async fn a_client_that_is_told_to_stop_has_no_session_left() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    let lease = alice.ask("publish", json!({})).await.expect("leased");
    let _pusher = Pusher::start(&lease);
    bob.event("stream_added").await;
    for _ in 0..21 {
        alice.send_text("garbage").await;
    }
    let frames = alice.read_to_close().await;
    let bye = frames.last().expect("a farewell");
    assert_eq!((&bye["d"]["code"], &bye["d"]["action"]), (&json!(4502), &json!("stop")));
    let mut again = Client::open(&gateway).await;
    let parameters = json!({
        "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"], "offset": 2,
    });
    assert_eq!(again.refused("resume", parameters).await, "session_unknown");
    let told = [bob.event("stream_removed").await, bob.event("member_left").await].map(|event| event["d"].clone());
    let stream = &lease["stream"];
    assert_eq!(told[0], json!({ "stream": stream, "user": "alice", "kind": "camera", "reason": "left" }));
    assert_eq!(told[1], json!({ "user": "alice", "reason": "left" }));
    assert!(again.ask("join", join("r", "alice")).await.is_ok(), "it may begin anew");
}

#[tokio::test]
async fn exactly_as_many_requests_may_await_an_answer_as_the_gateway_says() {
    let gateway = Gateway::with("[socket]\nframes_burst = 1000");
    // In one segment: the gateway has read them all before it has written the first answer.
    for (count, wanted) in [(32, 0), (33, 1)] {
        let (mut client, joined) = Client::join(&gateway, "r", &format!("u{count}")).await;
        assert_eq!(joined["limits"]["in_flight"], 32);
        client.ordered().await;
        let ids = client.send_together(&vec![("ping", json!({ "offset": 0 })); count]).await;
        let mut refused = 0;
        for id in ids {
            refused += u32::from(client.answer(id).await.is_err());
        }
        assert_eq!(refused, wanted, "of {count} at once");
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_to_resume() {
    let gateway = Gateway::with(
        "[socket]\nqueue_frames = 200\nqueue_bytes = 40000\nframes_per_second = 100000\nframes_burst = 100000",
    );
    let (mut slow, joined) = Client::join(&gateway, "r", "slow").await;
    let (mut busy, _) = Client::join(&gateway, "r", &"b".repeat(128)).await;
    slow.event("member_joined").await;
    // What the slow client does not read fills the kernel's buffers first, then its outbox.
    let toggles: Vec<_> = (0..30).map(|turn| ("set_visibility", json!({ "visible": turn % 2 == 1 }))).collect();
    let mut rounds = 0;
    while open_sockets(&gateway) == 2 {
        for _ in 0..20 {
            // Few at once: each makes two frames for the busy client itself, whose queue is as small.
            for few in toggles.chunks(15) {
                let ids = busy.send_together(few).await;
                for id in ids {
                    busy.answer(id).await.expect("toggled");
                }
            }
            busy.ordered().await;
        }
        rounds += 1;
        assert!(rounds < 200, "still two sockets");
    }
    assert!(rounds > 2, "closed before any buffer was full");
    let mut returned = Client::open(&gateway).await;
    let offset = slow.read_to_close().await.iter().filter_map(|frame| frame["off"].as_u64()).max().unwrap_or(2);
    let parameters = json!({
        "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"], "offset": offset,
    });
    assert!(returned.ask("resume", parameters).await.is_ok());
}

#[tokio::test]
async fn a_client_that_missed_more_than_its_queue_holds_still_catches_up() {
    let gateway = Gateway::with("[socket]\nqueue_frames = 16\nframes_per_second = 100000\nframes_burst = 100000");
    let (slow, joined) = Client::join(&gateway, "r", "slow").await;
    let (mut busy, _) = Client::join(&gateway, "r", "busy").await;
    slow.cut();
    busy.event("member_suspended").await;
    for turn in 0..200 {
        busy.ask("set_visibility", json!({ "visible": turn % 2 == 1 })).await.expect("toggled");
    }
    let mut returned = Client::open(&gateway).await;
    let parameters = json!({
        "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"], "offset": 1,
    });
    let resumed = returned.ask("resume", parameters).await.expect("resumed");
    assert!(resumed.get("snapshot").is_none(), "the log reaches back");
    let offsets: Vec<_> = returned.ordered().await.into_iter().map(|(_, offset)| offset).collect();
    assert_eq!(offsets, (2..=204).collect::<Vec<_>>());
}

fn open_sockets(gateway: &Gateway) -> u64 {
    let health: Value = serde_json::from_str(&gateway.get("/healthz").1).expect("JSON");
    health["sockets"].as_u64().expect("a number")
}

#[tokio::test]
async fn a_room_has_as_many_members_as_it_may() {
    let gateway = Gateway::with("[room]\nvisible_members = 2\ninvisible_members = 1");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (_bob, _) = Client::join(&gateway, "r", "bob").await;
    let mut carol = Client::open(&gateway).await;
    assert_eq!(carol.refused("join", join("r", "carol")).await, "room_full");
    let mut invisible = join("r", "carol");
    invisible["visible"] = false.into();
    carol.ask("join", invisible).await.expect("there is one invisible place");
    assert_eq!(carol.refused("set_visibility", json!({ "visible": true })).await, "room_full");
    assert_eq!(alice.refused("set_visibility", json!({ "visible": false })).await, "room_full");
    let mut dave = Client::open(&gateway).await;
    let mut invisible = join("r", "dave");
    invisible["visible"] = false.into();
    assert_eq!(dave.refused("join", invisible).await, "room_full");
    alice.ask("leave", json!({})).await.expect("left");
    carol.ask("set_visibility", json!({ "visible": true })).await.expect("a place became free");
    let (_alice_again, _) = Client::join(&gateway, "another", "alice").await;
}

#[tokio::test]
async fn a_room_has_as_many_publishers_as_it_may() {
    let gateway = Gateway::with("[room]\npublishers = 1");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    alice.ask("publish", json!({})).await.expect("leased");
    assert_eq!(bob.refused("publish", json!({})).await, "publisher_limit");
    assert!(alice.ask("publish", json!({ "kind": "screen" })).await.is_ok(), "one publisher, two streams");
    alice.ask("leave", json!({})).await.expect("left");
    assert!(bob.ask("publish", json!({})).await.is_ok());
}

#[tokio::test]
async fn only_so_many_sockets_are_open_at_once() {
    let gateway = Gateway::with("[socket]\nsockets = 1");
    let _idle = Client::open(&gateway).await;
    let (first, _) = Client::join(&gateway, "r", "u").await;
    let refused = tokio_tungstenite::connect_async(with_subprotocol(&gateway.ws)).await.expect_err("refused");
    let tokio_tungstenite::tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status(), 503);
    first.close().await;
    for _ in 0..50 {
        if tokio_tungstenite::connect_async(with_subprotocol(&gateway.ws)).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the place did not become free");
}

fn with_subprotocol(url: &str) -> tokio_tungstenite::tungstenite::handshake::client::Request {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let mut request = url.into_client_request().expect("request");
    request.headers_mut().insert("sec-websocket-protocol", "miniapp-rtc.v1".parse().expect("header"));
    request
}

#[tokio::test]
async fn pings_of_websocket_are_no_sign_of_life() {
    let gateway = Gateway::with("[times]\nping_ms = 400");
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    for _ in 0..30 {
        client.send_ping().await;
        client.sleep(Duration::from_millis(100)).await;
    }
    // A ping that counted would have kept the socket open for another second.
    let closing = tokio::time::timeout(Duration::from_millis(500), client.read_to_close());
    closing.await.expect("it was closed long ago");
    assert_eq!(client.closed, Some(4001));
}

#[tokio::test]
async fn pings_of_websocket_are_metered() {
    let gateway = Gateway::with("[socket]\nframes_per_second = 1\nframes_burst = 5\nexcess_frames_per_minute = 10");
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    for _ in 0..40 {
        client.send_ping().await;
    }
    client.read_to_close().await;
    assert_eq!(client.closed, Some(4502));
}

#[tokio::test]
async fn who_breaks_the_websocket_protocol_is_told_by_the_close_code() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let long_ping = [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat();
    let violations: [(&[u8], u16); 7] = [
        (&[0x81, 2, b'h', b'i'], 1002),
        (&[0x83, 0x80, 0, 0, 0, 0], 1002),
        (&[0xc1, 0x80, 0, 0, 0, 0], 1002),
        (&[0x80, 0x80, 0, 0, 0, 0], 1002),
        (&[0x09, 0x80, 0, 0, 0, 0], 1002),
        (&long_ping, 1002),
        (&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], 1007),
    ];
    for (index, (bytes, code)) in violations.into_iter().enumerate() {
        let mut client = Client::open(&gateway).await;
        if index % 2 == 0 {
            client.ask("join", join("r", &format!("u{index}"))).await.expect("joined");
        }
        client.send_raw(bytes).await;
        assert!(client.read_to_close().await.iter().all(|frame| frame["ev"] != "bye"), "{bytes:?}");
        assert_eq!(client.closed, Some(code), "{bytes:?}");
    }
    for _ in 0..4 {
        bob.event("member_suspended").await;
    }
}

#[tokio::test]
async fn a_close_frame_is_answered() {
    let gateway = Gateway::start();
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    client.send_close(1000).await;
    client.read_to_close().await;
    assert_eq!(client.closed, Some(1000));
}
