//! A [`PlayFilter`] says which kinds of media one subscription gets; the signaling side turns it while media flows.

use std::sync::atomic::{AtomicBool, Ordering};

/// Which kinds of media a subscription gets. Shared: the signaling side sets it, the media server reads it per frame.
#[derive(Debug)]
pub struct PlayFilter {
    audio: AtomicBool,
    video: AtomicBool,
}

impl PlayFilter {
    /// A filter that lets the given kinds through.
    pub fn new(audio: bool, video: bool) -> Self {
        Self { audio: AtomicBool::new(audio), video: AtomicBool::new(video) }
    }

    /// Sets both kinds, from the next frame on. Video that is switched on again starts at the next key frame.
    pub fn set(&self, audio: bool, video: bool) {
        self.audio.store(audio, Ordering::Relaxed);
        self.video.store(video, Ordering::Relaxed);
    }

    /// Whether audio is let through.
    pub fn audio(&self) -> bool {
        self.audio.load(Ordering::Relaxed)
    }

    /// Whether video is let through.
    pub fn video(&self) -> bool {
        self.video.load(Ordering::Relaxed)
    }
}
