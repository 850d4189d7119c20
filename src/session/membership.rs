//! A membership: one stay in one room, from the call to join until left, lost or thrown out, across sockets.

mod answers;
mod calls;
mod expiry;
mod link;
mod media;
mod phone;
mod room;
mod unanswered;
mod wanted;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use self::expiry::Expiry;
use self::link::Link;
use self::wanted::Wanted;
use super::background::BackgroundPolicy;
use super::call::{self, CallId, Reply};
use super::effect::{Effect, WakeReason};
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, StreamRef, UpdateUrl};
use super::phone::Phone;
use super::roster::Roster;
use super::state::ConnectionState;
use super::time::{REQUEST_MS, Time};
use super::turn::Turn;
use super::waiting::{Purpose, Waiting, WaitingList};
use crate::protocol::{
    AppId, BusinessId, Epoch, ErrorCode, Join, Lease, Notice, Request, Resume, RoomId, Secret, SessionId, StreamOf,
    UserId, limits,
};
use crate::token::{AccessToken, Privilege};

/// One stay in one room.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    me: UserId,
    join: Join,
    claims: AccessToken,
    gateways: Vec<String>,
    transport: String,
    stage: Stage,
    link: Link,
    waiting: WaitingList,
    roster: Roster,
    wanted: Vec<Wanted>,
    expiry: Expiry,
    background: BackgroundPolicy,
    /// Orders given to native tags so far.
    controls: u32,
    phone: Phone,
    /// The app was hidden a moment ago; the room is told then, unless the app is back.
    hidden_at: Option<Time>,
    ended: Option<Ending>,
}

/// How far the stay has come.
///
/// ```text
/// Joining ──answer──▶ Joined ──socket lost──▶ Recovering ──answer──▶ Joined
///    └──────leave───────┴──▶ Leaving
/// ```
#[derive(Clone, Debug)]
enum Stage {
    /// The first join has no answer yet.
    Joining { call: CallId },
    /// In the room, and on a socket that knows it.
    Joined(Standing),
    /// In the room, but not on a socket that knows it.
    Recovering(Standing),
    /// The gateway was told that we leave, perhaps before it answered the join; the state stays what it was.
    Leaving { calls: Vec<CallId>, reason: &'static str, state: ConnectionState },
}

/// What a session is known by, and how far we followed the room.
#[derive(Clone, Debug)]
struct Standing {
    session: SessionId,
    secret: Secret,
    ping_ms: u32,
    in_flight: u32,
    epoch: Epoch,
    offset: u32,
}

/// How a stay ended.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) state: ConnectionState,
    pub(super) reason: Cow<'static, str>,
}

/// What a membership needs from its client.
pub(super) struct Entry {
    pub(super) app: AppId,
    pub(super) gateways: Vec<String>,
    pub(super) transport: Option<String>,
    pub(super) visible: bool,
    pub(super) business: Option<BusinessId>,
    pub(super) background: BackgroundPolicy,
    pub(super) phone: Phone,
    pub(super) controls: u32,
}

impl Membership {
    /// Begins to join.
    ///
    /// # Errors
    /// `JOIN_ROOM_ERROR` where the token itself says that the gateway would refuse.
    pub(super) fn begin(
        entry: Entry,
        arguments: call::Join,
        call: CallId,
        turn: &mut Turn<'_>,
    ) -> Result<Self, RtcError> {
        let claims = claims(&arguments.token, &entry.app, &arguments.room_id, &arguments.user_id)?;
        let me = arguments.user_id;
        let join = Join {
            app: entry.app,
            room: arguments.room_id,
            user: me.clone(),
            token: arguments.token,
            visible: entry.visible,
            business: entry.business,
            agent: concat!("miniapp-rtc/", env!("CARGO_PKG_VERSION")).into(),
        };
        let mut membership = Self {
            me,
            join,
            claims,
            gateways: entry.gateways,
            transport: entry.transport.unwrap_or_else(|| "rtmp".into()),
            stage: Stage::Joining { call },
            link: Link::new(),
            waiting: WaitingList::default(),
            roster: Roster::default(),
            wanted: Vec::new(),
            expiry: Expiry::default(),
            background: entry.background,
            controls: entry.controls,
            phone: entry.phone,
            hidden_at: None,
            ended: None,
        };
        membership.open(turn);
        Ok(membership)
    }

