//! The [`Tuning`] is what one seed makes of a world: how many phones and rooms, how quick, and by which limits.

use fastrand::Rng;
use miniapp_rtc_gateway::node::SocketPolicy;
use miniapp_rtc_gateway::room::{RoomLimits, RoomPolicy, RoomTimes};

use crate::fault::{Fault, FaultKind};
use crate::queue::Ms;

/// How one world is.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    pub(crate) phones: usize,
    pub(crate) rooms: usize,
    /// When faults and random acts end.
    pub(crate) heal_at: Ms,
    /// When everything must be well.
    pub(crate) end_at: Ms,
    pub(crate) policy: RoomPolicy,
    pub(crate) reconcile_ms: Ms,
    /// Seconds for which tokens last, and the rights in them; 0 for ever.
    pub(crate) token_s: u32,
    pub(crate) publish_s: u32,
    pub(crate) subscribe_s: u32,
    pub(crate) lease_s: u32,
    /// What one socket may do.
    pub(crate) socket: SocketPolicy,
    /// Mean of the milliseconds between two acts of a page.
    pub(crate) act_ms: Ms,
}

impl Tuning {
    pub(crate) fn new(random: &mut Rng) -> Self {
        let times = match random.u32(0..3) {
            0 => RoomTimes::default(),
            _ => RoomTimes {
                resume_ms: random.u32(6..31) * 1000,
                media_grace_ms: random.u32(3..16) * 1000,
                kept_result_ms: 120_000,
                ping_ms: random.u32(3..11) * 1000,
                token_warning_s: random.u32(5..31),
            },
        };
        let limits =
            RoomLimits { log_events: [4, 16, 512][random.usize(0..3)], kept_results: 64, ..RoomLimits::default() };
        // Now and then one is long enough for a session to give up.
        let heal_at = if random.u32(0..30) == 0 { 500_000 } else { random.u64(25_000..90_000) };
        // What the slowest recovery takes: a half-open socket is found, the session comes back or ends, streams are
        // repaired as often as they may be, rooms and media server are compared.
        let quiet = u64::from(times.resume_ms) + u64::from(times.ping_ms) * 5 / 2 + 75_000;
        Self {
            phones: [2, 2, 3, 3, 4, 5][random.usize(0..6)],
            rooms: if random.u32(0..12) == 0 { 2 } else { 1 },
            heal_at,
            end_at: heal_at + quiet,
            policy: RoomPolicy { limits, times, ..RoomPolicy::default() },
            reconcile_ms: 15_000,
            token_s: 0,
            publish_s: 0,
            subscribe_s: 0,
            lease_s: 300,
            socket: SocketPolicy::default(),
            act_ms: [1_500, 4_000, 10_000][random.usize(0..3)],
        }
    }

    /// Takes in the faults that shape the whole world.
    pub(crate) fn suffer(&mut self, plan: &[Fault], random: &mut Rng) {
        let has = |kind| plan.iter().any(|fault| fault.kind == kind);
        if has(FaultKind::TokenShort) {
            self.token_s = random.u32(15..70);
        }
        if has(FaultKind::Privilege) {
            self.publish_s = random.u32(10..60);
            self.subscribe_s = random.u32(10..60);
        }
        if has(FaultKind::LeaseShort) {
            self.lease_s = random.u32(1..6);
        }
        if has(FaultKind::SlowReader) {
            self.socket.queue_frames = random.usize(3..20);
        }
    }
}
