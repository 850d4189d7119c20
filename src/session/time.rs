//! Time as the session knows it: milliseconds since the session began, never going back. The caller brings it.

use core::ops::Add;

/// A moment, in milliseconds since the session began.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Time(pub u64);

impl Add<u32> for Time {
    type Output = Self;

    /// The moment that many milliseconds later.
    fn add(self, milliseconds: u32) -> Self {
        Self(self.0.saturating_add(milliseconds.into()))
    }
}

impl Time {
    /// Milliseconds from `earlier` to this moment; 0 if it is not earlier.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How long a call waits for the gateway's answer (vendor page "error codes": 3 s).
pub(super) const REQUEST_MS: u32 = 3_000;
/// How long a socket may take to open; a phone's first TLS handshake on a slow network takes 2 to 3 s.
pub(super) const CONNECT_MS: u32 = 5_000;
/// How long a ping may take right after the app was shown again: the phone often cuts sockets without saying so.
pub(super) const PROBE_MS: u32 = 2_000;
/// How long an answer to a ping may take on a weak network.
pub(super) const WEAK_MS: u32 = 6_000;
/// After this long in the background WeChat has cut the socket for certain.
pub(super) const AWAY_MS: u32 = 5_000;
/// A look at another app that is shorter is not told to the room; WeChat stops a hidden app after 5 s.
pub(super) const GLANCE_MS: u32 = 3_500;
/// Upper end of the first random wait before reconnecting, in milliseconds; its mean is half of that.
pub(super) const BACKOFF_FIRST_MS: u32 = 300;
/// No wait before one of the first attempts to reconnect is longer: a gateway that restarts is back within seconds.
pub(super) const BACKOFF_EARLY_MS: u32 = 2_500;
/// How many attempts are the first: about a minute.
pub(super) const BACKOFF_EARLY_ATTEMPTS: u32 = 48;
/// No wait before a later attempt is longer.
pub(super) const BACKOFF_MOST_MS: u32 = 8_000;
/// Wait before an attempt while the phone says that there is no network: it may be wrong.
pub(super) const OFFLINE_MS: u32 = 60_000;
/// Attempts to reconnect before giving up: about three minutes.
pub(super) const RECONNECT_ATTEMPTS: u32 = 72;
/// A gateway may not ask for pings more often.
pub(super) const LEAST_PING_MS: u32 = 250;
/// A gateway may not keep a client away for longer.
pub(super) const MOST_AWAY_MS: u32 = 60_000;
/// A request that the gateway refuses for the moment is sent again at most so often.
pub(super) const LATER_ATTEMPTS: u32 = 5;
/// Pause before such a request where the gateway does not say one.
pub(super) const LATER_MS: u32 = 500;
/// No such pause is shorter, whatever the gateway says; it doubles with each.
pub(super) const LATER_LEAST_MS: u32 = 100;
/// After a restart of the gateway, how long whoever is missing in the room is waited for, before the page is told.
pub(super) const ABSENCE_MS: u32 = 10_000;
/// A stream is repaired at most so often within [`REPAIR_WINDOW_MS`]; a native tag needs 10 to 20 s to give up once more.
pub(super) const REPAIR_ATTEMPTS: u32 = 5;
/// Milliseconds within which [`REPAIR_ATTEMPTS`] are counted.
pub(super) const REPAIR_WINDOW_MS: u32 = 120_000;
/// Pause after the first repair; the second is twice as long, the others four times.
pub(super) const REPAIR_PAUSE_MS: u32 = 2_000;
/// A cheap repair that did not bring media back by then is followed by a new address.
pub(super) const REPAIR_HELPS_MS: u32 = 10_000;
/// Milliseconds that a pusher has to push again by itself once the app is back. Then the SDK tells it to.
pub(super) const RETURN_MS: u32 = 3_000;
/// Pause between the end and the start of a pusher that a call interrupted: phones need it to give the microphone back.
pub(super) const RESUME_MS: u32 = 1_000;
/// How long before its end the page is warned of a token or privilege (vendor page "events": 30 s).
pub(super) const TOKEN_WARNING_S: u32 = 30;

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn the_table_of_the_documents_is_this_file() {
        let table = include_str!("../../docs/recovery.md");
        let rows: &[(u32, &str, &str)] = &[
            (REQUEST_MS, " ms", "REQUEST_MS"),
            (PROBE_MS, " ms", "PROBE_MS"),
            (WEAK_MS, " ms", "WEAK_MS"),
            (OFFLINE_MS, " ms", "OFFLINE_MS"),
            (CONNECT_MS, " ms", "CONNECT_MS"),
            (AWAY_MS, " ms", "AWAY_MS"),
            (GLANCE_MS, " ms", "GLANCE_MS"),
            (ABSENCE_MS, " ms", "ABSENCE_MS"),
            (BACKOFF_FIRST_MS, " ms", "BACKOFF_FIRST_MS"),
            (BACKOFF_MOST_MS, " ms", "BACKOFF_MOST_MS"),
            (RECONNECT_ATTEMPTS, "", "RECONNECT_ATTEMPTS"),
            (MOST_AWAY_MS, " ms", "MOST_AWAY_MS"),
            (LEAST_PING_MS, " ms", "LEAST_PING_MS"),
            (LATER_ATTEMPTS, "", "LATER_ATTEMPTS"),
            (LATER_MS, " ms", "LATER_MS"),
            (LATER_LEAST_MS, " ms", "LATER_LEAST_MS"),
            (REPAIR_PAUSE_MS, " ms", "REPAIR_PAUSE_MS"),
            (REPAIR_HELPS_MS, " ms", "REPAIR_HELPS_MS"),
            (RETURN_MS, " ms", "RETURN_MS"),
            (RESUME_MS, " ms", "RESUME_MS"),
            (BACKOFF_EARLY_MS, " ms", "BACKOFF_EARLY_MS"),
            (BACKOFF_EARLY_ATTEMPTS, "", "BACKOFF_EARLY_ATTEMPTS"),
            (REPAIR_ATTEMPTS, "", "REPAIR_ATTEMPTS"),
            (REPAIR_WINDOW_MS, " ms", "REPAIR_WINDOW_MS"),
            (TOKEN_WARNING_S, " s", "TOKEN_WARNING_S"),
        ];
        for (value, unit, name) in rows {
            assert!(table.contains(&format!("| {value}{unit} | `{name}` |")), "{name} is {value}{unit} in the code");
        }
        let constants = include_str!("time.rs").matches("pub(super) const").count() - 1;
        assert_eq!(rows.len(), constants, "a constant is missing from this test and perhaps from the document");
    }
}
