//! An ambush: what the system says to a phone while it is not connected.

use miniapp_rtc::session::ConnectionState;

use crate::event::Reaction;
use crate::fault::FaultKind;
use crate::queue::Ms;
use crate::world::World;

impl World {
    /// Something happens to a phone that is not connected, if it is not: now, or else when it is not.
    pub(crate) fn spring_ambush(&mut self, phone: usize) {
        let it = &mut self.phones[phone];
        if it.state == ConnectionState::Connected || it.is_frozen() || it.hidden {
            return;
        }
        let Some((second, size)) = it.ambush.take() else { return };
        let wait = 6_000 + Ms::from(size % 20_000);
        let has_effect = match second % 3 {
            0 => self.hide(phone, wait),
            1 => self.go_offline(phone, true, wait),
            _ => {
                self.take_audio(phone, wait);
                true
            }
        };
        self.phones[phone].acts_hidden = self.phones[phone].hidden;
        if self.phones[phone].hidden && self.phones[phone].page.wants_in {
            self.react(phone, 1, Reaction::Join);
        }
        if has_effect {
            self.counts.fault(FaultKind::SignalEarly);
        }
    }
}
