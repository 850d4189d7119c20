//! Answers: what the gateway says to a request that it granted.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::id::{Epoch, Secret, SessionId, StreamId, UserId};
use super::request::{Empty, StreamKind};
use super::tracks::Tracks;

/// A granted request. The wire form is `{"id":…,"m":METHOD,"ok":BODY}`; the method says which variant the body is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The answer to `join`.
    Joined(Joined),
    /// The answer to `resume`.
    Resumed(Resumed),
    /// The answer to `publish`, `subscribe` and `renew_url`.
    Leased(Lease),
    /// The answer to `sync`.
    Synced(Snapshot),
    /// The answer to `ping`.
    Pong(Pong),
    /// The answer to every other request: `{}`.
    Done(Empty),
}

/// Answer to `join`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Joined {
    /// Name of the new session.
    pub session: SessionId,
    /// The proof that `resume` must show: whoever holds it can continue the session.
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
    /// Most bytes in a frame of the client.
    pub frame_bytes: u32,
    /// Most requests that may await an answer at once.
    pub in_flight: u32,
}

/// Answer to `resume`. Without a snapshot, the events the client missed follow as ordinary event frames.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resumed {
    /// How often the session has been joined or resumed.
    pub generation: u32,
    /// The gateway's clock, Unix seconds.
    pub server_time: u32,
    /// The room as it is now, where the gateway no longer knows the missed events; `None` where they follow as events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Snapshot>,
}

/// Answer to `ping`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Pong {
    /// Offset of the room's newest event.
    pub offset: u32,
    /// The gateway's clock, Unix seconds.
    pub server_time: u32,
}

/// A right to push or play one stream, and the addresses where that can be done.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Lease {
    /// The stream that the lease opens.
    pub stream: StreamId,
    /// Which publication of the stream, from 1. The number grows when the publisher begins anew.
    pub generation: u32,
    /// One address for each transport; the best for a mini-program comes first.
    pub urls: Vec<MediaUrl>,
    /// Seconds for which every media server takes the addresses. An open connection is not cut when they end.
    pub expires_in: u32,
    /// Seconds after which a client may ask `renew_url` before it gives the address to a new tag.
    pub renew_in: u32,
}

impl Lease {
    /// The address for a transport, by its name on the wire; `None` where the lease has none for it.
    pub fn url(&self, transport: &str) -> Option<&Secret> {
        self.urls.iter().find(|address| address.transport == transport).map(|address| &address.url)
    }
}

/// An address of a stream.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MediaUrl {
    /// `rtmp`, `flv` (HTTP-FLV), `whip` or `whep`. A client passes over transports that it does not know.
    pub transport: String,
    /// The address with its signature.
    pub url: Secret,
}

/// A room as it is: what the events up to `offset` would have told.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Snapshot {
    /// The history that the next events continue.
    pub epoch: Epoch,
    /// Offset of the last event that the snapshot includes; 0 before the first.
    pub offset: u32,
    /// The visible members, without the client's own user.
    pub members: Vec<Member>,
    /// The live streams of others, and every stream of the client's own user, live or not.
    pub streams: Vec<Stream>,
}

/// A visible member of a room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Member {
    /// The member's user id.
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
    /// The user who publishes the stream.
    pub user: UserId,
    /// What the stream shows; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
    /// Which publication of the stream, from 1.
    pub generation: u32,
    /// Whether the stream's sound is on.
    pub audio: bool,
    /// Whether the stream's picture is on.
    pub video: bool,
    /// Whether the stream's media has stopped and may yet come back.
    #[serde(default)]
    pub stalled: bool,
}

impl Stream {
    /// The tracks that are on.
    pub const fn tracks(&self) -> Tracks {
        Tracks { audio: self.audio, video: self.video }
    }
}
