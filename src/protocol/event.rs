//! Events: what the gateway tells without being asked.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::answer::{Lease, Stream};
use super::id::{Epoch, StreamId, UserId};
use super::request::{Role, StreamKind};

/// Where an event stands in the history of its room.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Position {
    /// The history.
    pub epoch: Epoch,
    /// The event's number in it; each is one more than the last.
    pub offset: u32,
}

/// An event. The wire form is `{"ev":NAME,"ep":…,"off":…,"d":BODY}`; events without `ep` and `off` concern this client alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Event {
    /// A user became visible in the room. Ordered.
    MemberJoined(MemberIs),
    /// A user's socket was lost; it may come back. Ordered.
    MemberSuspended(MemberIs),
    /// A suspended user came back. Ordered.
    MemberResumed(MemberIs),
    /// A user is no longer visible in the room. Ordered.
    MemberLeft(MemberLeft),
    /// A stream can be subscribed to. Ordered.
    StreamAdded(Stream),
    /// Tracks of a stream went on or off. Ordered.
    StreamUpdated(Stream),
    /// A stream's media stopped; it may come back. Ordered.
    StreamStalled(StreamIs),
    /// A stalled stream's media flows again. Ordered.
    StreamRecovered(StreamIs),
    /// A stream has ended. Ordered.
    StreamRemoved(StreamRemoved),
    /// This client was put out of the room; a `bye` follows.
    Kicked(Kicked),
    /// The gateway closes this socket next.
    Bye(Bye),
    /// A lease this client holds has new addresses.
    UrlUpdated(UrlUpdated),
    /// The session's token, or one of its privileges, is about to end.
    TokenExpiring(TokenExpiring),
    /// An event of a later version. An ordered one still takes its offset.
    #[serde(skip)]
    Unknown(String),
}

impl Event {
    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::MemberJoined(_) => "member_joined",
            Self::MemberSuspended(_) => "member_suspended",
            Self::MemberResumed(_) => "member_resumed",
            Self::MemberLeft(_) => "member_left",
            Self::StreamAdded(_) => "stream_added",
            Self::StreamUpdated(_) => "stream_updated",
            Self::StreamStalled(_) => "stream_stalled",
            Self::StreamRecovered(_) => "stream_recovered",
            Self::StreamRemoved(_) => "stream_removed",
            Self::Kicked(_) => "kicked",
            Self::Bye(_) => "bye",
            Self::UrlUpdated(_) => "url_updated",
            Self::TokenExpiring(_) => "token_expiring",
            Self::Unknown(name) => name,
        }
    }
}

/// Body of `member_joined`, `member_suspended` and `member_resumed`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MemberIs {
    /// Who.
    pub user: UserId,
}

/// Body of `member_left`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MemberLeft {
    /// Who.
    pub user: UserId,
    /// Why.
    pub reason: LeaveReason,
}

/// Why a member is no longer visible.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// It left.
    Left,
    /// Its socket was lost and did not come back in time.
    TimedOut,
    /// It made itself invisible.
    Hidden,
    /// Its token ended.
    TokenExpired,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Body of `stream_stalled` and `stream_recovered`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamIs {
    /// The stream.
    pub stream: StreamId,
    /// Its publisher.
    pub user: UserId,
    /// What it shows.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Body of `stream_removed`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamRemoved {
    /// The stream.
    pub stream: StreamId,
    /// Its publisher.
    pub user: UserId,
    /// What it showed.
    #[serde(default)]
    pub kind: StreamKind,
    /// Why.
    pub reason: RemoveReason,
}

/// Why a stream has ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveReason {
    /// Its publisher unpublished it.
    Unpublished,
    /// Its publisher left.
    Left,
    /// A newer login of its publisher took over.
    Replaced,
    /// Its media stopped and did not come back in time.
    MediaLost,
    /// Its publisher's privilege ended.
    TokenExpired,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Body of `kicked`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Kicked {
    /// Why.
    pub reason: KickReason,
}

/// Why a client was put out of its room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KickReason {
    /// A newer login of the same user.
    DuplicateLogin,
    /// Its token ended.
    TokenExpired,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// Body of `bye`: why the socket closes and what to do. It repeats what the close code says, which phones may lose.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Bye {
    /// Close code that follows, see `limits::close`.
    pub code: u16,
    /// One English sentence.
    #[serde(default)]
    pub reason: String,
    /// What the client should do next.
    pub action: ByeAction,
    /// Milliseconds to wait before it.
    #[serde(default)]
    pub after_ms: u32,
}

/// What a client should do after `bye`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeAction {
    /// Open a socket and resume.
    Resume,
    /// Open a socket and join.
    Rejoin,
    /// Nothing: the session is over.
    #[serde(other)]
    Stop,
}

/// Body of `url_updated`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UrlUpdated {
    /// Whether the lease is for pushing or playing.
    pub role: Role,
    /// The stream's publisher.
    pub user: UserId,
    /// What it shows.
    #[serde(default)]
    pub kind: StreamKind,
    /// The new lease.
    pub lease: Lease,
}

/// Body of `token_expiring`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TokenExpiring {
    /// Seconds until it ends.
    pub expires_in: u32,
    /// What ends.
    pub scope: TokenScope,
}

/// What part of a token ends.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// The whole of it.
    Token,
    /// The right to publish.
    Publish,
    /// The right to subscribe.
    Subscribe,
}
