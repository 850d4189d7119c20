//! The `room` target: a script of what clients, sockets, a media server and the clocks do to a room of the gateway.
//!
//! | step | what happens | numbers behind it |
//! | --- | --- | --- |
//! | `e` | the media of a stream ends | which; connection |
//! | `h` | a client tells how its native tag is doing | user; which stream; bits: role 1, health 6 |
//! | `j` | a user joins on a new socket | bits: user 7, invisible 8; terms |
//! | `l` | a socket is lost | user |
//! | `o` | somebody asks before joining | command; bits; terms |
//! | `p` | time passes, and a tick | how much |
//! | `q` | a user asks | user; command; bits: user 7, screen 8, no audio 16, no video 32; operation; terms |
//! | `r` | a user resumes on a new socket | user; what is shown |
//! | `s` | the media of a stream starts | which; connection |
//! | `t` | a tick | |
//! | `u` | news of a stream that is not there, or of an earlier generation | which; bits |
//! | `w` | the wall clock jumps | where to |
//! | `x` | a user joins or resumes on the socket that it has | user; terms |
//! | `z` | a socket speaks that the room does not know | |

mod media;
mod stage;

use miniapp_rtc::protocol::{
    AppId, Empty, Health, MuteLocal, OperationId, Ping, Publish, Report, Resume, Role, RoomId, Secret, SessionId,
    SetVisibility, StreamId, StreamKind, StreamOf, Subscribe, UserId,
};
use miniapp_rtc::token::RoomScope;
use miniapp_rtc_gateway::room::{Command, ConnectionId, End, Input, MediaNews, NodeId, Renewal, SocketId, Terms};

use self::stage::{NODE, Stage};
use crate::reached::Reached;
use crate::script::Script;

const APP: &str = "0123456789abcdef01234567";

/// Stands in every secret that a script hands to the room.
const SECRET: &str = "sEcReT";

const USERS: [&str; 5] = ["ann", "bea", "cid", "dan", "eve"];

const TIMES: [u64; 16] =
    [0, 1, 10, 100, 500, 999, 1_000, 1_999, 2_000, 3_000, 4_999, 5_000, 8_000, 20_000, 60_000, 86_400_000];

/// Of the wall clock, in seconds.
const JUMPS: [i64; 10] = [1, 5, 60, 3_600, -1, -5, -60, -3_600, 4_000_000_000, -4_000_000_000];

/// Plays a script to a new room; in the end all sockets are lost, and after a while the room must be empty.
pub fn room(bytes: &[u8]) -> Reached {
    let mut script = Script::new(bytes);
    let mut stage = Stage::new();
    while let Some(step) = script.step() {
        if let Some(step) = step {
            take(&mut stage, step, &mut script);
            stage.check();
        }
    }
    for user in USERS {
        stage.lose(&user_id(user));
    }
    stage.finish()
}

fn take(stage: &mut Stage, step: u8, script: &mut Script<'_>) {
    match step {
        b'e' | b's' => {
            let (stream, generation) = stage.media.leased(script.number()).unwrap_or_else(|| (unknown_stream(0), 1));
            stage.input(Input::Media { node: NODE, news: news(step == b's', stream, generation, script.number() & 3) });
        }
        b'h' => {
            let user = user(script.number());
            let stream = stage.media.leased(script.number()).map_or_else(|| unknown_stream(0), |(stream, _)| stream);
            let bits = script.number();
            let role = if bits & 1 == 0 { Role::Pusher } else { Role::Player };
            let health = [Health::Failed, Health::Live, Health::Weak, Health::Retrying][usize::from(bits >> 1 & 3)];
            stage.report(&user, Report { role, stream, code: -1307, health });
        }
        b'j' => {
            let bits = script.number();
            let terms = terms(script.number(), stage.now.unix());
            stage.join(user(bits), bits & 8 == 0, terms);
        }
        b'l' => stage.lose(&user(script.number())),
        b'o' => {
            let command = command(stage, script.number(), script.number(), script.number());
            let socket = stage.open();
            stage.ask(socket, None, command);
        }
        b'p' => {
            stage.pass(script.pick(&TIMES));
            stage.input(Input::Tick);
        }
        b'q' => {
            let user = user(script.number());
            let (method, bits) = (script.number(), script.number());
            let operation = script.number();
            let command = command(stage, method, bits, script.number());
            // Odd numbers send the request twice; 0 and 1 name no operation.
            let name = (operation > 1).then(|| OperationId::parse(format!("op-{}", operation >> 1)).expect("an id"));
            stage.request(&user, name, command, operation & 1 == 1);
        }
        b'r' => {
            let (user, how) = (user(script.number()), script.number());
            if let Some(resume) = stage.proof(&user).map(|proof| shown(proof, how)) {
                let socket = stage.open();
                stage.ask(socket, None, Command::Resume(resume));
            }
        }
        b't' => drop(stage.input(Input::Tick)),
        b'u' => {
            let (which, bits) = (script.number(), script.number());
            let known = stage.media.leased(which).filter(|_| bits & 2 == 0);
            // A later generation than the room's own was never signed.
            let (stream, generation) =
                known.map_or_else(|| (unknown_stream(which), 1), |(stream, of)| (stream, of - 1));
            stage.input(Input::Media { node: NODE, news: news(bits & 1 == 0, stream, generation, bits >> 2 & 3) });
        }
        b'w' => {
            stage.jump(script.pick(&JUMPS));
            // As the engine does within a second: the room looks at its tokens.
            drop(stage.input(Input::Tick));
        }
        b'x' => {
            let user = user(script.number());
            let choice = script.number();
            stage.enter_again(&user, terms(choice, stage.now.unix()), choice & 1 == 0);
        }
        b'z' => {
            let socket = SocketId { node: NodeId(2), number: 1 };
            let report = Report { role: Role::Pusher, stream: unknown_stream(0), code: -1307, health: Health::Failed };
            stage.input(Input::Report { socket, report });
            stage.input(Input::LoseSocket(socket));
        }
        _ => {}
    }
}

