//! Orders: what the components of a page are told to do with their native tags.

use crate::protocol::StreamOf;
use crate::session::background::BackgroundPolicy;
use crate::session::effect::Doings;
use crate::session::event::{ClientEvent, ControlAction, StreamControl, StreamRef};

/// The orders of one client: each has a number, so that a page can tell them apart.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    /// How many were given so far.
    given: u32,
    /// What the components do by themselves while the app is hidden.
    background: BackgroundPolicy,
}

impl Orders {
    pub(super) const fn new(given: u32, background: BackgroundPolicy) -> Self {
        Self { given, background }
    }

    pub(super) const fn given(&self) -> u32 {
        self.given
    }

    /// Gives an order, with `delay` milliseconds between the end of the old and the start of the new.
    pub(super) fn give(&mut self, of: &StreamOf, action: ControlAction, delay: u32, out: &mut Doings) {
        self.given = self.given.wrapping_add(1);
        let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
        let (sequence, background) = (self.given, self.background);
        out.emit(ClientEvent::StreamControl(StreamControl { uid, screen, action, delay, sequence, background }));
    }
}
