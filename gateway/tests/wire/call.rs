//! A call between members of a room: who sees what, on real media.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::client::join;
use crate::common::media::url;
use crate::common::{Client, Gateway, Player, Pusher};

/// Publishes, pushes, and waits until the room has heard of it: the pusher and the `stream_added` frame.
async fn go_live(client: &mut Client) -> (Pusher, Value) {
    let lease = client.ask("publish", json!({})).await.expect("leased");
    let pusher = Pusher::start(&lease);
    let added = client.event("stream_added").await;
    assert_eq!(added["d"]["stream"], lease["stream"]);
    (pusher, added["d"].clone())
}

#[tokio::test]
async fn one_publishes_and_the_other_receives_pictures() {
    let gateway = Gateway::start();
    let (mut alice, joined) = Client::join(&gateway, "r", "alice").await;
    assert_eq!(joined["generation"], 1);
    assert_eq!(joined["snapshot"]["offset"], 1, "the join itself is the first event, and the snapshot has it");
    assert_eq!(joined["snapshot"]["members"], json!([]));
    assert_eq!((&joined["ping_ms"], &joined["resume_ms"]), (&json!(10_000), &json!(30_000)));
    assert_eq!(joined["limits"], json!({ "frame_bytes": 65_536, "in_flight": 32 }));

    let (mut bob, joined) = Client::join(&gateway, "r", "bob").await;
    assert_eq!(joined["snapshot"]["members"], json!([{ "user": "alice", "suspended": false }]));
    assert_eq!(alice.event("member_joined").await["d"], json!({ "user": "bob" }));

    let lease = alice.ask("publish", json!({})).await.expect("leased");
    assert!(url(&lease, "rtmp").starts_with("rtmp://127.0.0.1:"));
    assert_eq!(lease["generation"], 1);
    assert!(lease["expires_in"].as_u64() > lease["renew_in"].as_u64());
    assert_eq!(bob.refused("subscribe", json!({ "user": "alice" })).await, "stream_not_found", "no URL before media");
    let _pusher = Pusher::start(&lease);
    let expected = json!({
        "stream": lease["stream"], "user": "alice", "kind": "camera", "generation": 1, "audio": true, "video": true, "stalled": false
    });
    assert_eq!(bob.event("stream_added").await["d"], expected);
    assert_eq!(alice.event("stream_added").await["d"], expected, "the publisher hears of it as well");

    let lease = bob.ask("subscribe", json!({ "user": "alice" })).await.expect("leased");
    let player = Player::start(&lease, "rtmp", 2);
    let flv = Player::start(&lease, "flv", 2);
    let frames = tokio::task::spawn_blocking(move || {
        (player.frames(Duration::from_secs(15)), flv.frames(Duration::from_secs(15)))
    });
    let (rtmp, flv) = frames.await.expect("counted");
    assert!(rtmp >= 10 && flv >= 10, "decoded {rtmp} by RTMP and {flv} by HTTP-FLV");

    let (_carol, joined) = Client::join(&gateway, "r", "carol").await;
    assert_eq!(joined["snapshot"]["streams"], json!([expected]), "a later member finds the stream");

    alice.ask("unpublish", json!({})).await.expect("unpublished");
    let removed = bob.event("stream_removed").await;
    assert_eq!(removed["d"]["reason"], "unpublished");
    assert_eq!(bob.refused("renew_url", json!({ "user": "alice" })).await, "not_subscribed");

    let log = gateway.log();
    assert!(!log.contains(url(&lease, "rtmp").split_once('?').expect("signed").1), "a signature is in the log");
}

#[tokio::test]
async fn join_publish_and_subscribe_in_one_flight_are_carried_out_in_order() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (_pusher, _) = go_live(&mut alice).await;

    let mut bob = Client::open(&gateway).await;
    let joining = bob.send("join", join("r", "bob")).await;
    let publishing = bob.send("publish", json!({})).await;
    let subscribing = bob.send("subscribe", json!({ "user": "alice" })).await;
    assert!(bob.answer(joining).await.is_ok());
    assert!(bob.answer(publishing).await.is_ok());
    assert!(bob.answer(subscribing).await.is_ok());

    let mut eve = Client::open(&gateway).await;
    let mut forged = join("r", "eve");
    forged["token"] = "001".into();
    let joining = eve.send("join", forged).await;
    let publishing = eve.send("publish", json!({})).await;
    assert_eq!(eve.answer(joining).await.expect_err("refused")["name"], "token_malformed");
    assert_eq!(eve.answer(publishing).await.expect_err("refused")["name"], "not_joined");
}

