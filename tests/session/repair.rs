//! Streams that break: a new address within a budget, then the truth.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, Pong, RemoveReason, StreamRemoved};
use miniapp_rtc::session::{Signal, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, stream, user_id};

pub(crate) fn calling() -> Desk {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    desk.report("reportPusherStateChange", json!({ "code": 1002 }));
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": 2004 }));
    desk
}

fn push_fails(desk: &mut Desk) {
    desk.report("reportPusherStateChange", json!({ "code": -1307 }));
}

pub(crate) fn names(desk: &Desk) -> Vec<Value> {
    desk.events().iter().map(|event| event[0].clone()).collect()
}

#[test]
fn a_pusher_or_player_that_gave_up_gets_a_new_address() {
    let mut desk = calling();
    push_fails(&mut desk);
    assert_eq!(desk.methods(), ["renew_url"]);
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
    assert_eq!(desk.events()[0][0], "update-url");
    assert_eq!(desk.events()[0][1]["uid"], "me");
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    assert_eq!(desk.methods(), ["renew_url"]);
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s1", 1)));
    assert_eq!(desk.events()[0][1]["uid"], "ann");
}

#[test]
fn retries_are_bounded() {
    let mut desk = calling();
    for _ in 0..5 {
        push_fails(&mut desk);
        assert_eq!(desk.methods(), ["renew_url"]);
        desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
        desk.now = desk.now + 10_000;
    }
    push_fails(&mut desk);
    assert_eq!(desk.methods(), ["unpublish"], "the gateway is not to hold it for us");
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "and its tag stops");
    let again = desk.call("publish", json!({}));
    assert_eq!(desk.outcome(again), None, "the page may begin anew");
}

#[test]
fn the_budget_comes_back_with_time() {
    let mut desk = calling();
    for _ in 0..20 {
        push_fails(&mut desk);
        assert_eq!(desk.methods(), ["renew_url"]);
        desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
        desk.now = desk.now + 30_000;
    }
}

#[test]
fn a_stream_that_the_gateway_does_not_hold_any_more_is_begun_anew() {
    let mut desk = calling();
    desk.call("muteLocal", json!({ "audio": true, "video": false }));
    desk.done("mute_local");
    push_fails(&mut desk);
    desk.refuse("renew_url", ErrorCode::NotPublished);
    assert_eq!(desk.methods(), ["publish", "mute_local"], "muted as it was");
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s10", 1)));
    assert_eq!(names(&desk), ["update-url"]);

    let mut desk = calling();
    let removed =
        |reason| StreamRemoved { stream: lease("s9", 1).stream, user: user_id("me"), kind: Default::default(), reason };
    desk.event(11, Event::StreamRemoved(removed(RemoveReason::MediaLost)));
    assert_eq!(desk.methods(), ["publish"]);

    let mut desk = calling();
    desk.event(11, Event::StreamRemoved(removed(RemoveReason::TokenExpired)));
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "no new address helps");
    assert_eq!(desk.methods(), Vec::<&str>::new());
}

#[test]
fn what_breaks_with_the_connection_is_repaired_when_it_is_back() {
    let mut desk = calling();
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    push_fails(&mut desk);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["renew_url"]);
}

#[test]
fn a_new_address_whose_answer_is_lost_with_its_socket_is_asked_for_again() {
    let mut desk = calling();
    push_code(&mut desk, -1304);
    desk.pass(10_000);
    assert!(desk.methods().contains(&"renew_url"), "play again did not help: {:?}", desk.methods());
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["renew_url"]);
}

#[test]
fn a_refused_permission_is_for_the_user_to_grant() {
    let mut desk = calling();
    desk.report("reportPusherStateChange", json!({ "code": -1301 }));
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "its tag stops");
    assert_eq!(desk.methods(), ["unpublish"], "and the others see no dead tile");
    desk.done("unpublish");
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "nothing brings it back but the page");
    let again = desk.call("publish", json!({}));
    assert_eq!((desk.outcome(again), desk.methods()), (None, vec!["publish"]));
}

#[test]
fn a_gateway_that_cannot_renew_right_now_is_asked_again_within_the_budget() {
    let mut desk = calling();
    push_fails(&mut desk);
    let renews_after = |desk: &mut Desk, pause: u32| {
        desk.pass(pause);
        let methods = desk.methods();
        if methods.contains(&"ping") {
            desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
        }
        methods.contains(&"renew_url")
    };
    for pause in [2_000, 4_000, 8_000, 8_000] {
        desk.refuse("renew_url", ErrorCode::MediaUnavailable);
        assert_eq!(desk.methods(), Vec::<&str>::new());
        assert!(!renews_after(&mut desk, pause - 1), "after a pause of {pause} ms");
        assert!(renews_after(&mut desk, 1), "after a pause of {pause} ms");
    }
    desk.refuse("renew_url", ErrorCode::MediaUnavailable);
    desk.pass(8_000);
    assert!(desk.methods().contains(&"unpublish"));
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "and its tag stops");
}

#[test]
fn one_bad_measurement_is_not_told_and_two_in_a_row_are() {
    let mut desk = calling();
    let mut measure = |level: u32| {
        desk.report("reportPusherNetStatusChange", json!({ "info": { "netQualityLevel": level } }));
        desk.effects.len()
    };
    assert_eq!([measure(1), measure(5), measure(1), measure(5), measure(1)], [0; 5], "one in a row is noise");
    assert_eq!([measure(5), measure(5)], [0, 1], "two are told to the gateway");
    assert_eq!([measure(1), measure(1), measure(1), measure(1)], [0, 0, 0, 1], "getting better takes longer");
}

