//! The program `wasm-module` of this package, compiled and called.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::process;
use crate::repository::Repository;
use crate::stamp::Fingerprint;

pub(super) struct ModuleProgram {
    executable: PathBuf,
}

impl ModuleProgram {
    pub(super) fn compile(repository: &Repository) -> Result<Self> {
        let arguments = ["build", "--quiet", "--package", "xtask", "--features", "module", "--bin", "wasm-module"];
        process::run(process::cargo().args(arguments))?;
        Ok(Self { executable: repository.executable("wasm-module") })
    }

    /// All that decides what the program does.
    pub(super) fn sources(repository: &Repository) -> Result<Fingerprint> {
        let places = ["xtask/src/wasm_module", "xtask/Cargo.toml", "Cargo.lock"];
        places.iter().try_fold(Fingerprint::default(), |all, place| all.path(&repository.path(place)))
    }

    pub(super) fn bind(&self, compiled: &Path, folder: &Path, names: bool) -> Result<()> {
        let mut command = process::command(&self.executable);
        command.arg("bind").arg(compiled).arg(folder);
        if names {
            command.arg("--names");
        }
        process::run(&mut command)
    }

    pub(super) fn verify(&self, module: &Path, interface: &Path, accept: bool, forbidden: &[String]) -> Result<()> {
        let mut command = process::command(&self.executable);
        command.arg("verify").arg(module).arg("--interface").arg(interface);
        if accept {
            command.arg("--accept");
        }
        for text in forbidden {
            command.arg("--forbid").arg(text);
        }
        process::run(&mut command)
    }

    pub(super) fn report(&self, module: &Path) -> Result<()> {
        process::run(process::command(&self.executable).arg("report").arg(module))
    }
}
