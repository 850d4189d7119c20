//! The [`Queue`] is what is going to happen, in the order of virtual time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::event::Event;

/// Milliseconds of virtual time since the world began.
pub(crate) type Ms = u64;

/// What is going to happen. Things of one moment happen in the order in which they were arranged.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    arranged: u64,
}

struct Entry {
    at: Ms,
    number: u64,
    event: Event,
}

impl Queue {
    /// Arranges for something to happen.
    pub(crate) fn add(&mut self, at: Ms, event: Event) {
        self.arranged += 1;
        self.heap.push(Entry { at, number: self.arranged, event });
    }

    /// The next thing, if it happens at `until` or earlier.
    pub(crate) fn take(&mut self, until: Ms) -> Option<(Ms, Event)> {
        if self.heap.peek()?.at > until {
            return None;
        }
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

impl Ord for Entry {
    /// The earliest is the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
