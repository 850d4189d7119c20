//! A [`Mirror`] is a second account of a room, kept from what went into it and what came out, by the rules of docs/protocol.md.
//! It judges every step of the real room, by what needs such an account; what can be seen from outside, the harness's `RoomWatch`
//! judges.

mod effects;

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{OperationId, SessionId, Stream, StreamId};
use miniapp_rtc_gateway::room::{
    Asked, Command, ConnectionId, Effect, Input, MediaNews, Moment, Room, RoomPolicy, SocketId, Terms,
};
use miniapp_rtc_harness::Fault;

use crate::queue::Ms;
use crate::roster::{Roster, USERS, screen, user_number};

/// A second account of a room.
pub(crate) struct Mirror {
    pub(crate) epoch: String,
    policy: RoomPolicy,
    offset: u32,
    /// Visible members, and since when they are suspended.
    members: [Option<Member>; USERS],
    streams: BTreeMap<StreamId, Announced>,
    removed: BTreeSet<StreamId>,
    sessions: BTreeMap<usize, SessionView>,
    /// Rights to push that were granted and have not ended.
    grants: BTreeMap<(usize, usize), (StreamId, u32)>,
    /// Media that flowed once: no stream may be announced before.
    started: BTreeSet<(StreamId, u32)>,
    live: BTreeMap<StreamId, ConnectionId>,
    subscribers: BTreeSet<(StreamId, SessionId)>,
    results: BTreeMap<(SessionId, OperationId), Kept>,
    /// Rosters of the offsets since they were last taken.
    pub(crate) rosters: Vec<Roster>,
    /// The gateway's wall clock jumped: what it says of ends cannot be foretold.
    pub(crate) clock_jumped: bool,
    cause: Cause,
    /// The request repeats one whose result is kept.
    is_repeat: bool,
}

/// A visible member.
#[derive(Clone, Copy)]
struct Member {
    suspended_since: Option<Ms>,
}

/// An announced stream.
struct Announced {
    is: Stream,
    stalled_since: Option<Ms>,
}

/// A session.
struct SessionView {
    session: SessionId,
    socket: Option<SocketId>,
    lost_at: Ms,
    terms: Terms,
    results: usize,
}

/// A result kept for repeats.
struct Kept {
    at: Ms,
    number: usize,
    digest: String,
}

/// What went into the room.
enum Cause {
    Nothing,
    Ask { asked: Asked, user: Option<usize> },
    Lost(Option<usize>),
    Expelled(Option<usize>),
    Started,
    Stopped { stream: StreamId, connection: ConnectionId },
    Report,
}

impl Mirror {
    pub(crate) fn new(epoch: String, policy: RoomPolicy) -> Self {
        Self {
            epoch,
            policy,
            offset: 0,
            members: [None; USERS],
            streams: BTreeMap::new(),
            removed: BTreeSet::new(),
            sessions: BTreeMap::new(),
            grants: BTreeMap::new(),
            started: BTreeSet::new(),
            live: BTreeMap::new(),
            subscribers: BTreeSet::new(),
            results: BTreeMap::new(),
            rosters: Vec::new(),
            clock_jumped: false,
            cause: Cause::Nothing,
            is_repeat: false,
        }
    }

    /// Media of a stream flows.
    pub(crate) fn note_started(&mut self, stream: &StreamId, generation: u32) {
        self.started.insert((stream.clone(), generation));
    }

    /// Whether a session may push.
    pub(crate) fn may_push(&self, stream: &StreamId, generation: u32, session: &SessionId) -> bool {
        self.sessions.iter().any(|(user, view)| {
            let is_granted = |screen| self.grants.get(&(*user, screen)) == Some(&(stream.clone(), generation));
            view.session == *session && (is_granted(0) || is_granted(1))
        })
    }

    /// Whether a session may play.
    pub(crate) fn may_play(&self, stream: &StreamId, generation: u32, session: &SessionId) -> bool {
        self.streams.get(stream).is_some_and(|known| known.is.generation == generation)
            && self.subscribers.contains(&(stream.clone(), session.clone()))
    }

