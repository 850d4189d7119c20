//! A [`Publication`] is one stream that a member may push, from its lease to its end.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{SessionId, Stream, StreamId, StreamIs, StreamKind, Tracks, UserId};
use serde::{Deserialize, Serialize};

use super::effect::{Effect, MediaCommand};
use super::input::{ConnectionId, NodeId};

/// A stream that the media server should have a publisher of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LivePublication {
    /// Name of the stream.
    pub stream: StreamId,
    /// Which publication of it.
    pub generation: u32,
    /// The publisher's connection.
    pub connection: ConnectionId,
}

/// One stream of one member.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Publication {
    /// Whose media server has it: that of the node where it was published, or to which it was moved.
    pub(super) node: NodeId,
    /// That node is gone, and the publisher was not there to be told of another one.
    #[serde(default)]
    pub(super) is_homeless: bool,
    /// Name of the stream.
    pub(super) stream: StreamId,
    /// Which publication of the member's camera or screen it is, from 1.
    pub(super) generation: u32,
    /// Whose it is.
    pub(super) session: SessionId,
    /// The tracks that the publisher has on.
    pub(super) wanted: Tracks,
    /// Of these, the ones that the operator lets through: those that are on.
    pub(super) tracks: Tracks,
    /// Whether media flows.
    pub(super) flow: Flow,
    /// Who subscribes to it, and to what.
    pub(super) subscribers: BTreeMap<UserId, Tracks>,
    /// Of these, who has not been told that the stream was moved, and plays it where it is no longer.
    #[serde(default)]
    pub(super) untold: BTreeSet<UserId>,
}

/// Whether media flows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) enum Flow {
    /// Not yet: nobody but the publisher knows of the stream.
    Leased,
    /// Media flows on this connection of the media server.
    Live(ConnectionId),
    /// No longer; the stream ends unless it does again.
    Stalled {
        /// When, in milliseconds of the room's clock.
        until: u64,
    },
}

impl Publication {
    /// Whether the room has been told of the stream.
    pub(super) fn is_announced(&self) -> bool {
        match self.flow {
            Flow::Leased => false,
            Flow::Live(_) | Flow::Stalled { .. } => true,
        }
    }

    /// The stream as events and snapshots tell it.
    pub(super) fn to_stream(&self, user: &UserId, kind: StreamKind) -> Stream {
        Stream {
            stream: self.stream.clone(),
            user: user.clone(),
            kind,
            generation: self.generation,
            audio: self.tracks.audio,
            video: self.tracks.video,
            stalled: matches!(self.flow, Flow::Stalled { .. }),
        }
    }

    /// Asks something of the media server that has the stream.
    pub(super) fn ask_media(&self, command: MediaCommand) -> Effect {
        Effect::Media { node: self.node, command }
    }

    /// The stream's names alone.
    pub(super) fn to_stream_is(&self, user: &UserId, kind: StreamKind) -> StreamIs {
        StreamIs { stream: self.stream.clone(), user: user.clone(), kind }
    }
}
