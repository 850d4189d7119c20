//! The promises of a session and of a room, stated once. A [`SessionWatch`] sees all that goes into a session and comes out
//! of it, and says which promise was broken: to scripts, property test, fuzzers, simulation and model check. A `RoomWatch`
//! (feature `room`) does the same for a room of the gateway: to its own tests and to the fuzzers.

mod fault;
#[cfg(feature = "room")]
mod follower;
mod frames;
mod page;
#[cfg(feature = "room")]
mod room;
mod session;
#[cfg(feature = "room")]
mod sockets;

pub use fault::Fault;
#[cfg(feature = "room")]
pub use follower::{EVENTS_TELL_A_STORY, Follower, SNAPSHOTS_AGREE};
pub use frames::{FRAMES_ARE_WELL_MADE, is_unreadable};
pub use page::EVENTS_MAKE_SENSE;
#[cfg(feature = "room")]
pub use room::{
    ALL_OR_A_SNAPSHOT, GENERATIONS_RISE, LEASES_FOR_MEMBERS, NO_GAP, NO_SECOND_EFFECT, NO_SECRET, REQUESTS_SETTLE,
    RoomWatch, SOCKETS_COME_AND_GO, STRANGERS_UNHEARD,
};
pub use session::{CALLS_SETTLE, ONE_SOCKET, STATES_CHAIN, SessionWatch, Socket};
#[cfg(feature = "room")]
pub use sockets::{EVENTS_REACH_EVERYBODY, reaches_everybody};
