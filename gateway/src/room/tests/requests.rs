//! What requests answer, what they ask of the media server, and what they leave alone.

use miniapp_rtc::protocol::{
    Answer, Empty, ErrorCode, Event, MuteRemote, Ping, Publish, SetVisibility, StreamKind, StreamOf, Subscribe,
    TokenScope, Tracks, UserId,
};
use miniapp_rtc::token::RoomScope;

use super::cases::{events, go_live, lease, media, publish, refusal, subscribe};
use super::stage::{FOREVER, SMALL, START, Stage, settled};
use crate::room::{Command, Effect, End, Input, MediaCommand, Renewal, RoomCounts, RoomLimits, RoomPolicy, Terms};

fn of(user: &str) -> StreamOf {
    StreamOf { user: UserId::parse(user).expect("user id"), kind: StreamKind::Camera }
}

fn unpublish() -> Command {
    Command::Unpublish(Publish { kind: StreamKind::Camera })
}

fn renewal(stage: &Stage, user: &str, terms: Terms) -> Renewal {
    let room = RoomScope::Room(stage.room.name.room.clone());
    Renewal { app: stage.room.name.app.clone(), room, user: UserId::parse(user).expect("user id"), terms }
}

#[test]
fn new_addresses_are_for_who_holds_the_lease_and_still_has_the_right() {
    let mut stage = Stage::new(SMALL);
    let ends = Terms { publish: Some(End::At(START + 5)), subscribe: Some(End::At(START + 5)), ..FOREVER };
    stage.join("ann", true, ends);
    stage.join("bea", true, FOREVER);
    let code = |effects: Vec<Effect>| refusal(&effects);
    let renew = |user: &str| Command::RenewUrl(of(user));
    assert_eq!(code(stage.request("ann", renew("ann"), None)), Some(ErrorCode::NotPublished.number()));
    let push = go_live(&mut stage, "ann", StreamKind::Camera);
    assert_eq!(lease(&stage.request("ann", renew("ann"), None)), push);
    assert_eq!(code(stage.request("bea", renew("ann"), None)), Some(ErrorCode::NotSubscribed.number()));
    let play = lease(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    assert_eq!(lease(&stage.request("bea", renew("ann"), None)), play);
    stage.pass(6_000);
    assert_eq!(code(stage.request("ann", renew("bea"), None)), Some(ErrorCode::NoSubscribePrivilege.number()));
}

#[test]
fn the_media_server_hears_what_a_subscription_wants_and_only_changes() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    let push = go_live(&mut stage, "ann", StreamKind::Camera);
    let user = UserId::parse("ann").expect("user id");
    let asked = Subscribe { user: user.clone(), kind: StreamKind::Camera, audio: true, video: false };
    let effects = stage.request("bea", Command::Subscribe(asked), None);
    let session = lease(&effects).session;
    let filter = |audio, video| MediaCommand::SetTracks {
        stream: push.stream.clone(),
        session: session.clone(),
        tracks: Tracks { audio, video },
    };
    assert_eq!(media(&effects), [&filter(true, false)]);
    let mute =
        |audio, video| Command::MuteRemote(MuteRemote { user: user.clone(), kind: StreamKind::Camera, audio, video });
    assert!(media(&stage.request("bea", mute(true, false), None)).is_empty(), "as it was");
    assert_eq!(media(&stage.request("bea", mute(false, true), None)), [&filter(false, true)]);
    let end = MediaCommand::EndSubscription { stream: push.stream.clone(), session: session.clone() };
    assert_eq!(media(&stage.request("bea", Command::Unsubscribe(of("ann")), None)), [&end]);
    assert!(media(&stage.request("bea", Command::Leave(Empty {}), None)).is_empty(), "it has nothing left to end");
}

#[test]
fn each_operation_has_its_own_result_and_what_was_not_decided_has_none() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    assert_eq!(refusal(&stage.request("ann", unpublish(), Some("a"))), Some(ErrorCode::NotPublished.number()));
    stage.request("ann", publish(StreamKind::Camera), Some("b"));
    assert_eq!(refusal(&stage.request("ann", unpublish(), Some("c"))), None, "another operation is another request");
    let ping = |stage: &mut Stage| match settled(&stage.request("ann", Command::Ping(Ping { offset: 0 }), Some("d"))) {
        Some(Effect::Answer { answer: Answer::Pong(pong), .. }) => pong.offset,
        other => panic!("{other:?}"),
    };
    let before = ping(&mut stage);
    stage.join("bea", true, FOREVER);
    assert_eq!(ping(&mut stage), before + 1, "a ping looks each time");
}

