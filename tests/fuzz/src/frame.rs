//! The `frame` target: every line of any text as a frame of either side, and as the body of every frame.

use miniapp_rtc::protocol::{
    Answer, Bye, ClientFrame, Document, ErrorCode, Event, Joined, Kicked, Lease, MemberIs, MemberLeft, Method, Notice,
    Pong, Resumed, ServerFrame, Snapshot, Stream, StreamIs, StreamRemoved, TokenExpiring, UrlUpdated,
};
use miniapp_rtc::session::{Call, NativeReport, Said};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::names::{CALLS, EVENTS, event_name};
use crate::reached::Reached;

/// Is put behind every text of a document, and must not come back in an error or, from a secret, in what is printed.
const SEAL: &str = "~sealed~";

/// More lines only cost time.
const MOST_LINES: usize = 32;

/// Fields whose texts are secrets.
const SECRETS: [&str; 3] = ["secret", "token", "url"];

const REPORTS: [&str; 4] = [
    "reportPlayerNetStatusChange",
    "reportPlayerStateChange",
    "reportPusherNetStatusChange",
    "reportPusherStateChange",
];

/// Decodes every line of a text as a frame; an object that names no frame also as the body of every frame and the
/// arguments of every call.
pub fn frame(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    for text in String::from_utf8_lossy(bytes).split('\n').take(MOST_LINES) {
        line(text, &mut reached);
    }
    reached
}

fn line(text: &str, reached: &mut Reached) {
    server_frame(text, reached);
    client_frame(text, reached);
    let Ok(document) = Value::parse(text) else {
        return reached.note("text", "not JSON");
    };
    sealed(&document);
    if document.is_object() && ["ev", "m", "err"].iter().all(|head| document.get(head).is_none()) {
        bodies(&document, reached);
        arguments(&document, reached);
    }
}

fn server_frame(text: &str, reached: &mut Reached) -> Option<ServerFrame> {
    let frame = ServerFrame::decode::<Value>(text).ok()?;
    let written = write(&frame);
    let again = ServerFrame::decode::<Value>(&written);
    assert_eq!(again.as_ref(), Ok(&frame), "what was written is read as something else: {written}");
    assert_eq!(write(&frame), written);
    match &frame {
        ServerFrame::Answer { method, .. } => reached.note("answer", method.name()),
        ServerFrame::Event { event: Event::Unknown(_), .. } => reached.note("event", "unknown"),
        ServerFrame::Event { event, .. } => reached.note("event", event_name(event.name())),
        ServerFrame::Refusal { .. } => reached.note("refusal", "of the gateway"),
    }
    Some(frame)
}

fn client_frame(text: &str, reached: &mut Reached) {
    match ClientFrame::decode::<Value>(text) {
        Ok(frame) => {
            let written = write(&frame);
            let again = ClientFrame::decode::<Value>(&written);
            assert_eq!(again.as_ref(), Ok(&frame), "what was written is read as something else: {written}");
            match &frame {
                ClientFrame::Notice(Notice::Report(_)) => reached.note("notice", "report"),
                ClientFrame::Request(request) => {
                    assert_ne!(request.id, 0, "0 is no id");
                    reached.note("request", request.request.method().name());
                }
                ClientFrame::Unknown(name) => {
                    assert!(Method::named(name).is_none() && name != Notice::REPORT, "{name} is known");
                    reached.note("notice", "unknown");
                }
            }
        }
        Err(bad) => {
            let codes = [ErrorCode::BadFrame, ErrorCode::BadRequest, ErrorCode::UnknownMethod];
            let code = codes.iter().find(|code| code.number() == bad.refusal.code);
            let code = code.unwrap_or_else(|| panic!("a decoder cannot refuse so: {bad:?}"));
            assert_ne!(bad.id, Some(0), "0 is no id");
            reached.note("refused", code.name());
        }
    }
}

/// Errors repeat nothing of a frame, and what is printed of a decoded one holds no secret.
fn sealed(document: &Value) {
    let mut every_text = document.clone();
    seal(&mut every_text, &|_| true);
    let text = every_text.to_string();
    if let Err(error) = ServerFrame::decode::<Value>(&text) {
        unsealed(&format!("{error} {error:?}"), &text);
    }
    if let Err(error) = ClientFrame::decode::<Value>(&text) {
        unsealed(&format!("{error:?}"), &text);
    }
    // With the names of method and event left as they are, the bodies are reached.
    let mut but_names = document.clone();
    seal(&mut but_names, &|name| !["m", "ev", "op", "ep"].contains(&name));
    let text = but_names.to_string();
    if let Err(error) = ServerFrame::decode::<Value>(&text) {
        unsealed(&format!("{error} {error:?}"), &text);
    }
    if let Err(error) = ClientFrame::decode::<Value>(&text) {
        unsealed(&format!("{error:?}"), &text);
    }
    let mut secrets = document.clone();
    seal(&mut secrets, &|name| SECRETS.contains(&name));
    let text = secrets.to_string();
    if let Ok(frame) = ServerFrame::decode::<Value>(&text) {
        unsealed(&format!("{frame:?}"), &text);
    }
    if let Ok(frame) = ClientFrame::decode::<Value>(&text) {
        unsealed(&format!("{frame:?}"), &text);
    }
}

