//! Single cases of what a process decides beside its rooms.

use std::sync::Arc;

use miniapp_rtc::protocol::{
    Answer, AppId, ClientFrame, Empty, Epoch, ErrorCode, Method, Refusal, Request, RequestFrame, Resume, RoomId,
    Secret, ServerFrame, SessionId, StreamId,
};

use super::{Directory, Guest, Heard, OutgoingFrame, Place, SocketPolicy, Sought, Standing, farewell, ledger};
use crate::admission::Apps;
use crate::media::LiveStream;
use crate::room::{
    Asked, Command, ConnectionId, Input, LivePublication, MediaNews, Moment, NodeId, RoomName, RoomTag, SocketId,
};

const OUTSIDE: Standing = Standing { is_attached: false, is_closing: false, says_stop: false, unsettled: 0 };
const INSIDE: Standing = Standing { is_attached: true, ..OUTSIDE };

fn guest(policy: SocketPolicy) -> Guest {
    Guest::new(SocketId { node: NodeId(1), number: 1 }, Arc::new(Apps::default()), policy, 10_000, at(0))
}

fn at(ms: u64) -> Moment {
    Moment { ms, unix_ms: 1_700_000_000_000 + ms }
}

fn session() -> SessionId {
    SessionId::parse("tag1_u1").expect("a session id")
}

fn resume() -> Request {
    let epoch = Epoch::parse("e1").expect("an epoch");
    Request::Resume(Resume { session: session(), secret: Secret::new("secret"), epoch, offset: 0 })
}

fn says(guest: &mut Guest, request: Request, standing: Standing) -> Heard {
    let frame = ClientFrame::Request(RequestFrame { id: 1, operation: None, request });
    hears(guest, &serde_json::to_string(&frame).expect("a frame"), standing)
}

fn hears(guest: &mut Guest, text: &str, standing: Standing) -> Heard {
    guest.hear_text(text, standing, at(1), || Ok(Secret::new("another secret")))
}

fn code(heard: &Heard) -> Option<u16> {
    match heard {
        Heard::Refused { refusal, .. } => Some(refusal.code),
        Heard::Nothing | Heard::Input(..) | Heard::Ended(_) => None,
    }
}

#[test]
fn a_socket_carries_one_session_and_asks_for_it_first() {
    let mut guest = guest(SocketPolicy::default());
    assert_eq!(code(&says(&mut guest, Request::Sync(Empty {}), OUTSIDE)), Some(ErrorCode::NotJoined.number()));
    assert!(matches!(says(&mut guest, resume(), OUTSIDE), Heard::Input(Place::Session(of), _) if of == session()));
    let early = says(&mut guest, Request::Sync(Empty {}), OUTSIDE);
    assert_eq!(code(&early), Some(ErrorCode::NotJoined.number()), "nothing was granted yet");
    assert!(guest.end(OUTSIDE).is_none(), "no room has to hear of its end");
    assert!(matches!(says(&mut guest, Request::Sync(Empty {}), INSIDE), Heard::Input(Place::Session(_), _)));
    assert_eq!(code(&says(&mut guest, resume(), INSIDE)), Some(ErrorCode::AlreadyJoined.number()));
    assert!(matches!(guest.end(INSIDE), Some((Place::Session(_), Input::LoseSocket(_)))));
}

#[test]
fn a_frame_may_be_longer_once_the_socket_has_joined() {
    let policy = SocketPolicy { join_bytes: 100, frame_bytes: 1_000, ..SocketPolicy::default() };
    let mut guest = guest(policy);
    let long = "x".repeat(500);
    assert_eq!(code(&hears(&mut guest, &long, OUTSIDE)), Some(ErrorCode::FrameTooLarge.number()));
    assert_eq!(code(&hears(&mut guest, &long, INSIDE)), Some(ErrorCode::BadFrame.number()), "read, and not understood");
    assert_eq!(code(&hears(&mut guest, &long, OUTSIDE)), Some(ErrorCode::BadFrame.number()), "it had joined before");
    assert_eq!(code(&hears(&mut guest, &"x".repeat(1_001), INSIDE)), Some(ErrorCode::FrameTooLarge.number()));
}

