//! A [`Partition`] is some of the rooms, as the log of the partition makes them.

use std::collections::{BTreeMap, BTreeSet};

use miniapp_rtc::protocol::{Epoch, Refusal, StreamId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::{Era, Item, LogEntry, Offset};
use crate::media::PublicAddresses;
use crate::node::nowhere;
use crate::room::{Asked, Effect, Input, Moment, NodeId, Room, RoomName, RoomPolicy, RoomTag, SocketId, pairs};

/// Some of the rooms, and the processes that take part in them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Partition {
    at: Offset,
    era: Era,
    /// By which rooms are made: that of the process that came last.
    policy: RoomPolicy,
    #[serde(with = "pairs")]
    nodes: BTreeMap<NodeId, Participant>,
    #[serde(with = "pairs")]
    rooms: BTreeMap<RoomName, Room>,
    #[serde(skip)]
    names: BTreeMap<RoomTag, RoomName>,
    #[serde(skip)]
    dues: BTreeSet<(u64, RoomName)>,
}

/// A process that takes part.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Participant {
    /// The number of the item by which it began.
    first: u64,
    /// The number of its newest item that was applied.
    last: u64,
    media: PublicAddresses,
}

/// What an entry brought about.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A room was made.
    Opened(RoomName),
    /// Effects of the room of this name and tag.
    Effects(RoomName, RoomTag, Vec<Effect>),
    /// A request had no room; it is refused.
    Nowhere {
        /// The socket on which the request came.
        socket: SocketId,
        /// The request's number.
        id: u32,
        /// The code and reason that the client gets.
        refusal: Refusal,
    },
    /// A room has ended.
    Closed(RoomName, RoomTag),
    /// A process takes part no longer.
    Gone(NodeId),
    /// A process that takes part no longer said something, which has no effect.
    Unheard(NodeId),
}

/// A partition that was written down cannot be read: by another version, or not whole.
#[derive(Debug, thiserror::Error)]
#[error("a partition that was written down cannot be read: {0}")]
pub struct Unreadable(serde_json::Error);

