//! Rooms that several processes keep copies of: each applies one log of inputs, in one order, to its own copy. Pure: the entries
//! and their times are arguments, so the copies are equal wherever the log is.
//!
//! | file | what it is |
//! | --- | --- |
//! | `entry` | [`LogEntry`]: what one append to the log brought, and where it stands |
//! | `state` | [`Partition`]: some of the rooms, as the log makes them |
//! | `replica` | [`Replica`]: the copy of one process, and what that process has to do |
//! | `courier` | [`Courier`]: what a process has for the log, until it is there |
//! | `placement` | which partition a room belongs to |

mod courier;
mod entry;
mod placement;
mod replica;
mod state;
#[cfg(test)]
mod tests;

pub use courier::Courier;
pub use entry::{Era, Item, LogEntry, Offset};
pub use placement::{MAX_PARTITIONS, Placement};
pub use replica::{Applied, Replica};
pub use state::{Outcome, Partition, Unreadable};
