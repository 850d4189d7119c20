//! A [`RoomWatch`] watches one room of the gateway: what goes into it and what comes out, in their order.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{
    Answer, Epoch, Event, Method, OperationId, Position, Role, SessionId, Snapshot, StreamId, StreamKind, UserId,
};
use miniapp_rtc_gateway::room::{Asked, Command, Effect, Grant, Input, SocketId};

use crate::fault::{Fault, ensure};
use crate::follower::{Follower, SNAPSHOTS_AGREE};

/// Each request is answered or refused once, and nothing else is.
pub const REQUESTS_SETTLE: &str = "each request is settled once";
/// Only the socket that asks is attached, and nothing goes to one that is gone.
pub const SOCKETS_COME_AND_GO: &str = "sockets come and go once";
/// The room's events are numbered without a gap, in its epoch.
pub const NO_GAP: &str = "offsets have no gap";
/// A resume gives every event that was missed, or a snapshot.
pub const ALL_OR_A_SNAPSHOT: &str = "a resume gives all that was missed, or a snapshot";
/// Generations of sessions and of publications only rise.
pub const GENERATIONS_RISE: &str = "generations only rise";
/// A lease goes to the session that it is for.
pub const LEASES_FOR_MEMBERS: &str = "leases are for members";
/// A repeated operation has the first result, and no effect of its own.
pub const NO_SECOND_EFFECT: &str = "a repeat has no second effect";
/// What a socket says that belongs to no session has no effect.
pub const STRANGERS_UNHEARD: &str = "strangers are not heard";
/// No effect prints a secret.
pub const NO_SECRET: &str = "no secret is printed";

/// What a watch knows of one room.
#[derive(Clone, Debug)]
pub struct RoomWatch {
    epoch: Epoch,
    offset: u32,
    attached: BTreeSet<SocketId>,
    followers: BTreeMap<UserId, Follower>,
    /// Publications that were leased, in the order of their generations.
    leased: BTreeMap<SessionId, Vec<(StreamKind, StreamId, u32)>>,
    newest: Option<Operation>,
    /// A text that stands in every secret.
    secret: &'static str,
}

/// A request that is done once, and its result.
#[derive(Clone, Debug)]
struct Operation {
    socket: SocketId,
    name: OperationId,
    command: Command,
    at: u64,
    /// `None` where the result is not kept.
    result: Option<String>,
}

/// What is known while the effects of one input are judged.
struct Turn<'a> {
    asked: Option<&'a Asked>,
    /// Sockets that may still be spoken to.
    reachable: BTreeSet<SocketId>,
    /// The last event that a resume sent again.
    sent_again: Option<u32>,
}

impl RoomWatch {
    /// A watch of a new room of that epoch, whose secrets all hold the text `secret`.
    pub fn new(epoch: Epoch, secret: &'static str) -> Self {
        Self {
            epoch,
            offset: 0,
            attached: BTreeSet::new(),
            followers: BTreeMap::new(),
            leased: BTreeMap::new(),
            newest: None,
            secret,
        }
    }

    /// Judges what came of an input at that time, in milliseconds.
    ///
    /// # Errors
    /// The first broken promise.
    pub fn observe(&mut self, input: &Input, effects: &[Effect], now_ms: u64) -> Result<(), Fault> {
        self.judge_stranger(input, effects)?;
        let mut turn = Turn { asked: None, reachable: BTreeSet::new(), sent_again: None };
        match input {
            Input::Ask(asked) => {
                turn.asked = Some(asked);
                turn.reachable.insert(asked.socket);
            }
            Input::LoseSocket(socket) => self.hang_up(*socket),
            Input::Report { .. } | Input::Expel(_) | Input::Media { .. } | Input::Order(_) | Input::Tick => {}
        }
        self.judge_settling(&turn, effects)?;
        self.judge_repeat(&turn, effects, now_ms)?;
        for effect in effects {
            ensure(!format!("{effect:?}").contains(self.secret), NO_SECRET, || "an effect prints one".to_owned())?;
            self.judge(effect, &mut turn)?;
        }
        let behind = self.online().find(|follower| follower.offset() != self.offset);
        ensure(behind.is_none(), ALL_OR_A_SNAPSHOT, || format!("at {}: {behind:?}", self.offset))
    }

