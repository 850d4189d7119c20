//! Whatever happens in whatever order, every promise of a session is kept.

use std::sync::LazyLock;

use miniapp_rtc::protocol::{
    Answer, Bye, ByeAction, DecodeError, Empty, Epoch, ErrorCode, Event, KickReason, Kicked, Lease, LeaveReason,
    MemberIs, MemberLeft, Method, Pong, Position, Refusal, RemoveReason, Resumed, Role, Secret, ServerFrame,
    StreamRemoved, TokenExpiring, TokenScope, UrlUpdated,
};
use miniapp_rtc::session::{Call, CallId, ClientState, Input, NativeReport, Signal, SocketEvent, Time};
use miniapp_rtc::token::Privilege;
use miniapp_rtc_harness::{SessionWatch, Socket};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::desk::{APP, GATEWAYS, lease, snapshot, stream, token, user_id};

/// Signing takes longer than everything else here.
static TOKEN: LazyLock<Secret> = LazyLock::new(|| token("room", "me", &[Privilege::Publish, Privilege::Subscribe]));

/// One thing that happens. Numbers pick among what is possible at that moment.
#[derive(Clone, Debug)]
enum Step {
    Answer { pick: usize, fits: bool },
    Call { method: usize, user: usize },
    Close { code: u16, old: bool },
    Event { kind: usize, offset: i32, epoch: usize },
    Fail,
    Garbage,
    Local(usize),
    Open,
    Pass(u32),
    Refuse { pick: usize, code: usize },
    Report { code: i32 },
    Signal(usize),
}

const METHODS: [&str; 13] = [
    "updateToken",
    "join",
    "leave",
    "publish",
    "unpublish",
    "subscribe",
    "unsubscribe",
    "muteLocal",
    "muteRemote",
    "setUserVisibility",
    "setBusinessId",
    "init",
    "destroy",
];

const SIGNALS: [Signal; 9] = [
    Signal::AppHide,
    Signal::AppShow,
    Signal::AudioInterrupted,
    Signal::AudioResumed,
    Signal::NetworkOffline,
    Signal::NetworkOnline,
    Signal::NetworkStrong,
    Signal::NetworkWeak,
    Signal::OrderUnheard,
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<usize>(), prop::bool::weighted(0.95)).prop_map(|(pick, fits)| Step::Answer { pick, fits }),
        // destroy ends the fun: it comes seldom.
        5 => (prop_oneof![30 => 0..12_usize, 1 => Just(12_usize)], 0..3_usize).prop_map(|(method, user)| Step::Call { method, user }),
        1 => (prop_oneof![Just(1000_u16), Just(1006), Just(4000), Just(4500)], any::<bool>())
            .prop_map(|(code, old)| Step::Close { code, old }),
        3 => (0..8_usize, -1..3_i32, 0..2_usize).prop_map(|(kind, offset, epoch)| Step::Event { kind, offset, epoch }),
        1 => Just(Step::Fail),
        1 => Just(Step::Garbage),
        1 => (0..6_usize).prop_map(Step::Local),
        5 => Just(Step::Open),
        4 => prop_oneof![0..400_u32, 1_000..12_000_u32, Just(600_000)].prop_map(Step::Pass),
        1 => (any::<usize>(), 0..ErrorCode::ALL.len()).prop_map(|(pick, code)| Step::Refuse { pick, code }),
        2 => prop_oneof![
            Just(1002), Just(-1307), Just(-1304), Just(-1311), Just(5000), Just(2004), Just(2006), Just(-2301), any::<i32>()
        ].prop_map(|code| Step::Report { code }),
        2 => (0..SIGNALS.len()).prop_map(Step::Signal),
    ]
}

/// The session and everything that must stay true of it.
struct Trial {
    client: ClientState,
    watch: SessionWatch,
    now: Time,
    made: CallId,
    offset: i32,
}

