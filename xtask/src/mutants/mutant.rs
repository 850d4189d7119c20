//! A mutant: one small break of one function, as cargo-mutants makes them up.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;
use crate::repository::Repository;
use crate::setup;

/// Where something is broken.
pub(super) const PLACES: &[&str] = &[
    "src/session.rs",
    "src/session",
    "gateway/src/node.rs",
    "gateway/src/node",
    "gateway/src/room.rs",
    "gateway/src/room",
    "gateway/src/media/gate.rs",
    "gateway/src/steward.rs",
];

/// What is broken.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub(super) enum Genre {
    BinaryOperator,
    FnValue,
    MatchArm,
    MatchArmGuard,
    StructField,
    UnaryOperator,
}

/// One small break.
#[derive(Debug)]
pub(super) struct Mutant {
    /// The number of its switch, from 1.
    pub(super) number: u32,
    pub(super) file: String,
    pub(super) genre: Genre,
    /// What is done, and in which function: `replace < with <= in Repairs::pause`.
    pub(super) change: String,
    /// The line that is changed; empty where the whole function is.
    pub(super) code: String,
    /// Of the same changes to the same line of a file, which one, from 1.
    pub(super) place: u32,
    pub(super) replacement: String,
    /// The bytes that are replaced.
    pub(super) range: Range<usize>,
    /// Whether the function returns `impl Trait`, of which a switch cannot return a second kind.
    pub(super) returns_impl: bool,
}

/// The mutants of the files under `places`, in the order of cargo-mutants.
pub(super) fn list(repository: &Repository, places: &[&str]) -> Result<Vec<Mutant>> {
    setup::mutator(repository)?;
    let mut mutants = process::command("cargo-mutants");
    mutants.args(["mutants", "--list", "--json", "--workspace"]).env("PATH", setup::path_with_tools(repository)?);
    for place in places {
        mutants.args(["--file", place]);
    }
    let listed: Vec<Listed> = serde_json::from_str(&process::output(&mut mutants)?).context("cargo-mutants' list")?;
    let mut texts: HashMap<String, String> = HashMap::new();
    let mut places: HashMap<(String, String, String), u32> = HashMap::new();
    let mut all = Vec::new();
    for (number, one) in (1..).zip(listed) {
        if !texts.contains_key(&one.file) {
            let text = fs::read_to_string(repository.path(&one.file));
            texts.insert(one.file.clone(), text.with_context(|| format!("cannot read {}", one.file))?);
        }
        let text = texts.get(&one.file).context("a file that was just read")?;
        let code = match one.genre {
            Genre::FnValue => String::new(),
            _ => text.lines().nth(one.span.start.line.saturating_sub(1)).unwrap_or_default().trim().to_owned(),
        };
        // Before the first blank it says file, line and column.
        let change = one.name.split_once(": ").map_or(one.name.as_str(), |(_, change)| change).to_owned();
        let place = places.entry((one.file.clone(), change.clone(), code.clone())).or_default();
        *place += 1;
        all.push(Mutant {
            number,
            genre: one.genre,
            change,
            code,
            place: *place,
            replacement: one.replacement,
            range: one.span.start.byte(text)?..one.span.end.byte(text)?,
            returns_impl: one.function.is_some_and(|function| function.return_type.contains("impl ")),
            file: one.file,
        });
    }
    Ok(all)
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    function: Option<Function>,
    genre: Genre,
    name: String,
    replacement: String,
    span: Span,
}

#[derive(Deserialize)]
struct Function {
    return_type: String,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// A line and a column of it in letters, both from 1.
#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn byte(&self, text: &str) -> Result<usize> {
        let before: usize = text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let line = text.get(before..).context("a line that the file has not")?;
        Ok(before + line.chars().take(self.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>())
    }
}
