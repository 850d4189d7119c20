//! A gateway that restarted: whoever is back first sees nobody yet, which is not told.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, LeaveReason, MemberIs, MemberLeft, Snapshot};
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

#[test]
fn a_subscribe_that_is_refused_meanwhile_can_be_made_when_the_stream_is_back() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    restart(&mut desk, snapshot("e2", 1, &[], vec![]));
    let call = desk.call("subscribe", json!({ "uid": "ann" }));
    desk.refuse("subscribe", ErrorCode::UserNotFound);
    assert_ne!(desk.code(call), 0);
    assert_eq!(names(&desk), ["stream-removed"]);
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "ann", 1, true, true)));
    assert_eq!(names(&desk), ["stream-added"]);
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
