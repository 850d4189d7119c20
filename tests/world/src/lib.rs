//! A world in virtual time: real sessions on phones, a network, the gateway's real rooms, and a media server. Everything that
//! can go wrong does, by chance from one seed; after every step the promises of the SDK and the gateway are checked.

mod acting;
mod ambush;
mod budget;
mod cell;
mod check;
mod counts;
mod event;
mod fault;
mod follower;
mod gateway;
mod history;
mod leaving;
mod media;
mod mirror;
mod network;
mod page;
mod phone;
mod phone_call;
mod queue;
mod quiet;
mod reach;
mod roster;
mod run;
mod steward;
mod stranger;
mod tag;
mod trouble;
mod tuning;
mod waited;
mod watch;
mod world;

pub use counts::Counts;
pub use fault::FaultKind;
pub use reach::Reach;
pub use run::{Order, Outcome, Tally, keep_panics, minimize, run_many, run_seed};
pub use world::{Violation, World};
