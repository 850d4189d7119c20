//! A log that cannot be written: the call goes on, joins are answered, and `/healthz` counts what was lost.

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{Client, Gateway};
use crate::healthy::HealthyCall;

async fn goes_on(gateway: &Gateway) -> u64 {
    let call = HealthyCall::start(gateway, 5).await;
    for number in 0..600 {
        let (client, _) = Client::join(gateway, &format!("noise-{number}"), "user").await;
        client.cut();
    }
    call.prove_unharmed().await;
    let (status, body) = gateway.get("/healthz");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["status"]), (200, &"ok".into()));
    body["log_lines_lost"].as_u64().expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn a_full_disk_stops_nothing() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let gateway = Gateway::logging_to(Stdio::from(full), "");
    assert!(goes_on(&gateway).await > 300, "lost lines are counted");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn a_closed_pipe_stops_nothing() {
    let (gateway, stderr) = Gateway::with_unread_log("");
    drop(stderr);
    assert!(goes_on(&gateway).await > 300, "lost lines are counted");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn a_pipe_that_nobody_reads_stops_nothing() {
    let (gateway, stderr) = Gateway::with_unread_log("");
    assert!(goes_on(&gateway).await > 0, "lost lines are counted");
    drop(stderr);
}
