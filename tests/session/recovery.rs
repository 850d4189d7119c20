//! Coming back: lost sockets, sessions that are gone, phones that sleep.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, MemberIs, Pong};
use miniapp_rtc::session::{ConnectionState, Effect, ErrorNumber, Signal, SocketEvent};
use serde_json::json;

use crate::desk::{Desk, GATEWAYS, lease, snapshot, stream, user_id};

fn published() -> Desk {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    desk
}

fn cut(desk: &mut Desk) {
    desk.socket(SocketEvent::Closed { code: 1006, reason: "abnormal closure".into() });
}

fn names(desk: &Desk) -> Vec<String> {
    desk.events().iter().map(|event| event[0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_lost_socket_is_replaced_and_the_session_resumed() {
    let mut desk = published();
    cut(&mut desk);
    assert_eq!(names(&desk), ["disconnect", "close", "connection-state-changed"]);
    assert_eq!(desk.state(), ConnectionState::Reconnecting);
    desk.pass(300);
    assert_eq!(desk.sockets.len(), 2, "the first wait is at most 300 ms");
    desk.open();
    assert_eq!(desk.methods(), ["resume"]);
    let resume = serde_json::to_value(&desk.sent.last().unwrap().1).unwrap();
    assert_eq!(resume["p"]["epoch"], "e1");
    assert_eq!(resume["p"]["offset"], 10);
    desk.resumed(None);
    assert_eq!(names(&desk), ["connection-state-changed"], "nobody sees a phantom leave or join");
    assert_eq!(desk.state(), ConnectionState::Connected);
    desk.event(11, Event::MemberJoined(MemberIs { user: user_id("bob") }));
    assert_eq!(names(&desk), ["peer-online"], "missed events follow");
}

#[test]
fn a_snapshot_brings_only_differences_and_new_addresses() {
    let mut desk = published();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(Some(snapshot("e2", 4, &["ann", "bob"], vec![stream("s7", "ann", 1, true, true)])));
    assert_eq!(desk.methods(), ["publish", "subscribe"], "the gateway holds neither stream any more");
    assert_eq!(names(&desk), ["peer-online", "connection-state-changed"], "ann's stream is the old one to the page");
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s10", 1)));
    assert_eq!(desk.events()[0][0], json!("update-url"));
    assert_eq!(desk.events()[0][1]["uid"], json!("me"));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s7", 1)));
    assert_eq!(desk.events()[0][1]["uid"], json!("ann"));
}

#[test]
fn an_error_is_told_where_the_way_back_is_not_found_at_once() {
    let errors = |desk: &Desk| names(desk).iter().filter(|name| *name == "error").count();
    let mut desk = published();
    desk.socket(SocketEvent::Failed { reason: "interrupted".into() });
    assert_eq!(names(&desk), ["disconnect", "close", "connection-state-changed"], "nothing is wrong yet");
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(names(&desk), ["connection-state-changed"]);

    desk.socket(SocketEvent::Failed { reason: "interrupted".into() });
    desk.pass(300);
    desk.socket(SocketEvent::Failed { reason: "no route".into() });
    assert_eq!(desk.events()[0], json!(["error", { "code": 500_001, "reason": "no route" }]));
    for _ in 0..5 {
        desk.pass(8_000);
        desk.socket(SocketEvent::Failed { reason: "no route".into() });
        assert_eq!(errors(&desk), 0, "one outage is told once");
    }
    desk.pass(8_000);
    desk.open();
    desk.resumed(None);
    desk.socket(SocketEvent::Failed { reason: "interrupted".into() });
    desk.pass(300);
    desk.socket(SocketEvent::Failed { reason: "no route".into() });
    assert_eq!(errors(&desk), 1, "the next outage is another");
}

#[test]
fn each_attempt_to_come_back_is_another_gateways() {
    let mut desk = published();
    cut(&mut desk);
    for _ in 0..4 {
        desk.pass(8_000);
        desk.socket(SocketEvent::Failed { reason: "no route".into() });
    }
    let tried: Vec<_> = desk.sockets.iter().map(|(_, url)| url.as_str()).collect();
    let [one, two] = GATEWAYS;
    assert_eq!(tried, [one, one, two, one, two], "the one that was good first, then each in turn");
}

#[test]
fn a_gateway_that_was_away_for_seconds_is_tried_every_few_seconds() {
    let mut desk = published();
    cut(&mut desk);
    for attempt in 0..48 {
        desk.pass(2_500);
        assert_eq!(desk.sockets.len(), 2 + attempt, "an attempt within two and a half seconds");
        desk.socket(SocketEvent::Failed { reason: "refused".into() });
    }
}

#[test]
fn a_session_that_is_gone_is_joined_again_on_the_same_socket() {
    let mut desk = published();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    assert_eq!(desk.methods(), ["join"]);
    desk.answer_join(snapshot("e9", 2, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
    assert_eq!(desk.methods(), ["publish", "subscribe"]);
    assert_eq!(names(&desk), ["connection-state-changed"]);
}

#[test]
fn a_restored_stream_that_is_refused_is_said_to_have_failed() {
    let mut desk = published();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e9", 2, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
    desk.refuse("publish", ErrorCode::PublisherLimit);
    assert_eq!(names(&desk), ["stream-control", "stream-failed"], "and its tag stops");
}

#[test]
fn a_call_made_while_reconnecting_waits_for_the_way_back_but_not_for_ever() {
    let mut desk = Desk::joined(&[], vec![]);
    cut(&mut desk);
    let call = desk.call("publish", json!({}));
    assert_eq!(desk.outcome(call), None);
    desk.pass(300);
    desk.open();
    assert_eq!(desk.methods(), ["resume"], "nothing goes ahead of it");
    desk.resumed(None);
    assert_eq!(desk.methods(), ["publish"]);

    let mut desk = Desk::joined(&[], vec![]);
    cut(&mut desk);
    let call = desk.call("publish", json!({}));
    desk.pass(3_000);
    assert_eq!(desk.code(call), ErrorNumber::WebSocketNotConnected as u32);
}

#[test]
fn a_request_whose_answer_was_lost_is_repeated_under_the_same_operation() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    let first = serde_json::to_value(&desk.sent.last().unwrap().1).unwrap();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    let second = serde_json::to_value(&desk.sent.last().unwrap().1).unwrap();
    assert_eq!(second["m"], "publish");
    assert_eq!(first["op"], second["op"]);
    assert_ne!(first["id"], second["id"]);
}

#[test]
fn a_socket_that_dies_without_a_word_is_found_out_by_a_ping() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"]);
    desk.pass(3_000);
    assert_eq!(desk.state(), ConnectionState::Reconnecting);
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Close { generation: 1, .. })));
}

