//! The wish to stop: Ctrl-C or a termination signal, passed on to the process that is running.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static STOP: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Option<u32>> = Mutex::new(None);

/// Begins to listen; the first signal ends the running process group, and with it the task.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        STOP.store(true, Ordering::SeqCst);
        if let Ok(running) = RUNNING.lock()
            && let Some(leader) = *running
        {
            end_group(leader, false);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether a signal has asked this program to stop.
pub(crate) fn asked_to_stop() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Names the process group that a signal shall end, or none.
pub(crate) fn set_running(leader: Option<u32>) {
    if let Ok(mut running) = RUNNING.lock() {
        *running = leader;
    }
}

/// Asks a process group to end, or forces it to.
#[cfg(unix)]
pub(crate) fn end_group(leader: u32, force: bool) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    let signal = if force { Signal::SIGKILL } else { Signal::SIGTERM };
    if let Ok(leader) = i32::try_from(leader) {
        // A group that has ended meanwhile is as good as ended by us.
        let _ = killpg(Pid::from_raw(leader), signal);
    }
}

/// The console sends Ctrl-C to every process of its own accord.
#[cfg(not(unix))]
pub(crate) fn end_group(_leader: u32, _force: bool) {}
