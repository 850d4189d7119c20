//! The connection's state, as `client.state` shows it.

use crate::protocol::words;

words! {
    /// Where a client stands towards its room.
    ConnectionState {
        /// No room was joined yet, or the last one was left.
        Idle = "idle",
        /// A join is under way.
        Connecting = "connecting",
        /// In the room.
        Connected = "connected",
        /// In the room for the others; the way back to it is being sought.
        Reconnecting = "reconnecting",
        /// Put out of the room, or the way back was not found.
        Disconnected = "disconnected",
    }
}
