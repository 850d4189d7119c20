//! Clients in rooms on three gateways, while gateways, Redis and the network between them fail. What every client was told is
//! checked: in order, without gaps or repeats, the same for all, and nothing acknowledged is lost within an epoch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::common::{APP, Client, Gateway, Redis, SOON, token};
use super::faults::Fault;
use super::relay::Relay;
use super::{LEASE, toml};

const NODES: usize = 3;
const ROOMS: usize = 4;
const USERS: usize = 5;

/// A small generator, so that a run can be repeated as far as processes allow.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        // splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What all clients share.
#[derive(Default)]
struct Ledger {
    /// What stands at a place of a history: room, epoch and offset.
    told: HashMap<(String, String, u64), Value>,
    violations: Vec<String>,
    outages: Vec<Duration>,
    acknowledged: usize,
}

struct Field {
    nodes: Mutex<Vec<String>>,
    ledger: Mutex<Ledger>,
    stop: AtomicBool,
}

/// One user, as its phone.
struct Phone {
    field: Arc<Field>,
    room: String,
    user: String,
    chance: Chance,
    session: Option<(Value, Value)>,
    epoch: String,
    offset: u64,
    operations: u32,
    /// What was acknowledged last: whether others see it, and in which epoch.
    shown: Option<(bool, String)>,
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

impl Phone {
    async fn live(mut self) -> Self {
        let mut lost: Option<Instant> = None;
        while !self.field.stop.load(Ordering::Relaxed) {
            match timeout(Duration::from_secs(3), self.enter()).await {
                Ok(Some(mut socket)) => {
                    if let Some(lost) = lost.take() {
                        self.field.ledger.lock().expect("ledger").outages.push(lost.elapsed());
                    }
                    if self.stay(&mut socket).await {
                        // It may have been carried out or not.
                        self.shown = None;
                    }
                    lost = Some(Instant::now());
                }
                Ok(None) | Err(_) => {
                    lost.get_or_insert_with(Instant::now);
                    sleep(Duration::from_millis(50 + self.chance.below(100))).await;
                }
            }
        }
        self
    }

    /// Resumes, or joins, on some gateway.
    async fn enter(&mut self) -> Option<Socket> {
        let url = {
            let nodes = self.field.nodes.lock().expect("nodes");
            nodes[usize::try_from(self.chance.below(NODES as u64)).expect("small")].clone()
        };
        let mut request = url.into_client_request().ok()?;
        request.headers_mut().insert("sec-websocket-protocol", "miniapp-rtc.v1".parse().ok()?);
        let (mut socket, _) = connect_async(request).await.ok()?;
        let frame = match &self.session {
            Some((session, secret)) => json!({ "id": 1, "m": "resume", "p": {
                "session": session, "secret": secret, "epoch": self.epoch, "offset": self.offset } }),
            None => json!({ "id": 1, "m": "join", "p": {
                "app": APP, "room": self.room, "user": self.user, "token": token(&self.room, &self.user) } }),
        };
        socket.send(Message::Text(frame.to_string().into())).await.ok()?;
        loop {
            let frame = read(&mut socket).await?;
            if frame["id"] == 1 {
                if frame["err"]["name"] == "session_unknown" {
                    (self.session, self.shown) = (None, None);
                }
                let answer = frame.get("ok")?;
                if let Some(session) = answer.get("session") {
                    self.session = Some((session.clone(), answer["secret"].clone()));
                    self.shown = None;
                }
                if let Some(snapshot) = answer.get("snapshot") {
                    self.epoch = snapshot["epoch"].as_str()?.to_owned();
                    self.offset = snapshot["offset"].as_u64()?;
                }
                return Some(socket);
            }
            // A join is answered after the events that it causes, of which its snapshot tells.
            if self.session.is_some() && frame["ev"] == "bye" {
                return None;
            }
        }
    }

