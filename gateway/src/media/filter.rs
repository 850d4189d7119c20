//! [`Tracks`] are the kinds of media of a stream; a [`TrackFilter`] says which of them one side lets through, and is turned
//! while media flows.

use std::sync::atomic::{AtomicBool, Ordering};

/// Kinds of media.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tracks {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

impl Tracks {
    /// Those that both have.
    pub fn and(self, other: Self) -> Self {
        Self { audio: self.audio && other.audio, video: self.video && other.video }
    }

    /// Whether none is missing of `other`.
    pub fn covers(self, other: Self) -> bool {
        self.and(other) == other
    }
}

/// Which kinds of media a publication gives, or a subscription gets. Shared: the signaling side sets it, the media server
/// reads it per frame.
#[derive(Debug)]
pub struct TrackFilter {
    audio: AtomicBool,
    video: AtomicBool,
}

impl TrackFilter {
    /// A filter that lets the given kinds through.
    pub fn new(audio: bool, video: bool) -> Self {
        Self { audio: AtomicBool::new(audio), video: AtomicBool::new(video) }
    }

    /// Sets both kinds, from the next frame on. Video that is switched on again starts at the next key frame.
    pub fn set(&self, audio: bool, video: bool) {
        self.audio.store(audio, Ordering::Relaxed);
        self.video.store(video, Ordering::Relaxed);
    }

    /// What is let through now.
    pub fn tracks(&self) -> Tracks {
        Tracks { audio: self.audio.load(Ordering::Relaxed), video: self.video.load(Ordering::Relaxed) }
    }
}
