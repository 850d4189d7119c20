//! What happens when sockets are lost: suspension, resumption, timeouts, fencing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::client::join;
use crate::common::{Client, Gateway};

fn resume(joined: &Value, offset: u64) -> Value {
    json!({
        "session": joined["session"], "secret": joined["secret"],
        "epoch": joined["snapshot"]["epoch"], "offset": offset,
    })
}

#[tokio::test]
async fn a_resumed_session_gets_exactly_what_it_missed() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    let known = joined["snapshot"]["offset"].as_u64().expect("offset");
    alice.quiet().await;
    alice.cut();
    assert_eq!(bob.event("member_suspended").await["d"], json!({ "user": "alice" }));

    let (_carol, later) = Client::join(&gateway, "r", "carol").await;
    let alice_seen = &later["snapshot"]["members"][0];
    assert_eq!(alice_seen, &json!({ "user": "alice", "suspended": true }));
    bob.ask("set_visibility", json!({ "visible": false })).await.expect("hidden");

    let mut alice = Client::open(&gateway).await;
    let resumed = alice.ask("resume", resume(&joined, known)).await.expect("resumed");
    assert_eq!(resumed["generation"], 2);
    assert!(resumed.get("snapshot").is_none(), "nothing is lost: no snapshot");
    let names = ["member_suspended", "member_joined", "member_left", "member_resumed"];
    let expected: Vec<_> = names.iter().map(|name| (*name).to_owned()).zip(known + 1..).collect();
    assert_eq!(alice.ordered().await, expected);
    assert_eq!(bob.event("member_resumed").await["off"], known + 4);
    assert!(alice.ask("publish", json!({})).await.is_ok(), "the session goes on");
}

#[tokio::test]
async fn a_resume_beyond_the_log_gets_a_snapshot() {
    let gateway = Gateway::with("[room]\nlog_events = 4");
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    alice.event("member_joined").await;
    alice.cut();
    bob.event("member_suspended").await;
    for visible in [false, true, false, true] {
        bob.ask("set_visibility", json!({ "visible": visible })).await.expect("toggled");
    }
    let mut alice = Client::open(&gateway).await;
    let resumed = alice.ask("resume", resume(&joined, 2)).await.expect("resumed");
    assert_eq!(resumed["snapshot"]["members"], json!([{ "user": "bob", "suspended": false }]));
    assert_eq!(resumed["snapshot"]["offset"], 8, "two joins, one loss, four toggles, one return");
    alice.quiet().await;

    let mut parameters = resume(&joined, 8);
    parameters["epoch"] = "another".into();
    let mut again = Client::open(&gateway).await;
    let resumed = again.ask("resume", parameters).await.expect("resumed");
    assert!(resumed.get("snapshot").is_some(), "another epoch is another history");
    let mut future = Client::open(&gateway).await;
    let resumed = future.ask("resume", resume(&joined, 999)).await.expect("resumed");
    assert!(resumed.get("snapshot").is_some(), "an offset that never was is another history as well");
}

#[tokio::test]
async fn only_the_holder_of_the_secret_resumes() {
    let gateway = Gateway::start();
    let (_alice, joined) = Client::join(&gateway, "r", "alice").await;
    let mut eve = Client::open(&gateway).await;
    for (member, value) in [("secret", "aaaa"), ("secret", ""), ("session", "x_u1"), ("session", "nothing")] {
        let mut parameters = resume(&joined, 1);
        parameters[member] = value.into();
        assert_eq!(eve.refused("resume", parameters).await, "session_unknown", "{member} {value:?}");
    }
    let secret = joined["secret"].as_str().expect("a secret");
    assert!(secret.len() >= 26, "128 bits at least");
    assert!(!gateway.log().contains(secret), "the secret is in the log");
}

