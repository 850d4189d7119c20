//! An [`Outlet`] is the bounded queue between the hub and one player: what it cannot hold is dropped up to a key frame.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::filter::PlayFilter;
use super::frame::{Frame, FrameKind};

/// How much a player may lag behind.
#[derive(Debug, Clone, Copy)]
pub struct OutletLimits {
    /// Most frames queued for one player.
    pub frames: usize,
    /// Most payload bytes queued for one player.
    pub bytes: usize,
    /// A player that takes nothing for this long while frames wait is disconnected.
    pub stall: Duration,
    /// A player whose queue overflows this often without ever getting empty in between is disconnected.
    pub overflows: u32,
}

impl Default for OutletLimits {
    fn default() -> Self {
        Self { frames: 1_024, bytes: 4 << 20, stall: Duration::from_secs(10), overflows: 4 }
    }
}

/// Why a player was disconnected by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The stream is over, or its publisher did not come back.
    Ended,
    /// The subscription was kicked.
    Kicked,
    /// The player read too slowly.
    Slow,
    /// The media server stops.
    Shutdown,
}

/// The queue of one player.
pub(crate) struct Outlet {
    limits: OutletLimits,
    filter: Arc<PlayFilter>,
    state: Mutex<State>,
    ready: Notify,
    closed: CancellationToken,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Frame>,
    bytes: usize,
    /// Pictures are dropped until a key frame comes.
    awaiting_key: bool,
    /// A decoder configuration that was not queued, to be sent before the next frame of its kind.
    owed_audio_header: Option<Frame>,
    owed_video_header: Option<Frame>,
    /// Since when the player has taken nothing although frames wait.
    waiting_since: Option<Instant>,
    overflows: u32,
    closed: Option<Closed>,
}

impl Outlet {
    pub(crate) fn new(limits: OutletLimits, filter: Arc<PlayFilter>) -> Self {
        let state = State { awaiting_key: true, ..State::default() };
        Self { limits, filter, state: Mutex::new(state), ready: Notify::new(), closed: CancellationToken::new() }
    }

    /// Offers a frame to the player. `false` once the outlet is closed.
    pub(crate) fn push(&self, frame: Frame, now: Instant) -> bool {
        let mut state = self.lock();
        if state.closed.is_some() {
            return false;
        }
        if state.waiting_since.is_some_and(|since| now.duration_since(since) > self.limits.stall) {
            self.close_locked(&mut state, Closed::Slow);
            return false;
        }
        match frame.kind {
            FrameKind::Metadata => self.enqueue(&mut state, frame, now),
            FrameKind::AudioHeader if !self.filter.audio() => state.owed_audio_header = Some(frame),
            FrameKind::Audio if !self.filter.audio() => {}
            FrameKind::AudioHeader => {
                state.owed_audio_header = None;
                self.enqueue(&mut state, frame, now);
            }
            FrameKind::Audio => {
                self.pay_header(&mut state, FrameKind::AudioHeader, frame.timestamp, now);
                self.enqueue(&mut state, frame, now);
            }
            FrameKind::VideoHeader if !self.filter.video() => {
                state.awaiting_key = true;
                state.owed_video_header = Some(frame);
            }
            FrameKind::VideoKey | FrameKind::VideoDelta if !self.filter.video() => state.awaiting_key = true,
            FrameKind::VideoHeader => {
                state.owed_video_header = None;
                self.enqueue(&mut state, frame, now);
            }
            FrameKind::VideoKey => {
                self.pay_header(&mut state, FrameKind::VideoHeader, frame.timestamp, now);
                state.awaiting_key = false;
                self.enqueue(&mut state, frame, now);
            }
            FrameKind::VideoDelta if state.awaiting_key => {}
            FrameKind::VideoDelta => self.enqueue(&mut state, frame, now),
        }
        state.closed.is_none()
    }

    /// Drops pictures until the next key frame: after a change of publisher.
    pub(crate) fn await_key(&self) {
        self.lock().awaiting_key = true;
    }

