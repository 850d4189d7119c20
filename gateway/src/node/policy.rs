//! The [`SocketPolicy`] is what one socket may do.

use miniapp_rtc::protocol::limits::{FRAME_BYTES, REQUESTS_IN_FLIGHT};
use serde::{Deserialize, Serialize};

/// What one socket may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SocketPolicy {
    /// Sockets with a session at once; while there are so many, others are answered with HTTP 503.
    pub sockets: usize,
    /// Bytes of a frame; a larger one is refused, one that is larger by more than a quarter ends the socket.
    pub frame_bytes: u32,
    /// Requests whose answer has not left yet; one more is refused.
    pub in_flight: u32,
    /// Frames per second in the long run.
    pub frames_per_second: u32,
    /// Frames at once after a pause.
    pub frames_burst: u32,
    /// Frames per minute that may break the protocol; one more ends the socket.
    pub bad_frames_per_minute: u32,
    /// Frames per minute that may be too many; one more ends the socket.
    pub excess_frames_per_minute: u32,
    /// Frames waiting to be sent before the reader is too slow.
    pub queue_frames: usize,
    /// Bytes waiting to be sent before the reader is too slow.
    pub queue_bytes: usize,
    /// Bytes that the process may hold for all sockets: messages that are not complete, and frames that wait to be sent.
    pub held_bytes: u32,
    /// Bytes of a frame before `join` or `resume` is granted.
    pub join_bytes: u32,
    /// Milliseconds from the socket's opening to a granted `join` or `resume`.
    pub join_ms: u32,
    /// Milliseconds over which clients spread their return when the gateway stops.
    pub drain_spread_ms: u32,
}

impl Default for SocketPolicy {
    fn default() -> Self {
        Self {
            sockets: 20_000,
            frame_bytes: FRAME_BYTES,
            in_flight: REQUESTS_IN_FLIGHT,
            frames_per_second: 50,
            frames_burst: 100,
            bad_frames_per_minute: 20,
            excess_frames_per_minute: 500,
            queue_frames: 256,
            queue_bytes: 262_144,
            held_bytes: 256 << 20,
            join_bytes: 16_384,
            join_ms: 10_000,
            drain_spread_ms: 3_000,
        }
    }
}
