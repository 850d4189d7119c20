//! Single cases that are easier told than found.

use miniapp_rtc::protocol::{
    Empty, ErrorCode, Event, Health, LeaveReason, Publish, RemoveReason, Report, Role, StreamKind, Subscribe,
    TokenScope, Tracks, UserId,
};

use super::stage::{FOREVER, NODE, SMALL, START, Stage, settled};
use crate::room::{
    Command, ConnectionId, Effect, End, Grant, Input, MediaCommand, MediaNews, RoomLimits, RoomPolicy, Terms, Unwanted,
};

pub(super) fn publish(kind: StreamKind) -> Command {
    Command::Publish(Publish { kind })
}

pub(super) fn subscribe(user: &str, kind: StreamKind) -> Command {
    Command::Subscribe(Subscribe { user: UserId::parse(user).expect("user id"), kind, audio: true, video: true })
}

pub(super) fn refusal(effects: &[Effect]) -> Option<u16> {
    match settled(effects) {
        Some(Effect::Refuse { refusal, .. }) => Some(refusal.code),
        _ => None,
    }
}

pub(super) fn lease(effects: &[Effect]) -> Grant {
    match settled(effects) {
        Some(Effect::Lease { grant, .. }) => grant.clone(),
        other => panic!("not a lease: {other:?}"),
    }
}

pub(super) fn events(effects: &[Effect]) -> Vec<Event> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Broadcast { event, .. } => Some(event.clone()),
            _ => None,
        })
        .collect()
}

pub(super) fn media(effects: &[Effect]) -> Vec<&MediaCommand> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Media { command, .. } => Some(command),
            _ => None,
        })
        .collect()
}

fn started(grant: &Grant, connection: u64) -> Input {
    let (stream, generation) = (grant.stream.clone(), grant.generation);
    Input::Media { node: NODE, news: MediaNews::Started { stream, generation, connection: ConnectionId(connection) } }
}

fn stopped(grant: &Grant, connection: u64) -> Input {
    let (stream, generation) = (grant.stream.clone(), grant.generation);
    Input::Media { node: NODE, news: MediaNews::Stopped { stream, generation, connection: ConnectionId(connection) } }
}

/// Publishes and lets the media start.
pub(super) fn go_live(stage: &mut Stage, user: &str, kind: StreamKind) -> Grant {
    let grant = lease(&stage.request(user, publish(kind), None));
    stage.input(started(&grant, 1));
    stage.check();
    grant
}

#[test]
fn the_ninth_distinct_stream_of_a_room_is_refused() {
    // The vendor's own example (page "media ability limits"): A takes 1-5, B 3-7, C takes 6, 7, 8; the ninth fails.
    let limits = RoomLimits { visible_members: 20, publishers: 20, ..RoomLimits::default() };
    let mut stage = Stage::new(RoomPolicy { limits, ..RoomPolicy::default() });
    for number in 1..=9 {
        stage.join(&format!("p{number}"), true, FOREVER);
        go_live(&mut stage, &format!("p{number}"), StreamKind::Camera);
    }
    for viewer in ["A", "B", "C"] {
        stage.join(viewer, true, FOREVER);
    }
    let mut take = |viewer: &str, number: u32| {
        refusal(&stage.request(viewer, subscribe(&format!("p{number}"), StreamKind::Camera), None))
    };
    assert!((1..=5).all(|number| take("A", number).is_none()));
    assert!((3..=7).all(|number| take("B", number).is_none()));
    assert!((6..=8).all(|number| take("C", number).is_none()));
    for viewer in ["A", "B", "C"] {
        assert_eq!(take(viewer, 9), Some(ErrorCode::SubscriptionLimit.number()));
    }
    assert_eq!(take("C", 1), None, "a stream that others receive is not a new one");
}

#[test]
fn late_news_of_an_older_connection_does_not_stall_the_new_one() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    assert_eq!(events(&stage.input(started(&grant, 2))), [], "another connection took over");
    assert_eq!(stage.input(stopped(&grant, 1)), [], "news of the older connection");
    assert!(matches!(events(&stage.input(stopped(&grant, 2)))[..], [Event::StreamStalled(_)]));
    stage.check();
}

