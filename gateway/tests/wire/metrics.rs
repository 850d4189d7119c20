//! The metrics of the real process, and the files that name them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::client::join;
use crate::common::metrics::{scrape, value};
use crate::common::{Client, Gateway, Pusher, SOON};

const DASHBOARD: &str = include_str!("../../operations/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../operations/prometheus-alerts.yml");
const DOCUMENT: &str = include_str!("../../../docs/operations.md");

fn start() -> Gateway {
    Gateway::with("[metrics]\nlisten = \"127.0.0.1:0\"")
}

/// The names of all series that a scrape has, without labels.
fn served(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(['{', ' ']).next().expect("a name")).collect()
}

/// The names of series that a text of ours uses.
fn named(text: &str) -> BTreeSet<&str> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.split(|character| !is_name(character)).filter(|word| word.starts_with("miniapp_rtc_")).collect()
}

#[test]
fn a_gateway_that_was_not_told_to_has_no_metrics() {
    let gateway = Gateway::start();
    assert_eq!(gateway.metrics, None);
    assert_eq!(gateway.get("/metrics").0, 404);
}

#[tokio::test]
async fn what_happens_is_counted() {
    let gateway = start();
    let before = scrape(&gateway);
    assert_eq!(value(&before, "miniapp_rtc_serving"), Some(1.0));
    assert_eq!(value(&before, "miniapp_rtc_sessions"), Some(0.0));
    let build = format!("miniapp_rtc_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&before, &build), Some(1.0));
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    let (mut bea, _) = Client::join(&gateway, "r", "bea").await;
    let mut stranger = Client::open(&gateway).await;
    let mut wrong = join("r", "cid");
    wrong["token"] = "001".into();
    assert_eq!(stranger.refused("join", wrong).await, "token_malformed");
    let lease = ann.ask("publish", json!({ "kind": "camera" })).await.expect("a lease");
    let _pusher = Pusher::start(&lease);
    bea.event("stream_added").await;
    let until = Instant::now() + SOON;
    let after = loop {
        let text = scrape(&gateway);
        if value(&text, "miniapp_rtc_media_received_bytes_total") > Some(10_000.0) || Instant::now() > until {
            break text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let is = |series: &str, expected: f64| assert_eq!(value(&after, series), Some(expected), "{series}: {after}");
    is("miniapp_rtc_rooms", 1.0);
    is("miniapp_rtc_sessions", 2.0);
    is("miniapp_rtc_streams", 1.0);
    is("miniapp_rtc_sockets", 3.0);
    is("miniapp_rtc_sockets_joined", 2.0);
    is("miniapp_rtc_cluster_nodes", 0.0);
    is("miniapp_rtc_media_publishers", 1.0);
    is("miniapp_rtc_refusals_total{name=\"token_malformed\"}", 1.0);
    // Two joins and a publish were answered by the room; the bad token never got there.
    is("miniapp_rtc_request_seconds_count", 3.0);
    assert!(value(&after, "miniapp_rtc_frames_sent_total") >= Some(6.0), "{after}");
    assert!(value(&after, "miniapp_rtc_media_received_bytes_total") > Some(10_000.0), "{after}");
    let secrets = ["r\"", "ann", "ticket", "secret"];
    assert!(!secrets.iter().any(|secret| after.contains(secret)), "nobody is named: {after}");
}

#[tokio::test]
async fn every_metric_that_the_dashboard_and_the_alerts_name_is_served_and_every_one_is_documented() {
    let gateway = start();
    let mut stranger = Client::open(&gateway).await;
    stranger.refused("join", json!({})).await;
    let text = scrape(&gateway);
    let served = served(&text);
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("the dashboard is JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() >= 8));
    for (file, contents) in [("dashboard", DASHBOARD), ("alerts", ALERTS)] {
        let named = named(contents);
        assert!(named.len() >= 6, "{file}: {named:?}");
        let missing: Vec<_> = named.difference(&served).collect();
        assert!(missing.is_empty(), "the {file} names what is not served: {missing:?}");
    }
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(|line| {
        let (family, kind) = line.split_once(' ').expect("a kind");
        match kind {
            "counter" => format!("{family}_total"),
            "info" => format!("{family}_info"),
            _ => family.to_owned(),
        }
    });
    let families: BTreeSet<String> = families.collect();
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `miniapp_rtc_"));
    let documented: BTreeSet<String> = rows.map(|row| row.split('`').nth(1).expect("a name").to_owned()).collect();
    assert_eq!(documented, families);
}

#[test]
fn every_alert_says_what_it_means() {
    let rules: Vec<&str> = ALERTS.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 6);
    for rule in rules {
        for part in ["expr: ", "severity: ", "summary: ", "description: "] {
            assert!(rule.contains(part), "{part} is missing: {rule}");
        }
    }
}
