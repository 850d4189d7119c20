//! Copies that follow one log: alike, told once, and without those who are gone.

use miniapp_rtc::protocol::{
    AppId, ByeAction, Publish, Resume, RoomId, Secret, SessionId, Snapshot, StreamId, StreamKind, StreamOf, Subscribe,
    UserId,
};
use serde_json::Value;

use super::*;
use crate::media::{HttpScheme, PublicAddresses};
use crate::node::{Deed, Place, farewell};
use crate::room::{
    Asked, Command, ConnectionId, Effect, End, Entry, Input, MediaNews, NodeId, Order, RoomName, RoomPolicy, SocketId,
    Terms,
};

mod looking;
mod moving;

const NOON: u64 = 1_790_000_000_000;
const EAST: NodeId = NodeId(1);
const WEST: NodeId = NodeId(2);

/// A log with a copy at each of two nodes. Each entry goes through its written form.
struct Log {
    at: Offset,
    copies: [Replica; 2],
    couriers: [Courier; 2],
}

/// What one node's sockets were told: the socket's number, and the frame.
type Told = Vec<(u64, Value)>;

impl Log {
    fn new() -> Self {
        let nodes = [EAST, WEST];
        let at = Offset { ms: NOON, number: 1 };
        let mut log = Self {
            at,
            copies: nodes.map(|node| Replica::new(node, Partition::default())),
            couriers: nodes.map(Courier::new),
        };
        for copy in &mut log.copies {
            assert!(copy.begin_era(at, Era("e1".into()), |_| farewell::cut_off(0)).is_empty());
        }
        for node in [0, 1] {
            log.say(node, Item::Up { policy: RoomPolicy::default(), media: media(node) });
        }
        log
    }

    fn say(&mut self, node: usize, item: Item) -> [Applied; 2] {
        self.couriers[node].take(item);
        let entry = self.couriers[node].send().expect("an entry");
        self.couriers[node].arrived();
        self.append(entry)
    }

    fn append(&mut self, entry: LogEntry) -> [Applied; 2] {
        self.at = Offset { ms: self.at.ms + 1, number: self.at.number + 1 };
        let text = serde_json::to_vec(&entry).expect("written");
        let applied = [0, 1].map(|node: usize| {
            let entry = serde_json::from_slice(&text).expect("read");
            self.copies[node].apply(self.at, entry, |media, grant| {
                let host = media.map_or("own", |media| &media.rtmp).to_owned();
                miniapp_rtc::protocol::Lease {
                    stream: grant.stream.clone(),
                    generation: grant.generation,
                    urls: vec![miniapp_rtc::protocol::MediaUrl { transport: "rtmp".into(), url: Secret::new(host) }],
                    expires_in: 10,
                    renew_in: 5,
                }
            })
        });
        self.assert_alike();
        applied
    }

    fn pass(&mut self, ms: u64) -> [Applied; 2] {
        self.at.ms += ms;
        self.append(LogEntry { node: EAST, first: 0, items: Vec::new() })
    }

    fn assert_alike(&self) {
        let [east, west] = self.copies.each_ref().map(|copy| copy.partition().digest());
        assert_eq!(east, west, "the copies are alike");
        let copy = Partition::read(&self.copies[0].partition().write().expect("written")).expect("read");
        assert_eq!(copy.digest(), east, "and so is one that was written down");
        assert_eq!(copy.next_due(), self.copies[0].partition().next_due());
    }

    fn ask(&mut self, socket: SocketId, command: Command) -> [Told; 2] {
        let input = ask(socket, command);
        let item = match &input {
            Input::Ask(Asked { command: Command::Join(_), .. }) => {
                Item::Make(name(), Placement::over(1).tag(0, &format!("life{}", socket.number)).expect("a tag"), input)
            }
            _ => Item::Room(name(), input),
        };
        self.say(if socket.node == EAST { 0 } else { 1 }, item).map(|applied| told(&applied))
    }
}

fn media(node: usize) -> PublicAddresses {
    let rtmp = ["east.example:1935", "west.example:1935"][node].to_owned();
    PublicAddresses { rtmp, http_flv: "x".into(), http_flv_scheme: HttpScheme::Http, serves_web: false }
}

fn name() -> RoomName {
    let app = AppId::parse("0123456789abcdef01234567").expect("app id");
    RoomName { app, room: RoomId::parse("r").expect("room id") }
}

fn ask(socket: SocketId, command: Command) -> Input {
    Input::Ask(Asked { socket, id: 7, operation: None, command })
}

fn join(id: &str) -> Command {
    let terms = Terms { token: End::Never, publish: Some(End::Never), subscribe: Some(End::Never) };
    Command::Join(Entry { user: user(id), terms, visible: true, secret: Secret::new("a secret") })
}

fn user(id: &str) -> UserId {
    UserId::parse(id).expect("user id")
}

fn camera() -> Command {
    Command::Publish(Publish { kind: StreamKind::Camera })
}