#[test]
fn media_of_an_ended_stream_is_ended_again() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    stage.request("ann", Command::Unpublish(Publish { kind: StreamKind::Camera }), None);
    let effects = stage.input(started(&grant, 3));
    let end = MediaCommand::EndStream { stream: grant.stream.clone(), generation: grant.generation };
    assert_eq!(effects, [Effect::Media { node: NODE, command: end }]);
    let next = lease(&stage.request("ann", publish(StreamKind::Camera), None));
    assert_eq!(next.generation, grant.generation + 1);
    assert_ne!(next.stream, grant.stream);
}

#[test]
fn only_the_publisher_pushes_and_only_subscribers_play() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    let push = go_live(&mut stage, "ann", StreamKind::Camera);
    let play = lease(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    let room = &stage.room;
    assert_eq!(room.may_push(&push.stream, 1, &push.session), Ok(Tracks::BOTH));
    assert_eq!(room.may_push(&push.stream, 2, &push.session), Err(Unwanted::OtherGeneration));
    assert_eq!(room.may_push(&push.stream, 1, &play.session), Err(Unwanted::NotPublisher));
    assert!(room.may_play(&push.stream, 1, &play.session).is_ok());
    assert_eq!(room.may_play(&push.stream, 1, &push.session), Err(Unwanted::NotSubscribed));
    stage.request("bea", Command::Leave(Empty {}), None);
    assert_eq!(stage.room.may_play(&push.stream, 1, &play.session), Err(Unwanted::NotSubscribed));
    stage.request("ann", Command::Leave(Empty {}), None);
    assert_eq!(stage.room.may_push(&push.stream, 1, &push.session), Err(Unwanted::UnknownStream));
}

#[test]
fn a_pusher_that_gave_up_makes_the_room_check_its_own_live_stream() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    let report = |stage: &Stage, user: &str, role, health| {
        let socket = stage.socket(user).expect("online");
        Input::Report { socket, report: Report { role, stream: grant.stream.clone(), code: -1307, health } }
    };
    let check = MediaCommand::Check { stream: grant.stream.clone(), generation: grant.generation };
    let own = report(&stage, "ann", Role::Pusher, Health::Failed);
    assert_eq!(stage.input(own), [Effect::Media { node: NODE, command: check }]);
    for (user, role, health) in [
        ("ann", Role::Pusher, Health::Retrying),
        ("ann", Role::Player, Health::Failed),
        ("bea", Role::Pusher, Health::Failed),
    ] {
        let other = report(&stage, user, role, health);
        assert_eq!(stage.input(other), [], "{user} {role:?} {health:?}");
    }
}

#[test]
fn a_suspended_member_is_warned_when_it_comes_back() {
    let mut stage = Stage::new(SMALL);
    let terms = Terms { token: End::At(START + 5), publish: Some(End::At(START + 5)), subscribe: None };
    stage.join("ann", true, terms);
    stage.lose("ann");
    stage.pass(3_000);
    let effects = stage.resume("ann");
    let warnings: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { position: None, event: Event::TokenExpiring(expiring), .. } => Some(*expiring),
            _ => None,
        })
        .collect();
    assert_eq!(warnings.len(), 1, "one warning for the token, none for the privilege that ends with it");
    assert_eq!((warnings[0].scope, warnings[0].expires_in), (TokenScope::Token, 2));
    stage.pass(2_000);
    assert_eq!(stage.input(Input::Tick), [], "a token holds up to and including its last second");
    stage.pass(1_000);
    let effects = stage.input(Input::Tick);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Close { bye: Some(bye), .. } if bye.code == 4500)));
    stage.check();
    assert!(stage.room.is_empty());
}

#[test]
fn a_suspended_member_whose_token_ends_leaves_with_that_reason() {
    let mut stage = Stage::new(SMALL);
    let terms = Terms { token: End::At(START + 1), publish: Some(End::At(START + 1)), subscribe: None };
    stage.join("ann", true, terms);
    stage.join("bea", true, FOREVER);
    stage.lose("ann");
    stage.pass(2_000);
    let [Event::MemberLeft(left)] = &events(&stage.input(Input::Tick))[..] else { panic!("not left") };
    assert_eq!(left.reason, LeaveReason::TokenExpired);
    stage.check();
}

#[test]
fn a_newer_login_of_a_suspended_user_resumes_it_for_others() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    stage.request("bea", subscribe("ann", StreamKind::Camera), None);
    stage.lose("ann");
    let effects = stage.join("ann", true, FOREVER);
    let told = events(&effects);
    let [Event::StreamRemoved(removed), Event::MemberResumed(_)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&removed.stream, removed.reason), (&grant.stream, RemoveReason::Replaced));
    assert!(media(&effects).iter().any(|command| matches!(command, MediaCommand::EndStream { .. })));
    let told = events(&stage.join("ann", false, FOREVER));
    assert!(matches!(&told[..], [Event::MemberLeft(left)] if left.reason == LeaveReason::Hidden), "{told:?}");
    assert!(matches!(events(&stage.join("ann", true, FOREVER))[..], [Event::MemberJoined(_)]));
}

