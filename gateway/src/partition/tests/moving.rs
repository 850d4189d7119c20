//! Streams of a node that is gone, and of one that a publisher has left.

use super::*;

#[test]
fn a_stream_of_a_dead_node_moves_where_its_publisher_went_and_players_are_told() {
    let mut log = both_joined();
    let [east, _] = log.ask(ANN, camera());
    let lease = &east[0].1["ok"];
    assert_eq!(lease["urls"][0]["url"], "east.example:1935");
    let stream = StreamId::parse(lease["stream"].as_str().expect("a stream")).expect("stream id");
    let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection: ConnectionId(5) };
    log.say(0, Item::Room(name(), Input::Media { node: EAST, news }));
    let of = StreamOf { user: user("ann"), kind: StreamKind::Camera };
    let subscribe = Subscribe { user: of.user.clone(), kind: of.kind, audio: true, video: true };
    let [_, west] = log.ask(BEA, Command::Subscribe(subscribe));
    assert_eq!(west[0].1["ok"]["urls"][0]["url"], "east.example:1935", "players go to the publisher's node");

    let began = log.copies[0].partition().nodes().find(|(node, _)| *node == EAST).expect("it takes part").1;
    let [_, west] = log.say(1, Item::Gone(EAST, began));
    assert_eq!(events(&told(&west)), ["member_suspended", "stream_stalled"]);
    let ann = SocketId { node: WEST, number: 25 };
    log.ask(ann, join("ann"));
    let [_, west] = log.ask(ann, camera());
    assert_eq!(west[0].1["ok"]["urls"][0]["url"], "west.example:1935", "a login anew publishes anew");
}

/// Ann's camera flows at the east node, and Bea plays it.
fn ann_is_seen(log: &mut Log) -> (StreamOf, StreamId) {
    let joined = log.ask(ANN, camera());
    let stream = StreamId::parse(joined[0][0].1["ok"]["stream"].as_str().expect("a stream")).expect("stream id");
    let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection: ConnectionId(5) };
    log.say(0, Item::Room(name(), Input::Media { node: EAST, news }));
    let of = StreamOf { user: user("ann"), kind: StreamKind::Camera };
    let subscribe = Subscribe { user: of.user.clone(), kind: of.kind, audio: true, video: true };
    log.ask(BEA, Command::Subscribe(subscribe));
    (of, stream)
}

/// The first, second … session of the room comes back on a socket.
fn resume(log: &mut Log, number: u32, socket: SocketId) -> [Told; 2] {
    let room = log.copies[0].partition().room(&name()).expect("a room");
    let session = SessionId::parse(format!("{}_u{number}", room.tag().as_str())).expect("session id");
    let Snapshot { epoch, offset, .. } = room.snapshot(&user("nobody"));
    log.ask(socket, Command::Resume(Resume { session, secret: Secret::new("a secret"), epoch, offset }))
}

pub(super) fn lose(log: &mut Log, teller: usize, node: NodeId) -> [Told; 2] {
    let began = log.copies[0].partition().nodes().find(|(of, _)| *of == node).expect("it takes part").1;
    log.say(teller, Item::Gone(node, began)).map(|applied| told(&applied))
}

/// The media of Ann's camera has begun at the west node.
fn flows_in_the_west(log: &mut Log, stream: &StreamId) -> [Told; 2] {
    let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection: ConnectionId(9) };
    log.say(1, Item::Room(name(), Input::Media { node: WEST, news })).map(|applied| told(&applied))
}

/// Who is told of new addresses, for what, and where they lead.
fn moves(told: &Told) -> Vec<(u64, &str, &str)> {
    let moved = told.iter().filter(|(_, frame)| frame["ev"] == "url_updated").map(|(socket, frame)| {
        let (role, url) = (&frame["d"]["role"], &frame["d"]["lease"]["urls"][0]["url"]);
        (*socket, role.as_str().expect("a role"), url.as_str().expect("a URL"))
    });
    moved.collect()
}

#[test]
fn a_stalled_stream_follows_its_publisher_when_it_asks_for_an_address() {
    let mut log = both_joined();
    let (of, stream) = ann_is_seen(&mut log);
    let ann = SocketId { node: WEST, number: 26 };
    resume(&mut log, 1, ann);
    // While its media flows it stays where it is.
    let [_, west] = log.ask(ann, Command::RenewUrl(of.clone()));
    assert_eq!(west[0].1["ok"]["urls"][0]["url"], "east.example:1935");
    let news = MediaNews::Stopped { stream: stream.clone(), generation: 1, connection: ConnectionId(5) };
    log.say(0, Item::Room(name(), Input::Media { node: EAST, news }));
    let [_, west] = log.ask(ann, Command::RenewUrl(of));
    assert_eq!((west.len(), &west[0].1["ok"]["urls"][0]["url"]), (1, &Value::from("west.example:1935")));
    let [_, west] = flows_in_the_west(&mut log, &stream);
    assert_eq!(moves(&west), [(BEA.number, "player", "west.example:1935")], "players follow the media");
}

#[test]
fn the_streams_of_a_dead_node_move_at_once_to_publishers_that_are_elsewhere() {
    let mut log = both_joined();
    let (_, stream) = ann_is_seen(&mut log);
    let ann = SocketId { node: WEST, number: 26 };
    resume(&mut log, 1, ann);
    let [_, west] = lose(&mut log, 1, EAST);
    assert_eq!(events(&west)[..2], ["stream_stalled", "stream_stalled"], "to both of its sockets");
    assert_eq!(moves(&west), [(ann.number, "pusher", "west.example:1935")]);
    let [_, west] = flows_in_the_west(&mut log, &stream);
    assert_eq!(moves(&west), [(BEA.number, "player", "west.example:1935")]);
    log.assert_alike();
}

#[test]
fn whoever_was_on_the_dead_node_hears_of_moves_when_it_comes_back() {
    let mut log = both_joined();
    let (_, stream) = ann_is_seen(&mut log);
    // Bea plays from the east node, and has her socket there.
    let bea = SocketId { node: EAST, number: 27 };
    resume(&mut log, 2, bea);
    let [_, west] = lose(&mut log, 1, EAST);
    assert_eq!(moves(&west), [], "nobody is there to be told");
    let [_, west] = resume(&mut log, 1, SocketId { node: WEST, number: 28 });
    assert_eq!(moves(&west), [(28, "pusher", "west.example:1935")], "the publisher first: the stream goes where it is");
    flows_in_the_west(&mut log, &stream);
    let [_, west] = resume(&mut log, 2, SocketId { node: WEST, number: 29 });
    assert_eq!(moves(&west), [(29, "player", "west.example:1935")]);
    let [_, west] = resume(&mut log, 2, SocketId { node: WEST, number: 30 });
    assert_eq!(moves(&west), [], "once");
    log.assert_alike();
}

#[test]
fn the_streams_of_living_nodes_do_not_stall_when_another_node_dies() {
    let mut log = both_joined();
    ann_is_seen(&mut log);
    let [_, west] = log.ask(BEA, camera());
    let stream = StreamId::parse(west[0].1["ok"]["stream"].as_str().expect("a stream")).expect("stream id");
    flows_in_the_west(&mut log, &stream);
    let [_, west] = lose(&mut log, 1, EAST);
    assert_eq!(events(&west), ["member_suspended", "stream_stalled"], "Ann's alone");
}
