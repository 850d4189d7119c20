//! The `session` target: a script of what a page, a phone, a gateway and its sockets do to a client.
//!
//! | step | what happens | numbers behind it |
//! | --- | --- | --- |
//! | `a` | a request is granted | which, counted from the newest; variant of the answer |
//! | `b` | a request gets the answer of another method | which; method; variant |
//! | `c` | the page calls | method; bits: user 3, audio 4, video 8, screen 16, enable 32, token 192 |
//! | `d` | the socket closes | close code |
//! | `e` | an event of the room's history | kind; offset against the newest; epoch; bits of its stream |
//! | `f` | the socket fails | |
//! | `g` | a frame comes that cannot be read | |
//! | `h` | an old socket speaks | what it says |
//! | `j` | a frame given as JSON | its length (two numbers) and text |
//! | `k` | time passes up to the wish to be woken | |
//! | `l` | an event for this client alone | kind; bits |
//! | `m` | an answer to a request that was never made | method; variant |
//! | `n` | a native tag tells its net status | bits; level; speed; pictures per second |
//! | `o` | the socket opens | |
//! | `p` | time passes, and a tick | how much |
//! | `q` | time passes without one: frozen | how much |
//! | `r` | a native tag tells a code | bits; code (two numbers) |
//! | `s` | the phone tells | signal |
//! | `t` | a tick | |
//! | `x` | a request is refused | which; code; wait |

mod gateway;
mod trial;

use std::sync::LazyLock;

use miniapp_rtc::protocol::{
    AppId, Bye, ByeAction, DecodeError, Event, KickReason, Kicked, Method, Position, Refusal, Role, RoomId,
    ServerFrame, TokenExpiring, TokenScope, UrlUpdated,
};
use miniapp_rtc::session::{Signal, SocketEvent};
use miniapp_rtc::token::{AppKey, Privilege, PrivilegeGrant, RoomScope, TokenTimes};
use serde_json::{Value, json};

use self::gateway::{answer_to, epoch, event, kind, lease, user};
use self::trial::Trial;
use crate::reached::Reached;
use crate::script::Script;

const APP: &str = "0123456789abcdef01234567";

/// Stands in every secret that a script hands to the session.
const SECRET: &str = "sEcReT";

const METHODS: [&str; 14] = [
    "init",
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
    "updateToken",
    "destroy",
    "nothing",
];

/// Those that the client does not know are passed over.
const SIGNALS: [&str; 8] = [
    "app-hide",
    "app-show",
    "network-offline",
    "network-online",
    "network-weak",
    "network-strong",
    "audio-interrupted",
    "audio-resumed",
];

const TIMES: [u32; 16] =
    [0, 1, 10, 100, 250, 300, 1_000, 2_000, 3_000, 5_001, 8_000, 10_000, 30_000, 60_000, 120_001, 600_000];

const CLOSE_CODES: [u16; 8] = [1006, 1000, 1005, 4000, 4001, 4002, 4500, 4999];

const REFUSALS: [u16; 28] = [
    4000, 4001, 4002, 4003, 4004, 4100, 4101, 4102, 4103, 4104, 4105, 4106, 4200, 4201, 4202, 4203, 4300, 4301, 4302,
    4303, 4304, 4305, 4400, 4401, 4402, 5000, 5001, 5002,
];

const CODES: [i32; 16] =
    [1002, 1008, -1307, 3001, 1102, 5000, -1311, -1310, -1301, 2004, 2009, -2301, 2103, 3005, 1101, 77_777];

/// For the room and user of every script; for neither publishing; for another room; and no token at all.
static TOKENS: LazyLock<[String; 4]> = LazyLock::new(|| {
    let both = [Privilege::Publish, Privilege::Subscribe];
    let none = ["001", APP, SECRET, SECRET].concat();
    [signed("room", &both), signed("room", &both[1..]), signed("other", &both), none]
});