#[test]
fn coming_back_from_the_background_probes_or_reconnects_at_once() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.signal(Signal::AppHide);
    desk.now = desk.now + 3_000;
    desk.signal(Signal::AppShow);
    assert_eq!(desk.methods(), ["ping"]);
    desk.pass(2_000);
    assert_eq!(desk.state(), ConnectionState::Reconnecting);

    let mut desk = Desk::joined(&[], vec![]);
    desk.signal(Signal::AppHide);
    desk.now = desk.now + 60_000;
    desk.signal(Signal::AppShow);
    assert_eq!(desk.sockets.len(), 2, "after a minute the socket is dead for certain");
}

#[test]
fn a_new_network_is_tried_at_once() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.signal(Signal::NetworkOffline);
    cut(&mut desk);
    desk.pass(1_000);
    assert_eq!(desk.sockets.len(), 1, "there is no network to try");
    desk.signal(Signal::NetworkOnline);
    assert_eq!(desk.sockets.len(), 2);
}

#[test]
fn attempts_are_spread_and_bounded() {
    let mut desk = published();
    cut(&mut desk);
    let mut waits = Vec::new();
    while desk.state() == ConnectionState::Reconnecting {
        let before = desk.now;
        let sockets = desk.sockets.len();
        while desk.sockets.len() == sockets && desk.state() == ConnectionState::Reconnecting {
            desk.pass(50);
        }
        waits.push(desk.now.since(before));
        if desk.state() == ConnectionState::Reconnecting {
            desk.socket(SocketEvent::Failed { reason: "refused".into() });
        }
        assert!(waits.len() <= 72, "attempts must be bounded");
    }
    assert!(waits.iter().all(|wait| *wait <= 8_050), "{waits:?}");
    assert!(waits.iter().sum::<u64>() > 60_000, "they must not hammer the gateway: {waits:?}");
    assert_eq!(desk.state(), ConnectionState::Disconnected);
}

