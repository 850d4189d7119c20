//! What a client remembers and passes on: names of operations, kinds of streams, wishes that outlive a stay, whose stream an
//! event is about.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event};
use miniapp_rtc::session::{ConnectionState, LogLevel, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, snapshot, stream};

#[test]
fn each_request_that_is_done_once_has_an_operation_of_its_own() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    desk.call("publish", json!({}));
    let first = desk.operations();
    desk.call("subscribe", json!({ "uid": "ann" }));
    let second = desk.operations();
    assert_eq!((first.len(), second.len()), (1, 1), "the gateway knows a repeat by it");
    assert_ne!(first, second);
}

#[test]
fn the_kind_of_a_stream_reaches_the_gateway() {
    let mut desk = Desk::joined(&[], Vec::new());
    for (screen, kind) in [(json!(null), "camera"), (json!(false), "camera"), (json!(true), "screen")] {
        desk.call("publish", json!({ "screen": screen }));
        let asked = desk.asked("publish");
        assert_eq!(asked.first().map(|publish| &publish["kind"]), Some(&json!(kind)), "{asked:?}");
        desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
        desk.call("unpublish", json!({ "screen": screen }));
        desk.done("unpublish");
    }
    let call = desk.call("publish", json!({ "screen": "yes" }));
    assert_ne!(desk.code(call), 0, "neither true nor false");
}

#[test]
fn a_refusal_names_the_gateways_code() {
    let mut desk = Desk::joined(&[], Vec::new());
    let call = desk.call("publish", json!({}));
    desk.refuse("publish", ErrorCode::PublisherLimit);
    assert_eq!(desk.refusal(call).gateway_code, Some(ErrorCode::PublisherLimit.number()));
}

fn visible(desk: &Desk) -> Value {
    desk.asked("join").first().map_or(Value::Null, |join| join.get("visible").cloned().unwrap_or(json!(true)))
}

#[test]
fn whether_others_see_the_user_outlives_the_session_and_the_stay() {
    for is_visible in [false, true] {
        let mut desk = Desk::joined(&[], Vec::new());
        desk.call("setUserVisibility", json!({ "enable": is_visible }));
        desk.done("set_visibility");
        desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
        desk.pass(300);
        desk.open();
        desk.refuse("resume", ErrorCode::SessionUnknown);
        assert_eq!(visible(&desk), json!(is_visible), "the session is gone, and the room is joined again");
        desk.answer_join(snapshot("e2", 1, &[], Vec::new()));
        desk.call("leave", json!({}));
        desk.done("leave");
        desk.begin_join();
        desk.open();
        assert_eq!(visible(&desk), json!(is_visible), "the page joins again");
    }
}

#[test]
fn a_join_that_is_refused_is_not_made_again() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    desk.open();
    desk.refuse("join", ErrorCode::SessionUnknown);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    assert_ne!(desk.code(call), 0);
    assert_eq!(desk.state(), ConnectionState::Disconnected);
}

#[test]
fn a_stream_with_another_name_or_generation_is_another_stream() {
    for (name, generation) in [("s2", 1), ("s1", 2)] {
        let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
        desk.event(11, Event::StreamAdded(stream(name, "ann", generation, true, true)));
        let names: Vec<Value> = desk.events().into_iter().map(|event| event[0].clone()).collect();
        assert_eq!(names, [json!("stream-removed"), json!("stream-added")], "{name} {generation}");
    }
}

#[test]
fn a_stream_that_ended_meanwhile_is_not_asked_for_again_though_others_are_there() {
    let streams = vec![stream("s1", "ann", 1, true, true), stream("s2", "bob", 1, true, true)];
    let mut desk = Desk::joined(&["ann", "bob"], streams);
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(Some(snapshot("e1", 20, &["ann", "bob"], vec![stream("s2", "bob", 1, true, true)])));
    assert_eq!(desk.methods(), Vec::<&str>::new());
    let call = desk.call("unsubscribe", json!({ "uid": "ann" }));
    assert_ne!(desk.outcome(call), None, "there is nothing to end");
}

#[test]
fn levels_of_the_log_have_names() {
    assert_eq!([LogLevel::Info, LogLevel::Warn].map(LogLevel::name), ["info", "warn"]);
}
