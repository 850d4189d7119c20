//! Webhooks of the real process, told to a real HTTP server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::command_line_check::{APPLICATION, check};
use crate::common::admin::Operator;
use crate::common::application::{SECRET, Server, Told};
use crate::common::{APP, Client, Gateway, Pusher, SOON};

#[tokio::test]
async fn an_application_is_told_who_comes_and_goes_and_which_streams_start_and_stop() {
    let server = Server::start(Vec::new()).await;
    let (gateway, operator) = Operator::with(&server.toml());
    let (mut ann, joined) = Client::join(&gateway, "r", "ann").await;
    let lease = ann.ask("publish", json!({ "kind": "camera" })).await.expect("a lease");
    let _pusher = Pusher::start(&lease);
    ann.event("stream_added").await;
    assert_eq!(operator.order("/v1/kick", "r", "ann").status, 204);
    let (mut bea, _) = Client::join(&gateway, "r", "bea").await;
    bea.ask("leave", json!({})).await.expect("left");
    let told = server.wait_for(6).await;
    let notices: Vec<Value> = told.iter().map(Told::notice).collect();
    let stream = &joined["snapshot"]["epoch"];
    for (index, (event, user, reason)) in [
        ("user_joined", "ann", Value::Null),
        ("stream_started", "ann", Value::Null),
        ("stream_stopped", "ann", json!("kicked")),
        ("user_left", "ann", json!("kicked")),
    ]
    .into_iter()
    .enumerate()
    {
        let notice = &notices[index];
        assert_eq!((&notice["event"], &notice["user"], &notice["reason"]), (&json!(event), &json!(user), &reason));
        assert_eq!((&notice["app"], &notice["room"], &notice["epoch"]), (&json!(APP), &json!("r"), stream));
        assert_eq!(notice["offset"], json!(index + 1), "in the order of the room: {notices:?}");
    }
    assert_eq!(notices[1]["kind"], "camera");
    assert_eq!((&notices[5]["event"], &notices[5]["reason"]), (&json!("user_left"), &json!("left")));
    let mut ids: Vec<&str> = told.iter().map(|told| told.header("miniapp-rtc-id")).collect();
    for one in &told {
        assert_eq!(one.header("miniapp-rtc-signature"), one.right_signature(), "{one:?}");
        assert_eq!(one.header("miniapp-rtc-id"), one.notice()["id"]);
        assert!(one.head.starts_with("POST /events?key=path-secret HTTP/1.1"), "{}", one.head);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told.len(), "each has a name of its own");
    let log = gateway.log();
    assert!(!log.contains(SECRET) && !log.contains("path-secret"), "{log}");
}

#[tokio::test]
async fn a_notice_that_is_not_heard_is_told_again_before_the_next_and_under_the_same_name() {
    let server = Server::start(vec![503, 429, 204, 410]).await;
    let gateway = Gateway::with(&format!("[metrics]\nlisten = \"127.0.0.1:0\"\n{}", server.toml()));
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    ann.ask("set_visibility", json!({ "visible": false })).await.expect("hidden");
    ann.ask("set_visibility", json!({ "visible": true })).await.expect("visible");
    let told = server.wait_for(5).await;
    let offsets: Vec<u64> = told.iter().map(|told| told.notice()["offset"].as_u64().expect("an offset")).collect();
    assert_eq!(offsets, [1, 1, 1, 2, 3], "one is told until it is heard, and one that is refused is given up");
    assert_eq!(told[3].notice()["reason"], "hidden");
    assert_eq!(told[0].header("miniapp-rtc-id"), told[2].header("miniapp-rtc-id"));
    gateway.log_with("a webhook is given up").await;
    let (authority, _) =
        gateway.metrics.as_deref().expect("metrics")["http://".len()..].split_once('/').expect("a path");
    let until = Instant::now() + SOON;
    let has = |text: &str, line: &str| text.lines().any(|is| is == line);
    loop {
        let (_, text) = crate::common::process::get(authority, "/metrics");
        let is_told = has(&text, "miniapp_rtc_webhooks_delivered_total 2")
            && has(&text, "miniapp_rtc_webhooks_retried_total 2")
            && has(&text, "miniapp_rtc_webhooks_dropped_total 1");
        if is_told {
            break;
        }
        assert!(Instant::now() < until, "{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_private_address_is_not_asked_unless_it_may_be() {
    let server = Server::start(vec![307]).await;
    let gateway = Gateway::with(&server.toml());
    let (_ann, _) = Client::join(&gateway, "r", "ann").await;
    gateway.log_with("a webhook is given up").await;
    assert_eq!(server.told().len(), 1);

    let url = server.url.replace("http://", "https://");
    let toml = format!("[[webhooks]]\napp = \"{APP}\"\nurl = \"{url}\"\nsecret = \"{SECRET}\"\n");
    for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
        let gateway = Gateway::with(&toml.replace(&server.url.replace("http://", "https://"), &url));
        let (_ann, _) = Client::join(&gateway, "r", "ann").await;
        let log = gateway.log_with("a webhook is given up").await;
        assert!(log.contains("allow_private"), "{log}");
    }
    assert_eq!(server.told().len(), 1, "nothing came");
}

#[test]
fn a_webhook_that_cannot_be_used_is_told_before_the_start() {
    let section = |more: &str| format!("[[webhooks]]\napp = \"{APP}\"\n{more}\n");
    let secret = "secret = \"hidden words of 16 bytes or more\"";
    let told = |toml: &str, word: &str| {
        let (is_good, error) = check(toml, &[], &APPLICATION);
        assert!(!is_good && error.contains(word) && !error.contains("hidden"), "{toml}: {error}");
    };
    let good = section(&format!("url = \"https://app.example.com/hidden\"\n{secret}"));
    assert!(check(&good, &[], &APPLICATION).0);
    told(&format!("{good}{good}"), "another one");
    told(&good.replace(APP, "abcdefabcdefabcdefabcdef"), "does not serve");
    told(&section(&format!("url = \"http://app.example.com/hidden\"\n{secret}")), "https");
    told(&section(&format!("url = \"ftp://app.example.com/hidden\"\n{secret}")), "http or https URL");
    told(&section(&format!("url = \"https://hidden:hidden@app.example.com/\"\n{secret}")), "without a user");
    told(&section(&format!("url = [\"hidden\"]\n{secret}")), "webhooks[0].url");
    told(&section("url = \"https://app.example.com/\""), "exactly one of secret");
    told(&section("url = \"https://app.example.com/\"\nsecret = \"hidden\""), "16 bytes");
}
