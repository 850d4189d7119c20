//! The follower: the room as the page was told of it, and the event up to which it was.

use super::effect::Doings;
use super::roster::Roster;
use super::time::Time;
use crate::protocol::{Epoch, Event, Position, Snapshot, StreamKind, StreamOf, StreamRemoved, UserId};

/// Everybody but ourselves, and how far the room's history was followed.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    me: UserId,
    /// The last event applied; `None` before the first snapshot.
    position: Option<Position>,
    roster: Roster,
}

/// How an event stands to the last one applied.
pub(super) enum Step {
    /// It was applied already.
    Old,
    /// It is the next one, and now the last.
    Next,
    /// Events between them are missing, or the room has begun a new history.
    Gap,
}

/// What an event of the room means to the streams that a page wants.
pub(super) enum News {
    /// A user left, and all its streams ended.
    UserLeft(UserId),
    /// A stream of somebody else ended.
    Ended(StreamOf),
    /// A stream that was waited for is there again.
    Back,
    /// A stream of ours ended.
    OwnRemoved(StreamRemoved),
    /// Nothing arrives of a stream of ours.
    OwnStalled(StreamKind),
    /// It arrives again.
    OwnRecovered(StreamKind),
}

impl Follower {
    pub(super) fn new(me: UserId) -> Self {
        Self { me, position: None, roster: Roster::default() }
    }

    pub(super) const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The last event applied; `None` before the first snapshot.
    pub(super) const fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// The number of the last event applied.
    pub(super) fn offset(&self) -> u32 {
        self.position.as_ref().map_or(0, |position| position.offset)
    }

    /// Moves on to an event of the room, if it is the next one.
    pub(super) fn step(&mut self, to: &Position) -> Step {
        let Some(last) = &mut self.position else { return Step::Old };
        if last.epoch == to.epoch && to.offset <= last.offset {
            return Step::Old;
        }
        if last.epoch != to.epoch || to.offset != last.offset.saturating_add(1) {
            return Step::Gap;
        }
        last.offset = to.offset;
        Step::Next
    }

    /// Applies an event of the room: tells the page what concerns others, and returns what concerns wanted streams.
    pub(super) fn apply(&mut self, event: Event, out: &mut Doings) -> Option<News> {
        match event {
            Event::MemberJoined(is) if is.user != self.me => self.roster.add_member(is.user, out),
            Event::MemberLeft(left) if left.user != self.me => {
                self.roster.remove_member(&left.user, out);
                return Some(News::UserLeft(left.user));
            }
            Event::StreamAdded(stream) | Event::StreamUpdated(stream) if stream.user != self.me => {
                let is_back = self.roster.is_missing(&StreamOf { user: stream.user.clone(), kind: stream.kind });
                self.roster.set_stream(stream, out);
                return is_back.then_some(News::Back);
            }
            Event::StreamRemoved(removed) if removed.user == self.me => return Some(News::OwnRemoved(removed)),
            Event::StreamRemoved(removed) => {
                self.roster.remove_stream(&removed.stream, out);
                return Some(News::Ended(StreamOf { user: removed.user, kind: removed.kind }));
            }
            Event::StreamStalled(is) if is.user == self.me => return Some(News::OwnStalled(is.kind)),
            Event::StreamRecovered(is) if is.user == self.me => return Some(News::OwnRecovered(is.kind)),
            Event::MemberJoined(_)
            | Event::MemberLeft(_)
            | Event::StreamAdded(_)
            | Event::StreamUpdated(_)
            | Event::MemberSuspended(_)
            | Event::MemberResumed(_)
            | Event::StreamStalled(_)
            | Event::StreamRecovered(_)
            | Event::Kicked(_)
            | Event::Bye(_)
            | Event::UrlUpdated(_)
            | Event::TokenExpiring(_)
            | Event::Unknown(_) => {}
        }
        None
    }

    /// Goes on from a snapshot. Where it is of a new history, whoever it does not show yet is waited for until then.
    pub(super) fn move_to(&mut self, epoch: &Epoch, offset: u32, missing_until: Time) {
        match &mut self.position {
            None => self.position = Some(Position { epoch: epoch.clone(), offset }),
            Some(position) => {
                if position.epoch != *epoch {
                    self.roster.begin_anew(missing_until);
                }
                position.epoch = epoch.clone();
                position.offset = offset;
            }
        }
    }

    /// Tells the page how the room of a snapshot differs from what it knows.
    pub(super) fn show(&mut self, snapshot: &Snapshot, out: &mut Doings) {
        self.roster.reconcile(snapshot, &self.me, out);
    }

    /// Whoever is still missing is gone.
    pub(super) fn miss_no_longer(&mut self, out: &mut Doings) {
        self.roster.miss_no_longer(out);
    }
}
