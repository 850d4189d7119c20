//! A shallow check in every run of the tests. `cargo xtask model` goes deeper, and against planted bugs.

use miniapp_rtc_model::check;

#[test]
fn short_calls_keep_every_promise() {
    let report = check(4, 2);
    assert!(report.broken.is_none(), "{:?}", report.broken);
    assert!(report.scenes > 1_000, "{} scenes", report.scenes);
}

#[test]
fn a_check_is_the_same_whoever_shares_in_it() {
    let [first, second] = [(); 2].map(|()| check(3, 1));
    assert_eq!((first.scenes, first.steps), (second.scenes, second.steps));
}

#[test]
fn one_more_fault_makes_more_scenes() {
    let [none, one, two] = [0, 1, 2].map(|faults| check(3, faults).scenes);
    assert!(none < one && one < two, "{none}, {one}, {two}");
}
