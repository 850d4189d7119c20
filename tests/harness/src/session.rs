//! A [`SessionWatch`] watches one session.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{ClientFrame, Document, Method, Request, RequestFrame, ServerFrame};
use miniapp_rtc::session::{Call, CallId, ClientEvent, ClientState, ConnectionState, Effect, Input, SocketEvent, Time};
use serde_json::Value;

use crate::fault::Fault;
use crate::page::PageWatch;

/// Each call is settled, and once.
pub const CALLS_SETTLE: &str = "each call settles once";
/// There are never two sockets, and nothing is said on one that is not open.
pub const ONE_SOCKET: &str = "one socket at most";
/// Each change of state begins where the last one ended.
pub const STATES_CHAIN: &str = "states form a chain";

/// No call waits longer when nobody answers, in milliseconds.
const LONGEST_CALL_MS: u64 = 60_000;

/// How far a socket is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Socket {
    /// It was asked for.
    Opening,
    /// It is open.
    Open,
}

/// What a watch knows of one session: all from what went into it and came out.
#[derive(Clone, Debug)]
pub struct SessionWatch {
    socket: Option<(u32, Socket)>,
    newest: u32,
    /// The greatest number of a request on the newest socket.
    newest_id: u32,
    /// Requests of the newest socket that have no answer yet, in their order.
    requests: Vec<(u32, Method)>,
    /// The newest socket has asked to enter the room.
    has_entered: bool,
    /// The request to enter the room again, until it is answered.
    entering: Option<u32>,
    calls: BTreeMap<CallId, Call>,
    destroy: Option<CallId>,
    is_over: bool,
    page: PageWatch,
    wake: Option<Time>,
    /// Texts that stand in secrets.
    secrets: Vec<String>,
}

impl SessionWatch {
    /// A watch of a new session. No effect may print or tell any of `secrets`, but for an address that the page needs.
    pub fn new(secrets: Vec<String>) -> Self {
        Self {
            socket: None,
            newest: 0,
            newest_id: 0,
            requests: Vec::new(),
            has_entered: false,
            entering: None,
            calls: BTreeMap::new(),
            destroy: None,
            is_over: false,
            page: PageWatch::default(),
            wake: None,
            secrets,
        }
    }

    /// Hands an input to the client, and judges what comes of it.
    ///
    /// # Errors
    /// The first broken promise.
    pub fn handle(&mut self, client: &mut ClientState, input: Input, now: Time) -> Result<Vec<Effect>, Fault> {
        let (was_over, is_old) = (self.is_over, self.hear(&input));
        let effects = client.handle(input, now);
        let wishes = effects.iter().filter(|effect| matches!(effect, Effect::WakeAt { .. })).count();
        if wishes > 1 {
            return Err(("one wish to be woken at most", format!("{effects:?}")));
        }
        if is_old && wishes < effects.len() {
            return Err(("an old socket has no effect", format!("{effects:?}")));
        }
        for effect in &effects {
            if was_over && !matches!(effect, Effect::Settle { .. } | Effect::Log { .. }) {
                return Err(("a client that was destroyed does nothing", format!("{effect:?}")));
            }
            self.judge_secrets(effect)?;
            self.judge(effect)?;
        }
        let told = self.page.state();
        if client.state() != told {
            return Err((STATES_CHAIN, format!("it is {:?}, and {told:?} was told", client.state())));
        }
        self.page.judge()?;
        if self.is_over && !(self.calls.is_empty() && self.socket.is_none()) {
            return Err((CALLS_SETTLE, format!("destroy left {:?} and {:?}", self.calls, self.socket)));
        }
        self.judge_waiting(now)?;
        Ok(effects)
    }

    /// The same for a test, which ends at a broken promise; the effects.
    #[track_caller]
    pub fn expect(&mut self, client: &mut ClientState, input: Input, now: Time) -> Vec<Effect> {
        self.handle(client, input, now).unwrap_or_else(|(promise, how)| panic!("{promise}: {how}"))
    }

    /// The present socket.
    pub fn socket(&self) -> Option<(u32, Socket)> {
        self.socket
    }

    /// The present socket's number, if it is open.
    pub fn open_socket(&self) -> Option<u32> {
        self.socket.filter(|(_, socket)| *socket == Socket::Open).map(|(generation, _)| generation)
    }

    /// The number of the newest socket, or 0.
    pub fn newest(&self) -> u32 {
        self.newest
    }

    /// Requests of the newest socket that have no answer yet, in their order.
    pub fn requests(&self) -> &[(u32, Method)] {
        &self.requests
    }

