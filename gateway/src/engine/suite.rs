//! What every engine decides besides its rooms: whose input it takes, and what it answers the media server.

use std::sync::Arc;

use miniapp_rtc::protocol::{
    AppId, Empty, Publish, Role, RoomId, Secret, SessionId, StreamId, StreamKind, Subscribe, Tracks, UserId,
};
use serde_json::Value;

use super::{Authoriser, Engine, EngineParts, MediaDesk};
use crate::budget::Account;
use crate::clock::Clock;
use crate::mailbox::Mailbox;
use crate::media::embedded::{EmbeddedConfig, EmbeddedMedia};
use crate::media::{Denied, MediaTicket, TicketKeys};
use crate::node::{OutboxBounds, Outgoing, Place};
use crate::room::{Asked, Command, ConnectionId, End, Entry, Input, MediaNews, NodeId, RoomName, RoomPolicy, Terms};
use crate::sockets::Sockets;
use crate::watch::Watch;
use crate::webhooks::Webhooks;

/// Parts of a process with that name, and its sockets.
pub(super) fn parts(node: NodeId, clock: Clock, policy: RoomPolicy) -> (EngineParts, Arc<Sockets>) {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
    let config = EmbeddedConfig::new(address, address, "127.0.0.1", keys);
    let (media, _events) = EmbeddedMedia::start(config, Arc::new(Authoriser::default())).expect("started");
    let (desk, _commands) = MediaDesk::new(Arc::new(media));
    let sockets = Arc::new(Sockets::new(node));
    let (watch, webhooks) = (Watch::default(), Webhooks::default());
    (EngineParts { policy, clock, desk, sockets: Arc::clone(&sockets), watch, webhooks }, sockets)
}

pub(super) fn place(room: &str) -> Place {
    let app = AppId::parse("0123456789abcdef01234567").expect("app id");
    Place::Room(RoomName { app, room: RoomId::parse(room).expect("room id") })
}

pub(super) fn open(sockets: &Sockets) -> Arc<Mailbox> {
    sockets.open(OutboxBounds { frames: 1_000, bytes: 1_000_000 }, Account::default())
}

pub(super) fn join(user: &str) -> Command {
    join_until(user, End::Never)
}

pub(super) fn join_until(user: &str, end: End) -> Command {
    let terms = Terms { token: end, publish: Some(end), subscribe: Some(end) };
    let user = UserId::parse(user).expect("user id");
    Command::Join(Entry { user, terms, visible: true, secret: Secret::new("a secret") })
}

async fn ask(engine: &dyn Engine, mailbox: &Mailbox, command: Command) {
    let asked = Asked { socket: mailbox.socket(), id: 1, operation: None, command };
    assert_eq!(engine.submit(&place("r"), Input::Ask(asked)).await, Ok(()));
}

/// Asks and takes the answer.
pub(super) async fn answer(engine: &dyn Engine, mailbox: &Mailbox, command: Command) -> Value {
    ask(engine, mailbox, command).await;
    let Outgoing::Frames(frames) = mailbox.take().await else { panic!("closed") };
    let frames: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(frame.text()).expect("JSON")).collect();
    frames.into_iter().find(|frame| frame.get("id").is_some()).expect("an answer")["ok"].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Frames of a socket that was put out have no effect; that it is gone does.
pub(super) async fn heeds_who_was_put_out(engine: &dyn Engine, sockets: &Sockets) {
    let mailbox = open(sockets);
    answer(engine, &mailbox, join("ann")).await;
    mailbox.close(None);
    ask(engine, &mailbox, Command::Leave(Empty {})).await;
    assert_eq!(engine.counts().sessions, 1, "it has not left");
    ask(engine, &mailbox, join("bea")).await;
    assert_eq!(engine.counts().sessions, 1, "and nobody has joined");
    assert_eq!(engine.submit(&place("r"), Input::LoseSocket(mailbox.socket())).await, Ok(()));
    assert!(!mailbox.standing().is_attached, "that it is gone does count");
}

/// Only the publisher pushes, and only a subscriber plays.
pub(super) async fn answers_the_media_server(engine: &dyn Engine, sockets: &Sockets) {
    let (ann, bea) = (open(sockets), open(sockets));
    let publisher = answer(engine, &ann, join("ann")).await;
    let viewer = answer(engine, &bea, join("bea")).await;
    let lease = answer(engine, &ann, Command::Publish(Publish { kind: StreamKind::Camera })).await;
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
    answer(engine, &bea, Command::Subscribe(subscribe)).await;
    let sound = Tracks { audio: true, video: false };
    assert_eq!(engine.may_play(&play(1, viewer)).await, Ok(sound), "the tracks that it asked for");
    assert_eq!(denied(engine.may_play(&play(2, viewer)).await), Some(Denied::StaleGeneration));
    assert_eq!(denied(engine.may_play(&play(1, publisher)).await), Some(Denied::NotSubscribed));
}
