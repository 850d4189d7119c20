//! Repairs of one stream: how it is brought back, and how often before its page is told to give up.

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

/// The repairs of one stream that were begun, and those that are left.
#[derive(Clone, Debug, Default)]
pub(super) struct Repairs {
    /// Repairs begun within the present window.
    attempts: u32,
    since: Time,
    /// The next repair begins no earlier.
    not_before: Time,
    /// Of the repairs begun, those that asked the gateway and have no answer yet.
    unanswered: u32,
}

impl Repairs {
    /// Until when the next repair has to wait; `None` where it need not.
    pub(super) fn pause(&self, now: Time) -> Option<Time> {
        (now < self.not_before).then_some(self.not_before)
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

    /// The newest asks the gateway.
    pub(super) const fn asked(&mut self) {
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// The gateway answered, whatever it said: a socket that is lost later gives nothing back.
    pub(super) const fn answered(&mut self) {
        self.unanswered = 0;
    }

    /// The socket was dead: what was asked on it and has no answer may never have reached the gateway. It was the
    /// network that failed and not the stream, so it costs nothing, and the stream need not pause before it asks on the
    /// next socket.
    pub(super) fn give_back(&mut self) {
        let unanswered = core::mem::take(&mut self.unanswered);
        if unanswered > 0 {
            self.attempts = self.attempts.saturating_sub(unanswered);
            self.not_before = Time(0);
        }
    }

    /// Gives back the newest, which nobody carried out.
    pub(super) fn take_back(&mut self) {
        self.not_before = Time(0);
        self.attempts = self.attempts.saturating_sub(1);
    }
}