#[tokio::test]
async fn mutes_are_told_to_everyone_and_only_when_something_changes() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (_pusher, _) = go_live(&mut alice).await;
    bob.event("stream_added").await;

    // Every transition of the vendor's mute table; the client turns states into its events.
    let mut state = (true, true);
    for next in [
        (false, true),
        (true, true),
        (true, false),
        (true, true),
        (false, true),
        (true, false),
        (false, false),
        (false, true),
        (false, false),
        (true, false),
        (false, false),
        (true, true),
    ] {
        alice.ask("mute_local", json!({ "audio": next.0, "video": next.1 })).await.expect("muted");
        let updated = bob.event("stream_updated").await;
        assert_eq!(
            (&updated["d"]["audio"], &updated["d"]["video"]),
            (&json!(next.0), &json!(next.1)),
            "from {state:?}"
        );
        assert_eq!(alice.event("stream_updated").await, updated, "all members get the same frame");
        state = next;
    }
    alice.ordered().await;
    alice.ask("mute_local", json!({ "audio": true, "video": true })).await.expect("as it is");
    alice.quiet().await;

    alice.ask("mute_local", json!({ "audio": false, "video": true })).await.expect("muted");
    let (_carol, joined) = Client::join(&gateway, "r", "carol").await;
    let stream = &joined["snapshot"]["streams"][0];
    assert_eq!((&stream["audio"], &stream["video"]), (&json!(false), &json!(true)), "the snapshot knows it too");
}

#[tokio::test]
async fn a_subscription_is_turned_and_ended() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (_pusher, added) = go_live(&mut alice).await;
    bob.event("stream_added").await;
    let of_alice = json!({ "user": "alice" });
    let only_audio = json!({ "user": "alice", "audio": true, "video": false });

    assert_eq!(bob.refused("mute_remote", only_audio.clone()).await, "not_subscribed");
    let first = bob.ask("subscribe", only_audio.clone()).await.expect("leased");
    let again = bob.ask("subscribe", of_alice.clone()).await.expect("a second subscribe leases again");
    assert_eq!((&first["stream"], &again["stream"]), (&added["stream"], &added["stream"]));
    let renewed = bob.ask("renew_url", of_alice.clone()).await.expect("renewed");
    assert_eq!((&renewed["stream"], &renewed["generation"]), (&added["stream"], &added["generation"]));
    bob.ask("mute_remote", only_audio).await.expect("paused");

    let player = Player::start(&renewed, "flv", 2);
    let without = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(6))).await.expect("counted");
    assert_eq!(without, 0, "no picture is sent while video is not wanted");
    bob.ask("mute_remote", json!({ "user": "alice", "audio": true, "video": true })).await.expect("resumed");
    let player = Player::start(&renewed, "flv", 1);
    let with = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(10))).await.expect("counted");
    assert!(with > 0, "pictures come again");

    bob.ask("unsubscribe", of_alice.clone()).await.expect("unsubscribed");
    assert_eq!(bob.refused("unsubscribe", of_alice.clone()).await, "not_subscribed");
    assert_eq!(bob.refused("renew_url", of_alice).await, "not_subscribed");
    let player = Player::start(&renewed, "flv", 1);
    let after = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(5))).await.expect("counted");
    assert_eq!(after, 0, "an old address of an ended subscription does not play");
}

#[tokio::test]
async fn hiding_ends_streams_and_then_the_session_that_others_see() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (_pusher, _) = go_live(&mut alice).await;
    bob.event("stream_added").await;
    bob.ordered().await;

    alice.ask("set_visibility", json!({ "visible": false })).await.expect("hidden");
    let removed = bob.next_ordered().await;
    assert_eq!((&removed["ev"], &removed["d"]["reason"]), (&json!("stream_removed"), &json!("unpublished")));
    let left = bob.next_ordered().await;
    assert_eq!((&left["ev"], &left["d"]), (&json!("member_left"), &json!({ "user": "alice", "reason": "hidden" })));
    assert_eq!(alice.refused("publish", json!({})).await, "user_invisible");
    assert_eq!(bob.refused("subscribe", json!({ "user": "alice" })).await, "user_not_found");

    let own: Vec<_> = alice.ordered().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(own[own.len() - 2..], ["stream_removed", "member_left"], "the hidden member gets the same events");
    alice.ask("set_visibility", json!({ "visible": false })).await.expect("as it is");
    bob.quiet().await;
    alice.ask("set_visibility", json!({ "visible": true })).await.expect("shown");
    assert_eq!(bob.next_ordered().await["ev"], "member_joined");

    let mut ghost = Client::open(&gateway).await;
    let mut parameters = join("r", "ghost");
    parameters["visible"] = false.into();
    let joined = ghost.ask("join", parameters).await.expect("joined");
    assert_eq!(joined["snapshot"]["members"].as_array().map(Vec::len), Some(2));
    bob.quiet().await;
    alice.ask("leave", json!({})).await.expect("left");
    assert_eq!(ghost.next_ordered().await["ev"], "member_left", "the invisible follow the room");
    ghost.ask("leave", json!({})).await.expect("left");
    bob.event("member_left").await;
    bob.quiet().await;
}

