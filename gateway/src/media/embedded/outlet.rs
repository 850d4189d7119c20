//! An [`Outlet`] is the bounded queue between the hub and one player: what it cannot hold is dropped up to a key frame.

mod limits;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use miniapp_rtc::protocol::Tracks;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::filter::TrackFilter;
use super::frame::{Frame, FrameKind};
use super::metadata::restrict;
use super::traffic::Traffic;
pub use limits::OutletLimits;

/// Why a player was disconnected by the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Closed {
    /// The stream is over, or its publisher did not come back.
    Ended,
    /// The subscription was kicked.
    Kicked,
    /// Newer connections of the same subscriber took its place.
    Replaced,
    /// The player read too slowly.
    Slow,
    /// The media server stops.
    Shutdown,
}

/// What became of a frame that a player was offered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Offer {
    /// It was queued, or the player does not get it.
    Taken,
    /// What the player is to get is not what its connection was announced with: it needs another one.
    Outgrown,
    /// The player is gone.
    Closed,
}

/// How a player can be told of tracks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Announcing {
    /// Once, before the first frame.
    Once,
    /// Whenever another track comes.
    Anytime,
}

/// The queue of one player.
pub(super) struct Outlet {
    limits: OutletLimits,
    announcing: Announcing,
    filter: Arc<TrackFilter>,
    traffic: Traffic,
    state: Mutex<OutletState>,
    ready: Notify,
    closed: CancellationToken,
}

#[derive(Default)]
struct OutletState {
    queue: VecDeque<Frame>,
    bytes: usize,
    /// Pictures are dropped until a key frame comes.
    awaiting_key: bool,
    /// A decoder configuration that was not queued, to be sent before the next frame of its kind.
    owed_audio_header: Option<Frame>,
    owed_video_header: Option<Frame>,
    /// What the player was told of; `None` until [`Outlet::announce`].
    announced: Option<Tracks>,
    metadata: Option<Frame>,
    /// When the player is to be told again that it has outgrown its connection, and how long after that.
    outgrown: Option<(Instant, Duration)>,
    /// Since when what flows has not been what the player was told of.
    at_odds_since: Option<Instant>,
    /// Since when the player has taken nothing although frames wait.
    waiting_since: Option<Instant>,
    overflows: u32,
    closed: Option<Closed>,
}

impl OutletState {
    fn offer(&self) -> Offer {
        if self.closed.is_some() { Offer::Closed } else { Offer::Taken }
    }
}

impl Outlet {
    pub(super) fn new(limits: OutletLimits, announcing: Announcing, filter: Arc<TrackFilter>) -> Self {
        let state = Mutex::new(OutletState { awaiting_key: true, ..OutletState::default() });
        let (traffic, ready, closed) = (Traffic::default(), Notify::new(), CancellationToken::new());
        Self { limits, announcing, filter, traffic, state, ready, closed }
    }

    /// The same, whose frames are counted with those of others.
    pub(super) fn counted_by(self, traffic: Traffic) -> Self {
        Self { traffic, ..self }
    }

    /// What the player wants.
    pub(super) fn wanted(&self) -> Tracks {
        self.filter.tracks()
    }

    /// Turns what the player gets, from the next frame on.
    pub(super) fn set_tracks(&self, tracks: Tracks) {
        self.filter.set(tracks);
    }

    /// Settles what the player is told of: what it wants of the tracks that come. Metadata goes out with it.
    pub(super) fn announce(&self, come: Tracks) -> Tracks {
        let mut state = self.lock();
        let announced = *state.announced.get_or_insert(self.filter.tracks().and(come));
        if let Some(metadata) = &state.metadata {
            let metadata = Frame { payload: restrict(&metadata.payload, announced), ..metadata.clone() };
            state.bytes += metadata.payload.len();
            state.queue.push_front(metadata);
            state.waiting_since.get_or_insert_with(Instant::now);
            self.ready.notify_one();
        }
        announced
    }

    /// Offers a frame to the player. `is_on` are the tracks that their publisher gives.
    pub(super) fn push(&self, frame: Frame, is_on: Tracks, now: Instant) -> Offer {
        let mut state = self.lock();
        if state.closed.is_some() {
            return Offer::Closed;
        }
        if state.waiting_since.is_some_and(|since| now.duration_since(since) > self.limits.stall) {
            self.close_locked(&mut state, Closed::Slow);
            return Offer::Closed;
        }
        let gets = self.filter.tracks().and(is_on);
        if state.announced == Some(gets) {
            state.at_odds_since = None;
        }
        match frame.kind {
            FrameKind::Metadata => {
                state.metadata = Some(frame);
                self.tell_metadata(&mut state, now);
            }
            FrameKind::AudioHeader | FrameKind::Audio => return self.push_audio(&mut state, frame, gets, now),
            FrameKind::VideoHeader | FrameKind::VideoKey | FrameKind::VideoDelta | FrameKind::VideoNote => {
                return self.push_video(&mut state, frame, gets, now);
            }
        }
        state.offer()
    }

