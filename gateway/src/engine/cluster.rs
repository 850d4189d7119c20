//! The [`ClusterEngine`] shares rooms with other processes: each follows the same logs in Redis, and applies them to copies of its
//! own.
//!
//! | file | what it is |
//! | --- | --- |
//! | `shared` | what the engine and its tasks work with |
//! | `slot` | what this process has of one partition |
//! | `link` | the tasks between Redis and the slots |
//! | `store` | Redis: logs, snapshots, leases; `*.lua` run there |
//! | `entries` | entries of a log as Redis gives them |

mod entries;
mod link;
mod shared;
mod slot;
mod store;
#[cfg(all(test, feature = "embedded-media"))]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{StreamId, Tracks};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{ClusterHealth, Counts, Engine, EngineParts, Unavailable, denied};
use crate::media::{Denied, MediaTicket};
use crate::node::{Place, nowhere};
use crate::partition::Placement;
use crate::room::{Input, LivePublication, Room, RoomName, RoomSummary, RoomView};
use crate::settings::ClusterSettings;
use shared::{Shared, lock};
use slot::Slot;

pub use store::StoreError;

/// How long the first link may take.
const FIRST_LINK: Duration = Duration::from_secs(10);

/// Shares rooms with other processes.
pub struct ClusterEngine {
    shared: Arc<Shared>,
    /// Its tasks end when it is dropped.
    _tasks: DropGuard,
}

impl ClusterEngine {
    /// Takes part. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] where Redis cannot be used, or has rooms of another configuration.
    pub async fn start(parts: EngineParts, settings: ClusterSettings) -> Result<Self, StoreError> {
        let placement = Placement::over(settings.partitions);
        let node = parts.sockets.node();
        let slots = (0..placement.partitions()).map(|_| Mutex::new(Slot::new(node))).collect();
        let shared = Arc::new(Shared {
            parts,
            settings,
            placement,
            slots,
            queued: Notify::new(),
            renewed_ms: AtomicU64::new(0),
            is_linked: AtomicBool::new(false),
            is_out: AtomicBool::new(true),
            put_out: Notify::new(),
            is_leaving: AtomicBool::new(false),
            snapshots: AtomicU64::new(0),
        });
        let first = tokio::time::timeout(FIRST_LINK, shared.link()).await;
        let link = first.unwrap_or(Err(StoreError::Silent))?;
        let stop = CancellationToken::new();
        let (linked, watched) = (Arc::clone(&shared), Arc::clone(&shared));
        let (stops_link, stops_watch) = (stop.clone(), stop.clone());
        let watch = &shared.parts.watch;
        watch.run_to_end("link to Redis", async move {
            stops_link.run_until_cancelled(link::keep_linked(linked, link)).await;
        });
        watch.run_to_end("lease in Redis", async move {
            stops_watch.run_until_cancelled(link::keep_watch(watched)).await;
        });
        Ok(Self { shared, _tasks: stop.drop_guard() })
    }

    /// What the copies of this process are compared by with those of others: for each partition the number of the newest entry
    /// and a digest.
    pub fn digests(&self) -> Vec<(u64, String)> {
        let digest = |slot: &Mutex<Slot>| {
            let slot = lock(slot);
            (slot.replica.partition().at().number, slot.replica.partition().digest())
        };
        self.shared.slots.iter().map(digest).collect()
    }
}

