//! The Rust toolchain: the pinned compiler with the parts that building and checking need.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;
use crate::progress;
use crate::repository::Repository;

#[derive(Deserialize)]
struct File {
    toolchain: Pin,
}

#[derive(Deserialize)]
struct Pin {
    channel: String,
}

pub(super) fn ensure(repository: &Repository) -> Result<()> {
    let text = fs::read_to_string(repository.path("rust-toolchain.toml")).context("cannot read rust-toolchain.toml")?;
    let pin = toml::from_str::<File>(&text).context("rust-toolchain.toml")?.toolchain.channel;

    let running = process::output(process::command("rustc").arg("--version"))?;
    if running.split_whitespace().nth(1) != Some(pin.as_str()) {
        bail!("the compiler must be {pin}, this is {}; run `rustup toolchain install {pin}`", running.trim());
    }
    let sysroot = process::output(process::command("rustc").args(["--print", "sysroot"]))?;
    let missing = missing_parts(Path::new(sysroot.trim()));
    if missing.is_empty() {
        return Ok(());
    }
    if process::version("rustup").is_none() {
        bail!("the compiler lacks {} and there is no rustup to add them; see rustup.rs", missing.join(", "));
    }
    progress::step(&format!("rustup: {}", missing.join(", ")), || {
        for part in &missing {
            let kind = if part.starts_with("wasm32") { "target" } else { "component" };
            process::run(process::command("rustup").args([kind, "add", "--toolchain", &pin, part]))?;
        }
        Ok(())
    })
}

fn missing_parts(sysroot: &Path) -> Vec<&'static str> {
    let program = |name: &str| sysroot.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)).exists();
    let library = sysroot.join("lib/rustlib");
    let mut missing = Vec::new();
    if !library.join("wasm32-unknown-unknown/lib").exists() {
        missing.push("wasm32-unknown-unknown");
    }
    if !library.join("src/rust/library/Cargo.lock").exists() {
        missing.push("rust-src");
    }
    if !program("cargo-clippy") {
        missing.push("clippy");
    }
    if !program("rustfmt") {
        missing.push("rustfmt");
    }
    missing
}
