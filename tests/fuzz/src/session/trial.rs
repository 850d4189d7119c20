//! A [`Trial`] hands inputs to a session and checks everything that must hold of its effects.

use std::collections::{BTreeMap, VecDeque};

use miniapp_rtc::protocol::{ClientFrame, Document, Method, Request, RequestFrame, ServerFrame, UserId};
use miniapp_rtc::session::{
    Call, CallId, ClientEvent, ClientState, ConnectionState, ControlAction, Effect, Input, NativeReport, Reply, Signal,
    SocketEvent, StreamRef, Time,
};
use serde_json::Value;

use super::gateway::{OFFSET, user};
use super::page::Page;
use super::{SECRET, TOKENS};
use crate::reached::Reached;

/// A client gives up after so many sockets in a row that did not lead into the room.
const MOST_OPENS: u32 = 72;

/// A stream is repaired five times in a window of two minutes; two windows can touch.
const MOST_REPAIRS: usize = 10;
const REPAIRS_WITHIN_MS: u64 = 120_000;

/// No call waits longer when nobody answers, in milliseconds.
const LONGEST_CALL: u64 = 60_000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Socket {
    Opening,
    Open,
}

/// The session and everything that must stay true of it.
pub(super) struct Trial {
    client: ClientState,
    page: Page,
    reached: Reached,
    pub(super) now: Time,
    wake: Option<Time>,
    pub(super) sockets: BTreeMap<u32, Socket>,
    pub(super) newest: u32,
    calls: BTreeMap<CallId, Call>,
    made: CallId,
    /// Requests of the newest socket that have no answer yet.
    requests: Vec<(u32, Method)>,
    newest_id: u32,
    /// Whether the newest socket has asked to enter the room.
    has_entered: bool,
    /// The request to enter it again, until it is answered.
    entering: Option<u32>,
    opens: u32,
    /// When each stream was repaired: whose, and whether it is a screen.
    repairs: BTreeMap<(UserId, bool), VecDeque<Time>>,
    destroy: Option<CallId>,
    is_over: bool,
    /// Offset of the newest event that the gateway told.
    pub(super) offset: u32,
}

impl Trial {
    pub(super) fn new(seed: u32) -> Self {
        Self {
            client: ClientState::new(seed),
            page: Page::new(),
            reached: Reached::default(),
            now: Time(0),
            wake: None,
            sockets: BTreeMap::new(),
            newest: 0,
            calls: BTreeMap::new(),
            made: 0,
            requests: Vec::new(),
            newest_id: 0,
            has_entered: false,
            entering: None,
            opens: 0,
            repairs: BTreeMap::new(),
            destroy: None,
            is_over: false,
            offset: OFFSET,
        }
    }

    fn input(&mut self, input: Input) {
        let was_over = self.is_over;
        let effects = self.client.handle(input, self.now);
        let wishes = effects.iter().filter(|effect| matches!(effect, Effect::WakeAt { .. })).count();
        assert!(wishes <= 1, "more than one wish to be woken: {effects:?}");
        for effect in &effects {
            let may_follow = matches!(effect, Effect::Settle { .. } | Effect::Log { .. });
            assert!(!was_over || may_follow, "{effect:?} after the client was destroyed");
            self.check(effect);
        }
        assert_eq!(self.client.state(), self.page.state, "the state is not what was said");
        assert!(!self.page.is_overheard(), "the room is gone, and a tag was not told to stop");
        if self.is_over {
            assert!(self.calls.is_empty() && self.sockets.is_empty(), "destroy left {:?} open", self.calls);
        }
        if !self.calls.is_empty() {
            let at = self.wake.expect("a call waits, and nothing will wake the session");
            assert!(at.since(self.now) <= LONGEST_CALL, "a call waits, and the session sleeps until {at:?}");
        }
    }

    fn check(&mut self, effect: &Effect) {
        // A token's last characters are its signature.
        let printed = format!("{effect:?}");
        let leaks = |secret: &String| printed.contains(&secret[secret.len() - 24..]);
        assert!(!printed.contains(SECRET) && !TOKENS.iter().any(leaks), "a secret was printed");
        match effect {
            Effect::Open { generation, url } => {
                assert!(self.sockets.is_empty(), "a second socket beside {:?}", self.sockets);
                assert!(*generation > self.newest, "generations grow");
                assert!(url.starts_with("ws"), "{url} is no gateway");
                self.opens += 1;
                assert!(self.opens <= MOST_OPENS, "{} sockets in a row", self.opens);
                self.newest = *generation;
                self.sockets.insert(*generation, Socket::Opening);
                (self.has_entered, self.entering, self.newest_id) = (false, None, 0);
                self.requests.clear();
                self.reached.note("effect", "open");
            }
            Effect::Send { generation, frame } => {
                assert_eq!(self.sockets.get(generation), Some(&Socket::Open), "sent on a socket that is not open");
                self.sent(frame);
            }
            Effect::Close { generation, .. } => {
                assert!(self.sockets.remove(generation).is_some(), "closed a socket that was not there");
                self.reached.note("effect", "close");
            }
            Effect::Settle { call, outcome } => {
                let what = self.calls.remove(call).unwrap_or_else(|| panic!("call {call} was settled twice"));
                if outcome.is_ok() {
                    self.page.granted(&what);
                }
                self.is_over |= self.destroy == Some(*call);
                self.reached.note("settled", settled(outcome.as_ref().ok()));
            }
            Effect::Emit(event) => {
                self.page.hear(event);
                if let ClientEvent::StreamControl(order) = event {
                    self.reached.note("order", order.action.name());
                    if matches!(order.action, ControlAction::PlayAgain | ControlAction::Remount) {
                        self.repaired(&StreamRef { uid: order.uid.clone(), screen: order.screen });
                    }
                }
                self.reached.note("event", event.name());
                let text = Value::write(event).expect("an event can be written");
                assert!(event.name() == "update-url" || !text.contains(SECRET), "{} tells a secret", event.name());
                if self.page.state == ConnectionState::Connected {
                    self.opens = 0;
                }
            }
            Effect::WakeAt { at, .. } => {
                assert_ne!(*at, Time(u64::MAX), "a wish that never comes true");
                self.wake = Some(*at);
                self.reached.note("effect", "wake");
            }
            Effect::Log { .. } => self.reached.note("effect", "log"),
        }
    }

