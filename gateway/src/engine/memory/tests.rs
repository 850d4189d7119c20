//! What an engine decides besides its rooms: whose input it takes, and what it answers the media server.

use miniapp_rtc::protocol::{AppId, Empty, Publish, Role, RoomId, Secret, SessionId, StreamKind, Subscribe, UserId};

use super::*;
use crate::engine::Authoriser;
use crate::mailbox::Mailbox;
use crate::media::TicketKeys;
use crate::media::embedded::{EmbeddedConfig, EmbeddedMedia};
use crate::node::{OutboxBounds, Outgoing};
use crate::room::{Command, ConnectionId, End, Entry, MediaNews, NodeId, Terms};

fn engine() -> MemoryEngine {
    engine_by(Clock::start())
}

fn engine_by(clock: Clock) -> MemoryEngine {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
    let config = EmbeddedConfig::new(address, address, "127.0.0.1", keys);
    let (media, _events) = EmbeddedMedia::start(config, Arc::new(Authoriser::default())).expect("started");
    let (desk, _commands) = MediaDesk::new(Arc::new(media));
    let sockets = Arc::new(Sockets::new(NodeId(1)));
    let (policy, watch, webhooks) = (RoomPolicy::default(), Watch::default(), Webhooks::default());
    MemoryEngine::new(EngineParts { policy, clock, desk, sockets, watch, webhooks })
}

fn place() -> Place {
    let app = AppId::parse("0123456789abcdef01234567").expect("app id");
    Place::Room(RoomName { app, room: RoomId::parse("r").expect("room id") })
}

fn open(engine: &MemoryEngine) -> Arc<Mailbox> {
    engine.shared.parts.sockets.open(OutboxBounds { frames: 100, bytes: 100_000 })
}

fn join(user: &str) -> Command {
    join_until(user, End::Never)
}

fn join_until(user: &str, end: End) -> Command {
    let terms = Terms { token: end, publish: Some(end), subscribe: Some(end) };
    let user = UserId::parse(user).expect("user id");
    Command::Join(Entry { user, terms, visible: true, secret: Secret::new("a secret") })
}

async fn ask(engine: &MemoryEngine, mailbox: &Mailbox, command: Command) {
    let asked = Asked { socket: mailbox.socket(), id: 1, operation: None, command };
    assert_eq!(engine.submit(&place(), Input::Ask(asked)).await, Ok(()));
}

/// Asks and takes the answer.
async fn answer(engine: &MemoryEngine, mailbox: &Mailbox, command: Command) -> serde_json::Value {
    ask(engine, mailbox, command).await;
    let Outgoing::Frames(frames) = mailbox.take().await else { panic!("closed") };
    let frames: Vec<serde_json::Value> =
        frames.iter().map(|frame| serde_json::from_str(&frame.text()).expect("JSON")).collect();
    frames.into_iter().find(|frame| frame.get("id").is_some()).expect("an answer")["ok"].clone()
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test]
async fn frames_of_a_socket_that_was_put_out_have_no_effect() {
    let engine = engine();
    let mailbox = open(&engine);
    answer(&engine, &mailbox, join("ann")).await;
    mailbox.close(None);
    ask(&engine, &mailbox, Command::Leave(Empty {})).await;
    assert_eq!(engine.counts().sessions, 1, "it has not left");
    ask(&engine, &mailbox, join("bea")).await;
    assert_eq!(engine.counts().sessions, 1, "and nobody has joined");
    assert_eq!(engine.submit(&place(), Input::LoseSocket(mailbox.socket())).await, Ok(()));
    assert!(!mailbox.standing().is_attached, "that it is gone does count");
}

#[tokio::test]
async fn only_the_publisher_pushes_and_only_a_subscriber_plays() {
    let engine = engine();
    let (ann, bea) = (open(&engine), open(&engine));
    let publisher = answer(&engine, &ann, join("ann")).await;
    let viewer = answer(&engine, &bea, join("bea")).await;
    let lease = answer(&engine, &ann, Command::Publish(Publish { kind: StreamKind::Camera })).await;
    let ticket = |role, stream: &str, generation, session: &serde_json::Value| MediaTicket {
        role,
        stream: StreamId::parse(stream).expect("stream id"),
        generation,
        session: SessionId::parse(text(session)).expect("session id"),
        connect_by: u32::MAX,
    };
    let (publisher, viewer, stream) = (&publisher["session"], &viewer["session"], text(&lease["stream"]));
    let push = |stream: &str, generation, session| ticket(Role::Pusher, stream, generation, session);
    assert_eq!(engine.may_push(&push(stream, 1, publisher)).await, Ok(Tracks::BOTH));
    assert_eq!(engine.may_push(&push(stream, 2, publisher)).await, Err(Denied::StaleGeneration));
    assert_eq!(engine.may_push(&push(stream, 1, viewer)).await, Err(Denied::NotPublisher));
    assert_eq!(engine.may_push(&push("gone_s1", 1, publisher)).await, Err(Denied::UnknownStream));

    let name = StreamId::parse(stream).expect("stream id");
    let news = MediaNews::Started { stream: name.clone(), generation: 1, connection: ConnectionId(1) };
    assert_eq!(engine.submit(&Place::Stream(name), Input::Media { node: NodeId(1), news }).await, Ok(()));
    let play = |generation, session| ticket(Role::Player, stream, generation, session);
    let denied = |played: Result<_, Denied>| played.err();
    assert_eq!(denied(engine.may_play(&play(1, viewer)).await), Some(Denied::NotSubscribed));
    let user = UserId::parse("ann").expect("user id");
    let subscribe = Subscribe { user, kind: StreamKind::Camera, audio: true, video: false };
    answer(&engine, &bea, Command::Subscribe(subscribe)).await;
    let sound = Tracks { audio: true, video: false };
    assert_eq!(engine.may_play(&play(1, viewer)).await, Ok(sound), "the tracks that it asked for");
    assert_eq!(denied(engine.may_play(&play(2, viewer)).await), Some(Denied::StaleGeneration));
    assert_eq!(denied(engine.may_play(&play(1, publisher)).await), Some(Denied::NotSubscribed));
}

#[tokio::test]
async fn a_clock_that_is_set_ends_tokens_at_once_and_not_too_early() {
    const NOW: u64 = 1_790_000_000;
    let system = Arc::new(std::sync::atomic::AtomicU64::new(NOW * 1000));
    let clock = Clock::with({
        let system = Arc::clone(&system);
        Arc::new(move || system.load(Ordering::Relaxed))
    });
    let engine = engine_by(clock.clone());
    let at = |seconds: u64| End::At(u32::try_from(NOW + seconds).expect("a time"));
    let (short, long) = (open(&engine), open(&engine));
    answer(&engine, &short, join_until("short", at(2))).await;
    answer(&engine, &long, join_until("long", at(1_800))).await;
    let set = async |hours: i64| {
        system.store((NOW as i64 + hours * 3_600) as u64 * 1000, Ordering::Relaxed);
        assert!(clock.follow().is_some());
        engine.heed_clock().await;
    };
    // An hour back: who had two seconds left has an hour and two seconds.
    set(-1).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(engine.counts().sessions, 2, "nobody is put out too early");
    set(0).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(engine.counts().sessions, 1, "and two seconds later it is over");
    set(1).await;
    assert_eq!(engine.counts().sessions, 0, "what has ended by the new time ends at once");
}
