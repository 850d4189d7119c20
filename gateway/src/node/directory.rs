//! The [`Directory`] lists the rooms of one process by their names and by their tags.

use std::collections::HashMap;

use miniapp_rtc::protocol::{ErrorCode, Refusal};

use super::place::Place;
use crate::room::{Command, Input, Order, RoomName, RoomTag};

/// The rooms of one process. `Handle` is what the process calls a room by.
#[derive(Clone, Debug)]
pub struct Directory<Handle> {
    by_name: HashMap<RoomName, Handle>,
    by_tag: HashMap<RoomTag, Handle>,
}

/// Where an input goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Sought<Handle> {
    /// To this room.
    Room(Handle),
    /// To a room that has to be made first.
    Unmade(RoomName),
    /// Nowhere; a request is refused so.
    Nowhere(Refusal),
}

impl<Handle> Default for Directory<Handle> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), by_tag: HashMap::new() }
    }
}

impl<Handle: Clone + PartialEq> Directory<Handle> {
    /// Where an input for `place` goes.
    pub fn seek(&self, place: &Place, input: &Input) -> Sought<Handle> {
        if let Some(handle) = self.find(place) {
            return Sought::Room(handle);
        }
        match place {
            Place::Room(name) if makes_room(input) => Sought::Unmade(name.clone()),
            Place::Room(_) | Place::Session(_) | Place::Stream(_) => Sought::Nowhere(nowhere(input)),
        }
    }

    /// The room of a place; `None` where the process has none.
    pub fn find(&self, place: &Place) -> Option<Handle> {
        match place {
            Place::Room(name) => self.by_name.get(name),
            Place::Session(session) => self.by_tag.get(&RoomTag::of_session(session)?),
            Place::Stream(stream) => self.by_tag.get(&RoomTag::of_stream(stream)?),
        }
        .cloned()
    }

    /// Lists a new room. Where there is one of this name already, that one is returned and nothing changes.
    pub fn list(&mut self, name: RoomName, tag: RoomTag, handle: Handle) -> Result<(), Handle> {
        if let Some(there) = self.by_name.get(&name) {
            return Err(there.clone());
        }
        self.by_name.insert(name, handle.clone());
        self.by_tag.insert(tag, handle);
        Ok(())
    }

    /// Strikes out a room that has closed. One of the same name that was made since stays.
    pub fn strike_out(&mut self, name: &RoomName, tag: &RoomTag) {
        if let Some(handle) = self.by_tag.remove(tag)
            && self.by_name.get(name).is_some_and(|current| *current == handle)
        {
            self.by_name.remove(name);
        }
    }

    /// The handles of all rooms, in no order.
    pub fn all(&self) -> Vec<Handle> {
        self.by_tag.values().cloned().collect()
    }

    /// How many rooms there are.
    pub fn len(&self) -> usize {
        self.by_tag.len()
    }

    /// Whether there is no room.
    pub fn is_empty(&self) -> bool {
        self.by_tag.is_empty()
    }
}

/// Whether an input makes the room that it names: a join does, and a ban, which has to be remembered.
pub fn makes_room(input: &Input) -> bool {
    match input {
        Input::Ask(asked) => matches!(asked.command, Command::Join(_)),
        Input::Order(order) => matches!(order, Order::Ban { .. }),
        Input::Report { .. } | Input::LoseSocket(_) | Input::Expel(_) | Input::Media { .. } | Input::Tick => false,
    }
}

/// How a request is refused whose room is not there.
pub fn nowhere(input: &Input) -> Refusal {
    if matches!(input, Input::Ask(asked) if matches!(asked.command, Command::Resume(_))) {
        return Refusal::new(ErrorCode::SessionUnknown, "there is no such session, or no longer; join");
    }
    Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")
}
