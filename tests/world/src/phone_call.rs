//! A [`PhoneCall`] takes the microphone of a phone: by the app's signal, by codes of its pushers, or by both.

use miniapp_rtc::session::Signal;

use crate::event::Relief;
use crate::queue::Ms;
use crate::world::World;

/// What has the microphone of a phone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhoneCall {
    until: Ms,
    /// No pusher lasts meanwhile, whatever is done for it.
    throws: bool,
}

/// The longest that a code of a tag is on its way to the page.
const WORDS_MS: Ms = 200;

impl World {
    /// A phone call begins, or another one while it lasts.
    pub(crate) fn take_audio(&mut self, phone: usize, wait: Ms) {
        // Some phones tell the app, some tell it by the tag alone; some tags go on in silence, some are thrown out.
        let (is_told, has_word, throws) = (self.chance(75), self.chance(60), self.chance(50));
        if is_told {
            self.signal(phone, Signal::AudioInterrupted);
        }
        if has_word {
            for tag in self.pushers(phone) {
                self.break_tag(phone, tag, 5001, false);
            }
        }
        let before = self.phones[phone].call;
        self.phones[phone].call = Some(PhoneCall {
            until: before.map_or(0, |call| call.until).max(self.now + wait),
            throws: throws && (is_told || has_word),
        });
        self.throw_pushers(phone);
        self.relieve(wait, Relief::Audio(phone));
    }

    /// Pushers cannot connect, or get no microphone, as often as they are started.
    pub(crate) fn throw_pushers(&mut self, phone: usize) {
        let Some(PhoneCall { until, throws: true }) = self.phones[phone].call else { return };
        if !self.phones[phone].is_frozen() && !self.phones[phone].hidden {
            for tag in self.pushers(phone) {
                let code = if self.chance(50) { -1302 } else { -1307 };
                self.break_tag(phone, tag, code, true);
            }
        }
        let wait = self.random.u64(2_000..6_000);
        if self.now + wait < until {
            self.relieve(wait, Relief::Pushers(phone));
        }
    }

    /// All faults end, and phone calls with them, once all is heard that they made tags say.
    pub(crate) fn hang_up(&mut self, phone: usize) {
        if let Some(call) = &mut self.phones[phone].call {
            call.until = self.now + WORDS_MS;
            self.relieve(WORDS_MS, Relief::Audio(phone));
        }
    }

    /// A phone call ends, if it is not followed by another.
    pub(crate) fn free_audio(&mut self, phone: usize) {
        if self.phones[phone].call.is_none_or(|call| call.until > self.now) {
            return;
        }
        if self.phones[phone].is_frozen() {
            // The signal waits for the JavaScript.
            return self.relieve(500, Relief::Audio(phone));
        }
        self.phones[phone].call = None;
        self.check_silenced(phone);
        let pushers = self.pushers(phone);
        let are_pushing = !self.phones[phone].is_silenced
            && pushers.iter().all(|tag| self.phones[phone].tags.get(tag).is_some_and(|tag| tag.connection.is_some()));
        if !are_pushing {
            return self.signal(phone, Signal::AudioResumed);
        }
        for tag in pushers {
            self.break_tag(phone, tag, 1002, false);
        }
    }
}
