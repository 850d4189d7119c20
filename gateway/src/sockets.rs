//! [`Sockets`] are the open sockets of this process, by their names.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::budget::Account;
use crate::mailbox::Mailbox;
use crate::node::{Deed, OutboxBounds, Standing};
use crate::room::{MediaCommand, NodeId, SocketId};

/// The open sockets of this process.
#[derive(Debug)]
pub struct Sockets {
    node: NodeId,
    opened: AtomicU64,
    mailboxes: RwLock<HashMap<SocketId, Arc<Mailbox>>>,
}

impl Sockets {
    /// No socket is open. `node` must be no other process's.
    pub fn new(node: NodeId) -> Self {
        Self { node, opened: AtomicU64::new(0), mailboxes: RwLock::default() }
    }

    /// The process that has these sockets.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// A socket opens. What it has to send is counted in its account.
    pub(crate) fn open(&self, bounds: OutboxBounds, account: Account) -> Arc<Mailbox> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let mailbox = Arc::new(Mailbox::new(SocketId { node: self.node, number }, bounds, account));
        let mut mailboxes = self.mailboxes.write().unwrap_or_else(PoisonError::into_inner);
        mailboxes.insert(mailbox.socket(), Arc::clone(&mailbox));
        mailbox
    }

    /// A socket has ended.
    pub fn forget(&self, socket: SocketId) {
        self.mailboxes.write().unwrap_or_else(PoisonError::into_inner).remove(&socket);
    }

    /// How a socket stands; `None` where it is not open, or not here.
    pub fn standing(&self, socket: SocketId) -> Option<Standing> {
        self.read().get(&socket).map(|mailbox| mailbox.standing())
    }

    /// Does what a cell wants done with sockets, and gives back what the media server has to do. What is for sockets that are
    /// gone, or are not here, is dropped.
    pub fn perform(&self, deed: Deed) -> Option<MediaCommand> {
        match deed {
            Deed::Attach(socket) => self.with(socket, |mailbox| mailbox.set_attached(true)),
            Deed::Detach(socket) => self.with(socket, |mailbox| mailbox.set_attached(false)),
            Deed::Push { socket, frame } => self.with(socket, |mailbox| mailbox.push(frame)),
            Deed::PushMissed { socket, frame } => self.with(socket, |mailbox| mailbox.push_missed(frame)),
            Deed::PushAll { sockets, frame } => {
                let mailboxes = self.read();
                let mailboxes = sockets.iter().filter_map(|socket| mailboxes.get(socket));
                mailboxes.for_each(|mailbox| mailbox.push(frame.clone()));
            }
            Deed::Close { socket, bye } => self.with(socket, |mailbox| mailbox.close(bye)),
            Deed::Media { node, command } => return Some(command).filter(|_| node == self.node),
        }
        None
    }

    fn with(&self, socket: SocketId, act: impl FnOnce(&Mailbox)) {
        if let Some(mailbox) = self.read().get(&socket) {
            act(mailbox);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<SocketId, Arc<Mailbox>>> {
        self.mailboxes.read().unwrap_or_else(PoisonError::into_inner)
    }
}
