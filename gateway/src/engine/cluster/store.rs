//! The [`Store`] is Redis as the engine uses it: a log, its state and a snapshot for each partition, and a lease for each process.

use std::time::Duration;

use miniapp_rtc::protocol::Secret;
#[cfg(feature = "tls")]
use redis::TlsCertificates;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError, Script, Value, cmd};

use super::entries::{Found, entries_of};
use crate::partition::{Era, LogEntry, Offset, Partition};
use crate::room::NodeId;
use crate::settings::ClusterSettings;

const OPEN: &str = include_str!("open.lua");
const APPEND: &str = include_str!("append.lua");
const SAVE: &str = include_str!("save.lua");

/// Which form logs and snapshots have. Processes of another form do not share rooms.
const FORM: u32 = 1;
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_millis(1_000);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_millis(2_000);
/// How long a read waits for entries, in milliseconds.
const BLOCK_MS: u64 = 1_000;
/// Most entries of a partition in one read.
const COUNT: u64 = 512;

/// Redis, connected.
pub(super) struct Store {
    /// For what must be quick while reads wait.
    orders: MultiplexedConnection,
    /// For reads that wait.
    tail: MultiplexedConnection,
    keys: Keys,
}

/// What went wrong between the engine and Redis.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No server that is a master answers.
    #[error("Redis at {address} cannot be used: {cause}")]
    Unreachable {
        /// Without user and password.
        address: String,
        /// What was tried last.
        cause: String,
    },
    /// Redis answered with an error, or not at all.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// The log is in another era than the entry that was to be appended.
    #[error("the log has begun another era")]
    OtherEra,
    /// The log is not the one that was followed, or has lost entries.
    #[error("the log of partition {partition} is not whole: entry {wanted} was expected, and {found} came")]
    Gap {
        /// Which partition.
        partition: u16,
        /// The number of the entry that was to come.
        wanted: u64,
        /// The number of the entry that came.
        found: u64,
    },
    /// Another version wrote it.
    #[error("what is kept in Redis cannot be read ({0}): run the same version on all nodes, or another prefix")]
    Unreadable(String),
    /// Another node has another configuration.
    #[error("the cluster has {theirs}, this node {ours}: give all nodes the same cluster.partitions and version")]
    Differs {
        /// What the cluster has.
        theirs: String,
        /// What this process was told.
        ours: String,
    },
    /// The log was silent for too long.
    #[error("the log was silent for too long")]
    Silent,
    /// This process was put out of the cluster, or put itself out.
    #[error("this node was put out of the cluster")]
    Out,
}

/// The names of everything in Redis.
#[derive(Clone, Debug)]
struct Keys {
    prefix: String,
}

impl Keys {
    fn of(&self, partition: u16, what: &str) -> String {
        format!("{}:{{{partition}}}:{what}", self.prefix)
    }

    fn log(&self, partition: u16) -> String {
        self.of(partition, "log")
    }

    fn state(&self, partition: u16) -> String {
        self.of(partition, "state")
    }

    fn snapshot(&self, partition: u16) -> String {
        self.of(partition, "snapshot")
    }

    fn lease(&self, node: NodeId) -> String {
        format!("{}:node:{:016x}", self.prefix, node.0)
    }

    fn form(&self) -> String {
        format!("{}:form", self.prefix)
    }
}

impl Store {
    /// Connects to the master.
    pub(super) async fn connect(settings: &ClusterSettings) -> Result<Self, StoreError> {
        let address = &settings.address;
        let keys = Keys { prefix: settings.prefix.clone() };
        let mut cause = String::from("no Sentinel knows a master of that name");
        for host in masters(settings).await {
            match connect_to(settings, &host).await {
                Ok((orders, tail)) => {
                    let mut store = Self { orders, tail, keys };
                    store.agree(settings.partitions).await?;
                    return Ok(store);
                }
                Err(error) => cause = error.to_string(),
            }
        }
        Err(StoreError::Unreachable { address: address.to_string(), cause })
    }

    /// The connections again, for another task.
    pub(super) fn share(&self) -> Self {
        Self { orders: self.orders.clone(), tail: self.tail.clone(), keys: self.keys.clone() }
    }

    async fn agree(&mut self, partitions: u16) -> Result<(), StoreError> {
        let ours = format!("form {FORM}, {partitions} partitions");
        let set = cmd("SET").arg(self.keys.form()).arg(&ours).arg("NX").arg("GET").to_owned();
        let theirs: Option<String> = set.query_async(&mut self.orders).await?;
        match theirs {
            Some(theirs) if theirs != ours => Err(StoreError::Differs { theirs, ours }),
            _ => Ok(()),
        }
    }