    /// An input is about to go in.
    pub(crate) fn expect(&mut self, input: &Input, now: Moment) {
        self.is_repeat = false;
        let holder = |socket: &SocketId| {
            self.sessions.iter().find(|(_, view)| view.socket == Some(*socket)).map(|(user, _)| *user)
        };
        self.cause = match input {
            Input::Ask(asked) => {
                let user = match &asked.command {
                    Command::Join(entry) => Some(user_number(&entry.user)),
                    _ => holder(&asked.socket),
                };
                Cause::Ask { asked: asked.clone(), user }
            }
            Input::LoseSocket(socket) => {
                let user = holder(socket);
                if let Some(view) = user.and_then(|user| self.sessions.get_mut(&user)) {
                    (view.socket, view.lost_at) = (None, now.ms);
                }
                Cause::Lost(user)
            }
            Input::Media { news: MediaNews::Started { stream, generation, connection }, .. } => {
                if self.grants.values().any(|grant| *grant == (stream.clone(), *generation)) {
                    self.live.insert(stream.clone(), *connection);
                }
                Cause::Started
            }
            Input::Media { news: MediaNews::Stopped { stream, connection, .. }, .. } => {
                Cause::Stopped { stream: stream.clone(), connection: *connection }
            }
            // The simulated media server announces no tracks.
            Input::Media { news: MediaNews::Outgrown { .. }, .. } => Cause::Nothing,
            Input::Report { .. } => Cause::Report,
            Input::Expel(socket) => Cause::Expelled(holder(socket)),
            // The simulation has no operator.
            Input::Order(_) | Input::Tick => Cause::Nothing,
        };
    }

    /// Judges what came out.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub(crate) fn judge(&mut self, effects: &[Effect], room: &Room, now: Moment) -> Result<(), Fault> {
        self.judge_old_news(effects)?;
        self.judge_repeat(effects, now)?;
        self.judge_endings(effects)?;
        for (index, effect) in effects.iter().enumerate() {
            self.judge_effect(effect, effects.get(index + 1..).unwrap_or_default(), now)?;
        }
        self.forget_sessions(now);
        if room.next_due().is_some_and(|due| due <= now.ms) {
            return Err(("what is due is done", format!("due at {:?}, now {}", room.next_due(), now.ms)));
        }
        self.judge_grace(now)?;
        self.judge_rights(room, now)
    }

    /// No stream is stalled for longer than its grace time.
    fn judge_grace(&self, now: Moment) -> Result<(), Fault> {
        let grace_ms = Ms::from(self.policy.times.media_grace_ms);
        let is_late = |known: &&Announced| known.stalled_since.is_some_and(|since| now.ms > since + grace_ms + 1);
        match self.streams.values().find(is_late) {
            Some(late) => Err(("a stalled stream ends after its grace time", format!("{}", late.is.stream))),
            None => Ok(()),
        }
    }

    /// The room as the events told it.
    fn roster(&self) -> Roster {
        let mut roster = Roster::default();
        for (there, member) in roster.members.iter_mut().zip(&self.members) {
            *there = member.is_some();
        }
        for Announced { is, .. } in self.streams.values().filter(|known| known.is.audio || known.is.video) {
            roster.streams[user_number(&is.user)][screen(is.kind)] = Some((is.audio, is.video));
        }
        roster
    }

    /// Sessions that have ended without an event: nobody saw them.
    fn forget_sessions(&mut self, now: Moment) {
        let (resume_ms, jumped) = (Ms::from(self.policy.times.resume_ms), self.clock_jumped);
        self.sessions.retain(|_, view| {
            view.socket.is_some()
                || (now.ms < view.lost_at + resume_ms && (jumped || !view.terms.token.has_passed(now.unix())))
        });
    }

    /// Nobody is in the room, publishes or receives without the right to.
    fn judge_rights(&self, room: &Room, now: Moment) -> Result<(), Fault> {
        let fault = |text| Err(("rights end in time", text));
        if self.clock_jumped {
            return Ok(());
        }
        if room.counts().sessions != self.sessions.len() {
            let known: Vec<_> = self.sessions.keys().collect();
            return fault(format!("{} sessions, expected {known:?}", room.counts().sessions));
        }
        for (user, view) in &self.sessions {
            if view.terms.token.has_passed(now.unix()) {
                return fault(format!("user {user} outlives its token"));
            }
            let publishes = self.streams.values().any(|known| user_number(&known.is.user) == *user);
            if publishes && !view.terms.may_publish(now.unix()) {
                return fault(format!("a stream of user {user} outlives the right to publish"));
            }
            let receives = self.subscribers.iter().find(|(_, subscriber)| *subscriber == view.session);
            if let Some((stream, _)) = receives.filter(|_| !view.terms.may_subscribe(now.unix())) {
                let known = self.streams.get(stream);
                if known.is_some_and(|known| room.may_play(stream, known.is.generation, &view.session).is_ok()) {
                    return fault(format!("a subscription of user {user} outlives the right to subscribe"));
                }
            }
        }
        Ok(())
    }
}
