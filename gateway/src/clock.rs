//! The [`Clock`] that rooms, tokens and sockets of this process go by.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::room::Moment;

/// A clock. Its milliseconds count from its making and never go back; its Unix time is the system's.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// Starts to count.
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// What it shows.
    pub fn now(&self) -> Moment {
        let ms = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        Moment { ms, unix_ms: unix_ms() }
    }

    /// The instant at which it shows `ms`.
    pub fn instant(&self, ms: u64) -> Instant {
        self.origin + std::time::Duration::from_millis(ms)
    }
}

/// The system's wall clock, Unix seconds.
pub fn unix_now() -> u32 {
    u32::try_from(unix_ms() / 1000).unwrap_or(u32::MAX)
}

fn unix_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