#[tokio::test]
async fn the_newest_socket_of_a_session_wins() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (mut old, joined) = Client::join(&gateway, "r", "alice").await;
    bob.event("member_joined").await;
    let mut new = Client::open(&gateway).await;
    new.ask("resume", resume(&joined, 2)).await.expect("resumed");
    let frames = old.read_to_close().await;
    let bye = frames.last().expect("a farewell");
    assert_eq!((&bye["d"]["code"], &bye["d"]["action"]), (&json!(4501), &json!("stop")));
    assert_eq!(old.closed, Some(4501));
    bob.quiet().await;
    assert!(new.ask("publish", json!({})).await.is_ok());
}

#[tokio::test]
async fn requests_of_a_socket_that_was_put_out_have_no_effect() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (mut old, joined) = Client::join(&gateway, "r", "alice").await;
    bob.event("member_joined").await;
    let mut new = Client::open(&gateway).await;
    new.ask("resume", resume(&joined, 2)).await.expect("resumed");
    for (method, parameters) in [("publish", json!({})), ("leave", json!({})), ("join", join("r", "alice"))] {
        old.try_send(method, parameters).await;
    }
    old.read_to_close().await;
    bob.quiet().await;
    assert!(new.ask("publish", json!({})).await.is_ok(), "nothing of it was carried out");
    new.quiet().await;
}

#[tokio::test]
async fn who_does_not_come_back_in_time_leaves() {
    let gateway = Gateway::with("[times]\nresume_ms = 300");
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (alice, joined) = Client::join(&gateway, "r", "alice").await;
    bob.event("member_joined").await;
    alice.close().await;
    bob.event("member_suspended").await;
    assert_eq!(bob.event("member_left").await["d"], json!({ "user": "alice", "reason": "timed_out" }));
    let mut alice = Client::open(&gateway).await;
    assert_eq!(alice.refused("resume", resume(&joined, 2)).await, "session_unknown");

    bob.close().await;
    alice.sleep(Duration::from_millis(600)).await;
    let (_, health) = gateway.get("/healthz");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!((&health["rooms"], &health["sessions"]), (&json!(0), &json!(0)), "an empty room is forgotten");
}

#[tokio::test]
async fn a_silent_socket_is_closed_and_its_session_suspended() {
    let gateway = Gateway::with("[times]\nping_ms = 200");
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    let silence = async {
        let frames = alice.read_to_close().await;
        let bye = frames.last().expect("a farewell");
        assert_eq!((&bye["d"]["code"], &bye["d"]["action"]), (&json!(4001), &json!("resume")));
        assert_eq!(alice.closed, Some(4001));
    };
    let pings = async {
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            bob.ask("ping", json!({ "offset": 2 })).await.expect("any frame keeps the socket");
        }
        bob.event("member_suspended").await;
    };
    tokio::join!(silence, pings);
    let mut alice = Client::open(&gateway).await;
    assert!(alice.ask("resume", resume(&joined, 2)).await.is_ok());
}

#[tokio::test]
async fn silence_of_two_and_a_half_pings_is_too_long_and_less_is_not() {
    let gateway = Gateway::with("[times]\nping_ms = 1000");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let joined = Instant::now();
    alice.read_to_close().await;
    assert_eq!(alice.closed, Some(4001));
    let silence = joined.elapsed();
    let allowed = Duration::from_millis(2_400)..Duration::from_millis(3_300);
    assert!(allowed.contains(&silence), "{silence:?}");
}

#[tokio::test]
async fn pong_and_sync_tell_where_the_room_is() {
    let gateway = Gateway::start();
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    let (_bob, _) = Client::join(&gateway, "r", "bob").await;
    alice.event("member_joined").await;
    let pong = alice.ask("ping", json!({ "offset": 1 })).await.expect("pong");
    assert_eq!(pong["offset"], 2);
    assert!(pong["server_time"].as_u64().is_some_and(|time| time >= joined["server_time"].as_u64().expect("a time")));
    let snapshot = alice.ask("sync", json!({})).await.expect("snapshot");
    assert_eq!(snapshot["epoch"], joined["snapshot"]["epoch"]);
    assert_eq!((&snapshot["offset"], &snapshot["members"][0]["user"]), (&json!(2), &json!("bob")));
}
