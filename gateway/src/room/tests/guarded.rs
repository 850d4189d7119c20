//! What a room must tell apart: secrets, names, clocks, news of the media server, repeats of a request.

use miniapp_rtc::protocol::{Answer, ErrorCode, Publish, Resume, Secret, SessionId, StreamId, StreamKind};

use super::cases::{go_live, lease, publish, refusal, subscribe};
use super::stage::{FOREVER, NODE, SMALL, START, Stage, settled};
use crate::room::{Asked, Command, Effect, End, Input, MediaNews, RoomTag, Terms};

#[test]
fn only_the_whole_secret_resumes_a_session() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let resume = stage.proof("ann").expect("a session");
    let right = resume.secret.reveal().to_owned();
    // Of a comparison that adds differences up wrongly, some of these pass: one letter, two letters changed places, none.
    let swapped: String = right.chars().rev().collect();
    let other = right.replace('s', "t");
    for wrong in ["", &right[..1], &right[..right.len() - 1], &format!("{right}x"), &swapped, &other, "guessed"] {
        let socket = stage.open();
        let command = Command::Resume(Resume { secret: Secret::new(wrong), ..resume.clone() });
        let effects = stage.input(Input::Ask(Asked { socket, id: 1, operation: None, command }));
        assert_eq!(refusal(&effects), Some(ErrorCode::SessionUnknown.number()), "{wrong:?} is not the secret");
        assert_eq!(effects.len(), 1, "nothing else happens");
    }
    let effects = stage.resume("ann");
    assert!(matches!(settled(&effects), Some(Effect::Answer { answer: Answer::Resumed(_), .. })));
}

#[test]
fn a_tag_is_read_from_the_names_that_begin_with_it() {
    for wrong in ["", "A", "tag-1", "tag_1", &"a".repeat(33)] {
        assert_eq!(RoomTag::parse(wrong), None, "{wrong:?}");
    }
    let tag = RoomTag::parse("tag1").expect("a tag");
    assert_eq!(tag.as_str(), "tag1");
    let session = tag.session(7).expect("a session's name");
    let stream = tag.stream(8).expect("a stream's name");
    assert_eq!((session.as_str(), stream.as_str()), ("tag1_u7", "tag1_s8"));
    assert_eq!((RoomTag::of_session(&session), RoomTag::of_stream(&stream)), (Some(tag.clone()), Some(tag)));
    assert_eq!(RoomTag::of_session(&SessionId::parse("tag1").expect("an id")), None);
    assert_eq!(RoomTag::of_stream(&StreamId::parse("tag1_u7").expect("an id")), None);
}

#[test]
fn a_wall_clock_that_is_set_forward_ends_tokens_with_the_next_input() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, Terms { token: End::At(START + 10), publish: None, subscribe: Some(End::At(START + 10)) });
    stage.join("bea", true, FOREVER);
    stage.pass(1);
    stage.input(Input::Tick);
    stage.now.unix_ms += 3_600_000;
    let effects = stage.input(Input::Tick);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Close { bye: Some(_), .. })), "{effects:?}");
    stage.check();
}

#[test]
fn a_subscriber_whose_tracks_outgrew_its_address_gets_a_new_one() {
    let mut stage = Stage::new(SMALL);
    for user in ["ann", "bea", "cid"] {
        stage.join(user, true, FOREVER);
    }
    let grant = go_live(&mut stage, "ann", StreamKind::Camera);
    let play = lease(&stage.request("bea", subscribe("ann", StreamKind::Camera), None));
    let outgrown = |stage: &mut Stage, generation: u32, user: &str| {
        let session = stage.session(user);
        let news = MediaNews::Outgrown { stream: grant.stream.clone(), generation, session };
        stage.input(Input::Media { node: NODE, news })
    };
    let effects = outgrown(&mut stage, grant.generation, "bea");
    let [Effect::NewAddress { socket, of, grant: again }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(Some(*socket), stage.socket("bea"));
    assert_eq!((of.user.as_str(), of.kind, again), ("ann", StreamKind::Camera, &play));
    assert_eq!(outgrown(&mut stage, grant.generation, "cid"), [], "who does not receive the stream");
    assert_eq!(outgrown(&mut stage, grant.generation + 1, "bea"), [], "another generation");
    stage.lose("bea");
    assert_eq!(outgrown(&mut stage, grant.generation, "bea"), [], "who has no socket");
}

#[test]
fn as_many_results_are_kept_as_the_policy_says_and_the_oldest_goes_first() {
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    let unpublish = || Command::Unpublish(Publish { kind: StreamKind::Screen });
    let mut ask = |command, operation: usize| refusal(&stage.request("ann", command, Some(&format!("op{operation}"))));
    let capacity = SMALL.limits.kept_results;
    for operation in 1..=capacity {
        assert_eq!(ask(unpublish(), operation), Some(ErrorCode::NotPublished.number()));
    }
    // What is repeated from here on would succeed if it were carried out.
    assert_eq!(refusal(&stage.request("ann", publish(StreamKind::Screen), None)), None);
    let mut ask = |operation: usize| refusal(&stage.request("ann", unpublish(), Some(&format!("op{operation}"))));
    for operation in 1..=capacity {
        assert_eq!(ask(operation), Some(ErrorCode::NotPublished.number()), "result {operation} is kept");
    }
    assert_eq!(ask(capacity + 1), None, "a new operation is carried out, and its result kept");
    assert_eq!(ask(2), Some(ErrorCode::NotPublished.number()), "the second is kept still");
    stage.request("ann", publish(StreamKind::Screen), None);
    let again = refusal(&stage.request("ann", unpublish(), Some("op1")));
    assert_eq!(again, None, "the first made room, and is carried out");
}

#[test]
fn names_in_logs_say_what_they_name() {
    let stage = Stage::new(SMALL);
    let socket = crate::room::SocketId { node: NODE, number: 12 };
    assert_eq!((socket.to_string(), format!("{socket:?}")), ("1-12".to_owned(), "1-12".to_owned()));
    assert_eq!(crate::room::ConnectionId(3).to_string(), "m3");
    assert_eq!(stage.room.name.to_string(), "0123456789abcdef01234567/r");
}
