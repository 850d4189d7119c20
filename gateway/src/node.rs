//! What one process of the gateway decides between its sockets, its rooms and its media server. Pure state machines: inputs
//! and the time go in, what to do comes out. The tasks of `socket`, `engine` and `steward` run them; so does the simulation of
//! `tests/world`.
//!
//! | file | what it is |
//! | --- | --- |
//! | `guest` | [`Guest`]: what one socket may say and hold |
//! | `policy` | [`SocketPolicy`]: limits and times of a socket |
//! | `meter` | how often something may happen |
//! | `outbox` | [`Outbox`]: what one socket still has to send |
//! | `farewell` | what a socket is told before it closes |
//! | `place` | [`Place`]: which room is meant |
//! | `directory` | [`Directory`]: the rooms of the process |
//! | `cell` | [`Cell`]: one room and the sockets attached to it |
//! | `audience` | [`Audience`]: these sockets, and what they are told |
//! | `ledger` | what rooms and media server know of each other's streams |

mod audience;
mod cell;
mod directory;
pub mod farewell;
mod guest;
pub mod ledger;
mod meter;
mod outbox;
mod place;
mod policy;
#[cfg(test)]
mod tests;

pub use audience::{Audience, Deed};
pub use cell::Cell;
pub use directory::{Directory, Sought, makes_room, nowhere};
pub use guest::{Guest, Heard};
pub use meter::{PerMinute, TokenBucket};
pub use outbox::{Outbox, OutboxBounds, Outgoing, OutgoingFrame, Standing};
pub use place::Place;
pub use policy::SocketPolicy;
