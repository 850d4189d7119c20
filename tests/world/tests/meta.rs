//! A test of the test: a seed is always the same history, whoever runs it, beside whatever else, and in whichever order.

use std::sync::Mutex;
use std::thread;

use miniapp_rtc_world::{Counts, Order, Outcome, run_many, run_seed};

const SEEDS: std::ops::Range<u64> = 1..25;

#[test]
fn a_seed_is_one_history() {
    for seed in SEEDS {
        let [first, second] = [(); 2].map(|()| run_seed(seed, &[], true));
        assert!(first.lines.len() > 100, "seed {seed}: {} lines", first.lines.len());
        assert_same(&first, &second);
    }
}

#[test]
fn a_history_does_not_depend_on_what_runs_beside_it_or_before_it() {
    let alone: Vec<Outcome> = SEEDS.map(|seed| run_seed(seed, &[], true)).collect();
    for threads in [2, 5] {
        let waiting = Mutex::new(SEEDS.collect::<Vec<u64>>());
        let done = Mutex::new(Vec::new());
        // From the last seed to the first.
        let work = || {
            while let Some(seed) = { waiting.lock().expect("the seeds").pop() } {
                let outcome = run_seed(seed, &[], true);
                done.lock().expect("the outcomes").push(outcome);
            }
        };
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let mut beside = done.into_inner().expect("the outcomes");
        beside.sort_by_key(|outcome| outcome.seed);
        assert_eq!(alone.len(), beside.len());
        alone.iter().zip(&beside).for_each(|(alone, beside)| assert_same(alone, beside));
    }
}

#[test]
fn what_is_written_down_changes_nothing() {
    let order = Order { from: SEEDS.start, seeds: SEEDS.end - SEEDS.start, without: &[], stop_at_first: false };
    let together = run_many(&order, |_, _| {}).counts;
    let mut one_by_one = Counts::default();
    SEEDS.for_each(|seed| one_by_one += &run_seed(seed, &[], true).counts);
    assert_eq!(format!("{one_by_one:?}"), format!("{together:?}"));
}

/// Line by line: the first that differs says more than two whole histories.
fn assert_same(first: &Outcome, second: &Outcome) {
    let seed = first.seed;
    for (number, (one, other)) in first.lines.iter().zip(&second.lines).enumerate() {
        assert_eq!(one, other, "seed {seed}, line {number}");
    }
    assert_eq!(first.lines.len(), second.lines.len(), "seed {seed}");
    assert_eq!(format!("{:?}", first.counts), format!("{:?}", second.counts), "seed {seed}");
}