fn told(applied: &Applied) -> Told {
    let json = |frame: &crate::node::OutgoingFrame| serde_json::from_str(frame.text()).expect("JSON");
    let of_deed = |deed: &Deed| match deed {
        Deed::Push { socket, frame } | Deed::PushMissed { socket, frame } => vec![(socket.number, json(frame))],
        Deed::PushAll { sockets, frame } => sockets.iter().map(|socket| (socket.number, json(frame))).collect(),
        Deed::Attach(_) | Deed::Detach(_) | Deed::Close { .. } | Deed::Media { .. } => Vec::new(),
    };
    applied.deeds.iter().flat_map(of_deed).collect()
}

fn events(told: &Told) -> Vec<&str> {
    told.iter().filter_map(|(_, frame)| frame["ev"].as_str()).collect()
}

const ANN: SocketId = SocketId { node: EAST, number: 11 };
const BEA: SocketId = SocketId { node: WEST, number: 22 };

/// Ann on the east node, Bea on the west one.
fn both_joined() -> Log {
    let mut log = Log::new();
    log.ask(ANN, join("ann"));
    log.ask(BEA, join("bea"));
    log
}

#[test]
fn each_node_tells_its_own_sockets_and_nobody_is_told_twice() {
    let mut log = Log::new();
    let [east, west] = log.ask(ANN, join("ann"));
    assert_eq!((east.len(), west.len()), (1, 0), "the answer, where the socket is");
    let [east, west] = log.ask(BEA, join("bea"));
    assert_eq!((events(&east), events(&west)), (vec!["member_joined"], vec![]));
    assert_eq!(west[0].1["ok"]["snapshot"]["members"][0]["user"], "ann");
    assert_eq!(west[0].1["ok"]["snapshot"]["epoch"], east[0].1["ep"], "one history on both nodes");
}

#[test]
fn what_was_sent_again_has_no_second_effect() {
    let mut log = both_joined();
    log.couriers[0].take(Item::Room(name(), ask(ANN, camera())));
    let entry = log.couriers[0].send().expect("an entry");
    assert!(log.couriers[0].send().is_none(), "one at a time");
    assert_eq!(told(&log.append(entry.clone())[0]).len(), 1);
    log.couriers[0].retry();
    log.couriers[0].take(Item::Room(name(), ask(ANN, Command::Leave(miniapp_rtc::protocol::Empty {}))));
    let again = log.couriers[0].send().expect("an entry");
    assert_eq!((again.first, again.items.len()), (entry.first, 2), "under the same numbers");
    let [east, _] = log.append(again);
    assert_eq!(told(&east).iter().filter(|(_, frame)| frame.get("id").is_some()).count(), 1, "only the second");
    assert_eq!(log.copies[0].partition().room(&name()).expect("a room").counts().sessions, 1);
}

#[test]
fn a_node_that_is_gone_loses_its_sockets_and_is_heard_no_more() {
    let mut log = both_joined();
    let first = |log: &Log| log.copies[0].partition().nodes().find(|(node, _)| *node == WEST).map(|(_, first)| first);
    let began = first(&log).expect("it takes part");
    let [east, west] = log.say(0, Item::Gone(WEST, began + 1));
    assert!(told(&east).is_empty() && !west.is_out, "another life of it is meant");
    let [east, west] = log.say(0, Item::Gone(WEST, began));
    assert_eq!((events(&told(&east)), west.is_out), (vec!["member_suspended"], true));
    // A zombie: what it says has no effect, and it learns why.
    let [east, west] = log.say(1, Item::Room(name(), ask(BEA, camera())));
    assert!(told(&east).is_empty() && told(&west).is_empty() && west.is_out);
    // Thirty seconds later its member has left.
    let [east, _] = log.pass(30_000);
    assert_eq!(events(&told(&east)), ["member_left"]);
    let _ = log.say(1, Item::Up { policy: RoomPolicy::default(), media: media(1) });
    assert!(first(&log).expect("it takes part again") > began);
    let [_, west] = log.ask(SocketId { node: WEST, number: 23 }, join("bea"));
    assert_eq!(west[0].1["ok"]["snapshot"]["members"][0]["user"], "ann");
}

#[test]
fn a_node_that_begins_anew_has_lost_its_sockets() {
    let mut log = both_joined();
    let [east, _] = log.say(1, Item::Up { policy: RoomPolicy::default(), media: media(1) });
    assert_eq!(events(&told(&east)), ["member_suspended"]);
    assert_eq!(log.copies[1].own_sockets(), []);
}

#[test]
fn a_node_cannot_speak_for_the_sockets_of_another() {
    let mut log = both_joined();
    for input in [Input::LoseSocket(ANN), Input::Expel(ANN), ask(ANN, Command::Leave(miniapp_rtc::protocol::Empty {}))]
    {
        let [east, west] = log.say(1, Item::Room(name(), input));
        assert!(told(&east).is_empty() && told(&west).is_empty());
    }
    assert_eq!(log.copies[0].own_sockets(), [(name(), ANN)]);
}

