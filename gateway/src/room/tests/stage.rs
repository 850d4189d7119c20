//! The [`Stage`] runs a room with virtual time and clients, and checks every promise of it after each input.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{Epoch, OperationId, Resume, RoomId, Secret, SessionId, Tracks, UserId};
use miniapp_rtc_harness::{Follower, RoomWatch};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::room::agenda::Due;
use crate::room::member::Presence;
use crate::room::publication::Flow;
use crate::room::{
    Asked, Command, Effect, End, Entry, Input, Moment, NodeId, Room, RoomLimits, RoomName, RoomPolicy, RoomTag,
    RoomTimes, SocketId, SocketLimits, Terms,
};

/// Where all sockets and streams are.
pub(super) const NODE: NodeId = NodeId(1);

/// Stands in every secret that a room is given.
const SECRET: &str = "secret of";

pub(super) const START: u32 = 1_700_000_000;

pub(super) const FOREVER: Terms = Terms { token: End::Never, publish: Some(End::Never), subscribe: Some(End::Never) };

/// A small policy, so that every limit is met.
pub(super) const SMALL: RoomPolicy = RoomPolicy {
    limits: RoomLimits {
        visible_members: 3,
        invisible_members: 2,
        publishers: 2,
        subscribed_streams: 3,
        subscriptions_per_user: 2,
        log_events: 6,
        kept_results: 8,
    },
    times: RoomTimes {
        resume_ms: 5_000,
        media_grace_ms: 2_000,
        kept_result_ms: 20_000,
        ping_ms: 1_000,
        token_warning_s: 3,
    },
    socket: SocketLimits(miniapp_rtc::protocol::Limits { frame_bytes: 65_536, in_flight: 32 }),
};

/// A room under test.
pub(super) struct Stage {
    pub(super) room: Room,
    pub(super) now: Moment,
    watch: RoomWatch,
    next_request: u32,
    next_socket: u64,
}

