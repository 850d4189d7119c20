//! [`Reached`] is what an input got to: names of things that happened, and how often. A corpus that reaches nothing
//! proves nothing.

use std::collections::BTreeMap;

/// What was reached, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Reached(BTreeMap<(&'static str, &'static str), u32>);

impl Reached {
    /// Notes that something happened.
    pub(crate) fn note(&mut self, kind: &'static str, name: &'static str) {
        let count = self.0.entry((kind, name)).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds what another input reached.
    pub fn add(&mut self, other: &Self) {
        for (name, more) in &other.0 {
            let count = self.0.entry(*name).or_default();
            *count = count.saturating_add(*more);
        }
    }

    /// How often something happened.
    pub fn count(&self, kind: &str, name: &str) -> u32 {
        self.0.iter().find(|((of, is), _)| *of == kind && *is == name).map_or(0, |(_, count)| *count)
    }

    /// The names of a kind that happened at all.
    pub fn names(&self, kind: &str) -> Vec<&'static str> {
        self.0.keys().filter(|(of, _)| *of == kind).map(|(_, name)| *name).collect()
    }

    /// How often anything of a kind happened.
    pub fn total(&self, kind: &str) -> u32 {
        self.0.iter().filter(|((of, _), _)| *of == kind).map(|(_, count)| count).sum()
    }
}
