//! The phone, as it described itself last: whether the app is in front, who has the microphone, how the network is.

use super::input::Signal;
use super::time::Time;

/// What the phone said of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Phone {
    /// The app is in the background since then.
    pub(super) hidden_since: Option<Time>,
    /// Something else has the microphone.
    pub(super) is_interrupted: bool,
    /// There is no network.
    pub(super) is_offline: bool,
    /// The network hardly carries anything.
    pub(super) is_weak: bool,
}

impl Phone {
    /// Notes what the phone says. Returns for how many milliseconds the app was away where it came back; else 0.
    pub(super) fn hear(&mut self, signal: Signal, now: Time) -> u64 {
        match signal {
            Signal::AppHide => {
                self.hidden_since.get_or_insert(now);
            }
            Signal::AppShow => return self.hidden_since.take().map_or(0, |since| now.since(since)),
            Signal::AudioInterrupted => self.is_interrupted = true,
            Signal::AudioResumed => self.is_interrupted = false,
            Signal::NetworkOffline => self.is_offline = true,
            Signal::NetworkOnline => self.is_offline = false,
            Signal::NetworkStrong => self.is_weak = false,
            Signal::NetworkWeak => self.is_weak = true,
            Signal::OrderUnheard => {}
        }
        0
    }

    pub(super) const fn is_hidden(&self) -> bool {
        self.hidden_since.is_some()
    }
}
