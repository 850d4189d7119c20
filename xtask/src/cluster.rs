//! `cargo xtask cluster`: clients on three gateways that share rooms, while gateways and Redis fail.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::repository::Repository;
use crate::setup;

#[derive(Args)]
pub(crate) struct Options {
    /// How long faults strike
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=24 * 60))]
    minutes: u64,
    /// Which faults: the same number gives the same order of them
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    setup::redis(repository)?;
    process::run(&mut command(60 * options.minutes, options.seed))?;
    Ok(ExitCode::SUCCESS)
}

/// The crash suite; it prints what was struck, and what came of it.
pub(crate) fn command(seconds: u64, seed: u64) -> Command {
    let mut cargo = process::cargo();
    cargo.args(["test", "--package", "miniapp-rtc-gateway", "--test", "cluster", "--"]);
    cargo.args(["--ignored", "--nocapture", "--test-threads=1"]);
    cargo.env("CLUSTER_SECONDS", seconds.to_string()).env("CLUSTER_SEED", seed.to_string());
    cargo
}
