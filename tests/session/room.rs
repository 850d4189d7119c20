//! What a page hears of the others: the vendor's event table, above all its rules for muting.

use miniapp_rtc::protocol::{
    Answer, Bye, ByeAction, Event, KickReason, Kicked, LeaveReason, MemberIs, MemberLeft, Pong, Role, StreamKind,
    UrlUpdated,
};
use miniapp_rtc::session::{ConnectionState, SocketEvent};
use serde_json::{Value, json};

use crate::desk::{Desk, lease, snapshot, stream, user_id};

fn names(desk: &Desk) -> Vec<String> {
    desk.events().iter().map(|event| event[0].as_str().unwrap().to_owned()).collect()
}

/// Sound and picture before, the same afterwards, and the events in between.
type MuteRow = ((bool, bool), (bool, bool), &'static [&'static str]);

#[test]
fn the_mute_table() {
    let rows: [MuteRow; 14] = [
        ((true, true), (false, true), &["mute-audio"]),
        ((true, true), (true, false), &["mute-video"]),
        ((false, true), (true, true), &["unmute-audio"]),
        ((true, false), (true, true), &["unmute-video"]),
        ((true, true), (false, false), &["stream-removed"]),
        ((true, false), (false, false), &["stream-removed"]),
        ((false, true), (false, false), &["stream-removed"]),
        ((false, false), (true, true), &["stream-added"]),
        ((false, false), (true, false), &["stream-added"]),
        ((false, false), (false, true), &["stream-added"]),
        ((false, true), (true, false), &["unmute-audio", "mute-video"]),
        ((true, false), (false, true), &["unmute-video", "mute-audio"]),
        ((true, true), (true, true), &[]),
        ((false, false), (false, false), &[]),
    ];
    for (from, to, expected) in rows {
        let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, from.0, from.1)]);
        desk.event(11, Event::StreamUpdated(stream("s1", "ann", 1, to.0, to.1)));
        assert_eq!(names(&desk), expected, "{from:?} to {to:?}");
    }
}

#[test]
fn the_state_rides_along_with_stream_added() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, false, false)]);
    desk.event(11, Event::StreamUpdated(stream("s1", "ann", 1, false, true)));
    let state = json!({ "audio": false, "video": true });
    assert_eq!(
        desk.events(),
        [json!(["stream-added", { "uid": "ann", "screen": false, "streamPublishState": state }])]
    );
}

#[test]
fn users_come_and_go() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.event(11, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    assert_eq!(desk.events(), [json!(["peer-online", { "uid": "ann" }])]);
    desk.event(12, Event::StreamAdded(stream("s1", "ann", 1, true, true)));
    desk.event(13, Event::MemberSuspended(MemberIs { user: user_id("ann") }));
    assert_eq!(desk.events(), Vec::<Value>::new(), "a lost socket may come back");
    desk.event(14, Event::MemberLeft(MemberLeft { user: user_id("ann"), reason: LeaveReason::TimedOut }));
    assert_eq!(names(&desk), ["stream-removed", "peer-leave"], "streams go before their user");
}

#[test]
fn events_about_oneself_are_not_news() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.event(11, Event::MemberJoined(MemberIs { user: user_id("me") }));
    desk.event(12, Event::StreamAdded(stream("s9", "me", 1, true, true)));
    assert_eq!(desk.events(), Vec::<Value>::new());
}

