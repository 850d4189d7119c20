//! Instruction counts of the core's hot paths, natively compiled: the same on every run, so that runs compare.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::row::grouped;
use crate::repository::Repository;
use crate::{process, progress};

const STORED: &str = "tests/bench/instructions.csv";

/// How much a path may grow before a run fails: callgrind's noise is far below, a new branch in a loop above.
const TOLERATED_PERCENT: f64 = 3.0;

/// As many as `tests/bench/instructions.rs` runs each path.
const ROUNDS: f64 = 100.0;

/// Instructions for one run of each path; nothing without callgrind.
pub(super) struct Counts {
    compiler: String,
    paths: Option<Vec<(String, f64)>>,
}

/// Counts all paths, if callgrind is here.
pub(super) fn count(repository: &Repository) -> Result<Counts> {
    let compiler = compiler()?;
    if process::version("valgrind").is_none() {
        println!("==> instruction counts: left out, valgrind is missing; `apt-get install valgrind` brings it");
        return Ok(Counts { compiler, paths: None });
    }
    let program = progress::step("core's hot paths, optimized", compile)?;
    let paths = progress::step("instruction counts", || {
        let names = process::output(&mut process::command(&program))?;
        names.lines().map(|name| Ok((name.to_owned(), callgrind(repository, &program, name)?))).collect()
    })?;
    Ok(Counts { compiler, paths: Some(paths) })
}

/// The compiler and the machine, since counts of others do not compare.
fn compiler() -> Result<String> {
    let text = process::output(process::command("rustc").arg("-vV"))?;
    let field = |name| text.lines().find_map(|line: &str| line.strip_prefix(name)).map(str::trim).unwrap_or_default();
    Ok(format!("rustc {} {}", field("release:"), field("host:")))
}

fn compile() -> Result<PathBuf> {
    let arguments = ["bench", "--no-run", "--quiet", "--package", "miniapp-rtc", "--bench", "instructions"];
    let messages = process::output(process::cargo().args(arguments).arg("--message-format=json"))?;
    let is_ours = |message: &serde_json::Value| message["target"]["name"] == "instructions";
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(is_ours)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo named no executable of the bench `instructions`")
}

fn callgrind(repository: &Repository, program: &Path, path: &str) -> Result<f64> {
    let file = repository.folder(repository.target().join("bench"))?.join("callgrind.out");
    let mut valgrind = process::command("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet", "--toggle-collect=*measured_path*"]);
    valgrind.arg(format!("--callgrind-out-file={}", file.display())).arg(program).arg(path);
    process::run(&mut valgrind)?;
    let profile = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let total = profile.lines().find_map(|line| line.strip_prefix("summary:")?.trim().parse::<f64>().ok());
    match total {
        Some(total) if total > 0.0 => Ok(total / ROUNDS),
        _ => bail!("callgrind counted nothing for {path:?}; is `measured_path` still a function of its own?"),
    }
}

impl Counts {
    /// Prints them beside the stored ones and returns what has grown too much; or stores them.
    pub(super) fn compare(&self, repository: &Repository, record: bool) -> Result<Vec<String>> {
        let Some(paths) = &self.paths else { return Ok(Vec::new()) };
        let file = repository.path(STORED);
        let stored = match fs::read_to_string(&file) {
            Ok(text) => parse(&text)?,
            Err(_) => (String::new(), BTreeMap::new()),
        };
        let comparable = stored.0 == self.compiler;
        println!("instructions for one run of a path, {} (stored: {})", self.compiler, or_none(&stored.0));
        let mut grown = Vec::new();
        for (name, count) in paths {
            let before = stored.1.get(name).filter(|_| comparable);
            let change = before.map(|before| (count / before - 1.0) * 100.0);
            let remark = change.map_or_else(|| "not stored".to_owned(), |change| format!("{change:+.1} %"));
            println!("{name:<48} {:>10}   {remark}", grouped(*count));
            if change.is_some_and(|change| change > TOLERATED_PERCENT) && !record {
                grown.push(format!(
                    "{name:?} takes {remark} instructions; if that is meant, `cargo xtask bench --record`"
                ));
            }
        }
        if record {
            fs::write(&file, self.csv(paths)).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(grown)
    }

    fn csv(&self, paths: &[(String, f64)]) -> String {
        let mut text = format!("path,instructions on {}\n", self.compiler);
        for (name, count) in paths {
            text.push_str(&format!("\"{name}\",{count:.0}\n"));
        }
        text
    }

    /// The counts as a Markdown table.
    pub(super) fn markdown(&self) -> String {
        let Some(paths) = &self.paths else { return "valgrind was missing.\n".to_owned() };
        let mut text = format!("{}\n\n| path | instructions |\n| --- | ---: |\n", self.compiler);
        for (name, count) in paths {
            text.push_str(&format!("| {name} | {} |\n", grouped(*count)));
        }
        text
    }
}

/// The compiler and the counts of a stored file.
fn parse(text: &str) -> Result<(String, BTreeMap<String, f64>)> {
    let mut lines = text.lines();
    let compiler = lines.next().and_then(|head| head.strip_prefix("path,instructions on ")).unwrap_or_default();
    let counts = lines.map(|line| {
        let fields = line.rsplit_once(',').and_then(|(name, count)| Some((name, count.parse::<f64>().ok()?)));
        let (name, count) = fields.with_context(|| format!("{STORED}: cannot read {line:?}"))?;
        Ok((name.trim_matches('"').to_owned(), count))
    });
    Ok((compiler.to_owned(), counts.collect::<Result<_>>()?))
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Counts, parse};

    #[test]
    fn stored_counts_are_read_as_they_were_written() {
        let paths = vec![("decode joined, 20 members".to_owned(), 1234.0)];
        let counts = Counts { compiler: "rustc 1 here".to_owned(), paths: Some(paths.clone()) };
        let (compiler, read) = parse(&counts.csv(&paths)).unwrap();
        assert_eq!(compiler, counts.compiler);
        assert_eq!(read.into_iter().collect::<Vec<_>>(), paths);
    }
}
