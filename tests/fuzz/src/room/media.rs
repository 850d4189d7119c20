//! A [`MediaServer`] does what the room tells it, and knows what the room was granted.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{Role, SessionId, StreamId, Tracks};
use miniapp_rtc_gateway::room::{Grant, MediaCommand, Room, RoomLimits};

/// Streams and subscriptions as a media server knows them.
#[derive(Debug, Default)]
pub(super) struct MediaServer {
    /// Every stream that was ever leased for pushing, and in which generation.
    leased: Vec<(StreamId, u32)>,
    /// Streams that have not ended: generation and publisher.
    streams: BTreeMap<StreamId, (u32, SessionId)>,
    /// Which tracks each subscription gets.
    filters: BTreeMap<(StreamId, SessionId), Tracks>,
    /// Which tracks of each stream its publisher gives, where that is not all of them.
    gives: BTreeMap<StreamId, Tracks>,
}

impl MediaServer {
    /// The newest lease for number 0, older ones for greater numbers.
    pub(super) fn leased(&self, number: u8) -> Option<(StreamId, u32)> {
        let back = usize::from(number).checked_rem(self.leased.len())?;
        self.leased.get(self.leased.len() - 1 - back).cloned()
    }

    /// The room granted a lease.
    pub(super) fn sign(&mut self, grant: &Grant) {
        let Grant { node: _, role, stream, generation, session } = grant;
        let name = (stream.clone(), *generation);
        match role {
            Role::Pusher if !self.leased.contains(&name) => {
                self.leased.push(name);
                let before = self.streams.insert(stream.clone(), (*generation, session.clone()));
                assert_eq!(before, None, "a stream's name was given twice");
            }
            // Asked for once more, or for a new address.
            Role::Pusher => {}
            Role::Player => assert!(self.leased.contains(&name), "a lease for a stream that was never published"),
        }
    }

    pub(super) fn obey(&mut self, command: &MediaCommand, room: &Room) {
        match command {
            MediaCommand::EndStream { stream, generation } => {
                if self.streams.get(stream).is_some_and(|(current, _)| current <= generation) {
                    self.streams.remove(stream);
                    self.gives.remove(stream);
                    self.filters.retain(|(of, _), _| of != stream);
                }
            }
            MediaCommand::SetTracks { stream, session, tracks } => {
                let (_, publisher) = self.streams.get(stream).expect("a filter for a stream that has ended");
                if publisher == session {
                    self.gives.insert(stream.clone(), *tracks);
                    return;
                }
                self.filters.insert((stream.clone(), session.clone()), *tracks);
            }
            MediaCommand::EndSubscription { stream, session } => {
                let before = self.filters.remove(&(stream.clone(), session.clone()));
                assert!(before.is_some(), "a subscription ended that there was not");
            }
            MediaCommand::Check { stream, generation } => {
                assert!(room.knows_stream(stream, *generation), "the room asks for a stream that has ended");
            }
        }
    }

    /// Checks that the room lets these sessions do what it told the media server, and keeps its limits.
    pub(super) fn compare(&self, room: &Room, sessions: &BTreeSet<&SessionId>, limits: RoomLimits) {
        let viewer = &super::user_id("nobody");
        let publishers: BTreeSet<_> = self.streams.values().map(|(_, session)| session).collect();
        assert!(publishers.len() <= limits.publishers, "too many publishers");
        let subscribed: BTreeSet<_> = self.filters.keys().map(|(stream, _)| stream).collect();
        assert!(subscribed.len() <= limits.subscribed_streams, "too many subscribed streams");
        // Also those of members that left: nothing of them may go on.
        let sessions: BTreeSet<_> = sessions.iter().copied().chain(self.filters.keys().map(|(_, of)| of)).collect();
        for session in &sessions {
            let own = self.filters.keys().filter(|(_, of)| of == *session).count();
            assert!(own <= limits.subscriptions_per_user, "too many subscriptions");
        }
        for (stream, (generation, publisher)) in &self.streams {
            assert!(room.knows_stream(stream, *generation), "{stream} has ended and the media server was not told");
            let gives = self.gives.get(stream).copied().unwrap_or(Tracks::BOTH);
            let told = room.snapshot(viewer).streams.into_iter().find(|told| told.stream == *stream);
            if let Some(told) = told {
                let is_on = told.tracks();
                assert_eq!(gives, is_on, "what the publisher of {stream} gives");
            }
            for session in &sessions {
                let may_push = room.may_push(stream, *generation, session).ok();
                let given = (*session == publisher).then_some(gives);
                assert_eq!(may_push, given, "whether {session} may push {stream}, and which tracks");
                let may_play = room.may_play(stream, *generation, session).ok();
                let filter = self.filters.get(&(stream.clone(), (*session).clone())).copied();
                assert_eq!(may_play, filter, "whether {session} may play {stream}");
            }
        }
        let ended = self.leased.iter().filter(|(stream, _)| !self.streams.contains_key(stream));
        for (stream, generation) in ended {
            assert!(!room.knows_stream(stream, *generation), "{stream} lives although it was ended");
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.streams.is_empty() && self.filters.is_empty() && self.gives.is_empty()
    }
}
