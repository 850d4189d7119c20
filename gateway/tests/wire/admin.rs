//! The admin API of the real process: who may ask, what is seen, what is ordered.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::admin::{Operator, Reply, SECRET};
use crate::common::client::join;
use crate::common::{APP, Client, Gateway, Pusher, SOON};

fn refused(reply: &Reply) -> (u16, &str) {
    assert!(reply.body["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{reply:?}");
    (reply.status, reply.body["error"].as_str().expect("a name"))
}

#[test]
fn a_gateway_that_was_not_told_to_has_no_admin_api() {
    let gateway = Gateway::start();
    assert_eq!(gateway.admin, None);
    assert_eq!(gateway.get("/v1/rooms").0, 404);
    assert_eq!(gateway.get("/openapi.json").0, 404);
}

#[test]
fn only_who_shows_the_secret_is_heard() {
    let (gateway, operator) = Operator::start();
    assert_eq!(operator.get("/v1/rooms").status, 200);
    assert_eq!(gateway.get("/v1/rooms").0, 404, "the public door has none of it");
    let almost = &SECRET[..SECRET.len() - 1];
    let wrong = [
        None,
        Some(String::new()),
        Some(SECRET.to_owned()),
        Some(format!("Basic {SECRET}")),
        Some(format!("Bearer {almost}")),
        Some(format!("Bearer {SECRET}x")),
        Some("Bearer ".to_owned()),
    ];
    for authorization in wrong {
        let stranger = Operator::of(&gateway, authorization.as_deref());
        for path in ["/v1/rooms", "/openapi.json", "/nothing"] {
            let reply = stranger.get(path);
            assert_eq!(refused(&reply), (401, "unauthorized"), "{authorization:?} {path}");
            assert!(reply.head.to_lowercase().contains("www-authenticate: bearer"), "{}", reply.head);
        }
    }
    assert!(!gateway.log().contains(SECRET));
}

#[tokio::test]
async fn rooms_are_listed_in_pages_and_by_application() {
    let (gateway, operator) = Operator::start();
    let mut clients = Vec::new();
    for (room, user) in [("r2", "ann"), ("r1", "ann"), ("r3", "ann"), ("r3", "bea")] {
        clients.push(Client::join(&gateway, room, user).await.0);
    }
    let ids = |reply: &Reply| -> Vec<String> {
        let rooms = reply.body["rooms"].as_array().expect("a list").iter();
        rooms.map(|room| room["room"].as_str().expect("an id").to_owned()).collect()
    };
    let all = operator.get("/v1/rooms");
    assert_eq!(ids(&all), ["r1", "r2", "r3"]);
    assert_eq!(all.body["rooms"][2], json!({ "app": APP, "room": "r3", "members": 2, "streams": 0 }));
    assert_eq!(all.body.get("next"), None);
    let first = operator.get(&format!("/v1/rooms?app={APP}&limit=2"));
    assert_eq!(ids(&first), ["r1", "r2"]);
    let next = first.body["next"].as_str().expect("there is more");
    assert_eq!(ids(&operator.get(&format!("/v1/rooms?limit=2&after={next}"))), ["r3"]);
    assert_eq!(ids(&operator.get("/v1/rooms?app=abcdefabcdefabcdefabcdef")), [""; 0]);
    for wrong in ["limit=0", "limit=1001", "limit=x", "after=r1", "app=short", "page=2"] {
        assert_eq!(refused(&operator.get(&format!("/v1/rooms?{wrong}"))), (400, "bad_request"), "{wrong}");
    }
}

#[tokio::test]
async fn a_room_is_shown_with_its_members_and_streams() {
    let (gateway, operator) = Operator::start();
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    let (bea, _) = Client::join(&gateway, "r", "bea").await;
    ann.ask("publish", json!({ "kind": "camera" })).await.expect("a lease");
    bea.cut();
    ann.event("member_suspended").await;
    let shown = operator.get(&format!("/v1/room?app={APP}&room=r")).body;
    let member = |user: &str, suspended: bool| json!({ "user": user, "visible": true, "suspended": suspended });
    assert_eq!(shown["members"], json!([member("ann", false), member("bea", true)]));
    let stream = &shown["streams"][0];
    assert_eq!(
        (&stream["user"], &stream["kind"], &stream["state"]),
        (&json!("ann"), &json!("camera"), &json!("leased"))
    );
    assert!(!shown.to_string().contains("secret"), "{shown}");
    assert_eq!(refused(&operator.get(&format!("/v1/room?app={APP}&room=none"))), (404, "room_unknown"));
}

#[tokio::test]
async fn a_kicked_member_is_told_and_the_others_are_told_of_it() {
    let (gateway, operator) = Operator::start();
    let (mut ann, joined) = Client::join(&gateway, "r", "ann").await;
    let (mut bea, _) = Client::join(&gateway, "r", "bea").await;
    ann.event("member_joined").await;
    assert_eq!(operator.order("/v1/kick", "r", "ann").status, 204);
    let frames = ann.read_to_close().await;
    assert_eq!(frames[0]["d"], json!({ "reason": "by_operator" }), "{frames:?}");
    assert_eq!((&frames[1]["d"]["code"], &frames[1]["d"]["action"]), (&json!(4500), &json!("stop")));
    assert_eq!(ann.closed, Some(4500));
    assert_eq!(bea.event("member_left").await["d"], json!({ "user": "ann", "reason": "kicked" }));
    assert_eq!(refused(&operator.order("/v1/kick", "r", "ann")), (404, "member_unknown"));
    assert_eq!(refused(&operator.order("/v1/kick", "none", "ann")), (404, "room_unknown"));
    // The session is over: it cannot be resumed, but the user may join again.
    let mut again = Client::open(&gateway).await;
    let proof = json!({ "session": joined["session"], "secret": joined["secret"], "epoch": joined["snapshot"]["epoch"], "offset": 0 });
    assert_eq!(again.refused("resume", proof).await, "session_unknown");
    Client::join(&gateway, "r", "ann").await;
}

#[tokio::test]
async fn a_dissolved_room_ends_for_all_its_members() {
    let (gateway, operator) = Operator::start();
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    let (mut bea, _) = Client::join(&gateway, "r", "bea").await;
    let (mut other, _) = Client::join(&gateway, "r2", "ann").await;
    ann.event("member_joined").await;
    let room = json!({ "app": APP, "room": "r" });
    assert_eq!(operator.post("/v1/dissolve", &room).status, 204);
    for client in [&mut ann, &mut bea] {
        let frames = client.read_to_close().await;
        let kicked = frames.iter().find(|frame| frame["ev"] == "kicked").expect("kicked");
        assert_eq!(kicked["d"], json!({ "reason": "room_closed" }));
        assert!(frames.iter().all(|frame| frame["ev"] != "member_left"), "{frames:?}");
        assert_eq!(client.closed, Some(4500));
    }
    assert_eq!(refused(&operator.post("/v1/dissolve", &room)), (404, "room_unknown"));
    other.quiet().await;
}

#[test]
fn the_document_names_every_path_and_every_path_is_there() {
    let (_gateway, operator) = Operator::start();
    let document = operator.get("/openapi.json").body;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 8, "{:?}", paths.keys());
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let reply = operator.ask(&method.to_uppercase(), path, "{\"no\":\"such member\"}");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.contains_key(&reply.status.to_string()), "{method} {path}: {reply:?}");
            assert!(operation["summary"].is_string() || operation["description"].is_string(), "{operation}");
            for name in responses
                .values()
                .filter_map(|response| response["content"]["application/json"]["schema"]["$ref"].as_str())
            {
                let schema = name.strip_prefix("#/components/schemas/").expect("a schema");
                assert!(document["components"]["schemas"][schema].is_object(), "{name}");
            }
            assert_eq!(refused(&operator.ask("PATCH", path, "")), (405, "no_such_method"));
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["secret"]["scheme"], "bearer");
    assert_eq!(refused(&operator.get("/v1/nothing")), (404, "no_such_path"));
}

