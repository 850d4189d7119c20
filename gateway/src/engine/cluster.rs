//! The [`ClusterEngine`] shares rooms with other processes: each follows the same logs in Redis, and applies them to copies of its
//! own.
//!
//! | file | what it is |
//! | --- | --- |
//! | `slot` | what this process has of one partition |
//! | `link` | the tasks between Redis and the slots |
//! | `store` | Redis: logs, snapshots, leases; `*.lua` run there |
//! | `entries` | entries of a log as Redis gives them |

mod entries;
mod link;
mod slot;
mod store;
#[cfg(all(test, feature = "embedded-media"))]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{ErrorCode, Refusal, ServerFrame, StreamId, Tracks};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{info, warn};

use super::{ClusterHealth, Counts, Engine, EngineParts, Unavailable, denied};
use crate::media::{Denied, MediaTicket};
use crate::node::{Deed, OutgoingFrame, Place, farewell, makes_room, nowhere};
use crate::partition::{Item, Placement};
use crate::random::{random_number, random_text};
use crate::room::{Asked, Input, LivePublication, Moment, NodeId, Room, RoomName, RoomSummary, RoomView, SocketId};
use crate::settings::ClusterSettings;
use slot::Slot;

pub use store::StoreError;

/// How long the first link may take.
const FIRST_LINK: Duration = Duration::from_secs(10);
/// How long leaving may take.
const LEAVE: Duration = Duration::from_secs(2);
/// Over how many milliseconds clients that were put out come back.
const SPREAD_MS: u32 = 500;

/// Shares rooms with other processes.
pub struct ClusterEngine {
    shared: Arc<Shared>,
    /// Its tasks end when it is dropped.
    _tasks: DropGuard,
}

struct Shared {
    parts: EngineParts,
    settings: ClusterSettings,
    placement: Placement,
    slots: Vec<Mutex<Slot>>,
    /// Told when something waits to be appended.
    queued: Notify,
    /// When the lease was last renewed, in milliseconds of the clock; 0 before the first time.
    renewed_ms: AtomicU64,
    is_linked: AtomicBool,
    /// This process has to begin anew: it has put its sockets out.
    is_out: AtomicBool,
    /// Told when `is_out` becomes true.
    put_out: Notify,
    is_leaving: AtomicBool,
    snapshots: AtomicU64,
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

impl Shared {
    fn node(&self) -> NodeId {
        self.parts.sockets.node()
    }

    /// The moment as rooms in Redis have it, whose only clock is Unix time.
    fn now(&self) -> Moment {
        let unix_ms = self.parts.clock.now().unix_ms;
        Moment { ms: unix_ms, unix_ms }
    }

    /// What an input is in the log.
    fn item(&self, partition: u16, place: &Place, input: &Input) -> Result<Item, Refusal> {
        let by_tag = |tag: Option<_>| tag.map(|tag| Item::Tag(tag, input.clone())).ok_or_else(|| nowhere(input));
        match place {
            Place::Room(name) if makes_room(input) => {
                let unnamed = || Refusal::new(ErrorCode::Internal, "a room could not be named");
                let random = random_text::<14>().map_err(|_| unnamed())?;
                let tag = self.placement.tag(partition, &random).ok_or_else(unnamed)?;
                Ok(Item::Make(name.clone(), tag, input.clone()))
            }
            Place::Room(name) => Ok(Item::Room(name.clone(), input.clone())),
            Place::Session(session) => by_tag(crate::room::RoomTag::of_session(session)),
            Place::Stream(stream) => by_tag(crate::room::RoomTag::of_stream(stream)),
        }
    }

    /// Answers from the copy what changes nothing. Says whether that was so.
    fn look(&self, slot: &Slot, place: &Place, input: &Input) -> bool {
        let partition = slot.replica.partition();
        let room = match place {
            Place::Room(name) => partition.room(name),
            Place::Session(session) => crate::room::RoomTag::of_session(session).and_then(|tag| partition.tagged(&tag)),
            Place::Stream(stream) => partition.of_stream(stream),
        };
        let Some(effects) = room.and_then(|room| room.look(input, self.now())) else { return false };
        let mut audience = crate::node::Audience::default();
        for deed in audience.carry_out(effects, |grant| self.parts.desk.sign(None, grant)) {
            self.perform(deed);
        }
        true
    }

    /// Asks the room of a stream.
    fn ask<T>(&self, stream: &StreamId, question: impl FnOnce(&Room) -> T) -> Result<Option<T>, Unavailable> {
        self.check_lease()?;
        let slot = self.placement.of_stream(stream).and_then(|number| self.slots.get(usize::from(number)));
        Ok(slot.and_then(|slot| lock(slot).replica.partition().of_stream(stream).map(question)))
    }

    fn perform(&self, deed: Deed) {
        if let Some(command) = self.parts.sockets.perform(deed) {
            self.parts.desk.command(command);
        }
    }

    fn refuse(&self, input: &Input, refusal: Refusal) {
        if let Input::Ask(Asked { socket, id, .. }) = input {
            let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(*id), refusal });
            self.perform(Deed::Push { socket: *socket, frame });
        }
    }

    /// For how many milliseconds others will still take this process to live.
    fn lease_left_ms(&self) -> u64 {
        let ends = self.renewed_ms.load(Ordering::Acquire).saturating_add(self.settings.lease_ms.into());
        ends.saturating_sub(self.parts.clock.now().ms)
    }

    /// That this process takes part. Where its lease has ended, others may have put it out: it puts itself out.
    fn check_lease(&self) -> Result<(), Unavailable> {
        if self.lease_left_ms() == 0 {
            self.fence("its lease has ended: Redis did not answer in time");
        }
        if self.is_out.load(Ordering::Acquire) {
            return Err(Unavailable("this gateway has lost touch with Redis".into()));
        }
        Ok(())
    }

    /// Puts out all sockets of this process, which begins anew.
    fn fence(&self, cause: &str) {
        if self.is_out.swap(true, Ordering::AcqRel) {
            return;
        }
        warn!(cause, "this node is out of the cluster: its clients resume");
        for slot in &self.slots {
            let mut slot = lock(slot);
            for deed in slot.put_out(cut_off) {
                self.perform(deed);
            }
        }
        self.put_out.notify_one();
    }

    async fn leave(&self) {
        if self.is_leaving.swap(true, Ordering::AcqRel) || self.is_out.load(Ordering::Acquire) {
            return;
        }
        let node = self.node();
        let mut waiting = Vec::new();
        for slot in &self.slots {
            let mut slot = lock(slot);
            let first = slot.replica.partition().nodes().find(|(other, _)| *other == node).map(|(_, first)| first);
            waiting.extend(first.map(|first| slot.submit(Item::Gone(node, first))));
        }
        self.queued.notify_one();
        let all = async {
            for waiting in waiting {
                // Given up: others find the lease ended.
                let _ = waiting.await;
            }
        };
        let is_told = tokio::time::timeout(LEAVE, all).await.is_ok();
        info!(is_told, "left the cluster");
    }
}

/// What sockets are told that cannot go on here, spread over a short time.
fn cut_off(_socket: SocketId) -> miniapp_rtc::protocol::Bye {
    farewell::cut_off(random_number().map_or(0, |number| number % SPREAD_MS))
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
