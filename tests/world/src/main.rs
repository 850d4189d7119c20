//! `miniapp-rtc-world`: runs worlds and says what came of them. `cargo xtask world` calls it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use miniapp_rtc_world::{Counts, FaultKind, Order, Reach, Violation, keep_panics, minimize, run_many, run_seed};

/// Runs the simulation.
#[derive(Parser)]
struct Options {
    /// How many seeds
    #[arg(long, required_unless_present_any = ["seed", "list_faults"])]
    seeds: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Only this seed, with its history
    #[arg(long)]
    seed: Option<u64>,
    /// Print the whole history of --seed
    #[arg(long)]
    verbose: bool,
    /// Kinds of faults to leave out, separated by commas
    #[arg(long, value_delimiter = ',', value_parser = kind)]
    without: Vec<FaultKind>,
    /// Kinds of faults to keep, or none; all others are left out
    #[arg(long, value_delimiter = ',', value_parser = kept)]
    only: Vec<Option<FaultKind>>,
    /// End at the first broken promise and print one line: seed, seeds run, promise
    #[arg(long)]
    until_caught: bool,
    /// List the kinds of faults and end
    #[arg(long)]
    list_faults: bool,
    /// Where histories are written
    #[arg(long, default_value = "target/world-histories")]
    histories: PathBuf,
}

/// Lines of a history that are printed.
const SHOWN: usize = 150;
/// Instead of a kind of fault: no fault at all.
const NONE: &str = "none";
/// States that are printed.
const RAREST: usize = 5;
/// Seeds after which every kind of fault must have struck.
const ENOUGH: u64 = 2_000;
/// Seeds after which every state of the list must have been come upon.
const ENOUGH_TO_REACH: u64 = 10_000;

fn main() -> ExitCode {
    let mut options = Options::parse();
    if !options.only.is_empty() {
        let others = FaultKind::ALL.iter().filter(|kind| !options.only.contains(&Some(**kind)));
        options.without.extend(others);
    }
    keep_panics();
    if options.list_faults {
        FaultKind::ALL.iter().for_each(|kind| println!("{:<16} {}", kind.name(), kind.what()));
        return ExitCode::SUCCESS;
    }
    let seeds = options.seeds.unwrap_or_default();
    match (options.seed, options.until_caught) {
        (Some(seed), _) => one(seed, &options),
        (None, true) => until_caught(seeds, &options),
        (None, false) => many(seeds, &options),
    }
}

fn one(seed: u64, options: &Options) -> ExitCode {
    let outcome = run_seed(seed, &options.without, true);
    if options.verbose {
        outcome.lines.iter().for_each(|line| println!("{line}"));
    }
    match outcome.violation {
        None => {
            println!("seed {seed}: every promise was kept, {} lines of history", outcome.lines.len());
            ExitCode::SUCCESS
        }
        Some(violation) => {
            explain(seed, &violation, options, !options.verbose);
            ExitCode::FAILURE
        }
    }
}