impl Partition {
    /// Reads what [`Partition::write`] wrote.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(text: &[u8]) -> Result<Self, Unreadable> {
        let mut partition: Self = serde_json::from_slice(text).map_err(Unreadable)?;
        for (name, room) in &partition.rooms {
            partition.names.insert(room.tag().clone(), name.clone());
            partition.dues.extend(room.next_due().map(|due| (due, name.clone())));
        }
        Ok(partition)
    }

    /// The partition as JSON: equal for equal partitions.
    ///
    /// # Errors
    /// [`Unreadable`] where it could not be written.
    pub fn write(&self) -> Result<Vec<u8>, Unreadable> {
        serde_json::to_vec(self).map_err(Unreadable)
    }

    /// What copies are compared by: SHA-256 of the partition, in hexadecimal digits. Empty where it cannot be written.
    pub fn digest(&self) -> String {
        let Ok(text) = self.write() else { return String::new() };
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Time and number of the newest entry that was applied; number 0 before the first.
    pub fn at(&self) -> Offset {
        self.at
    }

    /// The era that the newest entry was applied in; an empty text before the first.
    pub fn era(&self) -> &Era {
        &self.era
    }

    /// When something falls due next in any room, in Unix milliseconds; `None` where nothing does.
    pub fn next_due(&self) -> Option<u64> {
        self.dues.first().map(|(at, _)| *at)
    }

    /// The processes that take part, each with the number of the item by which it began.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.nodes.iter().map(|(node, participant)| (*node, participant.first))
    }

    /// The number of a process's newest item that was applied; `None` where it takes no part.
    pub fn last_of(&self, node: NodeId) -> Option<u64> {
        self.nodes.get(&node).map(|participant| participant.last)
    }

    /// Where clients reach the media server of a process; `None` where the process takes no part.
    pub fn media_of(&self, node: NodeId) -> Option<&PublicAddresses> {
        self.nodes.get(&node).map(|participant| &participant.media)
    }

    /// The rooms, in the order of their applications and ids.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.rooms.values()
    }

    /// The room that an application calls so; `None` where nobody has made it, or it has ended.
    pub fn room(&self, name: &RoomName) -> Option<&Room> {
        self.rooms.get(name)
    }

    /// The room whose ids begin with this tag; `None` where it has ended.
    pub fn tagged(&self, tag: &RoomTag) -> Option<&Room> {
        self.rooms.get(self.names.get(tag)?)
    }

    /// The room in which a stream has its place; `None` where the id names no room of this partition. The stream itself may
    /// have ended.
    pub fn of_stream(&self, stream: &StreamId) -> Option<&Room> {
        self.tagged(&RoomTag::of_stream(stream)?)
    }

    /// Begins another era: what came before may have been told otherwise, so every room begins another history.
    pub fn begin_era(&mut self, at: Offset, era: Era) {
        (self.at, self.era) = (at, era);
        for room in self.rooms.values_mut() {
            if let Some(epoch) = epoch(room.tag(), &self.era) {
                room.begin_epoch(epoch);
            }
        }
    }

    /// Applies the next entry. What fell due before it happens first.
    pub fn apply(&mut self, at: Offset, entry: LogEntry) -> Vec<Outcome> {
        self.at = at;
        let mut outcomes = Vec::new();
        while self.next_due().is_some_and(|due| due <= at.ms) {
            let Some((_, name)) = self.dues.first().cloned() else { break };
            self.change(&name, &mut outcomes, |room, now| room.handle(Input::Tick, now));
        }
        let LogEntry { node, first, items } = entry;
        for (number, item) in (first..).zip(items) {
            self.take(node, number, item, &mut outcomes);
        }
        outcomes
    }

    fn take(&mut self, node: NodeId, number: u64, item: Item, outcomes: &mut Vec<Outcome>) {
        match (self.nodes.get_mut(&node), &item) {
            // What was sent again and had arrived the first time.
            (Some(participant), _) if participant.last >= number => return,
            (Some(participant), _) => participant.last = number,
            (None, Item::Up { .. }) => {}
            (None, _) => return outcomes.push(Outcome::Unheard(node)),
        }
        match item {
            Item::Up { policy, media } => {
                self.lose(node, outcomes);
                self.policy = policy;
                self.nodes.insert(node, Participant { first: number, last: number, media });
            }
            Item::Gone(gone, first) => {
                if self.nodes.get(&gone).is_some_and(|participant| participant.first == first) {
                    self.nodes.remove(&gone);
                    self.lose(gone, outcomes);
                    outcomes.push(Outcome::Gone(gone));
                }
            }
            Item::Make(name, tag, input) => {
                self.make(&name, tag, outcomes);
                self.hear(node, Some(name), input, outcomes);
            }
            Item::Room(name, input) => self.hear(node, Some(name), input, outcomes),
            Item::Tag(tag, input) => self.hear(node, self.names.get(&tag).cloned(), input, outcomes),
        }
    }

    fn make(&mut self, name: &RoomName, tag: RoomTag, outcomes: &mut Vec<Outcome>) {
        if self.rooms.contains_key(name) || self.names.contains_key(&tag) {
            return;
        }
        if let Some(epoch) = epoch(&tag, &self.era) {
            self.names.insert(tag.clone(), name.clone());
            self.rooms.insert(name.clone(), Room::new(name.clone(), tag, epoch, self.policy));
            outcomes.push(Outcome::Opened(name.clone()));
        }
    }

    fn hear(&mut self, node: NodeId, name: Option<RoomName>, input: Input, outcomes: &mut Vec<Outcome>) {
        // A process speaks for its own sockets and its own media server.
        if input.node().is_some_and(|speaker| speaker != node) {
            return;
        }
        match name.filter(|name| self.rooms.contains_key(name)) {
            Some(name) => self.change(&name, outcomes, |room, now| room.handle(input, now)),
            None => {
                if let Input::Ask(Asked { socket, id, .. }) = &input {
                    outcomes.push(Outcome::Nowhere { socket: *socket, id: *id, refusal: nowhere(&input) });
                }
            }
        }
    }

    fn lose(&mut self, node: NodeId, outcomes: &mut Vec<Outcome>) {
        let concerned = self.rooms.values().filter(|room| room.has_part_of(node));
        let names: Vec<RoomName> = concerned.map(|room| room.name().clone()).collect();
        for name in names {
            self.change(&name, outcomes, |room, now| room.lose_node(node, now));
        }
    }

    /// Changes a room, keeps the books, and ends the room if nobody is left.
    fn change(
        &mut self,
        name: &RoomName,
        outcomes: &mut Vec<Outcome>,
        change: impl FnOnce(&mut Room, Moment) -> Vec<Effect>,
    ) {
        let now = Moment { ms: self.at.ms, unix_ms: self.at.ms };
        let Some(room) = self.rooms.get_mut(name) else {
            self.dues.retain(|(_, due)| due != name);
            return;
        };
        let before = room.next_due();
        let effects = change(room, now);
        let (after, tag, is_empty) = (room.next_due(), room.tag().clone(), room.is_empty());
        if let Some(due) = before {
            self.dues.remove(&(due, name.clone()));
        }
        if !effects.is_empty() {
            outcomes.push(Outcome::Effects(name.clone(), tag.clone(), effects));
        }
        if is_empty {
            self.rooms.remove(name);
            self.names.remove(&tag);
            outcomes.push(Outcome::Closed(name.clone(), tag));
        } else {
            self.dues.extend(after.map(|due| (due, name.clone())));
        }
    }
}

/// The history of a room in an era.
fn epoch(tag: &RoomTag, era: &Era) -> Option<Epoch> {
    Epoch::parse(format!("{}.{}", tag.as_str(), era.0)).ok()
}