    /// The same for a test, which ends at a broken promise.
    #[track_caller]
    pub fn expect(&mut self, input: &Input, effects: &[Effect], now_ms: u64) {
        demand(self.observe(input, effects, now_ms));
    }

    /// Compares what the events told with what a snapshot shows a user, between any two inputs.
    ///
    /// # Errors
    /// The first broken promise.
    pub fn compare(&self, snapshot: &dyn Fn(&UserId) -> Snapshot) -> Result<(), Fault> {
        let online: BTreeSet<_> = self.online().filter_map(Follower::socket).collect();
        ensure(online == self.attached, SOCKETS_COME_AND_GO, || {
            format!("{:?} are attached, sessions have {online:?}", self.attached)
        })?;
        // Also where nobody is online.
        let seen = UserId::parse("stranger").map(|stranger| snapshot(&stranger));
        let is_here = seen.as_ref().is_ok_and(|seen| (&seen.epoch, seen.offset) == (&self.epoch, self.offset));
        ensure(is_here, SNAPSHOTS_AGREE, || format!("at {} of {}: {seen:?}", self.offset, self.epoch))?;
        for (user, follower) in self.followers.iter().filter(|(_, follower)| follower.socket.is_some()) {
            follower.compare(&snapshot(user))?;
        }
        Ok(())
    }

    /// The same for a test, which ends at a broken promise.
    #[track_caller]
    pub fn expect_same(&self, snapshot: &dyn Fn(&UserId) -> Snapshot) {
        demand(self.compare(snapshot));
    }

    /// What the client of a user knows; `None` where the user never joined.
    pub fn follower(&self, user: &UserId) -> Option<&Follower> {
        self.followers.get(user)
    }

    /// The newest session of each user, whether or not it goes on.
    pub fn sessions(&self) -> BTreeSet<&SessionId> {
        self.followers.values().map(Follower::session).collect()
    }

    /// The sockets that get what the room tells all.
    pub fn attached(&self) -> &BTreeSet<SocketId> {
        &self.attached
    }

    fn online(&self) -> impl Iterator<Item = &Follower> {
        self.followers.values().filter(|follower| follower.socket.is_some())
    }

    fn holder(&mut self, socket: SocketId) -> Option<&mut Follower> {
        self.followers.values_mut().find(|follower| follower.socket == Some(socket))
    }

    fn hang_up(&mut self, socket: SocketId) {
        if let Some(follower) = self.holder(socket) {
            follower.socket = None;
        }
    }

    fn judge_stranger(&self, input: &Input, effects: &[Effect]) -> Result<(), Fault> {
        let is_right = match input {
            Input::Report { socket, .. } | Input::LoseSocket(socket) | Input::Expel(socket) => {
                self.attached.contains(socket) || effects.is_empty()
            }
            Input::Ask(asked) => {
                let enters = matches!(asked.command, Command::Join(_) | Command::Resume(_));
                let is_refused = || effects.iter().any(|effect| matches!(effect, Effect::Refuse { .. }));
                enters || self.attached.contains(&asked.socket) || is_refused()
            }
            Input::Media { .. } | Input::Order(_) | Input::Tick => true,
        };
        ensure(is_right, STRANGERS_UNHEARD, || format!("{input:?}: {effects:?}"))
    }

    fn judge_settling(&self, turn: &Turn<'_>, effects: &[Effect]) -> Result<(), Fault> {
        let settlements: Vec<_> =
            effects.iter().enumerate().filter_map(|(at, effect)| Some((at, settlement(effect)?))).collect();
        let is_right = match (turn.asked, &settlements[..]) {
            (None, settlements) => settlements.is_empty(),
            (Some(Asked { socket, id, command, .. }), [(at, (to, with, of))]) => {
                let method = command.method();
                let is_last = !effects.iter().skip(*at).any(|effect| matches!(effect, Effect::Broadcast { .. }));
                (to, with) == (socket, id)
                    && of.is_none_or(|of| of == method)
                    && (is_last || matches!(method, Method::Join | Method::Resume))
            }
            (Some(_), _) => false,
        };
        ensure(is_right, REQUESTS_SETTLE, || format!("{:?}: {effects:?}", turn.asked))
    }

