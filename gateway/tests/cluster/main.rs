//! Several gateway processes that share rooms through a real Redis server.

#[path = "../common/mod.rs"]
mod common;
mod crash;
mod faults;
mod relay;

use std::io::Write;
use std::time::{Duration, Instant};

use common::admin::Operator;
use common::application::Server;
use common::metrics::{scrape, value};
use common::{Client, Gateway, Redis, SOON};
use serde_json::{Value, json};

const LEASE: Duration = Duration::from_millis(800);

fn node(redis: &Redis) -> Gateway {
    Gateway::with(&toml(&redis.url()))
}

fn toml(redis: &str) -> String {
    format!(
        "[media]\nurl_secret = \"the secret of all nodes\"\n[times]\nresume_ms = 4000\n\
         [metrics]\nlisten = \"127.0.0.1:0\"\n[cluster]\nredis = \"{}\"\npartitions = 4\nlease_ms = {}\n",
        redis,
        LEASE.as_millis()
    )
}

fn resume(joined: &Value, offset: u64) -> Value {
    json!({
        "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"], "offset": offset
    })
}

fn cluster(gateway: &Gateway) -> Value {
    let (_, body) = gateway.get("/healthz");
    serde_json::from_str::<Value>(&body).expect("JSON")["cluster"].clone()
}

#[tokio::test]
async fn a_room_is_on_two_nodes_and_outlives_one_that_is_killed() {
    let redis = Redis::start();
    let (east, west) = (node(&redis), node(&redis));
    let (mut ann, of_ann) = Client::join(&east, "r", "ann").await;
    let (mut bea, of_bea) = Client::join(&west, "r", "bea").await;
    assert_eq!(of_bea["snapshot"]["members"][0]["user"], "ann");
    assert_eq!(ann.event("member_joined").await["d"]["user"], "bea");
    assert_eq!(cluster(&west)["nodes"], 2);
    let counted = scrape(&west);
    let of = |series: &str| value(&counted, series);
    assert_eq!((of("miniapp_rtc_cluster_nodes"), of("miniapp_rtc_sessions")), (Some(2.0), Some(2.0)), "{counted}");
    assert_eq!(of("miniapp_rtc_sockets_joined"), Some(1.0), "its own");

    let lease = ann.ask("publish", json!({ "kind": "camera" })).await.expect("a lease");
    let url = lease["urls"][0]["url"].as_str().expect("a URL");
    assert!(url.contains(&east.rtmp), "media goes to the publisher's node: {url}");

    let killed = Instant::now();
    drop(east);
    assert_eq!(bea.event("member_suspended").await["d"]["user"], "ann");
    assert!(killed.elapsed() < 3 * LEASE, "{:?}", killed.elapsed());
    let mut again = Client::open(&west).await;
    let resumed = again.ask("resume", resume(&of_ann, 2)).await.expect("resumed");
    assert_eq!((&resumed["generation"], resumed.get("snapshot")), (&json!(2), None));
    let missed = again.next_ordered().await;
    assert_eq!((&missed["ev"], &missed["off"]), (&json!("member_suspended"), &json!(3)));
    assert_eq!(bea.event("member_resumed").await["off"], 4);
    // Its stream never flowed, so it goes where its publisher is.
    let lease = again.ask("renew_url", json!({ "user": "ann", "kind": "camera" })).await.expect("a lease");
    let url = lease["urls"][0]["url"].as_str().expect("a URL");
    assert!(url.contains(&west.rtmp), "{url}");
}

