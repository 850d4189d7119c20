//! What phones do to a call: the background, others that take the microphone, networks that hardly carry anything.

use miniapp_rtc::protocol::{
    Answer, Bye, ByeAction, ErrorCode, Event, KickReason, Kicked, Pong, RemoveReason, StreamRemoved,
};
use miniapp_rtc::session::{ConnectionState, Effect, Signal, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{APP, Desk, GATEWAYS, lease, snapshot, stream, user_id};

pub(crate) fn tracks(audio: bool, video: bool) -> Vec<Value> {
    vec![json!({ "kind": "camera", "audio": audio, "video": video })]
}

/// What the newest input told a native tag to do.
fn order(desk: &Desk) -> Option<Value> {
    let order = desk.events().into_iter().find(|event| event[0] == "stream-control");
    order.map(|order| order[1]["action"].clone())
}

pub(crate) fn cut(desk: &mut Desk) {
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
}

#[test]
fn the_background_policy_says_what_the_room_is_told() {
    for (policy, audio) in [("mute", false), ("keep-audio", true)] {
        let mut desk = Desk::publishing(policy);
        desk.hide();
        assert_eq!(desk.asked("mute_local"), tracks(audio, false), "{policy}");
        desk.done("mute_local");
        desk.hide();
        assert_eq!(desk.methods(), Vec::<&str>::new(), "said once");
        desk.signal(Signal::AppShow);
        assert_eq!(desk.asked("mute_local"), tracks(true, true), "{policy}: what the page wants comes back");
    }
}

#[test]
fn muting_is_the_default_and_a_wrong_policy_is_refused() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    assert_eq!(desk.events()[0][1]["background"], "mute");
    let mut desk = Desk::new();
    let init = desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS, "background": "sleep" }));
    assert!(desk.outcome(init).unwrap().as_ref().unwrap_err().reason.contains("keep-audio, mute or leave"));
}

#[test]
fn what_the_page_muted_stays_muted_after_the_background() {
    let mut desk = Desk::publishing("mute");
    desk.call("muteLocal", json!({ "audio": true, "video": false }));
    desk.done("mute_local");
    assert_eq!(desk.methods(), Vec::<&str>::new(), "it was told");
    desk.hide();
    assert_eq!(desk.asked("mute_local"), tracks(false, false));
    desk.done("mute_local");
    desk.signal(Signal::AppShow);
    assert_eq!(desk.asked("mute_local"), tracks(false, true));
}

#[test]
fn leaving_in_the_background_stops_the_pusher_and_the_stay() {
    let mut desk = Desk::publishing("leave");
    desk.signal(Signal::AppHide);
    assert_eq!(desk.methods(), ["leave"]);
    desk.done("leave");
    let order = &desk.events()[0];
    assert_eq!((&order[0], &order[1]["action"]), (&json!("stream-control"), &json!("stop")));
    let changed = desk.events().pop().unwrap();
    assert_eq!(changed[1]["reason"], "the app went to the background");
    assert_eq!(desk.state(), ConnectionState::Idle);
    desk.signal(Signal::AppShow);
    assert_eq!(desk.effects, [], "coming back is the page's decision");

    let mut desk = Desk::publishing("leave");
    cut(&mut desk);
    desk.hide();
    assert_eq!(desk.state(), ConnectionState::Idle, "without a socket too");
}

#[test]
fn being_put_out_stops_the_pusher() {
    let mut desk = Desk::publishing("mute");
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.refuse("join", ErrorCode::TokenExpired);
    let orders: Vec<Value> =
        desk.events().into_iter().filter(|event| event[0] == "stream-control").map(|event| event[1].clone()).collect();
    assert_eq!(orders.len(), 1);
    assert_eq!((&orders[0]["action"], &orders[0]["uid"]), (&json!("stop"), &json!("me")));
}

#[test]
fn a_pusher_whose_stream_is_being_asked_for_again_stops_too() {
    let mut desk = Desk::publishing("mute");
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e9", 2, &[], vec![]));
    assert_eq!(desk.methods(), ["publish"], "no lease at the moment");
    desk.local(Event::Kicked(Kicked { reason: KickReason::DuplicateLogin }));
    assert_eq!(order(&desk), Some(json!("stop")));
}

