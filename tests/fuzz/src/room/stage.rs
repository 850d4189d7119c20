//! The [`Stage`] runs a room with virtual clocks, clients and a media server, and checks all that its public face shows.

use miniapp_rtc::protocol::{Answer, AppId, Epoch, ErrorCode, OperationId, Report, Resume, RoomId, Secret, UserId};
use miniapp_rtc_gateway::room::{
    Asked, Command, Effect, Entry, Input, MediaCommand, Moment, NodeId, Room, RoomLimits, RoomName, RoomPolicy,
    RoomTag, RoomTimes, SocketId, SocketLimits, Terms,
};
use miniapp_rtc_harness::{Follower, RoomWatch};

use super::media::MediaServer;
use super::{APP, SECRET};
use crate::names::event_name;
use crate::reached::Reached;

/// Where all sockets and streams are.
pub(super) const NODE: NodeId = NodeId(1);

/// A small policy, so that every limit is met.
const POLICY: RoomPolicy = RoomPolicy {
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

/// A room under test, and all that it was told or told others.
pub(super) struct Stage {
    room: Room,
    pub(super) now: Moment,
    watch: RoomWatch,
    next_request: u32,
    next_socket: u64,
    pub(super) media: MediaServer,
    reached: Reached,
}

impl Stage {
    pub(super) fn new() -> Self {
        let name =
            RoomName { app: AppId::parse(APP).expect("an app id"), room: RoomId::parse("r").expect("a room id") };
        let epoch = Epoch::parse("e1").expect("an epoch");
        Self {
            room: Room::new(name, RoomTag::parse("tag1").expect("a tag"), epoch.clone(), POLICY),
            now: Moment { ms: 0, unix_ms: 1_700_000_000_000 },
            watch: RoomWatch::new(epoch, SECRET),
            next_request: 0,
            next_socket: 0,
            media: MediaServer::default(),
            reached: Reached::default(),
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now.ms = self.now.ms.saturating_add(ms);
        self.now.unix_ms = self.now.unix_ms.saturating_add(ms);
    }

    /// Sets the wall clock; the other one runs on.
    pub(super) fn jump(&mut self, seconds: i64) {
        self.now.unix_ms = self.now.unix_ms.saturating_add_signed(seconds * 1_000);
    }

    pub(super) fn open(&mut self) -> SocketId {
        self.next_socket += 1;
        SocketId { node: NODE, number: self.next_socket }
    }

    pub(super) fn proof(&self, user: &UserId) -> Option<Resume> {
        self.watch.follower(user).map(Follower::proof)
    }

    fn socket(&self, user: &UserId) -> Option<SocketId> {
        self.watch.follower(user).and_then(Follower::socket)
    }

    pub(super) fn join(&mut self, user: UserId, visible: bool, terms: Terms) {
        let socket = self.open();
        let entry = self.entry(user, visible, terms);
        self.ask(socket, None, Command::Join(entry));
    }

    fn entry(&self, user: UserId, visible: bool, terms: Terms) -> Entry {
        Entry { user, terms, visible, secret: Secret::new(format!("{SECRET} {}", self.next_socket)) }
    }

    /// A socket carries one session only.
    pub(super) fn enter_again(&mut self, user: &UserId, terms: Terms, join: bool) {
        let (Some(socket), Some(proof)) = (self.socket(user), self.proof(user)) else { return };
        let command = if join { Command::Join(self.entry(user.clone(), true, terms)) } else { Command::Resume(proof) };
        // What fell due before may have ended the session first.
        self.input(Input::Tick);
        if self.watch.attached().contains(&socket) {
            let effects = self.ask(socket, None, command);
            assert_eq!(refused(&effects), Some(ErrorCode::AlreadyJoined.number()), "{effects:?}");
        }
    }

    pub(super) fn lose(&mut self, user: &UserId) {
        if let Some(socket) = self.socket(user) {
            self.input(Input::LoseSocket(socket));
        }
    }

    pub(super) fn report(&mut self, user: &UserId, report: Report) {
        if let Some(socket) = self.socket(user) {
            self.input(Input::Report { socket, report });
        }
    }

    /// Asks on a user's socket, and once more if wanted: a repeat has the same result and no effect of its own.
    pub(super) fn request(&mut self, user: &UserId, operation: Option<OperationId>, command: Command, twice: bool) {
        let socket = self.socket(user);
        let on = socket.unwrap_or_else(|| self.open());
        let first = self.ask(on, operation.clone(), command.clone());
        if socket.is_none() {
            assert_eq!(refused(&first), Some(ErrorCode::NotJoined.number()), "{first:?}");
        }
        let looks_only = !command.method().is_done_once();
        let is_decided = refused(&first).is_none_or(|code| (4100..4400).contains(&code));
        if twice && operation.is_some() && !looks_only && is_decided && self.watch.attached().contains(&on) {
            self.ask(on, operation, command);
            self.reached.note("input", "repeat");
        }
    }

    pub(super) fn ask(&mut self, socket: SocketId, operation: Option<OperationId>, command: Command) -> Vec<Effect> {
        self.next_request += 1;
        let (id, method) = (self.next_request, command.method());
        let effects = self.input(Input::Ask(Asked { socket, id, operation, command }));
        self.reached.note(if refused(&effects).is_none() { "granted" } else { "refused" }, method.name());
        effects
    }

    /// Hands an input to the room and carries out its effects, one after the other.
    pub(super) fn input(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.room.handle(input.clone(), self.now);
        self.watch.expect(&input, &effects, self.now.ms);
        for effect in &effects {
            match effect {
                Effect::Media { command, .. } => self.media.obey(command, &self.room),
                Effect::Lease { grant, .. } | Effect::NewAddress { grant, .. } => self.media.sign(grant),
                Effect::Answer { answer: Answer::Resumed(resumed), .. } => {
                    self.reached.note("resumed", if resumed.snapshot.is_some() { "snapshot" } else { "events" });
                }
                Effect::Broadcast { event, .. } | Effect::Send { event, .. } => {
                    self.reached.note("event", event_name(event.name()));
                }
                Effect::Attach(_)
                | Effect::Detach(_)
                | Effect::Answer { .. }
                | Effect::Refuse { .. }
                | Effect::Close { .. } => {}
            }
            self.reached.note("effect", kind(effect));
        }
        assert!(self.room.next_due().is_none_or(|due| due > self.now.ms), "something due was not done");
        effects
    }

    /// Checks what must hold between any two inputs.
    pub(super) fn check(&self) {
        let stranger = UserId::parse("stranger").expect("a user id");
        let seen = self.room.snapshot(&stranger);
        let (counts, limits) = (self.room.counts(), POLICY.limits);
        assert_eq!(counts.streams, seen.streams.len());
        assert_eq!(self.room.is_empty(), counts.sessions == 0);
        assert!(self.watch.attached().len() <= counts.sessions && seen.members.len() <= counts.sessions);
        assert!(seen.members.len() <= limits.visible_members, "too many members");
        assert!(counts.sessions - seen.members.len() <= limits.invisible_members, "too many members");
        self.watch.expect_same(&|user| self.room.snapshot(user));

        self.media.compare(&self.room, &self.watch.sessions(), limits);
        for live in self.room.live_publications(NODE) {
            assert!(seen.streams.iter().any(|stream| stream.stream == live.stream && !stream.stalled), "{live:?}");
        }
    }

    /// After all sockets were lost and the time to resume has passed, nothing is left.
    pub(super) fn finish(mut self) -> Reached {
        self.check();
        self.pass(u64::from(POLICY.times.resume_ms));
        self.input(Input::Tick);
        self.check();
        assert!(self.room.is_empty(), "somebody is left");
        assert_eq!(self.room.next_due(), None, "something is due in an empty room");
        assert!(self.media.is_idle(), "the media server goes on");
        assert!(!format!("{:?}", self.room).contains(SECRET), "the room prints a secret");
        self.reached
    }
}

fn refused(effects: &[Effect]) -> Option<u16> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refuse { refusal, .. } => Some(refusal.code),
        _ => None,
    })
}

const fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Attach(_) => "attach",
        Effect::Detach(_) => "detach",
        Effect::Answer { .. } => "answer",
        Effect::Lease { .. } => "lease",
        Effect::NewAddress { .. } => "new address",
        Effect::Refuse { .. } => "refuse",
        Effect::Broadcast { .. } => "broadcast",
        Effect::Send { .. } => "send",
        Effect::Close { .. } => "close",
        Effect::Media { command: MediaCommand::EndStream { .. }, .. } => "end stream",
        Effect::Media { command: MediaCommand::SetTracks { .. }, .. } => "set filter",
        Effect::Media { command: MediaCommand::EndSubscription { .. }, .. } => "end subscription",
        Effect::Media { command: MediaCommand::Check { .. }, .. } => "check",
    }
}
