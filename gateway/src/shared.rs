//! [`SharedParts`] is what every socket and every request works with.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Apps;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::lobby::Lobby;
use crate::media::MediaServer;
use crate::metrics::Metrics;
use crate::node::SocketPolicy;
use crate::sockets::Sockets;
use crate::watch::Watch;
use crate::webhooks::Webhooks;

/// What every socket and request works with.
pub(crate) struct SharedParts {
    pub(crate) apps: Arc<Apps>,
    pub(crate) policy: SocketPolicy,
    /// Milliseconds between two pings of a client, as it is told.
    pub(crate) ping_ms: u32,
    pub(crate) clock: Clock,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) media: Arc<dyn MediaServer>,
    pub(crate) sockets: Arc<Sockets>,
    /// What may be held for all sockets.
    pub(crate) budget: Budget,
    /// Cancelled when the gateway stops.
    pub(crate) stop: CancellationToken,
    /// Cancelled when clients are to go elsewhere: the gateway stops, or is to be emptied first.
    pub(crate) drain: CancellationToken,
    /// Counts the sockets that have not said their farewell.
    pub(crate) open: TaskTracker,
    /// Counts the sockets that have joined.
    pub(crate) joined: TaskTracker,
    /// Where connections are that have proven nothing yet.
    pub(crate) lobby: Lobby,
    /// Who is told what happens.
    pub(crate) webhooks: Webhooks,
    /// What happens, counted.
    pub(crate) metrics: Metrics,
    /// The tasks that must not die.
    pub(crate) watch: Watch,
}
