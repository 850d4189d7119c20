//! A session: one stay of a user in one room, from the call to join until left, lost or thrown out, across sockets.
//!
//! It owns no rule about its parts: each part changes only itself. What a part says is handed on from here, and what
//! parts want the gateway to hear is sent from here.

mod outcome;
mod reception;
mod stage;
mod timer;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use self::reception::Reception;
pub(super) use self::stage::Ending;
use self::stage::Stage;
use super::background::BackgroundPolicy;
use super::call::{Call, CallId, JoinCall};
use super::effect::{Doings, Effect, LogLevel};
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, Reasoned};
use super::follower::{Follower, Step};
use super::input::{Signal, SocketEvent};
use super::link::{Link, LinkNews};
use super::phone::Phone;
use super::report::NativeReport;
use super::requests::{Purpose, Requests};
use super::rights::Rights;
use super::state::ConnectionState;
use super::streams::{Streams, Upkeep, View};
use super::surroundings::Surroundings;
use super::time::{ABSENCE_MS, AWAY_MS, REQUEST_MS, Time};
use super::transport::TransportChoice;
use super::turn::Turn;
use crate::protocol::{
    AppId, BusinessId, Bye, ByeAction, ClientFrame, Empty, Event, Join, KickReason, Notice, Position, Request,
    ServerFrame, Snapshot, StreamOf, TokenExpiring, UrlUpdated,
};

/// One stay of a user in one room.
#[derive(Clone, Debug)]
pub(super) struct Session {
    stage: Stage,
    rights: Rights,
    link: Link,
    requests: Requests,
    follower: Follower,
    streams: Streams,
    surroundings: Surroundings,
    ended: Option<Ending>,
}

/// What a session needs from its client.
pub(super) struct SessionSetup {
    pub(super) app: AppId,
    pub(super) gateways: Vec<String>,
    pub(super) transport: TransportChoice,
    pub(super) visible: bool,
    pub(super) business: Option<BusinessId>,
    pub(super) background: BackgroundPolicy,
    pub(super) phone: Phone,
    pub(super) controls: u32,
}

impl Session {
    /// Begins to join.
    ///
    /// # Errors
    /// `JOIN_ROOM_ERROR` where the token itself says that the gateway would refuse.
    pub(super) fn begin(
        entry: SessionSetup,
        arguments: JoinCall,
        call: CallId,
        turn: &mut Turn<'_>,
    ) -> Result<Self, RtcError> {
        let me = arguments.user_id;
        let rights = Rights::new(Join {
            app: entry.app,
            room: arguments.room_id,
            user: me.clone(),
            token: arguments.token,
            visible: entry.visible,
            business: entry.business,
            agent: concat!("miniapp-rtc/", env!("CARGO_PKG_VERSION")).into(),
        })?;
        let mut session = Self {
            stage: Stage::Joining { call },
            rights,
            link: Link::new(entry.gateways),
            requests: Requests::default(),
            follower: Follower::new(me.clone()),
            streams: Streams::new(me, entry.transport, entry.controls, entry.background),
            surroundings: Surroundings::new(entry.phone, entry.background),
            ended: None,
        };
        session.link.open(turn);
        Ok(session)
    }

    pub(super) const fn state(&self) -> ConnectionState {
        self.stage.state()
    }

    /// Whether the gateway was told that we leave, and has not answered yet.
    pub(super) const fn is_leaving(&self) -> bool {
        self.stage.is_leaving()
    }

    pub(super) const fn visible(&self) -> bool {
        self.rights.is_visible()
    }

    pub(super) const fn controls(&self) -> u32 {
        self.streams.controls()
    }

    /// How the session ended, if it did; it is then to be dropped.
    pub(super) fn ending(&mut self) -> Option<Ending> {
        self.ended.take()
    }

    /// Begins what the page asked for; settles the call at once where the answer is known.
    pub(super) fn on_call(&mut self, call: CallId, what: Call, turn: &mut Turn<'_>) {
        if let Call::Leave | Call::Destroy = what {
            return self.leave(Some(call), "left", turn);
        }
        let Self { stage, rights, requests, follower, streams, .. } = self;
        let mut reception = Reception { stage, rights, requests, roster: follower.roster(), streams };
        match reception.request(what) {
            Ok(request) => self.ask(request, Purpose::Call(call), turn),
            Err(error) => turn.out.settle(call, Err(error)),
        }
    }

    /// A native tag said something.
    pub(super) fn on_report(&mut self, report: NativeReport, turn: &mut Turn<'_>) {
        if let Some(report) = self.upkeep(turn).hear_tag(report) {
            self.notify(Notice::Report(report), &mut turn.out);
        }
        self.send(turn);
    }