/// Plays a script to a new session, then leaves it alone until every call is settled, and destroys it.
pub fn session(bytes: &[u8]) -> Reached {
    let mut script = Script::new(bytes);
    let mut trial = Trial::new(script.number().into());
    while let Some(step) = script.step() {
        if let Some(step) = step {
            take(&mut trial, step, &mut script);
        }
    }
    trial.finish()
}

fn take(trial: &mut Trial, step: u8, script: &mut Script<'_>) {
    match step {
        b'a' => {
            let (which, variant) = (script.number(), script.number());
            if let Some((id, method)) = trial.pick(which) {
                let answer = answer_to(method, variant);
                trial.frame(ServerFrame::Answer { id, method, answer });
            }
        }
        b'b' => {
            let (which, method, variant) = (script.number(), script.pick(Method::ALL), script.number());
            if let Some((id, _)) = trial.pick(which) {
                let answer = answer_to(method, variant);
                trial.frame(ServerFrame::Answer { id, method, answer });
            }
        }
        b'c' => call(trial, script),
        b'd' => {
            let code = script.pick(&CLOSE_CODES);
            trial.on_open(SocketEvent::Closed { code, reason: "closed".into() });
        }
        b'e' => {
            let (kind, step) = (script.number(), script.number());
            // Mostly the next event; else one that was, or one after a gap.
            trial.offset =
                trial.offset.saturating_add_signed([1, 0, -1, 2, 5, -5, 100, i32::MAX][usize::from(step % 8)]);
            let position = Position { epoch: epoch(script.number()), offset: trial.offset };
            trial.frame(ServerFrame::Event { position: Some(position), event: event(kind, script.number()) });
        }
        b'f' => trial.fail(),
        b'g' => trial.on_open(SocketEvent::Unreadable(DecodeError::NotJson)),
        b'h' => old_socket(trial, script.number()),
        b'j' => raw_frame(trial, &script.text()),
        b'k' => trial.wake(),
        b'l' => {
            let event = local_event(script.number(), script.number());
            trial.frame(ServerFrame::Event { position: None, event });
        }
        b'm' => {
            let method = script.pick(Method::ALL);
            trial.frame(ServerFrame::Answer { id: u32::MAX, method, answer: answer_to(method, script.number()) });
        }
        b'n' => {
            let bits = script.number();
            let info = json!({
                "netQualityLevel": script.number(), "netSpeed": u32::from(script.number()) * 16, "videoFPS": script.number(),
                "videoBitrate": 400, "audioBitrate": 40,
            });
            trial.report(
                ["reportPusherNetStatusChange", "reportPlayerNetStatusChange"],
                bits,
                &json!({ "info": info }),
            );
        }
        b'o' => trial.open(),
        b'p' => {
            trial.now = trial.now + script.pick(&TIMES);
            trial.tick();
        }
        b'q' => trial.now = trial.now + script.pick(&TIMES),
        b'r' => {
            let (bits, choice, raw) = (script.number(), script.number(), script.number());
            let code = CODES
                .get(usize::from(choice))
                .copied()
                .unwrap_or(i32::from(i8::from_ne_bytes([choice])) * 100 - i32::from(raw));
            trial.report(["reportPusherStateChange", "reportPlayerStateChange"], bits, &json!({ "code": code }));
        }
        b's' => {
            let name = script.pick(&SIGNALS);
            if let Some(signal) = Signal::named(name) {
                trial.signal(signal, name);
            }
        }
        b't' => trial.tick(),
        b'x' => {
            let (which, code, wait) = (script.number(), script.pick(&REFUSALS), script.number());
            if let Some((id, _)) = trial.pick(which) {
                let retry_after_ms = (wait > 0).then(|| u32::from(wait) * 100);
                let refusal = Refusal { code, name: "refused".into(), reason: "refused".into(), retry_after_ms };
                trial.frame(ServerFrame::Refusal { id: Some(id), refusal });
            }
        }
        _ => {}
    }
}

