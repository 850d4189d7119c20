//! Engines that share rooms through a real Redis server.

use std::time::Instant;

use miniapp_rtc::protocol::{Empty, Secret, SessionId};
use serde_json::Value;
use tokio::time::sleep;

use super::*;
use crate::clock::Clock;
use crate::engine::suite::{answers_the_media_server, heeds_who_was_put_out, join, open, parts, place};
use crate::mailbox::Mailbox;
use crate::node::{Outgoing, OutgoingFrame};
use crate::room::{Asked, Command, NodeId, Order, RoomPolicy};
use crate::sockets::Sockets;

#[allow(clippy::duplicate_mod, dead_code, missing_docs, unreachable_pub)]
#[path = "../../../tests/common/redis.rs"]
mod server;
#[allow(clippy::duplicate_mod, dead_code, missing_docs, unreachable_pub)]
#[path = "../../../tests/common/signal.rs"]
mod signal;

use server::{Redis, Sentinel, TlsRedis};

mod ends;
mod ways;

const SOON: Duration = Duration::from_secs(10);
const LEASE_MS: u32 = 600;

/// A node: an engine with its sockets.
struct Node {
    engine: ClusterEngine,
    sockets: Arc<Sockets>,
}

impl Node {
    async fn start(redis: &Redis, node: u64) -> Self {
        Self::with(redis, node, 2_000).await.expect("started")
    }

    async fn with(redis: &Redis, node: u64, snapshot_every: u32) -> Result<Self, StoreError> {
        Self::at(&redis.url(), node, snapshot_every).await
    }

    async fn at(url: &str, node: u64, snapshot_every: u32) -> Result<Self, StoreError> {
        Self::by(url, None, node, snapshot_every).await
    }

    /// By TLS, which trusts these certificates; `None` trusts the system's.
    async fn by(url: &str, trusted: Option<&str>, node: u64, snapshot_every: u32) -> Result<Self, StoreError> {
        let mut policy = RoomPolicy::default();
        policy.times.resume_ms = 2_000;
        let (parts, sockets) = parts(NodeId(node), Clock::start(), policy);
        let settings = ClusterSettings {
            address: url.parse().expect("an address"),
            authorities: trusted.map(|pem| pem.as_bytes().to_vec()),
            prefix: "test".into(),
            partitions: 4,
            lease_ms: LEASE_MS,
            snapshot_every,
        };
        Ok(Self { engine: ClusterEngine::start(parts, settings).await?, sockets })
    }

    fn open(&self) -> Client<'_> {
        Client { node: self, mailbox: open(&self.sockets), heard: Vec::new(), bye: None }
    }
}

struct Client<'a> {
    node: &'a Node,
    mailbox: Arc<Mailbox>,
    heard: Vec<Value>,
    bye: Option<miniapp_rtc::protocol::Bye>,
}

impl Client<'_> {
    async fn ask(&mut self, place: &Place, command: Command) -> Result<Value, Unavailable> {
        let asked = Asked { socket: self.mailbox.socket(), id: 9, operation: None, command };
        self.node.engine.submit(place, Input::Ask(asked)).await?;
        Ok(self.find("an answer", |frame| frame.get("id").is_some()).await)
    }

    async fn join(&mut self, room: &str, user: &str) -> Value {
        let answer = self.ask(&place(room), join(user)).await.expect("in reach");
        answer["ok"].clone()
    }

    async fn resume(&mut self, joined: &Value, offset: u32) -> Value {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let session = SessionId::parse(text(&joined["session"])).expect("session id");
        let epoch = miniapp_rtc::protocol::Epoch::parse(text(&joined["snapshot"]["epoch"])).expect("epoch");
        let secret = Secret::new(text(&joined["secret"]));
        let resume = miniapp_rtc::protocol::Resume { session: session.clone(), secret, epoch, offset };
        self.ask(&Place::Session(session), Command::Resume(resume)).await.expect("in reach")
    }

    async fn event(&mut self, name: &str) -> Value {
        self.find(name, |frame| frame["ev"] == name).await
    }

    async fn find(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + SOON;
        loop {
            if let Some(index) = self.heard.iter().position(&is_it) {
                return self.heard.remove(index);
            }
            let left = until.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.mailbox.take()).await {
                Ok(Outgoing::Frames(frames)) => {
                    let read = |frame: &OutgoingFrame| serde_json::from_str(frame.text()).expect("JSON");
                    self.heard.extend(frames.iter().map(read));
                }
                Ok(Outgoing::Close(bye)) => panic!("closed before {what}: {bye:?}"),
                Err(_) => panic!("{what} did not come: {:?}", self.heard),
            }
        }
    }

    /// Waits until its socket is put out, to resume.
    async fn put_out(&mut self) {
        let closed = async {
            loop {
                if let Outgoing::Close(bye) = self.mailbox.take().await {
                    return bye;
                }
            }
        };
        self.bye = tokio::time::timeout(SOON, closed).await.expect("put out in time");
        let action = self.bye.as_ref().map(|bye| bye.action);
        assert_eq!(action, Some(miniapp_rtc::protocol::ByeAction::Resume));
    }
}

