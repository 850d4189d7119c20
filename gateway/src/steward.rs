//! The [`Steward`] keeps rooms and media server of one mind: it carries news one way, commands the other, and compares both
//! from time to time.

use std::sync::Arc;
use std::time::Duration;

use miniapp_rtc::protocol::StreamId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::engine::{Engine, Unavailable};
use crate::media::{LiveStream, MediaEvents, MediaServer, TracksSet};
use crate::node::ledger::{self, Mend, Pushed};
use crate::room::{LivePublication, MediaCommand, MediaNews, NodeId};

/// Keeps rooms and media server of one mind.
#[derive(Clone)]
pub struct Steward {
    /// The process whose media server it is.
    pub node: NodeId,
    /// The engine that holds the rooms.
    pub engine: Arc<dyn Engine>,
    /// The media server.
    pub media: Arc<dyn MediaServer>,
    /// How often both are compared.
    pub reconcile: Duration,
}

impl Steward {
    /// Carries the media server's news to the rooms, until there is no more.
    pub async fn tell_news(self, mut events: MediaEvents) {
        while let Some(event) = events.recv().await {
            debug!(?event, "the media server tells");
            let (place, input) = ledger::news(self.node, event);
            if let Err(cause) = self.engine.submit(&place, input).await {
                warn!(%cause, "news of the media server were lost; the next comparison mends it");
            }
        }
    }

    /// Carries the rooms' commands to the media server, one after another.
    pub async fn pass_commands(self, mut commands: UnboundedReceiver<MediaCommand>) {
        while let Some(command) = commands.recv().await {
            match command {
                MediaCommand::SetTracks { stream, session, tracks } => {
                    match self.media.set_tracks(&stream, &session, tracks).await {
                        Ok(TracksSet::Applied) => {}
                        Ok(TracksSet::Unsupported) => {
                            warn!(%stream, %session, "the media server cannot switch tracks: all of them flow on");
                        }
                        Err(cause) => warn!(%stream, %session, %cause, "tracks could not be switched"),
                    }
                }
                MediaCommand::EndStream { stream, generation } => self.end_stream(&stream, generation).await,
                MediaCommand::EndSubscription { stream, session } => {
                    if let Err(cause) = self.media.kick_subscription(&stream, &session).await {
                        warn!(%stream, %session, %cause, "a subscription could not be ended");
                    }
                }
                MediaCommand::Check { stream, generation } => {
                    debug!(%stream, generation, "a pusher gave up: checking its stream");
                    if let Err(cause) = self.check(&stream).await {
                        warn!(%stream, %cause, "a stream could not be checked");
                    }
                }
            }
        }
    }

    /// Compares rooms and media server every so often, until told to stop.
    pub async fn keep_reconciling(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(self.reconcile);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        ticks.tick().await;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            // Where the rooms do not answer, nothing is known of them: no stream is ended.
            if let Err(cause) = self.reconcile_once().await {
                warn!(%cause, "rooms and media server could not be compared");
            }
        }
    }

    async fn reconcile_once(&self) -> Result<(), Unavailable> {
        let expected = self.engine.live_publications().await?;
        let Some(found) = self.compare(&expected).await? else { return Ok(()) };
        for pushed in ledger::pushed(&expected, found) {
            self.judge(pushed).await?;
        }
        Ok(())
    }

    async fn check(&self, stream: &StreamId) -> Result<(), Unavailable> {
        let mut suspects = self.engine.live_publications().await?;
        suspects.retain(|live| live.stream == *stream);
        self.compare(&suspects).await.map(drop)
    }

    /// Tells the rooms which of their streams nobody pushes. Gives what the media server has, where it answers.
    async fn compare(&self, expected: &[LivePublication]) -> Result<Option<Vec<LiveStream>>, Unavailable> {
        let found = match self.media.list().await {
            Ok(found) => found,
            Err(cause) => {
                warn!(%cause, "the media server did not say which streams it has");
                return Ok(None);
            }
        };
        for news in ledger::lost(expected, &found) {
            warn!(stream = %news.stream(), "a live stream has no publisher");
            self.tell(news).await?;
        }
        Ok(Some(found))
    }

    async fn judge(&self, pushed: Pushed) -> Result<(), Unavailable> {
        let is_known = self.engine.knows_stream(&pushed.stream, pushed.generation).await?;
        match pushed.judge(is_known) {
            None => {}
            Some(Mend::Tell(news)) => {
                warn!(stream = %news.stream(), "a publisher that its room has not heard of");
                self.tell(news).await?;
            }
            Some(Mend::End { stream, generation }) => {
                warn!(%stream, generation, "a pushed stream belongs to no room");
                self.end_stream(&stream, generation).await;
            }
        }
        Ok(())
    }

    async fn tell(&self, news: MediaNews) -> Result<(), Unavailable> {
        let (place, input) = ledger::input(self.node, news);
        self.engine.submit(&place, input).await
    }

    async fn end_stream(&self, stream: &StreamId, generation: u32) {
        if let Err(cause) = self.media.kick_stream(stream, generation).await {
            warn!(%stream, generation, %cause, "a stream could not be ended");
        }
    }
}

