//! A report of what the module consists of.

use anyhow::Result;

use super::compile::{self, Names};
use super::module_program::ModuleProgram;
use super::optimize;
use crate::progress;
use crate::repository::Repository;

/// Prints what the module consists of: the same code, with function names.
pub(crate) fn report(repository: &Repository) -> Result<()> {
    let program = ModuleProgram::compile(repository)?;
    let compiled = progress::step("core to WebAssembly, names kept", || compile::module(repository, Names::Kept))?;
    program.report(&optimize::with_names(repository, &program, &compiled)?)
}
