//! A [`Member`] is one user in the room, from join to leave, across sockets.

use miniapp_rtc::protocol::{Secret, SessionId, StreamKind};
use serde::{Deserialize, Serialize};

use super::input::SocketId;
use super::operations::Operations;
use super::terms::Terms;

/// One user in the room.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Member {
    /// Name of the session.
    pub(super) session: SessionId,
    /// Proves the session when it resumes.
    pub(super) secret: Secret,
    /// How often the session has been joined or resumed.
    pub(super) generation: u32,
    /// Whether others see the member.
    pub(super) visible: bool,
    /// Where its client is.
    pub(super) presence: Presence,
    /// What its token allows.
    pub(super) terms: Terms,
    /// Which warnings it has had.
    pub(super) warned: Warned,
    /// When its token must be looked at next, in milliseconds of the room's clock.
    pub(super) token_due: Option<u64>,
    /// How often it has published a camera and a screen.
    pub(super) publications: Publications,
    /// Results kept for repeats.
    pub(super) operations: Operations,
}

/// Where a member's client is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Presence {
    /// On this socket.
    Online(SocketId),
    /// Lost; the member leaves unless it comes back.
    Suspended {
        /// When, in milliseconds of the room's clock.
        until: u64,
    },
}

impl Presence {
    /// The member's socket, if it has one.
    pub(super) fn socket(self) -> Option<SocketId> {
        match self {
            Self::Online(socket) => Some(socket),
            Self::Suspended { .. } => None,
        }
    }
}

/// Which warnings of an end a member has had.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) struct Warned {
    /// Of the token's.
    pub(super) token: bool,
    /// Of the right to publish.
    pub(super) publish: bool,
    /// Of the right to subscribe.
    pub(super) subscribe: bool,
}

/// How often a member has published each kind of stream.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) struct Publications {
    camera: u32,
    screen: u32,
}

impl Publications {
    /// Counts one more and gives its number, from 1.
    pub(super) fn count(&mut self, kind: StreamKind) -> u32 {
        let counter = match kind {
            StreamKind::Camera => &mut self.camera,
            StreamKind::Screen => &mut self.screen,
        };
        *counter = counter.saturating_add(1);
        *counter
    }
}
