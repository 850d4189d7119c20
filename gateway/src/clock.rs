//! The [`Clock`] that rooms, tokens, media addresses and sockets of this process go by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::room::Moment;

/// Reads the system's clock: Unix milliseconds.
pub type SystemClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A clock. Its milliseconds begin at the Unix time of its making, run evenly and never go back: what a room arranged by one
/// process's clock falls due by another's at about the same time. Its Unix time is the system's when it was followed last,
/// and runs evenly in between. Clones are one clock.
#[derive(Clone)]
pub struct Clock {
    origin: Instant,
    /// What the clock showed at `origin`.
    ms_at_origin: u64,
    system: SystemClock,
    /// The Unix time of `origin`, in milliseconds.
    unix_ms_at_origin: Arc<AtomicU64>,
}

impl Clock {
    /// Starts to count.
    pub fn start() -> Self {
        Self::with(Arc::new(system_unix_ms))
    }

    /// A clock beside another one than the system's.
    pub fn with(system: SystemClock) -> Self {
        let ms_at_origin = system();
        let unix_ms_at_origin = Arc::new(AtomicU64::new(ms_at_origin));
        Self { origin: Instant::now(), ms_at_origin, system, unix_ms_at_origin }
    }

    /// What it shows.
    pub fn now(&self) -> Moment {
        let elapsed = self.elapsed_ms();
        let unix_ms = self.unix_ms_at_origin.load(Ordering::Relaxed).saturating_add(elapsed);
        Moment { ms: self.ms_at_origin.saturating_add(elapsed), unix_ms }
    }

    /// The instant at which it shows `ms`.
    pub fn instant(&self, ms: u64) -> Instant {
        self.origin + Duration::from_millis(ms.saturating_sub(self.ms_at_origin))
    }

    /// Follows the system's clock. Says by how many milliseconds that was set forward, or back, where it was set.
    pub fn follow(&self) -> Option<i64> {
        let at_origin = (self.system)().saturating_sub(self.elapsed_ms());
        let before = self.unix_ms_at_origin.swap(at_origin, Ordering::Relaxed);
        let jump = i64::try_from(i128::from(at_origin) - i128::from(before)).unwrap_or(i64::MAX);
        (jump.unsigned_abs() > JUMP_MS).then_some(jump)
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The system's wall clock, Unix seconds.
pub fn unix_now() -> u32 {
    u32::try_from(system_unix_ms() / 1000).unwrap_or(u32::MAX)
}

fn system_unix_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A step of the system's clock that is told of: time services correct smaller ones all the time.
const JUMP_MS: u64 = 2_000;

#[cfg(test)]
mod tests {
    use super::{Arc, AtomicU64, Clock, Ordering};

    #[test]
    fn a_step_of_the_system_is_followed_and_told_once() {
        let system = Arc::new(AtomicU64::new(1_790_000_000_000));
        let clock = Clock::with({
            let system = Arc::clone(&system);
            Arc::new(move || system.load(Ordering::Relaxed))
        });
        let hour = 3_600_000;
        for (step, told) in [(500, false), (hour, true), (-hour, true), (-500, false)] {
            let before = clock.now().unix_ms;
            system.fetch_add(step as u64, Ordering::Relaxed);
            assert!(clock.now().unix_ms.abs_diff(before) < 100, "it runs evenly until it follows");
            let jump = clock.follow();
            assert_eq!(jump.is_some(), told, "{step}: {jump:?}");
            assert!(jump.is_none_or(|jump| jump.abs_diff(step) < 1_000), "{step}: {jump:?}");
            assert!(clock.now().unix_ms.abs_diff(system.load(Ordering::Relaxed)) < 1_000);
            assert_eq!(clock.follow(), None, "once");
        }
    }
}
