//! Running the gateway: health, sub-protocols, stopping, documentation.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, http};

use crate::common::{Client, Gateway};

#[tokio::test]
async fn health_counts_what_there_is() {
    let gateway = Gateway::start();
    let health = |gateway: &Gateway| {
        let (status, body) = gateway.get("/healthz");
        (status, serde_json::from_str::<Value>(&body).expect("JSON"))
    };
    let (status, body) = health(&gateway);
    assert_eq!((status, &body["status"], &body["rooms"]), (200, &json!("ok"), &json!(0)));
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["media"]["ok"], true);
    let (_alice, _) = Client::join(&gateway, "r1", "alice").await;
    let (_bob, _) = Client::join(&gateway, "r2", "bob").await;
    let (_carol, _) = Client::join(&gateway, "r2", "carol").await;
    let (_, body) = health(&gateway);
    assert_eq!((&body["rooms"], &body["sessions"], &body["sockets"]), (&json!(2), &json!(3), &json!(3)));
    assert_eq!(gateway.get("/nothing").0, 404);
    assert_eq!(gateway.get("/v1").0, 400, "a WebSocket is to be opened there");
}

#[tokio::test]
async fn unknown_subprotocols_are_refused_with_the_list_of_known_ones() {
    let gateway = Gateway::start();
    for offered in [None, Some("miniapp-rtc.v9"), Some("graphql-ws, miniapp-rtc.v2")] {
        let mut request = gateway.ws.as_str().into_client_request().expect("request");
        if let Some(offered) = offered {
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().expect("header"));
        }
        let error = tokio_tungstenite::connect_async(request).await.expect_err("refused");
        let Error::Http(response) = error else { panic!("{error}") };
        assert_eq!(response.status(), http::StatusCode::BAD_REQUEST);
        let body: Value = serde_json::from_slice(response.body().as_deref().expect("a body")).expect("JSON");
        assert_eq!(body["subprotocols"], json!(["miniapp-rtc.v1"]));
    }
    let mut request = gateway.ws.as_str().into_client_request().expect("request");
    let offered = "miniapp-rtc.v2, miniapp-rtc.v1".parse().expect("header");
    request.headers_mut().insert("sec-websocket-protocol", offered);
    let (_, response) = tokio_tungstenite::connect_async(request).await.expect("accepted");
    assert_eq!(response.headers()["sec-websocket-protocol"], "miniapp-rtc.v1");
}

#[tokio::test]
async fn a_stopping_gateway_sends_its_clients_elsewhere() {
    let mut gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let (mut bob, _) = Client::join(&gateway, "r", "bob").await;
    alice.event("member_joined").await;
    let started = Instant::now();
    gateway.terminate();
    for client in [&mut alice, &mut bob] {
        let frames = client.read_to_close().await;
        assert_eq!(frames.len(), 1, "a farewell and nothing else: {frames:?}");
        let bye = &frames[0]["d"];
        assert_eq!((&bye["code"], &bye["action"]), (&json!(4000), &json!("resume")));
        assert!(bye["after_ms"].as_u64().is_some_and(|wait| wait < 3_000));
        assert_eq!(client.closed, Some(4000));
    }
    let status = gateway.wait(Duration::from_secs(6)).expect("it ends");
    assert!(status.success() && started.elapsed() < Duration::from_secs(5), "{status} after {:?}", started.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_answer_cannot_hold_a_stopping_gateway() {
    let mut gateway = Gateway::start();
    let (_silent, _) = Client::join(&gateway, "r", "silent").await;
    let started = Instant::now();
    gateway.terminate();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (status, body) = gateway.get("/healthz");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["status"]), (503, &json!("draining")), "the load balancer sees it");
    let mut request = gateway.ws.as_str().into_client_request().expect("request");
    request.headers_mut().insert("sec-websocket-protocol", "miniapp-rtc.v1".parse().expect("header"));
    let error = tokio_tungstenite::connect_async(request).await.expect_err("refused");
    assert!(matches!(error, Error::Http(response) if response.status() == 503), "no new socket is opened");
    assert!(gateway.wait(Duration::from_secs(6)).expect("it ends").success());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn reports_are_logged_with_their_names_and_codes() {
    let gateway = Gateway::start();
    let (mut alice, _) = Client::join(&gateway, "r", "alice").await;
    let lease = alice.ask("publish", json!({})).await.expect("leased");
    let report = json!({ "role": "pusher", "stream": lease["stream"], "code": -1307, "health": "failed" });
    alice.send_text(json!({ "m": "report", "p": report }).to_string()).await;
    alice.quiet().await;
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains("-1307")).expect("the report is logged");
    assert!(line.contains(lease["stream"].as_str().expect("a stream")), "{line}");
}