impl Trial {
    fn new(background: &str) -> Self {
        let watch = SessionWatch::new(vec![TOKEN.reveal().to_owned(), "SECRET-SESSION".to_owned()]);
        let mut trial = Self { client: ClientState::new(3), watch, now: Time(0), made: 0, offset: 10 };
        trial.call("init", &json!({ "appId": APP, "gateways": GATEWAYS, "background": background }));
        trial
    }

    fn input(&mut self, input: Input) {
        self.watch.expect(&mut self.client, input, self.now);
    }

    fn call(&mut self, method: &str, arguments: &Value) {
        self.made += 1;
        let call = self.made;
        if let Ok(what) = Call::decode(method, arguments.clone()) {
            self.input(Input::Call { call, what });
        }
    }

    fn socket(&mut self, generation: u32, event: SocketEvent) {
        self.input(Input::Socket { generation, event });
    }

    fn frame(&mut self, frame: ServerFrame) {
        if let Some(open) = self.watch.open_socket() {
            self.socket(open, SocketEvent::Frame(frame));
        }
    }

    fn take(&mut self, step: Step) {
        let users = ["ann", "bob", "me"];
        match step {
            Step::Answer { pick, fits } => {
                if let Some((id, method)) = self.pick(pick) {
                    let answer = if fits { answer_to(method) } else { Answer::Done(Empty {}) };
                    if let Answer::Joined(joined) = &answer {
                        self.offset = i32::try_from(joined.snapshot.offset).unwrap();
                    }
                    self.frame(ServerFrame::Answer { id, method, answer });
                }
            }
            Step::Call { method, user } => {
                let arguments = json!({
                    "token": TOKEN.reveal(), "roomId": "room", "userId": "me", "uid": users[user], "audio": user == 0,
                    "video": user != 1, "enable": user != 0, "businessId": "b", "appId": APP, "gateways": GATEWAYS,
                });
                self.call(METHODS[method], &arguments);
            }
            Step::Close { code, old } => {
                let newest = self.watch.newest();
                let generation = if old { newest.saturating_sub(1) } else { newest };
                if old || self.watch.open_socket() == Some(generation) {
                    self.socket(generation, SocketEvent::Closed { code, reason: "closed".into() });
                }
            }
            Step::Event { kind, offset, epoch } => {
                self.offset += offset;
                let epoch = Epoch::parse(["e1", "e2"][epoch]).unwrap();
                let position = Position { epoch, offset: u32::try_from(self.offset.max(0)).unwrap() };
                self.frame(ServerFrame::Event { position: Some(position), event: event(kind) });
            }
            Step::Fail => {
                if let Some((generation, _)) = self.watch.socket() {
                    self.socket(generation, SocketEvent::Failed { reason: "failed".into() });
                }
            }
            Step::Garbage => {
                if let Some(open) = self.watch.open_socket() {
                    self.socket(open, SocketEvent::Unreadable(DecodeError::NotJson));
                }
            }
            Step::Local(kind) => {
                let bye = |action| Bye { code: 4000, reason: "bye".into(), action, after_ms: 0 };
                let event = match kind {
                    0 => Event::Kicked(Kicked { reason: KickReason::DuplicateLogin }),
                    1 => Event::Bye(bye(ByeAction::Resume)),
                    2 => Event::Bye(bye(ByeAction::Stop)),
                    3 => Event::TokenExpiring(TokenExpiring { expires_in: 30, scope: TokenScope::Publish }),
                    4 => url_updated(Role::Pusher, "me", lease("s9", 1)),
                    _ => url_updated(Role::Player, "ann", lease("s1", 1)),
                };
                self.frame(ServerFrame::Event { position: None, event });
            }
            Step::Open => {
                if let Some((generation, Socket::Opening)) = self.watch.socket() {
                    self.socket(generation, SocketEvent::Opened);
                }
            }
            Step::Pass(milliseconds) => {
                self.now = self.now + milliseconds;
                self.input(Input::Tick);
            }
            Step::Refuse { pick, code } => {
                if let Some((id, _)) = self.pick(pick) {
                    let refusal = Refusal::new(ErrorCode::ALL[code], "refused");
                    self.frame(ServerFrame::Refusal { id: Some(id), refusal });
                }
            }
            Step::Report { code } => {
                for method in ["reportPusherStateChange", "reportPlayerStateChange"] {
                    let report = NativeReport::decode(method, json!({ "uid": "ann", "code": code })).unwrap();
                    self.input(Input::Report(report));
                }
            }
            Step::Signal(signal) => self.input(Input::Signal(SIGNALS[signal])),
        }
    }