#[test]
fn an_event_is_applied_once_and_a_gap_is_filled_by_a_snapshot() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.event(11, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    desk.event(11, Event::MemberJoined(MemberIs { user: user_id("eve") }));
    assert_eq!(desk.events(), Vec::<Value>::new(), "11 was applied already");
    desk.event(14, Event::MemberJoined(MemberIs { user: user_id("dan") }));
    assert_eq!(desk.events(), Vec::<Value>::new());
    assert_eq!(desk.methods(), ["sync"]);
    desk.event(15, Event::Unknown("of_a_later_version".into()));
    assert_eq!(desk.methods(), Vec::<&str>::new(), "one sync is enough");
    desk.answer(desk.last_id("sync"), Answer::Synced(snapshot("e1", 15, &["bob", "dan"], vec![])));
    assert_eq!(
        desk.events(),
        [
            json!(["peer-leave", { "uid": "ann" }]),
            json!(["peer-online", { "uid": "bob" }]),
            json!(["peer-online", { "uid": "dan" }])
        ]
    );
    desk.event(16, Event::MemberJoined(MemberIs { user: user_id("fay") }));
    assert_eq!(names(&desk), ["peer-online"]);
}

#[test]
fn a_pong_shows_what_was_missed_silently() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.pass(10_000);
    assert_eq!(desk.methods(), ["ping"]);
    desk.answer(desk.last_id("ping"), Answer::Pong(Pong { offset: 12, server_time: 1_700_000_010 }));
    assert_eq!(desk.methods(), ["sync"]);
}

#[test]
fn unknown_events_take_their_place() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.event(11, Event::Unknown("of_a_later_version".into()));
    desk.event(12, Event::MemberJoined(MemberIs { user: user_id("ann") }));
    assert_eq!(names(&desk), ["peer-online"]);
}

#[test]
fn being_thrown_out() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("publish", json!({}));
    desk.local(Event::Kicked(Kicked { reason: KickReason::DuplicateLogin }));
    assert_eq!(names(&desk), ["@room/client-banned", "connection-state-changed"]);
    assert_eq!(desk.code(call), 100_002);
    assert_eq!(desk.state(), ConnectionState::Disconnected);
    desk.begin_join();
    assert_eq!(desk.state(), ConnectionState::Connecting, "the page may join again");
}

#[test]
fn a_goodbye_for_good_is_not_answered_by_reconnecting() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.local(Event::Bye(Bye { code: 4501, reason: "superseded".into(), action: ByeAction::Stop, after_ms: 0 }));
    assert_eq!(desk.state(), ConnectionState::Disconnected);
    desk.pass(60_000);
    assert_eq!(desk.sockets.len(), 1);
}

#[test]
fn a_new_address_from_the_gateway_reaches_the_page() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let update = |kind, lease| Event::UrlUpdated(UrlUpdated { role: Role::Player, user: user_id("ann"), kind, lease });
    desk.local(update(StreamKind::Camera, lease("s1", 2)));
    assert_eq!(desk.events(), Vec::<Value>::new(), "nobody plays that stream");
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    desk.local(update(StreamKind::Camera, lease("s1", 2)));
    assert_eq!(desk.events()[0][0], json!("update-url"));
    assert!(desk.events()[0][1]["url"].as_str().unwrap().contains("s1-2"));
}

#[test]
fn no_more_calls_are_in_flight_than_the_gateway_allows() {
    let mut desk = Desk::ready();
    desk.begin_join();
    desk.open();
    desk.answer_join_with(snapshot("e1", 10, &["ann"], vec![stream("s1", "ann", 1, true, true)]), 2);
    for _ in 0..2 {
        let call = desk.call("subscribe", json!({ "uid": "ann" }));
        assert_eq!(desk.outcome(call), None);
    }
    let call = desk.call("publish", json!({}));
    assert_eq!(desk.code(call), 300_010);
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    let call = desk.call("publish", json!({}));
    assert_eq!(desk.outcome(call), None, "the call that was refused has left nothing behind");
}

#[test]
fn a_goodbye_says_how_long_to_stay_away() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.local(Event::Bye(Bye { code: 4000, reason: "stopping".into(), action: ByeAction::Resume, after_ms: 4_000 }));
    desk.socket(SocketEvent::Closed { code: 4000, reason: "stopping".into() });
    desk.pass(3_900);
    assert_eq!(desk.sockets.len(), 1);
    desk.pass(100);
    assert_eq!(desk.sockets.len(), 2);
}