    fn sent(&mut self, frame: &ClientFrame) {
        let text = Value::write(frame).expect("a frame can be written");
        let read = ClientFrame::decode::<Value>(&text);
        assert_eq!(read.as_ref(), Ok(frame), "the gateway would not read {frame:?}");
        let ClientFrame::Request(RequestFrame { id, request, .. }) = frame else {
            assert!(self.has_entered && self.entering.is_none(), "a notice before the socket is in the room");
            return self.reached.note("effect", "notice");
        };
        let enters = matches!(request, Request::Join(_) | Request::Resume(_));
        // A first join may be followed at once; a room that was entered before must be entered again first.
        let is_in = self.has_entered && self.entering.is_none();
        assert!(is_in || enters, "{} before join or resume", request.method().name());
        self.has_entered = true;
        if enters && self.page.state == ConnectionState::Reconnecting {
            self.entering = Some(*id);
        }
        assert!(*id > self.newest_id, "ids grow on a socket");
        self.newest_id = *id;
        self.requests.push((*id, request.method()));
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
        match what {
            Call::Destroy => {
                self.destroy.get_or_insert(call);
            }
            // Whoever begins anew may be repaired as often again.
            Call::Publish(_) | Call::Subscribe(_) | Call::Join(_) => self.repairs.clear(),
            _ => {}
        }
        if matches!(what, Call::Join(_)) && self.page.state != ConnectionState::Reconnecting {
            self.opens = 0;
        }
        self.calls.insert(call, what.clone());
        self.input(Input::Call { call, what });
    }

    pub(super) fn socket(&mut self, generation: u32, event: SocketEvent) {
        if let SocketEvent::Frame(ServerFrame::Answer { id, .. } | ServerFrame::Refusal { id: Some(id), .. }) = &event {
            self.requests.retain(|(awaited, _)| awaited != id);
            self.entering.take_if(|awaited| awaited == id);
        }
        self.input(Input::Socket { generation, event });
    }

    /// An input that the session must not care about.
    pub(super) fn ignored(&mut self, input: Input) {
        let mut effects = self.client.handle(input, self.now);
        // What was due before is due still.
        effects.retain(|effect| !matches!(effect, Effect::WakeAt { at, .. } if *at <= self.now));
        assert_eq!(effects, [], "an old socket was heard");
        self.reached.note("input", "of an old socket");
    }

    pub(super) fn frame(&mut self, frame: ServerFrame) {
        if self.is_open() {
            self.socket(self.newest, SocketEvent::Frame(frame));
        }
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

    pub(super) fn is_open(&self) -> bool {
        self.sockets.get(&self.newest) == Some(&Socket::Open)
    }

    /// Takes the newest socket away, if it is as far as that.
    pub(super) fn end_socket(&mut self, as_far: Socket) -> bool {
        let ends = self.sockets.get(&self.newest) == Some(&as_far);
        if ends {
            self.sockets.remove(&self.newest);
        }
        ends
    }

    /// Takes out a request that awaits its answer, 0 being the newest.
    pub(super) fn pick(&mut self, number: u8) -> Option<(u32, Method)> {
        let back = usize::from(number).checked_rem(self.requests.len())?;
        Some(self.requests.remove(self.requests.len() - 1 - back))
    }

    pub(super) fn tick(&mut self) {
        self.wake = None;
        self.input(Input::Tick);
    }

    /// Lets time pass up to the wish to be woken.
    pub(super) fn wake(&mut self) {
        if let Some(wake) = self.wake {
            self.now = self.now.max(wake);
            self.tick();
        }
    }

    /// Nobody says anything any more: time alone must settle every call. Then the client is destroyed.
    pub(super) fn finish(mut self) -> Reached {
        self.settle_all();
        self.call("destroy", Value::Null);
        self.settle_all();
        assert!(self.is_over, "destroy was not settled");
        let printed = format!("{:?}", self.client);
        let leaks = |secret: &String| printed.contains(&secret[secret.len() - 24..]);
        assert!(!printed.contains(SECRET) && !TOKENS.iter().any(leaks), "the session prints a secret");
        self.now = self.now + 600_000;
        self.tick();
        self.reached
    }

    fn settle_all(&mut self) {
        let since = self.now;
        let mut wakes = 0;
        while !self.calls.is_empty() {
            self.wake();
            wakes += 1;
            assert!(self.now.since(since) <= LONGEST_CALL, "calls {:?} are never settled", self.calls);
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
