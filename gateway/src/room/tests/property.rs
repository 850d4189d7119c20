//! Random inputs: whatever happens, every promise of the room holds after each of them.

use miniapp_rtc::protocol::{
    Empty, Health, MuteLocal, Ping, Publish, Report, Role, SetVisibility, StreamId, StreamKind, StreamOf, Subscribe,
    Tracks, UserId,
};
use miniapp_rtc::token::RoomScope;
use proptest::prelude::*;

use super::stage::{FOREVER, NODE, SMALL, START, Stage, copy};
use crate::room::{Command, ConnectionId, End, Input, MediaNews, NodeId, Order, Renewal, SocketId, Terms};

const USERS: [&str; 5] = ["ann", "bea", "cid", "dan", "eve"];

#[derive(Clone, Debug)]
enum Step {
    Join {
        user: usize,
        visible: bool,
        terms: Terms,
    },
    Resume(usize),
    Lose(usize),
    Request {
        user: usize,
        command: Command,
        operation: Option<u8>,
    },
    Started {
        stream: u8,
        connection: u8,
    },
    Stopped {
        stream: u8,
        connection: u8,
    },
    Stray(u8),
    Order(Order),
    Pass(u64),
    /// The room is written down and read again, perhaps by another process.
    Move,
}

fn user() -> impl Strategy<Value = usize> {
    0..USERS.len()
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![9 => Just(End::Never), 1 => (0_u32..40).prop_map(|seconds| End::At(START + seconds))]
}

fn terms() -> impl Strategy<Value = Terms> {
    (end(), prop::option::weighted(0.95, end()), prop::option::weighted(0.95, end())).prop_map(
        |(token, publish, subscribe)| {
            let within = |end: End| match (end, token) {
                (End::At(own), End::At(token)) => End::At(own.min(token)),
                (End::Never, token) => token,
                (own, End::Never) => own,
            };
            Terms { token, publish: publish.map(within), subscribe: subscribe.map(within) }
        },
    )
}

fn kind() -> impl Strategy<Value = StreamKind> {
    prop_oneof![3 => Just(StreamKind::Camera), 1 => Just(StreamKind::Screen)]
}

fn command() -> impl Strategy<Value = Command> {
    let id = |user: usize| UserId::parse(USERS[user]).expect("user id");
    let of = move || (user(), kind()).prop_map(move |(user, kind)| StreamOf { user: id(user), kind });
    let subscribe = move || {
        (user(), kind(), any::<bool>(), any::<bool>()).prop_map(move |(user, kind, audio, video)| Subscribe {
            user: id(user),
            kind,
            audio,
            video,
        })
    };
    let mute = (kind(), any::<bool>(), any::<bool>()).prop_map(|(kind, audio, video)| MuteLocal { kind, audio, video });
    prop_oneof![
        1 => Just(Command::Leave(Empty {})),
        3 => mute.prop_map(Command::MuteLocal),
        2 => subscribe().prop_map(Command::MuteRemote),
        1 => Just(Command::Ping(Ping { offset: 0 })),
        8 => kind().prop_map(|kind| Command::Publish(Publish { kind })),
        1 => (user(), terms()).prop_map(move |(user, terms)| {
            let app = miniapp_rtc::protocol::AppId::parse("0123456789abcdef01234567").expect("app id");
            Command::RenewToken(Renewal { app, room: RoomScope::Any, user: id(user), terms })
        }),
        1 => of().prop_map(Command::RenewUrl),
        3 => any::<bool>().prop_map(|visible| Command::SetVisibility(SetVisibility { visible })),
        8 => subscribe().prop_map(Command::Subscribe),
        1 => Just(Command::Sync(Empty {})),
        2 => kind().prop_map(|kind| Command::Unpublish(Publish { kind })),
        2 => of().prop_map(Command::Unsubscribe),
    ]
}

fn operation() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.3, 0_u8..6)
}

