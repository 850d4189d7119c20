//! The measurements: load, join, calls, heap and page data, beside two peers in one table, and instruction counts.

mod document;
mod instructions;
mod row;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{build, process, progress};

use row::Row;

const FOLDER: &str = "tests/bench";

#[derive(Args)]
pub(crate) struct Options {
    /// Fewer rounds, under a minute; good for a look, not for comparing
    #[arg(long, conflicts_with = "record")]
    quick: bool,
    /// Write the table into docs/benchmarks.md and the counts into tests/bench/instructions.csv
    #[arg(long)]
    record: bool,
}

/// How often things are repeated.
struct Rounds {
    processes: u32,
    batches: u32,
    minutes: u32,
}

impl Rounds {
    const FULL: Self = Self { processes: 15, batches: 25, minutes: 60 };
    const QUICK: Self = Self { processes: 5, batches: 9, minutes: 60 };
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    setup::ensure(repository, Need::Demo)?;
    setup::npm_packages(repository, FOLDER)?;
    build::sdk(repository, false)?;
    let gateway = progress::step("gateway, optimized", || gateway(repository))?;

    let rounds = if options.quick { Rounds::QUICK } else { Rounds::FULL };
    let rows = measure(repository, &gateway, &rounds)?;
    let counts = instructions::count(repository)?;

    println!();
    row::print(&rows);
    println!();
    let more = counts.compare(repository, options.record)?;
    if options.record {
        document::write(repository, &rows, &counts)?;
    }
    let faults: Vec<String> = rows.iter().filter_map(Row::fault).chain(more).collect();
    if faults.is_empty() { Ok(ExitCode::SUCCESS) } else { bail!("{}", faults.join("; ")) }
}

/// The gateway as it is run in earnest.
fn gateway(repository: &Repository) -> Result<std::path::PathBuf> {
    process::run(process::cargo().args(["build", "--release", "--quiet", "--package", "miniapp-rtc-gateway"]))?;
    Ok(repository.optimized("miniapp-rtc-gateway"))
}

fn measure(repository: &Repository, gateway: &Path, rounds: &Rounds) -> Result<Vec<Row>> {
    let gateway = gateway.display().to_string();
    let (processes, batches, minutes) =
        (rounds.processes.to_string(), rounds.batches.to_string(), rounds.minutes.to_string());
    let steps: [(&str, &[&str]); 5] = [
        ("sizes and load", &["load.mjs", "--rounds", &processes]),
        ("join over the loopback", &["join.mjs", "--gateway-bin", &gateway, "--rounds", &processes]),
        ("events and reports", &["engines.mjs", "--batches", &batches]),
        ("an hour of call", &[HEAP, "--minutes", &minutes]),
        ("page data in a call", &["set-data.mjs", "--gateway-bin", &gateway]),
    ];
    let mut rows = Vec::new();
    for (name, arguments) in steps {
        rows.extend(progress::step(name, || script(repository, arguments))?);
    }
    Ok(rows)
}

const HEAP: &str = "heap.mjs";

/// Without its own compiling, whose results lie in the heap that is measured.
const HEAP_FLAGS: &[&str] = &["--expose-gc", "--no-opt", "--no-sparkplug", "--no-flush-bytecode"];

/// Runs one of the scripts, which prints rows.
fn script(repository: &Repository, arguments: &[&str]) -> Result<Vec<Row>> {
    let Some((name, rest)) = arguments.split_first() else { return Ok(Vec::new()) };
    let mut node = process::command("node");
    if *name == HEAP {
        node.args(HEAP_FLAGS);
    }
    node.arg(repository.path(FOLDER).join(name)).args(rest);
    let text = process::output(&mut node)?;
    serde_json::from_str(&text).with_context(|| format!("{name} printed something else than rows"))
}
