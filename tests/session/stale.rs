//! Words of the gateway that come late, or about another stream than ours: they change nothing.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, RemoveReason, Role, StreamIs, StreamRemoved, UrlUpdated};
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
