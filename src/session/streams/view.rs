//! A [`View`] is what streams see of the rest of their session.

use crate::session::requests::Requests;
use crate::session::roster::Roster;
use crate::session::surroundings::Surroundings;

/// What streams see of the rest of their session.
pub(in crate::session) struct View<'a> {
    /// Whether there is a session, and a socket that knows it, to ask in.
    pub(in crate::session) is_joined: bool,
    pub(in crate::session) roster: &'a Roster,
    pub(in crate::session) requests: &'a Requests,
    pub(in crate::session) surroundings: &'a Surroundings,
}

impl View<'_> {
    /// Whether repairs make sense: there is a connection to ask on, and a user to see and hear.
    pub(super) const fn is_there(&self) -> bool {
        self.is_joined && !self.surroundings.is_hidden()
    }
}
