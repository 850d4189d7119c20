//! The [`Hub`] is the table of live streams: it takes the frames of one publisher per stream to all of its players.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use miniapp_rtc::protocol::Tracks;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cache::GopCache;
use super::filter::TrackFilter;
use super::frame::Frame;
use super::outlet::{Announcing, Closed, Outlet, OutletLimits};
use super::stream::{HubStream, Player, Publisher, StreamState, lock};
use super::subscription::Subscription;
use super::timeline::Timeline;
use super::traffic::Traffic;
use crate::media::{
    ConnectionId, ConnectionInfo, Denied, LiveStream, MediaEvent, MediaTicket, SessionId, StopReason, StreamId,
    Transport,
};

/// What a hub allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct HubLimits {
    pub(super) outlet: OutletLimits,
    pub(super) players_per_stream: usize,
    /// One more of the same session takes the place of the oldest.
    pub(super) players_per_subscriber: usize,
    /// A publisher without media for this long gives way to a second connection of the same generation.
    pub(super) stalled_after: Duration,
    /// How long players wait for a lost publisher to come back.
    pub(super) publisher_grace: Duration,
    pub(super) cache_bytes: usize,
}

/// All streams that have a publisher, or had one less than the grace time ago.
pub(super) struct Hub {
    limits: HubLimits,
    events: mpsc::UnboundedSender<MediaEvent>,
    streams: Mutex<HashMap<StreamId, Arc<HubStream>>>,
    next_connection: AtomicU64,
    traffic: Traffic,
}

impl Hub {
    pub(super) fn new(limits: HubLimits, events: mpsc::UnboundedSender<MediaEvent>) -> Self {
        let (streams, next_connection) = (Mutex::default(), AtomicU64::new(1));
        Self { limits, events, streams, next_connection, traffic: Traffic::default() }
    }

    /// What has come and gone.
    pub(super) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    pub(super) fn next_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes an authorised connection the publisher: the first wins, unless it is stalled; a newer generation always wins.
    pub(super) fn publish(
        self: &Arc<Self>,
        ticket: &MediaTicket,
        gives: Tracks,
        connection: ConnectionInfo,
        permit: OwnedSemaphorePermit,
    ) -> Result<PublishRight, Denied> {
        let mut streams = lock(&self.streams);
        if let Some(current) = streams.get(&ticket.stream) {
            if current.generation > ticket.generation {
                return Err(Denied::StaleGeneration);
            }
            if current.generation < ticket.generation {
                self.end(current, StopReason::Replaced, Closed::Ended);
                streams.remove(&ticket.stream);
            }
        }
        let stream = streams.entry(ticket.stream.clone()).or_insert_with(|| {
            Arc::new(HubStream {
                id: ticket.stream.clone(),
                generation: ticket.generation,
                state: Mutex::new(StreamState {
                    publisher: None,
                    orphaned_at: Instant::now(),
                    players: Vec::new(),
                    cache: GopCache::new(self.limits.cache_bytes),
                    timeline: Timeline::default(),
                    gave: gives,
                    gives,
                    first: None,
                }),
            })
        });
        let mut state = lock(&stream.state);
        if let Some(publisher) = &state.publisher {
            let quiet_since = publisher.last_media.unwrap_or(publisher.accepted_at);
            if quiet_since.elapsed() < self.limits.stalled_after {
                return Err(Denied::Busy);
            }
            self.stop_publisher(stream, &mut state, StopReason::Replaced);
        }
        let (ended, key_wanted) = (CancellationToken::new(), Arc::new(Notify::new()));
        state.publisher = Some(Publisher {
            connection,
            session: ticket.session.clone(),
            accepted_at: Instant::now(),
            first_media: None,
            last_media: None,
            ended: ended.clone(),
            key_wanted: Arc::clone(&key_wanted),
        });
        state.continue_with_new_publisher(self.limits.cache_bytes, gives);
        drop(state);
        let (hub, stream) = (Arc::clone(self), Arc::clone(stream));
        Ok(PublishRight {
            hub,
            stream,
            connection: connection.id,
            ended,
            #[cfg(feature = "web")]
            key_wanted,
            _permit: permit,
        })
    }

