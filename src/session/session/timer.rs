//! Timers: everything that a session has to do at a time, each named once.

use super::Session;
use super::outcome::RequestEnd;
use super::stage::Stage;
use crate::protocol::{Ping, Request};
use crate::session::effect::WakeReason;
use crate::session::link::LinkDue;
use crate::session::requests::Purpose;
use crate::session::streams::View;
use crate::session::time::{REQUEST_MS, Time};
use crate::session::turn::Turn;

/// Something that is to be done at a time.
#[derive(Clone, Copy, Debug)]
enum Timer {
    /// An answer takes too long.
    Answer,
    /// A request that the gateway put off may be sent again.
    Release,
    /// The app is hidden for longer than a glance.
    Glance,
    /// Whoever a restart of the gateway left missing has been waited for.
    Absence,
    /// A repair is to be looked at.
    Repair,
    /// The page is to be warned of a token's end.
    Expiry,
    /// The next socket, the end of waiting for one, or a ping.
    Link,
}

impl Timer {
    /// Every timer, in the order in which those that are due at the same time go off.
    const ALL: [Self; 7] =
        [Self::Answer, Self::Release, Self::Glance, Self::Absence, Self::Repair, Self::Expiry, Self::Link];
}

impl Session {
    /// Does what is due.
    pub(in crate::session) fn tick(&mut self, turn: &mut Turn<'_>) {
        for timer in Timer::ALL {
            if self.ended.is_none() && self.deadline(timer).is_some_and(|(at, _)| at <= turn.now) {
                self.go_off(timer, turn);
            }
        }
    }

    /// The next time at which something is due.
    pub(in crate::session) fn next_wake(&self) -> Option<(Time, WakeReason)> {
        Timer::ALL.into_iter().filter_map(|timer| self.deadline(timer)).min()
    }

    /// When a timer goes off; `None` while there is nothing to do.
    fn deadline(&self, timer: Timer) -> Option<(Time, WakeReason)> {
        let (at, reason) = match timer {
            Timer::Answer => (self.requests.next_deadline(), WakeReason::Request),
            Timer::Release => (self.requests.next_release(), WakeReason::Request),
            Timer::Glance => (self.surroundings.glance_until(), WakeReason::Media),
            // The page is told while the room is seen.
            Timer::Absence => {
                (self.follower.roster().missing_until().filter(|_| self.stage.is_joined()), WakeReason::Room)
            }
            Timer::Repair => (self.streams.next_check(&self.view()), WakeReason::Media),
            Timer::Expiry => (self.rights.next_warning(), WakeReason::Token),
            Timer::Link => return Some(self.link.next_due()),
        };
        at.map(|at| (at, reason))
    }

    /// Does what a timer is for, all of it that is due; it then has a later deadline or none.
    fn go_off(&mut self, timer: Timer, turn: &mut Turn<'_>) {
        match timer {
            Timer::Answer => {
                while let Some(waiting) = self.requests.overdue(turn.now) {
                    self.conclude(waiting, RequestEnd::Unanswered, turn);
                    if self.ended.is_some() {
                        return;
                    }
                }
            }
            Timer::Release => {
                self.requests.release(turn.now);
                self.flush(turn.now, &mut turn.out);
            }
            Timer::Glance => {
                self.surroundings.end_glance();
                self.upkeep(turn).tell_tracks();
                self.send(turn);
            }
            Timer::Absence => {
                self.streams.drop_missing(self.follower.roster());
                self.follower.miss_no_longer(&mut turn.out);
                self.send(turn);
            }
            Timer::Repair => {
                self.upkeep(turn).check();
                self.send(turn);
            }
            Timer::Expiry => self.rights.warn_of_all(turn),
            Timer::Link => match self.link.do_due(turn) {
                LinkDue::Nothing => {}
                LinkDue::Ping => self.ping(REQUEST_MS, turn),
                LinkDue::Lost(reason) => self.lost(reason.into(), turn),
            },
        }
    }

    /// Asks whether the socket lives; an answer is due within `patience` milliseconds, on a weak network later.
    pub(super) fn ping(&mut self, patience: u32, turn: &mut Turn<'_>) {
        let Stage::Joined(standing) = &self.stage else {
            return self.link.ping_at(turn.now + REQUEST_MS);
        };
        let (offset, ping_ms) = (self.follower.offset(), standing.ping_ms);
        if !self.requests.has_for(&Purpose::Ping) {
            self.ask(Request::Ping(Ping { offset }), Purpose::Ping, turn);
        }
        self.requests.hasten_ping(turn.now + self.surroundings.patience(patience));
        self.link.ping_at(turn.now + ping_ms);
    }

    fn view(&self) -> View<'_> {
        let Self { stage, requests, follower, surroundings, .. } = self;
        View { is_joined: stage.is_joined(), roster: follower.roster(), requests, surroundings }
    }
}
