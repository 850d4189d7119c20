//! The [`History`] is what happened in a world, for people to read. It is written only where somebody wants to read it.

use crate::queue::Ms;

/// What happened.
#[derive(Default)]
pub struct History {
    /// Whether anybody wants to read it.
    pub wanted: bool,
    /// One line for each thing.
    pub lines: Vec<String>,
}

impl History {
    /// Adds a line.
    pub(crate) fn add(&mut self, now: Ms, line: impl FnOnce() -> String) {
        if self.wanted {
            self.lines.push(format!("{:>7}.{:03} {}", now / 1000, now % 1000, line()));
        }
    }
}

/// A text without the secrets that the protocol's frames carry.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["\"token\":\"", "\"secret\":\"", "?lease="]
        .iter()
        .filter_map(|mark| rest.find(mark).map(|at| at + mark.len()))
        .min()
    {
        let (before, after) = rest.split_at(at);
        out += before;
        out += "***";
        rest = after.find('"').map_or("", |end| &after[end..]);
    }
    out + rest
}
