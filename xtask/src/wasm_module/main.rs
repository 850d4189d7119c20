//! Works on the WebAssembly module itself: binds it to JavaScript, proves what it needs, reports what it is made of.
//!
//! A program apart from `xtask`, because it takes the longest part of the task runner's compilation.

mod bind;
mod interface;
mod report;
mod verify;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Writes NAME_bg.js and NAME_bg.wasm for a compiled module
    Bind {
        input: PathBuf,
        output: PathBuf,
        /// Leave function names in, for a report
        #[arg(long)]
        names: bool,
    },
    /// Fails unless the module is plain WebAssembly 1.0 with the allowed interface
    Verify {
        module: PathBuf,
        /// The allowed imports and exports, one a line
        #[arg(long)]
        interface: PathBuf,
        /// Write the interface file instead of comparing with it
        #[arg(long)]
        accept: bool,
        /// Text that must not be inside
        #[arg(long)]
        forbid: Vec<String>,
    },
    /// Prints the sections, crates and functions that take the most bytes
    Report { module: PathBuf },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Bind { input, output, names } => bind::bind(&input, &output, names),
        Command::Verify { module, interface, accept, forbid } => verify::verify(&module, &interface, accept, &forbid),
        Command::Report { module } => report::print(&module),
    }
}
