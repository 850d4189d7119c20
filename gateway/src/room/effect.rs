//! An [`Effect`] is one thing that a room wants done. Effects are to be carried out in their order.

use miniapp_rtc::protocol::{
    Answer, Bye, Event, Method, Position, Refusal, Role, SessionId, StreamId, StreamOf, Tracks,
};
use serde::{Deserialize, Serialize};

use super::forms::{AnswerForm, EventForm};
use super::input::{NodeId, SocketId};

/// One thing a room wants done.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Effect {
    /// From here on the socket gets every [`Effect::Broadcast`].
    Attach(SocketId),
    /// From here on the socket gets no [`Effect::Broadcast`] any more.
    Detach(SocketId),
    /// Grants a request.
    Answer {
        /// The socket on which the request came.
        socket: SocketId,
        /// The request's number.
        id: u32,
        /// The request's method.
        method: Method,
        /// What the request gave.
        #[serde(with = "AnswerForm")]
        answer: Answer,
    },
    /// Grants a request with a lease, whose addresses the media server signs.
    Lease {
        /// The socket on which the request came.
        socket: SocketId,
        /// The request's number.
        id: u32,
        /// The request's method.
        method: Method,
        /// What to sign.
        grant: Grant,
    },
    /// Tells one socket of new addresses for a lease that it has, signed by the media server: `url_updated`.
    NewAddress {
        /// The socket that hears it.
        socket: SocketId,
        /// Of which stream.
        of: StreamOf,
        /// What to sign.
        grant: Grant,
    },
    /// Refuses a request.
    Refuse {
        /// The socket on which the request came.
        socket: SocketId,
        /// The request's number.
        id: u32,
        /// The code and reason that the client gets.
        refusal: Refusal,
    },
    /// Tells every attached socket an ordered event.
    Broadcast {
        /// Its place in the room's history.
        position: Position,
        /// The event, without its place in the history.
        #[serde(with = "EventForm")]
        event: Event,
    },
    /// Tells one socket something: a missed ordered event, or (without a position) what concerns it alone.
    Send {
        /// The socket that hears it.
        socket: SocketId,
        /// Its place in the room's history.
        position: Option<Position>,
        /// The event, without its place in the history.
        #[serde(with = "EventForm")]
        event: Event,
    },
    /// Closes a socket after all that was sent to it; without a `bye` as asked (close code 1000).
    Close {
        /// The socket to close.
        socket: SocketId,
        /// What to say last.
        bye: Option<Bye>,
    },
    /// Asks something of the media server of a node.
    Media {
        /// Whose media server.
        node: NodeId,
        /// What the media server is to do.
        command: MediaCommand,
    },
}

impl Effect {
    /// Whether the process `node` has something to do for it: it holds the socket or the media server that is meant, or may
    /// hold sockets of those who are told.
    pub fn concerns(&self, node: NodeId) -> bool {
        match self {
            Self::Broadcast { .. } => true,
            Self::Media { node: of, .. } => *of == node,
            Self::Attach(socket)
            | Self::Detach(socket)
            | Self::Answer { socket, .. }
            | Self::Lease { socket, .. }
            | Self::NewAddress { socket, .. }
            | Self::Refuse { socket, .. }
            | Self::Send { socket, .. }
            | Self::Close { socket, .. } => socket.node == node,
        }
    }
}

/// A right to push or play, to be signed by the media server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Grant {
    /// Whose media server has the stream: publisher and players meet there.
    pub node: NodeId,
    /// Push or play.
    pub role: Role,
    /// Name of the stream.
    pub stream: StreamId,
    /// Which publication of it.
    pub generation: u32,
    /// Whose right it is.
    pub session: SessionId,
}

/// What a room asks of the media server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum MediaCommand {
    /// Ends a stream, up to and including the generation, with all its connections and tickets.
    EndStream {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
    },
    /// Says which tracks a session gives (its own stream) or gets (its subscription), from the start or while media flows. A
    /// track flows where both sides say so.
    SetTracks {
        /// Name of the stream.
        stream: StreamId,
        /// Whose publication or subscription.
        session: SessionId,
        /// The tracks that are on from now on.
        tracks: Tracks,
    },
    /// Ends a subscription with all its connections.
    EndSubscription {
        /// Name of the stream.
        stream: StreamId,
        /// The session that subscribed.
        session: SessionId,
    },
    /// Looks whether a stream is still being pushed, and tells the room if not.
    Check {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
    },
}
