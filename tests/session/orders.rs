//! Orders to native tags: play again, remount, stop; and when none is given.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, Pong, StreamIs};
use miniapp_rtc::session::{Signal, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, snapshot, stream, user_id};
use crate::repair::{calling, names, push_code};

fn orders(desk: &Desk) -> Vec<Value> {
    let orders = desk.events().into_iter().filter(|event| event[0] == "stream-control");
    orders.map(|event| event[1]["action"].clone()).collect()
}

#[test]
fn a_tag_is_told_to_play_again_then_gets_a_new_address() {
    let mut desk = calling();
    push_code(&mut desk, -1304);
    assert_eq!((orders(&desk), desk.methods()), (vec![json!("play-again")], vec![]));
    push_code(&mut desk, -1304);
    assert_eq!((orders(&desk), desk.methods()), (vec![], vec![]), "it did not help");
    desk.pass(2_000);
    assert_eq!((orders(&desk), desk.methods()), (vec![], vec!["renew_url"]));

    let mut desk = calling();
    push_code(&mut desk, -1304);
    desk.pass(9_999);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(1);
    assert!(desk.methods().contains(&"renew_url"), "nobody carried it out, or in vain");

    let mut desk = calling();
    push_code(&mut desk, -1304);
    push_code(&mut desk, 1002);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"], "it helped");
    push_code(&mut desk, -1304);
    assert_eq!(orders(&desk), [json!("play-again")], "and may help again");
}

#[test]
fn orders_count_against_the_budget_and_have_rising_numbers() {
    let mut desk = calling();
    let mut last = 0;
    for _ in 0..5 {
        desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": 2006 }));
        let order = desk.events().pop().unwrap();
        assert_eq!((&order[1]["action"], &order[1]["uid"]), (&json!("play-again"), &json!("ann")));
        let sequence = order[1]["sequence"].as_u64().unwrap();
        assert!(sequence > last);
        last = sequence;
        desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": 2004 }));
        desk.now = desk.now + 8_000;
    }
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": 2006 }));
    assert_eq!(names(&desk), ["stream-failed"]);
    assert_eq!(desk.methods(), ["unsubscribe"], "the gateway is not to hold it for us");
}

#[test]
fn a_silent_microphone_is_remounted() {
    let mut desk = calling();
    push_code(&mut desk, -1311);
    assert_eq!(orders(&desk), [json!("remount")]);
}

#[test]
fn what_no_repair_can_mend_is_said_at_once() {
    for code in [-1302, -1305, -1309] {
        let mut desk = calling();
        push_code(&mut desk, code);
        assert_eq!(
            (orders(&desk), names(&desk).len(), desk.methods()),
            (vec![json!("stop")], 2, vec!["unpublish"]),
            "{code}"
        );
    }
}

#[test]
fn unknown_codes_are_surfaced_and_change_nothing() {
    let mut desk = calling();
    push_code(&mut desk, 10_012);
    assert_eq!(desk.log(), ["live-pusher gave the unknown code 10012"]);
    assert_eq!((desk.events(), desk.methods()), (vec![], vec![]));
}

#[test]
fn a_suspended_pusher_has_time_to_go_on_by_itself() {
    let mut desk = calling();
    desk.signal(Signal::AppHide);
    push_code(&mut desk, 5_000);
    desk.now = desk.now + 4_000;
    desk.signal(Signal::AppShow);
    assert_eq!(orders(&desk), Vec::<Value>::new());
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    desk.pass(3_000);
    assert_eq!(orders(&desk), [json!("play-again")]);

    let mut desk = calling();
    desk.signal(Signal::AppHide);
    push_code(&mut desk, 5_000);
    desk.signal(Signal::AppShow);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    push_code(&mut desk, 1_002);
    desk.pass(3_000);
    assert_eq!(orders(&desk), Vec::<Value>::new(), "most clients do");

    // Some phones say it only after they are back.
    let mut desk = calling();
    push_code(&mut desk, 5_000);
    desk.pass(3_000);
    assert_eq!(orders(&desk), [json!("play-again")]);
}

#[test]
fn a_weak_stream_flows() {
    let mut desk = calling();
    push_code(&mut desk, -1304);
    push_code(&mut desk, 1101);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"], "play again helped");
}

#[test]
fn a_pusher_that_pushed_all_the_time_has_all_its_repairs() {
    let mut desk = calling();
    desk.hide();
    desk.signal(Signal::AppShow);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    push_code(&mut desk, -1304);
    assert_eq!(orders(&desk), [json!("play-again")]);
}

