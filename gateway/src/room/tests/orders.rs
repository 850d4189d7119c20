//! What the operator orders.

use miniapp_rtc::protocol::{
    Empty, ErrorCode, Event, LeaveReason, MuteLocal, RemoveReason, StreamKind, Tracks, UserId,
};

use super::cases::{events, go_live, media, refusal};
use super::stage::{FOREVER, SMALL, Stage};
use crate::room::{Command, Effect, Input, MediaCommand, Order};

#[test]
fn who_is_kicked_loses_its_streams_and_the_others_hear_why() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    go_live(&mut stage, "ann", StreamKind::Camera);
    let effects = stage.input(Input::Order(Order::Kick(UserId::parse("ann").expect("user id"))));
    stage.check();
    assert!(matches!(media(&effects)[..], [MediaCommand::EndStream { .. }]), "{effects:?}");
    let told = events(&effects);
    let [Event::StreamRemoved(removed), Event::MemberLeft(left)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((removed.reason, left.reason), (RemoveReason::Kicked, LeaveReason::Kicked));
}

#[test]
fn a_dissolved_room_is_empty_and_its_streams_have_ended() {
    let mut stage = Stage::new(SMALL);
    for user in ["ann", "bea", "cid"] {
        stage.join(user, true, FOREVER);
    }
    go_live(&mut stage, "ann", StreamKind::Screen);
    stage.lose("bea");
    let effects = stage.input(Input::Order(Order::Dissolve));
    assert!(stage.room.is_empty() && stage.room.next_due().is_none());
    assert!(media(&effects).iter().any(|command| matches!(command, MediaCommand::EndStream { .. })), "{effects:?}");
    let kicked = effects.iter().filter(|effect| matches!(effect, Effect::Send { event: Event::Kicked(_), .. }));
    assert_eq!(kicked.count(), 2, "those that are online");
}

#[test]
fn a_ban_keeps_a_user_out_until_it_has_had_its_time() {
    let mut stage = Stage::new(SMALL);
    let ann = || UserId::parse("ann").expect("user id");
    let is_banned = |effects: &[Effect]| refusal(effects) == Some(ErrorCode::UserBanned.number());
    stage.join("ann", true, FOREVER);
    stage.input(Input::Order(Order::Ban { user: ann(), seconds: 10 }));
    stage.check();
    assert_eq!(stage.socket("ann"), None, "the ban puts the user out");
    assert!(!stage.room.is_empty(), "the ban has to be remembered");
    stage.pass(9_999);
    assert!(is_banned(&stage.join("ann", true, FOREVER)));
    assert!(!is_banned(&stage.join("bea", true, FOREVER)), "others are not kept out");
    stage.pass(1);
    assert!(!is_banned(&stage.join("ann", true, FOREVER)));
    stage.input(Input::Order(Order::Ban { user: ann(), seconds: 10 }));
    stage.input(Input::Order(Order::Unban(ann())));
    assert!(!is_banned(&stage.join("ann", true, FOREVER)), "a ban can be taken back");
}

#[test]
fn what_the_operator_mutes_stays_off_whatever_the_publisher_wants() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    let flows = |stage: &Stage| {
        stage.room.may_push(&grant.stream, grant.generation, &grant.session).expect("the publisher's stream")
    };
    let sound = Tracks { audio: true, video: false };
    let pictures = Tracks { audio: false, video: true };
    let mute = |allowed| {
        let user = UserId::parse("ann").expect("user id");
        Input::Order(Order::Mute { user, kind: StreamKind::Camera, allowed })
    };
    let effects = stage.input(mute(pictures));
    assert!(matches!(&events(&effects)[..], [Event::StreamUpdated(stream)] if !stream.audio && stream.video));
    assert!(matches!(media(&effects)[..], [MediaCommand::SetTracks { tracks, .. }] if *tracks == pictures));
    let view = stage.room.view(stage.now);
    assert_eq!(
        view.streams.iter().map(|is| (is.audio_muted, is.video_muted)).collect::<Vec<_>>(),
        [(true, false)],
        "as the operator sees it"
    );
    let wants = |tracks: Tracks| {
        let Tracks { audio, video } = tracks;
        Command::MuteLocal(MuteLocal { kind: StreamKind::Camera, audio, video })
    };
    assert!(events(&stage.request("ann", wants(Tracks::BOTH), None)).is_empty(), "the sound stays off");
    stage.request("ann", wants(sound), None);
    assert_eq!(flows(&stage), Tracks::default());
    stage.input(mute(Tracks::BOTH));
    assert_eq!(flows(&stage), sound, "what is let through again is what the publisher has on");
    // It holds for later streams of the user as well.
    stage.join("bea", true, FOREVER);
    stage.input(mute(pictures));
    stage.request("ann", Command::Leave(Empty {}), None);
    stage.join("ann", true, FOREVER);
    let again = go_live(&mut stage, "ann", StreamKind::Camera);
    assert_eq!(stage.room.may_push(&again.stream, again.generation, &again.session), Ok(pictures));
}
