//! [`Shared`]: what the [`ClusterEngine`](super::ClusterEngine) and its tasks work with.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use miniapp_rtc::protocol::{ErrorCode, Refusal, ServerFrame, StreamId};
use tokio::sync::Notify;
use tracing::{info, warn};

use super::slot::Slot;
use crate::engine::{EngineParts, Unavailable};
use crate::node::{Audience, Deed, OutgoingFrame, Place, farewell, makes_room, nowhere};
use crate::partition::{Item, Placement};
use crate::random::{random_number, random_text};
use crate::room::{Asked, Input, Moment, NodeId, Room, RoomTag, SocketId};
use crate::settings::ClusterSettings;

/// How long leaving may take.
const LEAVE: Duration = Duration::from_secs(2);
/// Over how many milliseconds clients that were put out come back.
const SPREAD_MS: u32 = 500;

/// What the engine and its tasks share.
pub(super) struct Shared {
    pub(super) parts: EngineParts,
    pub(super) settings: ClusterSettings,
    pub(super) placement: Placement,
    pub(super) slots: Vec<Mutex<Slot>>,
    /// Told when something waits to be appended.
    pub(super) queued: Notify,
    /// When the lease was last renewed, in milliseconds of the clock; 0 before the first time.
    pub(super) renewed_ms: AtomicU64,
    pub(super) is_linked: AtomicBool,
    /// This process has to begin anew: it has put its sockets out.
    pub(super) is_out: AtomicBool,
    /// Told when `is_out` becomes true.
    pub(super) put_out: Notify,
    pub(super) is_leaving: AtomicBool,
    pub(super) snapshots: AtomicU64,
}

impl Shared {
    pub(super) fn node(&self) -> NodeId {
        self.parts.sockets.node()
    }

    /// The moment as rooms in Redis have it, whose only clock is Unix time.
    pub(super) fn now(&self) -> Moment {
        let unix_ms = self.parts.clock.now().unix_ms;
        Moment { ms: unix_ms, unix_ms }
    }

    /// What an input is in the log.
    pub(super) fn item(&self, partition: u16, place: &Place, input: &Input) -> Result<Item, Refusal> {
        let by_tag = |tag: Option<_>| tag.map(|tag| Item::Tag(tag, input.clone())).ok_or_else(|| nowhere(input));
        match place {
            Place::Room(name) if makes_room(input) => {
                let unnamed = || Refusal::new(ErrorCode::Internal, "a room could not be named");
                let random = random_text::<14>().map_err(|_| unnamed())?;
                let tag = self.placement.tag(partition, &random).ok_or_else(unnamed)?;
                Ok(Item::Make(name.clone(), tag, input.clone()))
            }
            Place::Room(name) => Ok(Item::Room(name.clone(), input.clone())),
            Place::Session(session) => by_tag(RoomTag::of_session(session)),
            Place::Stream(stream) => by_tag(RoomTag::of_stream(stream)),
        }
    }

    /// Answers from the copy what changes nothing. Says whether that was so.
    pub(super) fn look(&self, slot: &Slot, place: &Place, input: &Input) -> bool {
        let partition = slot.replica.partition();
        let room = match place {
            Place::Room(name) => partition.room(name),
            Place::Session(session) => RoomTag::of_session(session).and_then(|tag| partition.tagged(&tag)),
            Place::Stream(stream) => partition.of_stream(stream),
        };
        let Some(effects) = room.and_then(|room| room.look(input, self.now())) else { return false };
        let mut audience = Audience::default();
        for deed in audience.carry_out(effects, |grant| self.parts.desk.sign(None, grant)) {
            self.perform(deed);
        }
        true
    }

    /// Asks the room of a stream.
    pub(super) fn ask<T>(
        &self,
        stream: &StreamId,
        question: impl FnOnce(&Room) -> T,
    ) -> Result<Option<T>, Unavailable> {
        self.check_lease()?;
        let slot = self.placement.of_stream(stream).and_then(|number| self.slots.get(usize::from(number)));
        Ok(slot.and_then(|slot| lock(slot).replica.partition().of_stream(stream).map(question)))
    }

    pub(super) fn perform(&self, deed: Deed) {
        if let Some(command) = self.parts.sockets.perform(deed) {
            self.parts.desk.command(command);
        }
    }

    pub(super) fn refuse(&self, input: &Input, refusal: Refusal) {
        if let Input::Ask(Asked { socket, id, .. }) = input {
            let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(*id), refusal });
            self.perform(Deed::Push { socket: *socket, frame });
        }
    }

    /// For how many milliseconds others will still take this process to live.
    pub(super) fn lease_left_ms(&self) -> u64 {
        let ends = self.renewed_ms.load(Ordering::Acquire).saturating_add(self.settings.lease_ms.into());
        ends.saturating_sub(self.parts.clock.now().ms)
    }

    /// That this process takes part. Where its lease has ended, others may have put it out: it puts itself out.
    pub(super) fn check_lease(&self) -> Result<(), Unavailable> {
        if self.lease_left_ms() == 0 {
            self.fence("its lease has ended: Redis did not answer in time");
        }
        if self.is_out.load(Ordering::Acquire) {
            return Err(Unavailable("this gateway has lost touch with Redis".into()));
        }
        Ok(())
    }

    /// Puts out all sockets of this process, which begins anew.
    pub(super) fn fence(&self, cause: &str) {
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

    pub(super) async fn leave(&self) {
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
pub(super) fn cut_off(_socket: SocketId) -> miniapp_rtc::protocol::Bye {
    farewell::cut_off(random_number().map_or(0, |number| number % SPREAD_MS))
}

pub(super) fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
