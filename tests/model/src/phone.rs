//! A [`Phone`] is the real session, with its page, its one native tag and its timer.

use std::collections::VecDeque;
use std::sync::OnceLock;

use miniapp_rtc::protocol::{AppId, DecodeError, Secret, ServerFrame};
use miniapp_rtc::session::{
    BackgroundPolicy, Call, ClientState, Effect, InitCall, Input, JoinCall, Signal, SocketEvent, Time, TransportChoice,
};
use miniapp_rtc::token::{AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};

use miniapp_rtc_harness::SessionWatch;

use crate::follower::Follower;
use crate::network::{Down, Link, Side, Up};
use crate::page::{Page, What};
use crate::promise::Promise;
use crate::reach::Reach;
use crate::scene::Scene;
use crate::tag::Tag;
use crate::view::{View, room_id, user_id};

/// One device.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) client: ClientState,
    watch: SessionWatch,
    pub(crate) page: Page,
    pub(crate) tag: Option<Tag>,
    pub(crate) follower: Follower,
    /// The session's number for its socket.
    pub(crate) socket: Option<u32>,
    /// When the session wants to be woken.
    pub(crate) wake: Option<u64>,
    /// Ticks in a row at one moment.
    ticks: (u64, u8),
    /// What awaits the session; empty between two steps.
    pub(crate) inbox: VecDeque<Input>,
    pub(crate) hidden_since: Option<u64>,
    /// WeChat has stopped its JavaScript.
    pub(crate) is_asleep: bool,
}

/// WeChat stops the JavaScript of a hidden app after this long.
pub(crate) const SLEEP_MS: u64 = 5_000;
const GATEWAYS: [&str; 2] = ["wss://one.model/v1", "wss://two.model/v1"];

pub(crate) fn app_id() -> AppId {
    AppId::parse("0123456789abcdef01234567").expect("an app id")
}

pub(crate) fn app_key() -> AppKey {
    AppKey::parse("a key of the model, no secret").expect("an app key")
}

/// A token for a user, which never ends.
fn token(user: usize) -> Secret {
    static TOKENS: OnceLock<[Secret; 2]> = OnceLock::new();
    let mint = |user| {
        let never = |privilege: Privilege| PrivilegeGrant { key: privilege.key(), expires_at: 0 };
        let privileges = vec![never(Privilege::Publish), never(Privilege::Subscribe)];
        let times = TokenTimes { nonce: 1, issued_at: 0, expires_at: 0 };
        app_key().sign(app_id(), RoomScope::Room(room_id()), user_id(user), privileges, times)
    };
    TOKENS.get_or_init(|| [mint(0), mint(1)])[user].clone()
}

impl Phone {
    pub(crate) fn new(user: usize) -> Self {
        Self {
            client: ClientState::new(user as u32 * 2 + 1),
            watch: SessionWatch::new(Vec::new()),
            page: Page::new(),
            tag: None,
            follower: Follower::default(),
            socket: None,
            wake: None,
            ticks: (0, 0),
            inbox: VecDeque::new(),
            hidden_since: None,
            is_asleep: false,
        }
    }
}

impl Scene {
    /// The page calls `init` and `join`.
    pub(crate) fn open_page(&mut self, phone: usize) {
        let init = InitCall {
            app_id: app_id(),
            gateways: GATEWAYS.map(String::from).to_vec(),
            transport: TransportChoice::Rtmp,
            background: BackgroundPolicy::Mute,
        };
        self.call(phone, What::Init, Call::Init(init));
        let join = JoinCall { token: token(phone), room_id: room_id(), user_id: user_id(phone) };
        self.call(phone, What::Join, Call::Join(join));
    }

    /// The page calls something: the session hears it next.
    pub(crate) fn call(&mut self, phone: usize, what: What, call: Call) {
        let phone = self.phones[phone].edit();
        let number = phone.page.number(what);
        phone.inbox.push_back(Input::Call { call: number, what: call });
    }

    pub(crate) fn signal(&mut self, phone: usize, signal: Signal) {
        self.phones[phone].edit().inbox.push_back(Input::Signal(signal));
    }

    /// The session's timer is due.
    pub(crate) fn ring(&mut self, phone: usize) {
        let now = self.now;
        let it = self.phones[phone].edit();
        it.wake = None;
        it.ticks = if it.ticks.0 == now { (now, it.ticks.1 + 1) } else { (now, 1) };
        let is_busy = it.ticks.1 > 25;
        it.inbox.push_back(Input::Tick);
        if is_busy {
            self.break_promise(Promise::NoBusyLoop);
        }
    }

