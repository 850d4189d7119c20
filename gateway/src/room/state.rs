//! The [`Room`] and its one entrance.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{
    self, Answer, Empty, Epoch, ErrorCode, Event, Method, Pong, Refusal, SessionId, Snapshot, StreamId, StreamKind,
    Tracks, UserId,
};
use serde::{Deserialize, Serialize};

use super::agenda::Agenda;
use super::effect::{Effect, MediaCommand};
use super::input::{Asked, Command, Input, NodeId, SocketId};
use super::log::Log;
use super::member::{Member, Presence};
use super::moment::Moment;
use super::name::RoomName;
use super::operations::Outcome;
use super::pairs;
use super::policy::RoomPolicy;
use super::publication::{Flow, LivePublication, Publication};
use super::tag::RoomTag;

/// A room with all that it has to remember: members, streams, history and deadlines.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Room {
    pub(super) name: RoomName,
    pub(super) tag: RoomTag,
    pub(super) policy: RoomPolicy,
    pub(super) log: Log,
    pub(super) members: BTreeMap<UserId, Member>,
    pub(super) visible: BTreeSet<UserId>,
    pub(super) sessions: BTreeMap<SessionId, UserId>,
    #[serde(with = "pairs")]
    pub(super) sockets: BTreeMap<SocketId, UserId>,
    #[serde(with = "pairs")]
    pub(super) publications: BTreeMap<(UserId, StreamKind), Publication>,
    /// Who is kept out, and until when, in milliseconds of the room's clock.
    pub(super) bans: BTreeMap<UserId, u64>,
    /// The tracks that the operator lets through, where these are not all.
    #[serde(with = "pairs")]
    pub(super) muted: BTreeMap<(UserId, StreamKind), Tracks>,
    pub(super) agenda: Agenda,
    pub(super) names_given: u64,
    /// By how much the wall clock was ahead of the room's at the last input, in milliseconds.
    pub(super) wall: Option<i128>,
}

/// What is in a room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RoomCounts {
    /// Sessions, suspended ones too.
    pub sessions: usize,
    /// Streams whose media has started and that have not ended.
    pub streams: usize,
}

impl Room {
    /// An empty room. `tag` and `epoch` must never have been used before.
    pub fn new(name: RoomName, tag: RoomTag, epoch: Epoch, policy: RoomPolicy) -> Self {
        Self {
            name,
            tag,
            policy,
            log: Log::new(epoch, policy.limits.log_events),
            members: BTreeMap::new(),
            visible: BTreeSet::new(),
            sessions: BTreeMap::new(),
            sockets: BTreeMap::new(),
            publications: BTreeMap::new(),
            bans: BTreeMap::new(),
            muted: BTreeMap::new(),
            agenda: Agenda::default(),
            names_given: 0,
            wall: None,
        }
    }

    /// Carries out one input. What fell due before it happens first. Every [`Input::Ask`] gets exactly one answer, lease or
    /// refusal, after the events it causes.
    pub fn handle(&mut self, input: Input, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.heed_clock(now, &mut effects);
        self.fall_due(now, &mut effects);
        match input {
            Input::Ask(asked) => self.ask(asked, now, &mut effects),
            Input::LoseSocket(socket) => self.lose_socket(socket, now, &mut effects),
            Input::Expel(socket) => self.expel(socket, &mut effects),
            Input::Media { node, news } => self.hear_media(node, news, now, &mut effects),
            Input::Report { socket, report } => self.hear_report(socket, &report, &mut effects),
            Input::Order(order) => self.obey(order, now, &mut effects),
            Input::Tick => {}
        }
        effects
    }

    /// When [`Input::Tick`] is due next, in milliseconds of the room's clock.
    pub fn next_due(&self) -> Option<u64> {
        self.agenda.next()
    }

