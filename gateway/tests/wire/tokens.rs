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

/// A gateway that serves a second application.
const OTHER: &str = "ffffffffffffffffffffffff";
const OTHER_KEY: &str = "the key of another application";

fn two_applications() -> Gateway {
    Gateway::with(&format!("[[apps]]\nid = \"{OTHER}\"\nkey = \"{OTHER_KEY}\""))
}

#[tokio::test]
async fn a_token_of_another_served_application_is_a_mismatch_and_a_forged_one_is_not() {
    let gateway = two_applications();
    let mut client = Client::open(&gateway).await;
    let with = |token: String| json!({ "app": APP, "room": "r", "user": "u", "token": token });
    let foreign = || token_with(OTHER, OTHER_KEY, "r", "u", ALL);
    assert_eq!(client.refused("join", with(foreign())).await, "token_mismatch");
    assert_eq!(client.refused("join", with(token_with(OTHER, KEY, "r", "u", ALL))).await, "token_signature");
    assert_eq!(client.refused("join", with(token_with(APP, OTHER_KEY, "r", "u", ALL))).await, "token_signature");
    let ended = Allow { token_s: -1, ..ALL };
    assert_eq!(client.refused("join", with(token_with(OTHER, OTHER_KEY, "r", "u", ended))).await, "token_expired");
    client.ask("join", with(token("r", "u"))).await.expect("joined");

    let with = |token: String| json!({ "token": token });
    assert_eq!(client.refused("renew_token", with(foreign())).await, "token_mismatch");
    assert_eq!(client.refused("renew_token", with(token_with(OTHER, KEY, "r", "u", ALL))).await, "token_signature");
    let mut same_names = Client::open(&gateway).await;
    let parameters = json!({ "app": OTHER, "room": "r", "user": "u", "token": foreign() });
    let joined = same_names.ask("join", parameters).await.expect("joined");
    assert_eq!(joined["snapshot"]["members"], json!([]), "rooms of two applications have nothing in common");
}

#[tokio::test]
async fn while_a_key_is_changed_tokens_of_the_old_key_and_of_the_new_one_are_taken() {
    const NEW_KEY: &str = "the key that follows it";
    let keys = format!("[[apps]]\nid = \"{OTHER}\"\nkey = \"{NEW_KEY}\"\nold_key = \"{OTHER_KEY}\"");
    let gateway = Gateway::with(&keys);
    let with = |key, user: &str, allow| json!({ "app": OTHER, "room": "r", "user": user, "token": token_with(OTHER, key, "r", user, allow) });
    let (mut old, mut new) = (Client::open(&gateway).await, Client::open(&gateway).await);
    old.ask("join", with(OTHER_KEY, "old", ALL)).await.expect("joined");
    new.ask("join", with(NEW_KEY, "new", ALL)).await.expect("joined");
    let renewal = json!({ "token": token_with(OTHER, NEW_KEY, "r", "old", ALL) });
    old.ask("renew_token", renewal).await.expect("renewed with a token of the new key");
    let mut stranger = Client::open(&gateway).await;
    assert_eq!(stranger.refused("join", with(KEY, "stranger", ALL)).await, "token_signature");
    let ended = Allow { token_s: -1, ..ALL };
    assert_eq!(stranger.refused("join", with(OTHER_KEY, "stranger", ended)).await, "token_expired");
}

#[tokio::test]
async fn a_refused_renewal_leaves_the_old_end_in_force() {
    let gateway = two_applications();
    let mut alice = Client::open(&gateway).await;
    alice.ask("join", join_with("alice", Allow { token_s: 2, ..ALL })).await.expect("joined");
    let foreign = token_with(OTHER, OTHER_KEY, "r", "alice", ALL);
    assert_eq!(alice.refused("renew_token", json!({ "token": foreign })).await, "token_mismatch");
    alice.read_to_close().await;
    assert_eq!(alice.closed, Some(4500), "the session ended with its own token");
}

#[tokio::test]
async fn the_end_of_a_right_that_came_while_the_client_was_away_is_told_after_resume() {
    let gateway = Gateway::with("[times]\ntoken_warning_s = 1");
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    let lease = bob.ask("publish", json!({})).await.expect("leased");
    let _pusher = Pusher::start(&lease);
    bob.event("stream_added").await;
    let mut alice = Client::open(&gateway).await;
    let allow = Allow { publish_s: Some(3), subscribe_s: Some(3), ..ALL };
    let joined = alice.ask("join", join_with("alice", allow)).await.expect("joined");
    alice.ask("subscribe", json!({ "user": "bob" })).await.expect("subscribed");
    alice.quiet().await;
    alice.cut();
    tokio::time::sleep(std::time::Duration::from_millis(4_200)).await;

    let mut alice = Client::open(&gateway).await;
    let parameters = json!({
        "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"],
        "offset": joined["snapshot"]["offset"],
    });
    alice.ask("resume", parameters).await.expect("resumed");
    let told = [alice.event("token_expiring").await, alice.event("token_expiring").await];
    let bodies = told.map(|event| event["d"].clone());
    let ended = |scope: &str| json!({ "expires_in": 0, "scope": scope });
    assert_eq!(bodies, [ended("publish"), ended("subscribe")]);
    assert_eq!(alice.refused("renew_url", json!({ "user": "bob" })).await, "no_subscribe_privilege");
    alice.ask("renew_token", json!({ "token": token("r", "alice") })).await.expect("renewed");
    assert_eq!(
        alice.refused("renew_url", json!({ "user": "bob" })).await,
        "not_subscribed",
        "it ended, and is asked anew"
    );
    alice.ask("subscribe", json!({ "user": "bob" })).await.expect("subscribed");
}

#[tokio::test]
async fn only_a_join_with_a_good_token_is_logged_as_one() {
    let gateway = Gateway::start();
    let mut mallory = Client::open(&gateway).await;
    let forged = token_with(APP, "another key", "r", "mallory", ALL);
    let parameters = json!({ "app": APP, "room": "r", "user": "mallory", "token": forged });
    assert_eq!(mallory.refused("join", parameters).await, "token_signature");
    let (_alice, _) = Client::join(&gateway, "r", "alice").await;
    let log = gateway.log_with("alice").await;
    assert!(!log.contains("mallory"), "{log}");
}
