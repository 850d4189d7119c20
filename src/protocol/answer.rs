//! Answers: what the gateway says to a request that it granted.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::id::{Epoch, Secret, SessionId, StreamId, UserId};
use super::request::{Empty, StreamKind};

/// A granted request. The wire form is `{"id":…,"m":METHOD,"ok":BODY}`; the method says which variant the body is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To `join`.
    Joined(Joined),
    /// To `resume`.
    Resumed(Resumed),
    /// To `publish`, `subscribe` and `renew_url`.
    Leased(Lease),
    /// To `sync`.
    Synced(Snapshot),
    /// To `ping`.
    Pong(Pong),
    /// To every other request: `{}`.
    Done(Empty),
}

/// Answer to `join`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Joined {
    /// Name of the new session.
    pub session: SessionId,
    /// What `resume` must show.
    pub secret: Secret,
    /// How often the session has been joined or resumed: 1.
    pub generation: u32,
    /// The gateway's clock, Unix seconds.
    pub server_time: u32,
    /// Milliseconds between two pings of the client.
    pub ping_ms: u32,
    /// Milliseconds for which the session outlives its socket.
    pub resume_ms: u32,
    /// What the gateway accepts.
    pub limits: Limits,
    /// The room at the moment of joining.
    pub snapshot: Snapshot,
}

/// What the gateway accepts from one socket.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// Bytes in a frame.
    pub frame_bytes: u32,
    /// Requests that may await an answer at once.
    pub in_flight: u32,
}

/// Answer to `resume`. Without a snapshot, the events the client missed follow as ordinary event frames.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resumed {
    /// How often the session has been joined or resumed.
    pub generation: u32,
    /// The gateway's clock, Unix seconds.
    pub server_time: u32,
    /// The room as it is, where the missed events are no longer known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
}

/// Answer to `ping`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pong {
    /// Newest event of the room.
    pub offset: u32,
    /// The gateway's clock, Unix seconds.
    pub server_time: u32,
}

/// A right to push or play one stream, and where.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lease {
    /// The stream.
    pub stream: StreamId,
    /// Which publication of it; grows when the publisher begins anew.
    pub generation: u32,
    /// One address for each transport; the best for a mini-program comes first.
    pub urls: Vec<MediaUrl>,
    /// Seconds from now in which a connection must be made. An open one is not cut when they end.
    pub expires_in: u32,
    /// Seconds from now after which `renew_url` should be asked before a new connection.
    pub renew_in: u32,
}

/// An address of a stream.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MediaUrl {
    /// `rtmp`, `flv` (HTTP-FLV), later `whip` or `whep`. Unknown transports are to be passed over.
    pub transport: String,
    /// The address, signature included.
    pub url: Secret,
}

/// A room as it is: what events would have told.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Snapshot {
    /// The history that events continue.
    pub epoch: Epoch,
    /// The last event this snapshot includes.
    pub offset: u32,
    /// Visible members, the client itself left out.
    pub members: Vec<Member>,
    /// Live streams of others, and every stream of the client itself.
    pub streams: Vec<Stream>,
}

/// A visible member of a room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Whether the member's socket is lost and may yet come back.
    #[serde(default)]
    pub suspended: bool,
}

/// A published stream.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Stream {
    /// Name of the stream.
    pub stream: StreamId,
    /// Who publishes it.
    pub user: UserId,
    /// What it shows.
    #[serde(default)]
    pub kind: StreamKind,
    /// Which publication of it.
    pub generation: u32,
    /// Whether its sound is on.
    pub audio: bool,
    /// Whether its picture is on.
    pub video: bool,
    /// Whether its media has stopped and may yet come back.
    #[serde(default)]
    pub stalled: bool,
}
