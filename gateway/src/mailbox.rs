//! A [`Mailbox`] is the [`Outbox`] of one socket between tasks: rooms fill it, the socket's writer waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use miniapp_rtc::protocol::Bye;
use tokio::sync::Notify;

use crate::node::{Outbox, OutboxBounds, Outgoing, OutgoingFrame, Standing};
use crate::room::SocketId;

/// What one socket still has to send, shared by the tasks that fill and empty it.
#[derive(Debug)]
pub struct Mailbox {
    socket: SocketId,
    outbox: Mutex<Outbox>,
    changed: Notify,
    ended: Notify,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new(socket: SocketId, bounds: OutboxBounds) -> Self {
        let (changed, ended) = (Notify::new(), Notify::new());
        Self { socket, outbox: Mutex::new(Outbox::new(bounds)), changed, ended }
    }

    /// Whose it is.
    pub fn socket(&self) -> SocketId {
        self.socket
    }

    /// How the socket stands.
    pub fn standing(&self) -> Standing {
        self.lock().standing()
    }

    /// See [`Outbox::set_attached`].
    pub fn set_attached(&self, is_attached: bool) {
        self.lock().set_attached(is_attached);
    }

    /// See [`Outbox::push`].
    pub fn push(&self, frame: OutgoingFrame) {
        self.fill(|outbox| outbox.push(frame));
    }

    /// See [`Outbox::push_missed`].
    pub fn push_missed(&self, frame: OutgoingFrame) {
        self.fill(|outbox| outbox.push_missed(frame));
    }

    /// See [`Outbox::close`].
    pub fn close(&self, bye: Option<Bye>) {
        self.fill(|outbox| outbox.close(bye));
    }

    /// Waits until the socket is about to close, even while its writer is held up by a reader that does not read. For one
    /// waiter.
    pub async fn ending(&self) {
        while !self.standing().is_closing {
            self.ended.notified().await;
        }
    }

    /// Waits for something to send, and takes all of it.
    pub async fn take(&self) -> Outgoing {
        loop {
            let changed = self.changed.notified();
            let outgoing = self.lock().take();
            if let Some(outgoing) = outgoing {
                return outgoing;
            }
            changed.await;
        }
    }

    /// See [`Outbox::note_sent`].
    pub fn note_sent(&self, frame: &OutgoingFrame) {
        self.lock().note_sent(frame);
    }

    fn fill(&self, change: impl FnOnce(&mut Outbox)) {
        let mut outbox = self.lock();
        change(&mut outbox);
        let is_closing = outbox.standing().is_closing;
        drop(outbox);
        self.changed.notify_one();
        if is_closing {
            self.ended.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
