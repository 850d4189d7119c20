//! The steps of `cargo xtask test`, the quick ones first.

use std::path::PathBuf;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Result, bail};

use super::counts::Counts;
use super::gateway::TestGateway;
use super::{arrows, documents, gateway, hygiene};
use crate::repository::Repository;
use crate::setup::{self, Need};
use crate::{build, cluster, javascript, model, process, stamp, world};

/// The longest that the tests of a runner may take, compilation included.
const COMPILING: Duration = Duration::from_secs(20 * 60);
/// The longest that the tests of a folder in Node may take, beside the longest test.
const RUNNING: Duration = Duration::from_secs(8 * 60);

/// The longest that one test in Node may take.
const ONE_TEST: Duration = Duration::from_secs(120);

/// The longest that a file of tests of the stage may take, in which a call goes through many faults.
const STAGE: Duration = Duration::from_secs(240);

/// The longest that all hostile clients together may take, once they are compiled.
const ATTACK: Duration = Duration::from_secs(3 * 60);

/// The longest that the test of the chaos run may take: twice what it needs on two cores.
const CHAOS: Duration = Duration::from_secs(10 * 60);

/// For how many seconds faults strike gateways that share rooms.
const CLUSTER_S: u64 = 30;

/// What the steps work on and share.
pub(super) struct Stage<'a> {
    pub(super) repository: &'a Repository,
    pub(super) gateway: Option<TestGateway>,
}

impl Stage<'_> {
    /// The running gateway; the first call starts it.
    fn gateway(&mut self) -> Result<&TestGateway> {
        match &mut self.gateway {
            Some(gateway) => Ok(gateway),
            none => Ok(none.insert(TestGateway::start(self.repository)?)),
        }
    }
}

/// A named part of the tests.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    pub(super) need: Need,
    /// Whether a runner counts tests in it; it fails when none was run.
    pub(super) has_tests: bool,
    /// Whether it measures real time, of processes, media or a browser, which a busy machine stretches: it gets a second go.
    pub(super) is_timed: bool,
    pub(super) work: Work,
}

