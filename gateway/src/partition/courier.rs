//! A [`Courier`] holds what a process has for the log of one partition, until it is there. One entry is under way at a time, so
//! that none can overtake another, also where it has to be sent again.

use std::collections::VecDeque;

use super::entry::{Item, LogEntry};
use crate::room::NodeId;

/// Most items of one entry.
const ITEMS: usize = 64;

/// What a process has for the log of one partition.
#[derive(Clone, Debug)]
pub struct Courier {
    node: NodeId,
    numbered: u64,
    /// The items that are not known to be in the log, oldest first; the newest has the number `numbered`.
    items: VecDeque<Item>,
    /// How many of them, from the oldest, are under way.
    sent: usize,
}

impl Courier {
    /// It has nothing.
    pub fn new(node: NodeId) -> Self {
        Self { node, numbered: 0, items: VecDeque::new(), sent: 0 }
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has nothing.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Takes an item, and gives its number.
    pub fn take(&mut self, item: Item) -> u64 {
        self.numbered += 1;
        self.items.push_back(item);
        self.numbered
    }

    /// The next entry to append; `None` while one is under way or there is nothing.
    pub fn send(&mut self) -> Option<LogEntry> {
        if self.sent > 0 || self.items.is_empty() {
            return None;
        }
        self.sent = self.items.len().min(ITEMS);
        let waiting = u64::try_from(self.items.len()).unwrap_or(u64::MAX);
        let first = (self.numbered + 1).saturating_sub(waiting);
        Some(LogEntry { node: self.node, first, items: self.items.iter().take(self.sent).cloned().collect() })
    }

    /// What was under way is in the log.
    pub fn arrived(&mut self) {
        self.items.drain(..self.sent.min(self.items.len()));
        self.sent = 0;
    }

    /// Nobody knows whether what was under way is in the log: it is sent again, under the same numbers.
    pub fn retry(&mut self) {
        self.sent = 0;
    }

    /// Drops everything. Numbers go on.
    pub fn clear(&mut self) {
        self.items.clear();
        self.sent = 0;
    }
}
