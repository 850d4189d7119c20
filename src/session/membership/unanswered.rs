//! Requests that end without what they asked for: what they made is dropped, here and in the gateway.

use super::{Membership, Purpose, Stage};
use crate::protocol::{Publish, Request, StreamOf, Subscribe, limits};
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::repair::Repair;
use crate::session::state::ConnectionState;
use crate::session::time::PROBE_MS;
use crate::session::turn::Turn;
use crate::session::waiting::Waiting;

impl Membership {
    /// Drops what a request made and nobody will use, here and in the gateway.
    pub(super) fn give_back(&mut self, request: &Request, turn: &mut Turn<'_>) {
        self.forget(request, turn);
        let of = self.stream_of(request);
        let is_held = of.is_none_or(|of| self.wanted(&of).is_some());
        if let Some(cleanup) = undo(request).filter(|_| !is_held) {
            self.ask(cleanup, Purpose::Cleanup, turn);
        }
    }

    /// A request was not answered in time.
    pub(super) fn unanswered(&mut self, waiting: Waiting, turn: &mut Turn<'_>) {
        if matches!(waiting.request, Request::MuteLocal(_)) {
            // Told again with the next pong.
            self.wanted.iter_mut().for_each(|wanted| wanted.told = None);
        }
        match waiting.purpose {
            Purpose::Enter => {
                self.link.close(limits::close::IDLE, turn);
                let last = matches!(self.stage, Stage::Joining { .. }) && self.is_last_gateway();
                if last {
                    let error = RtcError::new(
                        ErrorNumber::SignalingTimeout,
                        "the gateway did not answer the join in time; check the network and try again",
                    );
                    self.end(ConnectionState::Disconnected, "no answer to join".into(), &error, turn);
                } else {
                    self.lost("no answer in time".into(), turn);
                }
            }
            Purpose::Ping => self.abandon("the gateway did not answer a ping in time", turn),
            Purpose::Resync => self.resync(turn),
            Purpose::Restore => {
                if let Some(of) = self.stream_of(&waiting.request) {
                    self.repair(&of, Repair::NewUrl, turn);
                }
            }
            Purpose::Cleanup => {
                let of = self.stream_of(&waiting.request);
                // A lease of the same stream was granted since: so this was carried out, and must not be twice.
                let is_done = of.is_none_or(|of| self.wanted(&of).is_some_and(|wanted| wanted.lease.is_some()));
                if is_done {
                    self.cleaned_up(&waiting.request, turn);
                } else {
                    self.waiting.again(waiting);
                    self.flush(turn);
                }
            }
            Purpose::Tracks => {}
            Purpose::Call(call) => {
                if waiting.was_sent {
                    // The gateway may yet have granted it; nobody would use what it granted.
                    self.give_back(&waiting.request, turn);
                } else {
                    self.forget(&waiting.request, turn);
                }
                let error = if waiting.sent.is_some() {
                    RtcError::new(ErrorNumber::SignalingTimeout, "the gateway did not answer in time; try again")
                } else {
                    let reason =
                        "there is no connection to the gateway at the moment; try again when state is connected";
                    RtcError::new(ErrorNumber::WebSocketNotConnected, reason)
                };
                turn.out.settle(call, Err(error));
                self.repair_broken(turn);
            }
        }
        // The socket may be dead, and nobody noticed.
        self.ping(PROBE_MS, turn);
    }

    /// A cleanup came to its end, whatever became of it.
    pub(super) fn cleaned_up(&mut self, request: &Request, turn: &mut Turn<'_>) {
        if matches!(request, Request::Leave(_)) {
            return self.end_left(turn);
        }
        // The page may have begun the stream anew meanwhile, and nothing was asked for behind the cleanup's back.
        self.repair_broken(turn);
    }

    /// Drops what a refused or unanswered request would have made.
    pub(super) fn forget(&mut self, request: &Request, turn: &mut Turn<'_>) {
        if matches!(request, Request::Publish(_) | Request::Subscribe(_))
            && let Some(of) = self.stream_of(request)
            && self.wanted(&of).is_some_and(|wanted| !wanted.was_held)
        {
            self.drop_wanted(&of, turn);
        }
    }
}

/// The request that takes back what this one may have done.
fn undo(request: &Request) -> Option<Request> {
    match request {
        Request::Publish(publish) => Some(Request::Unpublish(Publish { kind: publish.kind })),
        Request::Subscribe(Subscribe { user, kind, .. }) => {
            Some(Request::Unsubscribe(StreamOf { user: user.clone(), kind: *kind }))
        }
        _ => None,
    }
}
