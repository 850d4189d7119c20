//! The [`Engine`] seam: where rooms live. `memory` keeps them in this process.

mod authoriser;
mod desk;
mod memory;

use std::sync::Arc;

use async_trait::async_trait;
use miniapp_rtc::protocol::{StreamId, Tracks};

use crate::media::{Denied, MediaTicket};
use crate::node::Place;
use crate::room::{Input, LivePublication, RoomName, RoomSummary, RoomView};

pub use authoriser::Authoriser;
pub use desk::MediaDesk;
pub use memory::{EngineParts, MemoryEngine};

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
}

/// The rooms cannot be reached now; nothing is known of them, and nothing was changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the rooms cannot be reached now: {0}")]
pub struct Unavailable(pub String);

/// Starts the engine that keeps the rooms. Must be called in a tokio runtime.
pub fn start(parts: EngineParts) -> Arc<dyn Engine> {
    Arc::new(MemoryEngine::new(parts))
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
