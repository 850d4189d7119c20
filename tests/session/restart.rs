//! A gateway that restarted: whoever is back first sees nobody yet, which is not told.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, LeaveReason, MemberIs, MemberLeft, Snapshot};
use miniapp_rtc::session::{CallId, ErrorNumber};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, snapshot, stream, user_id};
use crate::repair::{calling, names};

/// The socket is lost, and the gateway that is found again knows no session.
pub(crate) fn restart(desk: &mut Desk, shown: Snapshot) {
    desk.socket(miniapp_rtc::session::SocketEvent::Closed { code: 1006, reason: "abnormal closure".into() });
    desk.pass(2_500);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(shown);
}

fn nothing() -> Vec<Value> {
    Vec::new()
}

#[test]
fn who_comes_back_soon_was_never_gone() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &[], vec![]));
    assert_eq!(names(&desk), ["connection-state-changed"]);
    assert_eq!(desk.methods(), ["publish"], "ann's stream is not there to be asked for");
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    assert_eq!((desk.methods(), names(&desk)), (vec![], nothing()), "nor is there anything to repair it with");
    desk.pass(5_000);
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    assert_eq!(names(&desk), nothing());
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
    assert_eq!((desk.methods(), names(&desk)), (vec!["subscribe"], nothing()));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(
        desk.events(),
        [json!(["update-url", { "uid": "ann", "screen": false, "url": desk.events()[0][1]["url"] }])]
    );
    desk.pass(5_000);
    assert!(
        !names(&desk).iter().any(|name| name == "peer-leave" || name == "stream-removed"),
        "nobody is missing any more"
    );
}

#[test]
fn who_does_not_come_back_is_told_of_after_ten_seconds() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["bob"], vec![]));
    assert_eq!(names(&desk), ["peer-online", "connection-state-changed"], "bob is new");
    desk.pass(9_999);
    assert_eq!(names(&desk), nothing());
    desk.pass(1);
    assert_eq!(names(&desk), ["stream-removed", "peer-leave"]);
    let call = desk.call("unsubscribe", json!({ "uid": "ann" }));
    assert_ne!(desk.code(call), 0, "what nobody publishes is not received any more");
}

#[test]
fn a_stream_that_does_not_come_back_is_told_of_though_its_user_did() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["ann"], vec![]));
    assert_eq!(names(&desk), ["connection-state-changed"]);
    desk.pass(10_000);
    assert_eq!(names(&desk), ["stream-removed"]);
}

/// A call that was sent to the gateway that stopped, and refused by the one that started.
fn refused_early(desk: &mut Desk, method: &str, arguments: Value, shown: Snapshot, code: ErrorCode) -> CallId {
    let call = desk.call(&camel(method), arguments);
    assert_eq!(desk.methods(), [method]);
    restart(desk, shown);
    desk.refuse(method, code);
    assert!(desk.outcome(call).is_none(), "{method} waits: {:?}", desk.outcome(call));
    call
}

fn camel(method: &str) -> String {
    match method {
        "mute_local" => "muteLocal".into(),
        "mute_remote" => "muteRemote".into(),
        other => other.into(),
    }
}

/// Ann is back in the new history, and so is her stream.
fn ann_is_back(desk: &mut Desk) {
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
}

#[test]
fn a_subscribe_waits_for_a_user_who_is_not_back_yet() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let of = json!({ "uid": "ann" });
    let call = refused_early(&mut desk, "subscribe", of, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    desk.pass(9_000);
    assert!(desk.outcome(call).is_none());
    ann_is_back(&mut desk);
    assert_eq!((desk.methods(), names(&desk)), (vec!["subscribe"], nothing()));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!((desk.code(call), names(&desk)), (0, nothing()));
}

