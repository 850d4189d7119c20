//! Surroundings: what the phone does to a session: the background, the network, and others that take the microphone.

use super::background::BackgroundPolicy;
use super::input::Signal;
use super::phone::Phone;
use super::time::{GLANCE_MS, Time, WEAK_MS};
use crate::protocol::Tracks;

/// The phone, as one session sees it.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    phone: Phone,
    background: BackgroundPolicy,
    /// The app was hidden a moment ago; the room is told then, unless the app is back.
    glance_until: Option<Time>,
}

impl Surroundings {
    pub(super) const fn new(phone: Phone, background: BackgroundPolicy) -> Self {
        Self { phone, background, glance_until: None }
    }

    /// The phone said something, and is so now. Whether the app was hidden before.
    pub(super) fn hear(&mut self, signal: Signal, phone: Phone, now: Time) -> bool {
        let was_hidden = core::mem::replace(&mut self.phone, phone).is_hidden();
        match signal {
            Signal::AppHide if !was_hidden => self.glance_until = Some(now + GLANCE_MS),
            Signal::AppShow => self.glance_until = None,
            Signal::AppHide
            | Signal::AudioInterrupted
            | Signal::AudioResumed
            | Signal::NetworkOffline
            | Signal::NetworkOnline
            | Signal::NetworkStrong
            | Signal::NetworkWeak
            | Signal::OrderUnheard => {}
        }
        was_hidden
    }

    /// When the room is told that the app is hidden.
    pub(super) const fn glance_until(&self) -> Option<Time> {
        self.glance_until
    }

    /// The app has been hidden for longer than a glance.
    pub(super) const fn end_glance(&mut self) {
        self.glance_until = None;
    }

    pub(super) const fn is_hidden(&self) -> bool {
        self.phone.is_hidden()
    }

    /// Whether something else has the microphone.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.phone.is_interrupted
    }

    pub(super) const fn is_offline(&self) -> bool {
        self.phone.is_offline
    }

    /// Whether the application declared that a hidden app is in no room, and it is hidden.
    pub(super) const fn ends_session(&self) -> bool {
        self.is_hidden() && self.background.when_hidden().leaves
    }

    /// Which tracks of our streams may be on.
    pub(super) fn allowed(&self) -> Tracks {
        let is_away = self.is_hidden() && self.glance_until.is_none();
        let is_silent = is_away && self.background.when_hidden().is_silent;
        Tracks { audio: !self.is_interrupted() && !is_silent, video: !is_away }
    }

    /// How long a ping may take, in milliseconds; on a weak network longer than `milliseconds`.
    pub(super) const fn patience(&self, milliseconds: u32) -> u32 {
        if self.phone.is_weak { WEAK_MS } else { milliseconds }
    }
}