    fn push_audio(&self, state: &mut OutletState, frame: Frame, gets: Tracks, now: Instant) -> Offer {
        const AUDIO: Tracks = Tracks { audio: true, video: false };
        let is_wanted = gets.audio;
        let is_header = frame.kind == FrameKind::AudioHeader;
        let is_outgrown = self.cannot_carry(state, AUDIO);
        if is_header {
            let is_queued = is_wanted && !is_outgrown && self.carry(state, AUDIO, frame.clone(), now);
            state.owed_audio_header = if is_queued { None } else { Some(frame) };
        } else if is_wanted && is_outgrown {
            return self.outgrow(state, now);
        } else if is_wanted {
            if let Some(header) = state.owed_audio_header.take() {
                self.carry(state, AUDIO, Frame { timestamp: frame.timestamp, ..header }, now);
                // What an overflow brought to light is older.
                state.owed_audio_header = None;
            }
            self.carry(state, AUDIO, frame, now);
            return self.offer_or_outgrow(state, gets, now);
        }
        state.offer()
    }

    fn push_video(&self, state: &mut OutletState, frame: Frame, gets: Tracks, now: Instant) -> Offer {
        const VIDEO: Tracks = Tracks { audio: false, video: true };
        let is_wanted = gets.video;
        let is_header = frame.kind == FrameKind::VideoHeader;
        let is_key = frame.kind == FrameKind::VideoKey;
        let is_outgrown = self.cannot_carry(state, VIDEO);
        state.awaiting_key |= !is_wanted;
        if is_header {
            let is_queued = is_wanted && !is_outgrown && self.carry(state, VIDEO, frame.clone(), now);
            state.owed_video_header = if is_queued { None } else { Some(frame) };
        } else if is_wanted && is_outgrown {
            return self.outgrow(state, now);
        } else if is_wanted && (is_key || !state.awaiting_key) {
            if is_key && let Some(header) = state.owed_video_header.take() {
                self.carry(state, VIDEO, Frame { timestamp: frame.timestamp, ..header }, now);
                // What an overflow brought to light is older.
                state.owed_video_header = None;
            }
            state.awaiting_key &= !is_key;
            self.carry(state, VIDEO, frame, now);
            return self.offer_or_outgrow(state, gets, now);
        }
        state.offer()
    }

    /// Whether the player was told that a track does not come, and cannot be told otherwise.
    fn cannot_carry(&self, state: &OutletState, track: Tracks) -> bool {
        self.announcing == Announcing::Once && state.announced.is_some_and(|announced| !announced.covers(track))
    }

    /// Queues a frame of a track, and before it the news that the track comes.
    fn carry(&self, state: &mut OutletState, track: Tracks, frame: Frame, now: Instant) -> bool {
        if let Some(announced) = state.announced.filter(|announced| !announced.covers(track)) {
            let (audio, video) = (announced.audio || track.audio, announced.video || track.video);
            state.announced = Some(Tracks { audio, video });
            self.tell_metadata(state, now);
        }
        self.enqueue(state, frame, now)
    }

    /// Queues the metadata as the player is to see it, once it is known how.
    fn tell_metadata(&self, state: &mut OutletState, now: Instant) {
        if let (Some(announced), Some(metadata)) = (state.announced, &state.metadata) {
            let metadata = Frame { payload: restrict(&metadata.payload, announced), ..metadata.clone() };
            self.enqueue(state, metadata, now);
        }
    }

    /// What became of a frame that was carried. A player that was told of another track, which is off now, plays no further
    /// than it has both: browsers stand still after what they hold.
    fn offer_or_outgrow(&self, state: &mut OutletState, gets: Tracks, now: Instant) -> Offer {
        let waits_in_vain =
            self.announcing == Announcing::Once && state.announced.is_some_and(|announced| !gets.covers(announced));
        if waits_in_vain && state.closed.is_none() { self.outgrow(state, now) } else { state.offer() }
    }

    /// A track that is switched on or off for a moment, as with a key that one talks while holding, asks for no connection.
    fn outgrow(&self, state: &mut OutletState, now: Instant) -> Offer {
        if now.duration_since(*state.at_odds_since.get_or_insert(now)) < AT_ODDS {
            return Offer::Taken;
        }
        let pause = match state.outgrown {
            None => TELL_AGAIN,
            Some((at, pause)) if now >= at => (pause * 2).min(TELL_AT_MOST),
            Some(_) => return Offer::Taken,
        };
        state.outgrown = Some((now + pause, pause));
        Offer::Outgrown
    }

