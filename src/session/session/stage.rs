//! The stage of a session: how far it has come, and what moves it on.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::Session;
use crate::protocol::{Empty, Joined, Request, Resume, Secret, SessionId, Snapshot, limits};
use crate::session::call::{CallId, Reply};
use crate::session::effect::Doings;
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::link::Condition;
use crate::session::requests::{PendingRequest, Purpose};
use crate::session::state::ConnectionState;
use crate::session::time::{LEAST_PING_MS, PROBE_MS, REQUEST_MS};
use crate::session::turn::Turn;

/// How far the session has come.
///
/// ```text
/// Joining ──answer──▶ Joined ──socket lost──▶ Recovering ──answer──▶ Joined
///    └──────leave───────┴──▶ Leaving
/// ```
#[derive(Clone, Debug)]
pub(super) enum Stage {
    /// The first join has no answer yet.
    Joining { call: CallId },
    /// In the room, and on a socket that knows it.
    Joined(Contract),
    /// In the room, but not on a socket that knows it.
    Recovering(Contract),
    /// The gateway was told that we leave, perhaps before it answered the join; the state stays what it was.
    Leaving { calls: Vec<CallId>, reason: &'static str, state: ConnectionState },
}

/// What a session is known by, and what the gateway demands of it.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    session: SessionId,
    secret: Secret,
    pub(super) ping_ms: u32,
    in_flight: u32,
}

/// How a session ended.
#[derive(Clone, Debug)]
pub(in crate::session) struct Ending {
    pub(in crate::session) state: ConnectionState,
    pub(in crate::session) reason: Cow<'static, str>,
}

impl Contract {
    /// What an answer to a join says of it, beside the room as it is.
    pub(super) fn new(joined: Joined) -> (Self, Snapshot) {
        let standing = Self {
            session: joined.session,
            secret: joined.secret,
            ping_ms: joined.ping_ms.max(LEAST_PING_MS),
            in_flight: joined.limits.in_flight,
        };
        (standing, joined.snapshot)
    }
}

impl Stage {
    pub(super) const fn state(&self) -> ConnectionState {
        match self {
            Self::Joining { .. } => ConnectionState::Connecting,
            Self::Joined(_) => ConnectionState::Connected,
            Self::Leaving { state, .. } => *state,
            Self::Recovering(_) => ConnectionState::Reconnecting,
        }
    }

    pub(super) const fn is_joining(&self) -> bool {
        matches!(self, Self::Joining { .. })
    }

    /// Whether there is a session, and a socket that knows it.
    pub(super) const fn is_joined(&self) -> bool {
        matches!(self, Self::Joined(_))
    }

    pub(super) const fn is_leaving(&self) -> bool {
        matches!(self, Self::Leaving { .. })
    }

    /// How many requests may await an answer.
    pub(super) const fn in_flight(&self) -> u32 {
        match self {
            Self::Joined(standing) | Self::Recovering(standing) => standing.in_flight,
            Self::Joining { .. } | Self::Leaving { .. } => limits::REQUESTS_IN_FLIGHT,
        }
    }
}

impl Session {
    /// The socket is open: the room is entered ahead of everything that already waits.
    pub(super) fn enter(&mut self, turn: &mut Turn<'_>) {
        if let Some(request) = self.entrance() {
            let mut waiting = PendingRequest::new(request, Purpose::Enter, turn.identity);
            waiting.deadline = self.answer_due(&waiting.purpose, turn.now);
            self.requests.add_first(waiting);
        }
        self.flush(turn.now, &mut turn.out);
    }

    fn entrance(&self) -> Option<Request> {
        match &self.stage {
            Stage::Joining { .. } => Some(Request::Join(self.rights.join().clone())),
            Stage::Recovering(standing) => {
                let position = self.follower.position()?;
                Some(Request::Resume(Resume {
                    session: standing.session.clone(),
                    secret: standing.secret.clone(),
                    epoch: position.epoch.clone(),
                    offset: position.offset,
                }))
            }
            Stage::Joined(_) | Stage::Leaving { .. } => None,
        }
    }