    /// Finds the era of a log, and begins one where it has none, or Redis may have lost something.
    pub(super) async fn open(&mut self, partition: u16) -> Result<Era, StoreError> {
        let script = Script::new(OPEN);
        let mut call = script.key(self.keys.log(partition));
        call.key(self.keys.state(partition));
        Ok(Era(call.invoke_async(&mut self.orders).await?))
    }

    /// Appends entries, each to its partition and in its era, in one round trip.
    pub(super) async fn append(&mut self, entries: &[(u16, Era, LogEntry)]) -> Result<(), StoreError> {
        let mut bodies = Vec::new();
        for (partition, era, entry) in entries {
            bodies.push((*partition, era, String::new(), to_text(entry)?));
        }
        self.run_appends(&bodies).await
    }

    /// Lets time pass in partitions where something is due at that Unix millisecond.
    pub(super) async fn tick(&mut self, node: NodeId, ticks: &[(u16, Era, u64)]) -> Result<(), StoreError> {
        let text = to_text(&LogEntry { node, first: 0, items: Vec::new() })?;
        let bodies: Vec<_> =
            ticks.iter().map(|(partition, era, due)| (*partition, era, due.to_string(), text.clone())).collect();
        self.run_appends(&bodies).await
    }

    async fn run_appends(&mut self, bodies: &[(u16, &Era, String, Vec<u8>)]) -> Result<(), StoreError> {
        let script = Script::new(APPEND);
        let mut pipeline = redis::pipe();
        for (partition, era, due, body) in bodies {
            let call = pipeline.cmd("EVALSHA").arg(script.get_hash()).arg(2);
            call.arg(self.keys.log(*partition)).arg(self.keys.state(*partition)).arg(&era.0).arg(due).arg(body);
        }
        let appended: Result<Vec<i64>, RedisError> = pipeline.query_async(&mut self.orders).await;
        match appended {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ERA") => Err(StoreError::OtherEra),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the log still holds this entry, of this era: then it goes on from there.
    pub(super) async fn holds(&mut self, partition: u16, at: Offset, era: &Era) -> Result<bool, StoreError> {
        let id = at.to_string();
        let range = cmd("XRANGE").arg(self.keys.log(partition)).arg(&id).arg(&id).to_owned();
        let found: Value = range.query_async(&mut self.orders).await?;
        Ok(entries_of(found).iter().any(|found| found.at == at && found.era == *era))
    }

    /// Makes a partition from its snapshot and the log after it.
    pub(super) async fn load(&mut self, partition: u16) -> Result<Partition, StoreError> {
        let get = cmd("GET").arg(self.keys.snapshot(partition)).to_owned();
        let snapshot: Option<Vec<u8>> = get.query_async(&mut self.orders).await?;
        let mut loaded = match snapshot {
            Some(text) => Partition::read(&text).map_err(|error| StoreError::Unreadable(error.to_string()))?,
            None => Partition::default(),
        };
        loop {
            let after = format!("({}", loaded.at());
            let mut range = cmd("XRANGE");
            range.arg(self.keys.log(partition)).arg(after).arg("+").arg("COUNT").arg(COUNT);
            let found: Value = range.query_async(&mut self.orders).await?;
            let entries = entries_of(found);
            if entries.is_empty() {
                return Ok(loaded);
            }
            for Found { at, era, entry } in entries {
                follows(partition, loaded.at(), at)?;
                match entry {
                    None => loaded.begin_era(at, era),
                    // Nobody is told here: who comes back is given the room as it is.
                    Some(entry) => drop(loaded.apply(at, read(&entry)?)),
                }
            }
        }
    }

    /// Waits for entries after these, one offset for each partition.
    pub(super) async fn follow(&mut self, after: &[Offset]) -> Result<Vec<(u16, Vec<Found>)>, StoreError> {
        let numbers: Vec<u16> = (0..).take(after.len()).collect();
        let keys: Vec<String> = numbers.iter().map(|partition| self.keys.log(*partition)).collect();
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(COUNT).arg("BLOCK").arg(BLOCK_MS).arg("STREAMS").arg(&keys);
        for at in after {
            read.arg(at.to_string());
        }
        let reading = read.query_async::<Value>(&mut self.tail);
        let answer = tokio::time::timeout(ANSWER, reading).await.map_err(|_| StoreError::Silent)??;
        // No entry came in time.
        let Value::Array(streams) = answer else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for stream in streams {
            let Value::Array(mut pair) = stream else { continue };
            let (Some(entries), Some(Value::BulkString(key))) = (pair.pop(), pair.pop()) else { continue };
            let number = numbers.iter().zip(&keys).find(|(_, name)| name.as_bytes() == key).map(|(number, _)| *number);
            found.extend(number.map(|number| (number, entries_of(entries))));
        }
        Ok(found)
    }

    /// Keeps a snapshot, unless a newer one is there.
    pub(super) async fn save(&mut self, partition: u16, copy: &Partition) -> Result<(), StoreError> {
        let text = copy.write().map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let script = Script::new(SAVE);
        let mut call = script.key(self.keys.log(partition));
        call.key(self.keys.state(partition)).key(self.keys.snapshot(partition));
        call.arg(&copy.era().0).arg(copy.at().number).arg(copy.at().to_string()).arg(text);
        let _is_newest: i64 = call.invoke_async(&mut self.orders).await?;
        Ok(())
    }

    /// Says that a process lives, for so many milliseconds.
    pub(super) async fn renew_lease(&mut self, node: NodeId, lease_ms: u32) -> Result<(), StoreError> {
        let set = cmd("SET").arg(self.keys.lease(node)).arg("").arg("PX").arg(lease_ms).to_owned();
        Ok(set.query_async(&mut self.orders).await?)
    }

    /// Which of these processes have no lease any more.
    pub(super) async fn without_lease(&mut self, nodes: &[NodeId]) -> Result<Vec<NodeId>, StoreError> {
        if nodes.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = nodes.iter().map(|node| self.keys.lease(*node)).collect();
        let get = cmd("MGET").arg(keys).to_owned();
        let found: Vec<Option<String>> = get.query_async(&mut self.orders).await?;
        Ok(nodes.iter().zip(found).filter(|(_, lease)| lease.is_none()).map(|(node, _)| *node).collect())
    }
}

/// That an entry comes right after another.
pub(super) fn follows(partition: u16, last: Offset, at: Offset) -> Result<(), StoreError> {
    let (wanted, found) = (last.number + 1, at.number);
    if wanted == found { Ok(()) } else { Err(StoreError::Gap { partition, wanted, found }) }
}

/// Reads an entry.
pub(super) fn read(text: &[u8]) -> Result<LogEntry, StoreError> {
    serde_json::from_slice(text).map_err(|error| StoreError::Unreadable(error.to_string()))
}

fn to_text(entry: &LogEntry) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(entry).map_err(|error| StoreError::Unreadable(error.to_string()))
}

/// The servers that may be the master, as `host:port`: the one that is named, or what Sentinels say.
async fn masters(settings: &ClusterSettings) -> Vec<String> {
    let address = &settings.address;
    let Some(name) = address.master() else { return address.hosts().to_vec() };
    let mut found: Vec<String> = Vec::new();
    for host in address.hosts() {
        if let Ok((server, port)) = ask_sentinel(settings, host, name).await {
            let server = format!("{server}:{port}");
            if !found.contains(&server) {
                found.push(server);
            }
        }
    }
    found
}

async fn ask_sentinel(settings: &ClusterSettings, host: &str, name: &str) -> Result<(String, u16), RedisError> {
    let client = client(settings, &settings.address.sentinel_url(host))?;
    let mut sentinel = client.get_multiplexed_async_connection_with_config(&patience(Some(CONNECT))).await?;
    cmd("SENTINEL").arg("get-master-addr-by-name").arg(name).query_async(&mut sentinel).await
}

async fn connect_to(
    settings: &ClusterSettings,
    host: &str,
) -> Result<(MultiplexedConnection, MultiplexedConnection), RedisError> {
    let client = client(settings, &settings.address.url(host))?;
    let mut orders = client.get_multiplexed_async_connection_with_config(&patience(Some(ANSWER))).await?;
    let tail = client.get_multiplexed_async_connection_with_config(&patience(None)).await?;
    let _hash: String = cmd("SCRIPT").arg("LOAD").arg(APPEND).query_async(&mut orders).await?;
    Ok((orders, tail))
}

/// A client of the server at that URL. A build without TLS has refused URLs that need it.
fn client(settings: &ClusterSettings, url: &Secret) -> Result<Client, RedisError> {
    #[cfg(feature = "tls")]
    if settings.address.is_tls() {
        crate::tls::choose_cryptography();
        let trusted = TlsCertificates { client_tls: None, root_cert: settings.authorities.clone() };
        return Client::build_with_tls(url.reveal(), trusted);
    }
    #[cfg(not(feature = "tls"))]
    let _ = settings;
    Client::open(url.reveal())
}

fn patience(answer: Option<Duration>) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(answer)
}
