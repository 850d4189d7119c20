//! A copy of the sources with every mutant in it that compiles, and the programs that are made of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::mutant::{Mutant, PLACES};
use super::switches::{self, Switched};
use crate::bug::replace_once;
use crate::copy;
use crate::process;
use crate::progress;
use crate::repository::Repository;
use crate::stamp::Fingerprint;

/// The environment variable that names the mutant that is switched on.
pub(super) const SWITCH: &str = "MINIAPP_RTC_MUTANT";
/// Rounds of the compiler after which something else must be wrong.
const ROUNDS: usize = 30;

/// What became of the mutants that are not tried.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Left {
    /// A fingerprint of the sources.
    of: String,
    /// Their numbers: no compiler takes them.
    pub(super) not_compiling: HashSet<u32>,
    /// Their numbers: a switch cannot express them.
    pub(super) inexpressible: HashSet<u32>,
    /// The names of functions that stay `const`.
    constants: HashSet<String>,
}

/// Makes the copy, round after round without what the compiler refuses.
pub(super) fn make(repository: &Repository, mutants: &[Mutant]) -> Result<(PathBuf, Left)> {
    let notes = repository.folder(repository.target().join("mutants"))?.join("left.json");
    let fingerprint = PLACES.iter().try_fold(Fingerprint::default(), |all, place| all.path(&repository.path(place)))?;
    let of = fingerprint.path(&repository.path("xtask/src/mutants"))?.hex();
    let known = fs::read_to_string(&notes).ok().and_then(|text| serde_json::from_str::<Left>(&text).ok());
    let mut left = known.filter(|left| left.of == of).unwrap_or_else(|| Left { of, ..Left::default() });
    progress::step("compiling all mutants at once", || {
        for round in 1..=ROUNDS {
            let (copy, files) = put_in(repository, mutants, &mut left)?;
            let errors = errors(repository, &copy)?;
            println!("    round {round}: {} errors", errors.len());
            if errors.is_empty() {
                fs::write(&notes, serde_json::to_string(&left)?).with_context(|| notes.display().to_string())?;
                return Ok(copy);
            }
            for error in errors {
                leave_out(&error, &files, mutants, &mut left)?;
            }
        }
        bail!("after {ROUNDS} rounds the copy with all mutants still does not compile")
    })
    .map(|copy| (copy, left))
}

fn put_in(
    repository: &Repository,
    mutants: &[Mutant],
    left: &mut Left,
) -> Result<(PathBuf, HashMap<String, Switched>)> {
    let mut by_file: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        if !left.not_compiling.contains(&mutant.number) && !left.inexpressible.contains(&mutant.number) {
            by_file.entry(&mutant.file).or_default().push(mutant);
        }
    }
    let mut files = HashMap::new();
    let copy = copy::sources(repository, "mutants/sources", |name, text| {
        if name == "Cargo.toml" {
            return copy::with_version(&text, "998");
        }
        if ["tests/model/Cargo.toml", "tests/world/Cargo.toml"].contains(&name) {
            return replace_once(&text, "\"\npath = \"src/main.rs\"", "-mutants\"\npath = \"src/main.rs\"");
        }
        let text = if name == "src/lib.rs" { text + &QUESTION.replace("{SWITCH}", SWITCH) } else { text };
        let is_in =
            |place: &&str| name.strip_prefix(*place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !PLACES.iter().any(is_in) || name.contains("/tests") {
            return Ok(text);
        }
        let mutants = by_file.get(name).map(Vec::as_slice).unwrap_or_default();
        let switched = switches::switched(&text, mutants, &left.constants, name.starts_with("src/"))
            .with_context(|| format!("in {name}"))?;
        let text = switched.text.clone();
        files.insert(name.to_owned(), switched);
        Ok(text)
    })?;
    left.inexpressible.extend(files.values().flat_map(|file: &Switched| file.inexpressible.iter().copied()));
    Ok((copy, files))
}

/// Asks whether a mutant is switched on.
const QUESTION: &str = r#"
/// Whether a mutant is switched on.
pub fn mutant(number: u32) -> bool {
    extern crate std;
    static SWITCHED_ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *SWITCHED_ON.get_or_init(|| std::env::var("{SWITCH}").ok().and_then(|text| text.parse().ok()).unwrap_or_default())
        == number
}
"#;

