//! `docs/recovery.md` says how many kinds of faults there are.

use miniapp_rtc_world::FaultKind;

#[test]
fn the_document_counts_the_kinds_of_faults() {
    let document = include_str!("../../../docs/recovery.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let figure = format!("faults of {} kinds, no promise broken", FaultKind::ALL.len());
    assert!(document.contains(&figure), "docs/recovery.md does not say \"{figure}\"");
}
