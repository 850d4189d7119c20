//! The bound module, made small: binaryen's passes over what wasm-bindgen wrote, and the same module as JavaScript.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::module_program::ModuleProgram;
use crate::process;
use crate::progress;
use crate::repository::Repository;
use crate::stamp::Stamp;

/// The module's name in the glue and in the imports object.
const GLUE_NAME: &str = "miniapp_rtc_bg";

/// Writes the glue folder and returns the module in it.
///
/// The folder holds `miniapp_rtc_bg.js`, `miniapp_rtc_bg.wasm`, and `miniapp_rtc_bg.wasm.js`: the module as an ES
/// module of JavaScript, for base libraries that have no WebAssembly.
pub(super) fn module(repository: &Repository, program: &ModuleProgram, compiled: &Path) -> Result<PathBuf> {
    let glue = repository.glue();
    let module = glue.join(format!("{GLUE_NAME}.wasm"));
    let script = glue.join(format!("{GLUE_NAME}.wasm.js"));
    let input = ModuleProgram::sources(repository)?
        .path(compiled)?
        .path(&repository.path("js-glue/package-lock.json"))?
        .text(include_str!("optimize.rs"));
    let stamp = Stamp::new(repository, "optimize", input);
    if stamp.is_current(&[&module, &script, &glue.join(format!("{GLUE_NAME}.js"))]) {
        progress::unchanged("wasm-bindgen and wasm-opt");
        return Ok(module);
    }
    let bound = progress::step("wasm-bindgen", || {
        program.bind(compiled, &glue, false)?;
        let bound = repository.target().join("stamps").join("bound.wasm");
        repository.folder(repository.target().join("stamps"))?;
        fs::rename(&module, &bound).context("cannot move the bound module")?;
        Ok(bound)
    })?;
    progress::step("wasm-opt", || {
        process::run(binaryen(repository, "wasm-opt").args(PASSES).arg(&bound).arg("-o").arg(&module))
    })?;
    progress::step("wasm2js", || {
        process::run(
            binaryen(repository, "wasm2js").args(["--mvp-features", "-Oz"]).arg(&module).arg("-o").arg(&script),
        )
    })?;
    stamp.set()?;
    Ok(module)
}

/// The same passes with the functions' names kept; the result is for reading, not for shipping.
pub(super) fn with_names(repository: &Repository, program: &ModuleProgram, compiled: &Path) -> Result<PathBuf> {
    let folder = repository.target().join("wasm-names").join("glue");
    program.bind(compiled, &folder, true)?;
    let bound = folder.join(format!("{GLUE_NAME}.wasm"));
    let named = folder.join("named.wasm");
    process::run(binaryen(repository, "wasm-opt").args(PASSES).arg("-g").arg(bound).arg("-o").arg(&named))?;
    Ok(named)
}

/// MVP in and MVP out: no pass may bring in a newer instruction. The lowest kilobyte of memory is the far end of the stack,
/// so no address is a small number.
const PASSES: &[&str] = &[
    "--mvp-features",
    "--low-memory-unused",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--converge",
    "--strip-debug",
    "--strip-producers",
    "--strip-target-features",
];

fn binaryen(repository: &Repository, program: &str) -> std::process::Command {
    let mut node = process::command("node");
    node.arg(repository.path("js-glue/node_modules/binaryen/bin").join(program));
    node
}
