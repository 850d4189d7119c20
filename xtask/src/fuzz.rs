//! Fuzzing: throws inputs at the targets of `tests/fuzz` for a while. The corpus that this grows from is replayed by
//! `cargo xtask test` with the pinned compiler; only this needs the nightly one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::repository::Repository;
use crate::{process, progress, setup};

const TARGETS: [&str; 10] = ["frame", "token", "session", "room", "offer", "stun", "picture", "opus", "aac", "publish"];

/// The longest input, in bytes.
const LONGEST_INPUT: u32 = 800;

/// An input that takes longer counts as a hang, in seconds.
const HANG: u32 = 10;

#[derive(Args)]
pub(crate) struct Options {
    /// Fuzz only this target; without it, one after the other
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
    /// How long each target is fuzzed
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1500))]
    seconds: u32,
    /// Afterwards, add to the committed corpus what reaches code that it did not reach
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    if process::version("rustup").is_none() {
        bail!("fuzzing needs the nightly compiler, which rustup brings; see rustup.rs");
    }
    let compiler = process::output(nightly(repository)?.args(["rustc", "--version"]));
    if compiler.is_err() {
        bail!("fuzzing needs the nightly compiler: run `rustup toolchain install nightly --profile minimal`");
    }
    setup::fuzzer(repository)?;
    progress::step("fuzz targets", || process::run(&mut fuzz(repository, "build")?))?;
    for target in TARGETS.iter().filter(|target| options.target.as_deref().is_none_or(|wanted| wanted == **target)) {
        progress::step(&format!("{target}, {} s", options.seconds), || throw(repository, target, options))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn throw(repository: &Repository, target: &str, options: &Options) -> Result<()> {
    let found = repository.folder(repository.target().join("fuzz-found").join(target))?;
    let corpus = repository.path("tests/fuzz/corpus").join(target);
    let log = repository.target().join(format!("fuzz-{target}.log"));
    let mut fuzzer = fuzz(repository, "run")?;
    fuzzer.arg(target).arg(&found).arg(&corpus).arg("--");
    fuzzer.arg(format!("-max_total_time={}", options.seconds)).arg(format!("-timeout={HANG}"));
    // Long scripts from the start: short ones do not get far into a call.
    fuzzer.arg(format!("-max_len={LONGEST_INPUT}")).arg("-len_control=0");
    let dictionary = repository.path("tests/fuzz/dictionaries").join(format!("{target}.dict"));
    fuzzer.arg(format!("-dict={}", dictionary.display()));
    let outcome = process::run(fuzzer.stderr(file(&log)?));
    report(&fs::read_to_string(&log).unwrap_or_default());
    outcome.with_context(|| {
        format!(
            "{target}: the log is {}. The input lies in tests/fuzz/libfuzzer/artifacts/{target}; when the fault is \
             mended, move it to tests/fuzz/corpus/{target} under a name that says what it showed",
            log.display()
        )
    })?;
    if options.keep {
        let mut merge = fuzz(repository, "run")?;
        // Without counters a file is added for new code only, not for running the same code more often.
        merge.arg(target).arg(&corpus).arg(&found).args(["--", "-set_cover_merge=1", "-use_counters=0"]);
        let before = files(&corpus)?;
        process::run(merge.stderr(file(&log)?))?;
        println!("    {} files added to {}", files(&corpus)? - before, corpus.display());
    }
    Ok(())
}

/// Prints the lines of libFuzzer's log that say what the corpus covered, what is covered now, and what broke.
fn report(log: &str) {
    let words = ["INITED", "DONE", "panicked", "SUMMARY", "Test unit written"];
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        if words.iter().any(|word| line.contains(word)) {
            println!("    {}", line.trim());
        }
        if line.contains("panicked") {
            // What broke stands below where.
            println!("    {}", lines.next().unwrap_or_default().trim());
        }
    }
}

/// A subcommand of cargo-fuzz. Without a sanitizer: these crates forbid unsafe code, and it would halve the speed.
fn fuzz(repository: &Repository, subcommand: &str) -> Result<Command> {
    let mut fuzz = nightly(repository)?;
    fuzz.args(["cargo", "fuzz", subcommand, "--sanitizer", "none"]);
    fuzz.arg("--fuzz-dir").arg(repository.path("tests/fuzz/libfuzzer"));
    fuzz.arg("--target-dir").arg(repository.target().join("fuzz"));
    Ok(fuzz)
}

/// A program of the nightly toolchain; the pinned one that runs this task is forgotten.
fn nightly(repository: &Repository) -> Result<Command> {
    let mut rustup = process::command("rustup");
    rustup.args(["run", "nightly"]).env("PATH", setup::path_with_tools(repository)?);
    for name in ["CARGO", "CARGO_TARGET_DIR", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        rustup.env_remove(name);
    }
    Ok(rustup)
}

fn file(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn files(folder: &PathBuf) -> Result<usize> {
    Ok(fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?.count())
}
