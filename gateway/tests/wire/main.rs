//! The gateway as its clients meet it: a real process, real WebSockets, real media.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod call;
mod command_line;
mod leases;
mod limits;
mod lobby;
mod measure;
mod operation;
mod recovery;
mod tokens;
