//! Requests that the gateway refuses for the moment: asked again, in time, in order, and not for ever.

use miniapp_rtc::protocol::{Answer, Empty, ErrorCode};
use miniapp_rtc::session::SocketEvent;
use serde_json::json;

use crate::desk::{Desk, lease, snapshot};
use crate::repair::{calling, names};

#[test]
fn a_call_is_sent_again_under_its_operation_after_the_named_wait() {
    let mut desk = Desk::joined(&[], Vec::new());
    let call = desk.call("publish", json!({}));
    let first = desk.operations();
    desk.put_off("publish", ErrorCode::RateLimited, Some(700));
    assert_eq!(desk.outcome(call), None);
    desk.pass(699);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(1);
    assert_eq!((desk.methods(), desk.operations()), (vec!["publish"], first));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    assert!(desk.outcome(call).is_some_and(Result::is_ok));
}

#[test]
fn without_a_named_wait_there_is_one_and_an_absurd_one_is_shortened() {
    let mut desk = Desk::joined(&[], Vec::new());
    desk.call("publish", json!({}));
    desk.put_off("publish", ErrorCode::MediaUnavailable, None);
    desk.pass(499);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(1);
    assert_eq!(desk.methods(), ["publish"]);
    desk.put_off("publish", ErrorCode::RateLimited, Some(0));
    desk.pass(1);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "a gateway that names no wait gets no flood");
}

#[test]
fn a_call_hears_the_refusal_when_its_time_does_not_suffice() {
    let mut desk = Desk::joined(&[], Vec::new());
    let call = desk.call("publish", json!({}));
    desk.put_off("publish", ErrorCode::RateLimited, Some(3_000));
    assert!(desk.outcome(call).is_some_and(Result::is_err), "any call is settled within three seconds");

    let mut desk = Desk::joined(&[], Vec::new());
    let call = desk.call("publish", json!({}));
    for wait in [100, 200, 400, 800] {
        desk.put_off("publish", ErrorCode::RateLimited, Some(1));
        assert_eq!(desk.outcome(call), None);
        desk.pass(wait);
        assert_eq!(desk.methods(), ["publish"], "after {wait} ms");
    }
    desk.put_off("publish", ErrorCode::RateLimited, Some(1));
    assert!(desk.outcome(call).is_some_and(Result::is_err), "not for ever");
}

#[test]
fn a_cleanup_that_is_refused_for_the_moment_is_sent_again() {
    let mut desk = calling();
    desk.report("reportPusherStateChange", json!({ "code": -1301 }));
    assert_eq!(names(&desk), ["stream-control", "stream-failed"]);
    desk.put_off("unpublish", ErrorCode::RateLimited, Some(20));
    desk.pass(100);
    assert_eq!(desk.methods(), ["unpublish"], "the gateway is not to hold it for us");
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["unpublish"]);
}

#[test]
fn a_stream_begins_anew_behind_the_end_of_the_old() {
    let mut desk = calling();
    desk.report("reportPusherStateChange", json!({ "code": -1301 }));
    desk.put_off("unpublish", ErrorCode::RateLimited, Some(200));
    desk.call("publish", json!({}));
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(200);
    assert_eq!(desk.methods(), ["unpublish", "publish"]);

    // An answer that is lost: what is sent again on the next socket goes ahead as well.
    let mut desk = calling();
    desk.report("reportPusherStateChange", json!({ "code": -1301 }));
    desk.call("publish", json!({}));
    desk.now = desk.now + 2_900;
    desk.input(miniapp_rtc::session::Input::Tick);
    desk.pass(100);
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods()[0], "unpublish");
}

#[test]
fn a_stream_is_not_given_up_because_the_gateway_asks_for_patience() {
    let mut desk = calling();
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e2", 1, &[], Vec::new()));
    desk.put_off("publish", ErrorCode::MediaUnavailable, Some(200));
    assert_eq!(names(&desk), Vec::<serde_json::Value>::new());
    desk.pass(200);
    assert_eq!(desk.methods(), ["publish"]);
}

#[test]
fn one_mute_does_not_overtake_another() {
    let mut desk = calling();
    desk.call("muteLocal", json!({ "audio": true, "video": false }));
    desk.put_off("mute_local", ErrorCode::RateLimited, Some(200));
    desk.call("muteLocal", json!({ "audio": false, "video": false }));
    assert_eq!(desk.methods(), Vec::<&str>::new(), "it waits behind the older one");
    desk.pass(200);
    let asked: Vec<_> = desk.asked("mute_local").iter().map(|mute| mute["audio"].clone()).collect();
    assert_eq!(asked, [json!(false), json!(true)]);

    // Both are on their way: only the newer one counts, so the older one is refused.
    let mut desk = calling();
    let older = desk.call("muteLocal", json!({ "audio": true, "video": false }));
    let id = desk.last_id("mute_local");
    desk.call("muteLocal", json!({ "audio": false, "video": false }));
    let refusal = miniapp_rtc::protocol::Refusal::new(ErrorCode::RateLimited, "refused for the test").retry_after(20);
    desk.frame(miniapp_rtc::protocol::ServerFrame::Refusal { id: Some(id), refusal });
    assert!(desk.outcome(older).is_some_and(Result::is_err));
    desk.answer(desk.last_id("mute_local"), Answer::Done(Empty {}));
}
