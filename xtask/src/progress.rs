//! The lines that tell a person what is being done and how long it took.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Says that a step begins, runs it, and says how long it took.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let started = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "done" } else { "failed" };
    println!("    {verdict} in {}", seconds(started.elapsed()));
    outcome
}

/// Says that a step had nothing to do.
pub(crate) fn unchanged(name: &str) {
    println!("==> {name}: unchanged");
}

/// A duration as a person reads it.
pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02.0} s", (seconds / 60.0) as u64, seconds % 60.0)
    }
}
