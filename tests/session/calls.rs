//! Calls inside a room.

use miniapp_rtc::protocol::{Answer, ErrorCode, Event, Secret, TokenExpiring, TokenScope};
use miniapp_rtc::session::{ConnectionState, Effect, ErrorNumber, Reply, SocketEvent};
use miniapp_rtc::token::Privilege;
use serde_json::json;

use crate::desk::{APP, Desk, GATEWAYS, lease, media_url, snapshot, stream, token};

fn url(stream: &str) -> Secret {
    lease(stream, 1).urls[0].url.clone()
}

#[test]
fn publish_resolves_with_the_rtmp_address() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    assert_eq!(desk.outcome(call), Some(&Ok(Reply::Url(url("s9")))));
}

#[test]
fn subscribe_resolves_with_the_rtmp_address() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    let call = desk.call("subscribe", json!({ "uid": "ann", "video": false }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    assert_eq!(desk.outcome(call), Some(&Ok(Reply::Url(url("s1")))));
}

#[test]
fn true_means_muted_at_the_api_and_on_at_the_wire() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    desk.call("muteLocal", json!({ "audio": true, "video": false }));
    let Some(Effect::Send { frame, .. }) = desk.effects.first() else { panic!("{:?}", desk.effects) };
    let text = serde_json::to_value(frame).unwrap();
    assert_eq!(text["p"], json!({ "kind": "camera", "audio": false, "video": true }));
}

#[test]
fn a_call_without_an_answer_times_out_and_is_taken_back() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("publish", json!({}));
    desk.pass(2_999);
    assert_eq!(desk.outcome(call), None);
    desk.pass(1);
    assert_eq!(desk.code(call), ErrorNumber::SignalingTimeout as u32);
    assert_eq!(
        desk.methods(),
        ["unpublish", "ping"],
        "the gateway may have granted it after all, or the socket be dead"
    );
    let again = desk.call("publish", json!({}));
    assert_eq!(desk.outcome(again), None, "the page may try again");
}

#[test]
fn leave_waits_for_the_gateway_but_not_for_ever() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("leave", json!({}));
    let second = desk.call("leave", json!({}));
    assert_eq!(desk.methods(), Vec::<&str>::new(), "leaving twice is leaving once");
    desk.done("leave");
    assert_eq!(desk.code(call), 0);
    assert_eq!(desk.code(second), 0);
    assert_eq!(desk.state(), ConnectionState::Idle);
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Close { .. })));

    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("leave", json!({}));
    desk.pass(3_000);
    assert_eq!(desk.code(call), 0);
}

#[test]
fn a_client_can_join_again_after_leaving() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("leave", json!({}));
    desk.done("leave");
    desk.begin_join();
    assert_eq!(desk.sockets.len(), 2);
}

#[test]
fn destroy_leaves_first_and_ends_the_client() {
    let mut desk = Desk::joined(&[], vec![]);
    let destroy = desk.call("destroy", json!({}));
    assert_eq!(desk.methods(), ["leave"]);
    desk.done("leave");
    assert_eq!(desk.code(destroy), 0);
    let join = desk.begin_join();
    assert_eq!(desk.code(join), ErrorNumber::InvalidParams as u32);
    let again = desk.call("destroy", json!({}));
    assert_eq!(desk.code(again), 0);
}

#[test]
fn visibility_set_before_joining_goes_into_the_join() {
    let mut desk = Desk::ready();
    let visibility = desk.call("setUserVisibility", json!({ "enable": false }));
    assert_eq!(desk.code(visibility), 0);
    let business = desk.call("setBusinessId", json!({ "businessId": "shop" }));
    assert_eq!(desk.outcome(business), Some(&Ok(Reply::Accepted(true))));
    desk.begin_join();
    desk.open();
    let frame = serde_json::to_value(&desk.sent[0].1).unwrap();
    assert_eq!(frame["p"]["visible"], json!(false));
    assert_eq!(frame["p"]["business"], json!("shop"));
    let publish = desk.call("publish", json!({}));
    assert_eq!(desk.code(publish), ErrorNumber::PublishError as u32);
}

#[test]
fn native_codes_reach_the_gateway_when_they_change_the_streams_health() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.call("publish", json!({}));
    desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
    desk.report("reportPusherStateChange", json!({ "code": 1002, "message": "begin" }));
    let Some(Effect::Send { frame, .. }) = desk.effects.first() else { panic!("{:?}", desk.effects) };
    assert_eq!(
        serde_json::to_value(frame).unwrap(),
        json!({ "m": "report", "p": { "role": "pusher", "stream": "s9", "code": 1002, "health": "live" } })
    );
    desk.report("reportPusherStateChange", json!({ "code": 1008, "message": "encoder" }));
    assert_eq!(desk.effects, [], "it was live already");
}