#[cfg(feature = "embedded-media")]
#[cfg(test)]
mod tests {
    use std::process::{Command as Process, Stdio};

    use async_trait::async_trait;
    use miniapp_rtc::protocol::{
        AppId, Event, Health, Publish, Report, Role, RoomId, Secret, SessionId, StreamKind, Tracks, UserId,
    };
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::budget::Account;
    use crate::clock::Clock;
    use crate::engine::{EngineParts, MediaDesk, MemoryEngine};
    use crate::mailbox::Mailbox;
    use crate::media::embedded::{EmbeddedConfig, EmbeddedMedia};
    use crate::media::{Authorise, ConnectionInfo, Denied, MediaTicket, TicketKeys, Transport};
    use crate::node::{OutboxBounds, Outgoing, Place};
    use crate::room::{Asked, Command, ConnectionId, End, Entry, Grant, Input, RoomName, RoomPolicy, Terms};
    use crate::sockets::Sockets;
    use crate::watch::Watch;
    use crate::webhooks::Webhooks;

    mod comparing;

    const NODE: NodeId = NodeId(1);

    /// Lets everyone in: what a media server would do that knows more streams than the rooms.
    struct Careless;

    #[async_trait]
    impl Authorise for Careless {
        async fn publish(&self, _ticket: &MediaTicket, _connection: &ConnectionInfo) -> Result<Tracks, Denied> {
            Ok(Tracks::BOTH)
        }

        async fn play(&self, _ticket: &MediaTicket, _: &ConnectionInfo) -> Result<Tracks, Denied> {
            Err(Denied::NotSubscribed)
        }
    }

    struct Started {
        steward: Steward,
        sockets: Arc<Sockets>,
        commands: UnboundedReceiver<MediaCommand>,
        events: MediaEvents,
    }

    fn start() -> Started {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let config = EmbeddedConfig::new(address, address, "127.0.0.1", keys);
        let (media, events) = EmbeddedMedia::start(config, Arc::new(Careless)).expect("started");
        let media: Arc<dyn MediaServer> = Arc::new(media);
        let (desk, commands) = MediaDesk::new(Arc::clone(&media));
        let sockets = Arc::new(Sockets::new(NODE));
        let clock = Clock::start();
        let (policy, watch, webhooks) = (RoomPolicy::default(), Watch::default(), Webhooks::default());
        let parts = EngineParts { policy, clock, desk, sockets: Arc::clone(&sockets), watch, webhooks };
        let engine = Arc::new(MemoryEngine::new(parts));
        Started {
            steward: Steward { node: NODE, engine, media, reconcile: Duration::from_millis(100) },
            sockets,
            commands,
            events,
        }
    }

    /// A member with a lease for its camera; the session and stream of it.
    async fn publish(Started { steward, sockets, .. }: &Started) -> (Place, Arc<Mailbox>, String, StreamId) {
        let mailbox = sockets.open(OutboxBounds { frames: 100, bytes: 100_000 }, Account::default());
        let app = AppId::parse("0123456789abcdef01234567").expect("app id");
        let place = Place::Room(RoomName { app, room: RoomId::parse("r").expect("room id") });
        let user = UserId::parse("u").expect("user id");
        let terms = Terms { token: End::Never, publish: Some(End::Never), subscribe: None };
        let secret = Secret::new("a secret");
        let camera = Publish { kind: StreamKind::Camera };
        let commands = [Command::Join(Entry { user, terms, visible: true, secret }), Command::Publish(camera)];
        for (id, command) in (1..).zip(commands) {
            let input = Input::Ask(Asked { socket: mailbox.socket(), id, operation: None, command });
            assert_eq!(steward.engine.submit(&place, input).await, Ok(()));
        }
        let Outgoing::Frames(frames) = mailbox.take().await else { panic!("closed") };
        let answer = |index: usize| -> serde_json::Value { serde_json::from_str(frames[index].text()).expect("JSON") };
        let session = answer(0)["ok"]["session"].as_str().expect("a session").to_owned();
        let stream = StreamId::parse(answer(1)["ok"]["stream"].as_str().expect("a stream")).expect("stream id");
        (place, mailbox, session, stream)
    }