    /// Whether nobody is left, not even suspended, and nobody is kept out: nothing has to be remembered.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.bans.is_empty()
    }

    /// What is in the room.
    pub fn counts(&self) -> RoomCounts {
        let streams = self.publications.values().filter(|publication| publication.is_announced()).count();
        RoomCounts { sessions: self.members.len(), streams }
    }

    /// The streams that should have a publisher at the media server of a node.
    pub fn live_publications(&self, node: NodeId) -> Vec<LivePublication> {
        self.publications
            .values()
            .filter(|publication| publication.node == node)
            .filter_map(|publication| match publication.flow {
                Flow::Live(connection) => Some(LivePublication {
                    stream: publication.stream.clone(),
                    generation: publication.generation,
                    connection,
                }),
                Flow::Leased | Flow::Stalled { .. } => None,
            })
            .collect()
    }

    /// The room as `user` sees it.
    pub fn snapshot(&self, user: &UserId) -> Snapshot {
        let members = self.visible.iter().filter(|other| *other != user).filter_map(|other| {
            let suspended = matches!(self.members.get(other)?.presence, Presence::Suspended { .. });
            Some(protocol::Member { user: other.clone(), suspended })
        });
        let streams = self
            .publications
            .iter()
            .filter(|((owner, _), publication)| owner == user || publication.is_announced())
            .map(|((owner, kind), publication)| publication.to_stream(owner, *kind));
        Snapshot {
            epoch: self.log.epoch().clone(),
            offset: self.log.offset(),
            members: members.collect(),
            streams: streams.collect(),
        }
    }

    fn ask(&mut self, asked: Asked, now: Moment, effects: &mut Vec<Effect>) {
        let Asked { socket, id, operation, command } = asked;
        let method = command.method();
        if let Command::Join(entry) = command {
            return self.join(socket, id, entry, now, effects);
        }
        if let Command::Resume(resume) = command {
            return self.resume(socket, id, &resume, now, effects);
        }
        let user = self.sockets.get(&socket).cloned();
        let Some(user) = user else {
            let refusal = Refusal::new(ErrorCode::NotJoined, "join or resume before any other request");
            return effects.push(Effect::Refuse { socket, id, refusal });
        };
        if let Some(outcome) = self.repeated(&user, operation.as_ref(), method, now) {
            return effects.push(settle(socket, id, method, outcome));
        }
        let outcome = self.carry_out(&user, socket, command, now, effects).unwrap_or_else(Outcome::Refused);
        effects.push(settle(socket, id, method, outcome.clone()));
        if method == Method::Leave {
            effects.push(Effect::Close { socket, bye: None });
        }
        if let (Some(operation), Some(member)) = (operation, self.members.get_mut(&user))
            && method.is_done_once()
            && outcome.is_result()
        {
            let until = now.ms.saturating_add(self.policy.times.kept_result_ms.into());
            let capacity = self.policy.limits.kept_results;
            member.operations.keep(operation, method, outcome, until, now.ms, capacity);
        }
    }

    fn repeated(
        &self,
        user: &UserId,
        operation: Option<&protocol::OperationId>,
        method: Method,
        now: Moment,
    ) -> Option<Outcome> {
        let (first, outcome) = self.members.get(user)?.operations.find(operation?, now.ms)?;
        Some(if first == method {
            outcome.clone()
        } else {
            Outcome::Refused(Refusal::new(
                ErrorCode::BadRequest,
                "this operation id named a request of another method; give every operation its own",
            ))
        })
    }

    fn carry_out(
        &mut self,
        user: &UserId,
        socket: SocketId,
        command: Command,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Result<Outcome, Refusal> {
        match command {
            Command::Join(_) | Command::Resume(_) => Err(already_joined()),
            Command::Leave(_) => {
                self.leave(user, socket, effects);
                Ok(done())
            }
            Command::MuteLocal(mute) => self.mute_local(user, mute, effects),
            Command::MuteRemote(mute) => self.mute_remote(user, &mute, effects),
            Command::Ping(_) => {
                Ok(Outcome::Answer(Answer::Pong(Pong { offset: self.log.offset(), server_time: now.unix() })))
            }
            Command::Publish(publish) => self.publish(user, publish.kind, socket.node, now),
            Command::RenewToken(renewal) => self.renew_token(user, renewal, now, effects),
            Command::RenewUrl(of) => self.renew_url(user, &of, socket.node, now),
            Command::SetVisibility(wish) => self.set_visibility(user, wish.visible, effects),
            Command::Subscribe(subscribe) => self.subscribe(user, &subscribe, now, effects),
            Command::Sync(_) => Ok(Outcome::Answer(Answer::Synced(self.snapshot(user)))),
            Command::Unpublish(publish) => self.unpublish(user, publish.kind, effects),
            Command::Unsubscribe(of) => self.unsubscribe(user, &of, effects),
        }
    }

    /// Adds an event to the history and tells it to everyone.
    pub(super) fn tell_all(&mut self, event: Event, effects: &mut Vec<Effect>) {
        let position = self.log.append(event.clone());
        effects.push(Effect::Broadcast { position, event });
    }

    /// A number that no session and no stream of this room has had.
    pub(super) fn next_name(&mut self) -> u64 {
        self.names_given = self.names_given.saturating_add(1);
        self.names_given
    }

    /// The owner and kind of a stream.
    pub(super) fn find_stream(&self, stream: &StreamId) -> Option<(UserId, StreamKind)> {
        self.publications.iter().find(|(_, publication)| publication.stream == *stream).map(|(key, _)| key.clone())
    }

    /// Ends every subscription of a user.
    pub(super) fn end_subscriptions(&mut self, user: &UserId, session: &SessionId, effects: &mut Vec<Effect>) {
        for publication in self.publications.values_mut() {
            if publication.subscribers.remove(user).is_some() {
                let (stream, session) = (publication.stream.clone(), session.clone());
                effects.push(publication.ask_media(MediaCommand::EndSubscription { stream, session }));
            }
        }
    }
}

pub(super) fn settle(socket: SocketId, id: u32, method: Method, outcome: Outcome) -> Effect {
    match outcome {
        Outcome::Answer(answer) => Effect::Answer { socket, id, method, answer },
        Outcome::Lease(grant) => Effect::Lease { socket, id, method, grant },
        Outcome::Refused(refusal) => Effect::Refuse { socket, id, refusal },
    }
}

pub(super) fn done() -> Outcome {
    Outcome::Answer(Answer::Done(Empty {}))
}

pub(super) fn already_joined() -> Refusal {
    Refusal::new(ErrorCode::AlreadyJoined, "this socket already carries a session; open another one")
}
