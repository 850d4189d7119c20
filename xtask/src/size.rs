//! The sizes of the built SDK, against the budgets of `size-budget.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::process;
use crate::repository::Repository;
use crate::stamp;

#[derive(Args)]
pub(crate) struct Options {
    /// Also show which sections and functions the module consists of
    #[arg(long)]
    report: bool,
}

/// The budget file: parts of the SDK, and sums of parts.
#[derive(Deserialize)]
struct Budgets {
    part: Vec<Part>,
    #[serde(default)]
    sum: Vec<Sum>,
}

#[derive(Deserialize)]
struct Part {
    name: String,
    /// Files and folders under the target folder; a folder counts with all its files, each compressed on its own.
    paths: Vec<String>,
    #[serde(flatten)]
    limit: Limit,
}

#[derive(Deserialize)]
struct Sum {
    name: String,
    of: Vec<String>,
    #[serde(flatten)]
    limit: Limit,
}

/// The most bytes allowed; what is not given is not limited.
#[derive(Deserialize)]
struct Limit {
    raw: Option<u64>,
    gzip: Option<u64>,
    brotli: Option<u64>,
}

/// Bytes as they are, after `gzip -9` and after brotli at quality 11.
#[derive(Clone, Copy, Default, Deserialize)]
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    check(repository)?;
    if options.report {
        crate::build::report(repository)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the table and fails when a budget is passed.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    let text = fs::read_to_string(repository.path("size-budget.toml")).context("cannot read size-budget.toml")?;
    let budgets: Budgets = toml::from_str(&text).context("size-budget.toml")?;
    let sizes = measure_all(repository, &budgets.part)?;

    println!("{:<26} {:>9} {:>9} {:>9}   budget", "bytes", "raw", "gzip", "brotli");
    let mut passed = Vec::new();
    for part in &budgets.part {
        let size = sizes.get(part.name.as_str()).copied().unwrap_or_default();
        passed.extend(print_row(&part.name, size, &part.limit));
    }
    for sum in &budgets.sum {
        let mut total = Size::default();
        for name in &sum.of {
            let size = sizes.get(name.as_str()).with_context(|| format!("size-budget.toml: no part {name:?}"))?;
            total = total.plus(*size);
        }
        passed.extend(print_row(&sum.name, total, &sum.limit));
    }
    if passed.is_empty() { Ok(()) } else { bail!("over budget: {}", passed.join("; ")) }
}

fn measure_all<'a>(repository: &Repository, parts: &'a [Part]) -> Result<BTreeMap<&'a str, Size>> {
    let target = repository.target();
    let mut files = Vec::new();
    for part in parts {
        for path in &part.paths {
            let found = stamp::files_under(&target.join(path))?;
            if found.is_empty() {
                bail!("{} is missing; run `cargo xtask build`", target.join(path).display());
            }
            files.extend(found.into_iter().map(|file| (part.name.as_str(), file)));
        }
    }
    let paths: Vec<&Path> = files.iter().map(|(_, file)| file.as_path()).collect();
    let mut sizes = BTreeMap::new();
    for ((name, _), size) in files.iter().zip(measure(repository, &paths)?) {
        let total: &mut Size = sizes.entry(*name).or_default();
        *total = total.plus(size);
    }
    Ok(sizes)
}

/// Node's zlib compresses: it holds the reference encoders of both formats.
fn measure(repository: &Repository, files: &[&Path]) -> Result<Vec<Size>> {
    let script = repository.path("xtask/js/measure.mjs");
    let text = process::output(process::command("node").arg(script).args(files))?;
    serde_json::from_str(&text).context("xtask/js/measure.mjs printed something else than sizes")
}

fn print_row(name: &str, size: Size, limit: &Limit) -> Option<String> {
    let limits = [("raw", size.raw, limit.raw), ("gzip", size.gzip, limit.gzip), ("brotli", size.brotli, limit.brotli)];
    let mut remarks = Vec::new();
    let mut passed = Vec::new();
    for (kind, bytes, most) in limits {
        let Some(most) = most else { continue };
        if bytes > most {
            passed.push(format!("{name} is {bytes} bytes {kind}, budget {most}"));
            remarks.push(format!("{kind} {most}, OVER by {}", bytes - most));
        } else {
            remarks.push(format!("{kind} {most}, {} left", most - bytes));
        }
    }
    println!("{name:<26} {:>9} {:>9} {:>9}   {}", size.raw, size.gzip, size.brotli, remarks.join("; "));
    (!passed.is_empty()).then(|| passed.join("; "))
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Size, print_row};

    #[test]
    fn a_size_up_to_its_limit_is_kept_and_one_byte_more_is_not() {
        let limit = Limit { raw: None, gzip: None, brotli: Some(40) };
        assert_eq!(print_row("module", Size { raw: 100, gzip: 50, brotli: 40 }, &limit), None);
        let fault = print_row("module", Size { raw: 100, gzip: 50, brotli: 41 }, &limit);
        assert_eq!(fault.as_deref(), Some("module is 41 bytes brotli, budget 40"));
    }
}