    /// Something of a socket reaches a phone.
    pub(crate) fn reach_phone(&mut self, phone: usize, generation: u32, what: Down) {
        let Some(link) = self.network.edit().link(phone, generation) else { return };
        let event = match what {
            Down::Opened => {
                link.side = Side::Open;
                SocketEvent::Opened
            }
            Down::Garbage => SocketEvent::Unreadable(DecodeError::NotJson),
            Down::Frame(text) => match ServerFrame::decode::<serde_json::Value>(&text) {
                Ok(frame) => {
                    self.hear(phone, &frame);
                    SocketEvent::Frame(frame)
                }
                Err(_) => return self.break_promise(Promise::FramesAreWellMade),
            },
            Down::Closed(code) => {
                let before = std::mem::replace(&mut link.side, Side::Gone);
                self.phones[phone].edit().socket = None;
                match before {
                    Side::Opening => SocketEvent::Failed { reason: "the connection failed".into() },
                    Side::Open | Side::Gone => SocketEvent::Closed { code, reason: "the connection ended".into() },
                }
            }
        };
        self.phones[phone].edit().inbox.push_back(Input::Socket { generation, event });
    }

    /// Notes where the session must stand after a frame.
    fn hear(&mut self, phone: usize, frame: &ServerFrame) {
        let it = self.phones[phone].edit();
        let epoch = |follower: &Follower| follower.place.as_ref().map(|(epoch, _)| epoch.clone());
        let before = epoch(&it.follower);
        it.follower.hear(frame);
        if before.is_some() && before != epoch(&it.follower) {
            it.page.missing = it.page.other;
            self.reach(Reach::JoinedAgain);
        }
    }

    /// The sessions take in everything that awaits them, and what they want done is done.
    pub(crate) fn run_phones(&mut self) {
        while self.broken.is_none() {
            let Some(phone) = (0..2).find(|phone| !self.phones[*phone].inbox.is_empty()) else { return };
            let now = Time(self.now);
            let it = self.phones[phone].edit();
            let Some(input) = it.inbox.pop_front() else { return };
            match it.watch.handle(&mut it.client, input, now) {
                Ok(effects) => effects.into_iter().for_each(|effect| self.perform(phone, effect)),
                Err((promise, _)) => return self.break_promise(Promise::of_session(promise)),
            }
            self.judge_page(phone);
        }
    }

    fn perform(&mut self, phone: usize, effect: Effect) {
        match effect {
            Effect::Close { generation, .. } => {
                self.phones[phone].edit().socket = None;
                if let Some(link) = self.network.edit().link(phone, generation) {
                    link.close();
                }
            }
            Effect::Emit(event) => self.hear_event(phone, event),
            Effect::Log { .. } => {}
            Effect::Open { generation, .. } => {
                let it = self.phones[phone].edit();
                it.socket = Some(generation);
                it.follower.new_socket();
                let socket = self.gateway.edit().accept(self.now);
                let (up, down) = (VecDeque::new(), VecDeque::from([Down::Opened]));
                let link = Link { phone, generation, socket, side: Side::Opening, up, down, is_cut: false };
                self.network.edit().links.push(link);
            }
            Effect::Send { generation, frame } => {
                let it = self.phones[phone].edit();
                it.follower.send(&frame);
                if let Some(link) = self.network.edit().link(phone, generation) {
                    link.push_up(Up::Frame(serde_json::to_string(&frame).expect("a frame is JSON")));
                }
            }
            Effect::Settle { call, outcome } => self.settle(phone, call, outcome),
            Effect::WakeAt { at, .. } => self.phones[phone].edit().wake = Some(at.0),
        }
    }

    /// After every input: the page knows the other user as the room did at the offset that its session has reached; for
    /// a while after a restart, whoever was there may still be shown.
    fn judge_page(&mut self, phone: usize) {
        let it = &self.phones[phone];
        let Some((epoch, offset)) = it.follower.place.clone().filter(|_| it.page.is_in()) else { return };
        let Some(truth) = self.gateway.at(&epoch, offset).map(|roster| roster[1 - phone]) else {
            return self.break_promise(Promise::PagesKnowTheRoom);
        };
        let View { is_there, stream } = it.page.other;
        let missing = it.page.missing;
        let is_right = (is_there == truth.is_there || is_there && missing.is_there)
            && (stream == truth.stream || stream.is_some() && stream == missing.stream);
        let missing = View {
            is_there: missing.is_there && !truth.is_there,
            stream: missing.stream.filter(|_| truth.stream.is_none()),
        };
        self.phones[phone].edit().page.missing = missing;
        if !is_right {
            self.break_promise(Promise::PagesKnowTheRoom);
        }
    }
}
