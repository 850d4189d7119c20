//! A turn: one input's way through the session; it says when that is, and gathers the effects.

use super::effect::Outbox;
use super::identity::Identity;
use super::time::Time;

/// What everything that handles an input is given.
pub(super) struct Turn<'a> {
    /// When the input came.
    pub(super) now: Time,
    /// Where operation ids, socket generations and jitter come from.
    pub(super) identity: &'a mut Identity,
    /// What is to be done about the input, so far.
    pub(super) out: Outbox,
}
