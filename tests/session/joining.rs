//! Joining: one round trip, failover, and every way in which it fails.

use miniapp_rtc::protocol::{Answer, Empty, ErrorCode, Method, Resumed, ServerFrame};
use miniapp_rtc::session::{ConnectionState, Effect, ErrorNumber, Reply, SocketEvent};
use miniapp_rtc::token::Privilege;
use serde_json::json;

use crate::desk::{Desk, snapshot, stream, token, user_id};

#[test]
fn join_is_sent_as_soon_as_the_socket_opens_and_settled_by_its_answer() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    assert_eq!(desk.sockets, [(1, "wss://one.test/v1".to_owned())]);
    assert_eq!(desk.state(), ConnectionState::Connecting);
    desk.open();
    assert_eq!(desk.methods(), ["join"]);
    desk.answer_join(snapshot("e1", 3, &["ann", "bob"], vec![stream("s1", "ann", 1, true, false)]));
    assert_eq!(desk.outcome(call), Some(&Ok(Reply::User(user_id("me")))));
    assert_eq!(
        desk.events(),
        [
            json!(["peer-online", { "uid": "ann" }]),
            json!(["peer-online", { "uid": "bob" }]),
            json!(["stream-added", { "uid": "ann", "screen": false, "streamPublishState": { "audio": true, "video": false } }]),
            json!(["connection-state-changed", { "current": "connected", "previous": "connecting", "reason": "joined" }]),
        ]
    );
    let settled = desk.effects.iter().position(|effect| matches!(effect, Effect::Settle { .. }));
    let emitted = desk.effects.iter().position(|effect| matches!(effect, Effect::Emit(_)));
    assert!(settled < emitted, "the page must know that it joined before it hears of others");
}

#[test]
fn publish_and_subscribe_called_while_joining_ride_behind_the_join() {
    let mut desk = Desk::ready();
    desk.begin_join();
    desk.call("publish", json!({}));
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.open();
    assert_eq!(desk.methods(), ["join", "publish", "subscribe"]);
}

#[test]
fn a_gateway_that_cannot_be_reached_is_followed_by_the_next() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    desk.socket(SocketEvent::Failed { reason: "refused".into() });
    assert_eq!(desk.sockets.last().unwrap().1, "wss://two.test/v1");
    assert_eq!(desk.outcome(call), None);
    assert_eq!(desk.events(), Vec::<serde_json::Value>::new(), "an attempt that another follows is no news");
    desk.socket(SocketEvent::Failed { reason: "url not in domain list".into() });
    assert_eq!(desk.code(call), ErrorNumber::WebSocketFailed as u32);
    let reason = &desk.outcome(call).unwrap().as_ref().unwrap_err().reason;
    assert!(reason.contains("url not in domain list"), "{reason}");
    assert_eq!(desk.state(), ConnectionState::Disconnected);
}

#[test]
fn a_socket_that_never_opens_is_given_up() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    desk.pass(5_000);
    assert_eq!(desk.sockets.len(), 2);
    desk.pass(5_000);
    assert_eq!(desk.code(call), ErrorNumber::WebSocketFailed as u32);
}

#[test]
fn a_gateway_that_does_not_answer_is_a_timeout() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    desk.open();
    desk.pass(3_000);
    assert_eq!(desk.outcome(call), None, "the second gateway is tried first");
    desk.open();
    desk.pass(3_000);
    assert_eq!(desk.code(call), ErrorNumber::SignalingTimeout as u32);
}

#[test]
fn tokens_for_somebody_or_something_else_are_refused_without_a_socket() {
    for (room, user, join_room, join_user) in
        [("room", "other", "room", "me"), ("other", "me", "room", "me"), ("room", "me", "room", "you")]
    {
        let mut desk = Desk::ready();
        let token = token(room, user, &[Privilege::Subscribe]);
        let call = desk.call("join", json!({ "token": token.reveal(), "roomId": join_room, "userId": join_user }));
        assert_eq!(desk.code(call), ErrorNumber::JoinRoomError as u32);
        assert!(desk.sockets.is_empty());
        assert_eq!(desk.state(), ConnectionState::Idle);
    }
    let mut desk = Desk::ready();
    let call = desk.call("join", json!({ "token": "nonsense", "roomId": "room", "userId": "me" }));
    assert_eq!(desk.code(call), ErrorNumber::JoinRoomError as u32);
}

