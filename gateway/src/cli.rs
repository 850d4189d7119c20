//! The command line: `serve`, `token mint`, `token inspect`.

mod duration;
mod serve;
mod token;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

pub use duration::DurationArgument;

/// Signaling and media gateway of miniapp-rtc.
#[derive(Debug, Parser)]
#[command(name = "miniapp-rtc-gateway", version, about, long_about = None, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs the gateway until SIGINT or SIGTERM
    Serve(Box<serve::Serve>),
    /// Makes and reads access tokens
    #[command(subcommand)]
    Token(token::Token),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = CommandLine::parse();
    let result = match arguments.command {
        Verb::Serve(serve) => serve.run(),
        Verb::Token(token) => token.run(),
    };
    match result {
        Ok(code) => {
            crate::log::flush(LOG_LEFT);
            code
        }
        Err(message) => {
            crate::log::flush(LOG_LEFT);
            // Unlike `eprintln!`, no panic where nobody reads.
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// How long the last lines of the log may take to be written.
const LOG_LEFT: Duration = Duration::from_millis(300);
