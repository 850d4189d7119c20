//! A repair budget: how often a broken stream may be brought back before its page is told to give up.

use super::time::{REPAIR_ATTEMPTS, REPAIR_WINDOW_MS, Time};

/// Attempts within the present window.
#[derive(Debug, Default)]
pub(super) struct RepairBudget {
    attempts: u32,
    since: Time,
}

impl RepairBudget {
    /// Takes one attempt, if there is one left.
    pub(super) fn take(&mut self, now: Time) -> bool {
        if self.attempts == 0 || now.since(self.since) > REPAIR_WINDOW_MS.into() {
            *self = Self { attempts: 0, since: now };
        }
        self.attempts += 1;
        self.attempts <= REPAIR_ATTEMPTS
    }
}