    pub(super) const fn state(&self) -> ConnectionState {
        match self.stage {
            Stage::Joining { .. } => ConnectionState::Connecting,
            Stage::Joined(_) => ConnectionState::Connected,
            Stage::Leaving { state, .. } => state,
            Stage::Recovering(_) => ConnectionState::Reconnecting,
        }
    }

    pub(super) const fn visible(&self) -> bool {
        self.join.visible
    }

    pub(super) const fn controls(&self) -> u32 {
        self.controls
    }

    /// How the stay ended, if it did; the membership is then to be dropped.
    pub(super) fn ending(&mut self) -> Option<Ending> {
        self.ended.take()
    }

    /// Asks the gateway; sent at once where a socket stands ready, else as soon as one does.
    fn ask(&mut self, request: Request, purpose: Purpose, turn: &mut Turn<'_>) {
        let operation = match purpose {
            Purpose::Ping | Purpose::Resync => None,
            Purpose::Call(_) | Purpose::Cleanup | Purpose::Enter | Purpose::Restore | Purpose::Tracks => {
                turn.identity.operation()
            }
        };
        let patience = if purpose == Purpose::Ping { self.patience() } else { REQUEST_MS };
        let deadline = match self.stage {
            // The time begins with the sending: the join itself is bounded.
            Stage::Joining { .. } => None,
            // Nobody waits for it, and the gateway must hear of it, on this socket or a later one.
            Stage::Joined(_) | Stage::Recovering(_) if purpose == Purpose::Cleanup => None,
            Stage::Joined(_) | Stage::Recovering(_) | Stage::Leaving { .. } => Some(turn.now + patience),
        };
        self.waiting.add(Waiting {
            operation,
            request,
            purpose,
            deadline,
            sent: None,
            was_sent: false,
            put_off: 0,
            not_before: None,
        });
        self.flush(turn);
    }

    /// Sends what waits. A join may be followed at once; a resumed session must be entered before anything else.
    fn flush(&mut self, turn: &mut Turn<'_>) {
        let Some(generation) = self.link.open_generation() else { return };
        let only_entering = matches!(self.stage, Stage::Recovering(_));
        let frames =
            self.waiting.unsent(turn.now + REQUEST_MS, |waiting| !only_entering || waiting.purpose == Purpose::Enter);
        turn.out.effects.extend(frames.into_iter().map(|frame| Effect::Send { generation, frame }));
    }

    /// Sends a one-way message, if there is a socket for it.
    fn notify(&self, notice: Notice, turn: &mut Turn<'_>) {
        if let (Some(generation), Stage::Joined(_)) = (self.link.open_generation(), &self.stage) {
            turn.out.effects.push(Effect::Send { generation, frame: crate::protocol::ClientFrame::Notice(notice) });
        }
    }

    fn enter(&mut self, turn: &mut Turn<'_>) {
        let request = match &self.stage {
            Stage::Joining { .. } => Request::Join(self.join.clone()),
            Stage::Recovering(standing) => Request::Resume(Resume {
                session: standing.session.clone(),
                secret: standing.secret.clone(),
                epoch: standing.epoch.clone(),
                offset: standing.offset,
            }),
            Stage::Joined(_) | Stage::Leaving { .. } => return,
        };
        self.ask(request, Purpose::Enter, turn);
    }