fn order() -> impl Strategy<Value = Order> {
    let named = |user: usize| UserId::parse(USERS[user]).expect("user id");
    let tracks = (any::<bool>(), any::<bool>()).prop_map(|(audio, video)| Tracks { audio, video });
    prop_oneof![
        4 => user().prop_map(move |user| Order::Kick(named(user))),
        1 => Just(Order::Dissolve),
        3 => (user(), 1_u32..=5).prop_map(move |(user, seconds)| Order::Ban { user: named(user), seconds }),
        2 => user().prop_map(move |user| Order::Unban(named(user))),
        6 => (user(), kind(), tracks)
            .prop_map(move |(user, kind, allowed)| Order::Mute { user: named(user), kind, allowed }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (user(), prop::bool::weighted(0.8), terms())
            .prop_map(|(user, visible, terms)| Step::Join { user, visible, terms }),
        3 => user().prop_map(Step::Resume),
        3 => user().prop_map(Step::Lose),
        24 => (user(), command(), operation())
            .prop_map(|(user, command, operation)| Step::Request { user, command, operation }),
        10 => (any::<u8>(), 0_u8..3).prop_map(|(stream, connection)| Step::Started { stream, connection }),
        3 => (any::<u8>(), 0_u8..3).prop_map(|(stream, connection)| Step::Stopped { stream, connection }),
        1 => any::<u8>().prop_map(Step::Stray),
        2 => order().prop_map(Step::Order),
        4 => prop_oneof![0_u64..500, 500_u64..8_000].prop_map(Step::Pass),
        2 => Just(Step::Move),
    ]
}

fn carry_out(stage: &mut Stage, step: Step) {
    match step {
        Step::Join { user, visible, terms } => {
            // The edge lets only tokens in that still hold.
            if !terms.token.has_passed(stage.now.unix()) {
                stage.join(USERS[user], visible, terms);
            }
        }
        Step::Resume(user) => drop(stage.resume(USERS[user])),
        Step::Lose(user) => stage.lose(USERS[user]),
        Step::Request { user, command, operation } => request(stage, USERS[user], command, operation),
        Step::Started { stream, connection } => media(stage, stream, connection, true),
        Step::Stopped { stream, connection } => media(stage, stream, connection, false),
        Step::Stray(number) => {
            let socket = SocketId { node: NodeId(1), number: u64::from(number) + 1_000 };
            let stream = StreamId::parse("tag1_s0").expect("stream id");
            let report = Report { role: Role::Pusher, stream, code: -1307, health: Health::Failed };
            stage.input(Input::Report { socket, report });
            stage.input(Input::LoseSocket(socket));
            stage.check();
        }
        Step::Order(order) => {
            stage.input(Input::Order(order.clone()));
            stage.check();
            // The second time it changes nothing.
            assert!(stage.input(Input::Order(order)).is_empty(), "an order that comes twice");
            stage.check();
        }
        Step::Pass(ms) => {
            stage.pass(ms);
            stage.input(Input::Tick);
            stage.check();
        }
        Step::Move => {
            let before = format!("{:?}", stage.room);
            stage.room = copy(&stage.room);
            assert_eq!(format!("{:?}", stage.room), before, "a room that was written and read is another");
            stage.check();
        }
    }
}

/// Sends a request and, where it names an operation, sends it again: the watch sees that nothing happens twice.
fn request(stage: &mut Stage, user: &str, command: Command, operation: Option<u8>) {
    if let Command::RenewToken(renewal) = &command
        && renewal.terms.token.has_passed(stage.now.unix())
    {
        return;
    }
    let operation = operation.map(|number| format!("op-{number}"));
    stage.request(user, command.clone(), operation.as_deref());
    if operation.is_some() && stage.socket(user).is_some() {
        stage.request(user, command, operation.as_deref());
    }
}

/// News about a stream that exists, or about one that does not (any more).
fn media(stage: &mut Stage, choice: u8, connection: u8, started: bool) {
    let streams: Vec<_> = stage
        .room
        .publications
        .values()
        .map(|publication| (publication.stream.clone(), publication.generation))
        .collect();
    let unknown = || (StreamId::parse(format!("tag1_s{choice}")).expect("stream id"), 1);
    let (stream, generation) = match streams.get(usize::from(choice) % 5) {
        Some(known) => known.clone(),
        None => unknown(),
    };
    let connection = ConnectionId(connection.into());
    let news = if started {
        MediaNews::Started { stream, generation, connection }
    } else {
        MediaNews::Stopped { stream, generation, connection }
    };
    stage.input(Input::Media { node: NODE, news });
    stage.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn every_promise_holds_after_every_input(steps in prop::collection::vec(step(), 1..120)) {
        let mut stage = Stage::new(SMALL);
        for step in steps {
            carry_out(&mut stage, step);
        }
    }

    #[test]
    fn a_room_that_everyone_left_is_empty(steps in prop::collection::vec(step(), 1..60)) {
        let mut stage = Stage::new(SMALL);
        for step in steps {
            carry_out(&mut stage, step);
        }
        for user in USERS {
            stage.lose(user);
        }
        stage.pass(u64::from(SMALL.times.resume_ms));
        stage.input(Input::Tick);
        stage.check();
        prop_assert!(stage.room.is_empty() && stage.room.publications.is_empty());
        prop_assert_eq!(stage.room.next_due(), None, "something is due in an empty room");
    }
}

#[test]
fn the_steps_reach_what_they_should() {
    // A property that never gets past the first refusal proves nothing: one fixed walk must see a live, subscribed stream.
    let mut stage = Stage::new(SMALL);
    stage.join("ann", true, FOREVER);
    stage.join("bea", true, FOREVER);
    request(&mut stage, "ann", Command::Publish(Publish { kind: StreamKind::Camera }), Some(1));
    media(&mut stage, 0, 1, true);
    let of = UserId::parse("ann").expect("user id");
    let subscribe = Subscribe { user: of, kind: StreamKind::Camera, audio: true, video: true };
    request(&mut stage, "bea", Command::Subscribe(subscribe), Some(1));
    assert_eq!(stage.room.counts().streams, 1);
    assert!(stage.room.publications.values().all(|publication| publication.subscribers.len() == 1));
}
