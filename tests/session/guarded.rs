//! What a session must tell apart: tracks, whose stream it is, which of two streams waits, how often something was tried.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, MemberIs, Pong, StreamIs};
use miniapp_rtc::session::{ClientState, ConnectionState, Signal, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{APP, Desk, GATEWAYS, lease, snapshot, stream, user_id};
use crate::phone::cut;
use crate::repair::{calling, names, push_code};
use crate::restart::restart;

fn subscribed_to(user: &str, audio: bool, video: bool) -> Vec<Value> {
    vec![json!({ "user": user, "kind": "camera", "audio": audio, "video": video })]
}

/// A desk whose user receives ann's stream with these arguments, and bob's in full.
fn receiving(ann: Value) -> Desk {
    let mut desk = Desk::joined(&["ann", "bob"], ["ann", "bob"].map(|user| stream(user, user, 1, true, true)).into());
    for (user, arguments) in [("ann", ann), ("bob", json!({ "uid": "bob" }))] {
        desk.call("subscribe", arguments);
        desk.answer(desk.last_id("subscribe"), Answer::Leased(lease(user, 1)));
    }
    desk
}

#[test]
fn a_subscription_asks_for_the_tracks_that_the_page_names_and_for_all_that_it_does_not() {
    for (arguments, audio, video) in [
        (json!({ "uid": "ann" }), true, true),
        (json!({ "uid": "ann", "video": false }), true, false),
        (json!({ "uid": "ann", "audio": false, "video": true }), false, true),
    ] {
        let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
        desk.call("subscribe", arguments.clone());
        assert_eq!(desk.asked("subscribe"), subscribed_to("ann", audio, video), "{arguments}");
    }
}

#[test]
fn a_stream_is_asked_for_anew_with_the_tracks_that_the_page_wants() {
    for (audio, video) in [(true, true), (true, false), (false, true)] {
        let mut desk = receiving(json!({ "uid": "ann", "audio": audio, "video": video }));
        restart(&mut desk, snapshot("e2", 1, &["ann"], vec![stream("s20", "ann", 1, true, true)]));
        assert_eq!(desk.asked("subscribe"), subscribed_to("ann", audio, video));
    }
}

#[test]
fn a_mute_of_either_track_is_not_undone_by_an_older_restore() {
    for (audio, video) in [(true, false), (false, true)] {
        let mut desk = receiving(json!({ "uid": "ann" }));
        restart(&mut desk, snapshot("e2", 1, &["ann"], vec![stream("s20", "ann", 1, true, true)]));
        desk.call("muteRemote", json!({ "uid": "ann", "audio": !audio, "video": !video }));
        desk.answer(desk.last_id("mute_remote"), Answer::Done(Default::default()));
        desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s20", 1)));
        assert_eq!(desk.asked("mute_remote"), subscribed_to("ann", audio, video));
    }
}

#[test]
fn the_return_of_one_stream_says_nothing_of_another_that_is_waited_for() {
    let mut desk = Desk::joined(&["ann", "bob"], ["ann", "bob"].map(|user| stream(user, user, 1, true, true)).into());
    restart(&mut desk, snapshot("e2", 1, &[], vec![]));
    for user in ["ann", "bob"] {
        desk.call("subscribe", json!({ "uid": user }));
        desk.refuse("subscribe", ErrorCode::UserNotFound);
        assert_eq!(desk.events(), Vec::<Value>::new());
    }
    desk.event_of("e2", 2, Event::MemberJoined(MemberIs { user: user_id("bob") }));
    desk.event_of("e2", 3, Event::StreamAdded(stream("s20", "bob", 1, true, true)));
    assert_eq!(desk.asked("subscribe"), subscribed_to("bob", true, true));
}

#[test]
fn a_cleanup_without_an_answer_is_repeated_whatever_other_streams_are_granted() {
    let mut desk = receiving(json!({ "uid": "ann" }));
    desk.call("publish", json!({}));
    desk.pass(3_000);
    assert_eq!(desk.methods(), ["unpublish", "ping"]);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 10, server_time: 0 }));
    desk.pass(3_000);
    assert!(desk.methods().contains(&"unpublish"), "the gateway may hold it for us: {:?}", desk.methods());
}

#[test]
fn a_cleanup_that_is_refused_for_the_moment_is_sent_again_five_times() {
    let mut desk = calling();
    push_code(&mut desk, -1301);
    for wait in [100, 200, 400, 800, 1_600] {
        desk.put_off("unpublish", ErrorCode::RateLimited, Some(1));
        desk.pass(wait);
        assert!(desk.methods().contains(&"unpublish"), "after {wait} ms: {:?}", desk.methods());
    }
    desk.put_off("unpublish", ErrorCode::RateLimited, Some(1));
    desk.pass(3_200);
    assert!(!desk.methods().contains(&"unpublish"), "not for ever");
}

#[test]
fn the_recovery_of_anothers_stream_is_none_of_ours() {
    let of = |user: &str, stream: &str| {
        let stream = lease(stream, 1).stream;
        StreamIs { stream, user: user_id(user), kind: Default::default() }
    };
    let mut desk = calling();
    desk.event(11, Event::StreamStalled(of("me", "s9")));
    desk.event(12, Event::StreamRecovered(of("ann", "s1")));
    desk.pass(3_000);
    assert_eq!(names(&desk), ["stream-control"], "ours still reaches nobody, and plays again");
}

#[test]
fn an_unheard_order_is_no_repair_of_a_stream_that_has_none() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    desk.signal(Signal::OrderUnheard);
    assert_eq!((desk.methods(), names(&desk)), (vec![], vec![]), "its tag may yet begin");
}

#[test]
fn the_pause_between_repairs_outlives_a_socket_that_carried_every_answer() {
    let mut desk = calling();
    push_code(&mut desk, -1307);
    desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
    push_code(&mut desk, -1307);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "it broke again at once");
    cut(&mut desk);
    desk.pass(300);
    desk.open();
    desk.resumed(None);
    assert_eq!(desk.methods(), Vec::<&str>::new(), "a new socket is no reason to hurry");
    desk.pass(1_700);
    assert_eq!(desk.methods(), ["renew_url"]);
}

#[test]
fn a_tag_that_nothing_mends_says_what_to_change() {
    for (code, advice) in [(-1301, "ask the user to allow"), (-1305, "change its properties")] {
        let mut desk = calling();
        push_code(&mut desk, code);
        let failed = desk.events().into_iter().find(|event| event[0] == "stream-failed").unwrap();
        let reason = failed[1]["reason"].as_str().unwrap();
        assert!(reason.contains(advice), "{code}: {reason}");
    }
}

#[test]
fn from_the_48th_attempt_on_the_waits_may_be_long() {
    const STEP_MS: u32 = 50;
    let mut longest = [0; 49];
    for seed in 1..=16 {
        let mut desk = Desk::new();
        desk.client = ClientState::new(seed);
        desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS }));
        desk.begin_join();
        desk.open();
        desk.answer_join(snapshot("e1", 10, &[], vec![]));
        cut(&mut desk);
        for longest in &mut longest {
            let (before, sockets) = (desk.now, desk.sockets.len());
            while desk.sockets.len() == sockets {
                desk.pass(STEP_MS);
            }
            *longest = desk.now.since(before).max(*longest);
            desk.socket(SocketEvent::Failed { reason: "refused".into() });
        }
        assert_eq!(desk.state(), ConnectionState::Reconnecting);
    }
    let early = u64::from(2_500 + STEP_MS);
    assert!(longest[..48].iter().all(|wait| *wait <= early), "{longest:?}");
    assert!(longest[48] > early, "{longest:?}");
}
