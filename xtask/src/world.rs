//! `cargo xtask world`: the simulation; with `--planted`, the simulation against known bugs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::bug::{Bug, replace_once};
use crate::copy;
use crate::process;
use crate::progress::step;
use crate::repository::Repository;

/// Seeds of a run that names no number.
const SEEDS: u64 = 10_000;
/// The greatest number of a seed, and of seeds, that a run may begin with.
const MOST: u64 = 1 << 52;
/// The seeds that belong to one second of the clock, for `--fresh`.
const FRESH: u64 = 1 << 20;
/// Seeds that a planted bug may need before it is caught.
pub(crate) const SEEDS_FOR_A_BUG: u64 = 500;
/// Seeds of the planted sources while no bug is switched on.
const SEEDS_WITHOUT_A_BUG: u64 = 500;
/// The environment variable that switches a bug on.
pub(crate) const SWITCH: &str = "MINIAPP_RTC_PLANTED";
/// The simulation's package and program.
const WORLD: &str = "miniapp-rtc-world";
/// The package and program of the model check.
pub(crate) const MODEL: &str = "miniapp-rtc-model";

#[derive(Args)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = SEEDS, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=MOST))]
    from: u64,
    /// That many seeds from a start that no run had before: the clock says it
    #[arg(long, value_name = "SEEDS", conflicts_with_all = ["seeds", "from", "seed"],
        value_parser = clap::value_parser!(u64).range(1..=FRESH))]
    fresh: Option<u64>,
    /// Only this seed
    #[arg(long, conflicts_with_all = ["seeds", "from"], value_parser = clap::value_parser!(u64).range(0..=2 * MOST))]
    seed: Option<u64>,
    /// Print the whole history of --seed
    #[arg(long, requires = "seed")]
    verbose: bool,
    /// Kinds of faults to keep, separated by commas; all others are left out
    #[arg(long)]
    only: Option<String>,
    /// Kinds of faults to leave out
    #[arg(long)]
    without: Option<String>,
    /// List the kinds of faults and end
    #[arg(long)]
    list_faults: bool,
    /// Plant known bugs into a copy of the sources, and see that each is caught
    #[arg(long, conflicts_with_all = ["seeds", "from", "fresh", "seed", "only", "without", "list_faults"])]
    planted: bool,
    /// With --planted: only this bug
    #[arg(long, requires = "planted")]
    bug: Option<String>,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    if options.planted {
        return planted(repository, options.bug.as_deref()).map(|()| ExitCode::SUCCESS);
    }
    // The program has said what was wrong.
    Ok(if simulate(repository, options)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether every promise was kept.
fn simulate(repository: &Repository, options: &Options) -> Result<bool> {
    let program = build(repository, WORLD, None)?;
    let mut world = process::command(program);
    world.arg("--histories").arg(repository.target().join("world-histories"));
    match (options.seed, options.fresh) {
        (Some(seed), _) => world.args(["--seed", &seed.to_string()]),
        (None, Some(seeds)) => {
            let from =
                SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?.as_secs() * FRESH;
            println!("repeat it: cargo xtask world --seeds {seeds} --from {from}");
            world.args(["--seeds", &seeds.to_string(), "--from", &from.to_string()])
        }
        (None, None) => world.args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()]),
    };
    for (name, given) in [("--verbose", options.verbose), ("--list-faults", options.list_faults)] {
        if given {
            world.arg(name);
        }
    }
    for (name, value) in [("--only", &options.only), ("--without", &options.without)] {
        if let Some(value) = value {
            world.args([name, value]);
        }
    }
    let status = world.status().context("the simulation cannot be started")?;
    Ok(status.success())
}

/// As many seeds as a run has by itself, and every planted bug.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    let options = Options {
        seeds: SEEDS,
        from: 1,
        fresh: None,
        seed: None,
        verbose: false,
        only: None,
        without: None,
        list_faults: false,
        planted: false,
        bug: None,
    };
    if !simulate(repository, &options)? {
        bail!("a promise was broken");
    }
    planted(repository, None)
}

