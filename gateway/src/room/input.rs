//! An [`Input`] is one thing that can happen to a room.

use std::fmt;

use miniapp_rtc::protocol::{
    AppId, OperationId, Report, RequestOf, Secret, SessionId, StreamId, StreamKind, Tracks, UserId,
};
use miniapp_rtc::token::RoomScope;
use serde::{Deserialize, Serialize};

use super::forms;
use super::terms::Terms;

/// One life of a gateway's process, among all processes that share rooms. Drawn at random when the process starts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct NodeId(pub u64);

/// One socket: the process that holds it, and its number there. Never used twice.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct SocketId {
    /// The gateway process that holds the socket.
    pub node: NodeId,
    /// Counts the sockets of the process, from 1.
    pub number: u64,
}

impl fmt::Display for SocketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}-{}", self.node.0, self.number)
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// One thing that happens to a room.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Input {
    /// A client asks.
    Ask(Asked),
    /// A client tells how a native pusher or player is doing.
    Report {
        /// The client's socket.
        socket: SocketId,
        /// What it tells.
        report: Report,
    },
    /// A socket is gone; its client said nothing about leaving.
    LoseSocket(SocketId),
    /// A socket is closed because its client broke the protocol again and again: its session ends with it.
    Expel(SocketId),
    /// The media server of a node tells.
    Media {
        /// Whose media server.
        node: NodeId,
        /// What the media server told.
        news: MediaNews,
    },
    /// The operator orders something.
    Order(Order),
    /// Time has passed.
    Tick,
}

impl Input {
    /// The process that speaks; `None` for the operator, whom any process may pass on, and for the passing of time.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Self::Ask(Asked { socket, .. })
            | Self::Report { socket, .. }
            | Self::LoseSocket(socket)
            | Self::Expel(socket) => Some(socket.node),
            Self::Media { node, .. } => Some(*node),
            Self::Order(_) | Self::Tick => None,
        }
    }
}

/// What the operator orders. An order that comes twice changes nothing the second time.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Order {
    /// Puts a member out. It may join again.
    Kick(UserId),
    /// Puts every member out, which ends the room.
    Dissolve,
    /// Keeps a user out of the room from now on for a while, and puts it out. A later ban replaces an earlier one.
    Ban {
        /// Who is kept out.
        user: UserId,
        /// For how many seconds.
        seconds: u32,
    },
    /// Ends a ban before its time.
    Unban(UserId),
    /// Says which tracks of a user's camera or screen the operator lets through, for as long as the room lives. They flow where
    /// the user has them on as well.
    Mute {
        /// Whose stream, of now or later.
        user: UserId,
        /// Which of its streams.
        kind: StreamKind,
        /// The tracks that are let through.
        allowed: Tracks,
    },
}

/// A request of a client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Asked {
    /// The client's socket.
    pub socket: SocketId,
    /// The request's number on that socket.
    pub id: u32,
    /// The operation's name, the same in every repeat.
    pub operation: Option<OperationId>,
    /// What is asked.
    #[serde(with = "forms::command")]
    pub command: Command,
}

/// What a client asks, with all proofs already checked.
pub type Command = RequestOf<Entry, Renewal>;

/// A user whose token was proved for this room.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// The user who joins; the token names the same one.
    pub user: UserId,
    /// What the token allows.
    pub terms: Terms,
    /// Whether others shall see the user.
    pub visible: bool,
    /// A fresh random text that will prove the session when it resumes.
    pub secret: Secret,
}

/// A new token, whose signature and time were proved; what it names is for the room to compare.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Renewal {
    /// The application it is for.
    pub app: AppId,
    /// The room or rooms it opens.
    pub room: RoomScope,
    /// Whose token it is.
    pub user: UserId,
    /// What it allows.
    pub terms: Terms,
}

/// One connection at the media server, never used twice by one process of it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "m{}", self.0)
    }
}

/// What the media server tells. News may come twice, late or in the wrong order; the room matches all three names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum MediaNews {
    /// Media of an accepted publisher flows.
    Started {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionId,
    },
    /// A publisher is gone.
    Stopped {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionId,
    },
    /// A player cannot get the tracks that flow, and no other, unless it connects anew.
    Outgrown {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// The session that plays the stream.
        session: SessionId,
    },
}

impl MediaNews {
    /// The stream that it is about.
    pub fn stream(&self) -> &StreamId {
        match self {
            Self::Started { stream, .. } | Self::Stopped { stream, .. } | Self::Outgrown { stream, .. } => stream,
        }
    }
}