/// Puts the seal behind every text that stands in a field `chosen` picks, at any depth.
fn seal(value: &mut Value, chosen: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(members) => {
            // A name that holds the seal itself would be mistaken for a leak.
            members.retain(|name, _| !name.contains(SEAL));
            for (name, member) in members.iter_mut() {
                seal_member(name, member, chosen);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| seal_member("", element, chosen)),
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}

fn seal_member(name: &str, member: &mut Value, chosen: &dyn Fn(&str) -> bool) {
    match member {
        Value::String(text) if chosen(name) => text.push_str(SEAL),
        Value::String(text) => {
            while text.contains(SEAL) {
                *text = text.replace(SEAL, "");
            }
        }
        other => seal(other, chosen),
    }
}

fn unsealed(printed: &str, of: &str) {
    assert!(!printed.contains(SEAL), "{printed} repeats a value of {of}");
}

/// The body of every frame. What serde's derived reader takes, the field reader takes as the same.
fn bodies(body: &Value, reached: &mut Reached) {
    let is_plain = has_plain_arrays(body);
    for method in Method::ALL {
        client_frame(&json!({ "id": 1, "m": method.name(), "p": body }).to_string(), reached);
        let answer = json!({ "id": 1, "m": method.name(), "ok": body }).to_string();
        let answer = match server_frame(&answer, reached) {
            Some(ServerFrame::Answer { answer, .. }) => Some(answer),
            _ => None,
        };
        if is_plain {
            assert_eq_if_some(derived_answer(*method, body), answer, method.name(), body);
        }
    }
    client_frame(&json!({ "m": Notice::REPORT, "p": body }).to_string(), reached);
    server_frame(&json!({ "id": 1, "err": body }).to_string(), reached);
    for name in EVENTS {
        let event = json!({ "ev": name, "ep": "e", "off": 1, "d": body }).to_string();
        let event = match server_frame(&event, reached) {
            Some(ServerFrame::Event { event, .. }) => Some(event),
            _ => None,
        };
        if is_plain {
            assert_eq_if_some(derived_event(name, body), event, name, body);
        }
    }
}

fn derived_answer(method: Method, body: &Value) -> Option<Answer> {
    Some(match method {
        Method::Join => Answer::Joined(read::<Joined>(body)?),
        Method::Resume => Answer::Resumed(read::<Resumed>(body)?),
        Method::Publish | Method::RenewUrl | Method::Subscribe => Answer::Leased(read::<Lease>(body)?),
        Method::Sync => Answer::Synced(read::<Snapshot>(body)?),
        Method::Ping => Answer::Pong(read::<Pong>(body)?),
        _ => return None,
    })
}

fn derived_event(name: &str, body: &Value) -> Option<Event> {
    Some(match name {
        "bye" => Event::Bye(read::<Bye>(body)?),
        "kicked" => Event::Kicked(read::<Kicked>(body)?),
        "member_joined" => Event::MemberJoined(read::<MemberIs>(body)?),
        "member_left" => Event::MemberLeft(read::<MemberLeft>(body)?),
        "member_resumed" => Event::MemberResumed(read::<MemberIs>(body)?),
        "member_suspended" => Event::MemberSuspended(read::<MemberIs>(body)?),
        "stream_added" => Event::StreamAdded(read::<Stream>(body)?),
        "stream_recovered" => Event::StreamRecovered(read::<StreamIs>(body)?),
        "stream_removed" => Event::StreamRemoved(read::<StreamRemoved>(body)?),
        "stream_stalled" => Event::StreamStalled(read::<StreamIs>(body)?),
        "stream_updated" => Event::StreamUpdated(read::<Stream>(body)?),
        "token_expiring" => Event::TokenExpiring(read::<TokenExpiring>(body)?),
        "url_updated" => Event::UrlUpdated(read::<UrlUpdated>(body)?),
        _ => return None,
    })
}

fn assert_eq_if_some<T: PartialEq + std::fmt::Debug>(derived: Option<T>, read: Option<T>, of: &str, body: &Value) {
    if derived.is_some() {
        assert_eq!(read, derived, "{of}: the field reader and serde differ about {body}");
    }
}

/// Whether every array is a list of objects where the protocol has one. serde would take other arrays for objects.
fn has_plain_arrays(value: &Value) -> bool {
    let Value::Object(members) = value else { return true };
    members.iter().all(|(name, member)| match member {
        Value::Array(elements) => {
            ["members", "streams", "urls"].contains(&name.as_str())
                && elements.iter().all(|element| element.is_object() && has_plain_arrays(element))
        }
        other => has_plain_arrays(other),
    })
}

/// The arguments of every call and report.
fn arguments(arguments: &Value, reached: &mut Reached) {
    let mut hidden = arguments.clone();
    seal(&mut hidden, &|name| SECRETS.contains(&name));
    for method in CALLS {
        let decoded = Call::decode(method, hidden.clone());
        unsealed(&format!("{decoded:?}"), method);
        match decoded {
            Ok(_) => reached.note("call", method),
            Err(error) => assert_eq!(error.code, 100_001, "{method} fails with {error}"),
        }
    }
    for method in REPORTS {
        if let Ok(report) = NativeReport::decode(method, arguments.clone()) {
            match report.what {
                Said::Code(_) => reached.note("report", "code"),
                Said::Net(status) => {
                    reached.note("report", "net status");
                    let _ = miniapp_rtc::media::quality(&status).level();
                }
            }
        }
    }
    assert!(Call::decode("nothing", arguments.clone()).is_err());
    assert!(NativeReport::decode("nothing", arguments.clone()).is_err());
}

fn read<T: DeserializeOwned>(body: &Value) -> Option<T> {
    T::deserialize(body).ok()
}

fn write(frame: &impl Serialize) -> String {
    Value::write(frame).expect("a frame can be written")
}