fn many(seeds: u64, options: &Options) -> ExitCode {
    let started = Instant::now();
    let order = Order { from: options.from, seeds, without: &options.without, stop_at_first: false };
    let tally = run_many(&order, |done, broken| {
        let seconds = started.elapsed().as_secs();
        eprintln!("  {done} of {seeds} seeds after {seconds} s, {broken} broke a promise");
    });
    print_table(&tally.counts, tally.broken.len(), started.elapsed().as_secs_f64());
    if let Some((seed, violation)) = tally.broken.first() {
        println!();
        explain(*seed, violation, options, true);
        println!("\nall seeds that broke a promise (the first 40):");
        for (seed, violation) in tally.broken.iter().take(40) {
            println!("  {seed:>8} {}", violation.invariant);
        }
        return ExitCode::FAILURE;
    }
    let missing = FaultKind::ALL.iter().find(|kind| !tally.counts.faults.contains_key(kind));
    if let Some(kind) = missing.filter(|kind| seeds >= ENOUGH && !options.without.contains(kind)) {
        println!("the fault {} never struck: the simulation has a hole", kind.name());
        return ExitCode::FAILURE;
    }
    let missed: Vec<_> = Reach::ALL.iter().filter(|reach| !tally.counts.reached.contains_key(reach)).collect();
    if seeds >= ENOUGH_TO_REACH && options.without.is_empty() && !missed.is_empty() {
        println!("no world came upon these states: the simulation has a hole");
        missed.iter().for_each(|reach| println!("  {reach:?}: {}", reach.what()));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn until_caught(seeds: u64, options: &Options) -> ExitCode {
    let order = Order { from: options.from, seeds, without: &options.without, stop_at_first: true };
    let tally = run_many(&order, |_, _| {});
    match tally.broken.first() {
        Some((seed, violation)) => {
            println!("caught\t{seed}\t{}\t{}", tally.counts.worlds.max(1), violation.invariant);
        }
        None => {
            println!("missed\t\t{}\t", tally.counts.worlds);
        }
    }
    ExitCode::SUCCESS
}

/// Prints what broke, the end of the history, where all of it is, and the command that repeats it.
fn explain(seed: u64, violation: &Violation, options: &Options, with_history: bool) {
    let Violation { invariant, text, at } = violation;
    let left_out = minimize(seed, &options.without, violation);
    let outcome = run_seed(seed, &left_out, true);
    let path = options.histories.join(format!("seed-{seed}.txt"));
    let written = fs::create_dir_all(&options.histories).and_then(|()| fs::write(&path, outcome.lines.join("\n")));
    if with_history {
        let skipped = outcome.lines.len().saturating_sub(SHOWN);
        println!("... {skipped} lines before");
        outcome.lines.iter().skip(skipped).for_each(|line| println!("{line}"));
    }
    println!("\nseed {seed} broke a promise at {} ms: {invariant}\n  {text}", at);
    match written {
        Ok(()) => println!("whole history, with as few kinds of faults as possible: {}", path.display()),
        Err(error) => println!("the history could not be written to {}: {error}", path.display()),
    }
    let needed: Vec<&str> =
        FaultKind::ALL.iter().filter(|kind| !left_out.contains(kind)).map(|kind| kind.name()).collect();
    let only = if needed.is_empty() { format!(" --only {NONE}") } else { format!(" --only {}", needed.join(",")) };
    println!("repeat it: cargo xtask world --seed {seed} --verbose{only}");
}

fn print_table(counts: &Counts, broken: usize, seconds: f64) {
    println!("{:<34} {:>14}", "what", "count");
    for (name, count) in counts.rows() {
        match name {
            "virtual milliseconds" => println!("{:<34} {:>14.1}", "virtual hours", count as f64 / 3_600_000.0),
            _ => println!("{name:<34} {count:>14}"),
        }
    }
    println!("{:<34} {:>14}", "faults", counts.faults.values().sum::<u64>());
    for (kind, count) in &counts.faults {
        println!("  {:<32} {count:>14}", kind.name());
    }
    let Counts { reached, .. } = counts;
    println!("{:<34} {:>14}", "states come upon", format!("{} of {}", reached.len(), Reach::ALL.len()));
    for (reach, count) in rarest(reached) {
        println!("  rare: {:<26} {count:>14}", format!("{reach:?}"));
    }
    println!("{:<34} {broken:>14}", "seeds that broke a promise");
    println!("{:<34} {seconds:>12.1} s", "time");
}

/// The states that were come upon least often.
fn rarest(reached: &BTreeMap<Reach, u64>) -> Vec<(Reach, u64)> {
    let mut all: Vec<(Reach, u64)> = reached.iter().map(|(reach, count)| (*reach, *count)).collect();
    all.sort_by_key(|(_, count)| *count);
    all.truncate(RAREST);
    all
}

fn kind(name: &str) -> Result<FaultKind, String> {
    let found = FaultKind::ALL.iter().find(|kind| kind.name() == name);
    found.copied().ok_or_else(|| format!("there is no kind of fault {name:?}; --list-faults names them"))
}

fn kept(name: &str) -> Result<Option<FaultKind>, String> {
    if name == NONE { Ok(None) } else { kind(name).map(Some) }
}