    fn judge_repeat(&mut self, turn: &Turn<'_>, effects: &[Effect], now_ms: u64) -> Result<(), Fault> {
        let before = self.newest.take();
        let Some(Asked { socket, operation: Some(name), command, .. }) = turn.asked else { return Ok(()) };
        if !command.method().is_done_once() || !self.attached.contains(socket) {
            return Ok(());
        }
        let result = effects.iter().find_map(result);
        let first = before.filter(|before| {
            (before.socket, &before.name, &before.command, before.at) == (*socket, name, command, now_ms)
        });
        if let Some(Operation { result: Some(first), .. }) = &first {
            ensure(effects.len() == 1 && result.as_ref() == Some(first), NO_SECOND_EFFECT, || {
                format!("{name}: {first}, then {effects:?}")
            })?;
        }
        self.newest =
            Some(Operation { socket: *socket, name: name.clone(), command: command.clone(), at: now_ms, result });
        Ok(())
    }

    fn judge(&mut self, effect: &Effect, turn: &mut Turn<'_>) -> Result<(), Fault> {
        match effect {
            Effect::Attach(socket) => {
                let is_asking = turn.asked.is_some_and(|asked| asked.socket == *socket);
                ensure(is_asking && self.attached.insert(*socket), SOCKETS_COME_AND_GO, || format!("{effect:?}"))
            }
            Effect::Detach(socket) => {
                turn.reachable.insert(*socket);
                self.hang_up(*socket);
                ensure(self.attached.remove(socket), SOCKETS_COME_AND_GO, || format!("{effect:?}"))
            }
            Effect::Broadcast { position, event } => self.judge_broadcast(position, event),
            Effect::Media { .. } => Ok(()),
            Effect::Answer { socket, .. }
            | Effect::Lease { socket, .. }
            | Effect::NewAddress { socket, .. }
            | Effect::Refuse { socket, .. }
            | Effect::Send { socket, .. }
            | Effect::Close { socket, .. } => {
                let is_there = turn.reachable.contains(socket) || self.attached.contains(socket);
                ensure(is_there, SOCKETS_COME_AND_GO, || format!("{effect:?} goes to a socket that is gone"))?;
                self.judge_words(*socket, effect, turn)
            }
        }
    }

    fn judge_broadcast(&mut self, position: &Position, event: &Event) -> Result<(), Fault> {
        let is_next = position.epoch == self.epoch && position.offset == self.offset + 1;
        ensure(is_next, NO_GAP, || format!("{position:?} after {} of {}", self.offset, self.epoch))?;
        self.offset = position.offset;
        let mut online = self.followers.values_mut().filter(|follower| follower.socket.is_some());
        online.try_for_each(|follower| follower.apply(position, event))
    }

    /// What one socket gets.
    fn judge_words(&mut self, socket: SocketId, effect: &Effect, turn: &mut Turn<'_>) -> Result<(), Fault> {
        match effect {
            Effect::Answer { answer, .. } => self.judge_answer(socket, answer, turn),
            Effect::Lease { grant, .. } => {
                let kind = turn.asked.and_then(|asked| match &asked.command {
                    Command::Publish(publish) => Some(publish.kind),
                    Command::RenewUrl(of) => Some(of.kind),
                    _ => None,
                });
                self.judge_lease(socket, grant, kind)
            }
            Effect::NewAddress { grant, of, .. } => self.judge_lease(socket, grant, Some(of.kind)),
            Effect::Send { position: Some(position), event, .. } => {
                let is_next = turn.sent_again.is_some_and(|last| position.offset == last + 1);
                ensure(is_next, ALL_OR_A_SNAPSHOT, || format!("{position:?} after {:?}", turn.sent_again))?;
                turn.sent_again = Some(position.offset);
                self.holder(socket).map_or(Ok(()), |follower| follower.apply(position, event))
            }
            Effect::Send { position: None, event, .. } => {
                let is_private = matches!(event, Event::Kicked(_) | Event::TokenExpiring(_));
                ensure(is_private, NO_GAP, || format!("{event:?} needs a position"))
            }
            Effect::Close { .. } => ensure(!self.attached.contains(&socket), SOCKETS_COME_AND_GO, || {
                format!("{socket} is closed while it is attached")
            }),
            Effect::Refuse { .. }
            | Effect::Attach(_)
            | Effect::Detach(_)
            | Effect::Broadcast { .. }
            | Effect::Media { .. } => Ok(()),
        }
    }