/// Finds the mutants that an error is about, and leaves them out from now on.
fn leave_out(error: &Error, files: &HashMap<String, Switched>, mutants: &[Mutant], left: &mut Left) -> Result<()> {
    let spans = || error.spans.iter().filter(|span| span.is_primary).chain(&error.spans);
    let place = |span: &Span| files.get(&span.file_name).map(|file| (file, span.byte_start));
    let places: Vec<_> = spans().filter_map(place).collect();
    let branch = places
        .iter()
        .find_map(|(file, at)| file.branches.iter().find(|(range, _)| range.contains(at)).map(|(_, number)| *number));
    if let Some(number) = branch {
        let mutant = mutants.iter().find(|mutant| mutant.number == number);
        let refused = if mutant.is_some_and(|mutant| mutant.returns_impl) {
            &mut left.inexpressible
        } else {
            &mut left.not_compiling
        };
        refused.insert(number);
        return Ok(());
    }
    let called = error.message.split('`').nth(1).and_then(|path| path.rsplit("::").next()).unwrap_or_default();
    let is_constant = error.code.as_ref().is_some_and(|code| code.code == "E0015");
    if is_constant && called != "mutant" {
        left.constants.insert(called.to_owned());
        return Ok(());
    }
    for (file, at) in &places {
        let around =
            file.expressions.iter().filter(|(range, _)| range.contains(at)).min_by_key(|(range, _)| range.len());
        let function =
            file.functions.iter().filter(|(range, ..)| range.contains(at)).min_by_key(|(range, ..)| range.len());
        let numbers = around.map(|(_, numbers)| numbers).or_else(|| function.map(|(_, _, numbers)| numbers));
        if let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) {
            left.inexpressible.extend(numbers);
            return Ok(());
        }
    }
    bail!("the copy with all mutants does not compile:\n{}", error.rendered)
}

/// What makes the programs. The steward's tests need the media server, nothing needs its web users.
const BUILDS: &[&[&str]] = &[
    &["test", "--no-run", "--package", "miniapp-rtc", "--lib", "--test", "session"],
    &["test", "--no-run", "--package", "miniapp-rtc-gateway", "--no-default-features", "--features", MEDIA, "--lib"],
    &["test", "--no-run", "--package", "miniapp-rtc-fuzz", "--test", "replay"],
    &["build", "--package", "miniapp-rtc-model", "--package", "miniapp-rtc-world", "--bins"],
];

const MEDIA: &str = "embedded-media";

/// What the tests run.
pub(super) struct Programs {
    /// By the names of their targets.
    programs: HashMap<String, PathBuf>,
}

impl Programs {
    pub(super) fn build(repository: &Repository, copy: &Path) -> Result<Self> {
        progress::step("compiling the tests and the simulation with all mutants", || {
            let mut programs = HashMap::new();
            for words in BUILDS {
                let mut cargo = process::cargo();
                cargo.args(*words).args(["--quiet", "--profile", "world", "--message-format=json"]);
                cargo.arg("--target-dir").arg(repository.target()).current_dir(copy);
                for line in process::output(&mut cargo)?.lines() {
                    let message: Message = serde_json::from_str(line).context("a message of cargo")?;
                    if let (Some(program), Some(target)) = (message.executable, message.target) {
                        programs.insert(target.name, program);
                    }
                }
            }
            Ok(Self { programs })
        })
    }

    pub(super) fn path(&self, name: &str) -> Result<&Path> {
        self.programs.get(name).map(PathBuf::as_path).with_context(|| format!("cargo made no program {name}"))
    }
}

/// What the compiler says against the product's two crates.
fn errors(repository: &Repository, copy: &Path) -> Result<Vec<Error>> {
    let mut cargo = process::cargo();
    // The core with it.
    cargo.args(["check", "--quiet", "--message-format=json", "--package", "miniapp-rtc-gateway", "--lib"]);
    cargo.args(["--no-default-features", "--features", MEDIA]);
    cargo.arg("--target-dir").arg(repository.target()).current_dir(copy).stderr(Stdio::null());
    let output = cargo.output().context("cargo cannot be started")?;
    let mut errors = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Message = serde_json::from_str(line).context("a message of cargo")?;
        // The last one only counts the others.
        errors.extend(message.message.filter(|error| error.level == "error" && !error.spans.is_empty()));
    }
    if errors.is_empty() && !output.status.success() {
        bail!("cargo check fails in {} and names no error", copy.display());
    }
    Ok(errors)
}

#[derive(Deserialize)]
struct Message {
    message: Option<Error>,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Error {
    level: String,
    message: String,
    code: Option<Code>,
    spans: Vec<Span>,
    #[serde(default)]
    rendered: String,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    is_primary: bool,
}