    /// The phone said something, and is so now; it was `away` for that many milliseconds, where it came back.
    pub(super) fn on_signal(&mut self, signal: Signal, phone: Phone, away: u64, turn: &mut Turn<'_>) {
        let was_hidden = self.surroundings.hear(signal, phone, turn.now);
        match signal {
            Signal::AppShow => {
                self.upkeep(turn).come_back();
                self.send(turn);
                self.hasten(away > AWAY_MS.into(), turn);
            }
            Signal::AudioResumed => self.upkeep(turn).end_interruption(),
            Signal::NetworkOffline => self.link.rest(turn.now),
            Signal::NetworkOnline | Signal::NetworkStrong => self.hasten(false, turn),
            Signal::AppHide if was_hidden => {}
            Signal::AppHide => self.leave_if_hidden(turn),
            Signal::AudioInterrupted | Signal::NetworkWeak => {}
            Signal::OrderUnheard => self.upkeep(turn).miss_orders(),
        }
        self.upkeep(turn).tell_tracks();
        self.send(turn);
    }

    /// A socket said something.
    pub(super) fn on_socket(&mut self, generation: u32, event: SocketEvent, turn: &mut Turn<'_>) {
        match self.link.hear(generation, event, self.stage.is_joining(), turn) {
            LinkNews::Nothing => {}
            LinkNews::Opened => self.enter(turn),
            LinkNews::Frame(frame) => {
                // Whatever comes shows that the socket lives.
                self.requests.postpone_ping(turn.now + self.surroundings.patience(REQUEST_MS));
                self.on_frame(frame, turn);
            }
            LinkNews::Lost(reason) => self.lost(reason, turn),
            LinkNews::Ended(reason) => {
                let error = RtcError::new(ErrorNumber::WebSocketFailed, "the gateway ended the session; join again");
                self.end(ConnectionState::Disconnected, reason.into(), &error, &mut turn.out);
            }
        }
    }

    fn on_frame(&mut self, frame: ServerFrame, turn: &mut Turn<'_>) {
        match frame {
            ServerFrame::Answer { id, method, answer } => self.on_answer(id, Ok((method, answer)), turn),
            ServerFrame::Refusal { id: Some(id), refusal } => self.on_answer(id, Err(refusal), turn),
            ServerFrame::Refusal { id: None, refusal } => {
                let line = ["the gateway could not read a frame: ", &refusal.reason].concat();
                turn.out.log(LogLevel::Warn, line);
            }
            ServerFrame::Event { position: Some(position), event } => self.on_ordered(&position, event, turn),
            ServerFrame::Event { position: None, event } => self.on_local(event, turn),
        }
    }

    /// Applies an event of the room's history, if it is the next one.
    fn on_ordered(&mut self, position: &Position, event: Event, turn: &mut Turn<'_>) {
        if !self.stage.is_joined() {
            return;
        }
        match self.follower.step(position) {
            Step::Old => {}
            Step::Gap => self.resync(turn),
            Step::Next => self.apply(event, turn),
        }
    }

    fn apply(&mut self, event: Event, turn: &mut Turn<'_>) {
        if let Some(news) = self.follower.apply(event, &mut turn.out) {
            self.upkeep(turn).hear_room(news);
            self.send(turn);
        }
    }

    fn on_local(&mut self, event: Event, turn: &mut Turn<'_>) {
        match event {
            Event::Kicked(kicked) => {
                let reason = match kicked.reason {
                    KickReason::DuplicateLogin => "the same user joined from elsewhere",
                    KickReason::TokenExpired => "the token has ended; join again with a new one",
                    KickReason::ByOperator => "the operator put this user out of the room",
                    KickReason::RoomClosed => "the operator closed the room",
                    KickReason::Other => "the gateway put this user out",
                };
                turn.out.emit(ClientEvent::ClientBanned(Reasoned { reason: reason.into() }));
                let error = RtcError::new(ErrorNumber::NotInRoom, reason);
                self.end(ConnectionState::Disconnected, reason.into(), &error, &mut turn.out);
            }
            Event::Bye(Bye { action: ByeAction::Stop, reason, .. }) => {
                let said = ["the gateway ended the session; join again: ", reason.as_str()].concat();
                let error = RtcError::new(ErrorNumber::WebSocketFailed, said);
                self.end(ConnectionState::Disconnected, reason.into(), &error, &mut turn.out);
            }
            Event::Bye(bye) => {
                turn.out.log(LogLevel::Info, ["the gateway closes the socket: ", &bye.code.to_string()].concat());
                self.link.stay_away(bye.after_ms, turn.now);
            }
            Event::UrlUpdated(UrlUpdated { role, user, kind, lease }) => {
                self.streams.move_to(role, &StreamOf { user, kind }, lease, &mut turn.out);
            }
            Event::TokenExpiring(TokenExpiring { expires_in, scope }) => {
                self.rights.warn(scope, expires_in, &mut turn.out);
            }
            Event::Unknown(_) => {}
            Event::MemberJoined(_)
            | Event::MemberSuspended(_)
            | Event::MemberResumed(_)
            | Event::MemberLeft(_)
            | Event::StreamAdded(_)
            | Event::StreamUpdated(_)
            | Event::StreamStalled(_)
            | Event::StreamRecovered(_)
            | Event::StreamRemoved(_) => {
                turn.out.log(LogLevel::Warn, "an event of the room came without its position and was dropped");
            }
        }
    }

