//! A [`Moment`] is a point in time, as the caller of a room reads it from its clocks.

use serde::{Deserialize, Serialize};

/// A point in time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Moment {
    /// Milliseconds of a clock that never goes back; only differences mean something.
    pub ms: u64,
    /// The wall clock, Unix time in milliseconds: what tokens are judged by.
    pub unix_ms: u64,
}

impl Moment {
    /// The wall clock in whole seconds.
    pub fn unix(self) -> u32 {
        u32::try_from(self.unix_ms / 1000).unwrap_or(u32::MAX)
    }

    /// The `ms` at which the wall clock will reach the second `unix`, if it runs evenly; not before `self`.
    pub(super) fn ms_at(self, unix: u32) -> u64 {
        self.ms.saturating_add((u64::from(unix) * 1000).saturating_sub(self.unix_ms))
    }
}