/// The one place that knows what arguments calls take.
fn call(trial: &mut Trial, script: &mut Script<'_>) {
    let method = METHODS.get(usize::from(script.number())).copied().unwrap_or("nothing");
    let bits = script.number();
    let all_gateways = ["wss://one.test/v1", "ws://two.test/v1", "wss://three.test/v1"];
    let gateways: &[&str] = match bits & 3 {
        0 => &all_gateways[..2],
        1 => &all_gateways[..1],
        2 => &all_gateways,
        _ => &["http://wrong.test"],
    };
    let background = [Value::Null, json!("keep-audio"), json!("mute"), json!("leave")];
    let arguments = json!({
        "appId": APP, "gateways": gateways, "transport": if bits & 4 == 0 { Value::Null } else { json!("flv") },
        "background": background[usize::from(bits >> 3 & 3)],
        "token": TOKENS[usize::from(bits >> 6)], "roomId": "room", "userId": "me", "businessId": "business",
        "uid": user(bits), "audio": bits & 4 != 0, "video": bits & 8 != 0, "screen": bits & 16 != 0, "enable": bits & 32 == 0,
    });
    trial.call(method, arguments);
}

/// What a socket that was given up says must be ignored.
fn old_socket(trial: &mut Trial, what: u8) {
    let event = match what % 4 {
        0 => SocketEvent::Closed { code: 4500, reason: "old".into() },
        1 => SocketEvent::Failed { reason: "old".into() },
        2 => SocketEvent::Opened,
        _ => {
            let kicked = Event::Kicked(Kicked { reason: KickReason::TokenExpired });
            SocketEvent::Frame(ServerFrame::Event { position: None, event: kicked })
        }
    };
    trial.old_socket(1 + u32::from(what >> 4), event);
}

/// A frame that the script wrote itself; one that could not be read arrives as such.
fn raw_frame(trial: &mut Trial, text: &str) {
    // The session may say again what a gateway told it: only our own secrets must not come back.
    if text.contains(SECRET) {
        return;
    }
    let event = match ServerFrame::decode::<Value>(text) {
        Ok(frame) => SocketEvent::Frame(frame),
        Err(error) => SocketEvent::Unreadable(error),
    };
    trial.on_open(event);
}

fn local_event(choice: u8, bits: u8) -> Event {
    let bye = |action| Bye { code: 4000, reason: "bye".into(), action, after_ms: u32::from(bits) * 1_000 };
    let expiring = |scope| Event::TokenExpiring(TokenExpiring { expires_in: bits.into(), scope });
    let role = if bits & 8 == 0 { Role::Pusher } else { Role::Player };
    match choice {
        0 => Event::Bye(bye(ByeAction::Resume)),
        1 => Event::Bye(bye(ByeAction::Rejoin)),
        2 => Event::Bye(bye(ByeAction::Stop)),
        3 => Event::Kicked(Kicked { reason: KickReason::DuplicateLogin }),
        4 => Event::Kicked(Kicked { reason: KickReason::TokenExpired }),
        5 => Event::UrlUpdated(UrlUpdated { role, user: gateway::user_id(bits), kind: kind(bits), lease: lease(bits) }),
        6 => expiring(TokenScope::Token),
        7 => expiring(TokenScope::Publish),
        8 => expiring(TokenScope::Subscribe),
        9 => Event::Unknown("later".into()),
        // Of the room's history, and yet without a position.
        other => event(other - 10, bits),
    }
}

fn signed(room: &str, privileges: &[Privilege]) -> String {
    let grants = privileges.iter().map(|privilege| PrivilegeGrant { key: privilege.key(), expires_at: 0 }).collect();
    let (app, room) = (AppId::parse(APP).expect("an app id"), RoomId::parse(room).expect("a room id"));
    let times = TokenTimes { nonce: 1, issued_at: 1_700_000_000, expires_at: 1_700_003_600 };
    let key = AppKey::parse("test-app-key-not-a-secret").expect("a key");
    key.sign(app, RoomScope::Room(room), gateway::user_id(2), grants, times).reveal().to_owned()
}
