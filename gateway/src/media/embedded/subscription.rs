//! A [`Subscription`] is the right to be a stream's player.

use std::sync::Arc;
use std::time::Duration;

use miniapp_rtc::protocol::Tracks;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

#[cfg(feature = "web")]
use super::frame::Frame;
use super::outlet::{Closed, Outlet};
use super::stream::{HubStream, lock};
use crate::media::ConnectionId;

/// The right to be a stream's player; dropping it gives it back.
pub(super) struct Subscription {
    stream: Arc<HubStream>,
    connection: ConnectionId,
    pub(super) outlet: Arc<Outlet>,
    opened_at: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Subscription {
    pub(super) fn new(
        stream: Arc<HubStream>,
        connection: ConnectionId,
        outlet: Arc<Outlet>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { stream, connection, outlet, opened_at: Instant::now(), _permit: permit }
    }
}

#[cfg(feature = "web")]
impl Subscription {
    /// The beginning that the stream has at this moment, in the place of all that waits for the player: what the player gets
    /// next is what comes after.
    pub(super) fn begin_anew(&self) -> Vec<Frame> {
        let mut state = lock(&self.stream.state);
        state.heed_mutes();
        let gets = self.outlet.wanted().and(state.gave);
        let opening: Vec<Frame> = state.cache.opening(gets.video).collect();
        self.outlet.skip_to(&opening);
        opening
    }

    /// Asks the publisher for a key picture, if it is one that can make one.
    pub(super) fn want_key(&self) {
        lock(&self.stream.state).want_key();
    }
}

impl Subscription {
    /// Settles what the player is told of, once it is known which tracks come: those that the publisher has sent, among
    /// those that are on. Safe to cancel.
    pub(super) async fn announce(&self) -> Tracks {
        loop {
            if let Some(announced) = self.try_announce() {
                return announced;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
                _ = self.outlet.closed() => return Tracks::default(),
            }
        }
    }

    fn try_announce(&self) -> Option<Tracks> {
        let state = lock(&self.stream.state);
        let (sent, gives) = (state.cache.tracks(), state.gives);
        let since = state.publisher.as_ref().and_then(|publisher| publisher.first_media);
        let has_all = sent.covers(gives.and(self.outlet.wanted()));
        let is_known = sent != Tracks::default() && since.is_some_and(|since| since.elapsed() >= TRACKS_KNOWN);
        if has_all || is_known {
            return Some(self.outlet.announce(gives.and(sent)));
        }
        // Nothing has come, or only one track of a publisher that has just begun.
        let is_late = self.opened_at.elapsed() >= TRACKS_AWAITED;
        is_late.then(|| self.outlet.announce(if sent == Tracks::default() { gives } else { gives.and(sent) }))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        lock(&self.stream.state).players.retain(|player| player.connection != self.connection);
        self.outlet.close(Closed::Ended);
    }
}

/// From a publisher's first frame on, the tracks that it has are known after this time.
const TRACKS_KNOWN: Duration = Duration::from_secs(1);
/// How long a player waits for that.
const TRACKS_AWAITED: Duration = Duration::from_secs(3);