/// The program of a package in this tree, or in a copy.
pub(crate) fn build(repository: &Repository, package: &str, copy: Option<&Path>) -> Result<PathBuf> {
    let name = if copy.is_some() { planted_program(package) } else { package.to_owned() };
    step(&format!("compiling {name}"), || {
        let mut cargo = process::cargo();
        cargo.args(["build", "--quiet", "--profile", "world", "--package", package]);
        cargo.arg("--target-dir").arg(repository.target());
        if let Some(copy) = copy {
            cargo.arg("--manifest-path").arg(copy.join("Cargo.toml"));
        }
        process::run(&mut cargo)
    })?;
    Ok(repository.target().join("world").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

#[derive(Deserialize)]
struct Planting {
    bug: Vec<Bug>,
}

/// Every planted bug.
pub(crate) fn bugs(repository: &Repository) -> Result<Vec<Bug>> {
    let list = repository.path("tests/world/planted.toml");
    let text = fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let Planting { bug: bugs } = toml::from_str(&text).with_context(|| format!("in {}", list.display()))?;
    let names: BTreeSet<&str> = bugs.iter().map(|bug| bug.name.as_str()).collect();
    if names.len() != bugs.len() {
        bail!("two planted bugs have the same name");
    }
    Ok(bugs)
}

fn planted(repository: &Repository, only: Option<&str>) -> Result<()> {
    let bugs = bugs(repository)?;
    if let Some(unknown) = only.filter(|only| !bugs.iter().any(|bug| bug.name == *only)) {
        let known = bugs.iter().map(|bug| bug.name.as_str()).collect::<Vec<_>>().join(", ");
        bail!("no planted bug has the name {unknown}; there are {known}");
    }
    let copy = plant(repository, &bugs)?;
    let program = build(repository, WORLD, Some(&copy))?;
    println!("\n{:<28} {:>7} {:>8}  caught by", "planted bug", "seed", "after");
    let sound = run_one(&program, "", SEEDS_WITHOUT_A_BUG)?;
    if sound.verdict != "missed" {
        bail!("without a bug switched on, seed {} breaks: {}", sound.seed, sound.invariant);
    }
    println!("{:<28} {:>7} {:>8}  nothing, as it should be", "(none)", "", SEEDS_WITHOUT_A_BUG);
    let mut missed = Vec::new();
    for bug in bugs.iter().filter(|bug| only.is_none_or(|only| bug.name == only)) {
        let Caught { verdict, seed, seeds, invariant } = run_one(&program, &bug.name, SEEDS_FOR_A_BUG)?;
        if verdict == "caught" {
            println!("{:<28} {seed:>7} {seeds:>8}  {invariant}", bug.name);
        } else {
            println!("{:<28} {:>7} {seeds:>8}  NOT CAUGHT: {}", bug.name, "", bug.what);
            missed.push(bug.name.as_str());
        }
    }
    if missed.is_empty() { Ok(()) } else { bail!("bugs that the simulation does not catch: {}", missed.join(", ")) }
}

/// What the simulation says of one bug.
struct Caught {
    verdict: String,
    seed: String,
    seeds: String,
    invariant: String,
}

fn run_one(program: &Path, bug: &str, seeds: u64) -> Result<Caught> {
    let mut world = process::command(program);
    world.args(["--until-caught", "--seeds", &seeds.to_string()]).env(SWITCH, bug);
    let line = process::output(&mut world)?;
    let mut words = line.trim_end_matches('\n').split('\t').map(str::to_owned);
    let mut word = || words.next().with_context(|| format!("the simulation said {line:?}"));
    Ok(Caught { verdict: word()?, seed: word()?, seeds: word()?, invariant: word()? })
}

/// Copies the sources into the target folder, with all bugs in them.
pub(crate) fn plant(repository: &Repository, bugs: &[Bug]) -> Result<PathBuf> {
    let mut places: Vec<&str> = Vec::new();
    let copied = copy::sources(repository, "world-planted", |name, text| {
        let (text, planted) = with_bugs(name, text, bugs)?;
        places.extend(planted);
        Ok(text)
    })?;
    for bug in bugs {
        let count = places.iter().filter(|name| **name == bug.name).count();
        if count != 1 {
            bail!(
                "the planted bug {} has {count} places in {}, not one; adapt tests/world/planted.toml",
                bug.name,
                bug.file
            );
        }
    }
    Ok(copied)
}

/// A file with the bugs that belong into it, and their names.
fn with_bugs<'a>(name: &str, text: String, bugs: &'a [Bug]) -> Result<(String, Vec<&'a str>)> {
    let mut text = match name {
        "src/lib.rs" => text + &QUESTION.replace("{SWITCH}", SWITCH),
        "Cargo.toml" => copy::with_version(&text, "999")?,
        "tests/model/Cargo.toml" | "tests/world/Cargo.toml" => {
            let package = if name.contains("model") { MODEL } else { WORLD };
            let program = format!("name = \"{}\"\npath", planted_program(package));
            replace_once(&text, &format!("name = \"{package}\"\npath"), &program)?
        }
        _ => text,
    };
    let mut names = Vec::new();
    for bug in bugs {
        let planted = bug
            .planted(name, &text)
            .with_context(|| format!("the planted bug {} in {name}; adapt tests/world/planted.toml", bug.name))?;
        if let Some(planted) = planted {
            text = planted;
            names.push(bug.name.as_str());
        }
    }
    Ok((text, names))
}

/// The name of a package's program with the bugs in it: it lies beside the one without.
fn planted_program(package: &str) -> String {
    format!("{package}-planted")
}

/// Asks whether a bug is switched on.
const QUESTION: &str = r#"
/// Whether a planted bug is switched on.
pub fn planted(name: &str) -> bool {
    extern crate std;
    static SWITCHED_ON: std::sync::OnceLock<std::string::String> = std::sync::OnceLock::new();
    SWITCHED_ON.get_or_init(|| std::env::var("{SWITCH}").unwrap_or_default()) == name
}
"#;
