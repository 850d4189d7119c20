//! The gateway of miniapp-rtc: signaling over WebSockets, rooms, and the media servers behind them.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`room`] | what happens in a room: pure |
//! | [`node`] | what one process decides between sockets, rooms and media server: pure |
//! | [`partition`] | rooms that several processes keep copies of: pure |
//! | [`engine`] | where rooms live |
//! | [`media`] | media servers behind one seam |
//! | [`steward`] | keeps rooms and media server of one mind |
//! | [`socket`] | WebSockets |
//! | [`sockets`], [`mailbox`] | the open sockets, and what each still has to send |
//! | `budget` | how many bytes may be held for all connections |
//! | [`lobby`] | connections that have proven nothing yet |
//! | [`watch`] | the tasks that must not die |
//! | [`admin`] | what an operator sees and orders over HTTP |
//! | `metrics` | what happens, counted for Prometheus |
//! | [`admission`] | applications and tokens |
//! | [`settings`], [`config`] | what a gateway is told; the file that tells it |
//! | [`gateway`] | all of it, started and stopped |
//! | [`tls`] | what listeners show to those who connect |
//! | [`webhooks`] | tell an application's server what happens in its rooms |
//! | [`cli`] | the command line |
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::match_wildcard_for_single_variants,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]

pub mod admin;
pub mod admission;
mod budget;
pub mod cli;
pub mod clock;
pub mod config;
mod door;
pub mod engine;
pub mod gateway;
mod health;
mod host;
mod http;
pub mod lobby;
mod log;
pub mod mailbox;
pub mod media;
mod meter;
mod metrics;
pub mod node;
pub mod partition;
mod random;
pub mod room;
pub mod settings;
mod shared;
pub mod socket;
pub mod sockets;
pub mod steward;
pub mod tls;
pub mod watch;
pub mod webhooks;
