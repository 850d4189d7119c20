//! Words of the gateway that come late, about another stream than ours, or of a room that was left: they change nothing.

use miniapp_rtc::protocol::{
    Answer, ErrorCode, Event, KickReason, Kicked, RemoveReason, Role, StreamIs, StreamRemoved, TokenExpiring,
    TokenScope, UrlUpdated,
};
use miniapp_rtc::session::ConnectionState;
use serde_json::json;

use crate::desk::{Desk, lease, user_id};
use crate::repair::{calling, names};

fn push_fails(desk: &mut Desk) {
    desk.report("reportPusherStateChange", json!({ "code": -1307 }));
}

fn url_updated(role: Role, user: &str, stream: &str) -> Event {
    Event::UrlUpdated(UrlUpdated { role, user: user_id(user), kind: Default::default(), lease: lease(stream, 1) })
}

#[test]
fn the_end_of_an_older_stream_of_ours_does_not_end_the_present_one() {
    let mut desk = calling();
    push_fails(&mut desk);
    desk.refuse("renew_url", ErrorCode::NotPublished);
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s10", 2)));
    desk.report("reportPusherStateChange", json!({ "code": 1002 }));
    for (offset, reason) in (11..).zip([RemoveReason::MediaLost, RemoveReason::TokenExpired, RemoveReason::Unpublished])
    {
        let (stream, user, kind) = (lease("s9", 1).stream, user_id("me"), Default::default());
        desk.event(offset, Event::StreamRemoved(StreamRemoved { stream, user, kind, reason }));
        assert_eq!((names(&desk), desk.methods()), (vec![], vec![]), "{reason:?}");
    }
    desk.now = desk.now + 8_000;
    push_fails(&mut desk);
    assert_eq!(desk.methods(), ["renew_url"], "its lease is still held");
}

#[test]
fn a_new_address_for_the_other_role_is_not_ours() {
    let mut desk = calling();
    desk.local(url_updated(Role::Player, "me", "s9"));
    assert_eq!(names(&desk), Vec::<&str>::new(), "nobody plays what it pushes");
    desk.local(url_updated(Role::Pusher, "ann", "s1"));
    assert_eq!(names(&desk), Vec::<&str>::new(), "and we do not push what ann does");
    desk.local(url_updated(Role::Pusher, "me", "s9"));
    assert_eq!(names(&desk), ["update-url"]);
    desk.local(url_updated(Role::Player, "ann", "s1"));
    assert_eq!(names(&desk), ["update-url"]);
}

#[test]
fn what_was_to_be_looked_at_is_not_once_there_is_a_new_address() {
    let mut desk = calling();
    desk.report("reportPusherStateChange", json!({ "code": -1311 }));
    assert_eq!(names(&desk), ["stream-control"], "told to play again, and to be looked at in a while");
    desk.local(url_updated(Role::Pusher, "me", "s9"));
    assert_eq!(names(&desk), ["update-url"]);
    desk.pass(10_000);
    assert!(!desk.methods().contains(&"renew_url"), "the tag starts with the address that it just got");
}

#[test]
fn media_that_flows_again_is_no_word_of_a_tag_that_gave_up() {
    let mut desk = calling();
    push_fails(&mut desk);
    desk.refuse("renew_url", ErrorCode::MediaUnavailable);
    let (stream, user, kind) = (lease("s9", 1).stream, user_id("me"), Default::default());
    desk.event(11, Event::StreamRecovered(StreamIs { stream, user, kind }));
    desk.pass(2_000);
    assert_eq!(desk.methods(), ["renew_url"], "it is brought back all the same");
}

#[test]
fn who_has_called_leave_hears_no_more_of_the_room() {
    for method in ["leave", "destroy"] {
        let mut desk = calling();
        push_fails(&mut desk);
        let call = desk.call(method, json!({}));
        desk.answer(desk.last_id("renew_url"), Answer::Leased(lease("s9", 1)));
        assert_eq!(names(&desk), Vec::<&str>::new(), "no UPDATE_URL of a stream that nobody wants");
        desk.local(url_updated(Role::Player, "ann", "s1"));
        assert_eq!(names(&desk), Vec::<&str>::new());
        desk.local(Event::TokenExpiring(TokenExpiring { expires_in: 30, scope: TokenScope::Token }));
        assert_eq!(names(&desk), Vec::<&str>::new());
        desk.done("leave");
        assert_eq!((desk.code(call), desk.state()), (0, ConnectionState::Idle));
        assert!(names(&desk).contains(&json!("stream-control")), "the pusher still stops: {:?}", names(&desk));
    }
}

#[test]
fn who_is_put_out_while_leaving_hears_only_that_the_connection_is_gone() {
    let mut desk = calling();
    let call = desk.call("leave", json!({}));
    desk.local(Event::Kicked(Kicked { reason: KickReason::DuplicateLogin }));
    assert_eq!((desk.code(call), names(&desk).contains(&json!("@room/client-banned"))), (0, false));
    assert_eq!(desk.state(), ConnectionState::Disconnected);
}
