//! Mutes of one stream: which tracks the page wants, and which of them the gateway was told to be on.

use crate::protocol::Subscribe;
use crate::protocol::Tracks;
use crate::session::call::CallId;

/// What is wanted and what was told.
#[derive(Clone, Debug)]
pub(super) struct Mutes {
    /// Which tracks the page wants.
    wanted: Tracks,
    /// Of a stream of ours: the tracks that the gateway was last told to be on; `None` where that may have been lost.
    told: Option<Tracks>,
    /// The newest call of the page that set the tracks: an answer that was lost on the way may come after that of a newer call.
    by: CallId,
}

impl Mutes {
    pub(super) const fn new(wanted: Tracks) -> Self {
        Self { wanted, told: Some(Tracks::BOTH), by: 0 }
    }

    pub(super) const fn wanted(&self) -> Tracks {
        self.wanted
    }

    /// A call to subscribe with these tracks was granted.
    pub(super) const fn choose(&mut self, call: CallId, tracks: Tracks) {
        if call >= self.by {
            (self.wanted, self.by) = (tracks, call);
        }
    }

    /// A call to mute was granted. The stream that it muted may be gone, and a successor asked for behind it: that one
    /// begins with both tracks on.
    pub(super) fn granted(&mut self, call: CallId, tracks: Tracks, is_succeeded: bool) {
        if call < self.by {
            // Whichever reached the gateway last, the newest is told once more.
            self.told = None;
            return;
        }
        (self.wanted, self.by) = (tracks, call);
        if !is_succeeded {
            self.told = Some(tracks);
        }
    }

    /// The tracks that are to be on, where the gateway has to be told; it is told by whoever asks.
    pub(super) fn tell(&mut self, allowed: Tracks) -> Option<Tracks> {
        let shown = self.wanted.and(allowed);
        let is_new = self.told.replace(shown) != Some(shown);
        is_new.then_some(shown)
    }

    /// The tracks that we are to receive, where `said` named others: it was an older request.
    pub(super) fn correct(&self, said: &Subscribe) -> Option<Tracks> {
        (self.wanted != said.tracks()).then_some(self.wanted)
    }

    /// What the gateway was told may have been lost.
    pub(super) const fn forget(&mut self) {
        self.told = None;
    }

    /// The gateway has these on.
    pub(super) const fn seen(&mut self, tracks: Tracks) {
        self.told = Some(tracks);
    }
}
