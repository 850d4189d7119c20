//! Tokens, secrets and tickets that are forged, replayed or somebody else's: they open nothing, and the call goes on.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::media::url;
use crate::common::{ALL, APP, Allow, Client, Gateway, KEY, token, token_with};
use crate::healthy::HealthyCall;
use crate::rtmp::{COMMAND, Rtmp, contains, object, text};

const OTHER_APP: &str = "abcdefabcdefabcdefabcdef";
const OTHER_KEY: &str = "the key of the other application";
/// How often each is tried.
const ROUNDS: usize = 100;

/// A gateway that serves another application too.
fn gateway() -> Gateway {
    let apps = [(APP, KEY), (OTHER_APP, OTHER_KEY)];
    let apps: Vec<_> = apps.iter().map(|(id, key)| format!("[[apps]]\nid = \"{id}\"\nkey = \"{key}\"\n")).collect();
    Gateway::at_level("info", &apps.concat())
}

/// Tries `join` and `resume` with what is not good, on a socket of its own; each is refused as it must be.
async fn try_to_enter(gateway: &Gateway, healthy: &Value, mine: &Value, left: &Value) {
    let good = token("healthy", "alice");
    let mut changed = good.clone();
    changed.replace_range(60..61, if changed.as_bytes()[60] == b'A' { "B" } else { "A" });
    let tokens = [
        (token_with(APP, "another key", "healthy", "alice", ALL), "token_signature"),
        (token_with(APP, KEY, "healthy", "alice", Allow { token_s: -1, ..ALL }), "token_expired"),
        (token_with(OTHER_APP, OTHER_KEY, "healthy", "alice", ALL), "token_mismatch"),
        (token_with(APP, KEY, "healthy", "mallory", ALL), "token_mismatch"),
        (token_with(APP, KEY, "attack", "alice", ALL), "token_mismatch"),
    ];
    let mut client = Client::open(gateway).await;
    for (token, name) in &tokens {
        let join = json!({ "app": APP, "room": "healthy", "user": "alice", "token": token });
        assert_eq!(client.refused("join", join).await, *name);
    }
    let join = json!({ "app": APP, "room": "healthy", "user": "alice", "token": changed });
    let name = client.refused("join", join).await;
    assert!(["token_signature", "token_malformed", "token_mismatch", "token_expired"].contains(&&*name), "{name}");
    let resumes = [(healthy, mine), (left, left), (left, healthy)];
    for (session, secret) in resumes {
        let resume = json!({
            "session": session["session"], "secret": secret["secret"],
            "epoch": session["snapshot"]["epoch"], "offset": 0,
        });
        assert_eq!(client.refused("resume", resume).await, "session_unknown");
    }
}

/// The address `url` with the ticket of another one.
fn with_ticket_of(url: &str, other: &str) -> String {
    let ticket = other.split_once('?').expect("a query").1;
    format!("{}?{ticket}", url.split_once('?').expect("a query").0)
}

/// Whether anybody may push there.
async fn may_push(url: &str) -> bool {
    let mut encoder = Rtmp::open(url).await;
    encoder.command(&[text("connect"), crate::rtmp::number(1.0), object(&[("app", &text("live"))])].concat()).await;
    let name = url.rsplit_once("/live/").expect("name").1;
    let publish = [text("publish"), crate::rtmp::number(2.0), vec![5], text(name), text("live")].concat();
    encoder.command(&publish).await;
    let is_answer = |payload: &[u8]| contains(payload, b".Start") || contains(payload, b"error");
    let said = encoder.until(|message| message.type_id == COMMAND && is_answer(&message.payload)).await;
    contains(&said.expect("an answer").payload, b".Start")
}

/// The status that HTTP-FLV answers with.
async fn play_status(url: &str) -> u16 {
    let (authority, path) = url.split_once("//").and_then(|(_, rest)| rest.split_once('/')).expect("a URL");
    let mut socket = TcpStream::connect(authority).await.expect("connected");
    socket.write_all(format!("GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.expect("asked");
    let mut head = [0; 12];
    socket.read_exact(&mut head).await.expect("an answer");
    String::from_utf8_lossy(&head[9..]).parse().expect("a status")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by cargo xtask test --only attack"]
async fn what_is_forged_replayed_or_somebody_elses_opens_nothing() {
    let gateway = gateway();
    let call = HealthyCall::start(&gateway, 12).await;
    let (mut mallory, mine) = Client::join(&gateway, "attack", "mallory").await;
    let own = mallory.ask("publish", json!({})).await.expect("leased");
    let (mut viewer, left) = Client::join(&gateway, "healthy", "viewer").await;
    let replayed = viewer.ask("subscribe", json!({ "user": "alice" })).await.expect("leased");
    assert_eq!(play_status(url(&replayed, "flv")).await, 200);
    viewer.ask("leave", json!({})).await.expect("left");
    let before = gateway.log().lines().count();

    let (push, play) = (url(&call.lease, "rtmp"), url(&replayed, "flv"));
    let stolen_stream = with_ticket_of(push, url(&own, "rtmp"));
    let push_to_play = with_ticket_of(play, url(&own, "rtmp"));
    let play_to_push = with_ticket_of(push, play);
    for _ in 0..ROUNDS {
        try_to_enter(&gateway, &call.joined, &mine, &left).await;
        assert!(!may_push(&stolen_stream).await, "the ticket of another stream");
        assert!(!may_push(&play_to_push).await, "the ticket of a player");
        assert_eq!(play_status(play).await, 403, "the ticket of a session that has left");
        assert_eq!(play_status(&push_to_play).await, 403, "the ticket of a publisher of another stream");
    }
    let log = gateway.log();
    let lines = log.lines().count() - before;
    assert!(lines < 200, "{lines} lines: {log}");
    call.prove_unharmed().await;
    mallory.quiet().await;
}
