//! What the repository's files themselves have to keep: lock files without addresses, short files, narrow lines, no machine's paths.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::widths;
use crate::process;
use crate::repository::Repository;

const MOST_LINES: usize = 400;
const COUNTED: &[&str] = &["rs", "js", "mjs", "cjs", "wxml", "wxss", "wxs"];

/// Written in halves, so that this file passes its own check.
const MACHINE_PATHS: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers"),
];

pub(super) fn check(repository: &Repository) -> Result<()> {
    let mut faults = Vec::new();
    for name in files(repository)? {
        let path = repository.path(&name);
        let Ok(content) = fs::read(&path) else { continue };
        let Ok(text) = String::from_utf8(content) else { continue };
        faults.extend(length_fault(&name, &text));
        faults.extend(widths::faults(&name, &text));
        faults.extend(path_faults(&name, &text));
        faults.extend(lock_fault(&name, &text));
    }
    if faults.is_empty() { Ok(()) } else { bail!("\n  {}", faults.join("\n  ")) }
}

/// Names of the files that are, or would be, committed.
pub(super) fn files(repository: &Repository) -> Result<Vec<String>> {
    let mut git = process::command("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(repository.root());
    let names = process::output(&mut git)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn length_fault(name: &str, text: &str) -> Option<String> {
    let extension = Path::new(name).extension()?.to_str()?;
    let lines = text.lines().count();
    (COUNTED.contains(&extension) && lines > MOST_LINES)
        .then(|| format!("{name}: {lines} lines, at most {MOST_LINES}; divide it"))
}

fn path_faults(name: &str, text: &str) -> Option<String> {
    // The module's checker names such paths because it looks for them.
    if name == "xtask/src/wasm_module/verify.rs" {
        return None;
    }
    let (number, line) =
        text.lines().enumerate().find(|(_, line)| MACHINE_PATHS.iter().any(|path| line.contains(path)))?;
    Some(format!("{name}:{}: a path of one machine: {}", number + 1, line.trim()))
}

/// An address in a lock file binds everyone to the registry of whoever wrote it.
fn lock_fault(name: &str, text: &str) -> Option<String> {
    (name.ends_with("package-lock.json") && text.contains("\"resolved\"")).then(|| {
        format!(
            "{name}: holds addresses; put omit-lockfile-registry-resolved=true into .npmrc and run npm install again"
        )
    })
}
