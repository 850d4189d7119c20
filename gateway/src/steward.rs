//! The [`Steward`] keeps rooms and media server of one mind: it carries news one way, commands the other, and compares both
//! from time to time.

use std::sync::Arc;
use std::time::Duration;

use miniapp_rtc::protocol::{SessionId, StreamId};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::engine::{Engine, Place};
use crate::media::{self, LiveStream, MediaEvent, MediaEvents, MediaServer};
use crate::room::{ConnectionNumber, Input, LivePublication, MediaCommand, MediaNews};

/// Keeps rooms and media server of one mind.
#[derive(Clone)]
pub struct Steward {
    /// The rooms.
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
            let (stream, news) = match event {
                MediaEvent::Started { stream, generation, connection } => {
                    debug!(%stream, generation, %connection, "media started");
                    let Ok(stream) = StreamId::parse(stream.as_str()) else { continue };
                    let connection = ConnectionNumber(connection.0);
                    (stream.clone(), MediaNews::Started { stream, generation, connection })
                }
                MediaEvent::Stopped { stream, generation, connection, reason } => {
                    debug!(%stream, generation, %connection, ?reason, "media stopped");
                    let Ok(stream) = StreamId::parse(stream.as_str()) else { continue };
                    let connection = ConnectionNumber(connection.0);
                    (stream.clone(), MediaNews::Stopped { stream, generation, connection })
                }
                MediaEvent::Outgrown { stream, generation, session } => {
                    let names = (StreamId::parse(stream.as_str()), SessionId::parse(session.as_str()));
                    let (Ok(stream), Ok(session)) = names else { continue };
                    (stream.clone(), MediaNews::Outgrown { stream, generation, session })
                }
            };
            self.engine.submit(&Place::Stream(stream), Input::Media(news), None).await;
        }
    }

    /// Carries the rooms' commands to the media server, one after another.
    pub async fn pass_commands(self, mut commands: UnboundedReceiver<MediaCommand>) {
        while let Some(command) = commands.recv().await {
            match command {
                MediaCommand::SetFilter { .. } => {}
                MediaCommand::EndStream { stream, generation } => self.end_stream(stream.as_str(), generation).await,
                MediaCommand::EndSubscription { stream, session } => {
                    let names = (media::StreamId::parse(stream.as_str()), media::SessionId::parse(session.as_str()));
                    if let (Ok(stream), Ok(session)) = names
                        && let Err(cause) = self.media.kick_subscription(&stream, &session).await
                    {
                        warn!(%stream, %session, %cause, "a subscription could not be ended");
                    }
                }
                MediaCommand::Check { stream, generation } => {
                    debug!(%stream, generation, "a pusher gave up: checking its stream");
                    let suspects = self.engine.live_publications().await;
                    let suspects = suspects.into_iter().filter(|live| live.stream == stream).collect();
                    self.compare(suspects).await;
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
            let expected = self.engine.live_publications().await;
            let Some(found) = self.compare(expected.clone()).await else { continue };
            self.tell_unheard(&expected, &found).await;
            self.end_ghosts(found).await;
        }
    }

    /// Tells the rooms which of their streams nobody pushes. The expectation was read before the list: a stream that
    /// started in between is not missed, and one whose connection changed is matched by its number.
    async fn compare(&self, expected: Vec<LivePublication>) -> Option<Vec<LiveStream>> {
        let found = match self.media.list().await {
            Ok(found) => found,
            Err(cause) => {
                warn!(%cause, "the media server did not say which streams it has");
                return None;
            }
        };
        for LivePublication { stream, generation, connection } in expected {
            let is_pushed = found.iter().any(|live| {
                live.stream.as_str() == stream.as_str()
                    && live.generation == generation
                    && live.publisher.is_some_and(|publisher| publisher.id.0 == connection.0)
            });
            if !is_pushed {
                warn!(%stream, generation, "a live stream has no publisher");
                let news = MediaNews::Stopped { stream: stream.clone(), generation, connection };
                self.engine.submit(&Place::Stream(stream), Input::Media(news), None).await;
            }
        }
        Some(found)
    }

    /// Tells the rooms which publishers they have not heard of: those whose media flows although no room holds them for live.
    /// News of a publisher that ended meanwhile are told too; the next comparison finds it gone.
    async fn tell_unheard(&self, expected: &[LivePublication], found: &[LiveStream]) {
        for live in found.iter().filter(|live| live.last_media.is_some()) {
            let (Some(publisher), Ok(stream)) = (live.publisher, StreamId::parse(live.stream.as_str())) else {
                continue;
            };
            let (generation, connection) = (live.generation, ConnectionNumber(publisher.id.0));
            let is_heard = expected
                .iter()
                .any(|one| one.stream == stream && one.generation == generation && one.connection == connection);
            if !is_heard && self.engine.knows_stream(&stream, generation).await {
                warn!(%stream, generation, "a publisher that its room has not heard of");
                let news = MediaNews::Started { stream: stream.clone(), generation, connection };
                self.engine.submit(&Place::Stream(stream), Input::Media(news), None).await;
            }
        }
    }

    /// Ends streams that no room knows.
    async fn end_ghosts(&self, found: Vec<LiveStream>) {
        for LiveStream { stream, generation, .. } in found.iter().filter(|live| live.publisher.is_some()) {
            let is_known = match StreamId::parse(stream.as_str()) {
                Ok(stream) => self.engine.knows_stream(&stream, *generation).await,
                Err(_) => false,
            };
            if !is_known {
                warn!(%stream, generation, "a pushed stream belongs to no room");
                self.end_stream(stream.as_str(), *generation).await;
            }
        }
    }

    async fn end_stream(&self, stream: &str, generation: u32) {
        if let Ok(stream) = media::StreamId::parse(stream)
            && let Err(cause) = self.media.kick_stream(&stream, generation).await
        {
            warn!(%stream, generation, %cause, "a stream could not be ended");
        }
    }
}

#[cfg(all(test, feature = "embedded-media"))]
mod tests {
    use std::process::{Command as Process, Stdio};

    use async_trait::async_trait;
    use miniapp_rtc::protocol::{AppId, Event, Health, Publish, Report, Role, RoomId, Secret, StreamKind, UserId};
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::clock::Clock;
    use crate::engine::{EngineParts, MediaDesk, MemoryEngine};
    use crate::media::embedded::{EmbeddedConfig, EmbeddedMedia};
    use crate::media::{
        Authorise, ConnectionInfo, Denied, LeaseRequest, MediaTicket, Operation, TicketKeys, TrackFilter, Transport,
    };
    use crate::outbox::{Outbox, OutboxBounds, Outgoing};
    use crate::room::{Asked, Command, End, Entry, RoomName, RoomPolicy, SocketId, Terms};

    mod comparing;

    /// Lets everyone in: what a media server would do that knows more streams than the rooms.
    struct Careless;

    #[async_trait]
    impl Authorise for Careless {
        async fn publish(
            &self,
            _ticket: &MediaTicket,
            _connection: &ConnectionInfo,
        ) -> Result<Arc<TrackFilter>, Denied> {
            Ok(Arc::new(TrackFilter::new(true, true)))
        }

        async fn play(&self, _ticket: &MediaTicket, _: &ConnectionInfo) -> Result<Arc<TrackFilter>, Denied> {
            Err(Denied::NotSubscribed)
        }
    }

    fn start() -> (Steward, UnboundedReceiver<MediaCommand>) {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let config = EmbeddedConfig::new(address, address, "127.0.0.1", keys);
        let (media, _events) = EmbeddedMedia::start(config, Arc::new(Careless)).expect("started");
        let media: Arc<dyn MediaServer> = Arc::new(media);
        let (desk, commands) = MediaDesk::new(Arc::clone(&media), Clock::start());
        let parts = EngineParts { policy: RoomPolicy::default(), clock: Clock::start(), desk };
        let engine = Arc::new(MemoryEngine::new(parts));
        (Steward { engine, media, reconcile: Duration::from_millis(100) }, commands)
    }

    /// A member with a lease for its camera; the session and stream of it.
    async fn publish(steward: &Steward) -> (Place, Arc<Outbox>, String, StreamId) {
        let outbox = Arc::new(Outbox::new(SocketId(1), OutboxBounds { frames: 100, bytes: 100_000 }));
        let app = AppId::parse("0123456789abcdef01234567").expect("app id");
        let place = Place::Room(RoomName { app, room: RoomId::parse("r").expect("room id") });
        let user = UserId::parse("u").expect("user id");
        let terms = Terms { token: End::Never, publish: Some(End::Never), subscribe: None };
        let secret = Secret::new("a secret");
        let camera = Publish { kind: StreamKind::Camera };
        let commands = [Command::Join(Entry { user, terms, visible: true, secret }), Command::Publish(camera)];
        for (id, command) in (1..).zip(commands) {
            let input = Input::Ask(Asked { socket: SocketId(1), id, operation: None, command });
            steward.engine.submit(&place, input, Some(&outbox)).await;
        }
        let Outgoing::Frames(frames) = outbox.take().await else { panic!("closed") };
        let answer = |index: usize| -> serde_json::Value { serde_json::from_str(&frames[index].text()).expect("JSON") };
        let session = answer(0)["ok"]["session"].as_str().expect("a session").to_owned();
        let stream = StreamId::parse(answer(1)["ok"]["stream"].as_str().expect("a stream")).expect("stream id");
        (place, outbox, session, stream)
    }

    /// A member whose camera the room holds for live, though nobody pushes it: the media server's news was lost.
    async fn deceive(steward: &Steward) -> (Place, Arc<Outbox>, StreamId) {
        let (place, outbox, _session, stream) = publish(steward).await;
        let connection = ConnectionNumber(77);
        let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection };
        steward.engine.submit(&place, Input::Media(news), None).await;
        assert_eq!(next_event(&outbox).await, "stream_added");
        assert_eq!(steward.engine.live_publications().await.len(), 1);
        (place, outbox, stream)
    }

    async fn next_event(outbox: &Outbox) -> String {
        let taken = timeout(Duration::from_secs(5), outbox.take()).await.expect("an event in time");
        let Outgoing::Frames(frames) = taken else { panic!("closed") };
        let frame: serde_json::Value = serde_json::from_str(&frames[0].text()).expect("JSON");
        frame["ev"].as_str().expect("an event").to_owned()
    }

    #[tokio::test]
    async fn a_live_stream_without_a_publisher_is_found_and_stalled() {
        let (steward, _commands) = start();
        let (_place, outbox, _stream) = deceive(&steward).await;
        let stop = CancellationToken::new();
        let task = tokio::spawn(steward.clone().keep_reconciling(stop.clone()));
        assert_eq!(next_event(&outbox).await, "stream_stalled");
        stop.cancel();
        task.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_pusher_that_gave_up_has_its_stream_checked_at_once() {
        let (steward, commands) = start();
        let (place, outbox, stream) = deceive(&steward).await;
        let task = tokio::spawn(steward.clone().pass_commands(commands));
        let report = Report { role: Role::Pusher, stream, code: -1307, health: Health::Failed };
        steward.engine.submit(&place, Input::Report { socket: SocketId(1), report }, Some(&outbox)).await;
        let stalled = Event::StreamStalled(miniapp_rtc::protocol::StreamIs {
            stream: StreamId::parse("s").expect("stream id"),
            user: UserId::parse("u").expect("user id"),
            kind: StreamKind::Camera,
        });
        assert_eq!(next_event(&outbox).await, stalled.name());
        task.abort();
    }

    fn push(steward: &Steward, stream: &str, session: &str) -> std::process::Child {
        let lease = steward.media.issue(&LeaseRequest {
            operation: Operation::Publish,
            stream: media::StreamId::parse(stream).expect("stream id"),
            generation: 1,
            session: media::SessionId::parse(session).expect("session id"),
        });
        Process::new("ffmpeg")
            .args(["-loglevel", "quiet", "-nostdin", "-re", "-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "30"])
            .args(["-c:a", "aac", "-f", "flv", lease.url(Transport::Rtmp).expect("rtmp").expose()])
            .stdin(Stdio::null())
            .spawn()
            .expect("ffmpeg runs")
    }

    #[tokio::test]
    async fn a_publisher_that_its_room_has_not_heard_of_is_told() {
        let (steward, _commands) = start();
        let (_place, outbox, session, stream) = publish(&steward).await;
        let mut pusher = push(&steward, stream.as_str(), &session);
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
        let (steward, _commands) = start();
        let mut pusher = push(&steward, "gone_s1", "gone_u1");
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