    /// Makes an authorised connection a player of a live stream.
    pub(super) fn play(
        self: &Arc<Self>,
        ticket: &MediaTicket,
        tracks: Tracks,
        connection: ConnectionInfo,
        permit: OwnedSemaphorePermit,
    ) -> Result<Subscription, Denied> {
        let stream = lock(&self.streams).get(&ticket.stream).map(Arc::clone).ok_or(Denied::NotLive)?;
        if stream.generation > ticket.generation {
            return Err(Denied::StaleGeneration);
        }
        if stream.generation < ticket.generation {
            return Err(Denied::NotLive);
        }
        let mut state = lock(&stream.state);
        if state.publisher.is_none() && state.orphaned_at.elapsed() > self.limits.publisher_grace {
            return Err(Denied::NotLive);
        }
        state.replace_oldest_player(&ticket.session, self.limits.players_per_subscriber);
        if state.players.len() >= self.limits.players_per_stream {
            return Err(Denied::Full);
        }
        state.heed_mutes();
        let announcing = match connection.transport {
            Transport::Rtmp | Transport::Whip | Transport::Whep => Announcing::Anytime,
            Transport::HttpFlv => Announcing::Once,
        };
        let opening: Vec<Frame> = state.cache.opening(tracks.video && state.gave.video).collect();
        // The opening comes at once and has its own place: the limits are for what comes then.
        let mut limits = self.limits.outlet;
        limits.frames += opening.len();
        limits.bytes += opening.iter().map(|frame| frame.payload.len()).sum::<usize>();
        let outlet = Outlet::new(limits, announcing, Arc::new(TrackFilter::new(tracks)));
        let outlet = Arc::new(outlet.counted_by(self.traffic.clone()));
        let now = Instant::now();
        for frame in opening {
            outlet.push(frame, state.gave, now);
        }
        let player = Player { connection: connection.id, session: ticket.session.clone(), outlet: Arc::clone(&outlet) };
        state.players.push(player);
        state.want_key();
        drop(state);
        Ok(Subscription::new(stream, connection.id, outlet, permit))
    }

    /// Ends a stream up to a generation; how many connections that ended.
    pub(super) fn kick_stream(&self, stream: &StreamId, generation: u32) -> usize {
        let mut streams = lock(&self.streams);
        let Some(current) = streams.get(stream).filter(|current| current.generation <= generation) else { return 0 };
        let ended = self.end(current, StopReason::Kicked, Closed::Kicked);
        streams.remove(stream);
        ended
    }

    /// Closes the players of a session; how many that were.
    pub(super) fn kick_subscription(&self, stream: &StreamId, session: &SessionId) -> usize {
        let Some(stream) = lock(&self.streams).get(stream).map(Arc::clone) else { return 0 };
        let mut state = lock(&stream.state);
        let before = state.players.len();
        state.players.retain(|player| {
            let is_kicked = player.session == *session;
            if is_kicked {
                player.outlet.close(Closed::Kicked);
            }
            !is_kicked
        });
        before - state.players.len()
    }

    /// Turns what a session's publisher gives, or what its players get.
    pub(super) fn set_tracks(&self, stream: &StreamId, session: &SessionId, tracks: Tracks) {
        let Some(stream) = lock(&self.streams).get(stream).map(Arc::clone) else { return };
        let mut state = lock(&stream.state);
        if state.publisher.as_ref().is_some_and(|publisher| publisher.session == *session) {
            state.gives = tracks;
        }
        for player in state.players.iter().filter(|player| player.session == *session) {
            player.outlet.set_tracks(tracks);
        }
        // Pictures that are switched on begin with a key picture.
        state.want_key();
    }

    /// Drops streams whose publisher did not come back within the grace time.
    pub(super) fn reap(&self) {
        lock(&self.streams).retain(|_, stream| {
            let state = lock(&stream.state);
            let is_over = state.publisher.is_none() && state.orphaned_at.elapsed() > self.limits.publisher_grace;
            if is_over {
                state.close_players(Closed::Ended);
            }
            !is_over
        });
    }

    /// Ends every stream and every connection, with the reason "shutdown".
    pub(super) fn shutdown(&self) {
        for (_, stream) in lock(&self.streams).drain() {
            self.end(&stream, StopReason::Shutdown, Closed::Shutdown);
        }
    }