#[async_trait]
impl Engine for ClusterEngine {
    async fn submit(&self, place: &Place, input: Input) -> Result<(), Unavailable> {
        let shared = &self.shared;
        if let Input::Ask(asked) = &input
            && shared.parts.sockets.standing(asked.socket).is_some_and(|standing| standing.is_closing)
        {
            // Frames of a socket that was put out, and not handled before, have no effect.
            return Ok(());
        }
        shared.check_lease()?;
        let partition = shared.placement.of(place).ok_or_else(|| nowhere(&input));
        let item = partition.and_then(|partition| Ok((partition, shared.item(partition, place, &input)?)));
        let (partition, item) = match item {
            Ok(item) => item,
            Err(refusal) => {
                shared.refuse(&input, refusal);
                return Ok(());
            }
        };
        let waiting = {
            let Some(slot) = shared.slots.get(usize::from(partition)) else { return Ok(()) };
            let mut slot = lock(slot);
            if shared.look(&slot, place, &input) {
                return Ok(());
            }
            slot.submit(item)
        };
        shared.queued.notify_one();
        match (waiting.await, input) {
            // A socket whose question was given up has been put out.
            (Ok(()), _) | (Err(_), Input::Ask(_)) => Ok(()),
            (Err(_), _) => Err(Unavailable("this gateway was put out of the cluster".into())),
        }
    }

    async fn may_push(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        let may = |room: &Room| room.may_push(&ticket.stream, ticket.generation, &ticket.session).map_err(denied);
        let asked = self.shared.ask(&ticket.stream, may).map_err(|_| Denied::Unavailable)?;
        asked.unwrap_or(Err(Denied::UnknownStream))
    }

    async fn may_play(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        let may = |room: &Room| room.may_play(&ticket.stream, ticket.generation, &ticket.session).map_err(denied);
        let asked = self.shared.ask(&ticket.stream, may).map_err(|_| Denied::Unavailable)?;
        asked.unwrap_or(Err(Denied::UnknownStream))
    }

    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> Result<bool, Unavailable> {
        let known = self.shared.ask(stream, |room| room.knows_stream(stream, generation))?;
        Ok(known.unwrap_or(false))
    }

    async fn live_publications(&self) -> Result<Vec<LivePublication>, Unavailable> {
        self.shared.check_lease()?;
        let node = self.shared.node();
        let of_slot = |slot: &Mutex<Slot>| {
            let slot = lock(slot);
            slot.replica.partition().rooms().flat_map(|room| room.live_publications(node)).collect::<Vec<_>>()
        };
        Ok(self.shared.slots.iter().flat_map(of_slot).collect())
    }

    /// Rooms go by the clock of Redis.
    async fn heed_clock(&self) {}

    async fn rooms(&self) -> Result<Vec<RoomSummary>, Unavailable> {
        self.shared.check_lease()?;
        let of_slot =
            |slot: &Mutex<Slot>| lock(slot).replica.partition().rooms().map(Room::summary).collect::<Vec<_>>();
        Ok(self.shared.slots.iter().flat_map(of_slot).collect())
    }

    async fn view(&self, name: &RoomName) -> Result<Option<RoomView>, Unavailable> {
        self.shared.check_lease()?;
        let Some(slot) = self.shared.slots.get(usize::from(self.shared.placement.of_name(name))) else {
            return Ok(None);
        };
        Ok(lock(slot).replica.partition().room(name).map(|room| room.view(self.shared.now())))
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for slot in &self.shared.slots {
            for room in lock(slot).replica.partition().rooms() {
                let of_room = room.counts();
                counts.rooms += 1;
                counts.sessions += of_room.sessions;
                counts.streams += of_room.streams;
            }
        }
        counts
    }

    async fn leave(&self) {
        self.shared.leave().await;
    }

    fn cluster(&self) -> Option<ClusterHealth> {
        let shared = &self.shared;
        let mut health = ClusterHealth {
            ok: shared.is_linked.load(Ordering::Relaxed) && !shared.is_out.load(Ordering::Relaxed),
            node: format!("{:016x}", shared.node().0),
            nodes: 0,
            lease_left_ms: shared.lease_left_ms(),
            entries: 0,
            waiting: 0,
            snapshots: shared.snapshots.load(Ordering::Relaxed),
            era: String::new(),
        };
        for slot in &shared.slots {
            let slot = lock(slot);
            let partition = slot.replica.partition();
            health.nodes = health.nodes.max(partition.nodes().count());
            health.entries += partition.at().number;
            health.waiting += slot.courier.len();
            if health.era < partition.era().0 {
                health.era.clone_from(&partition.era().0);
            }
        }
        Some(health)
    }
}
