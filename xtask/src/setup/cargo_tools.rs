//! The cargo tools of the tests: compiled once into the target folder, or taken from PATH in the right version.

use std::path::PathBuf;

use anyhow::Result;

use crate::process;
use crate::progress;
use crate::repository::Repository;

struct Tool {
    package: &'static str,
    version: &'static str,
    /// Every one of them has to answer `--version` with the version.
    programs: &'static [&'static str],
    /// What comes before `--version`.
    subcommand: &'static [&'static str],
    options: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    // The newest version that its own lock file still resolves; the crate in the root manifest is pinned to it.
    Tool {
        package: "wasm-bindgen-cli",
        version: "0.2.129",
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        subcommand: &[],
        options: &["--bin", "wasm-bindgen", "--bin", "wasm-bindgen-test-runner"],
    },
    Tool { package: "wasm-pack", version: "0.15.1", programs: &["wasm-pack"], subcommand: &[], options: &[] },
    Tool {
        package: "cargo-deny",
        version: "0.20.2",
        programs: &["cargo-deny"],
        subcommand: &[],
        options: &["--no-default-features"],
    },
];

/// For `cargo xtask fuzz` alone.
const FUZZER: Tool =
    Tool { package: "cargo-fuzz", version: "0.13.2", programs: &["cargo-fuzz"], subcommand: &[], options: &[] };

/// For `cargo xtask mutants` alone.
const MUTATOR: Tool = Tool {
    package: "cargo-mutants",
    version: "27.1.0",
    programs: &["cargo-mutants"],
    subcommand: &["mutants"],
    options: &[],
};

pub(super) fn folder(repository: &Repository) -> PathBuf {
    repository.target().join("tools")
}

pub(super) fn ensure(repository: &Repository) -> Result<()> {
    TOOLS.iter().try_for_each(|tool| ensure_tool(repository, tool))
}

pub(super) fn ensure_fuzzer(repository: &Repository) -> Result<()> {
    ensure_tool(repository, &FUZZER)
}

pub(super) fn ensure_mutator(repository: &Repository) -> Result<()> {
    ensure_tool(repository, &MUTATOR)
}

fn ensure_tool(repository: &Repository, tool: &Tool) -> Result<()> {
    if is_there(repository, tool) {
        return Ok(());
    }
    let name = format!("cargo install {} {} (minutes, once)", tool.package, tool.version);
    progress::step(&name, || install(repository, tool))
}

fn is_there(repository: &Repository, tool: &Tool) -> bool {
    let has_version = |program: PathBuf| {
        process::version_of(process::command(program).args(tool.subcommand))
            .is_some_and(|line| line.split_whitespace().any(|word| word == tool.version))
    };
    tool.programs.iter().all(|name| has_version(folder(repository).join("bin").join(name)))
        || tool.programs.iter().all(|name| has_version(PathBuf::from(name)))
}

fn install(repository: &Repository, tool: &Tool) -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["install", "--locked", "--force", tool.package, "--version", tool.version]);
    cargo.args(tool.options).arg("--root").arg(folder(repository));
    // One folder for all tools, so that what they share is compiled once.
    cargo.env("CARGO_TARGET_DIR", repository.target().join("tools-build"));
    // Compiling them takes far longer than they ever run: half the time without optimization.
    for (setting, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "false")] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    process::run(&mut cargo)
}
