//! The [`OutletLimits`]: how much a player may lag behind.

use std::time::Duration;

/// How much a player may lag behind.
#[derive(Clone, Copy, Debug)]
pub struct OutletLimits {
    /// Most frames queued for one player.
    pub frames: usize,
    /// Most payload bytes queued for one player.
    pub bytes: usize,
    /// A player that takes nothing for this long while frames wait is disconnected.
    pub stall: Duration,
    /// A player whose queue overflows this often without ever getting empty in between is disconnected.
    pub overflows: u32,
}

impl Default for OutletLimits {
    fn default() -> Self {
        Self { frames: 1_024, bytes: 4 << 20, stall: Duration::from_secs(10), overflows: 4 }
    }
}
