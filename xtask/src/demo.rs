//! The demonstration: a call between two mini-programs, over the real gateway and real media.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{build, process, progress};

#[derive(Args)]
pub(crate) struct Options {
    /// End after this many seconds with a summary, failing when no frame was decoded; without it, end on Ctrl-C
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
    /// Run the mini-program in this folder instead, on one phone: the folder of app.json, or the project around it
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
    /// Page to open, with its query; {gateway}, {appId} and {token} stand for those of the gateway that was started
    #[arg(long, value_name = "ADDRESS", requires = "app")]
    page: Option<String>,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    setup::ensure(repository, Need::Demo)?;
    if options.app.is_none() {
        build::sdk(repository, false)?;
    }
    progress::step("gateway", || process::run(process::cargo().args(["build", "--package", "miniapp-rtc-gateway"])))?;

    let mut demo = match &options.app {
        Some(app) => own_app(repository, app, options.page.as_deref()),
        None => example(repository),
    };
    demo.arg("--gateway-bin").arg(repository.executable("miniapp-rtc-gateway"));
    if let Some(seconds) = options.seconds {
        demo.arg("--seconds").arg(seconds.to_string());
    }
    become_program(demo)
}

fn example(repository: &Repository) -> Command {
    let mut demo = Command::new("node");
    demo.arg(repository.path("tests/e2e/demo.mjs"));
    demo.arg("--sdk").arg(repository.sdk());
    demo.arg("--example").arg(repository.path("example-miniapp"));
    demo
}

/// Somebody's own mini-program, as it stands: it brings its own copy of the SDK, if it uses it.
fn own_app(repository: &Repository, app: &Path, page: Option<&str>) -> Command {
    let mut demo = Command::new("node");
    demo.arg(repository.path("tests/e2e/demo-app.mjs"));
    demo.arg("--app").arg(app);
    if let Some(page) = page {
        demo.arg("--page").arg(page);
    }
    demo
}

/// Lets the program take this one's place, so that signals reach it and its exit status is ours.
#[cfg(unix)]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(program.exec()).map_err(|error| anyhow::Error::new(error).context("cannot start node"))
}

/// Waits for the program; the console sends Ctrl-C to both, and only the program ends on it.
#[cfg(not(unix))]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode> {
    use anyhow::Context;

    let status = program.status().context("cannot start node")?;
    Ok(status.code().map_or(ExitCode::FAILURE, |code| ExitCode::from(u8::try_from(code).unwrap_or(1))))
}
