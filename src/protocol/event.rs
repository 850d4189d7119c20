//! Events: what the gateway tells without being asked.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::answer::{Lease, Stream};
use super::id::{Epoch, StreamId, UserId};
use super::request::{Role, StreamKind};
use super::word::words;

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
            Self::MemberJoined(_) => EventKind::MemberJoined.name(),
            Self::MemberSuspended(_) => EventKind::MemberSuspended.name(),
            Self::MemberResumed(_) => EventKind::MemberResumed.name(),
            Self::MemberLeft(_) => EventKind::MemberLeft.name(),
            Self::StreamAdded(_) => EventKind::StreamAdded.name(),
            Self::StreamUpdated(_) => EventKind::StreamUpdated.name(),
            Self::StreamStalled(_) => EventKind::StreamStalled.name(),
            Self::StreamRecovered(_) => EventKind::StreamRecovered.name(),
            Self::StreamRemoved(_) => EventKind::StreamRemoved.name(),
            Self::Kicked(_) => EventKind::Kicked.name(),
            Self::Bye(_) => EventKind::Bye.name(),
            Self::UrlUpdated(_) => EventKind::UrlUpdated.name(),
            Self::TokenExpiring(_) => EventKind::TokenExpiring.name(),
            Self::Unknown(name) => name,
        }
    }
}

words! {
    /// Which event a frame tells of.
    EventKind {
        /// See [`Event::MemberJoined`].
        MemberJoined = "member_joined",
        /// See [`Event::MemberSuspended`].
        MemberSuspended = "member_suspended",
        /// See [`Event::MemberResumed`].
        MemberResumed = "member_resumed",
        /// See [`Event::MemberLeft`].
        MemberLeft = "member_left",
        /// See [`Event::StreamAdded`].
        StreamAdded = "stream_added",
        /// See [`Event::StreamUpdated`].
        StreamUpdated = "stream_updated",
        /// See [`Event::StreamStalled`].
        StreamStalled = "stream_stalled",
        /// See [`Event::StreamRecovered`].
        StreamRecovered = "stream_recovered",
        /// See [`Event::StreamRemoved`].
        StreamRemoved = "stream_removed",
        /// See [`Event::Kicked`].
        Kicked = "kicked",
        /// See [`Event::Bye`].
        Bye = "bye",
        /// See [`Event::UrlUpdated`].
        UrlUpdated = "url_updated",
        /// See [`Event::TokenExpiring`].
        TokenExpiring = "token_expiring",
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

words! {
    /// Why a member is no longer visible.
    LeaveReason {
        /// It left.
        Left = "left",
        /// Its socket was lost and did not come back in time.
        TimedOut = "timed_out",
        /// It made itself invisible.
        Hidden = "hidden",
        /// Its token ended.
        TokenExpired = "token_expired",
        /// A reason of a later version.
        Other = "other",
    } else Other
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

words! {
    /// Why a stream has ended.
    RemoveReason {
        /// Its publisher unpublished it.
        Unpublished = "unpublished",
        /// Its publisher left.
        Left = "left",
        /// A newer login of its publisher took over.
        Replaced = "replaced",
        /// Its media stopped and did not come back in time.
        MediaLost = "media_lost",
        /// Its publisher's privilege ended.
        TokenExpired = "token_expired",
        /// A reason of a later version.
        Other = "other",
    } else Other
}

/// Body of `kicked`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Kicked {
    /// Why.
    pub reason: KickReason,
}

words! {
    /// Why a client was put out of its room.
    KickReason {
        /// A newer login of the same user.
        DuplicateLogin = "duplicate_login",
        /// Its token ended.
        TokenExpired = "token_expired",
        /// A reason of a later version.
        Other = "other",
    } else Other
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

words! {
    /// What a client should do after `bye`.
    ByeAction {
        /// Open a socket and resume.
        Resume = "resume",
        /// Open a socket and join.
        Rejoin = "rejoin",
        /// Nothing: the session is over.
        Stop = "stop",
    } else Stop
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

words! {
    /// What part of a token ends.
    TokenScope {
        /// The whole of it.
        Token = "token",
        /// The right to publish.
        Publish = "publish",
        /// The right to subscribe.
        Subscribe = "subscribe",
    }
}
