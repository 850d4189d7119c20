//! A [`Slot`] is what this process has of one partition: its copy, what it has for the log, and who waits for that.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::Bye;
use tokio::sync::oneshot;

use crate::node::Deed;
use crate::partition::{Applied, Courier, Item, Partition, Replica};
use crate::room::{Input, NodeId, SocketId};

/// What this process has of one partition.
pub(super) struct Slot {
    pub(super) replica: Replica,
    pub(super) courier: Courier,
    waiting: BTreeMap<u64, Waiting>,
    /// The number of the entry that the newest snapshot this process knows of holds.
    pub(super) saved: u64,
}

/// Somebody waits for an item to be applied here.
struct Waiting {
    done: oneshot::Sender<()>,
    /// The socket that asked.
    asker: Option<SocketId>,
}

impl Slot {
    pub(super) fn new(node: NodeId) -> Self {
        let replica = Replica::new(node, Partition::default());
        Self { replica, courier: Courier::new(node), waiting: BTreeMap::new(), saved: 0 }
    }

    /// Takes an item for the log. The receiver hears when it has been applied here; it hears of an end without that where the
    /// item was given up.
    pub(super) fn submit(&mut self, item: Item) -> oneshot::Receiver<()> {
        let asker = match &item {
            Item::Make(_, _, input) | Item::Room(_, input) | Item::Tag(_, input) => asker(input),
            Item::Up { .. } | Item::Gone(..) => None,
        };
        let (done, waiting) = oneshot::channel();
        self.waiting.insert(self.courier.take(item), Waiting { done, asker });
        waiting
    }

    /// Tells those whose items have been applied.
    pub(super) fn settle(&mut self, applied: &Applied) {
        let Some(until) = applied.until else { return };
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= until) {
            // Who waited may have gone.
            let _ = entry.remove().done.send(());
        }
    }

    /// Gives up everything that is under way, and puts out every socket: the client resumes, and asks again what it does not
    /// know the answer of.
    pub(super) fn put_out(&mut self, mut bye: impl FnMut(SocketId) -> Bye) -> Vec<Deed> {
        self.courier.clear();
        let askers = std::mem::take(&mut self.waiting).into_values().filter_map(|waiting| waiting.asker);
        let mut deeds: Vec<Deed> = askers.map(|socket| Deed::Close { socket, bye: Some(bye(socket)) }).collect();
        deeds.extend(self.replica.put_out(bye));
        deeds
    }
}

fn asker(input: &Input) -> Option<SocketId> {
    match input {
        Input::Ask(asked) => Some(asked.socket),
        Input::Report { .. }
        | Input::LoseSocket(_)
        | Input::Expel(_)
        | Input::Media { .. }
        | Input::Order(_)
        | Input::Tick => None,
    }
}