    /// The socket is gone; looks for the next, or gives up.
    pub(super) fn lost(&mut self, reason: String, turn: &mut Turn<'_>) {
        let is_offline = self.surroundings.is_offline();
        match &self.stage {
            Stage::Joining { .. } => {
                self.requests.unsend(None);
                if let Err(error) = self.link.try_next(&reason, turn) {
                    self.end(ConnectionState::Disconnected, reason.into(), &error, &mut turn.out);
                }
            }
            Stage::Leaving { .. } => self.end_left(&mut turn.out),
            Stage::Joined(standing) => {
                self.stage = Stage::Recovering(standing.clone());
                self.link.retry_first(is_offline, turn);
                self.take_back(reason, turn);
            }
            Stage::Recovering(_) => match self.link.retry_next(&reason, is_offline, turn) {
                Ok(()) => self.take_back(reason, turn),
                Err(error) => self.end(ConnectionState::Disconnected, reason.into(), &error, &mut turn.out),
            },
        }
    }

    /// What was asked on the socket that is gone waits for the next, or is forgotten.
    fn take_back(&mut self, reason: String, turn: &mut Turn<'_>) {
        self.streams.lose_socket(self.requests.has_for(&Purpose::Tracks));
        self.requests.unsend(Some(turn.now + REQUEST_MS));
        turn.out.cause = reason.into();
    }

    /// The socket is believed dead.
    pub(super) fn abandon(&mut self, reason: &str, turn: &mut Turn<'_>) {
        self.link.abandon(reason, &mut turn.out);
        self.lost(reason.into(), turn);
    }

    /// Finds out at once whether there is still a connection; `was_away` for so long that there can be none.
    pub(super) fn hasten(&mut self, was_away: bool, turn: &mut Turn<'_>) {
        match self.link.condition() {
            Condition::Down => {}
            Condition::Opening => return,
            Condition::Open if was_away && self.stage.is_joined() => self.abandon("the app came back", turn),
            Condition::Open => return self.ping(PROBE_MS, turn),
        }
        self.link.hasten(turn);
    }

    /// Leaves where the application declared so for the background. A join that began while the app was hidden goes on: a
    /// page may join as it is shown, before the phone says that it is shown.
    pub(super) fn leave_if_hidden(&mut self, turn: &mut Turn<'_>) {
        if self.surroundings.ends_session() {
            self.leave(None, "the app went to the background", turn);
        }
    }

    /// Leaves the room, because the page calls for it or else for this reason.
    pub(super) fn leave(&mut self, call: Option<CallId>, reason: &'static str, turn: &mut Turn<'_>) {
        match &mut self.stage {
            Stage::Leaving { calls, .. } => calls.extend(call),
            // A join that is on its way is followed by a leave, or the others would see somebody who is not there.
            Stage::Joining { .. } | Stage::Joined(_) if self.link.open_generation().is_some() => {
                let state = self.state();
                let leaving = Stage::Leaving { calls: call.into_iter().collect(), reason, state };
                if let Stage::Joining { call } = core::mem::replace(&mut self.stage, leaving) {
                    turn.out.settle(call, Err(left()));
                }
                self.ask(Request::Leave(Empty {}), Purpose::Cleanup, turn);
            }
            Stage::Joining { .. } | Stage::Joined(_) | Stage::Recovering(_) => {
                self.end(ConnectionState::Idle, reason.into(), &left(), &mut turn.out);
                if let Some(call) = call {
                    turn.out.settle(call, Ok(Reply::Nothing));
                }
            }
        }
    }

    /// Ends the session as [`Session::leave`] began to.
    pub(super) fn end_left(&mut self, out: &mut Doings) {
        if let Stage::Leaving { reason, .. } = self.stage {
            self.end(ConnectionState::Idle, reason.into(), &left(), out);
        }
    }

    /// Ends the session: closes the socket, settles every call that still waits.
    pub(super) fn end(
        &mut self,
        state: ConnectionState,
        reason: Cow<'static, str>,
        error: &RtcError,
        out: &mut Doings,
    ) {
        if self.ended.is_some() {
            return;
        }
        self.link.close(limits::close::NORMAL, out);
        self.streams.drop_all(out);
        match &mut self.stage {
            Stage::Joining { call } => out.settle(*call, Err(error.clone())),
            Stage::Leaving { calls, .. } => {
                for call in calls.drain(..) {
                    out.settle(call, Ok(Reply::Nothing));
                }
            }
            Stage::Joined(_) | Stage::Recovering(_) => {}
        }
        for call in self.requests.end() {
            out.settle(call, Err(error.clone()));
        }
        self.ended = Some(Ending { state, reason });
    }
}

fn left() -> RtcError {
    RtcError::new(ErrorNumber::NotInRoom, "the room was left before the call was answered")
}
