//! `cargo xtask mutants`: breaks the session, the rooms, the node, the gate and the steward in every small way that
//! cargo-mutants knows, and sees that a test notices. All mutants are compiled at once, each behind a switch: a build for
//! each would take hours.

mod mutant;
mod sources;
mod survivors;
mod switches;
mod syntax;
mod trial;

use std::fs::OpenOptions;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;

use crate::progress::seconds;
use crate::repository::Repository;

use mutant::{Mutant, PLACES};
use sources::{Left, Programs};
use survivors::Survivors;
use trial::Checks;

#[derive(Args)]
pub(crate) struct Options {
    /// Only mutants of files whose path begins so
    #[arg(long, value_name = "PATH", default_value = "")]
    only: String,
    /// Only mutants whose change has this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    change: String,
    /// Only those that tests/mutants.toml lists
    #[arg(long)]
    listed: bool,
    /// Only the K-th of N equal parts
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = shard)]
    shard: (usize, usize),
    /// How many are tried at a time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// List the mutants and end
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    let places: Vec<String> = PLACES.iter().flat_map(|place| [(*place).to_owned(), format!("{place}/**")]).collect();
    let mutants = mutant::list(repository, &places.iter().map(String::as_str).collect::<Vec<_>>())?;
    let survivors = Survivors::read(repository, &mutants)?;
    let (part, parts) = options.shard;
    let is_chosen = |mutant: &&Mutant| {
        mutant.file.starts_with(&options.only)
            && mutant.change.contains(&options.change)
            && (!options.listed || survivors.has(mutant))
    };
    let chosen: Vec<&Mutant> = mutants.iter().filter(is_chosen).skip(part - 1).step_by(parts).collect();
    if chosen.is_empty() {
        bail!("there is no such mutant");
    }
    if options.list {
        chosen
            .iter()
            .for_each(|mutant| println!("{:>5} {} {}: {}", mutant.number, mutant.file, mutant.change, mutant.code));
        return Ok(ExitCode::SUCCESS);
    }
    let (copy, left) = sources::make(repository, &mutants)?;
    let viable: Vec<&Mutant> = chosen
        .iter()
        .filter(|mutant| !left.not_compiling.contains(&mutant.number) && !left.inexpressible.contains(&mutant.number))
        .copied()
        .collect();
    let programs = Programs::build(repository, &copy)?;
    let checks = Checks::prepare(&programs, &copy)?;
    let trials = Trials { repository, checks, viable, done: Mutex::default(), next: AtomicUsize::new(0) };
    let done = trials.run(options.jobs)?;
    report(&chosen, &left, &done, &survivors)
}

/// A mutant and what noticed it.
type Outcome<'a> = (&'a Mutant, Option<&'static str>);

struct Trials<'a> {
    repository: &'a Repository,
    checks: Checks,
    viable: Vec<&'a Mutant>,
    done: Mutex<Vec<Outcome<'a>>>,
    next: AtomicUsize,
}

impl<'a> Trials<'a> {
    fn run(self, jobs: u16) -> Result<Vec<Outcome<'a>>> {
        let started = Instant::now();
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(|| self.work(started))).collect();
            workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?)
        })?;
        self.done.into_inner().map_err(|_| anyhow!("a worker panicked"))
    }

    fn work(&self, started: Instant) -> Result<()> {
        while let Some(mutant) = self.viable.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let noticed = self.checks.try_one(mutant)?;
            if noticed.is_none() {
                println!("    survives: {} {}: {}", mutant.file, mutant.change, mutant.code);
            }
            self.keep(mutant, noticed)?;
            let mut done = self.done.lock().map_err(|_| anyhow!("a worker panicked"))?;
            done.push((mutant, noticed));
            if done.len() % 50 == 0 {
                println!("    {} of {} mutants after {}", done.len(), self.viable.len(), seconds(started.elapsed()));
            }
        }
        Ok(())
    }

    /// Writes the outcome down, so that a run that is stopped was not for nothing.
    fn keep(&self, mutant: &Mutant, noticed: Option<&str>) -> Result<()> {
        let path = self.repository.target().join("mutants/outcomes.tsv");
        let mut file = OpenOptions::new().create(true).append(true).open(&path).context("cannot write outcomes.tsv")?;
        let Mutant { number, file: source, change, code, .. } = mutant;
        writeln!(file, "{number}\t{source}\t{change}\t{code}\t{}", noticed.unwrap_or("nothing"))
            .context("cannot write outcomes.tsv")
    }
}

fn report(chosen: &[&Mutant], left: &Left, done: &[Outcome<'_>], survivors: &Survivors) -> Result<ExitCode> {
    let count = |is: &dyn Fn(&Mutant) -> bool| chosen.iter().filter(|mutant| is(mutant)).count();
    println!("\n{:<34} {:>6}", "mutants", chosen.len());
    println!("{:<34} {:>6}", "  no compiler takes them", count(&|mutant| left.not_compiling.contains(&mutant.number)));
    println!(
        "{:<34} {:>6}",
        "  no switch can express them",
        count(&|mutant| left.inexpressible.contains(&mutant.number))
    );
    println!("{:<34} {:>6}", "  tried", done.len());
    let mut names: Vec<&str> = done.iter().filter_map(|(_, noticed)| *noticed).collect();
    names.sort_unstable();
    for group in names.chunk_by(|one, other| one == other) {
        println!("{:<34} {:>6}", format!("    noticed by {}", group.first().unwrap_or(&"")), group.len());
    }
    let survived: Vec<&Mutant> =
        done.iter().filter(|(_, noticed)| noticed.is_none()).map(|(mutant, _)| *mutant).collect();
    println!("{:<34} {:>6}", "  survived", survived.len());
    let strangers: Vec<&&Mutant> = survived.iter().filter(|mutant| !survivors.has(mutant)).collect();
    println!("{:<34} {:>6}", "    without a reason", strangers.len());
    for mutant in &strangers {
        println!("\n{}", survivors::entry(mutant));
    }
    let mended: Vec<_> = done.iter().filter(|(mutant, noticed)| noticed.is_some() && survivors.has(mutant)).collect();
    for (mutant, noticed) in &mended {
        let by = noticed.unwrap_or_default();
        println!(
            "{} is noticed by {by} now; take it out of tests/mutants.toml:\n{}",
            mutant.file,
            survivors::entry(mutant)
        );
    }
    if strangers.is_empty() && mended.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!(
        "{} survivors without a reason in tests/mutants.toml, {} there that are noticed",
        strangers.len(),
        mended.len()
    )
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    numbers
        .filter(|(part, parts)| (1..=*parts).contains(part))
        .ok_or_else(|| "a part is K/N, for instance 1/8".to_owned())
}
