//! The promises of a session, stated once. A [`SessionWatch`] sees all that goes into a session and comes out of it, and
//! says which promise was broken: to scripts, property test, fuzzers, simulation and model check.

mod page;
mod session;

pub use page::EVENTS_MAKE_SENSE;
pub use session::{CALLS_SETTLE, Fault, ONE_SOCKET, STATES_CHAIN, SessionWatch, Socket};