#[test]
fn words_of_an_old_socket_are_not_heard() {
    let mut desk = Desk::joined(&[], vec![]);
    cut(&mut desk);
    desk.pass(300);
    desk.input(miniapp_rtc::session::Input::Socket {
        generation: 1,
        event: SocketEvent::Closed { code: 1000, reason: String::new() },
    });
    assert_eq!(desk.effects, []);
}

#[test]
fn a_stream_asked_for_again_is_not_forgotten_when_the_socket_is_lost_once_more() {
    let mut desk = published();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e9", 2, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
    assert_eq!(desk.methods(), ["publish", "subscribe"]);
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["publish", "subscribe"]);
}

#[test]
fn any_frame_shows_that_the_socket_lives() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"]);
    desk.pass(2_900);
    desk.event(11, Event::Unknown("something".into()));
    desk.pass(2_900);
    assert_eq!(desk.state(), ConnectionState::Connected);
    desk.pass(100);
    assert_eq!(desk.state(), ConnectionState::Reconnecting);
}

#[test]
fn a_call_that_ran_out_while_reconnecting_is_taken_back_when_the_way_back_is_found() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("publish", json!({}));
    cut(&mut desk);
    desk.now = desk.now + 2_900;
    desk.input(miniapp_rtc::session::Input::Tick);
    desk.pass(100);
    assert_eq!(desk.code(call), ErrorNumber::WebSocketNotConnected as u32);
    desk.socket(SocketEvent::Failed { reason: "refused".into() });
    desk.now = desk.now + 8_000;
    desk.input(miniapp_rtc::session::Input::Tick);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["unpublish"], "the gateway may have granted it on the old socket");
}

#[test]
fn what_is_given_back_is_given_back_on_the_next_socket_if_need_be() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    desk.pass(3_000);
    assert_eq!(desk.methods(), ["unpublish", "ping"]);
    desk.pass(2_000);
    assert_eq!(desk.state(), ConnectionState::Reconnecting, "the socket was dead");
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["unpublish"]);
}

#[test]
fn a_stream_is_asked_for_again_once_an_old_cleanup_is_out_of_the_way() {
    let mut desk = Desk::joined(&[], Vec::new());
    // A call that ran out is taken back; the cleanup has no answer yet when the page publishes again.
    desk.call("publish", json!({}));
    desk.pass(3_000);
    assert!(desk.methods().contains(&"unpublish"), "{:?}", desk.methods());
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 2)));
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e2", 1, &[], Vec::new()));
    assert_eq!(desk.methods(), ["unpublish"], "the cleanup goes first, on the new session");
    desk.refuse("unpublish", ErrorCode::NotPublished);
    assert_eq!(desk.methods(), ["publish"]);
}

#[test]
fn a_cleanup_whose_answer_is_lost_is_sent_again_and_blocks_nothing() {
    let mut desk = Desk::joined(&[], Vec::new());
    desk.call("publish", json!({}));
    desk.pass(3_000);
    assert_eq!(desk.methods(), ["unpublish", "ping"]);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    // The gateway answered, and a phone could not read it.
    desk.pass(3_000);
    assert!(desk.methods().contains(&"unpublish"), "{:?}", desk.methods());
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 2)));
    desk.pass(3_000);
    assert!(!desk.methods().contains(&"unpublish"), "it would end the new stream");
    desk.report("reportPusherStateChange", json!({ "code": -1307 }));
    assert_eq!(desk.methods(), ["renew_url"]);
}
