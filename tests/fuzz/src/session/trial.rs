//! A [`Trial`] hands inputs to a session and checks everything that must hold of its effects.

use std::collections::{BTreeMap, VecDeque};

use miniapp_rtc::protocol::{ClientFrame, Document, Method, Request, RequestFrame, ServerFrame, UserId};
use miniapp_rtc::session::{
    Call, CallId, ClientEvent, ClientState, ConnectionState, ControlAction, Effect, Input, NativeReport, Reply, Signal,
    SocketEvent, StreamRef, Time,
};
use miniapp_rtc_harness::{SessionWatch, Socket};
use serde_json::Value;

use super::gateway::{OFFSET, user};
use super::{SECRET, TOKENS};
use crate::reached::Reached;

/// A client gives up after so many sockets in a row that did not lead into the room.
const MOST_OPENS: u32 = 72;

/// A stream is repaired five times in a window of two minutes; two windows can touch.
const MOST_REPAIRS: usize = 10;
const REPAIRS_WITHIN_MS: u64 = 120_000;

/// No call waits longer when nobody answers, in milliseconds.
const LONGEST_CALL: u64 = 60_000;

/// The session, watched, and what a gateway and a page have a right to beside.
pub(super) struct Trial {
    client: ClientState,
    watch: SessionWatch,
    reached: Reached,
    pub(super) now: Time,
    made: CallId,
    opens: u32,
    /// When each stream was repaired: whose, and whether it is a screen.
    repairs: BTreeMap<(UserId, bool), VecDeque<Time>>,
    /// Offset of the newest event that the gateway told.
    pub(super) offset: u32,
}

impl Trial {
    pub(super) fn new(seed: u32) -> Self {
        // A token's last characters are its signature.
        let signatures = TOKENS.iter().map(|token| token[token.len() - 24..].to_owned());
        Self {
            client: ClientState::new(seed),
            watch: SessionWatch::new(signatures.chain([SECRET.to_owned()]).collect()),
            reached: Reached::default(),
            now: Time(0),
            made: 0,
            opens: 0,
            repairs: BTreeMap::new(),
            offset: OFFSET,
        }
    }

    fn input(&mut self, input: Input) {
        let effects = self.watch.expect(&mut self.client, input, self.now);
        effects.iter().for_each(|effect| self.check(effect));
    }

    fn check(&mut self, effect: &Effect) {
        match effect {
            Effect::Open { .. } => {
                self.opens += 1;
                assert!(self.opens <= MOST_OPENS, "{} sockets in a row", self.opens);
                self.reached.note("effect", "open");
            }
            Effect::Send { frame, .. } => self.sent(frame),
            Effect::Close { .. } => self.reached.note("effect", "close"),
            Effect::Settle { outcome, .. } => self.reached.note("settled", settled(outcome.as_ref().ok())),
            Effect::Emit(event) => {
                if let ClientEvent::StreamControl(order) = event {
                    self.reached.note("order", order.action.name());
                    if matches!(order.action, ControlAction::PlayAgain | ControlAction::Remount) {
                        self.repaired(&StreamRef { uid: order.uid.clone(), screen: order.screen });
                    }
                }
                self.reached.note("event", event.name());
                if self.watch.state() == ConnectionState::Connected {
                    self.opens = 0;
                }
            }
            Effect::WakeAt { .. } => self.reached.note("effect", "wake"),
            Effect::Log { .. } => self.reached.note("effect", "log"),
        }
    }

    fn sent(&mut self, frame: &ClientFrame) {
        let text = Value::write(frame).expect("a frame can be written");
        let read = ClientFrame::decode::<Value>(&text);
        assert_eq!(read.as_ref(), Ok(frame), "the gateway would not read {frame:?}");
        let ClientFrame::Request(RequestFrame { request, .. }) = frame else {
            return self.reached.note("effect", "notice");
        };
        self.reached.note("sent", request.method().name());
        if let Request::RenewUrl(of) = request {
            self.repaired(&StreamRef::new(&of.user, of.kind));
        }
    }

    fn repaired(&mut self, of: &StreamRef) {
        let repairs = self.repairs.entry((of.uid.clone(), of.screen)).or_default();
        repairs.push_back(self.now);
        while repairs.front().is_some_and(|first| self.now.since(*first) > REPAIRS_WITHIN_MS) {
            repairs.pop_front();
        }
        assert!(repairs.len() <= MOST_REPAIRS, "{of:?} was repaired {} times in two minutes", repairs.len());
    }

