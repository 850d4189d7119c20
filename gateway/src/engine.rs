//! The [`Engine`] seam: where rooms live. `memory` keeps them in this process.

mod authoriser;
mod cell;
mod desk;
mod memory;

use std::sync::Arc;

use async_trait::async_trait;
use miniapp_rtc::protocol::{SessionId, StreamId};

use crate::media::{Denied, MediaTicket, TrackFilter};
use crate::outbox::Outbox;
use crate::room::{Input, LivePublication, RoomName};

pub use authoriser::Authoriser;
pub use desk::MediaDesk;
pub use memory::{EngineParts, MemoryEngine};

/// Where rooms live. One input at a time is carried out in each room; its effects on sockets of this process are in their
/// outboxes before `submit` returns, its effects on the media server follow in their order.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Carries out an input. `from` is the socket that sent it. A join makes the room it names; where there is no such
    /// room otherwise, a request is refused (`session_unknown` for `resume`, else `not_joined`), the rest has no effect.
    async fn submit(&self, place: &Place, input: Input, from: Option<&Arc<Outbox>>);

    /// Whether the holder of a ticket may push now.
    async fn may_push(&self, ticket: &MediaTicket) -> Result<Arc<TrackFilter>, Denied>;

    /// Whether the holder of a ticket may play now, and the filter that its subscription turns.
    async fn may_play(&self, ticket: &MediaTicket) -> Result<Arc<TrackFilter>, Denied>;

    /// Whether a room has this stream in this generation, live or not.
    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> bool;

    /// The streams that the media server of this process should have publishers of.
    async fn live_publications(&self) -> Vec<LivePublication>;

    /// Looks at every room again, because the clock of [`EngineParts`] was set.
    async fn heed_clock(&self);

    /// What this process holds.
    fn counts(&self) -> Counts;
}

/// Which room an input is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// The room of this name.
    Room(RoomName),
    /// The room of this session.
    Session(SessionId),
    /// The room of this stream.
    Stream(StreamId),
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