    /// Ends the stay: closes the socket, settles every call that still waits.
    fn end(&mut self, state: ConnectionState, reason: Cow<'static, str>, error: &RtcError, turn: &mut Turn<'_>) {
        if self.ended.is_some() {
            return;
        }
        self.link.close(limits::close::NORMAL, turn);
        while let Some(of) = self.wanted.first().map(|wanted| wanted.of.clone()) {
            self.drop_wanted(&of, turn);
        }
        match &mut self.stage {
            Stage::Joining { call } => turn.out.settle(*call, Err(error.clone())),
            Stage::Leaving { calls, .. } => {
                for call in calls.drain(..) {
                    turn.out.settle(call, Ok(Reply::Nothing));
                }
            }
            Stage::Joined(_) | Stage::Recovering(_) => {}
        }
        for waiting in self.waiting.drain() {
            if let Purpose::Call(call) = waiting.purpose {
                turn.out.settle(call, Err(error.clone()));
            }
        }
        self.ended = Some(Ending { state, reason });
    }

    /// Does what is due at `now`.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>) {
        while let Some(waiting) = self.waiting.overdue(turn.now) {
            self.unanswered(waiting, turn);
            if self.ended.is_some() {
                return;
            }
        }
        if self.waiting.release(turn.now) {
            self.flush(turn);
        }
        if self.hidden_at.take_if(|at| *at <= turn.now).is_some() {
            self.drive_tracks(turn);
        }
        if self.missing_until().is_some_and(|until| until <= turn.now) {
            self.wanted.retain(|wanted| !self.roster.is_missing(&wanted.of));
            self.roster.miss_no_longer(&mut turn.out);
        }
        self.check_repairs(turn);
        self.check_expiry(turn);
        self.tick_link(turn);
    }

    /// The next time at which something is due.
    pub(super) fn next_wake(&self) -> Option<(Time, WakeReason)> {
        let request = self.waiting.next_deadline().map(|at| (at, WakeReason::Request));
        let is_there = self.is_there();
        let is_due = |wanted: &Wanted| is_there && !self.rests(&wanted.of);
        let checks = self.wanted.iter().filter_map(|wanted| wanted.repairs.check.filter(|_| is_due(wanted)));
        let media = checks.map(|(at, _)| (at, WakeReason::Media));
        let token = self.next_expiry().map(|(at, _, _)| (at, WakeReason::Token));
        let hidden = self.hidden_at.map(|at| (at, WakeReason::Media));
        let missing = self.missing_until().map(|at| (at, WakeReason::Room));
        [request, self.link.next_wake(), media.min(), hidden, token, missing].into_iter().flatten().min()
    }

    /// When the page is told who did not come back; it is told while the room is seen.
    fn missing_until(&self) -> Option<Time> {
        self.roster.missing_until().filter(|_| matches!(self.stage, Stage::Joined(_)))
    }

    /// Whether the token grants the privilege at all; when it ends is for the gateway's clock to say.
    fn may(&self, privilege: Privilege) -> bool {
        self.claims.privilege_end(privilege).is_some()
    }

    /// Gives the page the address of a stream that it did not ask for just now. Whether there was one that it can use.
    fn replace_url(&mut self, of: &StreamOf, lease: Lease, turn: &mut Turn<'_>) -> bool {
        let Some(url) = self.hold(of, lease) else { return false };
        let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
        turn.out.emit(ClientEvent::UpdateUrl(UpdateUrl { uid, screen, url }));
        true
    }
}

/// What a token grants to this user in this room.
///
/// # Errors
/// `JOIN_ROOM_ERROR` for a token that grants nothing here.
fn claims(token: &Secret, app: &AppId, room: &RoomId, user: &UserId) -> Result<AccessToken, RtcError> {
    let refuse = |code: ErrorCode, reason: Cow<'static, str>| {
        RtcError::new(ErrorNumber::JoinRoomError, reason).like_gateway(code)
    };
    let claims = AccessToken::parse(token.reveal())
        .map_err(|error| refuse(ErrorCode::TokenMalformed, error.to_string().into()))?;
    let mismatch = if claims.app != *app {
        "the token is for another application id than init was called with; mint one for this app"
    } else if !claims.opens(room) {
        "the token is for another room; ask for one of this room"
    } else if claims.user != *user {
        "the token is for another user; ask for one of this user"
    } else {
        return Ok(claims);
    };
    Err(refuse(ErrorCode::TokenMismatch, mismatch.into()))
}
