//! A real media server on free loopback ports, a room state of a few sets, and real ffmpeg processes.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::expect_used)]

#[cfg(feature = "web")]
pub mod browser;
pub mod ffmpeg;
pub mod flv;
pub mod http;
pub mod raw_pusher;
pub mod recording;
pub mod rtmp;
#[path = "../common/signal.rs"]
pub mod signal;
#[cfg(feature = "web")]
pub mod web;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{Role, Tracks};
use miniapp_rtc_gateway::media::embedded::{EmbeddedConfig, EmbeddedMedia};
use miniapp_rtc_gateway::media::{
    Authorise, ConnectionInfo, Denied, MediaEvent, MediaEvents, MediaServer, MediaTicket, SessionId, StreamId,
    TicketKeys, TracksSet, Transport,
};
use miniapp_rtc_gateway::room::{Grant, NodeId};
use tokio::time::timeout;

pub const NOW: u32 = 1_790_000_000;
pub const LIFETIME: u32 = 300;
pub const SECRET: &[u8] = b"the media secret of the tests";

/// The room state of a test: who may push, who has subscribed, and what was asked.
#[derive(Default)]
pub struct Room {
    publishers: Mutex<HashMap<(StreamId, u32, SessionId), Tracks>>,
    subscriptions: Mutex<HashMap<(StreamId, SessionId), Tracks>>,
    asked: Mutex<Vec<(Role, StreamId)>>,
    delay: Mutex<HashMap<StreamId, Duration>>,
}

impl Room {
    /// Allows a push, of all tracks unless some are switched off.
    pub fn allow_publish(&self, stream: &str, generation: u32, session: &str) {
        let key = (stream_id(stream), generation, session_id(session));
        self.publishers.lock().unwrap().entry(key).or_insert(Tracks::BOTH);
    }

    pub fn subscribe(&self, stream: &str, session: &str, audio: bool, video: bool) {
        self.subscriptions.lock().unwrap().insert((stream_id(stream), session_id(session)), Tracks { audio, video });
    }

    pub fn unsubscribe(&self, stream: &str, session: &str) {
        self.subscriptions.lock().unwrap().remove(&(stream_id(stream), session_id(session)));
    }

    fn turn(&self, stream: &StreamId, session: &SessionId, tracks: Tracks) {
        for ((of, _, by), given) in self.publishers.lock().unwrap().iter_mut() {
            if (of, by) == (stream, session) {
                *given = tracks;
            }
        }
        if let Some(wanted) = self.subscriptions.lock().unwrap().get_mut(&(stream.clone(), session.clone())) {
            *wanted = tracks;
        }
    }

    pub fn decide_slowly(&self, stream: &str, delay: Duration) {
        self.delay.lock().unwrap().insert(stream_id(stream), delay);
    }

    pub fn asked(&self) -> Vec<(Role, StreamId)> {
        self.asked.lock().unwrap().clone()
    }

    /// Notes what was asked; a slow decision takes its time to arrive.
    async fn ask(&self, ticket: &MediaTicket) {
        self.asked.lock().unwrap().push((ticket.role, ticket.stream.clone()));
        let delay = self.delay.lock().unwrap().get(&ticket.stream).copied();
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
    }
}

#[async_trait]
impl Authorise for Room {
    async fn publish(&self, ticket: &MediaTicket, _: &ConnectionInfo) -> Result<Tracks, Denied> {
        let key = (ticket.stream.clone(), ticket.generation, ticket.session.clone());
        let decision = self.publishers.lock().unwrap().get(&key).copied().ok_or(Denied::NotPublisher);
        self.ask(ticket).await;
        decision
    }

    async fn play(&self, ticket: &MediaTicket, _: &ConnectionInfo) -> Result<Tracks, Denied> {
        let key = (ticket.stream.clone(), ticket.session.clone());
        let decision = self.subscriptions.lock().unwrap().get(&key).copied().ok_or(Denied::NotSubscribed);
        self.ask(ticket).await;
        decision
    }
}

/// A running media server with its room.
pub struct Fixture {
    pub media: EmbeddedMedia,
    pub room: Arc<Room>,
    pub events: MediaEvents,
    pub clock: Arc<AtomicU32>,
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut EmbeddedConfig)) -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let clock = Arc::new(AtomicU32::new(NOW));
        let mut config = EmbeddedConfig::new(loopback, loopback, "127.0.0.1", keys());
        config.clock = Arc::new({
            let clock = Arc::clone(&clock);
            move || clock.load(Ordering::Relaxed)
        });
        config.ticket_lifetime_seconds = LIFETIME;
        change(&mut config);
        let room = Arc::new(Room::default());
        let (media, events) = EmbeddedMedia::start(config, Arc::clone(&room) as _).expect("media server");
        Self { media, room, events, clock }
    }

    /// A push URL whose push the room allows.
    pub fn push_url(&self, stream: &str, generation: u32) -> String {
        self.room.allow_publish(stream, generation, "publisher");
        self.url(Role::Pusher, stream, generation, "publisher", Transport::Rtmp)
    }

    /// A play URL of a session, whether it has subscribed or not.
    pub fn play_url(&self, stream: &str, generation: u32, session: &str, transport: Transport) -> String {
        self.url(Role::Player, stream, generation, session, transport)
    }

    pub fn url(&self, role: Role, stream: &str, generation: u32, session: &str, by: Transport) -> String {
        let (stream, session) = (stream_id(stream), session_id(session));
        let lease = self.media.issue(&Grant { node: NodeId(1), role, stream, generation, session });
        lease.url(by.name()).expect("transport").reveal().to_owned()
    }

    /// Switches tracks of a session's stream, or of its subscription: for later connections and for those that there are.
    pub async fn turn(&self, stream: &str, session: &str, audio: bool, video: bool) {
        let (stream, session, tracks) = (stream_id(stream), session_id(session), Tracks { audio, video });
        self.room.turn(&stream, &session, tracks);
        assert_eq!(self.media.set_tracks(&stream, &session, tracks).await.unwrap(), TracksSet::Applied);
    }

    pub async fn next_event(&mut self) -> MediaEvent {
        timeout(Duration::from_secs(15), self.events.recv()).await.expect("an event in time").expect("open")
    }

    /// Pushes with other options for the pictures, and waits until the stream is live.
    pub async fn push_with(&mut self, stream: &str, pictures: &[&str]) -> ffmpeg::Process {
        let pusher = ffmpeg::push_with(&self.push_url(stream, 1), pictures);
        let event = self.next_event().await;
        assert!(matches!(event, MediaEvent::Started { .. }), "{event:?}");
        pusher
    }

    /// Pushes and waits until the stream is live.
    pub async fn push(&mut self, stream: &str, generation: u32, picture: ffmpeg::Picture) -> ffmpeg::Process {
        let pusher = ffmpeg::push(&self.push_url(stream, generation), picture);
        let event = self.next_event().await;
        assert!(matches!(event, MediaEvent::Started { .. }), "{event:?}");
        pusher
    }
}

pub fn keys() -> TicketKeys {
    TicketKeys::new("test", SECRET).expect("keys")
}

pub fn stream_id(text: &str) -> StreamId {
    StreamId::parse(text).expect("stream id")
}

pub fn session_id(text: &str) -> SessionId {
    SessionId::parse(text).expect("session id")
}
