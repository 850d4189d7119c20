//! `cargo xtask`: compiles the tasks, visibly when they are new here and silently afterwards, and becomes them.

use std::process::{Command, ExitCode};
use std::{env, io};

fn main() -> ExitCode {
    match launch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: cannot start the tasks: {error}");
            ExitCode::FAILURE
        }
    }
}

fn launch() -> io::Result<ExitCode> {
    let tasks = env::current_exe()?.with_file_name(format!("xtask-tasks{}", env::consts::EXE_SUFFIX));
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--package", "xtask", "--features", "tasks", "--bin", "xtask-tasks"]);
    if tasks.exists() {
        build.arg("--quiet");
    }
    if !build.status()?.success() {
        return Ok(ExitCode::FAILURE);
    }
    let mut run = Command::new(tasks);
    run.args(env::args_os().skip(1));
    become_program(run)
}

/// Lets the program take this one's place, so that signals reach it and its exit status is ours.
#[cfg(unix)]
fn become_program(mut program: Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(program.exec())
}

/// Waits for the program; the console sends Ctrl-C to both, and this one has nothing to do on it.
#[cfg(not(unix))]
fn become_program(mut program: Command) -> io::Result<ExitCode> {
    let status = program.status()?;
    Ok(status.code().map_or(ExitCode::FAILURE, |code| ExitCode::from(u8::try_from(code).unwrap_or(1))))
}