#[test]
fn a_subscribe_to_a_user_who_does_not_come_back_is_refused_by_the_gateway() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let of = json!({ "uid": "ann" });
    let call = refused_early(&mut desk, "subscribe", of, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    desk.pass(10_000);
    assert_eq!(names(&desk), ["stream-removed", "peer-leave"]);
    desk.refuse("subscribe", ErrorCode::UserNotFound);
    assert_eq!(desk.code(call), ErrorNumber::UidNotFound as u32);
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
    assert_eq!((desk.methods(), names(&desk)), (vec![], vec![json!("stream-added")]), "the page may ask again");
}

#[test]
fn a_subscribe_to_a_user_who_came_back_at_the_last_moment_is_granted() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let of = json!({ "uid": "ann" });
    let call = refused_early(&mut desk, "subscribe", of, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    desk.pass(10_000);
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(desk.code(call), 0);
}

#[test]
fn no_call_waits_for_one_restart_after_another() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let of = json!({ "uid": "ann" });
    let call = refused_early(&mut desk, "subscribe", of, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    desk.pass(4_000);
    ann_is_back(&mut desk);
    restart(&mut desk, snapshot("e3", 1, &[], vec![]));
    desk.refuse("subscribe", ErrorCode::UserNotFound);
    assert!(desk.outcome(call).is_none());
    desk.pass(6_499);
    assert!(desk.outcome(call).is_none());
    desk.pass(1);
    assert_eq!(desk.code(call), ErrorNumber::SignalingTimeout as u32, "13 seconds after the first");
}

#[test]
fn a_mute_waits_for_the_stream_that_it_mutes() {
    let mut desk = calling();
    let mute = json!({ "uid": "ann", "audio": false, "video": true });
    let call = refused_early(&mut desk, "mute_remote", mute, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s30", 1)));
    desk.pass(4_000);
    ann_is_back(&mut desk);
    assert_eq!(desk.methods(), ["subscribe"], "the stream first");
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(desk.asked("mute_remote"), [json!({ "user": "ann", "kind": "camera", "audio": true, "video": false })]);
    desk.done("mute_remote");
    assert_eq!(desk.code(call), 0);
}

#[test]
fn an_older_mute_that_waited_does_not_undo_a_newer_subscribe() {
    let mut desk = calling();
    let mute = json!({ "uid": "ann", "audio": false, "video": true });
    let older = refused_early(&mut desk, "mute_remote", mute, snapshot("e2", 1, &[], vec![]), ErrorCode::UserNotFound);
    let newer = desk.call("subscribe", json!({ "uid": "ann" }));
    desk.refuse("subscribe", ErrorCode::UserNotFound);
    ann_is_back(&mut desk);
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(desk.code(newer), 0);
    assert_eq!(desk.asked("mute_remote"), [json!({ "user": "ann", "kind": "camera", "audio": true, "video": false })]);
    desk.done("mute_remote");
    assert_eq!(desk.code(older), 0);
    assert_eq!(desk.asked("mute_remote"), [json!({ "user": "ann", "kind": "camera", "audio": true, "video": true })]);
}

#[test]
fn a_mute_of_ones_own_stream_waits_until_that_is_published_again() {
    let mut desk = calling();
    let mute = json!({ "audio": false, "video": true });
    let room = || snapshot("e2", 1, &["ann"], vec![stream("s20", "ann", 1, true, true)]);
    let call = refused_early(&mut desk, "mute_local", mute, room(), ErrorCode::NotPublished);
    let before = desk.operation_of("mute_local");
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s30", 1)));
    assert_eq!(desk.asked("mute_local"), [json!({ "kind": "camera", "audio": true, "video": false })]);
    assert_ne!(desk.operation_of("mute_local"), before, "a repeat would only repeat the refusal");
    desk.done("mute_local");
    assert_eq!(desk.code(call), 0);
}

#[test]
fn a_mute_of_a_stream_that_does_not_come_back_is_in_vain() {
    let mut desk = calling();
    let mute = json!({ "audio": false, "video": true });
    let call = refused_early(&mut desk, "mute_local", mute, snapshot("e2", 1, &[], vec![]), ErrorCode::NotPublished);
    desk.pass(3_000);
    assert_eq!(desk.code(call), ErrorNumber::SignalingTimeout as u32);
    assert!(desk.refusal(call).reason.contains("come back"), "{:?}", desk.refusal(call));
}

#[test]
fn a_user_who_is_not_back_yet_can_be_unsubscribed_from() {
    let mut desk = calling();
    let call = desk.call("unsubscribe", json!({ "uid": "ann" }));
    restart(&mut desk, snapshot("e2", 1, &[], vec![]));
    desk.refuse("unsubscribe", ErrorCode::UserNotFound);
    assert_eq!(desk.code(call), 0);
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
    assert_eq!(desk.methods(), Vec::<&str>::new(), "what was unsubscribed from is not asked for again");
}

#[test]
fn a_subscribe_that_is_not_answered_loses_no_stream_that_was_received_before() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["ann"], vec![]));
    let call = desk.call("subscribe", json!({ "uid": "ann" }));
    desk.event_of("e2", 2, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
    desk.pass(3_000);
    assert_ne!(desk.code(call), 0);
    assert!(!desk.methods().contains(&"unsubscribe"), "{:?}", desk.methods());
    assert!(desk.methods().contains(&"subscribe"), "asked for as before: {:?}", desk.methods());
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(names(&desk), ["update-url"]);
}