    /// Forgets what waits: the player has got this opening in its place.
    #[cfg(feature = "web")]
    pub(super) fn skip_to(&self, opening: &[Frame]) {
        let mut state = self.lock();
        let has_pictures = opening.iter().any(|frame| frame.kind == FrameKind::VideoKey);
        state.queue.clear();
        state.bytes = 0;
        state.waiting_since = None;
        state.overflows = 0;
        (state.owed_audio_header, state.owed_video_header) = (None, None);
        state.awaiting_key = !has_pictures;
    }

    /// Drops pictures until the next key frame: after a change of publisher.
    pub(super) fn await_key(&self) {
        self.lock().awaiting_key = true;
    }

    /// The next frame for the player; `None` once the outlet is closed. Safe to cancel.
    pub(super) async fn next(&self) -> Option<Frame> {
        loop {
            let ready = self.ready.notified();
            if let Some(frame) = self.try_next() {
                return Some(frame);
            }
            if self.closed.is_cancelled() {
                return None;
            }
            tokio::select! {
                () = ready => {}
                () = self.closed.cancelled() => {}
            }
        }
    }

    /// The next frame, if one waits.
    pub(super) fn try_next(&self) -> Option<Frame> {
        let mut state = self.lock();
        if state.closed.is_some() {
            return None;
        }
        let frame = state.queue.pop_front()?;
        state.bytes -= frame.payload.len();
        self.traffic.count_sent(frame.payload.len());
        if state.queue.is_empty() {
            state.waiting_since = None;
            state.overflows = 0;
        } else {
            state.waiting_since = Some(Instant::now());
        }
        Some(frame)
    }

    /// Ends the outlet and frees what it holds. The first reason stays.
    pub(super) fn close(&self, reason: Closed) {
        self.close_locked(&mut self.lock(), reason);
    }

    /// Returns when the outlet is closed, with the reason.
    pub(super) async fn closed(&self) -> Closed {
        self.closed.cancelled().await;
        self.lock().closed.unwrap_or(Closed::Ended)
    }

    /// Frames and payload bytes that wait for the player.
    #[cfg(test)]
    fn waiting(&self) -> (usize, usize) {
        let state = self.lock();
        (state.queue.len(), state.bytes)
    }

    /// Queues a frame; `false` if there is no place for it.
    fn enqueue(&self, state: &mut OutletState, frame: Frame, now: Instant) -> bool {
        let is_full = state.queue.len() >= self.limits.frames || state.bytes + frame.payload.len() > self.limits.bytes;
        if is_full && !self.make_room(state, &frame) {
            return false;
        }
        if frame.payload.len() > self.limits.bytes {
            return false;
        }
        state.bytes += frame.payload.len();
        state.queue.push_back(frame);
        state.waiting_since.get_or_insert(now);
        self.ready.notify_one();
        true
    }

    /// Empties the queue; the newest decoder configurations are owed from now on. Says whether `frame` may be queued.
    fn make_room(&self, state: &mut OutletState, frame: &Frame) -> bool {
        state.overflows += 1;
        if state.overflows >= self.limits.overflows {
            self.close_locked(state, Closed::Slow);
            return false;
        }
        // What is owed already is newer than what was queued.
        let (mut audio, mut video) = (None, None);
        for queued in std::mem::take(&mut state.queue) {
            match queued.kind {
                FrameKind::AudioHeader => audio = Some(queued),
                FrameKind::VideoHeader => video = Some(queued),
                FrameKind::Metadata
                | FrameKind::Audio
                | FrameKind::VideoKey
                | FrameKind::VideoDelta
                | FrameKind::VideoNote => {}
            }
        }
        state.owed_audio_header = state.owed_audio_header.take().or(audio);
        state.owed_video_header = state.owed_video_header.take().or(video);
        state.bytes = 0;
        state.awaiting_key = frame.kind != FrameKind::VideoKey;
        // The owed configuration must come first: pictures wait for theirs, and for a key frame.
        let owed = match frame.kind {
            FrameKind::Audio => state.owed_audio_header.take(),
            FrameKind::VideoKey => state.owed_video_header.take(),
            FrameKind::VideoDelta | FrameKind::VideoNote => return false,
            FrameKind::Metadata | FrameKind::AudioHeader | FrameKind::VideoHeader => None,
        };
        state.queue.extend(owed);
        state.bytes = state.queue.iter().map(|queued| queued.payload.len()).sum();
        true
    }

    fn close_locked(&self, state: &mut OutletState, reason: Closed) {
        state.closed.get_or_insert(reason);
        state.queue = VecDeque::new();
        state.bytes = 0;
        self.closed.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, OutletState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a player may take to connect anew before it is told again that it must.
const TELL_AGAIN: Duration = Duration::from_secs(3);
/// What flows is not what the player was told of for this long, before it is told.
const AT_ODDS: Duration = Duration::from_millis(700);
/// It is told ever more rarely, down to this.
const TELL_AT_MOST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
