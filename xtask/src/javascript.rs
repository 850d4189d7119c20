//! Biome, which formats and lints the repository's JavaScript and TypeScript as `biome.jsonc` says.

use anyhow::Result;

use crate::process;
use crate::repository::Repository;
use crate::setup;

/// Fails on a file that is not formatted, and on a warning of the linter.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    biome(repository, &["check", "--error-on-warnings", "--max-diagnostics=50"])
}

/// Formats every file.
pub(crate) fn format(repository: &Repository) -> Result<()> {
    biome(repository, &["format", "--write"])
}

fn biome(repository: &Repository, arguments: &[&str]) -> Result<()> {
    let home = "xtask/js";
    setup::npm_packages(repository, home)?;
    let mut node = process::command("node");
    node.arg(repository.path(home).join("node_modules/@biomejs/biome/bin/biome")).args(arguments);
    process::run(node.current_dir(repository.root()))
}