#[test]
fn what_the_operator_orders_at_one_node_is_done_at_all() {
    let mut log = both_joined();
    let order = |order| Item::Room(name(), Input::Order(order));
    let [east, west] = log.say(0, order(Order::Kick(user("bea"))));
    assert_eq!((events(&told(&east)), events(&told(&west))), (vec!["member_left"], vec!["kicked"]));
    let [east, west] = log.say(1, order(Order::Dissolve));
    assert_eq!(events(&told(&east)), ["kicked"]);
    assert_eq!((east.closed, west.closed), (vec![name()], vec![name()]));
    let [east, west] = log.say(1, order(Order::Dissolve));
    assert!(east.deeds.is_empty() && west.deeds.is_empty(), "there is no such room");

    // A ban needs no member, and is over by the clock of the log.
    let ban = Input::Order(Order::Ban { user: user("ann"), seconds: 60 });
    let [_, west] = log.say(1, Item::Make(name(), Placement::over(1).tag(0, "banned").expect("a tag"), ban));
    assert_eq!(west.opened, [name()]);
    let [east, _] = log.ask(ANN, join("ann"));
    assert_eq!(east[0].1["err"]["name"], "user_banned");
    let [east, _] = log.pass(60_000);
    assert_eq!(east.closed, [name()]);
    let [east, _] = log.ask(ANN, join("ann"));
    assert!(east[0].1.get("ok").is_some(), "{east:?}");
}

#[test]
fn what_happens_is_news_at_the_node_that_brought_it_and_nowhere_else() {
    let mut log = both_joined();
    let is_left = |applied: &Applied| {
        let effects = applied.news.iter().flat_map(|(room, effects)| effects.iter().map(move |effect| (room, effect)));
        let left = effects.filter(|(_, effect)| {
            matches!(effect, Effect::Broadcast { event: miniapp_rtc::protocol::Event::MemberLeft(_), .. })
        });
        left.map(|(room, _)| room.clone()).collect::<Vec<_>>()
    };
    let [east, west] = log.say(1, Item::Room(name(), Input::LoseSocket(BEA)));
    assert!(east.news.is_empty() && !west.news.is_empty());
    let [east, west] = log.pass(30_000);
    assert_eq!((is_left(&east), is_left(&west)), (vec![name()], vec![]), "time passed by an entry of the east node");
    let [east, west] = log.say(1, Item::Room(name(), Input::Order(Order::Kick(user("ann")))));
    assert_eq!((is_left(&east), is_left(&west)), (vec![], vec![name()]), "of a room that has closed, too");
}

#[test]
fn another_era_is_another_history_and_who_resumes_gets_a_snapshot() {
    let mut log = both_joined();
    let joined = log.ask(SocketId { node: EAST, number: 12 }, join("cid"));
    let snapshot = &joined[0].iter().find(|(socket, _)| *socket == 12).expect("an answer").1["ok"];
    let session = SessionId::parse(snapshot["session"].as_str().expect("a session")).expect("session id");
    let epoch = miniapp_rtc::protocol::Epoch::parse(snapshot["snapshot"]["epoch"].as_str().expect("an epoch"));
    let epoch = epoch.expect("epoch");
    log.at.number += 1;
    let at = log.at;
    for copy in &mut log.copies {
        let deeds = copy.begin_era(at, Era("e2".into()), |_| farewell::cut_off(3));
        let is_bye = |deed: &Deed| matches!(deed, Deed::Close { bye: Some(bye), .. } if bye.action == ByeAction::Resume && bye.after_ms == 3);
        assert_eq!(deeds.iter().filter(|deed| is_bye(deed)).count(), if copy.node() == EAST { 2 } else { 1 });
    }
    log.assert_alike();
    let resume = Resume { session: session.clone(), secret: Secret::new("a secret"), epoch, offset: 3 };
    // On the other node.
    let input = ask(SocketId { node: WEST, number: 24 }, Command::Resume(resume));
    let tag = crate::room::RoomTag::of_session(&session).expect("a tag");
    let [_, west] = log.say(1, Item::Tag(tag, input)).map(|applied| told(&applied));
    let snapshot = &west[0].1["ok"]["snapshot"];
    assert!(snapshot["epoch"].as_str().is_some_and(|epoch| epoch.ends_with(".e2")), "{west:?}");
    assert_eq!(snapshot["offset"], 0);
    assert_eq!(snapshot["members"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_room_is_found_by_its_name_its_sessions_and_its_streams() {
    let placement = Placement::over(100);
    let mut hit = std::collections::BTreeSet::new();
    for number in 0..400 {
        let room = RoomId::parse(format!("room-{number}")).expect("room id");
        let name = RoomName { room, ..name() };
        let partition = placement.of_name(&name);
        hit.insert(partition);
        let tag = placement.tag(partition, "k3x9").expect("a tag");
        let session = SessionId::parse(format!("{}_u1", tag.as_str())).expect("session id");
        let stream = StreamId::parse(format!("{}_s2", tag.as_str())).expect("stream id");
        for place in [Place::Room(name), Place::Session(session), Place::Stream(stream)] {
            assert_eq!(placement.of(&place), Some(partition), "{place:?}");
        }
    }
    assert!(hit.len() > 90, "{} partitions", hit.len());
    let beyond = SessionId::parse("77abc_u1").expect("session id");
    assert_eq!(placement.of(&Place::Session(beyond)), None);
}
