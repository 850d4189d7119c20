//! Limits and names that both ends of the wire must agree on.

/// The WebSocket sub-protocol; its number is the major version.
pub const SUBPROTOCOL: &str = "miniapp-rtc.v1";

/// Path of the WebSocket on the gateway.
pub const WEBSOCKET_PATH: &str = "/v1";

/// Largest frame either end sends, in bytes of UTF-8. A gateway may state less in its join answer.
pub const FRAME_BYTES: u32 = 65_536;

/// Requests of one socket that may await an answer at once.
pub const REQUESTS_IN_FLIGHT: u32 = 32;

/// WebSocket close codes of our own. Below 4500 a client may resume its session; from 4500 on it must not.
pub mod close {
    /// The session ended as asked.
    pub const NORMAL: u16 = 1000;
    /// The gateway is stopping; resume elsewhere.
    pub const GOING_AWAY: u16 = 4000;
    /// Nothing was heard from the client for too long.
    pub const IDLE: u16 = 4001;
    /// The client read too slowly; resume replays what it missed.
    pub const SLOW: u16 = 4002;
    /// A newer login of the same user took the room.
    pub const DUPLICATE_LOGIN: u16 = 4500;
    /// Another socket resumed this session.
    pub const SUPERSEDED: u16 = 4501;
    /// The client kept breaking the protocol.
    pub const MISBEHAVIOUR: u16 = 4502;
    /// No join came in time.
    pub const NO_JOIN: u16 = 4503;
}