#[test]
fn a_full_room_refuses_a_newer_login_before_it_ends_the_older() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", false, FOREVER);
    for user in ["bea", "cid", "dan"] {
        stage.join(user, true, FOREVER);
    }
    let effects = stage.join("ann", true, FOREVER);
    assert_eq!(refusal(&effects), Some(ErrorCode::RoomFull.number()));
    assert_eq!(effects.len(), 1, "the older login is left alone");
}

#[test]
fn results_are_kept_for_their_time_and_no_longer() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let unpublish = || Command::Unpublish(Publish { kind: StreamKind::Camera });
    assert_eq!(refusal(&stage.request("ann", unpublish(), Some("op"))), Some(ErrorCode::NotPublished.number()));
    go_live(&mut stage, "ann", StreamKind::Camera);
    stage.pass(u64::from(SMALL.times.kept_result_ms) - 1);
    assert_eq!(refusal(&stage.request("ann", unpublish(), Some("op"))), Some(ErrorCode::NotPublished.number()));
    stage.pass(1);
    assert_eq!(refusal(&stage.request("ann", unpublish(), Some("op"))), None, "forgotten, and so carried out");
}

#[test]
fn a_wall_clock_that_goes_back_ends_nothing_early() {
    let mut stage = Stage::new(SMALL);
    let terms = Terms { token: End::At(START + 10), publish: Some(End::At(START + 10)), subscribe: None };
    stage.join("ann", true, terms);
    stage.now.ms += 60_000;
    stage.now.unix_ms -= 3_600_000;
    stage.input(Input::Tick);
    stage.check();
    assert!(!stage.room.is_empty(), "the token still holds by the wall clock");
}

#[test]
fn a_user_subscribes_to_as_many_streams_as_it_may() {
    let limits = RoomLimits { subscriptions_per_user: 2, ..RoomLimits::default() };
    let mut stage = Stage::new(RoomPolicy { limits, ..RoomPolicy::default() });
    stage.join("viewer", true, FOREVER);
    for user in ["ann", "bea", "cid"] {
        stage.join(user, true, FOREVER);
        go_live(&mut stage, user, StreamKind::Camera);
    }
    let mut take = |user: &str| refusal(&stage.request("viewer", subscribe(user, StreamKind::Camera), None));
    assert_eq!((take("ann"), take("bea")), (None, None));
    assert_eq!(take("cid"), Some(ErrorCode::SubscriptionLimit.number()));
    assert_eq!(take("ann"), None, "a second subscribe to the same stream does not count twice");
}

#[test]
fn the_end_of_the_subscribe_privilege_ends_subscriptions_and_nothing_else() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    stage.join("bea", true, Terms { subscribe: Some(End::At(START + 10)), ..FOREVER });
    let play = lease(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    stage.pass(10_999);
    assert!(media(&stage.input(Input::Tick)).is_empty(), "it holds up to and including its last second");
    stage.pass(1);
    let effects = stage.input(Input::Tick);
    let end = MediaCommand::EndSubscription { stream: grant.stream.clone(), session: play.session.clone() };
    assert_eq!(effects, [Effect::Media { node: NODE, command: end }]);
    stage.check();
    assert_eq!(stage.room.may_play(&grant.stream, 1, &play.session), Err(Unwanted::NotSubscribed));
    let again = stage.request("bea", subscribe("ann", StreamKind::Camera), None);
    assert_eq!(refusal(&again), Some(ErrorCode::NoSubscribePrivilege.number()));
    assert_eq!(refusal(&stage.request("bea", publish(StreamKind::Camera), None)), None, "publishing goes on");
}

#[test]
fn a_wall_clock_beyond_the_last_second_of_a_token_does_not_hold_the_room_up() {
    let mut stage = Stage::new(SMALL);
    stage.now.unix_ms = u64::from(u32::MAX) * 1_000;
    stage.join("ann", true, Terms { token: End::At(u32::MAX), ..FOREVER });
    stage.pass(60_000);
    stage.input(Input::Tick);
    stage.check();
    assert!(!stage.room.is_empty(), "no clock of 32 bits can be past it");
}
