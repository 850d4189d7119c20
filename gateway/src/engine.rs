//! The [`Engine`] seam: where rooms live. `memory` keeps them in this process; `cluster` shares them with others through Redis.

mod address;
mod authoriser;
#[cfg(feature = "redis")]
mod cluster;
mod desk;
mod memory;
mod parts;
mod start;
#[cfg(all(test, feature = "embedded-media"))]
mod suite;

use async_trait::async_trait;
use miniapp_rtc::protocol::{StreamId, Tracks};
use serde::Serialize;

use crate::media::{Denied, MediaTicket};
use crate::node::Place;
use crate::room::{Input, LivePublication, RoomName, RoomSummary, RoomView, Unwanted};

pub use address::{InvalidStoreAddress, StoreAddress};
pub use authoriser::Authoriser;
#[cfg(feature = "redis")]
pub use cluster::{ClusterEngine, StoreError};
pub use desk::MediaDesk;
pub use memory::MemoryEngine;
pub use parts::EngineParts;
pub use start::{EngineStartError, start};

/// Where rooms live. One input at a time is carried out in each room. Its effects on sockets of this process have been done
/// before `submit` returns; its effects on the media server follow in their order.
///
/// An engine that cannot reach its rooms says [`Unavailable`]; it never answers as if there were none.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Carries out an input. A join makes the room it names; where there is no such room otherwise, a request is refused
    /// (`session_unknown` for `resume`, else `not_joined`), the rest has no effect.
    async fn submit(&self, place: &Place, input: Input) -> Result<(), Unavailable>;

    /// Whether the holder of a ticket may push now, and which of its tracks are on.
    async fn may_push(&self, ticket: &MediaTicket) -> Result<Tracks, Denied>;

    /// Whether the holder of a ticket may play now, and which tracks it gets.
    async fn may_play(&self, ticket: &MediaTicket) -> Result<Tracks, Denied>;

    /// Whether a room has this stream in this generation, live or not.
    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> Result<bool, Unavailable>;

    /// The streams that the media server of this process should have publishers of.
    async fn live_publications(&self) -> Result<Vec<LivePublication>, Unavailable>;

    /// Looks at every room again, because the clock of [`EngineParts`] was set.
    async fn heed_clock(&self);

    /// Every room, in no order.
    async fn rooms(&self) -> Result<Vec<RoomSummary>, Unavailable>;

    /// A room as its operator sees it; `None` where there is none.
    async fn view(&self, name: &RoomName) -> Result<Option<RoomView>, Unavailable>;

    /// What this process holds.
    fn counts(&self) -> Counts;

    /// Tells those who share the rooms that this process ends; returns within two seconds.
    async fn leave(&self) {}

    /// How this process stands with those who share the rooms; `None` where nobody does.
    fn cluster(&self) -> Option<ClusterHealth> {
        None
    }
}

/// How a process stands with those that it shares rooms with.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ClusterHealth {
    /// Whether it takes part: its link to Redis is up, and others take it to live.
    pub ok: bool,
    /// Its name.
    pub node: String,
    /// How many processes take part, as it knows.
    pub nodes: usize,
    /// For how many milliseconds others take it to live if it does not speak.
    pub lease_left_ms: u64,
    /// How many entries of the logs it has applied, those before its start too.
    pub entries: u64,
    /// How much it has for the logs that is not known to be there.
    pub waiting: usize,
    /// How many snapshots it has kept.
    pub snapshots: u64,
    /// The newest era of the logs.
    pub era: String,
}

/// The rooms cannot be reached now; nothing is known of them, and nothing was changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the rooms cannot be reached now: {0}")]
pub struct Unavailable(pub String);

fn denied(unwanted: Unwanted) -> Denied {
    match unwanted {
        Unwanted::UnknownStream => Denied::UnknownStream,
        Unwanted::OtherGeneration => Denied::StaleGeneration,
        Unwanted::NotPublisher => Denied::NotPublisher,
        Unwanted::NotSubscribed => Denied::NotSubscribed,
    }
}

/// What an engine holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Rooms with members.
    pub rooms: usize,
    /// Sessions, suspended ones too.
    pub sessions: usize,
    /// Streams whose media has started and that have not ended.
    pub streams: usize,
}
