//! The command line: `serve`, `token mint`, `token inspect`.

mod duration;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use duration::DurationArgument;

/// Signaling and media gateway of miniapp-rtc.
#[derive(Debug, Parser)]
#[command(name = "miniapp-rtc-gateway", version, about, long_about = None, arg_required_else_help = true)]
struct Arguments {
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
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Verb::Serve(serve) => serve.run(),
        Verb::Token(token) => token.run(),
    };
    match result {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