#[test]
fn a_pusher_stops_with_its_stream() {
    for end in ["removed", "unpublished", "hidden"] {
        let mut desk = Desk::publishing("mute");
        match end {
            "removed" => {
                let (stream, user) = (lease("s9", 1).stream, user_id("me"));
                let reason = RemoveReason::Other;
                desk.event(11, Event::StreamRemoved(StreamRemoved { stream, user, kind: Default::default(), reason }));
            }
            "unpublished" => {
                desk.call("unpublish", json!({}));
                desk.done("unpublish");
            }
            _ => {
                desk.call("setUserVisibility", json!({ "enable": false }));
                desk.done("set_visibility");
            }
        }
        assert_eq!(order(&desk), Some(json!("stop")), "{end}");
        desk.call("leave", json!({}));
        desk.done("leave");
        assert_eq!(order(&desk), None, "{end}: once");
    }
}

#[test]
fn another_call_takes_the_sound_and_gives_it_back() {
    let mut desk = Desk::publishing("keep-audio");
    desk.signal(Signal::AudioInterrupted);
    assert_eq!(desk.asked("mute_local"), tracks(false, true));
    desk.done("mute_local");
    desk.hide();
    assert_eq!(desk.asked("mute_local"), tracks(false, false));
    desk.done("mute_local");
    desk.signal(Signal::AudioResumed);
    assert_eq!(desk.asked("mute_local"), tracks(true, false), "still in the background");
}

#[test]
fn what_could_not_be_told_is_told_when_the_connection_is_back() {
    let mut desk = Desk::publishing("mute");
    desk.hide();
    cut(&mut desk);
    desk.signal(Signal::AppShow);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.asked("mute_local"), tracks(true, true), "the gateway may have heard that it is off");

    let mut desk = Desk::publishing("mute");
    cut(&mut desk);
    desk.hide();
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.asked("mute_local"), tracks(false, false), "hidden while there was no connection");

    let mut desk = Desk::publishing("mute");
    desk.hide();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.asked("mute_local"), tracks(false, false), "the gateway may not have heard it");
}

#[test]
fn a_snapshot_says_which_tracks_the_gateway_believes_to_be_on() {
    let mut desk = Desk::publishing("mute");
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(Some(snapshot("e2", 4, &[], vec![stream("s9", "me", 1, false, true)])));
    assert_eq!(desk.asked("mute_local"), tracks(true, true));
}

#[test]
fn an_unanswered_word_about_tracks_is_said_again() {
    let mut desk = Desk::publishing("mute");
    desk.hide();
    desk.pass(3_000);
    assert_eq!(desk.methods(), ["ping"], "the socket may be dead");
    desk.answer(desk.last_id("ping"), Answer::Pong(miniapp_rtc::protocol::Pong { offset: 10, server_time: 0 }));
    assert_eq!(desk.asked("mute_local"), tracks(false, false));
}

#[test]
fn a_stream_begun_anew_in_the_background_is_not_heard() {
    let mut desk = Desk::publishing("mute");
    desk.hide();
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    desk.answer_join(snapshot("e9", 2, &[], vec![]));
    assert_eq!(desk.methods(), ["publish", "mute_local"]);
    assert_eq!(desk.asked("mute_local"), tracks(false, false));
}

#[test]
fn pings_have_more_time_on_a_weak_network() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.signal(Signal::NetworkWeak);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"]);
    desk.pass(5_900);
    assert_eq!(desk.state(), ConnectionState::Connected);
    desk.pass(100);
    assert_eq!(desk.state(), ConnectionState::Reconnecting);

    let mut desk = Desk::joined(&[], vec![]);
    desk.signal(Signal::NetworkStrong);
    assert_eq!(desk.methods(), ["ping"], "a network that came back is tried at once");
}

#[test]
fn signals_have_their_names() {
    for (name, signal) in [
        ("app-hide", Signal::AppHide),
        ("app-show", Signal::AppShow),
        ("audio-interrupted", Signal::AudioInterrupted),
        ("audio-resumed", Signal::AudioResumed),
        ("network-offline", Signal::NetworkOffline),
        ("network-online", Signal::NetworkOnline),
        ("network-strong", Signal::NetworkStrong),
        ("network-weak", Signal::NetworkWeak),
        ("order-unheard", Signal::OrderUnheard),
    ] {
        assert_eq!(Signal::named(name), Some(signal));
    }
    assert_eq!(Signal::named("app-sleep"), None);
}

#[test]
fn what_the_page_asks_for_just_now_is_not_overtaken() {
    let mut desk = Desk::publishing("mute");
    desk.call("muteLocal", json!({ "audio": true, "video": false }));
    desk.done("mute_local");
    cut(&mut desk);
    desk.signal(Signal::AppHide);
    desk.pass(2_000);
    desk.call("muteLocal", json!({ "audio": false, "video": false }));
    desk.pass(1_800);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.asked("mute_local"), tracks(true, true), "what the page asked for, and nothing behind it");
    desk.done("mute_local");
    assert_eq!(desk.asked("mute_local"), tracks(false, false), "hidden");
}