    fn judge_answer(&mut self, socket: SocketId, answer: &Answer, turn: &mut Turn<'_>) -> Result<(), Fault> {
        match (answer, turn.asked.map(|asked| &asked.command)) {
            (Answer::Joined(joined), Some(Command::Join(entry))) => {
                self.followers.insert(entry.user.clone(), Follower::new(entry.user.clone(), socket, joined));
                Ok(())
            }
            (Answer::Resumed(resumed), Some(Command::Resume(proof))) => {
                let known = self.followers.values_mut().find(|follower| *follower.session() == proof.session);
                let Some(follower) = known else {
                    return Err((STRANGERS_UNHEARD, format!("{} never joined", proof.session)));
                };
                follower.socket = Some(socket);
                let before = std::mem::replace(&mut follower.generation, resumed.generation);
                match &resumed.snapshot {
                    Some(snapshot) => follower.take(snapshot),
                    None => turn.sent_again = Some(proof.offset),
                }
                ensure(before < resumed.generation, GENERATIONS_RISE, || format!("{before}, then {resumed:?}"))
            }
            (Answer::Synced(snapshot), _) => self.holder(socket).map_or(Ok(()), |follower| follower.compare(snapshot)),
            (Answer::Joined(_) | Answer::Resumed(_) | Answer::Leased(_) | Answer::Pong(_) | Answer::Done(_), _) => {
                Ok(())
            }
        }
    }

    fn judge_lease(&mut self, socket: SocketId, grant: &Grant, kind: Option<StreamKind>) -> Result<(), Fault> {
        let is_member = self.holder(socket).is_some_and(|follower| *follower.session() == grant.session);
        ensure(is_member, LEASES_FOR_MEMBERS, || format!("{grant:?} on {socket}"))?;
        let (Role::Pusher, Some(kind)) = (grant.role, kind) else { return Ok(()) };
        let leased = self.leased.entry(grant.session.clone()).or_default();
        let is_same = |stream: &StreamId| *stream == grant.stream;
        // A repeated operation gets what it got, whatever it asks for now, and also of a publication that has ended.
        if leased.iter().any(|(_, stream, generation)| is_same(stream) && *generation == grant.generation) {
            return Ok(());
        }
        let is_newer =
            leased.iter().all(|(of, stream, before)| !is_same(stream) && (*of != kind || *before < grant.generation));
        ensure(is_newer, GENERATIONS_RISE, || format!("{grant:?} after {leased:?}"))?;
        leased.push((kind, grant.stream.clone(), grant.generation));
        Ok(())
    }
}

#[track_caller]
fn demand(judged: Result<(), Fault>) {
    judged.unwrap_or_else(|(promise, how)| panic!("{promise}: {how}"));
}

/// Which request an effect settles, and which method it grants.
fn settlement(effect: &Effect) -> Option<(SocketId, u32, Option<Method>)> {
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

/// How a request was settled, without its number; `None` where it is not, or not for good.
fn result(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Answer { answer, .. } => Some(format!("{answer:?}")),
        Effect::Lease { grant, .. } => Some(format!("{grant:?}")),
        Effect::Refuse { refusal, .. } => (4100..4400).contains(&refusal.code).then(|| format!("{refusal:?}")),
        Effect::Attach(_)
        | Effect::Detach(_)
        | Effect::Broadcast { .. }
        | Effect::NewAddress { .. }
        | Effect::Send { .. }
        | Effect::Close { .. }
        | Effect::Media { .. } => None,
    }
}
