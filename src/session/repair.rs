//! Repairs of one stream: how often it may be brought back before its page is told to give up, and whether that helped.

use super::time::{REPAIR_ATTEMPTS, REPAIR_PAUSE_MS, REPAIR_WINDOW_MS, Time};

/// How a broken stream is brought back. Waiting is no repair: the native tag tries again by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Repair {
    /// The tag is stopped and started with the address it has.
    PlayAgain,
    /// The tag is taken out of the page and a new one put in, with the same address.
    Remount,
    /// The gateway is asked for a new address.
    NewUrl,
}

/// Repairs of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Repairs {
    /// When to look whether media passes, and what to do if it does not.
    pub(super) check: Option<(Time, Repair)>,
    /// Repairs begun within the present window.
    attempts: u32,
    since: Time,
    /// The next repair begins no earlier.
    pub(super) not_before: Time,
    /// Of the repairs begun, those that asked the gateway and have no answer yet.
    pub(super) unanswered: u32,
}

impl Repairs {
    /// Gives back what the gateway cannot have heard of: the socket was dead.
    pub(super) fn give_back(&mut self) {
        let unanswered = core::mem::take(&mut self.unanswered);
        if unanswered > 0 {
            self.attempts = self.attempts.saturating_sub(unanswered);
            self.not_before = Time(0);
        }
    }

    /// Gives back the newest, which nobody carried out.
    pub(super) fn take_back(&mut self) {
        (self.check, self.not_before) = (None, Time(0));
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Takes one attempt, if there is one left.
    pub(super) fn take(&mut self, now: Time) -> bool {
        if self.attempts == 0 || now.since(self.since) > REPAIR_WINDOW_MS.into() {
            (self.attempts, self.since) = (0, now);
        }
        self.attempts += 1;
        self.not_before = now + REPAIR_PAUSE_MS.saturating_mul(1 << self.attempts.saturating_sub(1).min(2));
        self.attempts <= REPAIR_ATTEMPTS
    }
}
