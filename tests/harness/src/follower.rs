//! A [`Follower`] follows a room by its answers and events alone, as the SDK does.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{
    Epoch, Event, Joined, LeaveReason, Position, Resume, Secret, SessionId, Snapshot, Stream, StreamId, StreamIs,
    UserId,
};
use miniapp_rtc_gateway::room::SocketId;

use crate::fault::{Fault, ensure};

/// Events never speak of what was not told before, and tell of each change once.
pub const EVENTS_TELL_A_STORY: &str = "events tell a possible story";
/// A snapshot shows what the events told.
pub const SNAPSHOTS_AGREE: &str = "snapshots and events agree";

/// What the client of one user knows.
#[derive(Clone, Debug)]
pub struct Follower {
    user: UserId,
    session: SessionId,
    secret: Secret,
    /// How often the session was joined or resumed.
    pub(crate) generation: u32,
    pub(crate) socket: Option<SocketId>,
    epoch: Epoch,
    offset: u32,
    /// Visible users, and whether each is suspended.
    members: BTreeMap<UserId, bool>,
    streams: BTreeMap<StreamId, Stream>,
}

impl Follower {
    pub(crate) fn new(user: UserId, socket: SocketId, joined: &Joined) -> Self {
        let mut follower = Self {
            user,
            session: joined.session.clone(),
            secret: joined.secret.clone(),
            generation: joined.generation,
            socket: Some(socket),
            epoch: joined.snapshot.epoch.clone(),
            offset: 0,
            members: BTreeMap::new(),
            streams: BTreeMap::new(),
        };
        follower.take(&joined.snapshot);
        follower
    }

    /// The session's name.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// The socket of the session; `None` while it has none.
    pub fn socket(&self) -> Option<SocketId> {
        self.socket
    }

    /// The number of the last event applied.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    /// What resumes the session from the last event applied.
    pub fn proof(&self) -> Resume {
        let (session, secret) = (self.session.clone(), self.secret.clone());
        Resume { session, secret, epoch: self.epoch.clone(), offset: self.offset }
    }

    /// Starts anew from a snapshot.
    pub(crate) fn take(&mut self, snapshot: &Snapshot) {
        self.epoch = snapshot.epoch.clone();
        self.offset = snapshot.offset;
        self.members = snapshot.members.iter().map(|member| (member.user.clone(), member.suspended)).collect();
        self.streams = snapshot.streams.iter().map(|stream| (stream.stream.clone(), stream.clone())).collect();
    }

    /// Applies an ordered event. One that was applied before, which a resume may send again, changes nothing.
    pub(crate) fn apply(&mut self, position: &Position, event: &Event) -> Result<(), Fault> {
        if position.offset <= self.offset {
            return Ok(());
        }
        let is_next = position.epoch == self.epoch && position.offset == self.offset + 1;
        ensure(is_next, "offsets have no gap", || {
            format!("{} is at {} and gets {position:?}, {event:?}", self.user, self.offset)
        })?;
        self.offset = position.offset;
        let makes_sense = self.hear(event);
        ensure(makes_sense, EVENTS_TELL_A_STORY, || format!("{} got {event:?}", self.user))
    }

    /// Notes an event; whether it can be.
    fn hear(&mut self, event: &Event) -> bool {
        match event {
            Event::MemberJoined(is) => self.members.insert(is.user.clone(), false).is_none(),
            Event::MemberSuspended(is) => self.turn(&is.user, true),
            Event::MemberResumed(is) => self.turn(&is.user, false),
            Event::MemberLeft(left) => {
                let was_there = self.members.remove(&left.user).is_some() || left.user == self.user;
                // One's own lease that never went live ends without an event.
                let mut streams = self.streams.values();
                let outlives = streams.any(|stream| stream.user == left.user && stream.user != self.user);
                was_there && !outlives && left.reason != LeaveReason::Other
            }
            Event::StreamAdded(stream) => {
                let is_owned = self.members.contains_key(&stream.user) || stream.user == self.user;
                // One's own lease may stand in the snapshot already.
                let before = self.streams.insert(stream.stream.clone(), stream.clone());
                is_owned && (before.is_none() || stream.user == self.user)
            }
            Event::StreamUpdated(stream) => {
                let before = self.streams.insert(stream.stream.clone(), stream.clone());
                // Stalling has its own event.
                before.is_some_and(|before| before.tracks() != stream.tracks() && before.stalled == stream.stalled)
            }
            Event::StreamStalled(is) => self.stall(is, true),
            Event::StreamRecovered(is) => self.stall(is, false),
            Event::StreamRemoved(removed) => self.streams.remove(&removed.stream).is_some(),
            Event::Kicked(_) | Event::Bye(_) | Event::UrlUpdated(_) | Event::TokenExpiring(_) | Event::Unknown(_) => {
                false
            }
        }
    }

    fn turn(&mut self, user: &UserId, suspended: bool) -> bool {
        *user == self.user || self.members.insert(user.clone(), suspended) == Some(!suspended)
    }

    fn stall(&mut self, is: &StreamIs, stalled: bool) -> bool {
        let stream = self.streams.get_mut(&is.stream);
        stream.is_some_and(|stream| std::mem::replace(&mut stream.stalled, stalled) != stalled)
    }

    /// Compares what it knows of others with a snapshot. Own streams are told before their events.
    pub(crate) fn compare(&self, snapshot: &Snapshot) -> Result<(), Fault> {
        let mut knows = self.clone();
        let mut shown = self.clone();
        shown.take(snapshot);
        for side in [&mut knows, &mut shown] {
            side.members.remove(&self.user);
            side.streams.retain(|_, stream| stream.user != self.user);
        }
        let is_same = (&knows.epoch, knows.offset, &knows.members, &knows.streams)
            == (&shown.epoch, shown.offset, &shown.members, &shown.streams);
        ensure(is_same, SNAPSHOTS_AGREE, || format!("{} knows {knows:?}, and is shown {snapshot:?}", self.user))
    }
}
