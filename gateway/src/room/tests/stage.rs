//! The [`Stage`] runs a room with virtual time and clients, and checks every promise of it after each input.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{Answer, Epoch, OperationId, Resume, RoomId, Secret, Snapshot, Stream, UserId};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::Client;
use crate::room::agenda::Due;
use crate::room::member::Presence;
use crate::room::publication::Flow;
use crate::room::{
    Asked, Command, Effect, End, Entry, Input, Moment, NodeId, Room, RoomLimits, RoomName, RoomPolicy, RoomTag,
    RoomTimes, SocketId, SocketLimits, Terms,
};

/// Where all sockets and streams are.
pub(super) const NODE: NodeId = NodeId(1);

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
    pub(super) clients: BTreeMap<UserId, Client>,
    attached: BTreeSet<SocketId>,
    offset: u32,
    next_request: u32,
    next_socket: u64,
}

impl Stage {
    pub(super) fn new(policy: RoomPolicy) -> Self {
        let app = miniapp_rtc::protocol::AppId::parse("0123456789abcdef01234567").expect("app id");
        let name = RoomName { app, room: RoomId::parse("r").expect("room id") };
        let epoch = Epoch::parse("e1").expect("epoch");
        let room = Room::new(name, RoomTag::parse("tag1").expect("tag"), epoch, policy);
        Self {
            room,
            now: Moment { ms: 0, unix_ms: u64::from(START) * 1000 },
            clients: BTreeMap::new(),
            attached: BTreeSet::new(),
            offset: 0,
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

    /// Joins on a new socket; the effects.
    pub(super) fn join(&mut self, user: &str, visible: bool, terms: Terms) -> Vec<Effect> {
        let socket = self.open();
        let user = UserId::parse(user).expect("user id");
        let secret = Secret::new(format!("secret of {socket}"));
        let effects = self.ask(socket, Command::Join(Entry { user: user.clone(), terms, visible, secret }), None);
        if let Some(Effect::Answer { answer: Answer::Joined(joined), .. }) = settled(&effects) {
            let joined = joined.clone();
            let client = Client::new(user.clone(), joined.session, joined.secret, socket, joined.snapshot);
            self.clients.insert(user, client);
        }
        self.check();
        effects
    }

    /// Resumes a client on a new socket, from the last event it applied.
    pub(super) fn resume(&mut self, user: &str) -> Vec<Effect> {
        let user = UserId::parse(user).expect("user id");
        let Some(client) = self.clients.get(&user) else { return Vec::new() };
        let (session, secret) = (client.session.clone(), client.secret.clone());
        let resume = Resume { session, secret, epoch: client.epoch.clone(), offset: client.offset };
        let socket = self.open();
        let effects = self.ask(socket, Command::Resume(resume), None);
        if let Some(Effect::Answer { answer: Answer::Resumed(resumed), .. }) = settled(&effects) {
            let client = self.clients.get_mut(&user).expect("a client");
            client.socket = Some(socket);
            if let Some(snapshot) = resumed.snapshot.clone() {
                client.take(snapshot);
            }
            for effect in &effects {
                if let Effect::Send { socket: to, position: Some(position), event } = effect {
                    assert_eq!(*to, socket);
                    client.apply(position, event);
                }
            }
        }
        self.check();
        effects
    }

    /// Sends a request on a user's socket, where it has one.
    pub(super) fn request(&mut self, user: &str, command: Command, operation: Option<&str>) -> Vec<Effect> {
        let user = UserId::parse(user).expect("user id");
        let socket = self.clients.get(&user).and_then(|client| client.socket);
        let socket = socket.unwrap_or_else(|| self.open());
        let effects = self.ask(socket, command, operation);
        self.check();
        effects
    }

    pub(super) fn lose(&mut self, user: &str) {
        let user = UserId::parse(user).expect("user id");
        if let Some(socket) = self.clients.get_mut(&user).and_then(|client| client.socket.take()) {
            self.input(Input::LoseSocket(socket));
            self.check();
        }
    }

    fn ask(&mut self, socket: SocketId, command: Command, operation: Option<&str>) -> Vec<Effect> {
        self.next_request += 1;
        let (id, method) = (self.next_request, command.method());
        let operation = operation.map(|operation| OperationId::parse(operation).expect("operation id"));
        let effects = self.input(Input::Ask(Asked { socket, id, operation, command }));
        let settlements: Vec<_> = effects.iter().filter(|effect| settles(effect).is_some()).collect();
        let [settlement] = settlements[..] else { panic!("settled {} times: {settlements:?}", settlements.len()) };
        let (to, with, of) = settles(settlement).expect("a settlement");
        assert_eq!((to, with), (socket, id), "another request was settled");
        assert!(of.is_none_or(|of| of == method), "another method was answered");
        effects
    }

    /// Hands an input to the room and delivers its effects; call [`Stage::check`] afterwards.
    pub(super) fn input(&mut self, input: Input) -> Vec<Effect> {
        let asking = match &input {
            Input::Ask(asked) => Some(asked.socket),
            Input::Report { .. } | Input::LoseSocket(_) | Input::Expel(_) | Input::Media { .. } | Input::Tick => None,
        };
        // Inputs may have come from a log, and effects go to other processes.
        let written = self.room.handle(copy(&input), self.now);
        let effects: Vec<Effect> = copy(&written);
        assert_eq!(effects, written, "effects that were written and read are others");
        let mut reachable: BTreeSet<SocketId> = asking.into_iter().collect();
        for effect in &effects {
            match effect {
                Effect::Attach(socket) => {
                    assert_eq!(Some(*socket), asking, "only the asking socket can be attached");
                    assert!(self.attached.insert(*socket));
                }
                Effect::Detach(socket) => {
                    assert!(self.attached.remove(socket), "detached twice");
                    reachable.insert(*socket);
                    for client in self.clients.values_mut().filter(|client| client.socket == Some(*socket)) {
                        client.socket = None;
                    }
                }
                Effect::Broadcast { position, event } => {
                    assert_eq!(position.offset, self.offset + 1, "offsets have a gap");
                    self.offset = position.offset;
                    for client in self.clients.values_mut().filter(|client| client.socket.is_some()) {
                        client.apply(position, event);
                    }
                }
                Effect::Answer { socket, .. }
                | Effect::Lease { socket, .. }
                | Effect::NewAddress { socket, .. }
                | Effect::Refuse { socket, .. }
                | Effect::Send { socket, .. }
                | Effect::Close { socket, .. } => {
                    let known = reachable.contains(socket) || self.attached.contains(socket);
                    assert!(known, "{effect:?} goes to a socket that is gone");
                }
                Effect::Media { .. } => {}
            }
        }
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
        assert_eq!(online, self.attached, "attached sockets and members differ");
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
        for ((owner, _), publication) in &room.publications {
            let member = room.members.get(owner).expect("an owner");
            assert!(member.visible && member.session == publication.session);
            assert!(member.terms.may_publish(self.now.unix()), "a stream outlives its privilege");
            assert!(publication.subscribers.keys().all(|user| room.members.contains_key(user) && user != owner));
            assert!(publication.is_announced() || publication.subscribers.is_empty());
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
        let expected: BTreeSet<_> = suspended.chain(tokens).chain(stalled).collect();
        assert_eq!(room.agenda.entries().cloned().collect::<BTreeSet<_>>(), expected, "the agenda is not what is due");
        for client in self.clients.values().filter(|client| client.socket.is_some()) {
            self.check_client(client);
        }
    }

    /// A client that followed the events knows what a snapshot would tell.
    fn check_client(&self, client: &Client) {
        let Snapshot { epoch, offset, members, streams } = self.room.snapshot(&client.user);
        assert_eq!((&client.epoch, client.offset), (&epoch, offset));
        let told: BTreeMap<_, _> = members.into_iter().map(|member| (member.user, member.suspended)).collect();
        let mut known = client.members.clone();
        known.remove(&client.user);
        assert_eq!(known, told, "{} sees other members", client.user);
        let others = |streams: Vec<Stream>| -> Vec<Stream> {
            streams.into_iter().filter(|stream| stream.user != client.user).collect()
        };
        let mut known = others(client.streams.values().cloned().collect());
        let mut told = others(streams);
        known.sort_by(|a, b| a.stream.cmp(&b.stream));
        told.sort_by(|a, b| a.stream.cmp(&b.stream));
        assert_eq!(known, told, "{} sees other streams", client.user);
    }
}

/// The effect that settled a request.
pub(super) fn settled(effects: &[Effect]) -> Option<&Effect> {
    effects.iter().find(|effect| settles(effect).is_some())
}

fn settles(effect: &Effect) -> Option<(SocketId, u32, Option<miniapp_rtc::protocol::Method>)> {
    match effect {
        Effect::Answer { socket, id, method, .. } | Effect::Lease { socket, id, method, .. } => {
            Some((*socket, *id, Some(*method)))
        }
        Effect::Refuse { socket, id, .. } => Some((*socket, *id, None)),
        Effect::Attach(_)
        | Effect::Detach(_)
        | Effect::Broadcast { .. }
        | Effect::NewAddress { .. }
        | Effect::Send { .. }
        | Effect::Close { .. }
        | Effect::Media { .. } => None,
    }
}

/// Writes something down and reads it again.
pub(super) fn copy<T: Serialize + DeserializeOwned>(what: &T) -> T {
    serde_json::from_str(&serde_json::to_string(what).expect("it can be written")).expect("it can be read")
}