    /// Asks for the room as it is: an event was missed.
    fn resync(&mut self, turn: &mut Turn<'_>) {
        if !self.requests.has_for(&Purpose::Resync) {
            self.ask(Request::Sync(Empty {}), Purpose::Resync, turn);
        }
    }

    /// Takes the room as a snapshot shows it, for the page.
    fn follow(&mut self, snapshot: &Snapshot, turn: &mut Turn<'_>) {
        if self.stage.is_joined() {
            self.follower.move_to(&snapshot.epoch, snapshot.offset, turn.now + ABSENCE_MS);
        }
        self.follower.show(snapshot, &mut turn.out);
    }

    /// The same, for the page and the streams that it wants.
    fn reconcile(&mut self, snapshot: &Snapshot, turn: &mut Turn<'_>) {
        self.follow(snapshot, turn);
        self.upkeep(turn).reconcile(snapshot);
        self.send(turn);
    }

    /// The streams, with what they see of the rest. What they ask for has to be sent after that.
    fn upkeep<'a, 'b>(&'a mut self, turn: &'a mut Turn<'b>) -> Upkeep<'a, 'b> {
        let Self { stage, requests, follower, streams, surroundings, .. } = self;
        let view = View { is_joined: stage.is_joined(), roster: follower.roster(), requests, surroundings };
        Upkeep { streams, view, turn }
    }

    /// Asks the gateway what parts wanted, and what waited for a stream that is back; sent at once where a socket stands
    /// ready, else as soon as one does.
    fn send(&mut self, turn: &mut Turn<'_>) {
        let Self { requests, streams, follower, .. } = self;
        let is_any_back = requests.welcome(|request| streams.is_awaited(request, follower.roster()));
        if turn.asks.is_empty() && !is_any_back {
            return;
        }
        for waiting in &mut turn.asks {
            waiting.deadline = self.answer_due(&waiting.purpose, turn.now);
        }
        self.requests.add(&mut turn.asks);
        self.flush(turn.now, &mut turn.out);
    }

    fn ask(&mut self, request: Request, purpose: Purpose, turn: &mut Turn<'_>) {
        turn.ask(request, purpose);
        self.send(turn);
    }

    /// When an answer is due to what is asked now; `None` where that is counted from the sending, or never.
    fn answer_due(&self, purpose: &Purpose, now: Time) -> Option<Time> {
        let patience = if *purpose == Purpose::Ping { self.surroundings.patience(REQUEST_MS) } else { REQUEST_MS };
        match self.stage {
            // The time begins with the sending: the join itself is bounded.
            Stage::Joining { .. } => None,
            // Nobody waits for it, and the gateway must hear of it, on this socket or a later one.
            Stage::Joined(_) | Stage::Recovering(_) if *purpose == Purpose::Cleanup => None,
            Stage::Joined(_) | Stage::Recovering(_) | Stage::Leaving { .. } => Some(now + patience),
        }
    }

    /// Sends what waits. A join may be followed at once; a resumed session must be entered before anything else.
    fn flush(&mut self, now: Time, out: &mut Doings) {
        let Some(generation) = self.link.open_generation() else { return };
        let only_entering = matches!(self.stage, Stage::Recovering(_));
        let send = |frame| out.effects.push(Effect::Send { generation, frame });
        self.requests.unsent(now + REQUEST_MS, only_entering, send);
    }

    /// Sends a one-way message, if there is a socket for it.
    fn notify(&self, notice: Notice, out: &mut Doings) {
        if let (Some(generation), Stage::Joined(_)) = (self.link.open_generation(), &self.stage) {
            out.effects.push(Effect::Send { generation, frame: ClientFrame::Notice(notice) });
        }
    }
}
