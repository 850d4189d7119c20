//! The clock: turns a device's wall clock, which people and networks set, into a time that never goes back.

use crate::session::Time;

/// Adds up the steps of a wall clock, leaving out those that go back.
#[derive(Debug, Default)]
pub(super) struct SteadyClock {
    last: Option<u64>,
    elapsed: u64,
}

impl SteadyClock {
    /// The session's time when the wall clock shows `wall` milliseconds.
    pub(super) fn at(&mut self, wall: u64) -> Time {
        let step = self.last.map_or(0, |last| wall.saturating_sub(last));
        self.last = Some(wall);
        self.elapsed = self.elapsed.saturating_add(step);
        Time(self.elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_after_the_wall_clock_was_set_back() {
        let mut clock = SteadyClock::default();
        assert_eq!(clock.at(10_000), Time(0));
        assert_eq!(clock.at(10_500), Time(500));
        assert_eq!(clock.at(3_000), Time(500));
        assert_eq!(clock.at(3_250), Time(750));
    }
}
