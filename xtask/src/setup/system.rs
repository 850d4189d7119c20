//! The system's own programs: installed through apt on Debian and its kin, named elsewhere.

use std::env;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress;
use crate::repository::Repository;

/// Programs that a task runs, and the Debian packages that bring them.
pub(super) struct Wanted {
    /// One program of each group has to be on PATH.
    programs: &'static [&'static [&'static str]],
    packages: &'static [&'static str],
    elsewhere: &'static str,
}

pub(super) const FFMPEG: &Wanted = &Wanted {
    programs: &[&["ffmpeg"]],
    packages: &["ffmpeg"],
    elsewhere: "ffmpeg: `brew install ffmpeg`, `winget install ffmpeg`, or ffmpeg.org",
};

pub(super) const BROWSER: &Wanted = &Wanted {
    programs: &[&["chromedriver"], &["chromium", "google-chrome", "google-chrome-stable", "chrome"]],
    packages: &["chromium", "chromium-driver"],
    elsewhere: "Chrome or Chromium and its chromedriver of the same version, both on PATH",
};

/// Small ones only: Go is 464 MB, a JDK some 300 MB.
pub(super) const INTERPRETERS: &Wanted = &Wanted {
    programs: &[&["php"], &["python3"]],
    packages: &["php-cli", "python3"],
    elsewhere: "PHP and Python 3, both on PATH",
};

pub(super) const REDIS: &Wanted = &Wanted {
    programs: &[&["redis-server"]],
    packages: &["redis-server"],
    elsewhere: "redis-server: `brew install redis`, or redis.io; not for Windows, where a WSL has it",
};

pub(super) fn ensure(repository: &Repository, wanted: &Wanted) -> Result<()> {
    if missing(wanted).is_empty() {
        return Ok(());
    }
    if !has_apt() {
        bail!("missing: {}. Install {}", missing(wanted).join(", "), wanted.elsewhere);
    }
    let packages = wanted.packages.join(" ");
    progress::step(&format!("apt packages: {packages}"), || {
        let by_hand = || format!("run by hand: apt-get update && apt-get install -y {packages}");
        apt(repository, "apt-update", &["update", "-q"]).with_context(by_hand)?;
        let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
        arguments.extend(wanted.packages);
        apt(repository, "apt-install", &arguments).with_context(by_hand)
    })?;
    match missing(wanted) {
        still if still.is_empty() => Ok(()),
        still => bail!("apt installed {packages}, but {} is still not on PATH", still.join(", ")),
    }
}

/// Whether the system's own programs can be installed here.
pub(super) fn has_apt() -> bool {
    Path::new("/etc/debian_version").exists() && on_path("apt-get")
}

/// Its hundreds of lines go to a log, of which a failure shows the end.
fn apt(repository: &Repository, log: &str, arguments: &[&str]) -> Result<()> {
    let mut command = if is_root() {
        process::command("apt-get")
    } else {
        let mut sudo = process::command("sudo");
        sudo.args(["-n", "apt-get"]);
        sudo
    };
    let log = repository.folder(repository.target().join("setup-logs"))?.join(format!("{log}.log"));
    process::run_logged(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"), &log)
}

fn is_root() -> bool {
    process::output(process::command("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}

fn missing(wanted: &Wanted) -> Vec<&'static str> {
    // A Mac or Windows browser is an application, not a program on PATH; its driver finds it.
    let groups = if cfg!(target_os = "linux") { wanted.programs } else { &wanted.programs[..1] };
    groups
        .iter()
        .filter(|group| !group.iter().any(|name| on_path(name)))
        .filter_map(|group| group.first().copied())
        .collect()
}

fn on_path(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&file).is_file()))
}
