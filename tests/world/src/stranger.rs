//! A [`Stranger`] is a socket that no SDK opened: it is silent, talks nonsense, or comes with a token and misbehaves. The
//! gateway has to answer each of its frames as docs/protocol.md says, and to end the socket in its time.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{AppId, ErrorCode, RoomId, Secret};
use miniapp_rtc::token::{AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use miniapp_rtc_gateway::node::Place;
use miniapp_rtc_gateway::room::{RoomName, SocketId};
use serde_json::{Value, json};

use crate::acting::{APP, KEY};
use crate::event::Event;
use crate::gateway::Peer;
use crate::queue::Ms;
use crate::roster::{USERS, user_id};
use crate::world::World;

/// Which stranger.
pub(crate) type StrangerId = usize;

/// Between two steps of a stranger.
const STEP_MS: Ms = 100;
/// What reaches a gateway and is no request.
const NONSENSE: [&str; 4] =
    ["<html>", r#"{"id":1,"m":"warp","p":{}}"#, r#"{"id":2,"m":"ping","p":7}"#, r#"{"m":"report","p":[]}"#];

/// A socket that no SDK opened.
pub(crate) struct Stranger {
    manner: Manner,
    socket: Option<SocketId>,
    /// Whether it reads what the gateway sends.
    pub(crate) reads: bool,
    pub(crate) received: Vec<String>,
    steps: u32,
    opened_at: Ms,
    /// When it sent its last frame.
    spoke_at: Ms,
    closed: Option<(u16, Ms)>,
    /// The gateway's process has gone: nothing is expected any more.
    pub(crate) is_over: bool,
}

/// What a stranger does.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Says nothing.
    Silent,
    /// Says what is no frame, again and again.
    Nonsense,
    /// Says more in a moment than it may in a minute.
    Flood,
    /// Says it at length.
    Long,
    /// Asks for things without a join.
    Uninvited,
    /// Joins with tokens that open nothing.
    Forger,
    /// Joins, asks to join once more, and is silent but for the pings of WebSocket.
    Idle,
    /// Joins, and asks without reading the answers.
    Deaf,
    /// Joins, and talks nonsense.
    Mole,
}

const MANNERS: [Manner; 9] = [
    Manner::Silent,
    Manner::Nonsense,
    Manner::Flood,
    Manner::Long,
    Manner::Uninvited,
    Manner::Forger,
    Manner::Idle,
    Manner::Deaf,
    Manner::Mole,
];

impl World {
    /// Now and then strangers come. What they do must change nothing for phones, and so draws from chances of its own.
    pub(crate) fn invite_strangers(&mut self, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x57A4_63E2);
        if random.u32(0..2) == 0 {
            for _ in 0..random.u32(1..4) {
                let manner = MANNERS[random.usize(0..MANNERS.len())];
                let at = random.u64(0..self.tuning.heal_at);
                let stranger = Stranger {
                    manner,
                    socket: None,
                    reads: true,
                    received: Vec::new(),
                    steps: 0,
                    opened_at: at,
                    spoke_at: at,
                    closed: None,
                    is_over: false,
                };
                self.queue.add(at, Event::Stranger(self.strangers.len()));
                self.strangers.push(stranger);
            }
        }
    }

    /// A stranger opens its socket, or goes on.
    pub(crate) fn step_stranger(&mut self, id: StrangerId) {
        if self.strangers[id].is_over || !self.gateway.is_up {
            return;
        }
        if self.strangers[id].socket.is_none() {
            self.counts.strangers += 1;
            self.strangers[id].socket = Some(self.accept(Peer::Stranger(id)));
        }
        self.strangers[id].steps += 1;
        let steps = self.strangers[id].steps;
        match self.strangers[id].manner {
            Manner::Silent => {}
            Manner::Nonsense => self.talk_nonsense(id, steps, false),
            Manner::Flood => self.flood(id, steps),
            Manner::Long => self.talk_long(id, steps),
            Manner::Uninvited => self.ask_uninvited(id, steps),
            Manner::Forger => self.forge(id, steps),
            Manner::Idle => self.idle(id, steps),
            Manner::Deaf => self.ask_deaf(id, steps),
            Manner::Mole if steps == 1 => self.join_stranger(id),
            Manner::Mole => self.talk_nonsense(id, steps - 1, true),
        }
        self.check_patience(id);
        if self.strangers[id].closed.is_none() && self.violation.is_none() {
            self.queue.add(self.now + STEP_MS, Event::Stranger(id));
        }
    }

    /// The gateway has closed a stranger's socket.
    pub(crate) fn note_stranger_closed(&mut self, id: StrangerId, code: u16) {
        self.strangers[id].closed = Some((code, self.now));
        self.history.add(self.now, || format!("stranger {id}: closed with {code}"));
        let Stranger { manner, opened_at, spoke_at, .. } = self.strangers[id];
        let due = match code {
            close::NO_JOIN => opened_at + Ms::from(self.tuning.socket.join_ms),
            close::IDLE => spoke_at + Ms::from(self.tuning.policy.times.ping_ms) * 5 / 2,
            _ => self.now,
        };
        let now = self.now;
        if now != due {
            self.violate("a socket's time is what the specification says", || {
                format!("stranger {id} ({manner:?}): closed with {code} at {now}, not at {due}")
            });
        }
    }

    /// A socket whose time is up has been closed.
    fn check_patience(&mut self, id: StrangerId) {
        let Stranger { manner, opened_at, spoke_at, closed, socket, .. } = self.strangers[id];
        let has_session = socket.and_then(|socket| self.standing(socket)).is_some_and(|standing| standing.is_attached);
        let patience = if has_session {
            spoke_at + Ms::from(self.tuning.policy.times.ping_ms) * 5 / 2
        } else {
            opened_at + Ms::from(self.tuning.socket.join_ms)
        };
        let now = self.now;
        if closed.is_none() && now > patience + STEP_MS {
            self.violate("a socket's time is what the specification says", || {
                format!("stranger {id} ({manner:?}): still open at {now}, its time was up at {patience}")
            });
        }
    }

    fn talk_nonsense(&mut self, id: StrangerId, number: u32, is_member: bool) {
        let text = NONSENSE[number as usize % NONSENSE.len()];
        self.utter(id, text);
        let limit = self.tuning.socket.bad_frames_per_minute;
        let codes = self.refusals(id);
        let refused = codes.iter().filter(|code| (4000..=4002).contains(*code)).count();
        let is_closed = self.strangers[id].closed.is_some();
        if refused != number as usize || codes.len() != refused || is_closed != (number > limit) {
            self.violate("frames that break the protocol are refused, and too many end the socket", || {
                format!("stranger {id}: {number} frames, refusals {codes:?}, closed: {is_closed}")
            });
        }
        if is_closed && is_member {
            self.check_expelled(id);
        }
        self.expect_close(id, close::MISBEHAVIOUR);
    }

    fn flood(&mut self, id: StrangerId, steps: u32) {
        let policy = self.tuning.socket;
        if steps > 1 {
            return;
        }
        let most = policy.frames_burst + policy.excess_frames_per_minute;
        for number in 1..=most + 1 {
            self.utter(id, &json!({ "id": number, "m": "ping", "p": { "offset": 0 } }).to_string());
            let is_closed = self.strangers[id].closed.is_some();
            if is_closed != (number > most) {
                return self.violate("who keeps sending too fast is closed", || {
                    format!("stranger {id}: {number} frames at once, closed: {is_closed}")
                });
            }
        }
        let codes = self.refusals(id);
        let count = |code: ErrorCode| codes.iter().filter(|one| **one == code.number()).count();
        let expected = (policy.frames_burst as usize, policy.excess_frames_per_minute as usize + 1);
        if (count(ErrorCode::NotJoined), count(ErrorCode::RateLimited)) != expected {
            self.violate("frames that come too fast are refused", || format!("stranger {id}: refusals {codes:?}"));
        }
        self.expect_close(id, close::MISBEHAVIOUR);
    }

    fn talk_long(&mut self, id: StrangerId, steps: u32) {
        let limit = self.tuning.socket.join_bytes as usize;
        let frame = r#"{"id":1,"m":"ping","p":{"offset":0}}"#;
        let padded = |bytes: usize| format!("{frame}{}", " ".repeat(bytes - frame.len()));
        match steps {
            1 => self.ask(id, &padded(limit), &[ErrorCode::NotJoined]),
            2 => self.ask(id, &padded(limit + 1), &[ErrorCode::FrameTooLarge]),
            _ => {}
        }
    }

    fn ask_uninvited(&mut self, id: StrangerId, steps: u32) {
        let token = self.stranger_token(id, 5, KEY, 0);
        let user = user_id(0);
        let requests = [
            json!({ "m": "ping", "p": { "offset": 0 } }),
            json!({ "m": "publish", "p": { "kind": "camera" } }),
            json!({ "m": "subscribe", "p": { "user": user, "kind": "camera", "audio": true, "video": true } }),
            json!({ "m": "renew_token", "p": { "token": token.reveal() } }),
            json!({ "m": "sync", "p": {} }),
            json!({ "m": "leave", "p": {} }),
        ];
        if let Some(request) = requests.get(steps as usize - 1) {
            let mut request = request.clone();
            request["id"] = steps.into();
            self.ask(id, &request.to_string(), &[ErrorCode::NotJoined]);
        } else if steps as usize == requests.len() + 1 {
            let resume = json!({ "session": "life0_u1", "secret": "x", "epoch": "life0", "offset": 0 });
            let request = json!({ "id": steps, "m": "resume", "p": resume });
            self.ask(id, &request.to_string(), &[ErrorCode::SessionUnknown]);
        }
    }

    fn forge(&mut self, id: StrangerId, steps: u32) {
        let past = self.moment().unix().saturating_sub(10);
        let (token, expected) = match steps {
            1 => (self.stranger_token(id, 5, "another key of another application", 0), ErrorCode::TokenSignature),
            2 => (self.stranger_token(id, 4, KEY, 0), ErrorCode::TokenMismatch),
            3 => (self.stranger_token(id, 5, KEY, past), ErrorCode::TokenExpired),
            4 => (Secret::new("001"), ErrorCode::TokenMalformed),
            _ => return,
        };
        let request = self.join_request(id, &token);
        self.ask(id, &request, &[expected]);
        if self.find(&Place::Room(self.stranger_room(id))).is_some() {
            self.violate("who is refused makes no room", || format!("stranger {id} with a token: {expected:?}"));
        }
    }

    fn idle(&mut self, id: StrangerId, steps: u32) {
        match steps {
            1 => self.join_stranger(id),
            2 => {
                let token = self.stranger_token(id, 5, KEY, 0);
                let request = self.join_request(id, &token);
                self.ask(id, &request, &[ErrorCode::AlreadyJoined]);
            }
            _ => {
                let now = self.moment();
                let Some(socket) = self.strangers[id].socket else { return };
                let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
                let heard = connection.guest.hear_control(now);
                self.heed(socket, heard);
            }
        }
    }

    fn ask_deaf(&mut self, id: StrangerId, steps: u32) {
        match steps {
            1 => return self.join_stranger(id),
            2 => {}
            _ => return,
        }
        self.strangers[id].received.clear();
        self.strangers[id].reads = false;
        let (in_flight, queue_frames) = (self.tuning.socket.in_flight, self.tuning.socket.queue_frames);
        for number in 1..=in_flight + 1 {
            self.utter(id, &json!({ "id": number + 1, "m": "ping", "p": { "offset": 0 } }).to_string());
        }
        self.strangers[id].reads = true;
        self.settle_sockets();
        if queue_frames <= in_flight as usize {
            if self.strangers[id].closed.is_none() {
                self.violate("who reads too slowly is closed", || {
                    format!("stranger {id}: more than {queue_frames} wait")
                });
            }
            return self.expect_close(id, close::SLOW);
        }
        let codes = self.refusals(id);
        let answers = self.strangers[id].received.len() - codes.len();
        if answers != in_flight as usize || codes != [ErrorCode::TooManyInFlight.number()] {
            self.violate("requests in flight are bounded", || {
                format!("stranger {id}: {answers} answers, refusals {codes:?}, {in_flight} may be in flight")
            });
        }
    }

    fn join_stranger(&mut self, id: StrangerId) {
        let token = self.stranger_token(id, 5, KEY, 0);
        let request = self.join_request(id, &token);
        self.utter(id, &request);
        let received = std::mem::take(&mut self.strangers[id].received);
        let is_joined = received.iter().any(|text| text.contains(r#""ok":{"session""#));
        if !is_joined && self.strangers[id].closed.is_none() {
            self.violate("a good token opens its room", || format!("stranger {id}: {}", received.len()));
        }
    }

    /// A session ends with the socket of who breaks the protocol; nobody can resume it.
    fn check_expelled(&mut self, id: StrangerId) {
        if self.find(&Place::Room(self.stranger_room(id))).is_some() {
            self.violate("who is put out for its frames leaves its room", || format!("stranger {id} is still there"));
        }
    }

    /// Sends one frame and looks for the refusals that answer it.
    fn ask(&mut self, id: StrangerId, text: &str, expected: &[ErrorCode]) {
        self.strangers[id].received.clear();
        self.utter(id, text);
        let (codes, expected) = (self.refusals(id), expected.iter().map(|code| code.number()).collect::<Vec<_>>());
        if self.strangers[id].closed.is_none() && codes != expected {
            let frame: String = text.chars().take(60).collect();
            self.violate("what is not proven is refused", || {
                format!("stranger {id}: {frame} was answered by {codes:?}, not by {expected:?}")
            });
        }
    }

    fn utter(&mut self, id: StrangerId, text: &str) {
        let Some(socket) = self.strangers[id].socket.filter(|_| self.strangers[id].closed.is_none()) else { return };
        self.strangers[id].spoke_at = self.now;
        if let Some(heard) = self.hear(socket, text) {
            self.heed(socket, heard);
        }
    }

    /// The codes of all refusals that it has received.
    fn refusals(&self, id: StrangerId) -> Vec<u16> {
        let code = |text: &String| {
            let frame: Value = serde_json::from_str(text).ok()?;
            u16::try_from(frame["err"]["code"].as_u64()?).ok()
        };
        self.strangers[id].received.iter().filter_map(code).collect()
    }

    /// Where the socket is closed, it is with this code.
    fn expect_close(&mut self, id: StrangerId, code: u16) {
        if let Some((found, _)) = self.strangers[id].closed
            && found != code
        {
            self.violate("close codes are the specification's", || format!("stranger {id}: {found}, not {code}"));
        }
    }

    fn join_request(&self, id: StrangerId, token: &Secret) -> String {
        let RoomName { app, room } = self.stranger_room(id);
        let join = json!({
            "app": app, "room": room, "user": user_id(USERS - 1), "token": token.reveal(), "visible": true,
            "agent": "stranger/0",
        });
        json!({ "id": 1, "m": "join", "p": join }).to_string()
    }

    /// Each stranger has a room of its own.
    fn stranger_room(&self, id: StrangerId) -> RoomName {
        let app = AppId::parse(APP).expect("an app id");
        RoomName { app, room: RoomId::parse(format!("stranger-{id}")).expect("a room id") }
    }

    fn stranger_token(&self, id: StrangerId, user: usize, key: &str, expires_at: u32) -> Secret {
        let RoomName { app, room } = self.stranger_room(id);
        let grant = |privilege: Privilege| PrivilegeGrant { key: privilege.key(), expires_at: 0 };
        let privileges = vec![grant(Privilege::Publish), grant(Privilege::Subscribe)];
        let times = TokenTimes { nonce: 1, issued_at: self.moment().unix(), expires_at };
        let key = AppKey::parse(key).expect("an app key");
        key.sign(app, RoomScope::Room(room), user_id(user), privileges, times)
    }
}
