//! The [`Agenda`] is what falls due in a room, in the order of its time.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{StreamId, UserId};
use serde::{Deserialize, Serialize};

/// Something that falls due.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) enum Due {
    /// A stalled stream has had its time.
    MediaGrace(StreamId),
    /// A suspended member has had its time.
    Resume(UserId),
    /// A ban has had its time.
    Ban(UserId),
    /// A member's token or privilege is about to end, or ends.
    Token(UserId),
}

/// What falls due, and when (milliseconds of the room's clock).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Agenda {
    entries: BTreeSet<(u64, Due)>,
}

impl Agenda {
    /// Adds an entry.
    pub(super) fn add(&mut self, at: u64, due: Due) {
        self.entries.insert((at, due));
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, at: u64, due: Due) {
        self.entries.remove(&(at, due));
    }

    /// Takes out the first entry that is due.
    pub(super) fn take(&mut self, now_ms: u64) -> Option<Due> {
        if self.entries.first()?.0 > now_ms {
            return None;
        }
        self.entries.pop_first().map(|(_, due)| due)
    }

    /// When the first entry falls due.
    pub(super) fn next(&self) -> Option<u64> {
        self.entries.first().map(|(at, _)| *at)
    }

    /// Everything on it.
    #[cfg(test)]
    pub(super) fn entries(&self) -> impl Iterator<Item = &(u64, Due)> {
        self.entries.iter()
    }
}
