//! The gateway as its clients meet it: a real process, real WebSockets, real media.

#[path = "../common/mod.rs"]
mod common;
#[path = "../media_support/rtmp.rs"]
#[allow(dead_code, unreachable_pub)]
mod rtmp;

mod admin;
mod bad_input;
mod call;
mod command_line;
mod command_line_check;
mod join_link;
mod leases;
mod limits;
mod lobby;
mod logs;
mod measure;
mod media_settings;
mod metrics;
mod operation;
mod recovery;
mod service_files;
mod tls;
mod tokens;
mod webhooks;