/// Waits until all nodes hold the same.
async fn alike(nodes: &[&Node]) {
    let until = Instant::now() + SOON;
    loop {
        let digests: Vec<_> = nodes.iter().map(|node| node.engine.digests()).collect();
        if digests.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
        assert!(Instant::now() < until, "{digests:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_what_every_engine_does() {
    let redis = Redis::start();
    let one = Node::start(&redis, 1).await;
    heeds_who_was_put_out(&one.engine, &one.sockets).await;
    let another = Redis::start();
    let one = Node::start(&another, 1).await;
    answers_the_media_server(&one.engine, &one.sockets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_have_one_room_and_a_session_goes_from_one_to_the_other() {
    let redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    let of_ann = ann.join("r", "ann").await;
    let of_bea = bea.join("r", "bea").await;
    assert_eq!(of_bea["snapshot"]["members"][0]["user"], "ann");
    assert_eq!(ann.event("member_joined").await["d"]["user"], "bea");
    let pong = ann.ask(&place("r"), Command::Ping(miniapp_rtc::protocol::Ping { offset: 0 })).await.expect("in reach");
    assert_eq!(pong["ok"]["offset"], 2);
    let mut moved = west.open();
    let resumed = moved.resume(&of_ann, 2).await;
    assert_eq!((&resumed["ok"]["generation"], resumed["ok"].get("snapshot")), (&Value::from(2), None));
    alike(&[&east, &west]).await;
    assert_eq!((east.engine.counts().sessions, west.engine.counts().sessions), (2, 2));
    let left = moved.ask(&place("r"), Command::Leave(Empty {})).await.expect("in reach");
    assert!(left.get("ok").is_some(), "{left}");
    assert_eq!(bea.event("member_left").await["d"]["user"], "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_one_node_sees_the_rooms_of_all_and_is_obeyed_in_all() {
    let redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    alike(&[&east, &west]).await;
    let user = |id: &str| miniapp_rtc::protocol::UserId::parse(id).expect("user id");
    let (Place::Room(name), Place::Room(empty)) = (place("r"), place("empty")) else { panic!("rooms") };
    let members = async |node: &Node| node.engine.view(&name).await.expect("in reach").map(|view| view.members.len());
    assert_eq!((members(&east).await, members(&west).await), (Some(2), Some(2)));
    let order = Input::Order(Order::Kick(user("ann")));
    assert_eq!(west.engine.submit(&place("r"), order).await, Ok(()));
    assert_eq!(members(&west).await, Some(1), "it is done when the order has been answered");
    assert_eq!(ann.event("kicked").await["d"]["reason"], "by_operator");
    assert_eq!(bea.event("member_left").await["d"]["reason"], "kicked");

    assert_eq!(east.engine.view(&empty).await, Ok(None));
    let ban = Input::Order(Order::Ban { user: user("ann"), seconds: 60 });
    assert_eq!(east.engine.submit(&place("empty"), ban).await, Ok(()));
    alike(&[&east, &west]).await;
    let view = west.engine.view(&empty).await.expect("in reach").expect("a room");
    assert!((59..=60).contains(&view.bans[0].seconds), "{view:?}");
    let refused = west.open().ask(&place("empty"), join("ann")).await.expect("in reach");
    assert_eq!(refused["err"]["name"], "user_banned");
    let mut rooms = west.engine.rooms().await.expect("in reach");
    rooms.sort_by_key(|room| room.members);
    let found: Vec<_> = rooms.iter().map(|room| (room.room.as_str(), room.members)).collect();
    assert_eq!(found, [("empty", 0), ("r", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_suspends_its_members_who_come_back_on_another_and_miss_nothing() {
    let redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    let of_ann = ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    ann.event("member_joined").await;
    drop(ann);
    drop(east);
    assert_eq!(bea.event("member_suspended").await["d"]["user"], "ann");
    let mut again = west.open();
    let resumed = again.resume(&of_ann, 1).await;
    assert_eq!(resumed["ok"].get("snapshot"), None, "{resumed}");
    let missed: Vec<Value> = [again.event("member_joined").await, again.event("member_suspended").await].into();
    assert_eq!(missed.iter().map(|event| event["off"].as_u64()).collect::<Vec<_>>(), [Some(2), Some(3)]);
    assert_eq!(bea.event("member_resumed").await["d"]["user"], "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_reads_the_snapshot_and_the_log_after_it() {
    let redis = Redis::start();
    let east = Node::with(&redis, 16, 16).await.expect("started");
    let mut ann = east.open();
    ann.join("r", "ann").await;
    for _ in 0..60 {
        for visible in [false, true] {
            let wish = miniapp_rtc::protocol::SetVisibility { visible };
            ann.ask(&place("r"), Command::SetVisibility(wish)).await.expect("in reach");
        }
    }
    sleep(Duration::from_millis(200)).await;
    assert!(east.engine.cluster().expect("a cluster").snapshots > 1);
    let west = Node::start(&redis, 2).await;
    alike(&[&east, &west]).await;
    assert_eq!(west.engine.counts().sessions, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_redis_clients_resume_and_are_given_the_room_anew() {
    let mut redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    let of_ann = ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    redis.restart();
    ann.put_out().await;
    bea.put_out().await;
    let mut again = west.open();
    let resumed = again.resume(&of_ann, 2).await;
    let snapshot = &resumed["ok"]["snapshot"];
    assert_eq!(snapshot["members"][0]["user"], "bea", "what was written is there: {resumed}");
    assert_ne!(snapshot["epoch"], of_ann["snapshot"]["epoch"]);
    alike(&[&east, &west]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_redis_lost_everything_nobody_is_told_of_sessions_that_are_gone() {
    let mut redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    let of_ann = ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    redis.restart_empty();
    ann.put_out().await;
    bea.put_out().await;
    let mut again = west.open();
    assert_eq!(again.resume(&of_ann, 2).await["err"]["name"], "session_unknown");
    let mut ann = east.open();
    let joined = ann.join("r", "ann").await;
    assert_eq!(joined["snapshot"]["members"].as_array().map(Vec::len), Some(0));
    assert_ne!(joined["snapshot"]["epoch"], of_ann["snapshot"]["epoch"]);
    alike(&[&east, &west]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_reach_redis_puts_its_clients_out_and_comes_back() {
    let redis = Redis::start();
    let east = Node::start(&redis, 1).await;
    let mut ann = east.open();
    ann.join("r", "ann").await;
    redis.signal("-STOP");
    ann.put_out().await;
    assert!(!east.engine.cluster().expect("a cluster").ok);
    let unreachable = east.open().ask(&place("r"), Command::Leave(Empty {})).await;
    assert!(matches!(unreachable, Err(Unavailable(_))), "{unreachable:?}");
    assert!(east.engine.live_publications().await.is_err(), "it does not answer as if there were no streams");
    let Place::Room(name) = place("r") else { panic!("a room") };
    assert!(
        east.engine.rooms().await.is_err() && east.engine.view(&name).await.is_err(),
        "nor as if it knew the rooms"
    );
    redis.signal("-CONT");
    let until = Instant::now() + SOON;
    while !east.engine.cluster().expect("a cluster").ok {
        assert!(Instant::now() < until, "it does not come back");
        sleep(Duration::from_millis(20)).await;
    }
    let mut bea = east.open();
    let joined = bea.join("r", "bea").await;
    assert_eq!(joined["snapshot"]["members"][0]["user"], "ann", "suspended, and not yet over");
    assert_eq!(joined["snapshot"]["members"][0]["suspended"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_leaves_hands_its_members_over() {
    let redis = Redis::start();
    let (east, west) = (Node::start(&redis, 1).await, Node::start(&redis, 2).await);
    let (mut ann, mut bea) = (east.open(), west.open());
    ann.join("r", "ann").await;
    bea.join("r", "bea").await;
    east.engine.leave().await;
    let suspended = Instant::now();
    assert_eq!(bea.event("member_suspended").await["d"]["user"], "ann");
    assert!(suspended.elapsed() < Duration::from_millis(LEASE_MS.into()), "others need not wait for its lease");
    // Its time to come back passes by the clock of Redis.
    assert_eq!(bea.event("member_left").await["d"]["reason"], "timed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_configuration_is_refused() {
    let redis = Redis::start();
    let _east = Node::start(&redis, 1).await;
    assert!(redis.command("SET test:form another").expect("an answer").starts_with("+OK"));
    let refused = Node::with(&redis, 2, 2_000).await.err();
    assert!(matches!(refused, Some(StoreError::Differs { .. })), "{refused:?}");
}