    /// Hides and shows itself again and again, and heeds what it is told, until the socket ends. Says whether an answer is owed.
    async fn stay(&mut self, socket: &mut Socket) -> bool {
        let mut asked: Option<(u32, bool)> = None;
        let mut visible = self.shown.as_ref().is_none_or(|(visible, _)| *visible);
        let mut next = Instant::now() + Duration::from_millis(self.chance.below(80));
        let mut heard = Instant::now();
        while !self.field.stop.load(Ordering::Relaxed) || asked.is_some() {
            if asked.is_none() && Instant::now() >= next {
                self.operations += 1;
                let id = self.operations + 1;
                let frame = json!({ "id": id, "m": "set_visibility", "op": format!("{}-{id}", self.user),
                    "p": { "visible": !visible } });
                if socket.send(Message::Text(frame.to_string().into())).await.is_err() {
                    return true;
                }
                asked = Some((id, !visible));
            }
            let frame = match timeout(Duration::from_millis(20), read(socket)).await {
                Ok(Some(frame)) => frame,
                Ok(None) => return asked.is_some(),
                // A gateway that hangs says nothing: so long a phone waits before it goes elsewhere.
                Err(_) if asked.is_some() && heard.elapsed() > Duration::from_millis(1_500) => return true,
                Err(_) => continue,
            };
            heard = Instant::now();
            if let Some((id, wanted)) = asked
                && frame["id"] == id
            {
                asked = None;
                next = Instant::now() + Duration::from_millis(20 + self.chance.below(60));
                if frame.get("ok").is_some() {
                    visible = wanted;
                    self.shown = Some((wanted, self.epoch.clone()));
                    self.field.ledger.lock().expect("ledger").acknowledged += 1;
                }
            } else if frame.get("off").is_some() {
                self.heed(&frame);
            } else if frame["ev"] == "kicked" {
                self.violate(format!("kicked: {frame}"));
            }
        }
        false
    }

    /// An ordered event: the next one of its history, and the same for everybody.
    fn heed(&mut self, frame: &Value) {
        let (epoch, offset) = (frame["ep"].as_str().unwrap_or_default(), frame["off"].as_u64().unwrap_or(0));
        if epoch != self.epoch || offset != self.offset + 1 {
            self.violate(format!("after {} {} came {frame}", self.epoch, self.offset));
        }
        (self.epoch, self.offset) = (epoch.to_owned(), offset);
        let place = (self.room.clone(), self.epoch.clone(), offset);
        let told = json!([frame["ev"], frame["d"]]);
        let before = self.field.ledger.lock().expect("ledger").told.insert(place, told.clone());
        if let Some(before) = before.filter(|before| *before != told) {
            self.violate(format!("{frame} was told otherwise: {before}"));
        }
    }

