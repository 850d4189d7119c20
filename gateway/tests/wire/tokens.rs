//! What happens when tokens and privileges end during a call.

use serde_json::{Value, json};

use crate::common::{ALL, APP, Allow, Client, Gateway, KEY, Pusher, token, token_with};

fn join_with(user: &str, allow: Allow) -> Value {
    json!({ "app": APP, "room": "r", "user": user, "token": token_with(APP, KEY, "r", user, allow) })
}

#[tokio::test]
async fn a_token_is_warned_of_and_its_end_puts_the_member_out() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let mut alice = Client::open(&gateway).await;
    alice.ask("join", join_with("alice", Allow { token_s: 2, ..ALL })).await.expect("joined");
    let warning = alice.event("token_expiring").await;
    assert_eq!(warning["d"]["scope"], "token");
    assert!(warning["d"]["expires_in"].as_u64().is_some_and(|seconds| seconds <= 2), "{warning}");

    let frames = alice.read_to_close().await;
    let [.., kicked, bye] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!((&kicked["ev"], &kicked["d"]["reason"]), (&json!("kicked"), &json!("token_expired")));
    assert_eq!((&bye["d"]["code"], &bye["d"]["action"]), (&json!(4500), &json!("stop")));
    assert_eq!(alice.closed, Some(4500));
    assert_eq!(bob.event("member_left").await["d"], json!({ "user": "alice", "reason": "token_expired" }));
}

#[tokio::test]
async fn a_renewed_token_keeps_the_member() {
    let gateway = Gateway::start();
    let mut alice = Client::open(&gateway).await;
    alice.ask("join", join_with("alice", Allow { token_s: 2, ..ALL })).await.expect("joined");
    alice.event("token_expiring").await;
    alice.ask("renew_token", json!({ "token": token("r", "alice") })).await.expect("renewed");
    tokio::time::sleep(std::time::Duration::from_millis(3500)).await;
    alice.quiet().await;
}

#[tokio::test]
async fn each_privilege_ends_by_itself() {
    let gateway = Gateway::start();
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let lease = bob.ask("publish", json!({})).await.expect("leased");
    let _bobs = Pusher::start(&lease);
    bob.event("stream_added").await;

    let mut alice = Client::open(&gateway).await;
    let allow = Allow { publish_s: Some(4), subscribe_s: Some(4), ..ALL };
    alice.ask("join", join_with("alice", allow)).await.expect("joined");
    let scopes = [alice.event("token_expiring").await, alice.event("token_expiring").await];
    assert_eq!(scopes.map(|event| event["d"]["scope"].clone()), [json!("publish"), json!("subscribe")]);
    alice.ask("subscribe", json!({ "user": "bob" })).await.expect("subscribed");
    let lease = alice.ask("publish", json!({})).await.expect("leased");
    let _alices = Pusher::start(&lease);
    bob.event("stream_added").await;

    let removed = bob.event("stream_removed").await;
    assert_eq!((&removed["d"]["user"], &removed["d"]["reason"]), (&json!("alice"), &json!("token_expired")));
    assert_eq!(alice.refused("publish", json!({})).await, "no_publish_privilege");
    assert_eq!(alice.refused("subscribe", json!({ "user": "bob" })).await, "no_subscribe_privilege");
    alice.ask("renew_token", json!({ "token": token("r", "alice") })).await.expect("renewed");
    assert!(alice.ask("publish", json!({})).await.is_ok());
    assert!(alice.ask("subscribe", json!({ "user": "bob" })).await.is_ok());
}
