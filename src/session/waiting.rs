//! Requests that await their answers.

use alloc::vec::Vec;

use super::call::CallId;
use super::time::Time;
use crate::protocol::{ClientFrame, Method, OperationId, Request, RequestFrame};

/// Why a request was made, and so what its answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// A call of the page waits for it.
    Call(CallId),
    /// It undoes what an unanswered call may have done.
    Cleanup,
    /// It enters the room: `join` or `resume`.
    Enter,
    /// It shows that the socket lives.
    Ping,
    /// It brings back a stream that the page was promised.
    Restore,
    /// It asks for the room as it is.
    Resync,
    /// It tells which tracks of our streams are on.
    Tracks,
}

/// A request that awaits its answer.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) operation: Option<OperationId>,
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    pub(super) deadline: Option<Time>,
    /// The id under which the present socket carried it.
    pub(super) sent: Option<u32>,
    /// Whether any socket carried it: the gateway may have granted it.
    pub(super) was_sent: bool,
    /// How often the gateway asked for patience.
    pub(super) put_off: u32,
    /// Not to be sent earlier; `None` where nothing has to be awaited.
    pub(super) not_before: Option<Time>,
}

/// All of them, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingList {
    entries: Vec<Waiting>,
    next_id: u32,
}

impl WaitingList {
    pub(super) fn add(&mut self, waiting: Waiting) {
        self.entries.push(waiting);
    }

    /// Puts back what has no answer, to be sent once more under the same operation, ahead of all that came after it.
    pub(super) fn again(&mut self, waiting: Waiting) {
        self.entries.insert(0, Waiting { sent: None, deadline: None, ..waiting });
    }

    /// Puts back what the gateway refuses for the moment, to be sent under the same operation at that time.
    pub(super) fn put_off(&mut self, waiting: Waiting, not_before: Time) {
        let deadline = waiting.deadline.filter(|_| matches!(waiting.purpose, Purpose::Call(_)));
        let (sent, put_off, not_before) = (None, waiting.put_off + 1, Some(not_before));
        self.entries.insert(0, Waiting { sent, deadline, put_off, not_before, ..waiting });
    }

    /// Lets what was put off until now be sent.
    pub(super) fn release(&mut self, now: Time) -> bool {
        let due = self.entries.iter_mut().filter_map(|waiting| waiting.not_before.take_if(|at| *at <= now));
        due.count() > 0
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn has(&self, wanted: impl Fn(&Waiting) -> bool) -> bool {
        self.entries.iter().any(wanted)
    }

    /// Frames of what the present socket has not carried yet and `wanted` picks; their answers are due at `deadline` at
    /// the latest.
    ///
    /// What has been put off is left out, and behind it whatever must not overtake it: one mute another, a stream's new
    /// beginning the end of the old.
    pub(super) fn unsent(&mut self, deadline: Time, wanted: impl Fn(&Waiting) -> bool) -> Vec<ClientFrame> {
        let next_id = &mut self.next_id;
        let mut held = Vec::new();
        self.entries
            .iter_mut()
            .filter(|waiting| {
                let method = waiting.request.method();
                if waiting.not_before.is_some() {
                    held.push(method);
                    held.extend(match method {
                        Method::Unpublish => Some(Method::Publish),
                        Method::Unsubscribe => Some(Method::Subscribe),
                        _ => None,
                    });
                }
                waiting.sent.is_none() && wanted(waiting) && !held.contains(&method)
            })
            .map(|waiting| {
                *next_id = next_id.wrapping_add(1).max(1);
                (waiting.sent, waiting.was_sent) = (Some(*next_id), true);
                waiting.deadline.get_or_insert(deadline);
                ClientFrame::Request(RequestFrame {
                    id: *next_id,
                    operation: waiting.operation.clone(),
                    request: waiting.request.clone(),
                })
            })
            .collect()
    }

    /// Takes out the request of that id.
    pub(super) fn answered(&mut self, id: u32) -> Option<Waiting> {
        let index = self.entries.iter().position(|waiting| waiting.sent == Some(id))?;
        Some(self.entries.remove(index))
    }

    /// Takes out the first request whose answer is overdue.
    pub(super) fn overdue(&mut self, now: Time) -> Option<Waiting> {
        let index = self.entries.iter().position(|waiting| waiting.deadline.is_some_and(|deadline| deadline <= now))?;
        Some(self.entries.remove(index))
    }

    /// Forgets the present socket: the session's own requests end with it, calls of the page wait for the next socket
    /// until `deadline`.
    pub(super) fn unsend(&mut self, deadline: Option<Time>) {
        self.entries.retain(|waiting| matches!(waiting.purpose, Purpose::Call(_) | Purpose::Cleanup));
        for waiting in &mut self.entries {
            waiting.sent = None;
            waiting.deadline = match waiting.purpose {
                // The gateway must hear of it, however long there is no socket.
                Purpose::Cleanup => None,
                Purpose::Call(_)
                | Purpose::Enter
                | Purpose::Ping
                | Purpose::Restore
                | Purpose::Resync
                | Purpose::Tracks => waiting.deadline.or(deadline),
            };
        }
    }

    /// Brings the deadline of the outstanding ping forward.
    pub(super) fn hasten_ping(&mut self, deadline: Time) {
        for waiting in self.entries.iter_mut().filter(|waiting| waiting.purpose == Purpose::Ping) {
            waiting.deadline = Some(waiting.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        }
    }

    /// Gives the outstanding ping more time.
    pub(super) fn postpone_ping(&mut self, deadline: Time) {
        for waiting in self.entries.iter_mut().filter(|waiting| waiting.purpose == Purpose::Ping) {
            waiting.deadline = Some(deadline);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.entries.iter().flat_map(|waiting| [waiting.deadline, waiting.not_before]).flatten().min()
    }

    /// Takes out every request.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        core::mem::take(&mut self.entries)
    }
}