    pub(super) fn list(&self) -> Vec<LiveStream> {
        let streams: Vec<Arc<HubStream>> = lock(&self.streams).values().map(Arc::clone).collect();
        let describe = |stream: &Arc<HubStream>| {
            let state = lock(&stream.state);
            let publisher = state.publisher.as_ref();
            LiveStream {
                stream: stream.id.clone(),
                generation: stream.generation,
                publisher: publisher.map(|publisher| publisher.connection.id),
                last_media: publisher.and_then(|publisher| publisher.last_media).map(|instant| instant.elapsed()),
                players: state.players.len(),
            }
        };
        streams.iter().map(describe).collect()
    }

    fn end(&self, stream: &HubStream, reason: StopReason, closed: Closed) -> usize {
        let mut state = lock(&stream.state);
        let players = state.players.len();
        let publishers = usize::from(self.stop_publisher(stream, &mut state, reason));
        state.close_players(closed);
        state.players.clear();
        players + publishers
    }

    /// Takes the publisher out and says so, once; its connection learns it by its token.
    fn stop_publisher(&self, stream: &HubStream, state: &mut StreamState, reason: StopReason) -> bool {
        let Some(publisher) = state.publisher.take() else { return false };
        if reason == StopReason::Malformed {
            // It sent too much, or nonsense: late players get none of that.
            state.forget_media(self.limits.cache_bytes);
        }
        state.orphaned_at = Instant::now();
        publisher.ended.cancel();
        let connection = publisher.connection.id;
        tracing::info!(stream = %stream.id, generation = stream.generation, %connection, ?reason, "publisher stopped");
        // Nobody listens any more only while the gateway stops.
        let _ = self.events.send(MediaEvent::Stopped {
            stream: stream.id.clone(),
            generation: stream.generation,
            connection,
            reason,
        });
        true
    }
}

/// The right to be a stream's publisher; dropping it gives it back.
pub(super) struct PublishRight {
    hub: Arc<Hub>,
    stream: Arc<HubStream>,
    connection: ConnectionId,
    ended: CancellationToken,
    #[cfg(feature = "web")]
    key_wanted: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl PublishRight {
    /// Takes one frame to all players. `false` once the publication was ended by the server.
    pub(super) fn push(&self, frame: Frame) -> bool {
        let now = Instant::now();
        let mut guard = lock(&self.stream.state);
        let state = &mut *guard;
        let Some(publisher) = state.publisher.as_mut().filter(|entry| entry.connection.id == self.connection) else {
            return false;
        };
        self.hub.traffic.count_received(frame.payload.len());
        publisher.last_media = Some(now);
        let first_media = *publisher.first_media.get_or_insert(now);
        if first_media == now {
            let (stream, generation, connection) = (self.stream.id.clone(), self.stream.generation, self.connection);
            tracing::info!(%stream, generation, %connection, "publisher started");
            let _ = self.hub.events.send(MediaEvent::Started { stream, generation, connection });
        }
        state.heed_mutes();
        for frame in state.await_first(frame, now.duration_since(first_media)) {
            for session in state.deliver(frame, now) {
                let (stream, generation) = (self.stream.id.clone(), self.stream.generation);
                tracing::debug!(%stream, generation, %session, "a player needs a connection for other tracks");
                let _ = self.hub.events.send(MediaEvent::Outgrown { stream, generation, session });
            }
        }
        true
    }

    /// Returns when the server has ended the publication.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Returns when somebody waits for a key picture: a player that has joined, or one that lost a picture. Safe to cancel.
    #[cfg(feature = "web")]
    pub(super) async fn key_wanted(&self) {
        self.key_wanted.notified().await;
    }

    /// Gives the publication back with a reason.
    pub(super) fn finish(self, reason: StopReason) {
        self.give_back(reason);
    }

    fn give_back(&self, reason: StopReason) {
        let mut state = lock(&self.stream.state);
        if state.publisher.as_ref().is_some_and(|entry| entry.connection.id == self.connection) {
            self.hub.stop_publisher(&self.stream, &mut state, reason);
        }
    }
}

impl Drop for PublishRight {
    fn drop(&mut self) {
        self.give_back(StopReason::Disconnected);
    }
}
