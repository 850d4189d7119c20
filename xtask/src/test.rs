//! Every check and every test, in order, each with its verdict, its time and the number of its tests.

mod arrows;
mod counts;
mod documents;
mod gateway;
mod hygiene;
mod steps;
mod widths;

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
    /// What failed at the first go, where there was a second.
    first_fault: Option<String>,
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
        let outcome = attempt(&mut stage, step);
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

/// Carries a step out; once more where it measures real time and failed.
fn attempt(stage: &mut Stage<'_>, step: &Step) -> Outcome {
    let first = carry_out(stage, step);
    let Some(fault) = first.fault.as_ref().filter(|_| step.is_timed && !interrupt::asked_to_stop()) else {
        return first;
    };
    println!("---- {} failed after {}: {fault}", step.name, seconds(first.took));
    println!("---- {}: a second go, because it measures real time and the machine may have been busy", step.name);
    let second = carry_out(stage, step);
    Outcome { took: first.took + second.took, first_fault: first.fault, ..second }
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
    Outcome { name: step.name, counts, took: started.elapsed(), fault, first_fault: None }
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
    for Outcome { name, first_fault, fault, .. } in outcomes {
        if let (Some(first_fault), None) = (first_fault, fault) {
            println!("{name} passed at its second go; see above what failed at the first: {first_fault}");
        }
    }
    if left_out > 0 {
        println!("{left_out} steps were not run after the failure; --keep-going runs them");
    }
    println!("all of it took {}", seconds(took));
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 && left_out == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::ensure;

    use super::*;

    static GOES: AtomicUsize = AtomicUsize::new(0);

    /// Fails at the first go alone.
    fn flaky(_: &mut Stage<'_>, counts: &mut Counts) -> Result<()> {
        let is_first = GOES.fetch_add(1, Ordering::Relaxed) == 0;
        ensure!(!is_first, "too slow");
        counts.passed += 1;
        Ok(())
    }

    #[test]
    fn a_step_that_measures_real_time_gets_a_second_go_and_no_third() {
        let repository = Repository::find().expect("the repository");
        let mut stage = Stage { repository: &repository, gateway: None };
        let mut go = |is_timed, work| {
            GOES.store(0, Ordering::Relaxed);
            let step = Step { name: "flaky", purpose: "", need: Need::Build, has_tests: true, is_timed, work };
            let Outcome { counts, fault, first_fault, .. } = attempt(&mut stage, &step);
            (counts.passed, fault.is_some(), first_fault.is_some(), GOES.load(Ordering::Relaxed))
        };
        assert_eq!(go(true, flaky), (1, false, true, 2));
        assert_eq!(go(false, flaky), (0, true, false, 1));
        let broken = |_: &mut Stage<'_>, _: &mut Counts| {
            GOES.fetch_add(1, Ordering::Relaxed);
            bail!("broken")
        };
        assert_eq!(go(true, broken), (0, true, true, 2));
    }
}