/// The one place that knows what requests there are.
fn command(stage: &Stage, method: u8, bits: u8, choice: u8) -> Command {
    let kind = if bits & 8 == 0 { StreamKind::Camera } else { StreamKind::Screen };
    let (audio, video) = (bits & 16 == 0, bits & 32 == 0);
    let of = StreamOf { user: user(bits), kind };
    match method % 12 {
        0 => Command::Publish(Publish { kind }),
        1 => Command::Subscribe(Subscribe { user: of.user, kind, audio, video }),
        2 => Command::Unpublish(Publish { kind }),
        3 => Command::Unsubscribe(of),
        4 => Command::MuteLocal(MuteLocal { kind, audio, video }),
        5 => Command::MuteRemote(Subscribe { user: of.user, kind, audio, video }),
        6 => Command::SetVisibility(SetVisibility { visible: audio }),
        7 => Command::RenewUrl(of),
        8 => {
            let app = if bits & 8 == 0 { APP } else { "another0another0another0" };
            let other = RoomScope::Room(RoomId::parse("other").expect("a room id"));
            let room = [RoomScope::Any, RoomScope::None, other, RoomScope::Any][usize::from(bits >> 4 & 3)].clone();
            let terms = terms(choice, stage.now.unix());
            Command::RenewToken(Renewal { app: AppId::parse(app).expect("an app id"), room, user: of.user, terms })
        }
        9 => Command::Sync(Empty {}),
        10 => Command::Ping(Ping { offset: 0 }),
        _ => Command::Leave(Empty {}),
    }
}

/// What a token allows; privileges never outlast it.
fn terms(choice: u8, now: u32) -> Terms {
    let after = |seconds: u32| End::At(now.saturating_add(seconds));
    let token = [End::Never, after(5), after(40), End::At(u32::MAX)][usize::from(choice & 3)];
    let own = |choice: u8| {
        let end = match choice & 3 {
            0 => token,
            1 => return None,
            2 => after(4),
            _ => after(20),
        };
        Some(match (end, token) {
            (End::At(own), End::At(token)) => End::At(own.min(token)),
            (End::Never, token) => token,
            (own, End::Never) => own,
        })
    };
    Terms { token, publish: own(choice >> 2), subscribe: own(choice >> 4) }
}

/// A proof as it is, or spoilt.
fn shown(proof: Resume, how: u8) -> Resume {
    match how {
        0 => proof,
        1 => Resume { secret: Secret::new("guessed"), ..proof },
        2 => Resume { session: SessionId::parse("tag1_u0").expect("a session id"), ..proof },
        3 => Resume { epoch: miniapp_rtc::protocol::Epoch::parse("e0").expect("an epoch"), ..proof },
        4 => Resume { offset: u32::MAX, ..proof },
        // Events that the client has had already come again.
        back => Resume { offset: proof.offset.saturating_sub(u32::from(back - 4)), ..proof },
    }
}

fn news(started: bool, stream: StreamId, generation: u32, connection: u8) -> MediaNews {
    let connection = ConnectionId(connection.into());
    if started {
        MediaNews::Started { stream, generation, connection }
    } else {
        MediaNews::Stopped { stream, generation, connection }
    }
}

fn user(bits: u8) -> UserId {
    user_id(USERS[usize::from(bits & 7) % USERS.len()])
}

fn user_id(text: &str) -> UserId {
    UserId::parse(text).expect("a user id")
}

fn unknown_stream(number: u8) -> StreamId {
    StreamId::parse(format!("tag0_s{number}")).expect("a stream id")
}
