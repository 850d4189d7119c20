//! A [`Replica`] is the copy of a [`Partition`] that one process keeps: it applies the log, and carries out what is the process's
//! own to do.

use std::collections::HashMap;

use miniapp_rtc::protocol::{Bye, Lease, ServerFrame};

use super::entry::{Era, LogEntry, Offset};
use super::state::{Outcome, Partition};
use crate::media::PublicAddresses;
use crate::node::{Audience, Deed, OutgoingFrame};
use crate::room::{Effect, Grant, NodeId, RoomName, RoomTag, SocketId};

/// The copy of a partition that one process keeps.
#[derive(Clone, Debug)]
pub struct Replica {
    node: NodeId,
    partition: Partition,
    audiences: HashMap<RoomTag, Audience>,
}

/// What an entry brought about for the process.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// What to do, in this order.
    pub deeds: Vec<Deed>,
    /// What happened in rooms by an entry of the process, in this order: it alone tells those outside.
    pub news: Vec<(RoomName, Vec<Effect>)>,
    /// Rooms that opened.
    pub opened: Vec<RoomName>,
    /// Rooms that closed.
    pub closed: Vec<RoomName>,
    /// Other processes that take part no longer.
    pub gone: Vec<NodeId>,
    /// The process itself takes part no longer.
    pub is_out: bool,
    /// The number of the process's newest item that the entry held.
    pub until: Option<u64>,
}

impl Replica {
    /// A copy that begins with `partition`; no socket is attached.
    pub fn new(node: NodeId, partition: Partition) -> Self {
        Self { node, partition, audiences: HashMap::new() }
    }

    /// What it holds.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Whose copy it is.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Applies the next entry. `sign` has the media server sign addresses: those of the process that has the stream, or its own
    /// where that one is not known.
    pub fn apply(
        &mut self,
        at: Offset,
        entry: LogEntry,
        mut sign: impl FnMut(Option<&PublicAddresses>, &Grant) -> Lease,
    ) -> Applied {
        let mut applied = Applied::default();
        let is_own = entry.node == self.node;
        if is_own {
            let count = u64::try_from(entry.items.len()).unwrap_or(0);
            applied.until = entry.first.checked_add(count).and_then(|end| end.checked_sub(1));
        }
        for outcome in self.partition.apply(at, entry) {
            match outcome {
                Outcome::Opened(name) => applied.opened.push(name),
                Outcome::Effects(name, tag, effects) => {
                    if is_own {
                        applied.news.push((name, effects.clone()));
                    }
                    applied.deeds.extend(self.carry_out(tag, effects, &mut sign));
                }
                Outcome::Nowhere { socket, id, refusal } => {
                    if socket.node == self.node {
                        let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(id), refusal });
                        applied.deeds.push(Deed::Push { socket, frame });
                    }
                }
                Outcome::Closed(name, tag) => {
                    self.audiences.remove(&tag);
                    applied.closed.push(name);
                }
                Outcome::Gone(node) if node == self.node => applied.is_out = true,
                Outcome::Unheard(node) => applied.is_out |= node == self.node,
                Outcome::Gone(node) => applied.gone.push(node),
            }
        }
        applied
    }

    /// Begins another era; `bye` is what the process's sockets are told, who then come back for a snapshot.
    pub fn begin_era(&mut self, at: Offset, era: Era, bye: impl FnMut(SocketId) -> Bye) -> Vec<Deed> {
        self.partition.begin_era(at, era);
        self.put_out(bye)
    }

    /// Goes on from another copy; `bye` is what the process's sockets are told.
    pub fn replace(&mut self, partition: Partition, bye: impl FnMut(SocketId) -> Bye) -> Vec<Deed> {
        self.partition = partition;
        self.put_out(bye)
    }

    /// Puts out every socket of the process.
    pub fn put_out(&mut self, mut bye: impl FnMut(SocketId) -> Bye) -> Vec<Deed> {
        let audiences = std::mem::take(&mut self.audiences);
        let sockets = audiences.into_values().flat_map(|audience| audience.sockets().collect::<Vec<_>>());
        sockets.flat_map(|socket| [Deed::Detach(socket), Deed::Close { socket, bye: Some(bye(socket)) }]).collect()
    }

    /// The sockets of the process that rooms hold for open, with their rooms.
    pub fn own_sockets(&self) -> Vec<(RoomName, SocketId)> {
        let rooms = self.partition.rooms();
        rooms.flat_map(|room| room.sockets_of(self.node).map(|socket| (room.name().clone(), socket))).collect()
    }

    fn carry_out(
        &mut self,
        tag: RoomTag,
        effects: Vec<Effect>,
        sign: &mut impl FnMut(Option<&PublicAddresses>, &Grant) -> Lease,
    ) -> Vec<Deed> {
        let own = effects.into_iter().filter(|effect| effect.concerns(self.node)).collect();
        let partition = &self.partition;
        let mut audience = self.audiences.remove(&tag).unwrap_or_default();
        let deeds = audience.carry_out(own, |grant| sign(partition.media_of(grant.node), grant));
        if audience.sockets().next().is_some() {
            self.audiences.insert(tag, audience);
        }
        deeds
    }
}
