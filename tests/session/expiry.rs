//! The end of tokens and privileges, as the phone itself foresees it.

use miniapp_rtc::protocol::{Event, Secret, TokenExpiring, TokenScope};
use miniapp_rtc::session::{Effect, SocketEvent, Time, WakeReason};
use miniapp_rtc::token::Privilege;
use serde_json::{Value, json};

use crate::desk::{Desk, NOW, snapshot, token_until};

fn joined_with(token: &Secret) -> Desk {
    let mut desk = Desk::ready();
    desk.begin_join_with(token);
    desk.open();
    desk.answer_join(snapshot("e1", 10, &[], vec![]));
    desk
}

fn warning(expires_in: u32, scope: &str) -> Value {
    json!(["token-will-expire", { "expiresIn": expires_in, "scope": scope }])
}

/// Lets time pass with a gateway that answers pings and says nothing else; the events in between.
fn pass(desk: &mut Desk, seconds: u32) -> Vec<Value> {
    let mut events = Vec::new();
    for _ in 0..seconds {
        desk.pass(1_000);
        events.extend(desk.events());
        if desk.methods().contains(&"ping") {
            pong(desk, NOW + u32::try_from(desk.now.0 / 1000).unwrap());
            events.extend(desk.events());
        }
    }
    events
}

fn pong(desk: &mut Desk, server_time: u32) {
    let pong = miniapp_rtc::protocol::Pong { offset: 10, server_time };
    desk.answer(desk.last_id("ping"), miniapp_rtc::protocol::Answer::Pong(pong));
}

#[test]
fn a_phone_whose_clock_jumped_learns_the_time_with_the_next_pong() {
    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 600));
    desk.pass(900_000);
    assert!(desk.events().contains(&warning(0, "token")), "by this clock it has ended: {:?}", desk.events());
    pong(&mut desk, NOW + 10);
    let new = token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 700);
    desk.call("updateToken", json!({ "token": new.reveal() }));
    desk.done("renew_token");
    desk.pass(1);
    assert_eq!(desk.events(), Vec::<Value>::new(), "the page is not sent for one token after the other");
}

#[test]
fn a_silent_gateway_is_no_reason_not_to_be_warned() {
    let grants = [(Privilege::Publish, NOW + 100), (Privilege::Subscribe, 0)];
    let mut desk = joined_with(&token_until("room", "me", &grants, NOW + 200));
    assert_eq!(pass(&mut desk, 69), Vec::<Value>::new());
    assert_eq!(pass(&mut desk, 1), [warning(30, "publish")]);
    assert_eq!(pass(&mut desk, 99), Vec::<Value>::new(), "once");
    assert_eq!(pass(&mut desk, 1), [warning(30, "token")]);
    assert_eq!(pass(&mut desk, 100), Vec::<Value>::new(), "a privilege that ends with the token is not told apart");
}

#[test]
fn the_gateways_warning_and_the_phones_are_one() {
    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 60));
    desk.local(Event::TokenExpiring(TokenExpiring { expires_in: 30, scope: TokenScope::Token }));
    assert_eq!(desk.events(), [warning(30, "token")]);
    assert_eq!(pass(&mut desk, 60), Vec::<Value>::new());

    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 60));
    assert_eq!(pass(&mut desk, 30), [warning(30, "token")]);
    desk.local(Event::TokenExpiring(TokenExpiring { expires_in: 30, scope: TokenScope::Token }));
    assert_eq!(desk.events(), Vec::<Value>::new());
}

#[test]
fn a_new_token_is_watched_anew() {
    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 40));
    assert_eq!(pass(&mut desk, 10), [warning(30, "token")]);
    let new = token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 100);
    desk.call("updateToken", json!({ "token": new.reveal() }));
    desk.done("renew_token");
    assert_eq!(pass(&mut desk, 59), Vec::<Value>::new());
    assert_eq!(pass(&mut desk, 1), [warning(30, "token")]);
}

#[test]
fn the_time_is_the_gateways_even_after_a_frozen_minute() {
    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 100));
    desk.now = desk.now + 80_000;
    desk.input(miniapp_rtc::session::Input::Tick);
    assert!(desk.events().contains(&warning(20, "token")), "{:?}", desk.events());

    // The gateway's clock was set forward while the phone was away: the warning comes earlier.
    let mut desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 1_000));
    desk.socket(SocketEvent::Closed { code: 1006, reason: String::new() });
    desk.now = desk.now + 300;
    desk.input(miniapp_rtc::session::Input::Tick);
    desk.open();
    let server_time = NOW + 965;
    let resumed = miniapp_rtc::protocol::Resumed { generation: 2, server_time, snapshot: None };
    desk.answer(desk.last_id("resume"), miniapp_rtc::protocol::Answer::Resumed(resumed));
    assert_eq!(pass(&mut desk, 5), [warning(30, "token")]);
}

#[test]
fn the_session_asks_to_be_woken_for_it() {
    let desk = joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], NOW + 35));
    let wake = desk.effects.iter().find_map(|effect| match effect {
        Effect::WakeAt { at, reason } => Some((*at, *reason)),
        _ => None,
    });
    assert_eq!(wake, Some((Time(5_000), WakeReason::Token)));
    assert!(
        joined_with(&token_until("room", "me", &[(Privilege::Subscribe, 0)], 0))
            .effects
            .iter()
            .all(|effect| !matches!(effect, Effect::WakeAt { reason: WakeReason::Token, .. }))
    );
}
