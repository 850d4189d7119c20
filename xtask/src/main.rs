//! The task runner of the repository; `cargo xtask --help` names its tasks.

mod bench;
mod bug;
mod build;
mod chaos;
mod cluster;
mod copy;
mod demo;
mod fuzz;
mod interrupt;
mod javascript;
mod model;
mod mutants;
mod picture;
mod process;
mod progress;
mod repository;
mod setup;
mod size;
mod stamp;
mod test;
mod world;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use repository::Repository;

/// Builds, tests and demonstrates miniapp-rtc.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs a call between two mini-programs over the real gateway and real media
    Demo(demo::Options),
    /// Runs every check and every test
    Test(test::Options),
    /// Formats Rust and JavaScript
    Format,
    /// Strikes a call with faults, and tells what was survived and how soon
    Chaos(chaos::Options),
    /// Runs rooms on three gateways while these and Redis fail, and checks what clients were told
    Cluster(cluster::Options),
    /// Builds the SDK into target/sdk and checks it
    Build(build::Options),
    /// Installs what the other tasks need, or says what is missing
    Setup(setup::Options),
    /// Prints the sizes of the built SDK against their budgets
    Size(size::Options),
    /// Measures the SDK on this machine, beside two peers
    Bench(bench::Options),
    /// Throws random inputs at the decoders, the session and the room; needs the nightly compiler
    Fuzz(fuzz::Options),
    /// Tries every order of messages and faults in a call of two phones, to a depth
    Model(model::Options),
    /// Breaks the session, the rooms and the node in every small way there is, and sees that a test notices
    Mutants(mutants::Options),
    /// Runs phones, network, gateway and media server in virtual time, with everything going wrong by chance
    World(world::Options),
    /// Draws docs/architecture.svg from docs/architecture.toml
    Picture,
}

/// Nobody reads any more, for instance because of `| head`: that is no fault.
fn end_with_the_reader() {
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.to_string().contains("failed printing to stdout") {
            std::process::exit(0);
        }
        otherwise(info);
    }));
}

fn format(repository: &Repository) -> Result<ExitCode> {
    process::run(process::cargo().args(["fmt", "--all"]))?;
    javascript::format(repository)?;
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    end_with_the_reader();
    let arguments = Arguments::parse();
    let outcome = Repository::find().and_then(|repository| {
        interrupt::listen()?;
        match arguments.task {
            Task::Demo(options) => demo::run(&repository, &options),
            Task::Test(options) => test::run(&repository, &options),
            Task::Format => format(&repository),
            Task::Chaos(options) => chaos::run(&repository, &options),
            Task::Cluster(options) => cluster::run(&repository, &options),
            Task::Build(options) => build::run(&repository, &options),
            Task::Setup(options) => setup::run(&repository, &options),
            Task::Size(options) => size::run(&repository, &options),
            Task::Bench(options) => bench::run(&repository, &options),
            Task::Fuzz(options) => fuzz::run(&repository, &options),
            Task::Model(options) => model::run(&repository, &options),
            Task::Mutants(options) => mutants::run(&repository, &options),
            Task::World(options) => world::run(&repository, &options),
            Task::Picture => picture::run(&repository),
        }
    });
    match outcome {
        Ok(code) => code,
        Err(_) if interrupt::asked_to_stop() => {
            eprintln!("stopped");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
