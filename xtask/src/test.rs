//! Every check and every test, in order, each with its verdict, its time and the number of its tests.

mod arrows;
mod counts;
mod documents;
mod gateway;
mod hygiene;
mod steps;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::interrupt;
use crate::progress::seconds;
use crate::repository::Repository;
use crate::setup::{self, Need};

use counts::Counts;
use steps::{STEPS, Stage, Step};

#[derive(Args)]
pub(crate) struct Options {
    /// Run only this step; may be given several times
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// List the steps and end
    #[arg(long)]
    list: bool,
    /// Run the remaining steps after one has failed
    #[arg(long)]
    keep_going: bool,
}

/// What a step that ran came to.
struct Outcome {
    name: &'static str,
    counts: Counts,
    took: Duration,
    fault: Option<String>,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    if options.list {
        for step in STEPS {
            println!("{:<16} {}", step.name, step.purpose);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = choose(&options.only)?;
    let started = Instant::now();
    setup::ensure(repository, chosen.iter().map(|step| step.need).max().unwrap_or(Need::Build))?;

    let mut stage = Stage { repository, gateway: None };
    let mut outcomes = Vec::new();
    for (index, step) in chosen.iter().enumerate() {
        println!("\n---- {} of {}: {} ({})", index + 1, chosen.len(), step.name, step.purpose);
        let outcome = carry_out(&mut stage, step);
        let failed = outcome.fault.is_some();
        if let Some(fault) = &outcome.fault {
            println!("---- {} FAILED after {}: {fault}", step.name, seconds(outcome.took));
        } else {
            println!("---- {} passed in {}", step.name, seconds(outcome.took));
        }
        outcomes.push(outcome);
        if interrupt::asked_to_stop() {
            bail!("stopped");
        }
        if failed && !options.keep_going {
            break;
        }
    }
    let left_out = chosen.len() - outcomes.len();
    Ok(summary(&outcomes, left_out, started.elapsed()))
}

fn choose(only: &[String]) -> Result<Vec<&'static Step>> {
    for name in only {
        if !STEPS.iter().any(|step| step.name == name) {
            bail!("there is no step {name:?}; `cargo xtask test --list` names them");
        }
    }
    Ok(STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

fn carry_out(stage: &mut Stage<'_>, step: &Step) -> Outcome {
    let started = Instant::now();
    let mut counts = Counts::default();
    let fault = match (step.work)(stage, &mut counts) {
        Err(error) => Some(format!("{error:#}")),
        Ok(()) if step.has_tests && counts.passed == 0 => Some("no test was run".to_owned()),
        Ok(()) => None,
    };
    match &fault {
        // A check without tests of its own counts as one.
        None if !step.has_tests => counts.passed += 1,
        Some(_) if counts.failed == 0 => counts.failed = 1,
        _ => {}
    }
    Outcome { name: step.name, counts, took: started.elapsed(), fault }
}

/// Prints the table and, on the last line, the total; the exit status says whether anything failed.
fn summary(outcomes: &[Outcome], left_out: usize, took: Duration) -> ExitCode {
    println!("\n{:<16} {:>8} {:>7} {:>7} {:>12}", "step", "", "passed", "failed", "time");
    let mut total = Counts::default();
    for outcome in outcomes {
        let verdict = if outcome.fault.is_some() { "FAILED" } else { "ok" };
        let Counts { passed, failed } = outcome.counts;
        println!("{:<16} {verdict:>8} {passed:>7} {failed:>7} {:>12}", outcome.name, seconds(outcome.took));
        total.passed += passed;
        total.failed += failed;
    }
    if left_out > 0 {
        println!("{left_out} steps were not run after the failure; --keep-going runs them");
    }
    println!("all of it took {}", seconds(took));
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 && left_out == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
