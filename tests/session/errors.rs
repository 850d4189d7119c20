//! Calls out of order and with wrong arguments: each of the vendor's numbers, without a word to the gateway.

use miniapp_rtc::session::ErrorNumber;
use serde_json::{Value, json};

use crate::desk::{APP, Desk, lease, stream, token};
use miniapp_rtc::protocol::Answer;
use miniapp_rtc::token::Privilege;

#[track_caller]
fn fails(desk: &mut Desk, method: &str, arguments: Value, number: ErrorNumber) {
    let call = desk.call(method, arguments);
    assert_eq!(desk.code(call), number as u32, "{method}: {:?}", desk.effects);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "nothing is sent");
}

#[test]
fn before_init() {
    fails(&mut Desk::new(), "join", json!({ "token": "t", "roomId": "r", "userId": "u" }), ErrorNumber::InvalidParams);
    fails(&mut Desk::new(), "publish", json!({}), ErrorNumber::InvalidParams);
}

#[test]
fn init() {
    let gateways = ["wss://one.test"];
    fails(&mut Desk::new(), "init", json!({ "appId": "short", "gateways": gateways }), ErrorNumber::InvalidParams);
    fails(&mut Desk::new(), "init", json!({ "gateways": gateways }), ErrorNumber::InvalidParams);
    fails(&mut Desk::new(), "init", json!({ "appId": APP, "gateways": [] }), ErrorNumber::NoWebSocketUrl);
    fails(&mut Desk::new(), "init", json!({ "appId": APP, "gateways": ["http://x"] }), ErrorNumber::NoWebSocketUrl);
    fails(&mut Desk::ready(), "init", json!({ "appId": APP, "gateways": gateways }), ErrorNumber::HasInited);
}

#[test]
fn outside_a_room() {
    for (method, arguments) in [
        ("publish", json!({})),
        ("unpublish", json!({})),
        ("subscribe", json!({ "uid": "ann" })),
        ("unsubscribe", json!({ "uid": "ann" })),
        ("muteLocal", json!({ "audio": true, "video": true })),
        ("muteRemote", json!({ "uid": "ann", "audio": true, "video": true })),
    ] {
        fails(&mut Desk::ready(), method, arguments, ErrorNumber::NotInRoom);
    }
    let mut desk = Desk::ready();
    let leave = desk.call("leave", json!({}));
    assert_eq!(desk.code(leave), 0, "leaving is harmless");
}

#[test]
fn joining_twice() {
    let mut desk = Desk::ready();
    desk.begin_join();
    let call = desk.begin_join();
    assert_eq!(desk.code(call), ErrorNumber::Connecting as u32);
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.begin_join();
    assert_eq!(desk.code(call), ErrorNumber::AlreadyInRoom as u32);
}

#[test]
fn a_business_id_is_taken_at_any_time_for_the_next_join() {
    let mut desk = Desk::ready();
    desk.begin_join();
    let call = desk.call("setBusinessId", json!({ "businessId": "later" }));
    assert_eq!(desk.code(call), 0);
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("setBusinessId", json!({ "businessId": "late" }));
    assert_eq!(desk.code(call), 0, "{:?}", desk.effects);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "nothing is sent");
}

#[test]
fn what_is_wrong_with_an_argument_is_said() {
    let gateways = ["wss://one.test"];
    let reason = |method: &str, arguments: Value| {
        let mut desk = if method == "init" { Desk::new() } else { Desk::ready() };
        let call = desk.call(method, arguments);
        desk.refusal(call).reason.to_string()
    };
    for (method, arguments, expected) in [
        (
            "init",
            json!({ "appId": "short", "gateways": gateways }),
            "init: appId app id must have 24 characters, not 5",
        ),
        ("init", json!({ "appId": 5, "gateways": gateways }), "init: appId must be a string"),
        (
            "init",
            json!({ "appId": APP, "gateways": gateways, "transport": "FLV" }),
            "init: transport must be rtmp, flv or web",
        ),
        (
            "init",
            json!({ "appId": APP, "gateways": gateways, "background": "pause" }),
            "init: background must be keep-audio, mute or leave",
        ),
        ("join", json!({ "token": "t", "roomId": 5, "userId": "u" }), "join: roomId must be a string"),
        ("join", json!({ "roomId": "r", "userId": "u" }), "join: token must be a string"),
        (
            "join",
            json!({ "token": "t", "roomId": "", "userId": "u" }),
            "join: roomId room id must have 1 to 128 characters, not 0",
        ),
        ("muteLocal", json!({ "audio": "yes", "video": true }), "muteLocal: audio must be true or false"),
        ("muteLocal", json!({ "video": true }), "muteLocal: audio must be true or false"),
        ("subscribe", json!({ "uid": 7 }), "subscribe: uid must be a string"),
    ] {
        assert_eq!(reason(method, arguments), expected);
    }
}

#[test]
fn streams_that_are_not_there() {
    let mut desk = Desk::joined(&["ann"], vec![]);
    fails(&mut desk, "subscribe", json!({ "uid": "nobody" }), ErrorNumber::UidNotFound);
    fails(&mut desk, "subscribe", json!({ "uid": "ann" }), ErrorNumber::StreamIdNotFound);
    fails(&mut desk, "unsubscribe", json!({ "uid": "nobody" }), ErrorNumber::UidNotFound);
    fails(
        &mut desk,
        "muteRemote",
        json!({ "uid": "ann", "audio": true, "video": true }),
        ErrorNumber::StreamIdNotFound,
    );
    fails(&mut desk, "unpublish", json!({}), ErrorNumber::NotPublished);
    fails(&mut desk, "muteLocal", json!({ "audio": true, "video": true }), ErrorNumber::NotPublished);
}

#[test]
fn publishing_twice() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    fails(&mut desk, "publish", json!({}), ErrorNumber::AlreadyPublished);
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    fails(&mut desk, "publish", json!({}), ErrorNumber::AlreadyPublished);
}

#[test]
fn privileges_that_the_token_does_not_hold() {
    let mut desk = Desk::ready();
    let token = token("room", "me", &[Privilege::Subscribe]);
    desk.call("join", json!({ "token": token.reveal(), "roomId": "room", "userId": "me" }));
    fails(&mut desk, "publish", json!({}), ErrorNumber::PublishError);
}

#[test]
fn wrong_arguments_are_named() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    for (method, arguments, name) in [
        ("join", json!({ "token": 5, "roomId": "r", "userId": "u" }), "token"),
        ("join", json!({ "token": "t", "roomId": "no spaces", "userId": "u" }), "room id"),
        ("join", json!({ "token": "t", "roomId": "r", "userId": "" }), "user id"),
        ("join", json!({ "token": "t", "roomId": "r" }), "userId"),
        ("subscribe", json!({}), "uid"),
        ("muteLocal", json!({ "audio": true }), "video"),
        ("setUserVisibility", json!({ "enable": "yes" }), "enable"),
        ("setBusinessId", json!({ "businessId": "" }), "business id"),
    ] {
        let call = desk.call(method, arguments);
        assert_eq!(desk.code(call), ErrorNumber::InvalidParams as u32, "{method}");
        let reason = &desk.outcome(call).unwrap().as_ref().unwrap_err().reason;
        assert!(reason.contains(name), "{method}: {reason}");
    }
    fails(&mut desk, "noSuchMethod", json!({}), ErrorNumber::InvalidParams);
}