#[test]
fn a_publisher_with_two_streams_is_one_publisher() {
    let limits = RoomLimits { visible_members: 5, publishers: 2, ..RoomLimits::default() };
    let mut stage = Stage::new(RoomPolicy { limits, ..RoomPolicy::default() });
    for user in ["ann", "bea", "cid"] {
        stage.join(user, true, FOREVER);
    }
    go_live(&mut stage, "ann", StreamKind::Camera);
    go_live(&mut stage, "ann", StreamKind::Screen);
    assert_eq!(refusal(&stage.request("bea", publish(StreamKind::Camera), None)), None);
    assert_eq!(stage.room.counts(), RoomCounts { sessions: 3, streams: 2 }, "a leased stream is none yet");
    assert_eq!(refusal(&stage.request("bea", publish(StreamKind::Screen), None)), None, "it publishes already");
    let third = stage.request("cid", publish(StreamKind::Camera), None);
    assert_eq!(refusal(&third), Some(ErrorCode::PublisherLimit.number()));
}

#[test]
fn a_leased_stream_is_in_its_owners_snapshot_alone() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    stage.request("ann", publish(StreamKind::Camera), None);
    let seen = |user: &str| stage.room.snapshot(&UserId::parse(user).expect("user id")).streams.len();
    assert_eq!((seen("ann"), seen("bea")), (1, 0));
}

#[test]
fn a_user_who_is_not_seen_has_no_streams_to_subscribe_to() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", false, FOREVER);
    stage.join("bea", true, FOREVER);
    let code = refusal(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    assert_eq!(code, Some(ErrorCode::UserNotFound.number()));
    let show = |visible| Command::SetVisibility(SetVisibility { visible });
    assert!(matches!(events(&stage.request("ann", show(true), None))[..], [Event::MemberJoined(_)]));
    assert_eq!(events(&stage.request("ann", show(true), None)), [], "it is so already");
    let code = refusal(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    assert_eq!(code, Some(ErrorCode::StreamNotFound.number()));
}

#[test]
fn a_renewed_token_is_its_users_and_is_warned_of_anew() {
    let mut stage = Stage::new(SMALL);
    let until = |end| Terms { token: End::At(START + end), publish: Some(End::At(START + end)), subscribe: None };
    stage.join("ann", true, until(3));
    let warned = |effects: &[Effect]| {
        let of_token = |effect: &&Effect| {
            matches!(effect, Effect::Send { event: Event::TokenExpiring(expiring), .. }
            if expiring.scope == TokenScope::Token)
        };
        effects.iter().filter(of_token).count()
    };
    let other_user = renewal(&stage, "bea", until(60));
    let other_room = Renewal { room: RoomScope::None, ..renewal(&stage, "ann", until(60)) };
    let app = miniapp_rtc::protocol::AppId::parse("ffffffffffffffffffffffff").expect("app id");
    let other_app = Renewal { app, ..renewal(&stage, "ann", until(60)) };
    for foreign in [other_user, other_room, other_app] {
        let code = refusal(&stage.request("ann", Command::RenewToken(foreign), None));
        assert_eq!(code, Some(ErrorCode::TokenMismatch.number()));
    }
    let longer = Command::RenewToken(renewal(&stage, "ann", until(10)));
    assert_eq!(warned(&stage.request("ann", longer, None)), 0, "its end is far");
    stage.pass(6_999);
    assert_eq!(warned(&stage.input(Input::Tick)), 0);
    stage.pass(1);
    assert_eq!(warned(&stage.input(Input::Tick)), 1);
    stage.check();
    let receiver = Terms { publish: None, ..FOREVER };
    go_live(&mut stage, "ann", StreamKind::Camera);
    let less = Command::RenewToken(renewal(&stage, "ann", receiver));
    let told = events(&stage.request("ann", less, None));
    assert!(matches!(told[..], [Event::StreamRemoved(_)]), "what the new token lacks ends at once: {told:?}");
}

#[test]
fn who_is_put_out_leaves_at_once_and_a_newer_socket_closes_the_older() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    let old = stage.socket("ann").expect("online");
    let effects = stage.resume("ann");
    let closes = |effect: &Effect| matches!(effect, Effect::Close { socket, bye: Some(bye) } if *socket == old && bye.code == 4501);
    assert!(effects.iter().any(closes));
    let resumed = settled(&effects);
    assert!(
        matches!(resumed, Some(Effect::Answer { answer: Answer::Resumed(resumed), .. }) if resumed.generation == 2)
    );
    let socket = stage.socket("ann").expect("online");
    let told = events(&stage.input(Input::Expel(socket)));
    assert!(matches!(told[..], [Event::MemberLeft(_)]), "{told:?}");
    stage.check();
    let effects = stage.request("bea", Command::Leave(Empty {}), None);
    assert!(matches!(effects[..], [.., Effect::Close { bye: None, .. }]), "a close as asked: {effects:?}");
}
