//! A [`Client`] follows a room by its events alone, as the SDK does.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{
    Epoch, Event, LeaveReason, Position, Secret, SessionId, Snapshot, Stream, StreamId, StreamIs, UserId,
};

use crate::room::SocketId;

/// What one client knows.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) secret: Secret,
    pub(super) socket: Option<SocketId>,
    pub(super) epoch: Epoch,
    pub(super) offset: u32,
    /// Visible users, and whether each is suspended.
    pub(super) members: BTreeMap<UserId, bool>,
    pub(super) streams: BTreeMap<StreamId, Stream>,
}

impl Client {
    pub(super) fn new(user: UserId, session: SessionId, secret: Secret, socket: SocketId, snapshot: Snapshot) -> Self {
        let epoch = snapshot.epoch.clone();
        let (members, streams) = (BTreeMap::new(), BTreeMap::new());
        let mut client = Self { user, session, secret, socket: Some(socket), epoch, offset: 0, members, streams };
        client.take(snapshot);
        client
    }

    /// Starts anew from a snapshot.
    pub(super) fn take(&mut self, snapshot: Snapshot) {
        self.epoch = snapshot.epoch;
        self.offset = snapshot.offset;
        self.members = snapshot.members.into_iter().map(|member| (member.user, member.suspended)).collect();
        self.streams = snapshot.streams.into_iter().map(|stream| (stream.stream.clone(), stream)).collect();
    }

    /// Applies an ordered event; panics where it is not the next one, or speaks of what was never told.
    pub(super) fn apply(&mut self, position: &Position, event: &Event) {
        assert_eq!(position.epoch, self.epoch);
        assert_eq!(position.offset, self.offset + 1, "{} got a gap before {event:?}", self.user);
        self.offset = position.offset;
        match event {
            Event::MemberJoined(is) => {
                let before = self.members.insert(is.user.clone(), false);
                assert!(before.is_none(), "{} joined twice", is.user);
            }
            Event::MemberSuspended(is) => self.turn(&is.user, true),
            Event::MemberResumed(is) => self.turn(&is.user, false),
            Event::MemberLeft(left) => {
                assert_ne!(left.reason, LeaveReason::Other);
                let was_there = self.members.remove(&left.user).is_some() || left.user == self.user;
                assert!(was_there, "{} left twice", left.user);
                // One's own lease that never went live ends without an event.
                let streams =
                    self.streams.values().filter(|stream| stream.user == left.user && stream.user != self.user);
                assert_eq!(streams.count(), 0, "the streams of {} outlive it", left.user);
            }
            Event::StreamAdded(stream) => {
                let known = self.members.contains_key(&stream.user) || stream.user == self.user;
                assert!(known, "a stream of an unseen user");
                // One's own lease may stand in the snapshot already.
                let before = self.streams.insert(stream.stream.clone(), stream.clone());
                assert!(before.is_none() || stream.user == self.user, "added twice");
            }
            Event::StreamUpdated(stream) => {
                let before = self.streams.insert(stream.stream.clone(), stream.clone()).expect("a known stream");
                assert_ne!(before.tracks(), stream.tracks(), "nothing changed");
                assert_eq!(before.stalled, stream.stalled, "stalling has its own event");
            }
            Event::StreamStalled(is) => self.stall(is, true),
            Event::StreamRecovered(is) => self.stall(is, false),
            Event::StreamRemoved(removed) => {
                assert!(self.streams.remove(&removed.stream).is_some(), "removed twice");
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
        assert_ne!(stream.stalled, stalled, "the stream was so already");
        stream.stalled = stalled;
    }
}
