//! A membership: one stay in one room, from the call to join until left, lost or thrown out, across sockets.

mod answers;
mod calls;
mod link;
mod media;
mod room;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use self::link::Link;
use super::call::{self, CallId, Reply};
use super::effect::{Effect, Outbox, WakeReason};
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, StreamRef, UpdateUrl};
use super::identity::Identity;
use super::repair::RepairBudget;
use super::roster::Roster;
use super::state::ConnectionState;
use super::time::{REQUEST_MS, Time};
use super::waiting::{Purpose, Waiting, WaitingList};
use crate::media::QualityTracker;
use crate::protocol::{
    AppId, BusinessId, Epoch, Health, Join, Lease, MuteLocal, Notice, Publish, Request, Resume, Role, RoomId, Secret,
    SessionId, StreamId, StreamKind, Subscribe, UserId, limits,
};
use crate::token::{AccessToken, Privilege};

/// One stay in one room.
#[derive(Debug)]
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
    publications: Vec<Publication>,
    subscriptions: Vec<Subscription>,
    hidden_since: Option<Time>,
    online: bool,
    ended: Option<Ending>,
}

/// How far the stay has come.
///
/// ```text
/// Joining ──answer──▶ Joined ──socket lost──▶ Recovering ──answer──▶ Joined
///                       └──────leave──────▶ Leaving
/// ```
#[derive(Debug)]
enum Stage {
    /// The first join has no answer yet.
    Joining { call: CallId },
    /// In the room, and on a socket that knows it.
    Joined(Standing),
    /// In the room, but not on a socket that knows it.
    Recovering(Standing),
    /// The gateway was told that we leave.
    Leaving { calls: Vec<CallId> },
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

/// What stays known of a lease once the page has its address.
#[derive(Debug)]
struct Held {
    stream: StreamId,
    generation: u32,
}

/// A stream of ours.
#[derive(Debug)]
struct Publication {
    kind: StreamKind,
    audio: bool,
    video: bool,
    lease: Option<Held>,
    health: Health,
    quality: QualityTracker,
    repairs: RepairBudget,
}

/// A stream of somebody else's that we receive.
#[derive(Debug)]
struct Subscription {
    user: UserId,
    kind: StreamKind,
    audio: bool,
    video: bool,
    lease: Option<Held>,
    health: Health,
    quality: QualityTracker,
    repairs: RepairBudget,
}

impl Publication {
    /// The requests that publish the stream anew, as it was.
    fn again(&self) -> Vec<Request> {
        let Self { kind, audio, video, .. } = *self;
        let mut requests = vec![Request::Publish(Publish { kind })];
        if !(audio && video) {
            requests.push(Request::MuteLocal(MuteLocal { kind, audio, video }));
        }
        requests
    }
}

impl Subscription {
    /// The request that subscribes to the stream anew, as it was.
    fn again(&self) -> Request {
        let Self { ref user, kind, audio, video, .. } = *self;
        Request::Subscribe(Subscribe { user: user.clone(), kind, audio, video })
    }
}

/// How a stay ended.
#[derive(Debug)]
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
        now: Time,
        identity: &mut Identity,
        out: &mut Outbox,
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
            publications: Vec::new(),
            subscriptions: Vec::new(),
            hidden_since: None,
            online: true,
            ended: None,
        };
        membership.open(now, identity, out);
        Ok(membership)
    }

    pub(super) const fn state(&self) -> ConnectionState {
        match self.stage {
            Stage::Joining { .. } => ConnectionState::Connecting,
            Stage::Joined(_) | Stage::Leaving { .. } => ConnectionState::Connected,
            Stage::Recovering(_) => ConnectionState::Reconnecting,
        }
    }

    pub(super) const fn visible(&self) -> bool {
        self.join.visible
    }

    /// How the stay ended, if it did; the membership is then to be dropped.
    pub(super) fn ending(&mut self) -> Option<Ending> {
        self.ended.take()
    }

    /// Asks the gateway; sent at once where a socket stands ready, else as soon as one does.
    fn ask(&mut self, request: Request, purpose: Purpose, now: Time, identity: &mut Identity, out: &mut Outbox) {
        let operation = match purpose {
            Purpose::Ping | Purpose::Resync => None,
            Purpose::Call(_) | Purpose::Cleanup | Purpose::Enter | Purpose::Restore => identity.operation(),
        };
        // While joining, the time begins with the sending: the join itself is bounded.
        let deadline = match self.stage {
            Stage::Joining { .. } => None,
            Stage::Joined(_) | Stage::Recovering(_) | Stage::Leaving { .. } => Some(now + REQUEST_MS),
        };
        self.waiting.add(Waiting { operation, request, purpose, deadline, sent: None });
        self.flush(now, out);
    }

    /// Sends what waits. A join may be followed at once; a resumed session must be entered before anything else.
    fn flush(&mut self, now: Time, out: &mut Outbox) {
        let Some(generation) = self.link.open_generation() else { return };
        let only_entering = matches!(self.stage, Stage::Recovering(_));
        let frames =
            self.waiting.unsent(now + REQUEST_MS, |waiting| !only_entering || waiting.purpose == Purpose::Enter);
        out.effects.extend(frames.into_iter().map(|frame| Effect::Send { generation, frame }));
    }

    /// Sends a one-way message, if there is a socket for it.
    fn notify(&self, notice: Notice, out: &mut Outbox) {
        if let (Some(generation), Stage::Joined(_)) = (self.link.open_generation(), &self.stage) {
            out.effects.push(Effect::Send { generation, frame: crate::protocol::ClientFrame::Notice(notice) });
        }
    }

    fn enter(&mut self, now: Time, identity: &mut Identity, out: &mut Outbox) {
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
        self.ask(request, Purpose::Enter, now, identity, out);
    }

    /// Ends the stay: closes the socket, settles every call that still waits.
    fn end(&mut self, state: ConnectionState, reason: Cow<'static, str>, error: &RtcError, out: &mut Outbox) {
        if self.ended.is_some() {
            return;
        }
        self.link.close(limits::close::NORMAL, out);
        match &mut self.stage {
            Stage::Joining { call } => out.settle(*call, Err(error.clone())),
            Stage::Leaving { calls } => {
                for call in calls.drain(..) {
                    out.settle(call, Ok(Reply::Nothing));
                }
            }
            Stage::Joined(_) | Stage::Recovering(_) => {}
        }
        for waiting in self.waiting.drain() {
            if let Purpose::Call(call) = waiting.purpose {
                out.settle(call, Err(error.clone()));
            }
        }
        self.ended = Some(Ending { state, reason });
    }

    /// Does what is due at `now`.
    pub(super) fn tick(&mut self, now: Time, identity: &mut Identity, out: &mut Outbox) {
        while let Some(waiting) = self.waiting.overdue(now) {
            self.unanswered(waiting, now, identity, out);
            if self.ended.is_some() {
                return;
            }
        }
        self.tick_link(now, identity, out);
    }

    /// The next time at which something is due.
    pub(super) fn next_wake(&self) -> Option<(Time, WakeReason)> {
        let request = self.waiting.next_deadline().map(|at| (at, WakeReason::Request));
        [request, self.link.next_wake()].into_iter().flatten().min()
    }

    fn publication(&mut self, kind: StreamKind) -> Option<&mut Publication> {
        self.publications.iter_mut().find(|publication| publication.kind == kind)
    }

    fn subscription(&mut self, user: &UserId, kind: StreamKind) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.user == *user && subscription.kind == kind)
    }

    /// Whether the token grants the privilege at all; when it ends is for the gateway's clock to say.
    fn may(&self, privilege: Privilege) -> bool {
        self.claims.privilege_end(privilege).is_some()
    }

    /// Keeps what a lease grants, and gives the address that the page is to get.
    fn hold(&mut self, role: Role, user: &UserId, kind: StreamKind, lease: Lease) -> Option<Secret> {
        let of = |transport: &str| lease.urls.iter().find(|address| address.transport == transport);
        let preferred = match role {
            Role::Player => of(&self.transport),
            Role::Pusher => None,
        };
        let url = preferred.or_else(|| of("rtmp"))?.url.clone();
        let held = Some(Held { stream: lease.stream, generation: lease.generation });
        match role {
            Role::Player => {
                let subscription = self.subscription(user, kind)?;
                (subscription.lease, subscription.health) = (held, Health::Connecting);
            }
            Role::Pusher => {
                let publication = self.publication(kind)?;
                (publication.lease, publication.health) = (held, Health::Connecting);
            }
        }
        Some(url)
    }

    /// Gives the page the address of a stream that it did not ask for just now. Whether there was one that it can use.
    fn replace_url(&mut self, role: Role, user: &UserId, kind: StreamKind, lease: Lease, out: &mut Outbox) -> bool {
        let Some(url) = self.hold(role, user, kind, lease) else { return false };
        let StreamRef { uid, screen } = StreamRef::new(user, kind);
        out.emit(ClientEvent::UpdateUrl(UpdateUrl { uid, screen, url }));
        true
    }

    fn report(&self, role: Role, stream: StreamId, code: i32, health: Health, out: &mut Outbox) {
        self.notify(Notice::Report(crate::protocol::Report { role, stream, code, health }), out);
    }
}

/// What a token grants to this user in this room.
///
/// # Errors
/// `JOIN_ROOM_ERROR` for a token that grants nothing here.
fn claims(token: &Secret, app: &AppId, room: &RoomId, user: &UserId) -> Result<AccessToken, RtcError> {
    let refuse = |reason: Cow<'static, str>| RtcError::new(ErrorNumber::JoinRoomError, reason);
    let claims = AccessToken::parse(token.reveal()).map_err(|error| refuse(error.to_string().into()))?;
    if claims.app != *app {
        return Err(refuse(
            "the token is for another application id than init was called with; mint one for this app".into(),
        ));
    }
    if !claims.opens(room) {
        return Err(refuse("the token is for another room; ask for one of this room".into()));
    }
    if claims.user != *user {
        return Err(refuse("the token is for another user; ask for one of this user".into()));
    }
    Ok(claims)
}
