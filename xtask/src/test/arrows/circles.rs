//! Circles: files of one crate that use each other, directly or by way of others. There is none but those that
//! `docs/architecture.toml` lists with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::modules::Modules;
use crate::picture::Circle;

/// The sources of each crate that has to be free of circles.
const CRATES: &[&str] = &["src", "gateway/src", "xtask/src"];

pub(super) fn faults(root: &Path, listed: &[Circle]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in CRATES {
        let modules = Modules::read(root, folder)?;
        found.extend(circles(&modules.arrows()));
    }
    let unlisted = found.iter().filter(|found| !listed.iter().any(|circle| circle.covers(&found.files)));
    let mut faults: Vec<String> = unlisted.map(|circle| format!("a circle of files: {}", circle.text())).collect();
    let gone = listed.iter().filter(|circle| !found.iter().any(|found| circle.covers(&found.files)));
    let text = |circle: &Circle| circle.files.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    faults.extend(gone.map(|circle| format!("docs/architecture.toml lists a circle that is none: {}", text(circle))));
    let silent = listed.iter().filter(|circle| circle.reason.trim().is_empty());
    faults.extend(silent.map(|circle| format!("docs/architecture.toml gives no reason for: {}", text(circle))));
    Ok(faults)
}

/// Files that all use each other.
struct Found {
    files: BTreeSet<String>,
    arrows: Vec<(String, String)>,
}

impl Found {
    fn text(&self) -> String {
        self.arrows.iter().map(|(from, to)| format!("{from} uses {to}")).collect::<Vec<_>>().join("; ")
    }
}

fn circles(arrows: &BTreeSet<(&str, &str)>) -> Vec<Found> {
    let mut used: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        used.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = used.keys().map(|from| (*from, reached(from, &used))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|reached| reached.contains(to));
    let mut circles: Vec<Found> = Vec::new();
    for (file, others) in &reached {
        if !others.contains(file) || circles.iter().any(|circle| circle.files.contains(*file)) {
            continue;
        }
        let files: BTreeSet<String> =
            others.iter().filter(|other| reaches(other, file)).map(|other| (*other).to_owned()).collect();
        let inside = arrows.iter().filter(|(from, to)| files.contains(*from) && files.contains(*to));
        let arrows = inside.map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        circles.push(Found { files, arrows });
    }
    circles
}

/// Everything that a file uses, directly or by way of others.
fn reached<'a>(from: &str, used: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = used.get(from).into_iter().flatten().copied().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(used.get(file).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Sample;
    use super::{Circle, faults};

    fn found(name: &str, files: &[(&str, &str)], listed: &[Circle]) -> Vec<String> {
        faults(&Sample::new(name, files).0, listed).unwrap()
    }

    #[test]
    fn files_that_use_each_other_are_found() {
        let two = [
            ("xtask/src/a.rs", "use crate::b::B;\npub struct A;\n"),
            ("xtask/src/b.rs", "pub struct B(crate::a::A);\n"),
        ];
        let fault = "a circle of files: xtask/src/a.rs uses xtask/src/b.rs; xtask/src/b.rs uses xtask/src/a.rs";
        assert_eq!(found("circle", &two, &[]), [fault]);
        let listed = |reason: &str| Circle {
            files: BTreeSet::from(["xtask/src/a.rs".to_owned(), "xtask/src/b.rs".to_owned()]),
            reason: reason.to_owned(),
        };
        assert_eq!(found("circle-listed", &two, &[listed("they are one")]), [""; 0]);
        assert_eq!(found("circle-silent", &two, &[listed("")]).len(), 1);
        assert_eq!(found("circle-gone", &two[..1], &[listed("they are one")]).len(), 1);
    }

    #[test]
    fn a_circle_leads_through_children_macros_and_aliases() {
        for (name, child) in [
            ("super", "use super::A;\npub struct B;\n"),
            ("macro", "pub fn b() { println!(\"{}\", crate::x::a::made()); }\npub struct B;\n"),
            ("alias", "use crate::x::a;\npub fn b() { a::made(); }\npub struct B;\n"),
        ] {
            let parent = "mod b;\nuse b::B;\npub struct A(B);\npub fn made() {}\n";
            let files = [("src/x.rs", "pub mod a;\n"), ("src/x/a.rs", parent), ("src/x/a/b.rs", child)];
            assert_eq!(found(name, &files, &[]).len(), 1, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_passed_on_counts_for_the_file_that_defines_it() {
        let files = [
            ("src/x.rs", "mod a;\nmod b;\npub use a::A;\npub use b::B;\n#[cfg(test)]\nmod tests;\n"),
            ("src/x/a.rs", "use crate::x::B;\npub struct A(B);\n#[cfg(test)]\nmod tests { use crate::y::Y; }\n"),
            ("src/x/b.rs", "pub struct B;\n"),
            ("src/x/tests.rs", "use crate::y::Y;\n"),
            ("src/y.rs", "use crate::x::{A, tests};\npub struct Y(A);\n"),
        ];
        assert_eq!(found("passed-on", &files, &[]), [""; 0]);
    }
}
