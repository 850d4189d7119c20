//! Hostile clients and failing machines, each with a healthy call beside it: real gateway process, real media. Run by
//! `cargo xtask test --only attack`, one after the other: each wants the machine for itself.

#![allow(unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

#[path = "../media_support/rtmp.rs"]
#[allow(dead_code, clippy::expect_used)]
mod rtmp;

#[cfg(target_os = "linux")]
mod dead_task;
mod forgeries;
mod healthy;
mod logging;
mod memory;
mod noise;
mod strangers;
