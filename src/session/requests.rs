//! Requests that await their answers.

use alloc::vec::Vec;

use super::call::CallId;
use super::identity::Identity;
use super::time::{LATER_ATTEMPTS, LATER_LEAST_MS, LATER_MS, MOST_AWAY_MS, Time};
use crate::protocol::{Act, ClientFrame, Method, OperationId, Refusal, Remedy, Request, RequestFrame};

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
pub(super) struct PendingRequest {
    pub(super) operation: Option<OperationId>,
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    /// An answer is due then; `None` until it is sent, or where it is waited for without an end.
    pub(super) deadline: Option<Time>,
    /// The id under which the present socket carried it.
    pub(super) sent: Option<u32>,
    /// Whether any socket carried it: the gateway may have granted it.
    pub(super) was_sent: bool,
    /// How often the gateway asked for patience.
    pub(super) put_off: u32,
    /// Not to be sent earlier; `None` where nothing has to be awaited.
    pub(super) not_before: Option<Time>,
    /// Not to be sent before its stream is back in the room.
    pub(super) awaits_stream: bool,
    /// Its time was prolonged for that; once, however often the gateway restarts.
    was_prolonged: bool,
}

impl PendingRequest {
    /// A request that no socket has carried yet.
    pub(super) fn new(request: Request, purpose: Purpose, identity: &mut Identity) -> Self {
        let operation = match purpose {
            Purpose::Ping | Purpose::Resync => None,
            Purpose::Call(_) | Purpose::Cleanup | Purpose::Enter | Purpose::Restore | Purpose::Tracks => {
                identity.operation()
            }
        };
        Self {
            operation,
            request,
            purpose,
            deadline: None,
            sent: None,
            was_sent: false,
            put_off: 0,
            not_before: None,
            awaits_stream: false,
            was_prolonged: false,
        }
    }
}

/// All of them, in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    entries: Vec<PendingRequest>,
    next_id: u32,
}

impl Requests {
    /// Adds all of them, and leaves none behind.
    pub(super) fn add(&mut self, asks: &mut Vec<PendingRequest>) {
        self.entries.append(asks);
    }

    /// Adds a request ahead of everything that already waits.
    pub(super) fn add_first(&mut self, waiting: PendingRequest) {
        self.entries.insert(0, waiting);
    }

    /// Puts back what has no answer, to be sent once more under the same operation, ahead of all that came after it.
    pub(super) fn again(&mut self, mut waiting: PendingRequest) {
        (waiting.sent, waiting.deadline) = (None, None);
        self.add_first(waiting);
    }

    /// When a refused request is to be sent once more; `None` where the refusal stands.
    pub(super) fn later(&self, waiting: &PendingRequest, refusal: &Refusal, now: Time) -> Option<Time> {
        let is_later = Remedy::of(refusal.code) == Remedy::Later && waiting.put_off < LATER_ATTEMPTS;
        let wait = refusal.retry_after_ms.unwrap_or(LATER_MS).min(MOST_AWAY_MS);
        let at = now + wait.max(LATER_LEAST_MS << waiting.put_off);
        let may_wait = match waiting.purpose {
            Purpose::Call(_) => {
                // A newer request of the page must not be overtaken by an older one.
                let is_newest = !self.has(&|other| other.request.method() == waiting.request.method());
                is_newest && waiting.deadline.is_none_or(|deadline| at < deadline)
            }
            Purpose::Cleanup | Purpose::Resync | Purpose::Tracks => true,
            // Repairs have a budget and pauses of their own.
            Purpose::Restore => !matches!(waiting.request, Request::RenewUrl(_)),
            Purpose::Enter | Purpose::Ping => false,
        };
        (may_wait && is_later).then_some(at)
    }

    /// Puts back what the gateway refuses for the moment, to be sent under the same operation at that time.
    pub(super) fn put_off(&mut self, mut waiting: PendingRequest, not_before: Time) {
        if !matches!(waiting.purpose, Purpose::Call(_)) {
            waiting.deadline = None;
        }
        (waiting.sent, waiting.not_before) = (None, Some(not_before));
        waiting.put_off += 1;
        self.add_first(waiting);
    }

