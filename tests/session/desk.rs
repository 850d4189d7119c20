//! A desk: one session, the effects it asked for, and a hand to play its gateway and its phone.

use miniapp_rtc::protocol::{
    Answer, ClientFrame, Document, Empty, Epoch, ErrorCode, Event, Joined, Lease, Limits, MediaUrl, Member, Position,
    Refusal, Request, Resumed, Secret, ServerFrame, SessionId, Snapshot, Stream, StreamId, StreamKind, UserId,
};
use miniapp_rtc::session::{
    Call, CallId, ClientEvent, ClientState, ConnectionState, Effect, Input, NativeReport, Reply, RtcError, Signal,
    SocketEvent, Time,
};
use miniapp_rtc::token::{AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use miniapp_rtc_harness::SessionWatch;
use serde_json::{Value, json};

pub(crate) const APP: &str = "0123456789abcdef01234567";
pub(crate) const KEY: &str = "test-app-key-not-a-secret";
/// The gateway's clock when it answers a join, Unix seconds.
pub(crate) const NOW: u32 = 1_700_000_000;
pub(crate) const GATEWAYS: [&str; 2] = ["wss://one.test/v1", "wss://two.test/v1"];

pub(crate) struct Desk {
    pub(crate) client: ClientState,
    watch: SessionWatch,
    pub(crate) now: Time,
    /// Effects of the newest input.
    pub(crate) effects: Vec<Effect>,
    next_call: CallId,
    /// Everything the session ever sent: socket and frame.
    pub(crate) sent: Vec<(u32, ClientFrame)>,
    /// Sockets asked for: number and address.
    pub(crate) sockets: Vec<(u32, String)>,
}

/// A token of the test application.
pub(crate) fn token(room: &str, user: &str, privileges: &[Privilege]) -> Secret {
    let privileges: Vec<_> = privileges.iter().map(|privilege| (*privilege, 0)).collect();
    token_until(room, user, &privileges, 0)
}

/// The same, with the ends of its privileges and its own, in Unix seconds; 0 is none of its own.
pub(crate) fn token_until(room: &str, user: &str, privileges: &[(Privilege, u32)], expires_at: u32) -> Secret {
    let privileges =
        privileges.iter().map(|(privilege, end)| PrivilegeGrant { key: privilege.key(), expires_at: *end });
    let room = match room {
        "*" => RoomScope::Any,
        room => RoomScope::Room(miniapp_rtc::protocol::RoomId::parse(room).unwrap()),
    };
    AppKey::parse(KEY).unwrap().sign(
        miniapp_rtc::protocol::AppId::parse(APP).unwrap(),
        room,
        user_id(user),
        privileges.collect(),
        TokenTimes { nonce: 1, issued_at: NOW, expires_at },
    )
}

pub(crate) fn user_id(text: &str) -> UserId {
    UserId::parse(text).unwrap()
}

pub(crate) fn stream(id: &str, user: &str, generation: u32, audio: bool, video: bool) -> Stream {
    let stream = StreamId::parse(id).unwrap();
    Stream { stream, user: user_id(user), kind: StreamKind::Camera, generation, audio, video, stalled: false }
}

pub(crate) fn snapshot(epoch: &str, offset: u32, members: &[&str], streams: Vec<Stream>) -> Snapshot {
    let members = members.iter().map(|user| Member { user: user_id(user), suspended: false }).collect();
    Snapshot { epoch: Epoch::parse(epoch).unwrap(), offset, members, streams }
}

pub(crate) fn media_url(transport: &str, stream: &str, generation: u32) -> MediaUrl {
    MediaUrl {
        transport: transport.into(),
        url: Secret::new(format!("{transport}://media.test/live/{stream}-{generation}?ticket=SECRET-URL")),
    }
}

pub(crate) fn lease(stream: &str, generation: u32) -> Lease {
    Lease {
        stream: StreamId::parse(stream).unwrap(),
        generation,
        urls: vec![media_url("rtmp", stream, generation), media_url("flv", stream, generation)],
        expires_in: 300,
        renew_in: 180,
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            client: ClientState::new(7),
            watch: SessionWatch::new(vec!["SECRET-SESSION".to_owned()]),
            now: Time(0),
            effects: Vec::new(),
            next_call: 0,
            sent: Vec::new(),
            sockets: Vec::new(),
        }
    }

    /// A desk after `init` with both gateways.
    pub(crate) fn ready() -> Self {
        let mut desk = Self::new();
        desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS }));
        desk
    }

    /// A desk whose user `me` has joined `room` where these users and streams already are.
    pub(crate) fn joined(members: &[&str], streams: Vec<Stream>) -> Self {
        let mut desk = Self::ready();
        desk.begin_join();
        desk.open();
        desk.answer_join(snapshot("e1", 10, members, streams));
        desk
    }

    /// A desk whose application declared this policy for the background, and whose user `me` publishes.
    pub(crate) fn publishing(background: &str) -> Self {
        let mut desk = Self::new();
        desk.call("init", json!({ "appId": APP, "gateways": GATEWAYS, "background": background }));
        desk.begin_join();
        desk.open();
        desk.answer_join(snapshot("e1", 10, &["ann"], vec![stream("s1", "ann", 1, true, true)]));
        desk.call("publish", json!({}));
        desk.answer(desk.last_id("publish"), Answer::Leased(lease("s9", 1)));
        desk.report("reportPusherStateChange", json!({ "code": 1002 }));
        desk
    }

    pub(crate) fn begin_join(&mut self) -> CallId {
        self.begin_join_with(&token("room", "me", &[Privilege::Publish, Privilege::Subscribe]))
    }

    pub(crate) fn begin_join_with(&mut self, token: &Secret) -> CallId {
        self.call("join", json!({ "token": token.reveal(), "roomId": "room", "userId": "me" }))
    }

    pub(crate) fn answer_join(&mut self, snapshot: Snapshot) {
        self.answer_join_with(snapshot, 32);
    }

    pub(crate) fn answer_join_with(&mut self, snapshot: Snapshot, in_flight: u32) {
        let id = self.last_id("join");
        let joined = Joined {
            session: SessionId::parse("session-1").unwrap(),
            secret: Secret::new("SECRET-SESSION"),
            generation: 1,
            server_time: NOW,
            ping_ms: 10_000,
            resume_ms: 30_000,
            limits: Limits { frame_bytes: 65_536, in_flight },
            snapshot,
        };
        self.answer(id, Answer::Joined(joined));
    }

    pub(crate) fn resumed(&mut self, snapshot: Option<Snapshot>) {
        let id = self.last_id("resume");
        let server_time = NOW + u32::try_from(self.now.0 / 1000).unwrap();
        self.answer(id, Answer::Resumed(Resumed { generation: 2, server_time, snapshot }));
    }

    /// Calls a method by name, with the arguments as JavaScript gives them.
    pub(crate) fn call(&mut self, method: &str, arguments: Value) -> CallId {
        self.next_call += 1;
        let call = self.next_call;
        match Call::decode(method, arguments) {
            Ok(what) => self.input(Input::Call { call, what }),
            Err(error) => self.effects = vec![Effect::Settle { call, outcome: Err(error) }],
        }
        call
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.effects = self.watch.expect(&mut self.client, input, self.now);
        for effect in &self.effects {
            match effect {
                Effect::Send { generation, frame } => self.sent.push((*generation, frame.clone())),
                Effect::Open { generation, url } => self.sockets.push((*generation, url.clone())),
                Effect::Close { .. }
                | Effect::Emit(_)
                | Effect::Log { .. }
                | Effect::Settle { .. }
                | Effect::WakeAt { .. } => {}
            }
        }
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        self.input(Input::Signal(signal));
    }

    /// The app is hidden for as long as a glance at another app may take; the room is to know of it.
    pub(crate) fn hide(&mut self) {
        self.signal(Signal::AppHide);
        self.pass(3_500);
    }

    pub(crate) fn report(&mut self, method: &str, arguments: Value) {
        let report = NativeReport::decode(method, arguments).unwrap();
        self.input(Input::Report(report));
    }

    /// Lets time pass; the session is woken at the end of it.
    pub(crate) fn pass(&mut self, milliseconds: u32) {
        self.now = self.now + milliseconds;
        self.input(Input::Tick);
    }

    pub(crate) fn socket(&mut self, event: SocketEvent) {
        let generation = self.sockets.last().expect("a socket was asked for").0;
        self.input(Input::Socket { generation, event });
    }

    /// The newest socket opens.
    pub(crate) fn open(&mut self) {
        self.socket(SocketEvent::Opened);
    }

    pub(crate) fn frame(&mut self, frame: ServerFrame) {
        self.socket(SocketEvent::Frame(frame));
    }

    pub(crate) fn answer(&mut self, id: u32, answer: Answer) {
        let method = self.request(id).method();
        self.frame(ServerFrame::Answer { id, method, answer });
    }

    pub(crate) fn done(&mut self, method: &str) {
        let id = self.last_id(method);
        self.answer(id, Answer::Done(Empty {}));
    }

    pub(crate) fn refuse(&mut self, method: &str, code: ErrorCode) {
        let id = self.last_id(method);
        self.frame(ServerFrame::Refusal { id: Some(id), refusal: Refusal::new(code, "refused for the test") });
    }

    /// Refuses the newest request of that method for the moment; the wait in milliseconds.
    pub(crate) fn put_off(&mut self, method: &str, code: ErrorCode, wait: Option<u32>) {
        let refusal = Refusal { retry_after_ms: wait, ..Refusal::new(code, "refused for the test") };
        self.frame(ServerFrame::Refusal { id: Some(self.last_id(method)), refusal });
    }

    /// The operations of the requests that the newest input sent.
    pub(crate) fn operations(&self) -> Vec<String> {
        let frames = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send { frame: ClientFrame::Request(frame), .. } => frame.operation.as_ref(),
            _ => None,
        });
        frames.map(|operation| operation.as_str().to_owned()).collect()
    }

    /// The operation of the newest request of that method.
    pub(crate) fn operation_of(&self, method: &str) -> Option<String> {
        self.sent.iter().rev().find_map(|(_, frame)| match frame {
            ClientFrame::Request(frame) if frame.request.method().name() == method => {
                frame.operation.as_ref().map(|operation| operation.as_str().to_owned())
            }
            ClientFrame::Request(_) | ClientFrame::Notice(_) | ClientFrame::Unknown(_) => None,
        })
    }

    /// An event of the room at this offset of epoch `e1`.
    pub(crate) fn event(&mut self, offset: u32, event: Event) {
        self.event_of("e1", offset, event);
    }

    pub(crate) fn event_of(&mut self, epoch: &str, offset: u32, event: Event) {
        let position = Some(Position { epoch: Epoch::parse(epoch).unwrap(), offset });
        self.frame(ServerFrame::Event { position, event });
    }

    /// An event for this client alone.
    pub(crate) fn local(&mut self, event: Event) {
        self.frame(ServerFrame::Event { position: None, event });
    }

    /// The id of the newest request of that method on the newest socket.
    pub(crate) fn last_id(&self, method: &str) -> u32 {
        let newest = self.sockets.last().expect("a socket was asked for").0;
        self.sent
            .iter()
            .rev()
            .find_map(|(generation, frame)| match frame {
                ClientFrame::Request(frame) if *generation == newest && frame.request.method().name() == method => {
                    Some(frame.id)
                }
                ClientFrame::Request(_) | ClientFrame::Notice(_) | ClientFrame::Unknown(_) => None,
            })
            .unwrap_or_else(|| panic!("no {method} was sent on socket {newest}: {:?}", self.sent))
    }

    fn request(&self, id: u32) -> &Request {
        self.sent
            .iter()
            .rev()
            .find_map(|(_, frame)| match frame {
                ClientFrame::Request(frame) if frame.id == id => Some(&frame.request),
                ClientFrame::Request(_) | ClientFrame::Notice(_) | ClientFrame::Unknown(_) => None,
            })
            .expect("the request was sent")
    }

    /// Names of the requests that the newest input sent.
    pub(crate) fn methods(&self) -> Vec<&'static str> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Send { frame: ClientFrame::Request(frame), .. } => Some(frame.request.method().name()),
                _ => None,
            })
            .collect()
    }

    /// Parameters of the requests of that method that the newest input sent.
    pub(crate) fn asked(&self, method: &str) -> Vec<Value> {
        let frames = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send { frame: ClientFrame::Request(frame), .. } if frame.request.method().name() == method => {
                Some(serde_json::to_value(frame).unwrap()["p"].clone())
            }
            _ => None,
        });
        frames.collect()
    }

    /// Lines of the log that the newest input wrote.
    pub(crate) fn log(&self) -> Vec<String> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Log { message, .. } => Some(message.to_string()),
                _ => None,
            })
            .collect()
    }

    /// How the newest input settled a call.
    pub(crate) fn outcome(&self, call: CallId) -> Option<&Result<Reply, RtcError>> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Settle { call: settled, outcome } if *settled == call => Some(outcome),
            _ => None,
        })
    }

    /// The error with which the newest input settled a call.
    pub(crate) fn refusal(&self, call: CallId) -> &RtcError {
        match self.outcome(call) {
            Some(Err(error)) => error,
            other => panic!("call {call} was not refused: {other:?}"),
        }
    }

    /// The error number with which the newest input settled a call; 0 where it did not fail.
    pub(crate) fn code(&self, call: CallId) -> u32 {
        match self.outcome(call) {
            Some(Err(error)) => error.code,
            Some(Ok(_)) => 0,
            None => panic!("call {call} was not settled: {:?}", self.effects),
        }
    }

    /// Events of the newest input, as JavaScript gets them: `[name, payload]`.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Emit(event) => Some(plain(event)),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn state(&self) -> ConnectionState {
        self.client.state()
    }
}

pub(crate) fn plain(event: &ClientEvent) -> Value {
    let payload: Value = serde_json::from_str(&Value::write(event).unwrap()).unwrap();
    json!([event.name(), payload])
}
