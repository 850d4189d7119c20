//! Every bad input a client can send, each with its own refusal; the socket survives all of them.

use crate::common::client::join;
use crate::common::{ALL, APP, Allow, Client, Gateway, KEY, token, token_with};
use serde_json::{Value, json};

#[tokio::test]
async fn another_application_room_or_user_than_the_tokens_is_refused() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    let other_app = "ffffffffffffffffffffffff";

    let mut parameters = join("r", "u");
    parameters["app"] = other_app.into();
    assert_eq!(client.refused("join", parameters.clone()).await, "app_unknown");

    let foreign = token_with(other_app, KEY, "r", "u", ALL);
    let parameters = json!({ "app": APP, "room": "r", "user": "u", "token": foreign });
    assert_eq!(client.refused("join", parameters).await, "token_mismatch");

    let mut parameters = join("r", "u");
    parameters["room"] = "another".into();
    assert_eq!(client.refused("join", parameters).await, "token_mismatch");

    let mut parameters = join("r", "u");
    parameters["user"] = "another".into();
    assert_eq!(client.refused("join", parameters).await, "token_mismatch");

    assert!(client.ask("join", join("r", "u")).await.is_ok(), "the socket survives");
}

#[tokio::test]
async fn a_wildcard_token_opens_every_room_for_its_user_alone() {
    let gateway = Gateway::start();
    let wildcard = token_with(APP, KEY, "*", "u", ALL);
    let mut client = Client::open(&gateway).await;
    let parameters = |user: &str| json!({ "app": APP, "room": "any", "user": user, "token": wildcard });
    assert_eq!(client.refused("join", parameters("v")).await, "token_mismatch");
    assert!(client.ask("join", parameters("u")).await.is_ok());
}

#[tokio::test]
async fn expired_forged_and_malformed_tokens_are_refused() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    let with = |token: &str| json!({ "app": APP, "room": "r", "user": "u", "token": token });

    let expired = token_with(APP, KEY, "r", "u", Allow { token_s: -1, ..ALL });
    assert_eq!(client.refused("join", with(&expired)).await, "token_expired");

    let forged = token_with(APP, "another key", "r", "u", ALL);
    assert_eq!(client.refused("join", with(&forged)).await, "token_signature");

    let good = token("r", "u");
    for malformed in ["", "001", "x", &good[..40], &good.replace("001", "002"), &format!("{good}AAAA"), "001\u{6d41}"] {
        assert_eq!(client.refused("join", with(malformed)).await, "token_malformed", "{}", malformed.len());
    }
    let idle = token_with(APP, KEY, "r", "u", Allow { token_s: 3600, publish_s: None, subscribe_s: Some(-1) });
    assert_eq!(client.refused("join", with(&idle)).await, "no_subscribe_privilege");
    assert!(client.ask("join", with(&good)).await.is_ok());

    let log = gateway.log();
    for secret in [&expired, &forged, &good, KEY] {
        assert!(!log.contains(&secret[..secret.len().min(60)]), "a token or key is in the log");
    }
}

#[tokio::test]
async fn privileges_are_checked_for_each_direction() {
    let gateway = Gateway::start();
    let with = |user: &str, allow| json!({ "app": APP, "room": "r", "user": user, "token": token_with(APP, KEY, "r", user, allow) });
    let mut listener = Client::open(&gateway).await;
    let only_subscribe = Allow { publish_s: None, ..ALL };
    listener.ask("join", with("listener", only_subscribe)).await.expect("joined");
    assert_eq!(listener.refused("publish", json!({})).await, "no_publish_privilege");

    let mut speaker = Client::open(&gateway).await;
    let only_publish = Allow { subscribe_s: None, ..ALL };
    speaker.ask("join", with("speaker", only_publish)).await.expect("joined");
    assert_eq!(speaker.refused("subscribe", json!({ "user": "listener" })).await, "no_subscribe_privilege");
    assert!(speaker.ask("publish", json!({})).await.is_ok());
}