    /// Puts back a call about a stream that the gateway does not hold at the moment, until [`Requests::welcome`]. A repeat of
    /// its operation would only repeat the refusal, so it becomes another one. `until` prolongs its time, once.
    pub(super) fn await_stream(&mut self, mut waiting: PendingRequest, until: Option<Time>, identity: &mut Identity) {
        (waiting.sent, waiting.operation, waiting.awaits_stream) = (None, identity.operation(), true);
        if let Some(until) = until.filter(|_| !waiting.was_prolonged) {
            (waiting.deadline, waiting.was_prolonged) = (Some(until), true);
        }
        self.entries.push(waiting);
    }

    /// Lets what awaited its stream be sent where it does so no longer; whether there is any.
    pub(super) fn welcome(&mut self, is_awaited: impl Fn(&Request) -> bool) -> bool {
        let mut is_any = false;
        for waiting in &mut self.entries {
            if waiting.awaits_stream && !is_awaited(&waiting.request) {
                (waiting.awaits_stream, is_any) = (false, true);
            }
        }
        is_any
    }

    /// Lets what was put off until now be sent.
    pub(super) fn release(&mut self, now: Time) {
        for waiting in &mut self.entries {
            waiting.not_before.take_if(|at| *at <= now);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn has(&self, wanted: &dyn Fn(&PendingRequest) -> bool) -> bool {
        self.entries.iter().any(wanted)
    }

    pub(super) fn has_for(&self, purpose: &Purpose) -> bool {
        self.entries.iter().any(|waiting| waiting.purpose == *purpose)
    }

    /// Sends what the present socket has not carried yet, or of that only what enters the room; the answers are due at
    /// `deadline` at the latest.
    ///
    /// What has been put off is left out, and behind it whatever must not overtake it: one mute another, a stream's new
    /// beginning the end of the old.
    pub(super) fn unsent(&mut self, deadline: Time, only_entering: bool, mut send: impl FnMut(ClientFrame)) {
        let mut held = Vec::new();
        for waiting in &mut self.entries {
            let method = waiting.request.method();
            if waiting.not_before.is_some() {
                held.push(method);
            }
            let is_wanted = !only_entering || waiting.purpose == Purpose::Enter;
            if waiting.sent.is_some()
                || waiting.awaits_stream
                || !is_wanted
                || held.iter().any(|earlier| bars(*earlier, method))
            {
                continue;
            }
            self.next_id = self.next_id.wrapping_add(1).max(1);
            (waiting.sent, waiting.was_sent) = (Some(self.next_id), true);
            waiting.deadline.get_or_insert(deadline);
            send(ClientFrame::Request(RequestFrame {
                id: self.next_id,
                operation: waiting.operation.clone(),
                request: waiting.request.clone(),
            }));
        }
    }

    /// Takes out the request of that id.
    pub(super) fn answered(&mut self, id: u32) -> Option<PendingRequest> {
        let index = self.entries.iter().position(|waiting| waiting.sent == Some(id))?;
        Some(self.entries.remove(index))
    }

    /// Takes out the first request whose answer is overdue.
    pub(super) fn overdue(&mut self, now: Time) -> Option<PendingRequest> {
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

    /// When the next answer is overdue.
    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.entries.iter().filter_map(|waiting| waiting.deadline).min()
    }

    /// When the next request that was put off is to be sent.
    pub(super) fn next_release(&self) -> Option<Time> {
        self.entries.iter().filter_map(|waiting| waiting.not_before).min()
    }

    /// Forgets every request; the calls of the page that waited for one.
    pub(super) fn end(&mut self) -> Vec<CallId> {
        let call = |waiting: PendingRequest| match waiting.purpose {
            Purpose::Call(call) => Some(call),
            Purpose::Cleanup
            | Purpose::Enter
            | Purpose::Ping
            | Purpose::Restore
            | Purpose::Resync
            | Purpose::Tracks => None,
        };
        core::mem::take(&mut self.entries).into_iter().filter_map(call).collect()
    }
}

/// Whether a request of the method `earlier` that has to wait keeps back one of the method `later`.
fn bars(earlier: Method, later: Method) -> bool {
    let begins_anew = matches!((earlier.act(), later.act()), (Act::End(old), Act::Begin(new)) if old == new);
    earlier == later || begins_anew
}
