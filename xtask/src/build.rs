//! The built SDK: the core compiled and bound, made small, proven fit, and packed with its JavaScript.

mod compile;
mod module_program;
mod optimize;
mod package;
mod report;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{progress, size};

use compile::Names;
use module_program::ModuleProgram;

pub(crate) use report::report;

#[derive(Args)]
pub(crate) struct Options {
    /// Take the module's present imports and exports as the allowed ones
    #[arg(long)]
    accept_interface: bool,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    setup::ensure(repository, Need::Build)?;
    sdk(repository, options.accept_interface)?;
    check(repository)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails when the built SDK is not fit to ship: a script that old engines cannot run, a size above its budget.
pub(crate) fn check(repository: &Repository) -> Result<()> {
    let verdicts = [package::check_scripts(repository), size::check(repository)];
    let faults: Vec<String> = verdicts.into_iter().filter_map(Result::err).map(|fault| format!("{fault:#}")).collect();
    if faults.is_empty() { Ok(()) } else { bail!("{}", faults.join("; ")) }
}

/// Brings `target/sdk` and the example's copy up to date; what has not changed is not made again.
pub(crate) fn sdk(repository: &Repository, accept_interface: bool) -> Result<()> {
    let program = progress::step("module program", || ModuleProgram::compile(repository))?;
    let compiled = progress::step("core to WebAssembly, with its standard library", || {
        compile::module(repository, Names::Removed)
    })?;
    let module = optimize::module(repository, &program, &compiled)?;
    progress::step("checks of the module", || {
        program.verify(
            &module,
            &repository.path("xtask/module-interface.txt"),
            accept_interface,
            &machine_paths(repository)?,
        )
    })?;
    package::sdk(repository, &module)
}

/// Folders of this machine that the compiler knows; none may be named in what is shipped.
fn machine_paths(repository: &Repository) -> Result<Vec<String>> {
    let places = compile::Places::find(repository)?;
    Ok([repository.root(), &places.cargo_home, &places.sysroot].map(|path: &Path| path.display().to_string()).to_vec())
}