    /// The page calls. Arguments that cannot be read never reach the session.
    pub(super) fn call(&mut self, method: &'static str, arguments: Value) {
        self.made += 1;
        let call = self.made;
        let Ok(what) = Call::decode(method, arguments) else { return };
        self.reached.note("called", method);
        // Whoever begins anew may be repaired as often again.
        if matches!(what, Call::Publish(_) | Call::Subscribe(_) | Call::Join(_)) {
            self.repairs.clear();
        }
        if matches!(what, Call::Join(_)) && self.watch.state() != ConnectionState::Reconnecting {
            self.opens = 0;
        }
        self.input(Input::Call { call, what });
    }

    pub(super) fn socket(&mut self, generation: u32, event: SocketEvent) {
        self.input(Input::Socket { generation, event });
    }

    /// Something of a socket that is no more.
    pub(super) fn old_socket(&mut self, back: u32, event: SocketEvent) {
        let generation = self.watch.newest().wrapping_sub(back);
        if self.watch.socket().is_none_or(|(present, _)| present != generation) {
            self.socket(generation, event);
            self.reached.note("input", "of an old socket");
        }
    }

    pub(super) fn frame(&mut self, frame: ServerFrame) {
        self.on_open(SocketEvent::Frame(frame));
    }

    pub(super) fn signal(&mut self, signal: Signal, name: &'static str) {
        // A change of the phone's is a reason to try anew.
        self.opens = 0;
        self.reached.note("signal", name);
        self.input(Input::Signal(signal));
    }

    /// A pusher's report, or with bit 4 a player's, of the user and kind that the other bits name.
    pub(super) fn report(&mut self, methods: [&str; 2], bits: u8, what: &Value) {
        let mut arguments = what.clone();
        arguments["uid"] = user(bits).into();
        arguments["screen"] = (bits & 16 != 0).into();
        let report = NativeReport::decode(methods[usize::from(bits >> 2 & 1)], arguments).expect("a report");
        self.input(Input::Report(report));
    }

    /// Something of the socket that is open, if one is.
    pub(super) fn on_open(&mut self, event: SocketEvent) {
        if let Some(open) = self.watch.open_socket() {
            self.socket(open, event);
        }
    }

    /// The socket that was asked for opens.
    pub(super) fn open(&mut self) {
        if let Some((generation, Socket::Opening)) = self.watch.socket() {
            self.socket(generation, SocketEvent::Opened);
        }
    }

    /// The socket fails, open or not.
    pub(super) fn fail(&mut self) {
        if let Some((generation, _)) = self.watch.socket() {
            self.socket(generation, SocketEvent::Failed { reason: "failed".into() });
        }
    }

    /// A request that awaits its answer, 0 being the newest.
    pub(super) fn pick(&self, number: u8) -> Option<(u32, Method)> {
        let requests = self.watch.requests();
        let back = usize::from(number).checked_rem(requests.len())?;
        requests.get(requests.len() - 1 - back).copied()
    }

    pub(super) fn tick(&mut self) {
        self.input(Input::Tick);
    }

    /// Lets time pass up to the wish to be woken.
    pub(super) fn wake(&mut self) {
        if let Some(wake) = self.watch.wake() {
            self.now = self.now.max(wake);
            self.tick();
        }
    }

    /// Nobody says anything any more: time alone must settle every call. Then the client is destroyed.
    pub(super) fn finish(mut self) -> Reached {
        self.settle_all();
        self.call("destroy", Value::Null);
        self.settle_all();
        assert!(self.watch.is_over(), "destroy was not settled");
        assert!(!self.watch.tells(&format!("{:?}", self.client)), "the session prints a secret");
        self.now = self.now + 600_000;
        self.tick();
        self.reached
    }

    fn settle_all(&mut self) {
        let since = self.now;
        let mut wakes = 0;
        while !self.watch.is_settled() {
            self.wake();
            wakes += 1;
            assert!(self.now.since(since) <= LONGEST_CALL, "{:?}: never settled", self.watch);
            assert!(wakes < 1_000, "the session is woken again and again and does nothing");
        }
    }
}

const fn settled(reply: Option<&Reply>) -> &'static str {
    match reply {
        None => "error",
        Some(Reply::Accepted(_)) => "accepted",
        Some(Reply::Nothing) => "nothing",
        Some(Reply::Url(_)) => "url",
        Some(Reply::User(_)) => "user",
    }
}