#[tokio::test]
async fn a_node_that_hung_longer_than_its_lease_sends_its_clients_away_and_changes_nothing() {
    let redis = Redis::start();
    let (east, west) = (node(&redis), node(&redis));
    let (mut ann, of_ann) = Client::join(&east, "r", "ann").await;
    let (mut bea, _) = Client::join(&west, "r", "bea").await;
    ann.event("member_joined").await;
    east.signal("-STOP");
    ann.try_send("set_visibility", json!({ "visible": false })).await;
    bea.event("member_suspended").await;
    let mut again = Client::open(&west).await;
    again.ask("resume", resume(&of_ann, 2)).await.expect("resumed");
    bea.event("member_resumed").await;
    for missed in ["member_suspended", "member_resumed"] {
        assert_eq!(again.next_ordered().await["ev"], missed);
    }
    east.signal("-CONT");
    let farewell = ann.read_to_close().await;
    let bye = farewell.iter().find(|frame| frame["ev"] == "bye").expect("a farewell");
    assert_eq!(bye["d"]["action"], "resume", "{farewell:?}");
    bea.quiet().await;
    again.quiet().await;
    // It takes part again, and its sockets are new ones.
    let until = Instant::now() + SOON;
    while cluster(&east)["ok"] != true || cluster(&west)["nodes"] != 2 {
        assert!(Instant::now() < until, "{} {}", cluster(&east), cluster(&west));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (_cid, of_cid) = Client::join(&east, "r", "cid").await;
    assert_eq!(of_cid["snapshot"]["members"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_node_that_is_stopped_in_order_sends_its_clients_to_another_and_nobody_leaves() {
    let redis = Redis::start();
    let (mut east, west) = (node(&redis), node(&redis));
    let (mut ann, of_ann) = Client::join(&east, "r", "ann").await;
    let (mut bea, _) = Client::join(&west, "r", "bea").await;
    ann.event("member_joined").await;
    east.terminate();
    let farewell = ann.read_to_close().await;
    let bye = farewell.iter().find(|frame| frame["ev"] == "bye").expect("a farewell");
    assert_eq!(bye["d"]["action"], "resume");
    let mut again = Client::open(&west).await;
    let resumed = again.ask("resume", resume(&of_ann, 2)).await.expect("resumed");
    assert_eq!(resumed.get("snapshot"), None);
    assert!(east.wait(SOON).expect("it ends").success());
    // It may have been away for a moment; nobody is told that it left.
    again.ask("set_visibility", json!({ "visible": false })).await.expect("hidden");
    let left = bea.event("member_left").await;
    assert_eq!(left["d"]["reason"], "hidden");
}

#[tokio::test]
async fn an_operator_of_one_node_reaches_the_others_and_an_application_is_told_once() {
    let (redis, server) = (Redis::start(), Server::start(Vec::new()).await);
    let toml = format!("{}{}", toml(&redis.url()), server.toml());
    let ((east, _), (west, operator)) = (Operator::with(&toml), Operator::with(&toml));
    let (mut ann, _) = Client::join(&east, "r", "ann").await;
    let (mut bea, _) = Client::join(&west, "r", "bea").await;
    ann.event("member_joined").await;
    assert_eq!(operator.order("/v1/kick", "r", "ann").status, 204);
    let farewell = ann.read_to_close().await;
    let kicked = farewell.iter().find(|frame| frame["ev"] == "kicked").expect("it is put out");
    assert_eq!(kicked["d"]["reason"], "by_operator", "{farewell:?}");
    assert_eq!(bea.event("member_left").await["d"]["reason"], "kicked");
    bea.ask("leave", json!({})).await.expect("left");

    let told = server.wait_for(4).await;
    let mut notices: Vec<Value> = told.iter().map(|told| told.notice()).collect();
    notices.sort_by_key(|notice| notice["offset"].as_u64());
    let found: Vec<_> = notices.iter().map(|notice| (&notice["event"], &notice["user"], &notice["offset"])).collect();
    let wanted = [("user_joined", "ann"), ("user_joined", "bea"), ("user_left", "ann"), ("user_left", "bea")];
    let wanted: Vec<_> =
        wanted.iter().zip(1..).map(|((event, user), offset)| (json!(event), json!(user), json!(offset))).collect();
    assert_eq!(found, wanted.iter().map(|(event, user, offset)| (event, user, offset)).collect::<Vec<_>>());
    // Longer than another node would take that told them as well.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.told().len(), 4);
}

#[tokio::test]
async fn a_redis_that_cannot_be_used_is_told_without_its_password() {
    let redis = Redis::with(&["--requirepass", "correct-horse"]);
    let url = redis.url().replace("redis://", "redis://:wrong-horse@");
    let mut config = tempfile::NamedTempFile::new().expect("temporary file");
    writeln!(config, "[media]\nurl_secret = \"the secret of all nodes\"").expect("written");
    let output = std::process::Command::new(common::process::BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--http-flv-listen", "127.0.0.1:0"])
        .arg("--config")
        .arg(config.path())
        .envs([("MINIAPP_RTC_APP_ID", common::APP), ("MINIAPP_RTC_APP_KEY", common::KEY), ("MINIAPP_RTC_REDIS", &url)])
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("cannot be used"), "{said}");
    assert!(said.contains("127.0.0.1") && !said.contains("horse"), "{said}");
}