type Work = fn(&mut Stage<'_>, &mut Counts) -> Result<()>;

pub(super) const STEPS: &[Step] = &[
    check("fmt", "Rust is formatted", Need::Build, |_, _| {
        process::run(process::cargo().args(["fmt", "--all", "--check"]))
    }),
    check("hygiene", "lock files, lengths of files and lines, no path of a machine", Need::Build, |stage, _| {
        hygiene::check(stage.repository)
    }),
    check("arrows", "no part uses one above it, and no files use each other in a circle", Need::Build, |stage, _| {
        arrows::check(stage.repository)
    }),
    check("gateway-alone", "the gateway compiles without the client", Need::Build, |_, _| {
        process::run(process::cargo().args(["check", "--package", "miniapp-rtc-gateway"]))
    }),
    check("core-alone", "the core compiles without features and without std", Need::Build, |_, _| {
        process::run(process::cargo().args(["check", "--package", "miniapp-rtc", "--no-default-features"]))
    }),
    check("clippy", "no warning, native and WebAssembly", Need::Build, |_, _| clippy()),
    check("javascript", "JavaScript is formatted, and the linter finds no fault in it", Need::Build, |stage, _| {
        javascript::check(stage.repository)
    }),
    check("docs", "documentation without a warning, a dead link or an old figure", Need::Build, |stage, _| {
        documents::check(stage.repository)?;
        let mut cargo = process::cargo();
        process::run(cargo.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-Dwarnings"))
    }),
    check("deny", "licences, sources and bans of dependencies", Need::Test, |stage, _| deny(stage.repository)),
    timed("native", "Rust tests on this machine", Need::Build, |stage, counts| {
        setup::redis(stage.repository)?;
        counted(process::cargo().args(["test", "--workspace", "--features", "xtask/module"]), COMPILING, counts)
    }),
    check("world", "thousands of seeds of the simulation, and every planted bug caught", Need::Build, |stage, _| {
        world::check(stage.repository)
    }),
    check("model", "every order of messages and faults to a depth, and bugs caught", Need::Build, |stage, _| {
        model::check(stage.repository)
    }),
    tests("wasm-node", "the core's tests in Node", Need::Test, |stage, counts| wasm_pack(stage, &["--node"], counts)),
    tests("wasm-chrome", "the core's tests in a browser", Need::Test, |stage, counts| {
        wasm_pack(stage, &["--headless", "--chrome"], counts)
    }),
    check("build", "the SDK builds, is fit to ship and within its budgets", Need::Build, |stage, _| {
        build::sdk(stage.repository, false)?;
        build::check(stage.repository)
    }),
    check("types", "the JavaScript's types", Need::Demo, |stage, _| types(stage.repository)),
    tests("glue", "the JavaScript of the SDK", Need::Demo, |stage, counts| node(stage, "tests/glue", counts)),
    tests("components", "the components, mounted and laid out", Need::Demo, |stage, counts| {
        setup::browser(stage.repository)?;
        node(stage, "tests/components", counts)
    }),
    tests("ecosystem", "jest, Taro's TSX and Vue's templates with the npm package", Need::Build, |stage, counts| {
        setup::npm_packages(stage.repository, "tests/ecosystem")?;
        node(stage, "tests/ecosystem", counts)
    }),
    timed("simulator", "the app-service environment", Need::Demo, |stage, counts| {
        node(stage, "tests/simulator", counts)
    }),
    tests("ui-libraries", "TDesign and Vant Weapp in the simulator", Need::Demo, |stage, counts| {
        setup::npm_packages(stage.repository, "tests/ui-libraries")?;
        node(stage, "tests/ui-libraries", counts)
    }),
    timed("e2e", "a call from end to end", Need::Demo, |stage, counts| {
        setup::redis(stage.repository)?;
        gateway::build()?;
        node(stage, "tests/e2e", counts)
    }),
    timed("packer", "WeChat's own packer takes the SDK, and what it compiled runs", Need::Demo, |stage, counts| {
        setup::npm_packages(stage.repository, "tests/packer")?;
        gateway::build()?;
        node(stage, "tests/packer", counts)
    }),
    timed("players", "web pages that play HTTP-FLV, in a browser", Need::Test, |stage, counts| {
        setup::npm_packages(stage.repository, "tests/players")?;
        gateway::build()?;
        node(stage, "tests/players", counts)
    }),
    timed("stage", "the page of the demonstration, used in a browser", Need::Test, |stage, counts| {
        for folder in ["tests/stage", "tests/ui-libraries"] {
            setup::npm_packages(stage.repository, folder)?;
        }
        gateway::build()?;
        node_with(&[&files_at_once()], STAGE, stage, "tests/stage", counts)
    }),
    timed("web", "web users and phones see and hear each other", Need::Test, |stage, counts| {
        setup::npm_packages(stage.repository, "tests/web")?;
        gateway::build()?;
        gateway::build_bot()?;
        // One file after the other: latency is measured.
        node_with(&["--test-concurrency=1"], ONE_TEST, stage, "tests/web", counts)
    }),
    timed("frameworks", "the samples for Taro and uni-app, built and run", Need::Demo, |stage, counts| {
        for sample in ["examples/taro-react", "examples/uni-app-vue3"] {
            setup::npm_packages(stage.repository, sample)?;
        }
        gateway::build()?;
        node(stage, "tests/frameworks", counts)
    }),
    tests("token-makers", "tokens made in the languages of application servers", Need::Demo, |stage, counts| {
        setup::interpreters(stage.repository)?;
        gateway::build()?;
        node(stage, "tests/token-makers", counts)
    }),
    timed("attack", "hostile clients and failing machines beside a healthy call", Need::Demo, |_, counts| {
        // One after the other: each wants the machine for itself.
        let test = ["test", "--package", "miniapp-rtc-gateway", "--test", "attack"];
        process::run(process::cargo().args(test).arg("--no-run"))?;
        counted(process::cargo().args(test).args(["--", "--ignored", "--test-threads=1"]), ATTACK, counts)
    }),
    timed("cluster", "rooms on three gateways, while these and Redis fail", Need::Build, |stage, counts| {
        setup::redis(stage.repository)?;
        counted(&mut cluster::command(CLUSTER_S, 1), COMPILING, counts)
    }),
    timed("chaos", "a call under a hundred faults", Need::Demo, |stage, counts| {
        gateway::build()?;
        // One file after the other: each wants the machine, and fixed ports, for itself.
        node_with(&["--test-concurrency=1"], CHAOS, stage, "tests/chaos", counts)
    }),
];

const fn check(name: &'static str, purpose: &'static str, need: Need, work: Work) -> Step {
    Step { name, purpose, need, has_tests: false, is_timed: false, work }
}

const fn tests(name: &'static str, purpose: &'static str, need: Need, work: Work) -> Step {
    Step { name, purpose, need, has_tests: true, is_timed: false, work }
}

const fn timed(name: &'static str, purpose: &'static str, need: Need, work: Work) -> Step {
    Step { is_timed: true, ..tests(name, purpose, need, work) }
}

fn counted(command: &mut Command, limit: Duration, counts: &mut Counts) -> Result<()> {
    process::run_watched(command, limit, |line| counts.read(line))
}

fn clippy() -> Result<()> {
    let native = ["clippy", "--workspace", "--all-targets", "--features", "xtask/module", "--", "-Dwarnings"];
    process::run(process::cargo().args(native))?;
    let target = "--target=wasm32-unknown-unknown";
    process::run(process::cargo().args(["clippy", "--package", "miniapp-rtc", target, "--", "-Dwarnings"]))
}

/// Without advisories: their database is a git repository, which an offline machine cannot fetch.
fn deny(repository: &Repository) -> Result<()> {
    setup::crates_of_every_system(repository)?;
    let mut deny = process::command("cargo-deny");
    deny.env("PATH", setup::path_with_tools(repository)?);
    process::run(deny.args([
        "--workspace",
        "--offline",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))
}

/// The core's tests in an engine: by the plain command that a newcomer types, then those that join a gateway.
fn wasm_pack(stage: &mut Stage<'_>, engine: &[&str], counts: &mut Counts) -> Result<()> {
    let path = setup::path_with_tools(stage.repository)?;
    let command = || {
        let mut command = process::command("wasm-pack");
        command.env("PATH", &path).env("WASM_BINDGEN_TEST_TIMEOUT", ONE_TEST.as_secs().to_string());
        command.arg("test").args(engine);
        command
    };
    counted(&mut command(), COMPILING, counts)?;

    let mut joining = command();
    joining.args(["--mode", "no-install", "--", "--test", "wasm*", "--", "--include-ignored"]);
    // Without it, Node 20 has no WebSocket.
    joining.env("NODE_OPTIONS", "--experimental-websocket");
    stage.gateway()?.describe_to(&mut joining);
    counted(&mut joining, COMPILING, counts)
}

fn types(repository: &Repository) -> Result<()> {
    let compiler = repository.path("js-glue/node_modules/typescript/bin/tsc");
    for project in ["js-glue/tsconfig.json", "js-glue/tsconfig.web.json", "simulator/tsconfig.json"] {
        let settings = repository.path(project);
        if settings.exists() {
            process::run(process::command("node").arg(&compiler).arg("--project").arg(&settings))?;
        }
    }
    Ok(())
}

/// Runs Node's tests under a folder, file by file named, so that helpers and fixtures beside them are left alone.
fn node(stage: &Stage<'_>, folder: &str, counts: &mut Counts) -> Result<()> {
    node_with(&[&files_at_once()], ONE_TEST, stage, folder, counts)
}

/// Tests mostly wait: also on two cores, two files at once take half the time.
fn files_at_once() -> String {
    let files = available_parallelism().map_or(1, usize::from).saturating_sub(1).max(2);
    format!("--test-concurrency={files}")
}

fn node_with(
    arguments: &[&str],
    one_test: Duration,
    stage: &Stage<'_>,
    folder: &str,
    counts: &mut Counts,
) -> Result<()> {
    let is_test = |file: &PathBuf| file.to_string_lossy().ends_with(".test.mjs");
    let files: Vec<PathBuf> = stamp::files_under(&stage.repository.path(folder))?.into_iter().filter(is_test).collect();
    if files.is_empty() {
        bail!("{folder} holds no *.test.mjs");
    }
    let mut node = process::command("node");
    // A test that failed may leave a process or a socket open, which must not keep the others waiting.
    node.args(["--test", "--test-reporter=spec", "--test-force-exit"]).args(arguments);
    node.arg(format!("--test-timeout={}", one_test.as_millis())).args(files);
    // A test that takes too long is ended by Node, which says which one it was.
    counted(&mut node, RUNNING + one_test, counts)
}