impl Stage {
    pub(super) fn new(policy: RoomPolicy) -> Self {
        let app = miniapp_rtc::protocol::AppId::parse("0123456789abcdef01234567").expect("app id");
        let name = RoomName { app, room: RoomId::parse("r").expect("room id") };
        let epoch = Epoch::parse("e1").expect("epoch");
        let room = Room::new(name, RoomTag::parse("tag1").expect("tag"), epoch.clone(), policy);
        Self {
            room,
            now: Moment { ms: 0, unix_ms: u64::from(START) * 1000 },
            watch: RoomWatch::new(epoch, SECRET),
            next_request: 0,
            next_socket: 0,
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now.ms += ms;
        self.now.unix_ms += ms;
    }

    pub(super) fn open(&mut self) -> SocketId {
        self.next_socket += 1;
        SocketId { node: NODE, number: self.next_socket }
    }

    fn follower(&self, user: &str) -> Option<&Follower> {
        self.watch.follower(&UserId::parse(user).expect("user id"))
    }

    /// The socket of a user; `None` where it is not online.
    pub(super) fn socket(&self, user: &str) -> Option<SocketId> {
        self.follower(user)?.socket().as_ref().map(copy)
    }

    /// The newest session of a user that joined.
    pub(super) fn session(&self, user: &str) -> SessionId {
        self.follower(user).expect("a session").session().clone()
    }

    /// What resumes the newest session of a user; `None` where it never joined.
    pub(super) fn proof(&self, user: &str) -> Option<Resume> {
        self.follower(user).map(Follower::proof)
    }

    /// Joins on a new socket; the effects.
    pub(super) fn join(&mut self, user: &str, visible: bool, terms: Terms) -> Vec<Effect> {
        let socket = self.open();
        let user = UserId::parse(user).expect("user id");
        let secret = Secret::new(format!("{SECRET} {socket}"));
        let effects = self.ask(socket, Command::Join(Entry { user, terms, visible, secret }), None);
        self.check();
        effects
    }

    /// Resumes a client on a new socket, from the last event it applied.
    pub(super) fn resume(&mut self, user: &str) -> Vec<Effect> {
        let Some(resume) = self.proof(user) else { return Vec::new() };
        let socket = self.open();
        let effects = self.ask(socket, Command::Resume(resume), None);
        self.check();
        effects
    }

    /// Sends a request on a user's socket, where it has one.
    pub(super) fn request(&mut self, user: &str, command: Command, operation: Option<&str>) -> Vec<Effect> {
        let socket = self.socket(user).unwrap_or_else(|| self.open());
        let effects = self.ask(socket, command, operation);
        self.check();
        effects
    }

    pub(super) fn lose(&mut self, user: &str) {
        if let Some(socket) = self.socket(user) {
            self.input(Input::LoseSocket(socket));
            self.check();
        }
    }

    fn ask(&mut self, socket: SocketId, command: Command, operation: Option<&str>) -> Vec<Effect> {
        self.next_request += 1;
        let operation = operation.map(|operation| OperationId::parse(operation).expect("operation id"));
        self.input(Input::Ask(Asked { socket, id: self.next_request, operation, command }))
    }

    /// Hands an input to the room and shows the watch what comes of it; call [`Stage::check`] afterwards.
    pub(super) fn input(&mut self, input: Input) -> Vec<Effect> {
        // Inputs may have come from a log, and effects go to other processes.
        let written = self.room.handle(copy(&input), self.now);
        let effects: Vec<Effect> = copy(&written);
        assert_eq!(effects, written, "effects that were written and read are others");
        // The watch knows the types of the library, which are not those of its unit tests.
        self.watch.expect(&copy(&input), &copy::<_, Vec<_>>(&effects), self.now.ms);
        effects
    }

    /// Checks what must hold between any two inputs.
    pub(super) fn check(&self) {
        let room = &self.room;
        let limits = room.policy.limits;
        assert!(room.next_due().is_none_or(|due| due > self.now.ms), "something due was not done");
        assert!(room.visible.len() <= limits.visible_members);
        assert!(room.members.len() - room.visible.len() <= limits.invisible_members);
        let owners: BTreeSet<_> = room.publications.keys().map(|(owner, _)| owner).collect();
        assert!(owners.len() <= limits.publishers);
        let subscribed = room.publications.values().filter(|publication| !publication.subscribers.is_empty()).count();
        assert!(subscribed <= limits.subscribed_streams);

        let online: BTreeSet<_> = room.members.values().filter_map(|member| member.presence.socket()).collect();
        assert_eq!(online, room.sockets.keys().copied().collect(), "sockets and members differ");
        let attached: BTreeSet<SocketId> = self.watch.attached().iter().map(copy).collect();
        assert_eq!(online, attached, "attached sockets and members differ");
        assert_eq!(room.sessions.len(), room.members.len());
        for (user, member) in &room.members {
            assert_eq!(room.visible.contains(user), member.visible);
            assert_eq!(room.sessions.get(&member.session), Some(user));
            let subscriptions = room.publications.values().filter(|stream| stream.subscribers.contains_key(user));
            assert!(subscriptions.count() <= limits.subscriptions_per_user);
            if let Presence::Suspended { until } = member.presence {
                assert!(until > self.now.ms, "a suspended member outlives its time");
            }
            assert!(!member.terms.token.has_passed(self.now.unix()), "a member outlives its token");
        }
        assert!(room.bans.keys().all(|user| !room.members.contains_key(user)), "a banned user is in the room");
        for ((owner, kind), publication) in &room.publications {
            let member = room.members.get(owner).expect("an owner");
            assert!(member.visible && member.session == publication.session);
            assert!(member.terms.may_publish(self.now.unix()), "a stream outlives its privilege");
            assert!(publication.subscribers.keys().all(|user| room.members.contains_key(user) && user != owner));
            assert!(publication.is_announced() || publication.subscribers.is_empty());
            let allowed = room.muted.get(&(owner.clone(), *kind)).copied().unwrap_or(Tracks::BOTH);
            assert_eq!(publication.tracks, publication.wanted.and(allowed), "what flows is what both sides want");
            let may_subscribe = |user| room.members[user].terms.may_subscribe(self.now.unix());
            assert!(publication.subscribers.keys().all(may_subscribe), "a subscription outlives its privilege");
            if let Flow::Stalled { until } = publication.flow {
                assert!(until > self.now.ms, "a stalled stream outlives its time");
            }
        }
        let suspended = room.members.iter().filter_map(|(user, member)| match member.presence {
            Presence::Suspended { until } => Some((until, Due::Resume(user.clone()))),
            Presence::Online(_) => None,
        });
        let tokens =
            room.members.iter().filter_map(|(user, member)| Some((member.token_due?, Due::Token(user.clone()))));
        let stalled = room.publications.values().filter_map(|publication| match publication.flow {
            Flow::Stalled { until } => Some((until, Due::MediaGrace(publication.stream.clone()))),
            Flow::Leased | Flow::Live(_) => None,
        });
        let bans = room.bans.iter().map(|(user, until)| (*until, Due::Ban(user.clone())));
        let expected: BTreeSet<_> = suspended.chain(tokens).chain(stalled).chain(bans).collect();
        assert_eq!(room.agenda.entries().cloned().collect::<BTreeSet<_>>(), expected, "the agenda is not what is due");
        self.watch.expect_same(&|user| room.snapshot(user));
    }
}

/// The effect that settled a request.
pub(super) fn settled(effects: &[Effect]) -> Option<&Effect> {
    effects.iter().find(|effect| matches!(effect, Effect::Answer { .. } | Effect::Lease { .. } | Effect::Refuse { .. }))
}

/// Writes something down and reads it again.
pub(super) fn copy<From: Serialize, To: DeserializeOwned>(what: &From) -> To {
    serde_json::from_str(&serde_json::to_string(what).expect("it can be written")).expect("it can be read")
}