#[test]
fn a_wildcard_token_opens_any_room() {
    let mut desk = Desk::ready();
    let token = token("*", "me", &[Privilege::Subscribe]);
    desk.call("join", json!({ "token": token.reveal(), "roomId": "anywhere", "userId": "me" }));
    assert_eq!(desk.sockets.len(), 1);
}

#[test]
fn refusals_of_the_gateway_end_the_join() {
    for code in [ErrorCode::TokenSignature, ErrorCode::TokenExpired, ErrorCode::AppUnknown, ErrorCode::RoomFull] {
        let mut desk = Desk::ready();
        let call = desk.begin_join();
        let publish = desk.call("publish", json!({}));
        desk.open();
        desk.refuse("join", code);
        assert_eq!(desk.code(call), ErrorNumber::JoinRoomError as u32);
        assert_eq!(desk.code(publish), ErrorNumber::JoinRoomError as u32, "what waited for the join fails with it");
        assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Close { generation: 1, .. })));
    }
}

#[test]
fn a_stopping_gateway_is_followed_by_the_next() {
    let mut desk = Desk::ready();
    desk.begin_join();
    desk.open();
    desk.refuse("join", ErrorCode::ShuttingDown);
    assert_eq!(desk.sockets.last().unwrap().1, "wss://two.test/v1");
}

#[test]
fn leaving_while_joining_settles_both() {
    let mut desk = Desk::ready();
    let join = desk.begin_join();
    let leave = desk.call("leave", json!({}));
    assert_eq!(desk.outcome(leave), Some(&Ok(Reply::Nothing)));
    assert_eq!(desk.code(join), ErrorNumber::NotInRoom as u32);
    assert_eq!(desk.state(), ConnectionState::Idle);
}

#[test]
fn a_join_on_its_way_is_followed_by_a_leave() {
    for answered in [true, false] {
        let mut desk = Desk::ready();
        let join = desk.begin_join();
        desk.open();
        let leave = desk.call("leave", json!({}));
        assert_eq!(desk.methods(), ["leave"], "or the others would see somebody who is not there");
        assert_eq!(desk.code(join), ErrorNumber::NotInRoom as u32);
        if answered {
            desk.answer_join(snapshot("e1", 3, &["ann"], vec![]));
        } else {
            desk.refuse("join", ErrorCode::RoomFull);
        }
        assert_eq!(desk.effects, [], "nobody waits for the join any more");
        assert_eq!(desk.state(), ConnectionState::Connecting);
        if answered {
            desk.done("leave");
        } else {
            desk.refuse("leave", ErrorCode::NotJoined);
        }
        assert_eq!(desk.outcome(leave), Some(&Ok(Reply::Nothing)));
        assert_eq!(desk.state(), ConnectionState::Idle);
    }
}

#[test]
fn an_answer_to_something_else_settles_the_join_all_the_same() {
    let mut desk = Desk::ready();
    let call = desk.begin_join();
    desk.open();
    let answer = Answer::Resumed(Resumed { generation: 2, server_time: 1, snapshot: None });
    desk.frame(ServerFrame::Answer { id: desk.last_id("join"), method: Method::Resume, answer });
    assert_eq!(desk.sockets.len(), 2, "the next gateway is tried");
    desk.open();
    let answer = Answer::Done(Empty {});
    desk.frame(ServerFrame::Answer { id: desk.last_id("join"), method: Method::Leave, answer });
    assert_eq!(desk.code(call), ErrorNumber::WebSocketFailed as u32);
}