pub(crate) fn push_code(desk: &mut Desk, code: i32) {
    desk.report("reportPusherStateChange", json!({ "code": code }));
}

#[test]
fn one_outage_is_one_repair() {
    let mut desk = calling();
    for _ in 0..10 {
        push_code(&mut desk, 3_004);
        push_code(&mut desk, 1_102);
    }
    let renewals =
        |desk: &Desk| desk.sent.iter().filter(|(_, frame)| format!("{frame:?}").contains("RenewUrl")).count();
    assert_eq!(renewals(&desk), 1, "what the tag tries by itself takes nothing from the budget");
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
    for _ in 0..10 {
        push_code(&mut desk, 3_004);
        push_code(&mut desk, 1_102);
    }
    desk.pass(2_000);
    assert_eq!(renewals(&desk), 2);
}

#[test]
fn a_stream_that_ends_while_its_address_is_renewed_is_asked_for_once() {
    let mut desk = calling();
    push_fails(&mut desk);
    let removed = StreamRemoved {
        stream: lease("s9", 1).stream,
        user: user_id("me"),
        kind: Default::default(),
        reason: RemoveReason::MediaLost,
    };
    desk.event(11, Event::StreamRemoved(removed));
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.refuse("renew_url", ErrorCode::NotPublished);
    assert_eq!(desk.methods(), ["publish"]);
}

#[test]
fn a_stream_whose_lease_was_lost_on_the_way_is_ours_all_the_same() {
    let mut desk = calling();
    push_fails(&mut desk);
    desk.refuse("renew_url", ErrorCode::NotPublished);
    assert_eq!(desk.methods(), ["publish"]);
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    desk.refuse("publish", ErrorCode::AlreadyPublished);
    assert_eq!((names(&desk), desk.methods()), (vec![], vec!["renew_url"]));
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s10", 1)));
    assert_eq!(names(&desk), ["update-url"]);
    assert_eq!(desk.methods(), ["mute_local"], "its tracks may have been off");
}

#[test]
fn a_player_that_gave_up_is_repaired_when_the_user_is_back() {
    let mut desk = calling();
    for _ in 0..2 {
        desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    }
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s1", 1)));
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    desk.hide();
    desk.done("mute_local");
    desk.pass(1_000);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.signal(Signal::AppShow);
    desk.pass(0);
    assert_eq!(desk.methods(), ["renew_url"], "the pause was over while the app was hidden");
}

#[test]
fn what_a_dead_socket_swallowed_costs_no_attempt() {
    let mut desk = calling();
    for _ in 0..8 {
        push_fails(&mut desk);
        assert_eq!(desk.methods(), ["renew_url"], "no pause either");
        desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
        desk.pass(300);
        desk.open();
        desk.resumed(None);
        assert_eq!(desk.methods(), ["renew_url"]);
        desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
        desk.pass(300);
        desk.open();
        desk.report("reportPusherStateChange", json!({ "code": 1002 }));
        desk.resumed(None);
    }
    for _ in 0..5 {
        push_fails(&mut desk);
        desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
        desk.now = desk.now + 8_000;
    }
    push_fails(&mut desk);
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "what was answered does");
}

#[test]
fn a_repair_without_an_answer_is_one_and_the_socket_is_looked_at() {
    let mut desk = calling();
    push_fails(&mut desk);
    desk.pass(3_000);
    assert_eq!(desk.methods(), ["renew_url", "ping"]);
    desk.pass(2_000);
    assert_eq!(desk.state(), miniapp_rtc::session::ConnectionState::Reconnecting);
}

#[test]
fn a_broken_stream_is_repaired_though_the_page_asked_for_it_in_vain() {
    let mut desk = calling();
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    let call = desk.call("subscribe", json!({ "uid": "ann" }));
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["subscribe"], "the page's own call brings a new address");
    desk.refuse("subscribe", ErrorCode::NoSubscribePrivilege);
    assert!(desk.outcome(call).unwrap().is_err());
    assert_eq!(desk.methods(), ["renew_url"]);
}

#[test]
fn a_stream_that_the_page_ends_while_it_is_repaired_is_not_begun_anew() {
    let mut desk = calling();
    push_fails(&mut desk);
    let unpublish = desk.call("unpublish", json!({}));
    desk.refuse("renew_url", ErrorCode::NotPublished);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.refuse("unpublish", ErrorCode::NotPublished);
    assert_eq!(desk.code(unpublish), 0);
}

#[test]
fn a_refused_repair_counts_whatever_becomes_of_the_socket() {
    let mut desk = calling();
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    let mut asked = 1;
    for outage in 0..8 {
        desk.refuse("renew_url", ErrorCode::NoSubscribePrivilege);
        desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
        desk.pass(8_000);
        desk.open();
        desk.resumed(None);
        if names(&desk).contains(&json!("stream-failed")) {
            assert_eq!((asked, outage), (5, 4), "five repairs in all");
            assert!(desk.methods().contains(&"unsubscribe"));
            return;
        }
        assert!(desk.methods().contains(&"renew_url"), "{:?}", desk.methods());
        asked += 1;
    }
    panic!("{asked} new addresses were asked for, and the stream is not given up");
}

#[test]
fn a_code_that_nobody_knows_does_not_end_a_stream_that_is_being_repaired() {
    let mut desk = calling();
    push_fails(&mut desk);
    desk.report("reportPusherStateChange", json!({ "code": 10_012 }));
    assert!(!names(&desk).contains(&json!("stream-failed")), "{:?}", desk.events());
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
    assert_eq!(names(&desk), ["update-url"]);
}