#[test]
fn what_the_phone_said_before_the_join_counts() {
    let hidden = |policy: &str, signals: &[Signal]| {
        let mut desk = Desk::new();
        desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS, "background": policy }));
        for signal in signals {
            desk.signal(*signal);
        }
        desk
    };
    let mut desk = hidden("mute", &[Signal::AppHide, Signal::NetworkWeak]);
    desk.begin_join();
    desk.open();
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    assert_eq!(desk.asked("mute_local"), tracks(false, false));
    desk.pass(10_000);
    desk.pass(5_900);
    assert_eq!(desk.state(), ConnectionState::Connected, "the network is weak");

    let mut desk = hidden("keep-audio", &[Signal::AudioInterrupted, Signal::AppHide, Signal::AppShow]);
    desk.begin_join();
    desk.open();
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    assert_eq!(desk.asked("mute_local"), tracks(false, true));

    let mut desk = hidden("leave", &[Signal::AppHide]);
    let join = desk.begin_join();
    desk.open();
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    assert_eq!(desk.code(join), 0);
    assert_eq!(desk.methods(), ["leave"]);

    let mut desk = hidden("leave", &[Signal::AppHide]);
    desk.begin_join();
    desk.signal(Signal::AppShow);
    desk.open();
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    assert_eq!(desk.methods(), Vec::<&str>::new(), "the page joined as it was shown");
}

#[test]
fn offline_is_hardly_tried() {
    let mut desk = Desk::publishing("mute");
    cut(&mut desk);
    desk.signal(Signal::NetworkOffline);
    for _ in 0..59 {
        desk.pass(1_000);
    }
    assert_eq!(desk.sockets.len(), 1);
    desk.pass(1_000);
    assert_eq!(desk.sockets.len(), 2, "the phone may be wrong");
    desk.socket(SocketEvent::Failed { reason: "no network".into() });
    desk.pass(59_000);
    assert_eq!(desk.sockets.len(), 2);
    desk.signal(Signal::NetworkOnline);
    assert_eq!(desk.sockets.len(), 3, "at once");
}

#[test]
fn no_signal_shortens_what_the_gateway_asked_for() {
    let mut desk = Desk::publishing("mute");
    let bye = Bye { code: 4000, reason: "stopping".into(), action: ByeAction::Resume, after_ms: 5_000 };
    desk.local(Event::Bye(bye));
    cut(&mut desk);
    desk.signal(Signal::NetworkOnline);
    desk.pass(4_999);
    assert_eq!(desk.sockets.len(), 1);
    desk.pass(1);
    assert_eq!(desk.sockets.len(), 2);
}

#[test]
fn after_leaving_in_the_background_the_page_may_join_again_when_it_is_back() {
    let mut desk = Desk::publishing("leave");
    desk.hide();
    desk.done("leave");
    desk.signal(Signal::AppShow);
    let join = desk.begin_join();
    assert_eq!(desk.outcome(join), None);
}

#[test]
fn a_glance_at_another_app_is_not_told() {
    for policy in ["mute", "keep-audio"] {
        let mut desk = Desk::publishing(policy);
        desk.signal(Signal::AppHide);
        assert_eq!(desk.asked("mute_local"), Vec::<Value>::new());
        desk.pass(3_499);
        desk.signal(Signal::AppShow);
        assert_eq!(desk.asked("mute_local"), Vec::<Value>::new(), "{policy}");
        desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
        desk.pass(2_000);
        assert_eq!(desk.asked("mute_local"), Vec::<Value>::new(), "{policy}");

        desk.signal(Signal::AppHide);
        desk.pass(3_500);
        assert_eq!(desk.asked("mute_local").len(), 1, "{policy}");
    }
}

#[test]
fn a_clock_that_jumps_ahead_delays_nothing() {
    let mut desk = Desk::publishing("mute");
    desk.now = desk.now + 40_000;
    desk.signal(Signal::AppHide);
    let wake = desk.effects.iter().find_map(|effect| match effect {
        Effect::WakeAt { at, .. } => Some(*at),
        _ => None,
    });
    assert!(
        wake.is_some_and(|at| at <= desk.now),
        "what was due meanwhile is due now, not when its timer fires: {wake:?}"
    );
}
