//! What a lease opens at the media server, and until when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::media::url;
use crate::common::{Client, Gateway, Pusher};

/// Rooms and media server are not compared while the test runs: what is told at once must be enough.
const NEVER_COMPARED: &str = "[media]\nreconcile_ms = 3600000\n";

#[tokio::test]
async fn the_pusher_of_a_stream_that_ended_is_cut_off_at_once() {
    let gateway = Gateway::with(NEVER_COMPARED);
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    for generation in [1, 2] {
        let lease = alice.ask("publish", json!({})).await.expect("leased");
        assert_eq!(lease["generation"], generation);
        let pusher = Pusher::start(&lease);
        alice.event("stream_added").await;
        alice.ask("unpublish", json!({})).await.expect("unpublished");
        alice.event("stream_removed").await;
        assert!(pusher.ends_within(Duration::from_secs(4)).await, "generation {generation} is still pushed");
        let again = Pusher::start(&lease);
        assert!(again.ends_within(Duration::from_secs(6)).await, "its address still opens");
    }
}

#[tokio::test]
async fn an_address_of_a_room_that_is_gone_opens_nothing_though_its_signature_is_good() {
    // As after a restart: the secret is the same, the rooms are others.
    let config = format!("{NEVER_COMPARED}url_secret = \"a secret that both gateways have been given\"");
    let (before, after) = (Gateway::with(&config), Gateway::with(&config));
    let (mut alice, _) = Client::join(&before, "r", "alice").await;
    let old = alice.ask("publish", json!({})).await.expect("leased");
    let (mut alice, _) = Client::join(&after, "r", "alice").await;
    let new = alice.ask("publish", json!({})).await.expect("leased");
    let host = |lease: &Value| url(lease, "rtmp").split('/').nth(2).expect("a host").to_owned();
    let moved = url(&old, "rtmp").replace(&host(&old), &host(&new));
    let moved = json!({ "urls": [{ "transport": "rtmp", "url": moved }] });
    assert!(Pusher::start(&moved).ends_within(Duration::from_secs(6)).await, "a stream of no room was accepted");
    let _pusher = Pusher::start(&new);
    assert_eq!(alice.event("stream_added").await["d"]["stream"], new["stream"]);
}
