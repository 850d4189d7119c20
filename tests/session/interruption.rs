//! A phone call, or another call of WeChat: it has camera and microphone for as long as it likes, and gives them back.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, Pong, RemoveReason, StreamRemoved};
use miniapp_rtc::session::{Signal, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, plain, user_id};
use crate::repair::{calling, names};

fn push_code(desk: &mut Desk, code: i32) {
    desk.report("reportPusherStateChange", json!({ "code": code }));
}

/// Orders of the newest input: action and delay.
fn orders(desk: &Desk) -> Vec<(Value, Value)> {
    let controls = desk.events().into_iter().filter(|event| event[0] == "stream-control");
    controls.map(|event| (event[1]["action"].clone(), event[1]["delay"].clone())).collect()
}

/// Lets time pass with a gateway that answers; what the page hears but for orders, and what the gateway is asked.
fn pass(desk: &mut Desk, seconds: u32) -> (Vec<Value>, Vec<&'static str>) {
    let (mut events, mut asked) = (Vec::new(), Vec::new());
    for _ in 0..seconds {
        desk.pass(1_000);
        events.extend(desk.effects.iter().filter_map(|effect| match effect {
            miniapp_rtc::session::Effect::Emit(event) => Some(plain(event)),
            _ => None,
        }));
        asked.extend(desk.methods().into_iter().filter(|method| *method != "ping"));
        if desk.methods().contains(&"ping") {
            desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
        }
    }
    (events, asked)
}

#[test]
fn a_call_of_ten_minutes_costs_nothing_whatever_the_tag_says() {
    for codes in [&[-1307, -1307, -1307][..], &[-1302], &[-1301, -1302], &[-1319], &[-1304], &[-1311], &[]] {
        let mut desk = calling();
        desk.signal(Signal::AudioInterrupted);
        desk.done("mute_local");
        for code in codes {
            push_code(&mut desk, *code);
            assert_eq!((names(&desk), desk.methods()), (vec![], vec![]), "{code}");
            assert_eq!(pass(&mut desk, 200), (vec![], vec![]), "{code}");
        }
        desk.signal(Signal::AudioResumed);
        let is_quiet = !codes.is_empty() && codes != [-1311];
        let expected = if is_quiet { vec![(json!("play-again"), json!(1_000))] } else { vec![] };
        assert_eq!(orders(&desk), expected, "{codes:?}");
        desk.done("mute_local");
        push_code(&mut desk, 1_002);
        for _ in 0..5 {
            push_code(&mut desk, -1307);
            assert_eq!(desk.methods(), ["renew_url"], "every repair is still there");
            desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
            desk.now = desk.now + 10_000;
        }
    }
}

#[test]
fn the_tags_own_word_is_an_interruption_until_it_pushes_again() {
    let mut desk = calling();
    push_code(&mut desk, 5_001);
    assert_eq!(desk.asked("mute_local"), [json!({ "kind": "camera", "audio": false, "video": true })]);
    desk.done("mute_local");
    push_code(&mut desk, -1307);
    assert_eq!(pass(&mut desk, 300), (vec![], vec![]));
    push_code(&mut desk, 1_002);
    assert_eq!(desk.asked("mute_local"), [json!({ "kind": "camera", "audio": true, "video": true })]);
    desk.done("mute_local");
    push_code(&mut desk, -1307);
    assert_eq!(desk.methods(), ["renew_url"], "what breaks now is repaired");
}

#[test]
fn the_tags_own_word_ends_with_the_phones() {
    let mut desk = calling();
    push_code(&mut desk, 5_001);
    desk.done("mute_local");
    desk.signal(Signal::AudioResumed);
    assert_eq!(orders(&desk), [(json!("play-again"), json!(1_000))]);
    desk.done("mute_local");
    let (events, asked) = pass(&mut desk, 10);
    assert_eq!((events, asked), (vec![], vec!["renew_url"]), "the start did not help");
}

#[test]
fn a_call_that_hid_the_app_is_over_when_the_app_is_back() {
    let mut desk = calling();
    push_code(&mut desk, 5_001);
    desk.done("mute_local");
    desk.signal(Signal::AppHide);
    desk.done("mute_local");
    desk.signal(Signal::AppShow);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    desk.pass(3_000);
    assert_eq!(orders(&desk).len(), 1, "it is told to play again");
}

#[test]
fn what_others_send_is_repaired_during_a_call_as_ever() {
    let mut desk = calling();
    desk.signal(Signal::AudioInterrupted);
    desk.report("reportPlayerStateChange", json!({ "uid": "ann", "code": -2301 }));
    assert_eq!(desk.methods(), ["renew_url"]);
}

#[test]
fn a_connection_lost_during_a_call_restores_and_repairs_nothing_of_ours() {
    let mut desk = calling();
    desk.signal(Signal::AudioInterrupted);
    desk.done("mute_local");
    push_code(&mut desk, -1307);
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert!(!desk.methods().contains(&"renew_url"), "{:?}", desk.methods());
    desk.signal(Signal::AudioResumed);
    assert_eq!(orders(&desk), [(json!("play-again"), json!(1_000))]);
}

#[test]
fn a_stream_that_the_gateway_ended_meanwhile_is_begun_anew_after_the_call() {
    let mut desk = calling();
    desk.signal(Signal::AudioInterrupted);
    desk.done("mute_local");
    push_code(&mut desk, -1307);
    let (stream, user) = (lease("s9", 1).stream, user_id("me"));
    let removed = StreamRemoved { stream, user, kind: Default::default(), reason: RemoveReason::MediaLost };
    desk.event(11, Event::StreamRemoved(removed));
    assert_eq!(pass(&mut desk, 100), (vec![], vec![]));
    desk.signal(Signal::AudioResumed);
    assert_eq!(desk.methods()[0], "publish");
}

#[test]
fn a_refused_permission_after_the_call_is_said() {
    let mut desk = calling();
    desk.signal(Signal::AudioInterrupted);
    desk.done("mute_local");
    push_code(&mut desk, -1302);
    desk.signal(Signal::AudioResumed);
    desk.done("mute_local");
    push_code(&mut desk, -1302);
    assert_eq!(names(&desk), ["stream-control", "stream-failed"]);
    desk.refuse("unpublish", ErrorCode::NotPublished);
}
