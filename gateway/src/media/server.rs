//! [`MediaServer`] is the seam between signaling and a media server; [`Authorise`] is its way back to the room state.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use miniapp_rtc::protocol::{Lease, Tracks};
use tokio::sync::mpsc;

use super::ids::{SessionId, StreamId};
use super::ticket::MediaTicket;
use super::url::{PublicAddresses, Transport};
pub use crate::room::ConnectionId;
use crate::room::Grant;

/// A media server as signaling sees it. All methods may be called at any time and repeated.
#[async_trait]
pub trait MediaServer: Send + Sync {
    /// Where clients reach it.
    fn addresses(&self) -> PublicAddresses;

    /// Signs the URLs by which one session may push or play one generation of a stream at the media server of another process,
    /// which has these addresses and the same keys.
    fn issue_at(&self, addresses: &PublicAddresses, grant: &Grant) -> Lease;

    /// Signs the URLs by which one session may push or play one generation of a stream here.
    fn issue(&self, grant: &Grant) -> Lease {
        self.issue_at(&self.addresses(), grant)
    }

    /// The streams that have a publisher or a player now.
    async fn list(&self) -> Result<Vec<LiveStream>, MediaError>;

    /// Ends a stream up to and including `generation`: its publisher and players are disconnected, its tickets refused.
    /// Returns how many connections were ended.
    async fn kick_stream(&self, stream: &StreamId, generation: u32) -> Result<usize, MediaError>;

    /// Disconnects the players of a stream that use tickets of `session`. Whether they may come back is for
    /// [`Authorise::play`] to say. Returns how many connections were ended.
    async fn kick_subscription(&self, stream: &StreamId, session: &SessionId) -> Result<usize, MediaError>;

    /// Says which tracks a session gives (its own stream) or gets (its subscription) from now on, on the connections that it
    /// has. Later ones hear it from [`Authorise`].
    async fn set_tracks(&self, stream: &StreamId, session: &SessionId, tracks: Tracks)
    -> Result<TracksSet, MediaError>;

    /// Whether the media server works, and how busy it is.
    async fn health(&self) -> MediaHealth;

    /// Ends all connections and stops listening; returns when all of it is gone.
    async fn shutdown(&self);
}

/// The room state's last word on every push and play; called after the ticket itself was found good.
#[async_trait]
pub trait Authorise: Send + Sync + 'static {
    /// Whether this connection may push: the stream exists, the generation is current, the session owns it. The tracks are
    /// those that are on: what it pushes of the others is for nobody.
    async fn publish(&self, ticket: &MediaTicket, connection: &ConnectionInfo) -> Result<Tracks, Denied>;

    /// Whether this connection may play, and which tracks its subscription gets.
    async fn play(&self, ticket: &MediaTicket, connection: &ConnectionInfo) -> Result<Tracks, Denied>;
}

/// Why the room state, or the media server after it, refuses a good ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Denied {
    /// The room state has no such stream.
    #[error("there is no such stream in the room")]
    UnknownStream,
    /// A newer generation of the stream exists.
    #[error("a newer generation of the stream exists: ask the gateway for a new URL")]
    StaleGeneration,
    /// The ticket's session does not publish this stream.
    #[error("the session does not publish this stream")]
    NotPublisher,
    /// The ticket's session has no subscription to this stream.
    #[error("the session has not subscribed to this stream")]
    NotSubscribed,
    /// Another connection pushes this generation, and its media flows.
    #[error("the stream is being pushed by another connection")]
    Busy,
    /// Nobody pushes the stream now.
    #[error("the stream is not live")]
    NotLive,
    /// A limit of the media server is reached.
    #[error("the media server is full: try again later")]
    Full,
    /// The decision could not be made.
    #[error("the gateway could not decide: try again later")]
    Unavailable,
}

impl Denied {
    /// A short stable word for answers and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownStream => "stream_unknown",
            Self::StaleGeneration => "stream_generation",
            Self::NotPublisher => "not_publisher",
            Self::NotSubscribed => "not_subscribed",
            Self::Busy => "stream_busy",
            Self::NotLive => "stream_not_live",
            Self::Full => "media_full",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What became of [`MediaServer::set_tracks`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TracksSet {
    /// From the next frame on.
    Applied,
    /// This media server cannot take a track away from a connection.
    Unsupported,
}

/// One media connection: who it is, from where, by what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConnectionInfo {
    /// The number that the media server gave the connection.
    pub id: ConnectionId,
    /// The other end of its socket.
    pub remote: SocketAddr,
    /// How media travels on it.
    pub transport: Transport,
}

/// What happened to a published stream. For one publisher's connection at most one `Started`, then exactly one `Stopped`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MediaEvent {
    /// The first media message of an accepted publisher arrived.
    Started {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of the stream, from 1.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionId,
    },
    /// A publisher that was accepted is gone.
    Stopped {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of the stream, from 1.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionId,
        /// Why it is gone.
        reason: StopReason,
    },
    /// What flows to a player is not what its connection was announced with, and by its transport that cannot be changed: a
    /// track has come that it cannot carry, or one is off for which it waits. The player needs a new connection, and so a
    /// new address. Said again, ever more rarely, while it lasts.
    Outgrown {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of the stream, from 1.
        generation: u32,
        /// The session that plays the stream.
        session: SessionId,
    },
}

/// The receiving end of [`MediaEvent`]s. It is unbounded, but holds two events at most per accepted publisher, and a
/// few per player.
pub type MediaEvents = mpsc::UnboundedReceiver<MediaEvent>;

/// Why a publisher is gone.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StopReason {
    /// The publisher ended the stream itself.
    Finished,
    /// Its connection closed or broke.
    Disconnected,
    /// Its connection is open, but no media came for the silence time.
    Silent,
    /// It sent what no RTMP publisher may send.
    Malformed,
    /// It was kicked.
    Kicked,
    /// A newer connection or generation took its place.
    Replaced,
    /// The media server stops.
    Shutdown,
}

/// A stream with a publisher, or with players that wait for one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LiveStream {
    /// Name of the stream.
    pub stream: StreamId,
    /// Which publication of the stream, from 1.
    pub generation: u32,
    /// The publisher's connection, if one is accepted now.
    pub publisher: Option<ConnectionId>,
    /// How long ago its last media message came; `None` before the first.
    pub last_media: Option<Duration>,
    /// How many players are connected.
    pub players: usize,
}

/// The state of a media server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MediaHealth {
    /// Whether it accepts connections.
    pub serving: bool,
    /// Open connections, accepted or not yet.
    pub connections: usize,
    /// Bytes of media that it holds.
    pub held_bytes: usize,
    /// Bytes of media that publishers have sent since its start.
    pub received_bytes: u64,
    /// Bytes of media that players have taken since its start.
    pub sent_bytes: u64,
    /// Connections that push a stream now.
    pub publishers: usize,
    /// Connections that play a stream now.
    pub players: usize,
}

/// Why a media server could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The media server cannot be reached.
    #[error("the media server does not answer: {0}")]
    Unreachable(String),
}
