//! The log of the real process as JSON.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::command_line::run_in;
use super::command_line_check::APPLICATION;
use crate::common::{Client, Gateway};

fn lines(log: &str) -> Vec<Value> {
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    log.lines().map(read).collect()
}

#[tokio::test]
async fn every_line_is_one_object_with_its_members() {
    let gateway = Gateway::with_json_log("");
    let (ann, _) = Client::join(&gateway, "r", "ann").await;
    ann.close().await;
    let log = gateway.log_with("socket closed by the client").await;
    // The last line may be half read.
    let (whole, _) = log.rsplit_once('\n').expect("lines");
    let lines = lines(whole);
    let joined = lines.iter().find(|line| line["message"] == "join").expect("the join");
    assert_eq!((&joined["level"], &joined["room"], &joined["user"]), (&json!("INFO"), &json!("r"), &json!("ann")));
    for line in &lines {
        assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{line}");
        assert!(line["target"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn the_reason_of_a_failed_start_is_an_object_too() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let environment = [&APPLICATION[..], &[("MINIAPP_RTC_LOG_FORMAT", "json")]].concat();
    let output = run_in(&["serve", "--listen", &address], &environment);
    assert!(!output.status.success());
    let told = lines(&String::from_utf8_lossy(&output.stderr));
    let last = told.last().expect("a line");
    assert_eq!(last["level"], "ERROR");
    assert!(last["message"].as_str().is_some_and(|message| message.contains("--listen")), "{last}");
}
