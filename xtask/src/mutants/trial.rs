//! A trial: the checks that should notice a mutant, quickest first, until one does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::mutant::Mutant;
use super::sources::{Programs, SWITCH};
use crate::interrupt;
use crate::process;

/// Of the time that a check takes without a mutant, the part after which it hangs, and the least such time.
const TIMES: u32 = 10;
const LEAST: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(5);
/// The most memory of a check, in KiB: a mutant may gather things for ever.
const MEMORY: &str = "4000000";
/// Seeds of the simulation, at first and at last.
const FEW_SEEDS: &str = "60";
const MANY_SEEDS: &str = "300";

/// A program and how it says that it noticed something.
struct Check {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<&'static str>,
    /// Where it runs.
    folder: PathBuf,
    /// The word that it prints first when it noticed nothing; without one, its status says so.
    unnoticed: Option<&'static str>,
    limit: Duration,
}

/// All checks, each tried once without a mutant.
pub(super) struct Checks {
    session: Vec<Check>,
    room: Vec<Check>,
    node: Vec<Check>,
    media: Vec<Check>,
}

impl Checks {
    /// # Errors
    /// Where a check notices something although no mutant is switched on.
    pub(super) fn prepare(programs: &Programs, copy: &Path) -> Result<Self> {
        let check = |name, program: &str, arguments: &[&'static str], unnoticed| -> Result<Check> {
            let folder = copy.join(if program == "replay" {
                "tests/fuzz"
            } else if program == GATEWAY {
                "gateway"
            } else {
                ""
            });
            let program = programs.path(program)?.to_path_buf();
            let arguments = arguments.to_vec();
            let mut check = Check { name, program, arguments, folder, unnoticed, limit: LEAST };
            let started = Instant::now();
            if check.notices(0)? {
                bail!("{name} fails although no mutant is switched on");
            }
            check.limit = (started.elapsed() * TIMES).max(LEAST);
            println!("    {name}: {:.1} s without a mutant", started.elapsed().as_secs_f64());
            Ok(check)
        };
        let world = |seeds| check("world", WORLD, &["--until-caught", "--seeds", seeds], Some("missed"));
        let replay = |target| check("fuzz corpus", "replay", &[target, "--test-threads=1"], None);
        Ok(Self {
            session: vec![
                check("session tests", "session", &["--skip", "properties", "--test-threads=1"], None)?,
                check("session unit tests", "miniapp_rtc", &["session::", "--test-threads=1"], None)?,
                replay("session")?,
                world(FEW_SEEDS)?,
                check("session properties", "session", &["properties", "--test-threads=1"], None)?,
                world(MANY_SEEDS)?,
                check("model", MODEL, &["--until-caught", "--depth", "6"], Some("missed"))?,
            ],
            room: vec![
                check("room tests", GATEWAY, &["room::", "--test-threads=1"], None)?,
                check("tests of copies", GATEWAY, &["partition::", "--test-threads=1"], None)?,
                replay("room")?,
                world(FEW_SEEDS)?,
                world(MANY_SEEDS)?,
            ],
            node: vec![
                check("node tests", GATEWAY, &["node::", "--test-threads=1"], None)?,
                world(FEW_SEEDS)?,
                world(MANY_SEEDS)?,
            ],
            media: vec![
                check("gate tests", GATEWAY, &["media::gate::"], None)?,
                check("steward tests", GATEWAY, &["steward::"], None)?,
            ],
        })
    }

    /// What noticed a mutant; `None` where it survived.
    pub(super) fn try_one(&self, mutant: &Mutant) -> Result<Option<&'static str>> {
        let checks = match mutant.file.as_str() {
            file if file.starts_with("src/") => &self.session,
            file if file.contains("/node") => &self.node,
            file if file.contains("/media") || file.contains("/steward") => &self.media,
            _ => &self.room,
        };
        for check in checks {
            if check.notices(mutant.number)? {
                return Ok(Some(check.name));
            }
        }
        Ok(None)
    }
}

const GATEWAY: &str = "miniapp_rtc_gateway";
const WORLD: &str = "miniapp-rtc-world-mutants";
const MODEL: &str = "miniapp-rtc-model-mutants";

impl Check {
    /// Whether it fails, or does not come to an end, with a mutant switched on; 0 is none.
    fn notices(&self, number: u32) -> Result<bool> {
        let mut command = limited(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env(SWITCH, number.to_string());
        // The first failure says enough.
        command.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", self.program.display()))?;
        let stdout = child.stdout.take().context("a pipe")?;
        let reader = thread::spawn(move || std::io::read_to_string(stdout).unwrap_or_default());
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if interrupt::asked_to_stop() || started.elapsed() > self.limit {
                interrupt::end_group(child.id(), true);
                child.kill()?;
                child.wait()?;
                break None;
            }
            thread::sleep(POLL);
        };
        let said = reader.join().unwrap_or_default();
        if interrupt::asked_to_stop() {
            bail!("stopped");
        }
        let Some(status) = status else { return Ok(true) };
        Ok(!status.success() || self.unnoticed.is_some_and(|word| !said.starts_with(word)))
    }
}

/// A command that may take so much memory and no more, where the system can say so.
fn limited(program: &Path) -> Command {
    if cfg!(unix) {
        let mut shell = process::command("sh");
        shell.args(["-c", "ulimit -v \"$0\"; exec \"$@\"", MEMORY]).arg(program);
        shell
    } else {
        process::command(program)
    }
}
