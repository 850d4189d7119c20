//! Event names and error numbers: the same in Rust and JavaScript, by `tests/vectors/api.json`.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{Secret, TokenScope, Tracks};
use miniapp_rtc::session::{
    BackgroundPolicy, ClientEvent, ConnectionState, ConnectionStateChanged, ControlAction, ErrorNumber, Peer, Reasoned,
    SocketClosed, StreamAdded, StreamControl, StreamFailed, StreamRef, TokenWillExpire, UpdateUrl,
};
use serde_json::Value;

use crate::desk::user_id;

const API: &str = include_str!("../vectors/api.json");

fn api(table: &str) -> serde_json::Map<String, Value> {
    let api: Value = serde_json::from_str(API).unwrap();
    api[table].as_object().unwrap().clone()
}

#[test]
fn every_event_has_the_name_that_javascript_knows() {
    let uid = user_id("ann");
    let stream = StreamRef { uid: uid.clone(), screen: false };
    let closed = SocketClosed { code: 1006, reason: "".into() };
    let reason = "because";
    let on = Tracks::BOTH;
    let changed = ConnectionStateChanged {
        current: ConnectionState::Connected,
        previous: ConnectionState::Connecting,
        reason: reason.into(),
    };
    let control = StreamControl {
        uid: uid.clone(),
        screen: false,
        action: ControlAction::Start,
        delay: 0,
        sequence: 1,
        background: BackgroundPolicy::Mute,
    };
    let events = [
        ClientEvent::ClientBanned(Reasoned { reason: reason.into() }),
        ClientEvent::Close(closed.clone()),
        ClientEvent::ConnectionStateChanged(changed),
        ClientEvent::Disconnect(closed.clone()),
        ClientEvent::Error(closed),
        ClientEvent::MuteAudio(stream.clone()),
        ClientEvent::MuteVideo(stream.clone()),
        ClientEvent::PeerLeave(Peer { uid: uid.clone() }),
        ClientEvent::PeerOnline(Peer { uid: uid.clone() }),
        ClientEvent::StreamAdded(StreamAdded { uid: uid.clone(), screen: false, stream_publish_state: on }),
        ClientEvent::StreamControl(control),
        ClientEvent::StreamFailed(StreamFailed { uid: uid.clone(), screen: false, reason: reason.into() }),
        ClientEvent::StreamRemoved(stream.clone()),
        ClientEvent::TokenWillExpire(TokenWillExpire { expires_in: 30, scope: TokenScope::Token }),
        ClientEvent::UnmuteAudio(stream.clone()),
        ClientEvent::UnmuteVideo(stream),
        ClientEvent::UpdateUrl(UpdateUrl { uid, screen: false, url: Secret::new("rtmp://x") }),
    ];
    let emitted: BTreeSet<String> = events.iter().map(|event| event.name().to_owned()).collect();
    let known: BTreeSet<String> = api("events").values().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(emitted, known);
}

#[test]
fn every_error_has_the_number_that_javascript_knows() {
    let raised: BTreeSet<u64> = ErrorNumber::ALL.iter().map(|number| u64::from(*number as u32)).collect();
    let known: BTreeSet<u64> = api("errorCodes").values().map(|number| number.as_u64().unwrap()).collect();
    assert_eq!(raised, known);
}

const PUSHER: &str = include_str!("../../js-glue/components/v-pusher/v-pusher.wxml");
const TYPINGS: &str = include_str!("../../js-glue/index.d.ts");

/// What stands in single quotes, from the first place behind `start` to the next `end`.
fn quoted<'a>(text: &'a str, start: &str, end: char) -> BTreeSet<&'a str> {
    let (_, after) = text.split_once(start).unwrap();
    let (part, _) = after.split_once(end).unwrap();
    part.split('\'').skip(1).step_by(2).collect()
}

#[test]
fn every_background_policy_has_the_word_that_javascript_knows() {
    let words: BTreeSet<&str> = BackgroundPolicy::ALL.iter().map(|policy| policy.name()).collect();
    assert_eq!(quoted(TYPINGS, "type BackgroundPolicy =", ';'), words);
    let compared = quoted(PUSHER, "control.background", '}');
    assert!(!compared.is_empty() && compared.is_subset(&words), "the pusher compares with {compared:?}");
}
