//! The npm packages: installed from each folder's lock file, again only when that file has changed.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress;
use crate::repository::Repository;
use crate::stamp::Fingerprint;

const OLDEST_NODE: u32 = 20;

pub(super) fn ensure_node() -> Result<()> {
    let Some(version) = process::version("node") else {
        bail!("Node {OLDEST_NODE} or newer is missing: install it with your system's packages or from nodejs.org");
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node must be {OLDEST_NODE} or newer, this is {version}");
    }
    Ok(())
}

pub(super) fn ensure_packages(repository: &Repository, folder: &str) -> Result<()> {
    let lock = repository.path(folder).join("package-lock.json");
    if !lock.exists() {
        bail!("{} is missing", lock.display());
    }
    let stamp = repository.path(folder).join("node_modules/.stamp");
    let wanted = Fingerprint::default().text(&fs::read_to_string(&lock)?).hex();
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    progress::step(&format!("npm packages of {folder}"), || {
        // No package here needs its install script: esbuild finds its program without.
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        process::run(process::command("npm").args(arguments).current_dir(repository.path(folder)))?;
        fs::write(&stamp, &wanted).with_context(|| format!("cannot write {}", stamp.display()))
    })
}