    /// Whether every call is settled.
    pub fn is_settled(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether the client was destroyed.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// When the session wants to be woken.
    pub fn wake(&self) -> Option<Time> {
        self.wake
    }

    /// The state that was told last.
    pub fn state(&self) -> ConnectionState {
        self.page.state()
    }

    /// Whether a text holds a secret.
    pub fn tells(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret))
    }

    /// Notes an input; whether it is of a socket that is no more.
    fn hear(&mut self, input: &Input) -> bool {
        match input {
            Input::Call { call, what } => {
                self.calls.insert(*call, what.clone());
                self.page.calls(what);
                if let Call::Destroy = what {
                    self.destroy.get_or_insert(*call);
                }
            }
            Input::Tick => self.wake = None,
            Input::Socket { generation, event } => {
                if self.socket.is_none_or(|(present, _)| present != *generation) {
                    return true;
                }
                self.hear_socket(*generation, event);
            }
            Input::Report(_) | Input::Signal(_) => {}
        }
        false
    }

    fn hear_socket(&mut self, generation: u32, event: &SocketEvent) {
        match event {
            SocketEvent::Opened => self.socket = Some((generation, Socket::Open)),
            SocketEvent::Closed { .. } | SocketEvent::Failed { .. } => self.socket = None,
            SocketEvent::Frame(ServerFrame::Answer { id, .. } | ServerFrame::Refusal { id: Some(id), .. }) => {
                self.requests.retain(|(awaited, _)| awaited != id);
                self.entering.take_if(|awaited| awaited == id);
            }
            SocketEvent::Frame(_) | SocketEvent::Unreadable(_) => {}
        }
    }

    fn judge(&mut self, effect: &Effect) -> Result<(), Fault> {
        match effect {
            Effect::Open { generation, url } => {
                if let Some(socket) = self.socket.replace((*generation, Socket::Opening)) {
                    return Err((ONE_SOCKET, format!("{generation} is opened beside {socket:?}")));
                }
                if *generation <= self.newest || !url.starts_with("ws") {
                    return Err((ONE_SOCKET, format!("{generation} to {url} after {}", self.newest)));
                }
                (self.newest, self.newest_id, self.has_entered, self.entering) = (*generation, 0, false, None);
                self.requests.clear();
            }
            Effect::Send { generation, frame } => {
                if self.socket != Some((*generation, Socket::Open)) {
                    return Err((
                        ONE_SOCKET,
                        format!("a frame is sent on {generation}, but there is {:?}", self.socket),
                    ));
                }
                self.judge_frame(frame)?;
            }
            Effect::Close { generation, .. } => {
                if self.socket.take().is_none_or(|(present, _)| present != *generation) {
                    return Err((ONE_SOCKET, format!("{generation} is closed, which is not there")));
                }
            }
            Effect::Settle { call, outcome } => {
                let Some(what) = self.calls.remove(call) else {
                    return Err((CALLS_SETTLE, format!("call {call} is settled, and does not wait")));
                };
                if outcome.is_ok() {
                    self.page.granted(&what);
                }
                self.is_over |= self.destroy == Some(*call);
            }
            Effect::Emit(event) => self.page.hear(event)?,
            Effect::WakeAt { at, .. } => {
                if *at == Time(u64::MAX) {
                    return Err(("wishes come true", "the session wants to be woken at the end of time".to_owned()));
                }
                self.wake = Some(*at);
            }
            Effect::Log { .. } => {}
        }
        Ok(())
    }

    fn judge_frame(&mut self, frame: &ClientFrame) -> Result<(), Fault> {
        const IN_ORDER: &str = "a socket enters the room first";
        let ClientFrame::Request(RequestFrame { id, request, .. }) = frame else {
            let is_in = self.has_entered && self.entering.is_none();
            return if is_in { Ok(()) } else { Err((IN_ORDER, format!("{frame:?}"))) };
        };
        let enters = matches!(request, Request::Join(_) | Request::Resume(_));
        // A first join may be followed at once; a room that was entered before must be entered again first.
        let is_in = self.has_entered && self.entering.is_none();
        if !is_in && !enters {
            return Err((IN_ORDER, format!("{frame:?}")));
        }
        self.has_entered = true;
        if enters && self.page.state() == ConnectionState::Reconnecting {
            self.entering = Some(*id);
        }
        if *id <= self.newest_id {
            return Err(("numbers of requests rise on a socket", format!("{id} after {}", self.newest_id)));
        }
        self.newest_id = *id;
        self.requests.push((*id, request.method()));
        Ok(())
    }

    /// Only what the page needs, an address, may be in what it is told; nothing secret in a `Debug` text.
    fn judge_secrets(&self, effect: &Effect) -> Result<(), Fault> {
        const NO_SECRET: &str = "no secret is told";
        if self.secrets.is_empty() {
            return Ok(());
        }
        if self.tells(&format!("{effect:?}")) {
            return Err((NO_SECRET, "an effect prints one".to_owned()));
        }
        match effect {
            Effect::Emit(ClientEvent::UpdateUrl(_)) => Ok(()),
            Effect::Emit(event) => match Value::write(event) {
                Ok(text) if !self.tells(&text) => Ok(()),
                Ok(_) => Err((NO_SECRET, format!("{} tells one", event.name()))),
                Err(error) => Err(("events can be written", format!("{}: {error}", event.name()))),
            },
            _ => Ok(()),
        }
    }

    fn judge_waiting(&self, now: Time) -> Result<(), Fault> {
        if self.calls.is_empty() || self.wake.is_some_and(|at| at.since(now) <= LONGEST_CALL_MS) {
            return Ok(());
        }
        Err((CALLS_SETTLE, format!("{:?} wait, and the session sleeps until {:?}", self.calls, self.wake)))
    }
}
