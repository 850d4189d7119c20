//! A task without which nothing works dies: the gateway tells, and ends, for its supervisor to start it again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Client, Gateway};

/// Takes a listener from a gateway with a room in it: its clients are sent away, `/healthz` tells, and the process fails with
/// the name of the task.
async fn end(which: impl Fn(&Gateway) -> String, task: &str, asks_health: bool) {
    let mut gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    // It does not answer the farewell, so the gateway takes its time to stop.
    let (_silent, _) = Client::join(&gateway, "r", "silent").await;
    gateway.end_listening(&which(&gateway));
    let frames = alice.read_to_close().await;
    let bye = &frames.last().expect("a farewell")["d"];
    assert_eq!((&bye["code"], &bye["action"]), (&json!(4000), &json!("resume")), "{task}: {frames:?}");
    if asks_health {
        let (status, body) = gateway.get("/healthz");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((status, &body["status"]), (503, &json!("failed")), "{task}");
    }
    let status = gateway.wait(Duration::from_secs(6)).expect("it ends");
    assert_eq!(status.code(), Some(1), "{task}");
    let log = gateway.log_with("start the gateway again").await;
    assert!(log.contains(&format!("the task '{task}' has died")), "{log}");
}

#[tokio::test]
#[ignore = "run by cargo xtask test --only attack"]
async fn a_listener_that_is_lost_ends_the_gateway_with_a_reason() {
    let start = Instant::now();
    end(|gateway| gateway.rtmp.clone(), "RTMP", true).await;
    end(|gateway| gateway.flv.clone(), "HTTP-FLV", true).await;
    // Nothing answers there any more.
    end(|gateway| gateway.http.clone(), "WebSocket listener", false).await;
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}
