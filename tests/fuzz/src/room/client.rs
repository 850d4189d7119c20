//! A [`Client`] follows a room by its events alone, as the SDK does.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{
    Epoch, Event, Joined, LeaveReason, Position, Resume, Secret, SessionId, Snapshot, Stream, StreamId, StreamIs,
    UserId,
};
use miniapp_rtc_gateway::room::SocketId;

/// What one client knows.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    secret: Secret,
    pub(super) socket: Option<SocketId>,
    epoch: Epoch,
    offset: u32,
    /// Visible users, and whether each is suspended.
    members: BTreeMap<UserId, bool>,
    streams: BTreeMap<StreamId, Stream>,
}

impl Client {
    pub(super) fn new(user: UserId, socket: SocketId, joined: Joined) -> Self {
        let Joined { session, secret, snapshot, .. } = joined;
        let (members, streams) = (BTreeMap::new(), BTreeMap::new());
        let epoch = snapshot.epoch.clone();
        let mut client = Self { user, session, secret, socket: Some(socket), epoch, offset: 0, members, streams };
        client.take(snapshot);
        client
    }

    /// What resumes the session.
    pub(super) fn proof(&self) -> Resume {
        let (session, secret) = (self.session.clone(), self.secret.clone());
        Resume { session, secret, epoch: self.epoch.clone(), offset: self.offset }
    }

    /// Starts anew from a snapshot.
    pub(super) fn take(&mut self, snapshot: Snapshot) {
        self.epoch = snapshot.epoch;
        self.offset = snapshot.offset;
        self.members = snapshot.members.into_iter().map(|member| (member.user, member.suspended)).collect();
        self.streams = snapshot.streams.into_iter().map(|stream| (stream.stream.clone(), stream)).collect();
    }

    /// Applies an ordered event; panics where it leaves a gap, or speaks of what was never told. One that was applied
    /// before, which a resume may send again, changes nothing.
    pub(super) fn apply(&mut self, position: &Position, event: &Event) {
        assert_eq!(position.epoch, self.epoch);
        if position.offset <= self.offset {
            return;
        }
        assert_eq!(position.offset, self.offset + 1, "{} got a gap before {event:?}", self.user);
        self.offset = position.offset;
        match event {
            Event::MemberJoined(is) => {
                assert_eq!(self.members.insert(is.user.clone(), false), None, "{} joined twice", is.user);
            }
            Event::MemberSuspended(is) => self.turn(&is.user, true),
            Event::MemberResumed(is) => self.turn(&is.user, false),
            Event::MemberLeft(left) => {
                assert_ne!(left.reason, LeaveReason::Other);
                let was_there = self.members.remove(&left.user).is_some() || left.user == self.user;
                assert!(was_there, "{} left twice", left.user);
                // One's own lease that never went live ends without an event.
                let mut streams = self.streams.values();
                let outlives = streams.any(|stream| stream.user == left.user && stream.user != self.user);
                assert!(!outlives, "the streams of {} outlive it", left.user);
            }
            Event::StreamAdded(stream) => {
                let known = self.members.contains_key(&stream.user) || stream.user == self.user;
                assert!(known, "a stream of {}, whom nobody sees", stream.user);
                // One's own lease may stand in the snapshot already.
                let before = self.streams.insert(stream.stream.clone(), stream.clone());
                assert!(before.is_none() || stream.user == self.user, "{} was added twice", stream.stream);
            }
            Event::StreamUpdated(stream) => {
                let before = self.streams.insert(stream.stream.clone(), stream.clone()).expect("a known stream");
                assert_ne!(before.tracks(), stream.tracks(), "nothing changed");
                assert_eq!(before.stalled, stream.stalled, "stalling has its own event");
            }
            Event::StreamStalled(is) => self.stall(is, true),
            Event::StreamRecovered(is) => self.stall(is, false),
            Event::StreamRemoved(removed) => {
                assert!(self.streams.remove(&removed.stream).is_some(), "{} was removed twice", removed.stream);
            }
            Event::Kicked(_) | Event::Bye(_) | Event::UrlUpdated(_) | Event::TokenExpiring(_) | Event::Unknown(_) => {
                panic!("{event:?} is not ordered");
            }
        }
    }

    fn turn(&mut self, user: &UserId, suspended: bool) {
        if *user != self.user {
            let before = self.members.insert(user.clone(), suspended);
            assert_eq!(before, Some(!suspended), "{user} was not the other way");
        }
    }

    fn stall(&mut self, is: &StreamIs, stalled: bool) {
        let stream = self.streams.get_mut(&is.stream).expect("a known stream");
        assert_ne!(stream.stalled, stalled, "{} was so already", is.stream);
        stream.stalled = stalled;
    }

    /// Whoever followed the events knows what a snapshot would tell. Own streams are told before their events.
    pub(super) fn compare(&self, snapshot: Snapshot) {
        let Snapshot { epoch, offset, members, streams } = snapshot;
        assert_eq!((&self.epoch, self.offset), (&epoch, offset), "{} is elsewhere in the history", self.user);
        let told: BTreeMap<_, _> = members.into_iter().map(|member| (member.user, member.suspended)).collect();
        let mut known = self.members.clone();
        known.remove(&self.user);
        assert_eq!(known, told, "{} sees other members", self.user);
        let told: BTreeMap<_, _> = streams
            .into_iter()
            .filter(|stream| stream.user != self.user)
            .map(|stream| (stream.stream.clone(), stream))
            .collect();
        let mut known = self.streams.clone();
        known.retain(|_, stream| stream.user != self.user);
        assert_eq!(known, told, "{} sees other streams", self.user);
    }
}
