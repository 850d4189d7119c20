//! The demonstration: a call between two mini-programs, over the real gateway and real media, on a page or without one.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::Args;

use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{build, process, progress};

#[derive(Args)]
pub(crate) struct Options {
    /// End after this many seconds; without it, end on Ctrl-C
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
    /// Without a page: text only; with --seconds, fail when no picture was decoded
    #[arg(long)]
    headless: bool,
    /// Run the mini-program in this folder instead: the folder of app.json, or the project around it
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
    /// Page to open, with its query; {gateway}, {appId}, {user} and {token} stand for what they name
    #[arg(long, value_name = "ADDRESS", requires = "app")]
    page: Option<String>,
    /// As text: so many gateways that share the rooms through Redis. The phones are on different ones, and one is killed
    /// every ten seconds
    #[arg(long, value_name = "NUMBER", conflicts_with = "app", value_parser = clap::value_parser!(u32).range(2..=9))]
    nodes: Option<u32>,
    /// Port of the stage's page; without it, a free one
    #[arg(long, conflicts_with_all = ["headless", "nodes"])]
    port: Option<u16>,
    /// Do not open a browser
    #[arg(long, conflicts_with_all = ["headless", "nodes"])]
    no_browser: bool,
}

pub(crate) fn run(repository: &Repository, options: &Options) -> Result<ExitCode> {
    if let Some(app) = &options.app {
        check_app(app)?;
    }
    setup::ensure(repository, Need::Demo)?;
    if options.nodes.is_some() {
        setup::redis(repository)?;
    }
    if shows_own_sdk(options) {
        build::sdk(repository, false)?;
    }
    progress::step("gateway", || process::run(process::cargo().args(["build", "--package", "miniapp-rtc-gateway"])))?;

    let mut demo = match (options.nodes, &options.app, options.headless) {
        (Some(number), _, _) => nodes(repository, number),
        (None, None, true) => example(repository),
        (None, Some(app), true) => own_app(repository, app, options.page.as_deref()),
        (None, app, false) => stage(repository, app.as_deref(), options),
    };
    demo.arg("--gateway-bin").arg(repository.executable("miniapp-rtc-gateway"));
    if let Some(seconds) = options.seconds {
        demo.arg("--seconds").arg(seconds.to_string());
    }
    become_program(demo)
}

/// Whether anything that runs comes from this repository's SDK: the example, or the page of web users beside the phones.
fn shows_own_sdk(options: &Options) -> bool {
    options.app.is_none() || !options.headless
}

/// Fails where the folder cannot be a mini-program, before anything is built for it.
fn check_app(app: &Path) -> Result<()> {
    if !app.is_dir() {
        bail!(
            "{} is not a folder. Give the folder that holds app.json, or the project around it as --app",
            app.display()
        );
    }
    if !["app.json", "project.config.json"].iter().any(|file| app.join(file).is_file()) {
        bail!(
            "{} holds no app.json and no project.config.json. Give the folder that holds app.json, or the project \
             around it as --app",
            app.display()
        );
    }
    Ok(())
}

/// The page with the phones; the example where nobody gives an app.
fn stage(repository: &Repository, app: Option<&Path>, options: &Options) -> Command {
    let mut demo = node(repository, "demo-stage.mjs");
    match app {
        Some(app) => demo.arg("--app").arg(app),
        None => demo.arg("--example").arg("--app").arg(repository.path("example-miniapp")),
    };
    if let Some(page) = &options.page {
        demo.arg("--page").arg(page);
    }
    if let Some(port) = options.port {
        demo.arg("--port").arg(port.to_string());
    }
    if options.no_browser {
        demo.arg("--no-browser");
    }
    demo
}

fn example(repository: &Repository) -> Command {
    let mut demo = node(repository, "demo.mjs");
    demo.arg("--sdk").arg(repository.sdk());
    demo.arg("--example").arg(repository.path("example-miniapp"));
    demo
}

fn nodes(repository: &Repository, number: u32) -> Command {
    let mut demo = node(repository, "demo-nodes.mjs");
    demo.arg("--example").arg(repository.path("example-miniapp")).arg("--nodes").arg(number.to_string());
    demo
}

/// Somebody's own mini-program, as it stands: it brings its own copy of the SDK, if it uses it.
fn own_app(repository: &Repository, app: &Path, page: Option<&str>) -> Command {
    let mut demo = node(repository, "demo-app.mjs");
    demo.arg("--app").arg(app);
    if let Some(page) = page {
        demo.arg("--page").arg(page);
    }
    demo
}

fn node(repository: &Repository, program: &str) -> Command {
    let mut demo = Command::new("node");
    demo.arg(repository.path("tests/e2e").join(program));
    demo
}

/// Lets the program take this one's place, so that signals reach it and its exit status is ours.
#[cfg(unix)]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(program.exec()).map_err(|error| anyhow::Error::new(error).context("cannot start node"))
}

/// Waits for the program; the console sends Ctrl-C to both, and only the program ends on it.
#[cfg(not(unix))]
pub(crate) fn become_program(mut program: Command) -> Result<ExitCode> {
    use anyhow::Context;

    let status = program.status().context("cannot start node")?;
    Ok(status.code().map_or(ExitCode::FAILURE, |code| ExitCode::from(u8::try_from(code).unwrap_or(1))))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn web_users_join_beside_an_own_app_too_and_only_a_text_of_it_needs_no_sdk() {
        let shows = |words: &[&str]| {
            let line = Line::try_parse_from([&["demo"], words].concat()).expect("arguments that can be");
            shows_own_sdk(&line.options)
        };
        assert!(shows(&[]) && shows(&["--headless"]) && shows(&["--app", "here"]));
        assert!(!shows(&["--app", "here", "--headless"]));
    }

    #[test]
    fn a_folder_that_cannot_be_an_app_is_told_in_a_sentence() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let told = |app: &Path| check_app(app).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told(&here.join("nowhere")).contains("nowhere is not a folder. Give the folder that holds app.json"));
        assert!(told(here).contains("holds no app.json and no project.config.json"));
        assert_eq!(told(&here.join("../example-miniapp")), "");
    }
}
