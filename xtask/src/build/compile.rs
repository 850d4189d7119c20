//! The core, compiled to WebAssembly 1.0 together with the standard library.
//!
//! The library that comes with the compiler uses instructions that WeChat on iOS refuses, and rewriting them afterwards
//! changes what a saturating cast gives. Compiling it here avoids both and makes the module smaller. It needs switches
//! that the stable compiler hides; with the pinned compiler they mean the same everywhere.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process;
use crate::repository::Repository;

/// Whether functions keep their names, which only a report needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Kept,
    Removed,
}

/// The folders of this machine that compiled code may name.
pub(super) struct Places {
    pub(super) cargo_home: PathBuf,
    pub(super) sysroot: PathBuf,
}

impl Places {
    pub(super) fn find(repository: &Repository) -> Result<Self> {
        let sysroot = process::output(process::command("rustc").args(["--print", "sysroot"]))?;
        let cargo_home = env::var_os("CARGO_HOME")
            .map(|home| repository.root().join(home))
            .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
            .context("neither CARGO_HOME nor the home folder is known")?;
        Ok(Self { cargo_home, sysroot: PathBuf::from(sysroot.trim()) })
    }
}

/// Compiles the root package's library and returns the module's file.
pub(super) fn module(repository: &Repository, names: Names) -> Result<PathBuf> {
    let folder = repository.target().join(match names {
        Names::Kept => "wasm-names",
        Names::Removed => "wasm",
    });
    let mut cargo = process::cargo();
    cargo.args(["rustc", "--release", "--package", "miniapp-rtc", "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]).arg("--target-dir").arg(&folder);
    cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_ENCODED_RUSTFLAGS", rustc_flags(repository)?);
    for (setting, value) in [
        ("OPT_LEVEL", "z"),
        ("LTO", "fat"),
        ("CODEGEN_UNITS", "1"),
        ("PANIC", "abort"),
        ("DEBUG", "false"),
        ("STRIP", if names == Names::Kept { "none" } else { "symbols" }),
    ] {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    process::run(&mut cargo)?;
    Ok(folder.join("wasm32-unknown-unknown/release/miniapp_rtc.wasm"))
}

fn rustc_flags(repository: &Repository) -> Result<String> {
    let places = Places::find(repository)?;
    let mut flags: Vec<String> = [
        "-Ctarget-cpu=mvp",
        "-Ctarget-feature=+mutable-globals",
        "-Zunstable-options",
        "-Cpanic=immediate-abort",
        "-Zlocation-detail=none",
        "-Zfmt-debug=none",
        // Functions of two or three calls: a little more than none is smaller than none (0.7 % of the module).
        "-Cllvm-args=--inline-threshold=8",
    ]
    .map(str::to_owned)
    .to_vec();
    // The last prefix that fits is taken: the most special place comes last.
    for (place, name) in [
        (repository.root().to_path_buf(), "."),
        (places.cargo_home.clone(), "cargo"),
        (places.cargo_home.join("registry").join("src"), "registry"),
        (places.sysroot, "rust"),
    ] {
        flags.push(format!("--remap-path-prefix={}={name}", place.display()));
    }
    Ok(flags.join("\u{1f}"))
}