    /// The next frame for the player; `None` once the outlet is closed. Safe to cancel.
    pub(crate) async fn next(&self) -> Option<Frame> {
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
    pub(crate) fn try_next(&self) -> Option<Frame> {
        let mut state = self.lock();
        if state.closed.is_some() {
            return None;
        }
        let frame = state.queue.pop_front()?;
        state.bytes -= frame.payload.len();
        if state.queue.is_empty() {
            state.waiting_since = None;
            state.overflows = 0;
        } else {
            state.waiting_since = Some(Instant::now());
        }
        Some(frame)
    }

    /// Ends the outlet and frees what it holds. The first reason stays.
    pub(crate) fn close(&self, reason: Closed) {
        self.close_locked(&mut self.lock(), reason);
    }

    /// Returns when the outlet is closed, with the reason.
    pub(crate) async fn closed(&self) -> Closed {
        self.closed.cancelled().await;
        self.lock().closed.unwrap_or(Closed::Ended)
    }

    /// Frames and payload bytes that wait for the player.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let state = self.lock();
        (state.queue.len(), state.bytes)
    }

    fn enqueue(&self, state: &mut State, frame: Frame, now: Instant) {
        let is_full = state.queue.len() >= self.limits.frames || state.bytes + frame.payload.len() > self.limits.bytes;
        if is_full && !self.make_room(state, &frame) {
            return;
        }
        if frame.payload.len() > self.limits.bytes {
            return;
        }
        state.bytes += frame.payload.len();
        state.queue.push_back(frame);
        state.waiting_since.get_or_insert(now);
        self.ready.notify_one();
    }

    /// Empties the queue; the decoder configurations in it are owed from now on. Says whether `frame` may be queued.
    fn make_room(&self, state: &mut State, frame: &Frame) -> bool {
        state.overflows += 1;
        if state.overflows >= self.limits.overflows {
            self.close_locked(state, Closed::Slow);
            return false;
        }
        for queued in std::mem::take(&mut state.queue) {
            match queued.kind {
                FrameKind::AudioHeader => state.owed_audio_header = Some(queued),
                FrameKind::VideoHeader => state.owed_video_header = Some(queued),
                _ => {}
            }
        }
        state.bytes = 0;
        if frame.kind.is_video() {
            state.awaiting_key = frame.kind != FrameKind::VideoKey;
            // The owed configuration must come first, and comes with the next key frame.
            if frame.kind == FrameKind::VideoKey && state.owed_video_header.is_some() {
                state.queue.extend(state.owed_video_header.take());
                state.bytes = state.queue.iter().map(|queued| queued.payload.len()).sum();
            }
            return frame.kind != FrameKind::VideoDelta;
        }
        state.awaiting_key = true;
        if frame.kind == FrameKind::Audio && state.owed_audio_header.is_some() {
            state.queue.extend(state.owed_audio_header.take());
            state.bytes = state.queue.iter().map(|queued| queued.payload.len()).sum();
        }
        true
    }

    fn pay_header(&self, state: &mut State, kind: FrameKind, timestamp: u32, now: Instant) {
        let owed = match kind {
            FrameKind::AudioHeader => state.owed_audio_header.take(),
            _ => state.owed_video_header.take(),
        };
        if let Some(header) = owed {
            self.enqueue(state, Frame { timestamp, ..header }, now);
        }
    }