#[test]
fn pings_cost_what_frames_cost_and_too_many_end_the_socket() {
    let policy =
        SocketPolicy { frames_per_second: 1, frames_burst: 3, excess_frames_per_minute: 2, ..SocketPolicy::default() };
    let mut guest = guest(policy);
    for _ in 0..5 {
        assert!(matches!(guest.hear_control(at(0)), Heard::Nothing), "three at once, and two too many");
    }
    assert!(matches!(guest.hear_control(at(0)), Heard::Ended(_)));
}

#[test]
fn a_gateway_that_stops_spreads_the_return_of_its_clients() {
    assert_eq!(farewell::going_away(1_234).after_ms, 1_234);
    assert_eq!(farewell::cut_off(567).after_ms, 567, "and one that lost the others");
}

#[test]
fn a_frame_knows_which_refusal_it_is() {
    let refused = Refusal::new(ErrorCode::NotJoined, "join first");
    let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(1), refusal: refused });
    assert_eq!(frame.refusal(), Some(ErrorCode::NotJoined.number()));
    let answer = ServerFrame::Answer { id: 1, method: Method::Leave, answer: Answer::Done(Empty {}) };
    assert_eq!(OutgoingFrame::new(&answer).refusal(), None);
}

#[test]
fn a_directory_knows_rooms_by_name_and_by_tag_until_they_close() {
    let name = |room: &str| RoomName {
        app: AppId::parse("0123456789abcdef01234567").expect("an app id"),
        room: RoomId::parse(room).expect("a room id"),
    };
    let tag = |text: &str| RoomTag::parse(text).expect("a tag");
    let mut directory = Directory::default();
    assert!(directory.is_empty() && directory.all().is_empty());
    directory.list(name("one"), tag("tag1"), 1).expect("a new room");
    directory.list(name("two"), tag("tag2"), 2).expect("a new room");
    assert_eq!(directory.list(name("one"), tag("tag3"), 3), Err(1), "one life at a time");
    let mut all = directory.all();
    all.sort_unstable();
    assert_eq!((all, directory.len(), directory.is_empty()), (vec![1, 2], 2, false));
    assert_eq!(directory.find(&Place::Room(name("two"))), Some(2));
    assert_eq!(directory.find(&Place::Session(session())), Some(1));
    directory.strike_out(&name("one"), &tag("tag1"));
    assert_eq!((directory.find(&Place::Session(session())), directory.len()), (None, 1));
    let Sought::Nowhere(Refusal { code, .. }) = directory.seek(&Place::Session(session()), &Input::Tick) else {
        panic!("a room that has closed")
    };
    assert_eq!(code, ErrorCode::NotJoined.number());
    let socket = SocketId { node: NodeId(1), number: 1 };
    let sync = Input::Ask(Asked { socket, id: 1, operation: None, command: Command::Sync(Empty {}) });
    let sought = directory.seek(&Place::Room(name("one")), &sync);
    assert!(matches!(sought, Sought::Nowhere(_)), "only a join makes a room: {sought:?}");
}

#[test]
fn a_stream_is_lost_unless_the_media_server_has_it_with_the_same_connection_and_generation() {
    let stream = StreamId::parse("tag1_s1").expect("a stream id");
    let expected = LivePublication { stream: stream.clone(), generation: 2, connection: ConnectionId(5) };
    let found = |generation, connection: Option<u64>| LiveStream {
        stream: stream.clone(),
        generation,
        publisher: connection.map(ConnectionId),
        last_media: Some(Default::default()),
        players: 0,
    };
    let other = LiveStream { stream: StreamId::parse("tag1_s2").expect("a stream id"), ..found(2, Some(5)) };
    let expected = [expected];
    assert_eq!(ledger::lost(&expected, &[found(2, Some(5))]), []);
    let news = MediaNews::Stopped { stream: stream.clone(), generation: 2, connection: ConnectionId(5) };
    for live in [found(1, Some(5)), found(2, Some(6)), found(2, None), other] {
        let lost = ledger::lost(&expected, std::slice::from_ref(&live));
        assert_eq!(lost, std::slice::from_ref(&news), "{live:?}");
    }
}
