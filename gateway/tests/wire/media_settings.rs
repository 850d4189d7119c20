//! What an operator sets for media reaches the media server.

use serde_json::json;

use crate::common::media::url;
use crate::common::{Client, Gateway};
use crate::rtmp::{self, Rtmp, avc, contains};

#[tokio::test]
async fn the_limits_of_messages_and_of_the_cache_are_those_of_the_configuration() {
    let gateway = Gateway::with("[media]\nmessage_bytes = 70000\ncache_bytes = 90000");
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let lease = alice.ask("publish", json!({})).await.expect("leased");
    let mut encoder = Rtmp::publish(url(&lease, "rtmp")).await;
    encoder.send(rtmp::VIDEO, 0, &avc::header(1)).await;
    for picture in [avc::key(69_000), avc::delta(15_000)] {
        encoder.send(rtmp::VIDEO, 0, &picture).await;
    }
    alice.event("stream_added").await;
    assert!(!gateway.log().contains("a group of pictures is too large"), "it is small enough");
    encoder.send(rtmp::VIDEO, 40, &avc::delta(15_000)).await;
    let log = gateway.log_with("a group of pictures is too large").await;
    assert!(log.contains("max_bytes=90000"), "{log}");
    // It may be closed before all of it is written.
    encoder.try_send(rtmp::VIDEO, 80, &avc::key(71_000)).await;
    let said = encoder.until(|message| contains(&message.payload, b"NetStream.Failed")).await.expect("a reason");
    assert!(contains(&said.payload, b"70000 are allowed"), "{said:?}");
}

#[cfg(feature = "web")]
#[tokio::test]
async fn web_users_are_served_unless_the_operator_says_no() {
    for (toml, transports) in [("", &["rtmp", "whip"][..]), ("[media]\nweb = false", &["rtmp"])] {
        let gateway = Gateway::with(toml);
        let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
        let lease = alice.ask("publish", json!({})).await.expect("leased");
        let urls = lease["urls"].as_array().expect("addresses").iter();
        let mut given: Vec<_> = urls.map(|url| url["transport"].as_str().expect("a transport")).collect();
        given.sort_unstable();
        assert_eq!(given, transports, "{toml:?}");
    }
}
