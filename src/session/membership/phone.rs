//! What the phone does to a stay: the background, the network, and others that take the microphone.

use alloc::vec::Vec;

use super::wanted::{Tracks, Wanted};
use super::{Membership, Purpose, Stage};
use crate::protocol::{MuteLocal, Request};
use crate::session::background::BackgroundPolicy;
use crate::session::input::Signal;
use crate::session::phone::Phone;
use crate::session::repair::Repair;
use crate::session::time::{AWAY_MS, GLANCE_MS, REQUEST_MS, RETURN_MS, Time, WEAK_MS};
use crate::session::turn::Turn;

impl Membership {
    /// The phone said something; of its return, it was `away` for so many milliseconds.
    pub(crate) fn on_signal(&mut self, signal: Signal, phone: Phone, away: u64, turn: &mut Turn<'_>) {
        let was_hidden = core::mem::replace(&mut self.phone, phone).is_hidden();
        match signal {
            Signal::AppShow => {
                if !phone.is_interrupted {
                    self.wanted.iter_mut().for_each(|wanted| wanted.is_interrupted = false);
                }
                self.hidden_at = None;
                self.look_after_pushers(turn.now);
                self.restore_missing(turn);
                self.hasten(away > AWAY_MS.into(), turn);
            }
            Signal::AudioResumed => self.end_interruption(turn),
            Signal::NetworkOffline => self.rest(turn.now),
            Signal::NetworkOnline | Signal::NetworkStrong => self.hasten(false, turn),
            Signal::AppHide if was_hidden => {}
            Signal::AppHide => {
                self.hidden_at = Some(turn.now + GLANCE_MS);
                self.leave_in_background(turn);
            }
            Signal::AudioInterrupted | Signal::NetworkWeak => {}
            Signal::OrderUnheard => self.renew_ordered(turn),
        }
        self.drive_tracks(turn);
    }

    /// Does as the application declared for the background; a join that began there is let come to its end, since a page
    /// may join as it is shown, before the phone says so.
    pub(super) fn leave_in_background(&mut self, turn: &mut Turn<'_>) {
        if self.background == BackgroundPolicy::Leave {
            self.leave(None, "the app went to the background", turn);
        }
    }

    /// How long a ping may take.
    pub(super) const fn patience(&self) -> u32 {
        if self.phone.is_weak { WEAK_MS } else { REQUEST_MS }
    }

    /// Tells the gateway which tracks of our streams are on: what the page wants, less what the phone denies.
    pub(super) fn drive_tracks(&mut self, turn: &mut Turn<'_>) {
        if !matches!(self.stage, Stage::Joined(_)) {
            return;
        }
        let is_hidden = self.phone.is_hidden() && self.hidden_at.is_none();
        let is_silent = self.phone.is_interrupted || (is_hidden && self.background == BackgroundPolicy::Mute);
        let mut requests = Vec::new();
        let (me, waiting) = (&self.me, &self.waiting);
        // What the page asks for just now comes first; its answer leads back here.
        let is_asked = |wanted: &Wanted| {
            waiting.has(|waiting| {
                matches!((&waiting.purpose, &waiting.request),
                    (Purpose::Call(_), Request::MuteLocal(mute)) if mute.kind == wanted.of.kind)
            })
        };
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.of.user == *me && !is_asked(wanted)) {
            let Tracks { audio, video } = wanted.tracks;
            let is_silent = is_silent || wanted.is_interrupted;
            let (audio, video) = (audio && !is_silent, video && !is_hidden);
            let shown = Some(Tracks { audio, video });
            if core::mem::replace(&mut wanted.told, shown) != shown {
                requests.push(Request::MuteLocal(MuteLocal { kind: wanted.of.kind, audio, video }));
            }
        }
        for request in requests {
            self.ask(request, Purpose::Tracks, turn);
        }
    }

    /// WeChat ended pushing, or may have: most clients go on by themselves, the others are told to.
    fn look_after_pushers(&mut self, now: Time) {
        let me = &self.me;
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.of.user == *me && wanted.lease.is_some()) {
            if !wanted.is_flowing() {
                wanted.repairs.check = Some((now + RETURN_MS, Repair::PlayAgain));
            }
        }
    }
}
