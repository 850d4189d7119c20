//! The machine, made ready: what the ordinary package clients can install is installed, the rest is named.

mod cargo_tools;
mod npm;
mod system;
mod toolchain;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;
use crate::repository::Repository;

#[derive(Args)]
pub(crate) struct Options {
    /// Install only what a task needs
    #[arg(long = "for", value_enum, default_value_t = Need::Test)]
    need: Need,
}

/// The task that the machine is made ready for; each needs all that the one before it needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Need {
    Build,
    Demo,
    Test,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    ensure(repository, options.need)?;
    println!("everything is there");
    Ok(ExitCode::SUCCESS)
}

/// Installs what a task needs and is not there; quick and silent when nothing is missing.
pub(crate) fn ensure(repository: &Repository, need: Need) -> Result<()> {
    toolchain::ensure(repository)?;
    npm::ensure_node()?;
    npm::ensure_packages(repository, "js-glue")?;
    if need >= Need::Demo {
        npm::ensure_packages(repository, "simulator")?;
        system::ensure(repository, system::FFMPEG)?;
    }
    if need >= Need::Test {
        system::ensure(repository, system::BROWSER)?;
        system::ensure(repository, system::REDIS)?;
        cargo_tools::ensure(repository)?;
    }
    Ok(())
}

/// Installs the npm packages of one more folder.
pub(crate) fn npm_packages(repository: &Repository, folder: &str) -> Result<()> {
    npm::ensure_packages(repository, folder)
}

/// Installs the browser.
pub(crate) fn browser(repository: &Repository) -> Result<()> {
    system::ensure(repository, system::BROWSER)
}

/// Installs the interpreters of small languages where that is done by a command; the tests name those that they lack.
pub(crate) fn interpreters(repository: &Repository) -> Result<()> {
    if system::has_apt() { system::ensure(repository, system::INTERPRETERS) } else { Ok(()) }
}

/// Installs Redis.
pub(crate) fn redis(repository: &Repository) -> Result<()> {
    system::ensure(repository, system::REDIS)
}

/// Downloads every crate of the lock file, those for other systems too: checks of the whole list read them without a network.
pub(crate) fn crates_of_every_system(repository: &Repository) -> Result<()> {
    let mut cargo = process::cargo();
    process::run(cargo.args(["fetch", "--locked", "--quiet"]).current_dir(repository.root()))
}

/// Installs cargo-fuzz, which no other task needs.
pub(crate) fn fuzzer(repository: &Repository) -> Result<()> {
    cargo_tools::ensure_fuzzer(repository)
}

/// Installs cargo-mutants, which no other task needs.
pub(crate) fn mutator(repository: &Repository) -> Result<()> {
    cargo_tools::ensure_mutator(repository)
}

/// PATH with the cargo tools of this repository first.
pub(crate) fn path_with_tools(repository: &Repository) -> Result<OsString> {
    let mut folders = vec![cargo_tools::folder(repository).join("bin")];
    if let Some(path) = env::var_os("PATH") {
        folders.extend(env::split_paths(&path));
    }
    env::join_paths(folders).context("the path of the repository cannot be part of PATH")
}
