//! A [`TrackFilter`] says which tracks of a stream a player gets, and is turned while media flows.

use std::sync::atomic::{AtomicBool, Ordering};

use miniapp_rtc::protocol::Tracks;

/// Which tracks a player gets. Set by signaling, read for each frame.
#[derive(Debug)]
pub(super) struct TrackFilter {
    audio: AtomicBool,
    video: AtomicBool,
}

impl TrackFilter {
    /// A filter that lets these tracks through.
    pub(super) fn new(Tracks { audio, video }: Tracks) -> Self {
        Self { audio: AtomicBool::new(audio), video: AtomicBool::new(video) }
    }

    /// Sets the tracks, from the next frame on. Video that is switched on again starts at the next key frame.
    pub(super) fn set(&self, Tracks { audio, video }: Tracks) {
        self.audio.store(audio, Ordering::Relaxed);
        self.video.store(video, Ordering::Relaxed);
    }

    /// What is let through now.
    pub(super) fn tracks(&self) -> Tracks {
        Tracks { audio: self.audio.load(Ordering::Relaxed), video: self.video.load(Ordering::Relaxed) }
    }
}