#[tokio::test]
async fn the_newest_login_wins_without_a_leave_or_join_for_others() {
    let gateway = Gateway::start();
    let (mut alice, first) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (_pusher, _) = go_live(&mut alice).await;
    bob.event("stream_added").await;
    bob.ordered().await;

    let (mut newer, second) = Client::join(&gateway, "r", "alice").await;
    assert_ne!(first["session"], second["session"]);
    let frames = alice.read_to_close().await;
    let kicked = frames.iter().position(|frame| frame["ev"] == "kicked").expect("kicked");
    assert_eq!(frames[kicked]["d"], json!({ "reason": "duplicate_login" }));
    let bye = &frames[kicked + 1];
    assert_eq!((&bye["ev"], &bye["d"]["code"], &bye["d"]["action"]), (&json!("bye"), &json!(4500), &json!("stop")));
    assert_eq!(alice.closed, Some(4500));

    let removed = bob.next_ordered().await;
    assert_eq!((&removed["ev"], &removed["d"]["reason"]), (&json!("stream_removed"), &json!("replaced")));
    bob.quiet().await;
    assert_eq!(second["snapshot"]["streams"], json!([]));
    let lease = newer.ask("publish", json!({})).await.expect("the newer login publishes");
    assert_eq!(lease["generation"], 2, "a second publication of the same camera");

    let mut resume = json!({ "session": first["session"], "secret": first["secret"] });
    resume["epoch"] = first["snapshot"]["epoch"].clone();
    resume["offset"] = 0.into();
    let mut old = Client::open(&gateway).await;
    assert_eq!(old.refused("resume", resume).await, "session_unknown", "the older session is gone");
}

#[tokio::test]
async fn leaving_ends_everything_and_closes_in_order() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (_pusher, _) = go_live(&mut alice).await;
    bob.event("stream_added").await;
    bob.ordered().await;

    assert_eq!(alice.ask("leave", json!({})).await, Ok(json!({})));
    assert!(alice.read_to_close().await.iter().all(|frame| frame["ev"] != "bye"));
    assert_eq!(alice.closed, Some(1000));
    let removed = bob.next_ordered().await;
    assert_eq!((&removed["ev"], &removed["d"]["reason"]), (&json!("stream_removed"), &json!("left")));
    let left = bob.next_ordered().await;
    assert_eq!((&left["ev"], &left["d"]), (&json!("member_left"), &json!({ "user": "alice", "reason": "left" })));
    bob.quiet().await;
}

#[tokio::test]
async fn lost_media_stalls_recovers_and_at_last_ends() {
    let gateway = Gateway::with("[times]\nmedia_grace_ms = 1500");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let (pusher, added) = go_live(&mut alice).await;
    bob.event("stream_added").await;

    drop(pusher);
    assert_eq!(bob.event("stream_stalled").await["d"]["stream"], added["stream"]);
    let snapshot = bob.ask("sync", json!({})).await.expect("snapshot");
    assert_eq!(snapshot["streams"][0]["stalled"], true);
    let lease = alice.ask("renew_url", json!({ "user": "alice" })).await.expect("renewed");
    assert_eq!((&lease["stream"], &lease["generation"]), (&added["stream"], &added["generation"]));
    let pusher = Pusher::start(&lease);
    assert_eq!(bob.event("stream_recovered").await["d"]["stream"], added["stream"]);

    drop(pusher);
    bob.event("stream_stalled").await;
    assert_eq!(bob.event("stream_removed").await["d"]["reason"], "media_lost");
    alice.event("stream_removed").await;
    assert_eq!(alice.refused("unpublish", json!({})).await, "not_published");
    let lease = alice.ask("publish", json!({})).await.expect("published anew");
    assert_eq!(lease["generation"], 2);
    assert_ne!(lease["stream"], added["stream"]);
}

#[tokio::test]
async fn a_repeated_operation_has_one_effect_and_the_same_result() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let first = alice.send_operation("publish", json!({}), Some("op-1")).await;
    let first = alice.answer(first).await.expect("leased");
    let again = alice.send_operation("publish", json!({}), Some("op-1")).await;
    let again = alice.answer(again).await.expect("the first result, not already_published");
    assert_eq!(first["stream"], again["stream"]);
    let other = alice.send_operation("unpublish", json!({}), Some("op-1")).await;
    assert_eq!(alice.answer(other).await.expect_err("refused")["name"], "bad_request");
    let refused = alice.send_operation("publish", json!({}), Some("op-2")).await;
    assert_eq!(alice.answer(refused).await.expect_err("refused")["name"], "already_published");
    alice.ask("unpublish", json!({})).await.expect("unpublished");
    let refused = alice.send_operation("publish", json!({}), Some("op-2")).await;
    assert_eq!(alice.answer(refused).await.expect_err("the first result")["name"], "already_published");
    let unpublish = alice.send_operation("unpublish", json!({}), Some("op-3")).await;
    assert_eq!(alice.answer(unpublish).await.expect_err("refused")["name"], "not_published");
}
