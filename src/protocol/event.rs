//! Events: what the gateway tells without being asked.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::answer::{Lease, Stream};
use super::id::{Epoch, StreamId, UserId};
use super::request::{Role, StreamKind};
use super::word::words;

/// Where an event stands in the history of its room.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Position {
    /// The history that counts the event.
    pub epoch: Epoch,
    /// The event's number in it; each is one more than the last.
    pub offset: u32,
}

/// An event. The wire form is `{"ev":NAME,"ep":…,"off":…,"d":BODY}`. An event without `ep` and `off` concerns this
/// client alone.
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
    /// Which event a frame tells of; the variant of [`Event`] with the same name says what happened.
    #[allow(missing_docs)]
    EventKind {
        MemberJoined = "member_joined",
        MemberSuspended = "member_suspended",
        MemberResumed = "member_resumed",
        MemberLeft = "member_left",
        StreamAdded = "stream_added",
        StreamUpdated = "stream_updated",
        StreamStalled = "stream_stalled",
        StreamRecovered = "stream_recovered",
        StreamRemoved = "stream_removed",
        Kicked = "kicked",
        Bye = "bye",
        UrlUpdated = "url_updated",
        TokenExpiring = "token_expiring",
    }
}

/// Body of `member_joined`, `member_suspended` and `member_resumed`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MemberIs {
    /// The member that the event is about.
    pub user: UserId,
}

/// Body of `member_left`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MemberLeft {
    /// The member that is gone.
    pub user: UserId,
    /// Why others no longer see the member.
    pub reason: LeaveReason,
}

words! {
    /// Why a member is no longer visible.
    LeaveReason {
        /// The member sent `leave`, or the gateway ended the session with close code 4502.
        Left = "left",
        /// The member's socket was lost, and no `resume` came within `resume_ms`.
        TimedOut = "timed_out",
        /// The member made itself invisible.
        Hidden = "hidden",
        /// The member's token ended.
        TokenExpired = "token_expired",
        /// The operator put the member out.
        Kicked = "kicked",
        /// The operator closed the room. No member is left to hear it: webhooks tell it.
        RoomClosed = "room_closed",
        /// A reason of a later version.
        Other = "other",
    } else Other
}

/// Body of `stream_stalled` and `stream_recovered`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamIs {
    /// The stream that the event is about.
    pub stream: StreamId,
    /// The user who publishes the stream.
    pub user: UserId,
    /// What the stream shows; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Body of `stream_removed`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamRemoved {
    /// The stream that the event is about.
    pub stream: StreamId,
    /// The user who publishes the stream.
    pub user: UserId,
    /// What the stream showed; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
    /// Why the stream has ended.
    pub reason: RemoveReason,
}

words! {
    /// Why a stream has ended.
    RemoveReason {
        /// The publisher sent `unpublish`, or became invisible.
        Unpublished = "unpublished",
        /// The publisher left, timed out, or was put out with close code 4502.
        Left = "left",
        /// A newer login of the same user took the publisher's place.
        Replaced = "replaced",
        /// The stream's media stopped, and none came within the grace time.
        MediaLost = "media_lost",
        /// The publisher's token or its privilege to publish ended.
        TokenExpired = "token_expired",
        /// The operator put the publisher out.
        Kicked = "kicked",
        /// A reason of a later version.
        Other = "other",
    } else Other
}

/// Body of `kicked`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Kicked {
    /// Why the gateway put the client out.
    pub reason: KickReason,
}

words! {
    /// Why a client was put out of its room.
    KickReason {
        /// A newer login of the same user.
        DuplicateLogin = "duplicate_login",
        /// The client's token ended.
        TokenExpired = "token_expired",
        /// The operator put the client out.
        ByOperator = "by_operator",
        /// The operator closed the room.
        RoomClosed = "room_closed",
        /// A reason of a later version.
        Other = "other",
    } else Other
}

/// Body of `bye`: why the socket closes and what to do. The close code says the same, but a phone may lose that code.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Bye {
    /// Close code that follows, see `limits::close`.
    pub code: u16,
    /// One English sentence; empty where the gateway gives none.
    #[serde(default)]
    pub reason: String,
    /// What the client should do next.
    pub action: ByeAction,
    /// Milliseconds to wait before the action; 0 for none.
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
        /// Nothing: the session is over, or goes on with another socket. Actions of later versions mean this too.
        Stop = "stop",
    } else Stop
}

/// Body of `url_updated`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UrlUpdated {
    /// Whether the lease is for pushing or playing.
    pub role: Role,
    /// The user who publishes the stream.
    pub user: UserId,
    /// What the stream shows; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
    /// The new lease.
    pub lease: Lease,
}

/// Body of `token_expiring`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TokenExpiring {
    /// Seconds until the end; 0 where it has come already.
    pub expires_in: u32,
    /// Which part of the token ends.
    pub scope: TokenScope,
}

words! {
    /// Which part of a token ends.
    TokenScope {
        /// The whole token: the session ends with it.
        Token = "token",
        /// The right to publish.
        Publish = "publish",
        /// The right to subscribe.
        Subscribe = "subscribe",
    }
}
