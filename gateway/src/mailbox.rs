//! A [`Mailbox`] is the [`Outbox`] of one socket between tasks: rooms fill it, the socket's writer waits for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use miniapp_rtc::protocol::Bye;
use tokio::sync::Notify;

use crate::budget::Account;
use crate::node::{Outbox, OutboxBounds, Outgoing, OutgoingFrame, Standing, farewell};
use crate::room::SocketId;

/// What one socket still has to send, shared by the tasks that fill and empty it.
#[derive(Debug)]
pub struct Mailbox {
    socket: SocketId,
    outbox: Mutex<Outbox>,
    /// Counts what waits, and what the writer has taken and not brought away yet.
    account: Account,
    changed: Notify,
    ended: Notify,
}

impl Mailbox {
    /// An empty mailbox.
    pub(crate) fn new(socket: SocketId, bounds: OutboxBounds, account: Account) -> Self {
        let (changed, ended) = (Notify::new(), Notify::new());
        Self { socket, outbox: Mutex::new(Outbox::new(bounds)), account, changed, ended }
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

    /// Notes that frames of this weight, taken before, have left the process.
    pub fn note_flushed(&self, weight: usize) {
        self.account.give(weight);
    }

    fn fill(&self, change: impl FnOnce(&mut Outbox)) {
        let mut outbox = self.lock();
        let before = outbox.waiting_bytes();
        change(&mut outbox);
        self.count(&mut outbox, before);
        let is_closing = outbox.standing().is_closing;
        drop(outbox);
        self.changed.notify_one();
        if is_closing {
            self.ended.notify_one();
        }
    }

    /// Counts what waits now, where so many bytes were counted before.
    fn count(&self, outbox: &mut Outbox, before: usize) {
        let now = outbox.waiting_bytes();
        if now < before {
            self.account.give(before - now);
        } else if self.account.take(now - before).is_err() {
            outbox.cut(farewell::crowded());
            self.account.give(before);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use miniapp_rtc::protocol::{Answer, ByeAction, Empty, Method, ServerFrame};

    use super::*;
    use crate::budget::Budget;
    use crate::room::NodeId;

    const NO_BOUNDS: OutboxBounds = OutboxBounds { frames: 1_000, bytes: 1_000_000 };

    fn mailbox(budget: &Budget, number: u64) -> Mailbox {
        let account = budget.account();
        account.share();
        Mailbox::new(SocketId { node: NodeId(1), number }, NO_BOUNDS, account)
    }

    fn frame() -> OutgoingFrame {
        let answer = Answer::Done(Empty {});
        OutgoingFrame::new(&ServerFrame::Answer { id: 1, method: Method::Leave, answer })
    }

    #[tokio::test]
    async fn what_waits_is_counted_until_it_has_left_the_process() {
        let budget = Budget::new(1_000_000);
        let mailbox = mailbox(&budget, 1);
        let weight = frame().weight();
        mailbox.push(frame());
        mailbox.push_missed(frame());
        assert_eq!(budget.held(), 2 * weight);
        let Outgoing::Frames(frames) = mailbox.take().await else { panic!("no frames") };
        mailbox.push(frame());
        frames.iter().for_each(|frame| mailbox.note_sent(frame));
        assert_eq!(budget.held(), 3 * weight, "what the writer has is held as well");
        mailbox.note_flushed(2 * weight);
        assert_eq!(budget.held(), weight);
        drop(mailbox);
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn beyond_what_all_may_hold_the_one_with_more_than_a_share_is_cut() {
        let weight = frame().weight();
        let budget = Budget::new(10 * weight);
        let (slow, quick) = (mailbox(&budget, 1), mailbox(&budget, 2));
        (0..8).for_each(|_| slow.push(frame()));
        (0..5).for_each(|_| quick.push_missed(frame()));
        assert_eq!((slow.standing().is_closing, quick.standing().is_closing), (false, false), "its share is kept free");
        slow.push(frame());
        assert_eq!(budget.held(), 5 * weight, "what waited for it is dropped");
        let Outgoing::Close(Some(bye)) = slow.take().await else { panic!("not closed") };
        assert_eq!((bye.code, bye.action, bye.after_ms), (4002, ByeAction::Resume, 1_000));
        (0..5).for_each(|_| quick.push(frame()));
        assert!(!quick.standing().is_closing, "there is room again");
    }

    #[test]
    fn a_reader_that_is_too_slow_is_given_up_with_what_waited_for_it() {
        let budget = Budget::new(1_000_000);
        let account = budget.account();
        let bounds = OutboxBounds { frames: 2, bytes: 1_000_000 };
        let mailbox = Mailbox::new(SocketId { node: NodeId(1), number: 1 }, bounds, account);
        (0..3).for_each(|_| mailbox.push(frame()));
        assert_eq!((mailbox.standing().is_closing, budget.held()), (true, 0));
    }
}