#[tokio::test]
async fn requests_out_of_order_are_refused() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    let user = json!({ "user": "v" });
    let on = json!({ "audio": true, "video": true });
    let of_user = json!({ "user": "v", "audio": true, "video": true });

    for (method, parameters) in [
        ("leave", json!({})),
        ("publish", json!({})),
        ("unpublish", json!({})),
        ("subscribe", user.clone()),
        ("unsubscribe", user.clone()),
        ("mute_local", on.clone()),
        ("mute_remote", of_user.clone()),
        ("set_visibility", json!({ "visible": true })),
        ("renew_url", user.clone()),
        ("renew_token", json!({ "token": token("r", "u") })),
        ("sync", json!({})),
        ("ping", json!({ "offset": 0 })),
    ] {
        assert_eq!(client.refused(method, parameters).await, "not_joined", "{method}");
    }

    client.ask("join", join("r", "u")).await.expect("joined");
    let (_other, _) = Client::join(&gateway, "r", "v").await;
    client.event("member_joined").await;
    assert_eq!(client.refused("join", join("r", "u")).await, "already_joined");
    assert_eq!(client.refused("join", join("another", "u")).await, "already_joined");
    let resume = json!({ "session": "s", "secret": "x", "epoch": "e", "offset": 0 });
    assert_eq!(client.refused("resume", resume).await, "already_joined");
    assert_eq!(client.refused("unpublish", json!({})).await, "not_published");
    assert_eq!(client.refused("mute_local", on).await, "not_published");
    assert_eq!(client.refused("renew_url", json!({ "user": "u" })).await, "not_published");
    assert_eq!(client.refused("subscribe", user.clone()).await, "stream_not_found");
    assert_eq!(client.refused("subscribe", json!({ "user": "nobody" })).await, "user_not_found");
    assert_eq!(client.refused("subscribe", json!({ "user": "u" })).await, "user_not_found");
    assert_eq!(client.refused("mute_remote", of_user).await, "not_subscribed");
    assert_eq!(client.refused("mute_remote", json!({ "user": "nobody" })).await, "not_subscribed");
    assert_eq!(client.refused("unsubscribe", user).await, "not_subscribed");
    client.ask("publish", json!({})).await.expect("leased");
    assert_eq!(client.refused("publish", json!({})).await, "already_published");
    assert_eq!(client.refused("publish", json!({ "kind": "camera" })).await, "already_published");
    assert!(client.ask("publish", json!({ "kind": "screen" })).await.is_ok(), "the screen is another stream");
}

#[tokio::test]
async fn a_new_token_must_be_for_the_same_application_room_and_user() {
    let gateway = Gateway::start();
    let (mut client, _) = Client::join(&gateway, "r", "u").await;
    let with = |token: String| json!({ "token": token });
    assert_eq!(client.refused("renew_token", with(token("r", "v"))).await, "token_mismatch");
    assert_eq!(client.refused("renew_token", with(token("another", "u"))).await, "token_mismatch");
    assert_eq!(client.refused("renew_token", with(token_with(APP, "k", "r", "u", ALL))).await, "token_signature");
    let other_app = token_with("ffffffffffffffffffffffff", KEY, "r", "u", ALL);
    assert_eq!(client.refused("renew_token", with(other_app)).await, "token_mismatch");
    assert!(client.ask("renew_token", with(token("r", "u"))).await.is_ok());
    assert!(client.ask("renew_token", with(token_with(APP, KEY, "*", "u", ALL))).await.is_ok());
}

#[tokio::test]
async fn garbage_frames_are_refused_and_the_socket_survives() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    for garbage in ["", "{", "null", "[]", "7", "\"join\"", "{}", r#"{"id":1}"#, r#"{"id":-1,"m":"ping"}"#] {
        client.send_text(garbage).await;
        if garbage == r#"{"id":1}"# {
            let refusal = client.answer(1).await.expect_err("refused");
            assert_eq!(crate::common::client::name_of(&refusal), "bad_frame");
        } else {
            assert_eq!(client.refusal_without_id().await, "bad_frame", "{garbage}");
        }
    }
    client.send_binary(b"{}".to_vec()).await;
    assert_eq!(client.refusal_without_id().await, "bad_frame");
    client.send_text(r#"{"m":"publish"}"#).await;
    assert_eq!(client.refusal_without_id().await, "bad_frame");
    client.send_text(r#"{"m":"a_notice_of_the_future","p":{}}"#).await;
    assert_eq!(client.refused("a_method_of_the_future", json!({})).await, "unknown_method");
    assert_eq!(client.refused("join", json!({ "room": "r" })).await, "bad_request");
    let mut parameters = join("r", "u");
    parameters["room"] = "two words".into();
    assert_eq!(client.refused("join", parameters).await, "bad_request");
    assert!(client.ask("join", join("r", "u")).await.is_ok());
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let gateway = Gateway::start();
    let mut client = Client::open(&gateway).await;
    let mut parameters = join("r", "u");
    parameters["field_of_the_future"] = json!({ "x": [1, 2] });
    assert!(client.ask("join", parameters).await.is_ok());
}

#[tokio::test]
async fn every_golden_bad_frame_is_refused_as_written() {
    let gateway = Gateway::with("[socket]\nbad_frames_per_minute = 1000");
    let mut client = Client::open(&gateway).await;
    let file: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/frames/bad-client.json")).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list");
    assert!(vectors.len() > 5);
    for vector in vectors {
        client.send_text(vector["text"].as_str().expect("a text")).await;
        let frame = client.any().await;
        assert_eq!(frame["err"]["code"], vector["refusal"]["code"], "{vector}");
        assert_eq!(frame.get("id").unwrap_or(&Value::Null), &vector["refusal"]["id"], "{vector}");
    }
    assert!(client.ask("join", join("r", "u")).await.is_ok(), "the socket survives all of them");
}