#[test]
fn a_request_that_is_not_as_the_document_says_is_refused() {
    let (_gateway, operator) = Operator::start();
    let bodies: [Value; 5] = [
        json!([]),
        json!({ "app": APP, "room": "r" }),
        json!({ "app": APP, "room": "r", "user": "white space" }),
        json!({ "app": APP, "room": "r", "user": "ann", "more": 1 }),
        json!({ "app": APP, "room": "x".repeat(20_000), "user": "ann" }),
    ];
    for body in bodies {
        assert_eq!(refused(&operator.post("/v1/kick", &body)), (400, "bad_request"), "{body}");
    }
    assert_eq!(refused(&operator.ask("POST", "/v1/kick", "{")), (400, "bad_request"));
}

#[tokio::test]
async fn a_banned_user_is_kept_out_of_one_room_until_the_ban_ends() {
    let (gateway, operator) = Operator::start();
    let ban = |room: &str, user: &str, seconds: u32| {
        operator.post("/v1/ban", &json!({ "app": APP, "room": room, "user": user, "seconds": seconds }))
    };
    // Before anybody is in the room, and of somebody who is.
    assert_eq!(ban("r", "bea", 4).status, 204);
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    assert_eq!(ban("r", "ann", 600).status, 204);
    assert_eq!(ann.read_to_close().await[0]["d"], json!({ "reason": "by_operator" }));
    for user in ["ann", "bea"] {
        let mut client = Client::open(&gateway).await;
        assert_eq!(client.refused("join", join("r", user)).await, "user_banned");
        client.ask("join", join("r2", user)).await.expect("another room is open");
    }
    let bans = operator.get(&format!("/v1/room?app={APP}&room=r")).body["bans"].clone();
    assert_eq!((&bans[0]["user"], &bans[1]["user"]), (&json!("ann"), &json!("bea")));
    assert!(bans[0]["seconds"].as_u64().is_some_and(|seconds| (590..=600).contains(&seconds)), "{bans}");
    assert_eq!(operator.order("/v1/unban", "r", "ann").status, 204);
    assert_eq!(refused(&operator.order("/v1/unban", "r", "ann")), (404, "ban_unknown"));
    Client::join(&gateway, "r", "ann").await;
    let until = Instant::now() + SOON;
    let mut bea = Client::open(&gateway).await;
    while bea.ask("join", join("r", "bea")).await.is_err() {
        assert!(Instant::now() < until, "the ban does not end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(refused(&ban("r", "ann", 0)), (400, "bad_request"));
    let elsewhere = json!({ "app": "abcdefabcdefabcdefabcdef", "room": "r", "user": "ann", "seconds": 9 });
    assert_eq!(refused(&operator.post("/v1/ban", &elsewhere)), (400, "bad_request"));
}

#[tokio::test]
async fn what_the_operator_mutes_does_not_flow() {
    let (gateway, operator) = Operator::start();
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    let (mut bea, _) = Client::join(&gateway, "r", "bea").await;
    let lease = ann.ask("publish", json!({ "kind": "camera" })).await.expect("a lease");
    let _pusher = Pusher::start(&lease);
    bea.event("stream_added").await;
    let mute = |audio: bool, video: bool| {
        operator.post("/v1/mute", &json!({ "app": APP, "room": "r", "user": "ann", "audio": audio, "video": video }))
    };
    assert_eq!(mute(false, true).status, 204);
    let updated = bea.event("stream_updated").await;
    assert_eq!((&updated["d"]["audio"], &updated["d"]["video"]), (&json!(false), &json!(true)));
    let wish = json!({ "kind": "camera", "audio": true, "video": false });
    ann.ask("mute_local", wish).await.expect("it is noted");
    let updated = bea.event("stream_updated").await;
    assert_eq!((&updated["d"]["audio"], &updated["d"]["video"]), (&json!(false), &json!(false)));
    let shown = operator.get(&format!("/v1/room?app={APP}&room=r")).body["streams"][0].clone();
    assert_eq!(
        (&shown["state"], &shown["audio_muted"], &shown["video_muted"]),
        (&json!("live"), &json!(true), &json!(false))
    );
    assert_eq!(mute(true, true).status, 204);
    assert_eq!(bea.event("stream_updated").await["d"]["audio"], true);
    let nobody = json!({ "app": APP, "room": "r", "user": "cid", "audio": true, "video": true });
    assert_eq!(refused(&operator.post("/v1/mute", &nobody)), (404, "member_unknown"));
}

#[tokio::test]
async fn a_drained_gateway_sends_its_clients_elsewhere_and_goes_on_until_it_is_stopped() {
    let (mut gateway, operator) = Operator::with("[socket]\ndrain_spread_ms = 500\n[times]\nresume_ms = 3000");
    let (mut ann, _) = Client::join(&gateway, "r", "ann").await;
    assert_eq!(operator.post("/v1/drain", &json!({})).status, 204);
    let frames = ann.read_to_close().await;
    let bye = &frames[0]["d"];
    assert_eq!((&bye["code"], &bye["action"]), (&json!(4000), &json!("resume")), "{frames:?}");
    let (status, body) = gateway.get("/healthz");
    assert!(status == 503 && body.contains("draining"), "{status} {body}");
    // The session waits for its client, as after any loss, and then leaves.
    let rooms = |operator: &Operator| operator.get("/v1/rooms").body["rooms"].as_array().expect("a list").len();
    assert_eq!(rooms(&operator), 1);
    let until = Instant::now() + SOON;
    while rooms(&operator) > 0 {
        assert!(Instant::now() < until, "the session does not leave");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(operator.post("/v1/drain", &json!({})).status, 204, "a second time changes nothing");
    gateway.terminate();
    assert!(gateway.wait(Duration::from_secs(6)).is_some_and(|status| status.success()));
}
