//! `cargo xtask model`: the exhaustive check of a call of two phones; with `--planted`, against known bugs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::bug::Bug;
use crate::process;
use crate::repository::Repository;
use crate::world::{self, MODEL, SWITCH};

/// The most steps of a call in every run of the tests: about half a minute on two cores.
const DEPTH: u16 = 12;
/// The most faults in a call.
const FAULTS: u8 = 2;
/// The most steps of a call after which a planted bug must have been caught.
const DEPTH_FOR_A_BUG: u16 = 6;

#[derive(Args)]
pub(crate) struct Options {
    /// The most steps of a call; each more takes about half as long again
    #[arg(long, default_value_t = DEPTH, value_parser = clap::value_parser!(u16).range(1..=40))]
    depth: u16,
    /// The most faults among them
    #[arg(long, default_value_t = FAULTS, value_parser = clap::value_parser!(u8).range(0..=6))]
    faults: u8,
    /// Plant known bugs into a copy of the sources, and see that each is caught
    #[arg(long, conflicts_with_all = ["depth", "faults"])]
    planted: bool,
    /// With --planted: only this bug, whether or not the check has to catch it
    #[arg(long, requires = "planted")]
    bug: Option<String>,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    if options.planted {
        return planted(repository, options.bug.as_deref()).map(|()| ExitCode::SUCCESS);
    }
    let is_kept = tried(repository, &["--depth", &options.depth.to_string(), "--faults", &options.faults.to_string()])?;
    // The program has said what was wrong.
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The depth that a run has by itself, everything come upon, and every planted bug that is for this check.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    let (depth, faults) = (DEPTH.to_string(), FAULTS.to_string());
    if !tried(repository, &["--depth", &depth, "--faults", &faults, "--reach"])? {
        bail!("a promise was broken, or the check did not come upon all that it should");
    }
    planted(repository, None)
}

/// Whether every promise was kept.
fn tried(repository: &Repository, arguments: &[&str]) -> Result<bool> {
    let program = world::build(repository, MODEL, None)?;
    let status = process::command(program).args(arguments).status().context("the model check cannot be started")?;
    Ok(status.success())
}

fn planted(repository: &Repository, only: Option<&str>) -> Result<()> {
    let bugs = world::bugs(repository)?;
    let is_chosen = |bug: &&Bug| only.map_or(bug.in_model, |only| bug.name == only);
    if !bugs.iter().any(|bug| is_chosen(&bug)) {
        bail!("no planted bug is for the model check, or has that name; see tests/world/planted.toml");
    }
    let copy = world::plant(repository, &bugs)?;
    let program = world::build(repository, MODEL, Some(&copy))?;
    println!("\n{:<28} {:>8}  caught by", "planted bug", "after");
    let mut missed = Vec::new();
    for bug in bugs.iter().filter(is_chosen) {
        match caught(&program, &bug.name)? {
            Some((steps, promise)) => println!("{:<28} {steps:>2} steps  {promise}", bug.name),
            None => {
                println!("{:<28} {:>8}  NOT CAUGHT: {}", bug.name, "", bug.what);
                missed.push(bug.name.as_str());
            }
        }
    }
    if missed.is_empty() { Ok(()) } else { bail!("bugs that the model check does not catch: {}", missed.join(", ")) }
}

/// After how many steps a bug broke which promise.
fn caught(program: &Path, bug: &str) -> Result<Option<(String, String)>> {
    let mut model = process::command(program);
    model.args(["--until-caught", "--depth", &DEPTH_FOR_A_BUG.to_string()]).env(SWITCH, bug);
    let line = process::output(&mut model)?;
    let words: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
    match words.as_slice() {
        ["caught", steps, promise] => Ok(Some(((*steps).to_owned(), (*promise).to_owned()))),
        ["missed", ..] => Ok(None),
        _ => bail!("the model check said {line:?}"),
    }
}
