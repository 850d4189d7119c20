//! The connection's state, as `client.state` shows it.

use serde::Serialize;

/// Where a client stands towards its room.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// No room was joined yet, or the last one was left.
    #[default]
    Idle,
    /// A join is under way.
    Connecting,
    /// In the room.
    Connected,
    /// In the room for the others; the way back to it is being sought.
    Reconnecting,
    /// Put out of the room, or the way back was not found.
    Disconnected,
}

impl ConnectionState {
    /// The word in JavaScript.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Disconnected => "disconnected",
        }
    }
}