    /// A member whose camera the room holds for live, though nobody pushes it: the media server's news was lost.
    async fn deceive(started: &Started) -> (Place, Arc<Mailbox>, StreamId) {
        let (place, mailbox, _session, stream) = publish(started).await;
        let steward = &started.steward;
        let connection = ConnectionId(77);
        let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection };
        assert_eq!(steward.engine.submit(&place, Input::Media { node: NODE, news }).await, Ok(()));
        assert_eq!(next_event(&mailbox).await, "stream_added");
        assert_eq!(live(steward).await.len(), 1);
        (place, mailbox, stream)
    }

    async fn live(steward: &Steward) -> Vec<LivePublication> {
        steward.engine.live_publications().await.expect("the rooms answer")
    }

    async fn next_event(mailbox: &Mailbox) -> String {
        let taken = timeout(Duration::from_secs(5), mailbox.take()).await.expect("an event in time");
        let Outgoing::Frames(frames) = taken else { panic!("closed") };
        let frame: serde_json::Value = serde_json::from_str(frames[0].text()).expect("JSON");
        frame["ev"].as_str().expect("an event").to_owned()
    }

    #[tokio::test]
    async fn a_live_stream_without_a_publisher_is_found_and_stalled() {
        let started = start();
        let steward = &started.steward;
        let (_place, outbox, _stream) = deceive(&started).await;
        let stop = CancellationToken::new();
        let task = tokio::spawn(steward.clone().keep_reconciling(stop.clone()));
        assert_eq!(next_event(&outbox).await, "stream_stalled");
        stop.cancel();
        task.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_pusher_that_gave_up_has_its_stream_checked_at_once() {
        let started = start();
        let (place, outbox, stream) = deceive(&started).await;
        let Started { steward, commands, .. } = started;
        let task = tokio::spawn(steward.clone().pass_commands(commands));
        let report = Report { role: Role::Pusher, stream, code: -1307, health: Health::Failed };
        let input = Input::Report { socket: outbox.socket(), report };
        assert_eq!(steward.engine.submit(&place, input).await, Ok(()));
        let stalled = Event::StreamStalled(miniapp_rtc::protocol::StreamIs {
            stream: StreamId::parse("s").expect("stream id"),
            user: UserId::parse("u").expect("user id"),
            kind: StreamKind::Camera,
        });
        assert_eq!(next_event(&outbox).await, stalled.name());
        task.abort();
    }

    fn push(steward: &Steward, stream: &str, session: &str) -> std::process::Child {
        let lease = steward.media.issue(&Grant {
            node: NODE,
            role: Role::Pusher,
            stream: StreamId::parse(stream).expect("stream id"),
            generation: 1,
            session: SessionId::parse(session).expect("session id"),
        });
        Process::new("ffmpeg")
            .args(["-loglevel", "quiet", "-nostdin", "-re", "-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "30"])
            .args(["-c:a", "aac", "-f", "flv", lease.url(Transport::Rtmp.name()).expect("rtmp").reveal()])
            .stdin(Stdio::null())
            .spawn()
            .expect("ffmpeg runs")
    }

    #[tokio::test]
    async fn a_publisher_that_its_room_has_not_heard_of_is_told() {
        let started = start();
        let steward = &started.steward;
        let (_place, outbox, session, stream) = publish(&started).await;
        let mut pusher = push(steward, stream.as_str(), &session);
        let stop = CancellationToken::new();
        let task = tokio::spawn(steward.clone().keep_reconciling(stop.clone()));
        let event = timeout(Duration::from_secs(10), next_event(&outbox)).await;
        let _ = pusher.kill();
        let _ = pusher.wait();
        stop.cancel();
        task.await.expect("it ends");
        assert_eq!(event.as_deref(), Ok("stream_added"));
    }

    #[tokio::test]
    async fn a_pushed_stream_that_no_room_knows_is_cut_off() {
        let started = start();
        let steward = &started.steward;
        let mut pusher = push(steward, "gone_s1", "gone_u1");
        let publishers = || async { steward.media.health().await.publishers };
        let mut pushing = false;
        for _ in 0..100 {
            pushing |= publishers().await == 1;
            if pushing {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let stop = CancellationToken::new();
        let task = tokio::spawn(steward.clone().keep_reconciling(stop.clone()));
        let mut cut = false;
        for _ in 0..60 {
            cut |= publishers().await == 0;
            if cut {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let _ = pusher.kill();
        let _ = pusher.wait();
        stop.cancel();
        task.await.expect("it ends");
        assert!(pushing, "the pusher was accepted");
        assert!(cut, "the ghost still pushes");
    }
}
