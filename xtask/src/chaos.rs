//! The chaos run: a call between two mini-programs through everything that networks, phones and servers do to it.

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::demo::become_program;
use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{build, process, progress};

#[derive(Args)]
pub(crate) struct Options {
    /// How many faults there are to be
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    faults: u32,
    /// Decides which faults, when, and whom they strike; a new one each time if left out
    #[arg(long)]
    seed: Option<u32>,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    setup::ensure(repository, Need::Demo)?;
    build::sdk(repository, false)?;
    progress::step("gateway", || process::run(process::cargo().args(["build", "--package", "miniapp-rtc-gateway"])))?;

    let mut chaos = Command::new("node");
    chaos.arg(repository.path("tests/chaos/chaos.mjs")).arg("--faults").arg(options.faults.to_string());
    if let Some(seed) = options.seed {
        chaos.arg("--seed").arg(seed.to_string());
    }
    chaos.env("MINIAPP_RTC_GATEWAY_BIN", repository.executable("miniapp-rtc-gateway"));
    become_program(chaos)
}
