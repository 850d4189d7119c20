//! `miniapp-rtc-model`: checks to a depth and says what came of it. `cargo xtask model` calls it.

use std::process::ExitCode;

use clap::Parser;
use miniapp_rtc_model::{Report, check, search};

/// Tries every order of messages and faults.
#[derive(Parser)]
struct Options {
    /// The most steps of a call
    #[arg(long)]
    depth: u16,
    /// The most faults among them
    #[arg(long, default_value_t = 2)]
    faults: u8,
    /// Print one line: `caught` or `missed`, after how many steps, promise
    #[arg(long)]
    until_caught: bool,
    /// Fail where the check did not come upon all that it should
    #[arg(long)]
    reach: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.until_caught {
        let report = search(options.depth, options.faults);
        match &report.broken {
            Some(broken) => println!("caught\t{}\t{}", broken.steps.len(), broken.promise),
            None => println!("missed\t{}\t", options.depth),
        }
        return ExitCode::SUCCESS;
    }
    let report = check(options.depth, options.faults);
    print_table(&report, &options);
    if report.broken.is_some()
        && let Some(broken) = search(options.depth, options.faults).broken
    {
        println!("\nBROKEN: {}", broken.promise);
        if !broken.text.is_empty() {
            println!("  {}", broken.text);
        }
        println!("from the scene in which {}:", broken.from);
        for (number, step) in broken.steps.iter().enumerate() {
            println!("{:>4}  {step:?}", number + 1);
        }
        return ExitCode::FAILURE;
    }
    if options.reach && !report.not_reached.is_empty() {
        println!("\nnot come upon: {:?}; the model has a hole, or the depth is too small", report.not_reached);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print_table(report: &Report, options: &Options) {
    let Report { scenes, steps, time, not_reached, .. } = report;
    let seconds = time.as_secs_f64();
    println!("{:<34} {:>14}", "depth (steps)", options.depth);
    println!("{:<34} {:>14}", "faults, at most", options.faults);
    println!("{:<34} {scenes:>14}", "different scenes");
    println!("{:<34} {steps:>14}", "steps tried");
    println!("{:<34} {:>14}", "not come upon", not_reached.len());
    not_reached.iter().for_each(|reach| println!("  {reach:?}"));
    println!("{:<34} {seconds:>12.1} s", "time");
}