#[test]
fn nothing_is_repaired_in_the_background() {
    let mut desk = calling();
    push_code(&mut desk, -1304);
    desk.hide();
    desk.done("mute_local");
    desk.pass(10_000);
    assert_eq!((orders(&desk), desk.methods()), (vec![], vec!["ping"]));
    desk.signal(Signal::AppShow);
    desk.open();
    desk.resumed(None);
    desk.pass(3_000);
    assert_eq!(orders(&desk), [json!("play-again")]);

    let mut desk = calling();
    desk.hide();
    desk.done("mute_local");
    push_code(&mut desk, 5_000);
    desk.pass(3_000);
    assert_eq!(orders(&desk), Vec::<Value>::new());
    desk.now = desk.now + 20_000;
    desk.signal(Signal::AppShow);
    desk.open();
    desk.resumed(None);
    assert!(!desk.methods().contains(&"renew_url"), "most pushers go on by themselves: {:?}", desk.methods());
}

#[test]
fn a_stream_that_is_played_is_not_ours_to_push() {
    let mut desk = calling();
    desk.report("reportPlayerStateChange", json!({ "uid": "me", "code": -2301 }));
    assert_eq!(desk.effects, []);
}

#[test]
fn a_pusher_that_pushes_into_the_void_is_told_to_play_again() {
    let stalled = |desk: &mut Desk| {
        desk.event(11, Event::StreamStalled(own_stream()));
        assert_eq!((orders(desk), desk.methods()), (vec![], vec![]), "its media may come back by itself");
    };
    let mut desk = calling();
    stalled(&mut desk);
    desk.pass(3_000);
    assert_eq!(orders(&desk), [json!("play-again")]);

    let mut desk = calling();
    stalled(&mut desk);
    desk.event(12, Event::StreamRecovered(own_stream()));
    desk.pass(3_000);
    assert_eq!(orders(&desk), Vec::<Value>::new());
    desk.report("reportPusherNetStatusChange", json!({ "info": { "netQualityLevel": 6 } }));
    assert_eq!(desk.effects.len(), 1, "it is live again, and so its quality matters");

    // One that knows of it tries by itself; one in the background has been stopped.
    let mut desk = calling();
    push_code(&mut desk, 1_102);
    stalled(&mut desk);
    desk.pass(3_000);
    assert_eq!(orders(&desk), Vec::<Value>::new());
    let mut desk = calling();
    desk.hide();
    desk.done("mute_local");
    stalled(&mut desk);
    desk.pass(3_000);
    assert_eq!(orders(&desk), Vec::<Value>::new());
}

fn own_stream() -> StreamIs {
    StreamIs { stream: lease("s9", 1).stream, user: user_id("me"), kind: Default::default() }
}

#[test]
fn what_the_page_ends_is_not_brought_back() {
    let mut desk = calling();
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    let unpublish = desk.call("unpublish", json!({}));
    let unsubscribe = desk.call("unsubscribe", json!({ "uid": "ann" }));
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e9", 2, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
    assert_eq!(desk.methods(), ["unpublish", "unsubscribe"], "nothing is asked for anew");
    desk.refuse("unpublish", ErrorCode::NotPublished);
    assert_eq!((desk.code(unpublish), orders(&desk)), (0, vec![json!("stop")]));
    desk.refuse("unsubscribe", ErrorCode::NotSubscribed);
    assert_eq!(desk.code(unsubscribe), 0, "what it was to end has ended");
}

#[test]
fn an_order_that_nobody_hears_becomes_a_new_address_at_once() {
    let mut desk = calling();
    push_code(&mut desk, -1304);
    assert_eq!(orders(&desk), [json!("play-again")]);
    desk.signal(Signal::OrderUnheard);
    assert_eq!(desk.methods(), ["renew_url"]);
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
    assert_eq!(names(&desk), ["update-url"]);
    push_code(&mut desk, 1_002);
    desk.signal(Signal::OrderUnheard);
    assert_eq!((desk.methods(), names(&desk)), (vec![], vec![]), "what flows needs nothing");

    // Back from the background: the tag had time to go on by itself, and then there is no second wait.
    let mut desk = calling();
    desk.signal(Signal::AppHide);
    push_code(&mut desk, 5_000);
    desk.now = desk.now + 4_000;
    desk.signal(Signal::AppShow);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    desk.pass(3_000);
    assert_eq!(orders(&desk), [json!("play-again")]);
    desk.signal(Signal::OrderUnheard);
    assert_eq!(desk.methods()[0], "renew_url");

    // Without a connection, when there is one.
    let mut desk = calling();
    push_code(&mut desk, -1304);
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.signal(Signal::OrderUnheard);
    assert_eq!(desk.methods(), Vec::<&str>::new());
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), ["renew_url"]);

    // And a repair that nobody carried out is no repair.
    let mut desk = calling();
    for _ in 0..5 {
        push_code(&mut desk, -1304);
        desk.signal(Signal::OrderUnheard);
        assert_eq!(desk.methods(), ["renew_url"]);
        desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
        desk.now = desk.now + 10_000;
    }
}
