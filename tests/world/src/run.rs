//! Running worlds: one seed, or many on all cores.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::fault::FaultKind;
use crate::world::{Violation, World};

/// What came of one seed.
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// What happened, in numbers.
    pub counts: Counts,
    /// The first broken promise.
    pub violation: Option<Violation>,
    /// The history, where it was wanted.
    pub lines: Vec<String>,
}

/// What came of many seeds.
#[derive(Default)]
pub struct Tally {
    /// What happened, in numbers.
    pub counts: Counts,
    /// Seeds that broke a promise, in their order.
    pub broken: Vec<(u64, Violation)>,
}

/// Which seeds to run, and how.
pub struct Order<'a> {
    /// The first.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Kinds of faults left out.
    pub without: &'a [FaultKind],
    /// Whether the first broken promise ends the run.
    pub stop_at_first: bool,
}

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs the world of one seed. A panic of the code under test is a broken promise.
pub fn run_seed(seed: u64, without: &[FaultKind], wants_history: bool) -> Outcome {
    let mut world = World::new(seed, without);
    world.history.wanted = wants_history;
    let violation = match panic::catch_unwind(AssertUnwindSafe(|| world.run())) {
        Ok(result) => result.err(),
        Err(_) => {
            let text = PANIC.with(RefCell::take);
            world.history.lines.push(format!("PANIC: {text}"));
            Some(Violation { invariant: "nothing panics", text, at: world.time() })
        }
    };
    Outcome { seed, counts: world.counts, violation, lines: world.history.lines }
}

/// Notes panics instead of printing them. For programs that run many seeds.
pub fn keep_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        // Nobody reads any more, for instance because of `| head`.
        if text.contains("failed printing to stdout") {
            std::process::exit(0);
        }
        PANIC.with(|panic| *panic.borrow_mut() = text);
    }));
}

/// Runs many seeds on all cores. `progress` is told every few seconds how many are done and how many broke a promise.
pub fn run_many(order: &Order<'_>, progress: impl Fn(u64, usize) + Sync) -> Tally {
    let tally = Mutex::new(Tally::default());
    let (next, stopped) = (AtomicU64::new(0), AtomicBool::new(false));
    let told_at = Mutex::new(Instant::now());
    let work = || {
        let mut counts = Counts::default();
        while !stopped.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= order.seeds {
                break;
            }
            let outcome = run_seed(order.from + index, order.without, false);
            counts += &outcome.counts;
            if let Some(violation) = outcome.violation {
                lock(&tally).broken.push((outcome.seed, violation));
                stopped.fetch_or(order.stop_at_first, Ordering::Relaxed);
            }
            if let Ok(mut at) = told_at.try_lock()
                && at.elapsed() > Duration::from_secs(5)
            {
                *at = Instant::now();
                progress(index, lock(&tally).broken.len());
            }
        }
        lock(&tally).counts += &counts;
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.broken.sort_by_key(|(seed, _)| *seed);
    tally
}

/// Leaves out one kind of fault after the other, as long as the same promise breaks.
pub fn minimize(seed: u64, without: &[FaultKind], violation: &Violation) -> Vec<FaultKind> {
    let mut left_out = without.to_vec();
    for kind in FaultKind::ALL {
        if left_out.contains(kind) {
            continue;
        }
        left_out.push(*kind);
        let outcome = run_seed(seed, &left_out, false);
        if outcome.violation.is_none_or(|found| found.invariant != violation.invariant) {
            left_out.pop();
        }
    }
    left_out
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
