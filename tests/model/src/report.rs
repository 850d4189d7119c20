//! A [`Report`] is what came of a check.

use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::model::{Calls, WELL};
use crate::reach::Reach;
use crate::step::Step;

/// What came of a check.
#[derive(Debug)]
pub struct Report {
    /// Different scenes.
    pub scenes: usize,
    /// Steps that were tried.
    pub steps: usize,
    /// How long it took.
    pub time: Duration,
    /// What was not come upon.
    pub not_reached: Vec<Reach>,
    /// The promise that was broken.
    pub broken: Option<Broken>,
}

/// A broken promise.
#[derive(Debug)]
pub struct Broken {
    /// Which.
    pub promise: &'static str,
    /// Where it began: with pages that join, or in a call that is up.
    pub from: &'static str,
    /// What happened.
    pub steps: Vec<Step>,
    /// What was amiss in the end.
    pub text: String,
}

/// Tries calls of more and more steps, up to `depth`, until a promise is broken: by as few steps as can be.
pub fn search(depth: u16, faults: u8) -> Report {
    let started = Instant::now();
    let mut report = check(1, faults);
    for depth in 2..=depth {
        if report.broken.is_some() {
            break;
        }
        report = check(depth, faults);
    }
    Report { time: started.elapsed(), ..report }
}

/// Tries every call of up to `depth` steps, up to `faults` of them faults.
pub fn check(depth: u16, faults: u8) -> Report {
    let started = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let builder = Calls::new(depth, faults).checker().threads(threads).finish_when(HasDiscoveries::AnyFailures);
    // Depth first holds few scenes at once; a way that is found so is not the shortest.
    let checker = builder.spawn_dfs().join();
    let calls = checker.model();
    let mut found: Vec<_> = checker.discoveries().into_iter().collect();
    found.sort_by_key(|(name, path)| (path.clone().into_vec().len(), *name));
    let broken = found.into_iter().next().map(|(promise, path)| {
        let mut scenes = path.clone().into_states();
        let is_joining = scenes.first() == calls.init_states().first();
        let text = scenes.pop().filter(|_| promise == WELL).and_then(|last| calls.judge(&last).err());
        Broken {
            promise,
            from: if is_joining { "two pages join" } else { "a call is up" },
            steps: path.into_actions(),
            text: text.unwrap_or_default(),
        }
    });
    Report {
        scenes: checker.unique_state_count(),
        steps: checker.state_count(),
        time: started.elapsed(),
        not_reached: calls.not_reached(),
        broken,
    }
}
