//! The [`RoomPolicy`] is every number a room goes by.

use miniapp_rtc::protocol::Limits;
use miniapp_rtc::protocol::limits::{FRAME_BYTES, REQUESTS_IN_FLIGHT};
use serde::{Deserialize, Serialize};

/// The numbers a room goes by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RoomPolicy {
    /// How much of everything.
    pub limits: RoomLimits,
    /// How long everything takes.
    pub times: RoomTimes,
    /// What the join answer says a socket accepts.
    pub socket: SocketLimits,
}

/// What the join answer says a socket accepts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SocketLimits(pub Limits);

impl Default for SocketLimits {
    fn default() -> Self {
        Self(Limits { frame_bytes: FRAME_BYTES, in_flight: REQUESTS_IN_FLIGHT })
    }
}

/// How much a room holds. The defaults are the vendor's figures for mini-programs (page "media ability limits").
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomLimits {
    /// Most members that others can see.
    pub visible_members: usize,
    /// Most members that nobody can see: those who receive only.
    pub invisible_members: usize,
    /// Members that publish.
    pub publishers: usize,
    /// Different streams that have subscribers.
    pub subscribed_streams: usize,
    /// Streams that one user subscribes to.
    pub subscriptions_per_user: usize,
    /// Newest events kept for members that resume.
    pub log_events: usize,
    /// Results of one session kept for requests that are repeated.
    pub kept_results: usize,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self {
            visible_members: 8,
            invisible_members: 10_000,
            publishers: 8,
            subscribed_streams: 8,
            subscriptions_per_user: 8,
            log_events: 512,
            kept_results: 64,
        }
    }
}

/// How long things take in a room.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomTimes {
    /// How long a session outlives its socket, in milliseconds.
    pub resume_ms: u32,
    /// How long a stream outlives its media, in milliseconds.
    pub media_grace_ms: u32,
    /// How long results are kept for requests that are repeated, in milliseconds.
    pub kept_result_ms: u32,
    /// How often a client pings, in milliseconds.
    pub ping_ms: u32,
    /// How long before its end a member is told of a token or privilege, in seconds.
    pub token_warning_s: u32,
}

impl Default for RoomTimes {
    fn default() -> Self {
        Self {
            resume_ms: 30_000,
            media_grace_ms: 15_000,
            kept_result_ms: 120_000,
            ping_ms: 10_000,
            token_warning_s: 30,
        }
    }
}