    fn pick(&self, pick: usize) -> Option<(u32, Method)> {
        let requests = self.watch.requests();
        requests.get(pick.checked_rem(requests.len())?).copied()
    }

    /// Nothing answers any more; time alone must settle everything.
    fn run_out(&mut self) {
        for _ in 0..200 {
            if self.watch.is_settled() {
                return;
            }
            let now = self.now + 1;
            self.now = self.watch.wake().filter(|wake| *wake > now && *wake < now + 600_000).unwrap_or(now + 1_000);
            self.input(Input::Tick);
        }
    }
}

fn answer_to(method: Method) -> Answer {
    let room = || snapshot("e1", 10, &["ann", "bob"], vec![stream("s1", "ann", 1, true, true)]);
    match method {
        Method::Join => {
            let text = json!({
                "session": "s", "secret": "x", "generation": 1, "server_time": 1, "ping_ms": 10_000,
                "resume_ms": 30_000, "limits": { "frame_bytes": 65_536, "in_flight": 32 }, "snapshot": room(),
            });
            Answer::Joined(serde_json::from_value(text).unwrap())
        }
        Method::Resume => Answer::Resumed(Resumed { generation: 2, server_time: 2, snapshot: None }),
        Method::Publish | Method::RenewUrl => Answer::Leased(lease("s9", 1)),
        Method::Subscribe => Answer::Leased(lease("s1", 1)),
        Method::Sync => Answer::Synced(room()),
        Method::Ping => Answer::Pong(Pong { offset: 10, server_time: 2 }),
        Method::Leave
        | Method::MuteLocal
        | Method::MuteRemote
        | Method::RenewToken
        | Method::SetVisibility
        | Method::Unpublish
        | Method::Unsubscribe => Answer::Done(Empty {}),
    }
}

fn url_updated(role: Role, user: &str, lease: Lease) -> Event {
    Event::UrlUpdated(UrlUpdated { role, user: user_id(user), kind: Default::default(), lease })
}

fn event(kind: usize) -> Event {
    let removed = |id: &str, user: &str| StreamRemoved {
        stream: stream(id, user, 1, true, true).stream,
        user: user_id(user),
        kind: Default::default(),
        reason: RemoveReason::MediaLost,
    };
    match kind {
        0 => Event::MemberJoined(MemberIs { user: user_id("ann") }),
        1 => Event::MemberLeft(MemberLeft { user: user_id("ann"), reason: LeaveReason::Left }),
        2 => Event::StreamAdded(stream("s1", "ann", 1, true, true)),
        3 => Event::StreamUpdated(stream("s1", "ann", 1, false, true)),
        4 => Event::StreamRemoved(removed("s1", "ann")),
        5 => Event::StreamRemoved(removed("s9", "me")),
        6 => Event::StreamAdded(stream("s2", "bob", 1, false, false)),
        _ => Event::Unknown("later".into()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_is_kept(
        background in prop_oneof![Just("keep-audio"), Just("mute"), Just("leave")],
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut trial = Trial::new(background);
        for step in steps {
            trial.take(step);
        }
        trial.run_out();
        prop_assert!(trial.watch.is_settled(), "calls were never settled: {:?}", trial.watch);
    }
}