    fn close_locked(&self, state: &mut State, reason: Closed) {
        state.closed.get_or_insert(reason);
        state.queue = VecDeque::new();
        state.bytes = 0;
        self.closed.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use tokio::time::Instant;

    use super::super::super::filter::PlayFilter;
    use super::super::frame::{Frame, FrameKind};
    use super::{Closed, Outlet, OutletLimits};
    use FrameKind::{Audio, AudioHeader, VideoDelta, VideoHeader, VideoKey};

    fn frame(kind: FrameKind, timestamp: u32) -> Frame {
        Frame { kind, timestamp, payload: Bytes::from_static(&[0; 100]) }
    }

    fn outlet(filter: &Arc<PlayFilter>) -> Outlet {
        let limits = OutletLimits { frames: 8, bytes: 10_000, stall: Duration::from_secs(10), overflows: 3 };
        Outlet::new(limits, Arc::clone(filter))
    }

    fn drain(outlet: &Outlet) -> Vec<(FrameKind, u32)> {
        std::iter::from_fn(|| outlet.try_next()).map(|frame| (frame.kind, frame.timestamp)).collect()
    }

    fn push_all(outlet: &Outlet, frames: &[(FrameKind, u32)]) {
        for (kind, timestamp) in frames {
            outlet.push(frame(*kind, *timestamp), Instant::now());
        }
    }

    #[test]
    fn a_player_starts_at_a_key_frame() {
        let outlet = outlet(&Arc::new(PlayFilter::new(true, true)));
        push_all(
            &outlet,
            &[(VideoDelta, 1), (VideoHeader, 2), (VideoDelta, 3), (Audio, 4), (VideoKey, 5), (VideoDelta, 6)],
        );
        assert_eq!(drain(&outlet), [(VideoHeader, 2), (Audio, 4), (VideoKey, 5), (VideoDelta, 6)]);
    }

    #[test]
    fn video_switched_on_again_starts_with_its_header_and_a_key_frame() {
        let filter = Arc::new(PlayFilter::new(true, true));
        let outlet = outlet(&filter);
        push_all(&outlet, &[(VideoHeader, 0), (VideoKey, 1)]);
        filter.set(true, false);
        push_all(&outlet, &[(VideoDelta, 2), (Audio, 3), (VideoHeader, 4), (VideoKey, 5)]);
        filter.set(false, true);
        push_all(&outlet, &[(VideoDelta, 6), (Audio, 7), (AudioHeader, 7), (VideoKey, 8), (VideoDelta, 9)]);
        assert_eq!(
            drain(&outlet),
            [(VideoHeader, 0), (VideoKey, 1), (Audio, 3), (VideoHeader, 8), (VideoKey, 8), (VideoDelta, 9)]
        );
        filter.set(true, true);
        push_all(&outlet, &[(Audio, 10)]);
        assert_eq!(drain(&outlet), [(AudioHeader, 10), (Audio, 10)]);
    }

    #[test]
    fn video_switched_off_for_a_moment_waits_for_a_key_frame() {
        let filter = Arc::new(PlayFilter::new(true, true));
        let outlet = outlet(&filter);
        push_all(&outlet, &[(VideoKey, 1)]);
        filter.set(true, false);
        push_all(&outlet, &[(VideoDelta, 2)]);
        filter.set(true, true);
        push_all(&outlet, &[(VideoDelta, 3), (VideoKey, 4)]);
        assert_eq!(drain(&outlet), [(VideoKey, 1), (VideoKey, 4)]);
    }

    #[test]
    fn an_overflow_drops_to_the_next_key_frame_and_keeps_the_headers() {
        let outlet = outlet(&Arc::new(PlayFilter::new(true, true)));
        push_all(&outlet, &[(AudioHeader, 0), (VideoHeader, 0), (VideoKey, 0)]);
        for timestamp in 1..=6 {
            push_all(&outlet, &[(VideoDelta, timestamp)]);
        }
        push_all(&outlet, &[(VideoDelta, 7), (VideoKey, 8), (Audio, 9)]);
        assert_eq!(drain(&outlet), [(VideoHeader, 8), (VideoKey, 8), (AudioHeader, 9), (Audio, 9)]);
    }

    #[test]
    fn memory_stays_bounded_and_a_player_that_never_catches_up_is_closed() {
        let outlet = outlet(&Arc::new(PlayFilter::new(true, true)));
        for timestamp in 0..1_000 {
            let kind = if timestamp % 5 == 0 { VideoKey } else { VideoDelta };
            outlet.push(frame(kind, timestamp), Instant::now());
            let (frames, bytes) = outlet.waiting();
            assert!(frames <= 9 && bytes <= 10_000, "{frames} {bytes}");
        }
        assert!(!outlet.push(frame(VideoKey, 0), Instant::now()));
        assert_eq!(outlet.lock().closed, Some(Closed::Slow));
        assert_eq!(outlet.waiting(), (0, 0));
    }

    #[test]
    fn a_player_that_takes_nothing_is_closed_after_the_stall_time() {
        let outlet = outlet(&Arc::new(PlayFilter::new(true, true)));
        let start = Instant::now();
        assert!(outlet.push(frame(VideoKey, 0), start));
        assert!(outlet.push(frame(VideoDelta, 1), start + Duration::from_secs(9)));
        assert!(!outlet.push(frame(VideoDelta, 2), start + Duration::from_secs(11)));
        assert_eq!(outlet.lock().closed, Some(Closed::Slow));
    }

    #[tokio::test]
    async fn closing_wakes_the_reader() {
        let outlet = Arc::new(outlet(&Arc::new(PlayFilter::new(true, true))));
        let reader = tokio::spawn({
            let outlet = Arc::clone(&outlet);
            async move { outlet.next().await }
        });
        tokio::task::yield_now().await;
        outlet.close(Closed::Kicked);
        let read = tokio::time::timeout(Duration::from_secs(5), reader).await.expect("woken");
        assert_eq!(read.expect("reader"), None);
        assert_eq!(outlet.closed().await, Closed::Kicked);
    }
}