#[test]
fn a_mute_is_not_undone_by_a_restore_that_is_repeated() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["ann"], vec![stream("s20", "ann", 1, true, true)]));
    assert!(desk.methods().contains(&"subscribe"));
    desk.pass(1_000);
    let call = desk.call("muteRemote", json!({ "uid": "ann", "audio": false, "video": true }));
    desk.pass(2_000);
    assert!(desk.methods().contains(&"subscribe"), "once more, and as before the mute: {:?}", desk.methods());
    desk.answer(desk.last_id("mute_remote"), Answer::Done(Default::default()));
    assert_eq!(desk.code(call), 0);
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
    assert_eq!(desk.asked("mute_remote"), [json!({ "user": "ann", "kind": "camera", "audio": true, "video": false })]);
}

#[test]
fn a_stream_that_is_back_with_other_tracks_is_told_of_by_them() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["ann"], vec![stream("s20", "ann", 1, true, false)]));
    assert_eq!(names(&desk), ["mute-video", "connection-state-changed"]);
}

#[test]
fn who_leaves_meanwhile_is_told_of_at_once() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e2", 1, &["ann"], vec![]));
    desk.event_of("e2", 2, Event::MemberLeft(MemberLeft { user: user_id("ann"), reason: LeaveReason::Left }));
    assert_eq!(names(&desk), ["stream-removed", "peer-leave"]);
    desk.pass(10_000);
    assert_eq!(names(&desk), nothing(), "once");
}

#[test]
fn one_users_stream_is_not_taken_for_anothers() {
    let mut desk = Desk::joined(&["ann", "bob"], ["ann", "bob"].map(|user| stream(user, user, 1, true, true)).into());
    restart(&mut desk, snapshot("e1", 20, &["ann", "bob"], vec![stream("bob", "bob", 1, true, true)]));
    assert_eq!(desk.events()[0], json!(["stream-removed", { "uid": "ann", "screen": false }]));
    assert_eq!(names(&desk), ["stream-removed", "connection-state-changed"]);
}

#[test]
fn one_users_tracks_are_not_taken_for_anothers() {
    let mut desk = Desk::joined(&["ann", "bob"], ["ann", "bob"].map(|user| stream(user, user, 1, true, true)).into());
    desk.event(11, Event::StreamUpdated(stream("bob", "bob", 1, true, false)));
    assert_eq!(desk.events(), [json!(["mute-video", { "uid": "bob", "screen": false }])]);
}

#[test]
fn where_the_history_goes_on_nobody_is_waited_for() {
    let mut desk = calling();
    restart(&mut desk, snapshot("e1", 20, &[], vec![]));
    assert_eq!(names(&desk), ["stream-removed", "peer-leave", "connection-state-changed"]);
}
