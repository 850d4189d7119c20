//! A turn: one input's way through the session; it says when that is, and gathers what comes of it.

use alloc::vec::Vec;

use super::effect::Doings;
use super::identity::Identity;
use super::requests::{PendingRequest, Purpose};
use super::time::Time;
use crate::protocol::Request;

/// What everything that handles an input is given.
pub(super) struct Turn<'a> {
    /// When the input came.
    pub(super) now: Time,
    /// Where operation ids, socket generations and jitter come from.
    pub(super) identity: &'a mut Identity,
    /// What is to be done about the input, so far.
    pub(super) out: Doings,
    /// What parts of a session want the gateway to be asked, and the session has not sent yet.
    pub(super) asks: Vec<PendingRequest>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(now: Time, identity: &'a mut Identity) -> Self {
        Self { now, identity, out: Doings::default(), asks: Vec::new() }
    }

    /// Wants the gateway to be asked.
    pub(super) fn ask(&mut self, request: Request, purpose: Purpose) {
        self.asks.push(PendingRequest::new(request, purpose, self.identity));
    }
}
