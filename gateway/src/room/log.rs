//! The [`Log`] is a room's history: its newest ordered events, numbered without gaps.

use std::collections::VecDeque;

use miniapp_rtc::protocol::{Epoch, Event, Position};
use serde::{Deserialize, Serialize};

use super::forms::EventForm;

/// The newest events of one epoch.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Log {
    epoch: Epoch,
    offset: u32,
    events: VecDeque<Told>,
    capacity: usize,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Told(#[serde(with = "EventForm")] Event);

impl Log {
    /// An empty history.
    pub(super) fn new(epoch: Epoch, capacity: usize) -> Self {
        Self { epoch, offset: 0, events: VecDeque::new(), capacity }
    }

    /// The name of this history.
    pub(super) fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The number of the newest event; 0 before the first.
    pub(super) fn offset(&self) -> u32 {
        self.offset
    }

    /// Forgets everything and counts anew, under another name.
    pub(super) fn begin(&mut self, epoch: Epoch) {
        (self.epoch, self.offset) = (epoch, 0);
        self.events.clear();
    }

    /// Adds an event and says where it stands.
    pub(super) fn append(&mut self, event: Event) -> Position {
        self.offset = self.offset.saturating_add(1);
        self.events.push_back(Told(event));
        while self.events.len() > self.capacity {
            self.events.pop_front();
        }
        Position { epoch: self.epoch.clone(), offset: self.offset }
    }

    /// All events after `offset`, or `None` where that is another history, the future, or forgotten.
    pub(super) fn since(&self, epoch: &Epoch, offset: u32) -> Option<impl Iterator<Item = (Position, Event)>> {
        let missed = usize::try_from(self.offset.checked_sub(offset)?).ok()?;
        let forgotten = self.events.len().checked_sub(missed)?;
        (*epoch == self.epoch).then(|| {
            let numbers = offset.saturating_add(1)..;
            numbers
                .zip(self.events.iter().skip(forgotten))
                .map(|(offset, event)| (Position { epoch: self.epoch.clone(), offset }, event.0.clone()))
        })
    }
}