#[test]
fn a_token_is_replaced_before_it_ends_and_used_from_then_on() {
    let mut desk = Desk::joined(&[], vec![]);
    desk.local(Event::TokenExpiring(TokenExpiring { expires_in: 30, scope: TokenScope::Token }));
    assert_eq!(desk.events(), [json!(["token-will-expire", { "expiresIn": 30, "scope": "token" }])]);
    let new = token("*", "me", &[Privilege::Subscribe]);
    let call = desk.call("updateToken", json!({ "token": new.reveal() }));
    let second = desk.call("updateToken", json!({ "token": new.reveal() }));
    assert_eq!(desk.code(second), ErrorNumber::Connecting as u32, "one at a time");
    desk.done("renew_token");
    assert_eq!(desk.code(call), 0);
    let publish = desk.call("publish", json!({}));
    assert_eq!(desk.code(publish), ErrorNumber::PublishError as u32, "the new token does not allow it");
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.pass(300);
    desk.open();
    desk.refuse("resume", ErrorCode::SessionUnknown);
    let join = serde_json::to_value(&desk.sent.last().unwrap().1).unwrap();
    assert_eq!(join["p"]["token"], new.reveal(), "rejoining takes the newest");

    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("updateToken", json!({ "token": token("room", "you", &[Privilege::Subscribe]).reveal() }));
    assert_eq!(desk.code(call), ErrorNumber::JoinRoomError as u32);
}

#[test]
fn refusals_have_the_vendors_numbers() {
    let rows = [
        ("publish", json!({}), ErrorCode::NoPublishPrivilege, ErrorNumber::PublishError),
        ("publish", json!({}), ErrorCode::AlreadyPublished, ErrorNumber::AlreadyPublished),
        ("subscribe", json!({ "uid": "ann" }), ErrorCode::UserNotFound, ErrorNumber::UidNotFound),
        ("subscribe", json!({ "uid": "ann" }), ErrorCode::StreamNotFound, ErrorNumber::StreamIdNotFound),
        ("subscribe", json!({ "uid": "ann" }), ErrorCode::SubscriptionLimit, ErrorNumber::SubscribeFailed),
    ];
    for (method, arguments, code, number) in rows {
        let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
        let call = desk.call(method, arguments);
        desk.refuse(method, code);
        assert_eq!(desk.code(call), number as u32, "{method} {code:?}");
    }
}

#[test]
fn a_lease_without_a_usable_transport_is_given_back() {
    let mut desk = Desk::joined(&[], vec![]);
    let call = desk.call("publish", json!({}));
    let mut useless = lease("s9", 1);
    for url in &mut useless.urls {
        url.transport = "whip".into();
    }
    desk.answer(desk.last_id("publish"), Answer::Leased(useless));
    assert_eq!(desk.code(call), ErrorNumber::PublishError as u32);
    assert_eq!(desk.methods(), ["unpublish"]);
    let again = desk.call("publish", json!({}));
    assert_eq!(desk.outcome(again), None);
}

#[test]
fn the_page_gets_the_address_of_its_transport_or_the_next_best() {
    let all = ["rtmp", "flv", "whip", "whep", "morse"];
    for (transport, offered, pushed, played) in [
        (json!(null), all.as_slice(), "rtmp", "rtmp"),
        (json!("rtmp"), &all, "rtmp", "rtmp"),
        (json!("flv"), &all, "rtmp", "flv"),
        (json!("web"), &all, "whip", "whep"),
        (json!("web"), &["rtmp", "flv"], "rtmp", "flv"),
        (json!("web"), &["rtmp"], "rtmp", "rtmp"),
        (json!("flv"), &["rtmp", "whip", "whep"], "rtmp", "rtmp"),
    ] {
        let mut desk = Desk::new();
        desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS, "transport": transport }));
        desk.begin_join();
        desk.open();
        desk.answer_join(snapshot("e1", 10, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
        for (method, arguments, expected) in
            [("publish", json!({}), pushed), ("subscribe", json!({ "uid": "ann" }), played)]
        {
            let call = desk.call(method, arguments);
            let mut lease = lease("s1", 1);
            lease.urls = offered.iter().map(|transport| media_url(transport, "s1", 1)).collect();
            desk.answer(desk.last_id(method), Answer::Leased(lease));
            let Some(Ok(Reply::Url(url))) = desk.outcome(call) else { panic!("{method}: {:?}", desk.outcome(call)) };
            let scheme = url.reveal().split(':').next().unwrap();
            assert_eq!(scheme, expected, "{method} with {transport} of {offered:?}");
        }
    }
}

#[test]
fn a_second_subscribe_that_times_out_does_not_end_the_first() {
    let mut desk = Desk::joined(&["ann"], vec![stream("s1", "ann", 1, true, true)]);
    desk.call("subscribe", json!({ "uid": "ann" }));
    desk.answer(desk.last_id("subscribe"), Answer::Leased(lease("s1", 1)));
    let call = desk.call("subscribe", json!({ "uid": "ann", "video": false }));
    desk.pass(3_000);
    assert_eq!(desk.code(call), ErrorNumber::SignalingTimeout as u32);
    assert_eq!(desk.methods(), ["ping"], "nothing is taken back");
}
