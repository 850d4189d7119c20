//! A [`HubStream`] is one generation of what a publisher pushes: who pushes, who plays, and what a late player gets first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use miniapp_rtc::protocol::Tracks;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cache::GopCache;
use super::frame::{Frame, FrameKind};
use super::outlet::{Closed, Offer, Outlet};
use super::timeline::Timeline;
use crate::media::{ConnectionId, ConnectionInfo, SessionId, StreamId};

/// One generation of one stream.
pub(super) struct HubStream {
    pub(super) id: StreamId,
    pub(super) generation: u32,
    pub(super) state: Mutex<StreamState>,
}

pub(super) struct StreamState {
    pub(super) publisher: Option<Publisher>,
    /// When the last publisher went; meaningful while there is none.
    pub(super) orphaned_at: Instant,
    pub(super) players: Vec<Player>,
    pub(super) cache: GopCache,
    pub(super) timeline: Timeline,
    /// Which tracks their publisher gives, and what that was at the last frame.
    pub(super) gives: Tracks,
    pub(super) gave: Tracks,
    /// The first frames of a publisher that continues the stream, until both tracks have come.
    pub(super) first: Option<Vec<Frame>>,
}

pub(super) struct Publisher {
    pub(super) connection: ConnectionInfo,
    pub(super) session: SessionId,
    pub(super) accepted_at: Instant,
    pub(super) first_media: Option<Instant>,
    pub(super) last_media: Option<Instant>,
    pub(super) ended: CancellationToken,
    /// Notified when somebody waits for a key picture.
    pub(super) key_wanted: Arc<Notify>,
}

pub(super) struct Player {
    pub(super) connection: ConnectionId,
    pub(super) session: SessionId,
    pub(super) outlet: Arc<Outlet>,
}

impl StreamState {
    pub(super) fn continue_with_new_publisher(&mut self, cache_bytes: usize, gives: Tracks) {
        self.cache = GopCache::new(cache_bytes);
        self.gives = gives;
        self.first = self.timeline.has_begun().then(Vec::new);
        for player in &self.players {
            player.outlet.await_key();
        }
    }

    /// Tells the publisher that somebody waits for a key picture. Not all of them can make one.
    pub(super) fn want_key(&self) {
        if let Some(publisher) = &self.publisher {
            publisher.key_wanted.notify_one();
        }
    }

    /// Forgets all that was kept for late players.
    pub(super) fn forget_media(&mut self, cache_bytes: usize) {
        self.cache = GopCache::new(cache_bytes);
        self.first = None;
    }

    /// Forgets what was kept of tracks that are switched off.
    pub(super) fn heed_mutes(&mut self) {
        let gives = self.gives;
        if self.gave != gives {
            self.gave = gives;
            self.cache.forget_muted(gives);
        }
    }

    /// The frames that go to players now that `frame` has come `after` the publisher's first one.
    pub(super) fn await_first(&mut self, frame: Frame, after: Duration) -> Vec<Frame> {
        let Some(first) = &mut self.first else { return vec![frame] };
        first.push(frame);
        let has = |is: fn(&Frame) -> bool| first.iter().any(is);
        let has_both = has(|it| it.kind == FrameKind::Audio) && has(|it| it.kind.is_video() && it.kind.is_media());
        let bytes = first.iter().map(|it| it.payload.len()).sum::<usize>();
        if !has_both && after < FIRST_FRAMES && bytes < FIRST_BYTES {
            return Vec::new();
        }
        let first = self.first.take().unwrap_or_default();
        self.timeline.begin_anew(&first);
        first
    }

    /// Takes one frame to the players; gives the sessions of those who cannot take it on the connection they have.
    pub(super) fn deliver(&mut self, frame: Frame, now: Instant) -> Vec<SessionId> {
        let frame = Frame { timestamp: self.timeline.place(&frame), ..frame };
        let gives = self.gave;
        self.cache.store(&frame, gives);
        let mut outgrown = Vec::new();
        self.players.retain(|player| match player.outlet.push(frame.clone(), gives, now) {
            Offer::Taken => true,
            Offer::Outgrown => {
                outgrown.push(player.session.clone());
                true
            }
            Offer::Closed => false,
        });
        outgrown
    }

    /// Makes room for one more player of a session that may have `limit` connections. A phone whose network changed
    /// leaves some behind: the newest is the one that it looks at.
    pub(super) fn replace_oldest_player(&mut self, session: &SessionId, limit: usize) {
        let of_session = self.players.iter().filter(|player| player.session == *session).count();
        let oldest = self.players.iter().position(|player| player.session == *session);
        if let Some(oldest) = oldest.filter(|_| of_session >= limit) {
            self.players.remove(oldest).outlet.close(Closed::Replaced);
        }
    }

    pub(super) fn close_players(&self, reason: Closed) {
        for player in &self.players {
            player.outlet.close(reason);
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a new publisher's first frames wait for the other track: the older one of both sets its time.
const FIRST_FRAMES: Duration = Duration::from_millis(300);
/// How much of them may wait, in bytes.
const FIRST_BYTES: usize = 1 << 20;
