//! The last recorded table inside `docs/benchmarks.md`, between two marks.

use std::fs;

use anyhow::{Context, Result};

use super::instructions::Counts;
use super::row::{self, Row};
use crate::process;
use crate::repository::Repository;

const FILE: &str = "docs/benchmarks.md";
const BEGIN: &str = "<!-- recorded by cargo xtask bench --record -->\n";
const END: &str = "<!-- end of the record -->\n";

pub(super) fn write(repository: &Repository, rows: &[Row], counts: &Counts) -> Result<()> {
    let file = repository.path(FILE);
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {FILE}"))?;
    let record = format!("\n{}\n\n{}\n{}\n", machine(), row::markdown(rows), counts.markdown());
    let text = replaced(&text, &record).with_context(|| format!("{FILE} has lost the marks of its record"))?;
    fs::write(&file, text).with_context(|| format!("cannot write {FILE}"))
}

/// What the figures were measured on.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let node = process::version("node").unwrap_or_default();
    format!("{}, {cores} cores, Node {node}", processor.as_deref().unwrap_or("unknown processor"))
}

fn replaced(text: &str, record: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{record}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, replaced};

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = format!("above\n{BEGIN}old\n{END}below\n");
        assert_eq!(replaced(&text, "new\n"), Some(format!("above\n{BEGIN}new\n{END}below\n")));
        assert_eq!(replaced("no marks", "new"), None);
    }
}
