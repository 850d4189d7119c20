//! [`Waited`] is whom and what a phone's page may still be shown although the room, after a restart of the gateway, does not have it yet.

use miniapp_rtc::session::RtcError;

use crate::event::Reaction;
use crate::roster::{Roster, USERS};
use crate::world::World;

/// How long a session waits for who is missing in a new history.
pub(crate) const ABSENCE_MS: u32 = 10_000;

/// What the page knew when the room began a new history, less what the room has shown since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waited {
    roster: Roster,
    /// By the session's clock.
    pub(crate) until: miniapp_rtc::session::Time,
}

impl Waited {
    pub(crate) fn new(roster: Roster, until: miniapp_rtc::session::Time) -> Self {
        Self { roster, until }
    }

    /// The room as a page must know it, if what it was told beyond is waited for; what the room shows is waited for no longer.
    pub(crate) fn beside(&mut self, truth: &Roster, told: &Roster) -> Roster {
        let mut known = *truth;
        for user in 0..USERS {
            self.roster.members[user] &= !truth.members[user];
            known.members[user] |= told.members[user] && self.roster.members[user];
            for kind in 0..2 {
                let waited = &mut self.roster.streams[user][kind];
                waited.take_if(|_| truth.streams[user][kind].is_some());
                if told.streams[user][kind] == *waited {
                    known.streams[user][kind] = known.streams[user][kind].or(*waited);
                }
            }
        }
        known
    }
}

impl World {
    /// Whether a page is told, as the gateway said, that a stream is not there which its session waits for. A mute of a stream
    /// that the page has just unsubscribed from is refused rightly.
    pub(crate) fn is_hasty(&mut self, phone: usize, what: &Reaction, error: &RtcError) -> bool {
        let is_not_found = [100_007, 200_001].contains(&error.code) && error.gateway_code.is_some();
        let Some(of) = what.stream_of_other().filter(|_| is_not_found) else { return false };
        let is_unsubscribed = !self.phones[phone].page.received.contains_key(&of);
        self.awaits(phone, of) && !(is_unsubscribed && matches!(what, Reaction::MuteRemote { .. }))
    }

    /// Whether a phone's session waits for a stream that its page knows and the room does not have yet.
    pub(crate) fn awaits(&mut self, phone: usize, (user, screen): (usize, bool)) -> bool {
        let time = self.phones[phone].time(self.now);
        let it = &self.phones[phone];
        let stream = |roster: &Roster| roster.streams[user][usize::from(screen)];
        let is_waited = |waited: Waited| time < waited.until && stream(&waited.roster).is_some();
        // Who leaves does not hear that somebody else did.
        it.waited.is_some_and(is_waited) && stream(&it.page.roster).is_some() && !it.page.leaving.has_called
    }

    /// A page is told that a user left whom its session has to wait for.
    pub(crate) fn early(&mut self, phone: usize, user: usize) -> Option<String> {
        let time = self.phones[phone].time(self.now);
        let waited = self.phones[phone].waited.filter(|waited| waited.roster.members[user] && time < waited.until)?;
        Some(format!("PEER_LEAVE of {user} {} ms before a new history shows who is gone", waited.until.since(time)))
    }
}