    fn violate(&self, what: String) {
        let violation = format!("{} in {}: {what}", self.user, self.room);
        self.field.ledger.lock().expect("ledger").violations.push(violation);
    }
}

async fn read(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return serde_json::from_str(&text).ok(),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes the machine for itself: cargo xtask test --only cluster"]
async fn no_client_is_told_anything_wrong_while_gateways_and_redis_fail() {
    let (seconds, seed) = (setting("CLUSTER_SECONDS", 30), setting("CLUSTER_SEED", 1));
    let mut chance = Chance(seed);
    let mut redis = Redis::start();
    let mut relays = Vec::new();
    for _ in 0..NODES {
        relays.push(Relay::to(redis.port()).await);
    }
    let start = |number: usize| tokio::task::block_in_place(|| Gateway::with(&toml(&relays[number].url())));
    let mut gateways: Vec<Gateway> = (0..NODES).map(start).collect();
    let addresses = gateways.iter().map(|gateway| gateway.ws.clone()).collect();
    let ledger = Mutex::default();
    let field = Arc::new(Field { nodes: Mutex::new(addresses), ledger, stop: AtomicBool::new(false) });
    let mut phones = tokio::task::JoinSet::new();
    for room in 0..ROOMS {
        for user in 0..USERS {
            let chance = Chance(seed ^ (room as u64) << 32 ^ (user as u64) << 40);
            let phone = Phone {
                field: Arc::clone(&field),
                room: format!("room-{room}"),
                user: format!("user-{room}-{user}"),
                chance,
                session: None,
                epoch: String::new(),
                offset: 0,
                operations: 0,
                shown: None,
            };
            phones.spawn(phone.live());
        }
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut struck = Vec::new();
    while Instant::now() < until {
        sleep(Duration::from_millis(700 + chance.below(1_000))).await;
        let victim = usize::try_from(chance.below(NODES as u64)).expect("small");
        let fault = Fault::of(chance.below(u64::MAX));
        struck.push(fault);
        if matches!(fault, Fault::GatewayKilled | Fault::BothKilled) {
            gateways[victim].signal("-KILL");
        }
        match fault {
            Fault::GatewayKilled => {}
            Fault::GatewayHung => {
                gateways[victim].signal("-STOP");
                sleep(2 * LEASE).await;
                gateways[victim].signal("-CONT");
            }
            Fault::NetworkCut => relays[victim].cut(2 * LEASE).await,
            Fault::RedisKilled | Fault::BothKilled => tokio::task::block_in_place(|| redis.restart()),
            Fault::RedisTruncated => {
                let bytes = 1 + chance.below(4_000);
                tokio::task::block_in_place(|| redis.restart_truncated(bytes));
            }
            Fault::RedisEmptied => tokio::task::block_in_place(|| redis.restart_empty()),
            Fault::RedisHung => {
                redis.signal("-STOP");
                sleep(2 * LEASE).await;
                redis.signal("-CONT");
            }
            Fault::RedisFull => {
                let limit = |bytes: u32| redis.command(&format!("CONFIG SET maxmemory {bytes}")).expect("an answer");
                assert!(limit(1).starts_with("+OK"));
                sleep(2 * LEASE).await;
                assert!(limit(0).starts_with("+OK"));
            }
        }
        if matches!(fault, Fault::GatewayKilled | Fault::BothKilled) {
            gateways[victim] = start(victim);
            field.nodes.lock().expect("nodes")[victim] = gateways[victim].ws.clone();
        }
    }
    // All is well again.
    sleep(4 * LEASE).await;
    field.stop.store(true, Ordering::Relaxed);
    let mut lost = 0;
    let mut snapshots: HashMap<String, Value> = HashMap::new();
    let phones = timeout(SOON, phones.join_all()).await.expect("all phones end");
    for room in 0..ROOMS {
        let room = format!("room-{room}");
        for (index, gateway) in gateways.iter().enumerate() {
            let mut observer = Client::open(gateway).await;
            let user = format!("observer-{index}");
            let parameters =
                json!({ "app": APP, "room": room, "user": user, "token": token(&room, &user), "visible": false });
            let mut snapshot = observer.ask("join", parameters).await.expect("joined")["snapshot"].clone();
            // Phones hang up one after the other: who is suspended is not compared, nor how often that was told.
            snapshot["offset"] = Value::Null;
            for member in snapshot["members"].as_array_mut().expect("members") {
                member["suspended"] = Value::Null;
            }
            let first = snapshots.entry(room.clone()).or_insert_with(|| snapshot.clone());
            assert_eq!(*first, snapshot, "{room} is the same on every gateway");
        }
    }
    for phone in &phones {
        let Some((visible, epoch)) = &phone.shown else { continue };
        let snapshot = &snapshots[&phone.room];
        let is_seen = snapshot["members"].as_array().expect("members").iter().any(|is| is["user"] == phone.user);
        if is_seen != *visible && snapshot["epoch"] == *epoch {
            phone.violate(format!("what was acknowledged is lost within an epoch: visible {visible}"));
        }
        lost += usize::from(is_seen != *visible);
    }
    let mut ledger = field.ledger.lock().expect("ledger");
    ledger.outages.sort();
    let part = |of: usize| ledger.outages.get(ledger.outages.len() * of / 100).map_or(0.0, Duration::as_secs_f64);
    println!("seed {seed}, {seconds} s, {NODES} gateways, {} clients", phones.len());
    let count = |fault| struck.iter().filter(|other| **other == fault).count().to_string();
    let (heads, counts): (Vec<_>, Vec<_>) = Fault::ALL.iter().map(|(fault, name, _)| (*name, count(*fault))).unzip();
    println!("| {} | acknowledged | lost | outages | p50 | p99 | violations |", heads.join(" | "));
    println!("| {}", "--- | ".repeat(heads.len() + 6));
    println!(
        "| {} | {} | {lost} | {} | {:.2} s | {:.2} s | {} |",
        counts.join(" | "),
        ledger.acknowledged,
        ledger.outages.len(),
        part(50),
        part(99),
        ledger.violations.len()
    );
    assert!(ledger.violations.is_empty(), "{:#?}", &ledger.violations[..ledger.violations.len().min(20)]);
    assert!(ledger.acknowledged > 100 && !ledger.outages.is_empty(), "nothing was tried");
    assert!(part(99) < 10.0, "outages are too long");
}
