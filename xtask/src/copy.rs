//! A copy of the sources under the target folder, where they may be changed and compiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::bug::replace_once;
use crate::process;
use crate::repository::Repository;

/// Copies what cargo needs of the repository into a folder of that name, each text as `edit` returns it.
pub(crate) fn sources(
    repository: &Repository,
    folder: &str,
    mut edit: impl FnMut(&str, String) -> Result<String>,
) -> Result<PathBuf> {
    let copy = repository.folder(repository.target().join(folder))?;
    let mut kept = BTreeSet::new();
    for name in names(repository)? {
        // A file that was removed, and the removal not yet committed.
        let Ok(bytes) = fs::read(repository.path(&name)) else { continue };
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => edit(&name, text)?.into_bytes(),
            Err(error) => error.into_bytes(),
        };
        write_if_changed(&copy.join(&name), &bytes)?;
        kept.insert(name);
    }
    remove_others(&copy, &copy, &kept)?;
    Ok(copy)
}

/// The root manifest with another last number in its version: cargo keeps what it compiled of two packages apart by their
/// names and versions, not by their folders.
pub(crate) fn with_version(manifest: &str, last: &str) -> Result<String> {
    let version = |version: &str| format!("\nversion = \"{version}\"");
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    replace_once(manifest, &version(env!("CARGO_PKG_VERSION")), &version(&format!("{major}.{minor}.{last}")))
}

/// What cargo and the Rust tests need of the repository.
fn names(repository: &Repository) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"]).current_dir(repository.root());
    git.args([
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "README.md",
        "docs",
        "src",
        "gateway",
        "js-glue",
        "tests",
        "xtask",
    ]);
    let names = process::output(&mut git)?;
    let is_needed = |name: &&str| {
        name.starts_with(CORPUS)
            || [".rs", ".toml", ".lock", ".md", ".json", ".d.ts", ".wxml"].iter().any(|end| name.ends_with(end))
    };
    Ok(names.split('\0').filter(is_needed).map(str::to_owned).collect())
}

/// The inputs of the fuzz targets, which their test replays.
const CORPUS: &str = "tests/fuzz/corpus/";

/// Cargo compiles again what was written again.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a file without a folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Removes what an earlier copy had.
fn remove_others(copy: &Path, folder: &Path, kept: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.strip_prefix(copy)?.to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            remove_others(copy, &path, kept)?;
        } else if !kept.contains(&name) && name != "Cargo.lock" {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}
