//! Signals to processes of the tests.

use std::process::Command;
use std::time::{Duration, Instant};

/// Sends a process a signal, as `-STOP`, which has stopped all of it when this returns: a signal only asks for that, and a thread
/// on another processor may still do something.
pub fn send(process: u32, name: &str) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().expect("kill");
    assert!(status.success());
    let until = Instant::now() + Duration::from_secs(5);
    while name == "-STOP" && cfg!(target_os = "linux") && !is_stopped(process) {
        assert!(Instant::now() < until, "the process does not stop");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_stopped(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // After the name in parentheses comes the state. A thread that has ended meanwhile has none.
        stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('T'))
    })
}
