//! A child process: started in a group of its own, bounded in time, ended with this program.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, io};

use anyhow::{Context, Result, bail};

use crate::interrupt;

const POLL: Duration = Duration::from_millis(20);
const GRACE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How many lines of a log a failure shows.
const LAST_LINES: usize = 20;

/// A command with the repository's conventions: no standard input, npm found under its name on Windows.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let program = program.as_ref();
    let mut command = if cfg!(windows) && (program == "npm" || program == "npx") {
        let mut name = program.to_os_string();
        name.push(".cmd");
        Command::new(name)
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null());
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Set by the outer `cargo run`; a child that sees it takes this package for its own.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs to the end and fails unless the status is 0. Output goes to this program's own.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status = wait(spawn(command)?, LONGEST, &name)?;
    expect_success(status, &name)
}

/// Runs to the end with all output in a log file; a failure names the file and shows its last lines.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let name = describe(command);
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let errors = file.try_clone().with_context(|| format!("cannot write {}", log.display()))?;
    let status = wait(spawn(command.stdout(file).stderr(errors))?, LONGEST, &name)?;
    expect_success(status, &name).with_context(|| {
        let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n  ");
        format!("the end of {}:\n  {end}\n", log.display())
    })
}

/// Runs to the end and returns the standard output; fails unless the status is 0.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let reader = child.stdout.take().map(|mut stdout| {
        thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text)
        })
    });
    let status = wait(child, LONGEST, &name)?;
    let text = match reader.map(thread::JoinHandle::join) {
        Some(Ok(text)) => text.with_context(|| format!("cannot read the output of {name}"))?,
        _ => String::new(),
    };
    expect_success(status, &name)?;
    Ok(text)
}

/// Runs to the end within a limit, showing standard output while passing each line on.
pub(crate) fn run_watched(command: &mut Command, limit: Duration, mut line_seen: impl FnMut(&str)) -> Result<()> {
    let name = describe(command);
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let (sender, receiver) = std::sync::mpsc::channel::<String>();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                let text = String::from_utf8_lossy(&line).into_owned();
                // A closed standard output must not stop the child from being drained.
                let _ = io::stdout().lock().write_all(text.as_bytes());
                if sender.send(text).is_err() {
                    return;
                }
                line.clear();
            }
        });
    }
    let status = wait(child, limit, &name);
    // A process that outlives its parent may hold the pipe open: take what has come, do not wait for its end.
    while let Ok(line) = receiver.recv_timeout(Duration::from_millis(200)) {
        line_seen(line.trim_end());
    }
    expect_success(status?, &name)
}

/// A process that runs beside the others and is ended when this value is dropped.
pub(crate) struct Companion {
    child: Child,
}

impl Companion {
    /// Starts it and returns the first line of its standard output, which has to come within the limit.
    pub(crate) fn start(command: &mut Command, limit: Duration) -> Result<(Self, String)> {
        let name = describe(command);
        let mut companion = Self { child: start(command.stdout(Stdio::piped()))? };
        let (sender, receiver) = std::sync::mpsc::channel::<String>();
        if let Some(stdout) = companion.child.stdout.take() {
            // Reads to the end, so that the process never waits for its output to be taken.
            thread::spawn(move || {
                BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        let line = receiver.recv_timeout(limit).with_context(|| format!("{name} did not say that it is ready"))?;
        Ok((companion, line))
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        let leader = self.child.id();
        interrupt::end_group(leader, false);
        let asked = Instant::now();
        while cfg!(unix) && asked.elapsed() < GRACE {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            thread::sleep(POLL);
        }
        // Either it is ended by this, or it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a program can be started, judged by `--version`; its first line of output.
pub(crate) fn version(program: impl AsRef<OsStr>) -> Option<String> {
    version_of(&mut command(program))
}

/// The same of a command that takes `--version` as its last argument.
pub(crate) fn version_of(command: &mut Command) -> Option<String> {
    let output = command.arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

fn spawn(command: &mut Command) -> Result<Child> {
    let child = start(command)?;
    interrupt::set_running(Some(child.id()));
    Ok(child)
}

fn start(command: &mut Command) -> Result<Child> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    command.spawn().with_context(|| format!("cannot start {}", describe(command)))
}

fn wait(mut child: Child, limit: Duration, name: &str) -> Result<ExitStatus> {
    let leader = child.id();
    let started = Instant::now();
    let mut asked_at: Option<Instant> = None;
    let status = loop {
        if let Some(status) = child.try_wait().with_context(|| format!("cannot wait for {name}"))? {
            break status;
        }
        match asked_at {
            Some(since) if since.elapsed() > GRACE => {
                interrupt::end_group(leader, true);
                let _ = child.kill();
            }
            Some(_) => {}
            None if interrupt::asked_to_stop() || started.elapsed() > limit => {
                interrupt::end_group(leader, false);
                asked_at = Some(Instant::now());
            }
            None => {}
        }
        thread::sleep(POLL);
    };
    interrupt::set_running(None);
    if interrupt::asked_to_stop() {
        bail!("{name} was stopped");
    }
    if asked_at.is_some() {
        bail!("{name} was ended after {} s", limit.as_secs());
    }
    Ok(status)
}

fn expect_success(status: ExitStatus, name: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    match status.code() {
        Some(code) => bail!("{name} failed with status {code}"),
        None => bail!("{name} was ended by a signal"),
    }
}

fn describe(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let short = program.rsplit(['/', '\\']).next().unwrap_or(&program).to_owned();
    let mut words = vec![short];
    words.extend(command.get_args().take(3).map(|argument| argument.to_string_lossy().into_owned()));
    format!("`{}`", words.join(" "))
}