#[test]
fn the_operations_document_states_the_defaults() {
    use miniapp_rtc_gateway::config::MediaSection;
    use miniapp_rtc_gateway::lobby::LobbyLimits;
    use miniapp_rtc_gateway::node::SocketPolicy;
    use miniapp_rtc_gateway::room::{RoomLimits, RoomTimes};

    let media = MediaSection::default();
    let media = json!({
        "lease_s": media.lease_s, "reconcile_ms": media.reconcile_ms, "connections": media.connections,
        "players_per_stream": media.players_per_stream, "players_per_subscriber": media.players_per_subscriber,
        "message_bytes": media.message_bytes, "cache_bytes": media.cache_bytes, "held_bytes": media.held_bytes,
    });
    let cluster = miniapp_rtc_gateway::config::ClusterSection::default();
    let cluster = json!({
        "partitions": cluster.partitions, "lease_ms": cluster.lease_ms, "snapshot_every": cluster.snapshot_every,
    });
    let document = include_str!("../../../docs/operations.md");
    let tables = [
        ("room", serde_json::to_value(RoomLimits::default())),
        ("times", serde_json::to_value(RoomTimes::default())),
        ("socket", serde_json::to_value(SocketPolicy::default())),
        ("lobby", serde_json::to_value(LobbyLimits::default())),
        ("media", Ok(media)),
        ("cluster", Ok(cluster)),
    ];
    let mut rows = 0;
    for (section, defaults) in tables {
        let Ok(Value::Object(defaults)) = defaults else { panic!("{section} is an object") };
        for (name, default) in defaults {
            let row = format!("| `{section}.{name}` | {default} |");
            assert!(document.contains(&row), "docs/operations.md lacks: {row}");
            rows += 1;
        }
    }
    let documented = document.lines().filter(|line| {
        ["room", "times", "socket", "lobby", "media", "cluster"]
            .iter()
            .any(|name| line.starts_with(&format!("| `{name}.")))
    });
    assert_eq!(documented.count(), rows, "docs/operations.md states a limit that does not exist");
}

#[test]
fn the_specification_states_the_defaults() {
    use miniapp_rtc_gateway::node::SocketPolicy;
    use miniapp_rtc_gateway::room::{RoomLimits, RoomTimes};

    let (room, times, socket) = (RoomLimits::default(), RoomTimes::default(), SocketPolicy::default());
    let lobby = miniapp_rtc_gateway::lobby::LobbyLimits::default();
    let (_, section) = include_str!("../../../docs/protocol.md").split_once("\n| what | default |").expect("the table");
    let (table, _) = section.split_once("\n\n").expect("its end");
    let rows = [
        format!("| {} s | `bye`, close code 4503 |", socket.join_ms / 1000),
        format!("| ping interval, `ping_ms` | {} ms |", times.ping_ms),
        format!("`resume_ms` | {} ms |", times.resume_ms),
        format!("| life of a stream without media | {} s |", times.media_grace_ms / 1000),
        format!("| {} min, the last {} of a session |", times.kept_result_ms / 60_000, room.kept_results),
        format!("| the last {} of the room |", room.log_events),
        format!("| {} a second, {} at once |", socket.frames_per_second, socket.frames_burst),
        format!("`rate_limited` | {} a minute | `bye`, close code 4502 |", socket.excess_frames_per_minute),
        format!("`frame_too_large` | {} a minute | `bye`, close code 4502 |", socket.bad_frames_per_minute),
        "| bytes of one frame | 5/4 of `frame_bytes` |".to_owned(),
        format!("| {} MiB | `bye`, close code 4002, to the socket", socket.held_bytes >> 20),
        format!("| bytes of one frame before `join` or `resume` is granted | {} |", socket.join_bytes),
        format!("| {}, of these {} from one address |", lobby.connections, lobby.per_address),
        format!("| {} frames or {} KiB |", socket.queue_frames, socket.queue_bytes / 1024),
        format!("\n| visible members of a room | {} |", room.visible_members),
        format!("\n| invisible members of a room | {} |", room.invisible_members),
        format!("\n| publishers in a room | {} |", room.publishers),
        format!("\n| subscriptions of one user | {} |", room.subscriptions_per_user),
        format!("\n| distinct streams subscribed to in a room | {} |", room.subscribed_streams),
    ];
    for row in &rows {
        assert!(table.contains(row), "docs/protocol.md lacks: {row}");
    }
    assert_eq!(table.lines().filter(|line| line.starts_with("| ")).count(), rows.len() + 1, "a row without a default");
}
