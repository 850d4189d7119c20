//! The golden vectors, checked with any [`Document`]: `serde_json` in native programs, the engine's JSON on WASM.

use miniapp_rtc::protocol::{ClientFrame, Document, ErrorCode, Event, Method, Notice, Remedy, ServerFrame};
use serde::Serialize;
use serde_json::Value;

const CLIENT: &str = include_str!("../vectors/frames/client.json");
const SERVER: &str = include_str!("../vectors/frames/server.json");
const BAD_CLIENT: &str = include_str!("../vectors/frames/bad-client.json");
const BAD_SERVER: &str = include_str!("../vectors/frames/bad-server.json");

/// Names of all events of version 1; [`nothing_is_missing`] and the specification's table are compared with it.
pub(crate) const EVENTS: &[&str] = &[
    "member_joined",
    "member_suspended",
    "member_resumed",
    "member_left",
    "stream_added",
    "stream_updated",
    "stream_stalled",
    "stream_recovered",
    "stream_removed",
    "kicked",
    "bye",
    "url_updated",
    "token_expiring",
];

pub(crate) fn client_frames<D: Document>() {
    for vector in vectors(CLIENT) {
        let (name, text) = (string(&vector, "name"), string(&vector, "text"));
        let frame = ClientFrame::decode::<D>(text).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
        let kind = match &frame {
            ClientFrame::Notice(_) => "notice",
            ClientFrame::Request(_) => "request",
            ClientFrame::Unknown(_) => "ignored",
        };
        assert_eq!(kind, string(&vector, "kind"), "{name}");
        assert_eq!(written::<D>(&frame), vector["means"], "{name}");
    }
}

/// What the client's vectors mean, each as a frame.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn client_meanings() -> Vec<Value> {
    vectors(CLIENT).into_iter().map(|vector| vector["means"].clone()).collect()
}

pub(crate) fn server_frames<D: Document>() {
    for vector in vectors(SERVER) {
        let (name, text) = (string(&vector, "name"), string(&vector, "text"));
        let frame = ServerFrame::decode::<D>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kind = match &frame {
            ServerFrame::Answer { .. } => "answer",
            ServerFrame::Event { event: Event::Unknown(_), .. } => "unknown event",
            ServerFrame::Event { .. } => "event",
            ServerFrame::Refusal { .. } => "refusal",
        };
        assert_eq!(kind, string(&vector, "kind"), "{name}");
        assert_eq!(written::<D>(&frame), vector["means"], "{name}");
        if let ServerFrame::Refusal { refusal, .. } = frame {
            assert_eq!(remedy_name(Remedy::of(refusal.code)), string(&vector, "remedy"), "{name}");
        }
    }
}

pub(crate) fn bad_client_frames<D: Document>() {
    for vector in vectors(BAD_CLIENT) {
        let (name, text) = (string(&vector, "name"), string(&vector, "text"));
        let Err(bad) = ClientFrame::decode::<D>(text) else {
            panic!("{name}: it was accepted");
        };
        assert_eq!(Value::from(bad.refusal.code), vector["refusal"]["code"], "{name}: {}", bad.refusal.reason);
        assert_eq!(Value::from(bad.id), vector["refusal"]["id"], "{name}: {}", bad.refusal.reason);
        let code = ErrorCode::ALL.iter().find(|code| code.number() == bad.refusal.code).expect("a code of version 1");
        assert_eq!(bad.refusal.name, code.name(), "{name}");
        assert!(!bad.refusal.reason.is_empty(), "{name}");
    }
}

pub(crate) fn bad_server_frames<D: Document>() {
    for vector in vectors(BAD_SERVER) {
        let (name, text) = (string(&vector, "name"), string(&vector, "text"));
        assert!(ServerFrame::decode::<D>(text).is_err(), "{name}: it was accepted");
    }
}

pub(crate) fn nothing_is_missing<D: Document>() {
    let asked = vectors(CLIENT);
    let told = vectors(SERVER);
    let has = |list: &[Value], member: &str, name: &str| list.iter().any(|vector| vector["means"][member] == name);
    for method in Method::ALL {
        assert!(has(&asked, "m", method.name()), "no client frame shows {}", method.name());
        assert!(has(&told, "m", method.name()), "no server frame answers {}", method.name());
    }
    assert!(has(&asked, "m", Notice::REPORT), "no client frame shows {}", Notice::REPORT);
    for event in EVENTS {
        assert!(has(&told, "ev", event), "no server frame shows {event}");
    }
    for vector in told {
        let frame = ServerFrame::decode::<D>(string(&vector, "text")).expect("a server frame");
        if let ServerFrame::Event { event, .. } = frame {
            assert_eq!(is_of_version_1(&event), EVENTS.contains(&event.name()), "{}", event.name());
        }
    }
}

/// Fails to compile when the code gains an event that [`EVENTS`] lacks.
fn is_of_version_1(event: &Event) -> bool {
    match event {
        Event::MemberJoined(_) | Event::MemberSuspended(_) | Event::MemberResumed(_) | Event::MemberLeft(_) => true,
        Event::StreamAdded(_) | Event::StreamUpdated(_) | Event::StreamStalled(_) => true,
        Event::StreamRecovered(_) | Event::StreamRemoved(_) => true,
        Event::Kicked(_) | Event::Bye(_) | Event::UrlUpdated(_) | Event::TokenExpiring(_) => true,
        Event::Unknown(_) => false,
    }
}

/// What the specification and the vectors call a remedy.
pub(crate) fn remedy_name(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Never => "never",
        Remedy::Later => "later",
        Remedy::RefreshToken => "refresh token",
        Remedy::Rejoin => "rejoin",
    }
}

/// The frame as our encoder writes it.
pub(crate) fn written<D: Document>(frame: &impl Serialize) -> Value {
    serde_json::from_str(&D::write(frame).expect("a frame can be written")).expect("it is JSON")
}

fn vectors(file: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).expect("a vector file");
    let vectors = file["vectors"].as_array().expect("its vectors").clone();
    assert!(!vectors.is_empty());
    vectors
}

fn string<'a>(vector: &'a Value, member: &str) -> &'a str {
    vector[member].as_str().unwrap_or_else(|| panic!("{member} is missing in {vector}"))
}
