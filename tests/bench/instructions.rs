//! The core's hot paths, one at a time, for callgrind to count instructions.
//!
//! Run by `cargo xtask bench`: `instructions PATH` runs one path [`ROUNDS`] times inside [`measured_path`], the only
//! function whose instructions are counted; `instructions` alone names the paths.

use std::hint::black_box;

use miniapp_rtc::protocol::{Document, ServerFrame};
use miniapp_rtc::session::{Call, ClientState, Effect, Input, NativeReport, SocketEvent, Time};
use serde_json::{Value, json};

const ROUNDS: u32 = 100;

/// The first of the golden vectors: `user-1` in `room-1`.
const TOKEN: &str = concat!(
    "0010123456789abcdef01234567PABOYbwAAPFTZYBCVWUGAHJvb20tMQYAdXNlci0xBQAAAIBCVWUBAIBCVWUCAIBCVWUDAIBCVWUEAIBCVWUg",
    "AHimphXPe+LY/5k/rrC0fXeDGfaeaYHY9YyqghHZ+DPf",
);

/// What a path is called and what it does, given everything it needs.
type Path = (&'static str, fn() -> Box<dyn FnMut(u32)>);

const PATHS: &[Path] = &[
    ("decode joined, 20 members and 6 streams", || decode(joined(20, 6))),
    ("decode member_joined", || decode(event(1, "member_joined", json!({ "user": "user-2" })))),
    ("decode stream_updated", || decode(event(1, "stream_updated", stream("user-2", false)))),
    ("decode pong", || decode(json!({ "id": 11, "m": "ping", "ok": { "offset": 9, "server_time": 1_700_000_051 } }))),
    ("handle member_joined and member_left", || {
        handle(|round| match round % 2 {
            0 => event(round + 1, "member_joined", json!({ "user": "user-9" })),
            _ => event(round + 1, "member_left", json!({ "user": "user-9", "reason": "left" })),
        })
    }),
    ("handle stream_updated", || handle(|round| event(round + 1, "stream_updated", stream("user-2", round % 2 == 1)))),
    ("report of a net status, nothing to send", || {
        let status = json!({
            "videoBitrate": 812, "audioBitrate": 46, "videoFPS": 15, "videoGOP": 2, "netSpeed": 861, "netJitter": 4,
            "netQualityLevel": 1, "videoWidth": 368, "videoHeight": 640, "videoCache": 2, "audioCache": 3,
        });
        report("reportPlayerNetStatusChange", move |_| json!({ "uid": "user-2", "info": status }))
    }),
    ("report of a native code, to the frame's text", || {
        report(
            "reportPlayerStateChange",
            |round| json!({ "uid": "user-2", "code": if round % 2 == 0 { 2103 } else { 2004 }, "message": "" }),
        )
    }),
];

fn main() {
    // Cargo adds `--bench`.
    let wanted = std::env::args().skip(1).find(|argument| argument != "--bench");
    for (name, prepare) in PATHS {
        match &wanted {
            None => println!("{name}"),
            Some(wanted) if wanted == name => {
                let mut path = prepare();
                for round in 0..ROUNDS {
                    measured_path(&mut *path, round);
                }
            }
            Some(_) => {}
        }
    }
}

#[inline(never)]
fn measured_path(path: &mut dyn FnMut(u32), round: u32) {
    path(round);
    // Keeps the call above from becoming a jump out of this function.
    black_box(round);
}

fn decode(frame: Value) -> Box<dyn FnMut(u32)> {
    let text = frame.to_string();
    Box::new(move |_| {
        black_box(ServerFrame::decode::<Value>(black_box(&text)).expect("the frame is good"));
    })
}

/// A session takes frames that were decoded before.
fn handle(frame: impl Fn(u32) -> Value) -> Box<dyn FnMut(u32)> {
    let (mut client, generation) = in_room();
    let mut inputs: Vec<Input> = (0..ROUNDS).rev().map(|round| socket(generation, &frame(round))).collect();
    Box::new(move |_| {
        let input = inputs.pop().expect("there is one for each round");
        let effects = client.handle(input, Time(0));
        assert!(matches!(effects.first(), Some(Effect::Emit(_))), "{effects:?}");
        black_box(effects);
    })
}

/// A session takes a report as the page gives it, and writes what it sends.
fn report(method: &'static str, arguments: impl Fn(u32) -> Value + 'static) -> Box<dyn FnMut(u32)> {
    let (mut client, _) = in_room();
    let mut arguments: Vec<Value> = (0..ROUNDS).rev().map(arguments).collect();
    Box::new(move |_| {
        let arguments = arguments.pop().expect("there is one for each round");
        let report = NativeReport::decode(method, arguments).expect("the report is good");
        for effect in client.handle(Input::Report(report), Time(0)) {
            if let Effect::Send { frame, .. } = effect {
                black_box(Value::write(&frame).expect("the frame can be written"));
            }
        }
    })
}

/// A session in a room with `user-2`, whose stream it plays, and the generation of its socket.
fn in_room() -> (ClientState, u32) {
    let mut client = ClientState::new(7);
    let mut generation = 0;
    let mut take = |input| {
        let effects = client.handle(input, Time(0));
        let opened = effects.iter().find_map(|effect| match effect {
            Effect::Open { generation, .. } => Some(*generation),
            _ => None,
        });
        generation = opened.unwrap_or(generation);
        generation
    };
    take(call(1, "init", json!({ "appId": "0123456789abcdef01234567", "gateways": ["wss://gateway.test/v1"] })));
    let join = json!({ "token": TOKEN, "roomId": "room-1", "userId": "user-1" });
    let generation = take(call(2, "join", join));
    take(Input::Socket { generation, event: SocketEvent::Opened });
    take(socket(generation, &joined(3, 2)));
    take(call(3, "subscribe", json!({ "uid": "user-2" })));
    let lease = json!({ "stream": "s_user-2", "generation": 1, "expires_in": 300, "renew_in": 180, "urls": [
        { "transport": "rtmp", "url": "rtmp://media.test/live/s_user-2" },
    ] });
    take(socket(generation, &json!({ "id": 2, "m": "subscribe", "ok": lease })));
    (client, generation)
}

fn call(call: u32, method: &str, arguments: Value) -> Input {
    Input::Call { call, what: Call::decode(method, arguments).expect("the call is good") }
}

fn socket(generation: u32, frame: &Value) -> Input {
    let frame = ServerFrame::decode::<Value>(&frame.to_string()).expect("the frame is good");
    Input::Socket { generation, event: SocketEvent::Frame(frame) }
}

fn event(offset: u32, name: &str, body: Value) -> Value {
    json!({ "ev": name, "ep": "e1", "off": offset, "d": body })
}

fn stream(user: &str, audio: bool) -> Value {
    json!({ "stream": format!("s_{user}"), "user": user, "kind": "camera", "generation": 1, "audio": audio, "video": true })
}

/// The answer to the first request, a join of `user-1`: the first others have streams.
fn joined(members: u32, streams: u32) -> Value {
    let user = |number: u32| format!("user-{number}");
    let streams: Vec<Value> = (2..2 + streams).map(|number| stream(&user(number), true)).collect();
    let members: Vec<Value> =
        (2..2 + members).map(|number| json!({ "user": user(number), "suspended": false })).collect();
    json!({ "id": 1, "m": "join", "ok": {
        "session": "s1", "secret": "x", "generation": 1, "server_time": 1_700_000_001, "ping_ms": 10_000, "resume_ms": 30_000,
        "limits": { "frame_bytes": 65_536, "in_flight": 32 },
        "snapshot": { "epoch": "e1", "offset": 0, "members": members, "streams": streams },
    } })
}
