//! The command line: `serve`, `token mint`, `token inspect`.

mod duration;
mod join_link;
mod serve;
mod token;

use std::ffi::OsStr;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

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
    let arguments = CommandLine::from_arg_matches(&unset_empty(CommandLine::command()).get_matches());
    let arguments = arguments.unwrap_or_else(|error| error.exit());
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
            // Unlike `eprint!`, no panic where nobody reads.
            let _ = write!(std::io::stderr(), "{}", crate::log::last_word(&message));
            ExitCode::FAILURE
        }
    }
}

/// Service managers and containers set variables empty that nobody filled in: such a variable counts as unset.
fn unset_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|argument| match argument.get_env() {
        Some(name) if is_empty(name) => argument.env(None::<&'static str>),
        Some(_) | None => argument,
    });
    command.mut_subcommands(unset_empty)
}

/// How long the last lines of the log may take to be written.
const LOG_LEFT: Duration = Duration::from_millis(300);
