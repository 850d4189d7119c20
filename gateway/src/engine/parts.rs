//! The [`EngineParts`] are what an engine is made of.

use std::sync::Arc;

use super::desk::MediaDesk;
use crate::clock::Clock;
use crate::room::RoomPolicy;
use crate::sockets::Sockets;
use crate::watch::Watch;
use crate::webhooks::Webhooks;

/// What an engine is made of.
pub struct EngineParts {
    /// Limits and times of the rooms.
    pub policy: RoomPolicy,
    /// The clock of the rooms.
    pub clock: Clock,
    /// The way to the media server.
    pub desk: MediaDesk,
    /// The sockets of this process.
    pub sockets: Arc<Sockets>,
    /// Runs what the rooms cannot do without.
    pub watch: Watch,
    /// Who is told what happens.
    pub webhooks: Webhooks,
}
