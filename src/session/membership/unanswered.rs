//! Requests that end without what they asked for: what they made is dropped, here and in the gateway.

use super::{Membership, Purpose, Stage};
use crate::protocol::{Publish, Request, StreamOf, Subscribe, limits};
use crate::session::effect::Outbox;
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::identity::Identity;
use crate::session::repair::Repair;
use crate::session::state::ConnectionState;
use crate::session::time::{PROBE_MS, Time};
use crate::session::waiting::Waiting;

impl Membership {
    /// Drops what a request made and nobody will use, here and in the gateway.
    pub(super) fn give_back(&mut self, request: &Request, now: Time, identity: &mut Identity, out: &mut Outbox) {
        self.forget(request, out);
        let of = self.stream_of(request);
        let is_held = of.is_none_or(|of| self.wanted(&of).is_some());
        if let Some(cleanup) = undo(request).filter(|_| !is_held) {
            self.ask(cleanup, Purpose::Cleanup, now, identity, out);
        }
    }

    /// A request was not answered in time.
    pub(super) fn unanswered(&mut self, waiting: Waiting, now: Time, identity: &mut Identity, out: &mut Outbox) {
        if matches!(waiting.request, Request::MuteLocal(_)) {
            // Told again with the next pong.
            self.wanted.iter_mut().for_each(|wanted| wanted.told = None);
        }
        match waiting.purpose {
            Purpose::Enter => {
                self.link.close(limits::close::IDLE, out);
                let last = matches!(self.stage, Stage::Joining { .. }) && self.is_last_gateway();
                if last {
                    let error = RtcError::new(
                        ErrorNumber::SignalingTimeout,
                        "the gateway did not answer the join in time; check the network and try again",
                    );
                    self.end(ConnectionState::Disconnected, "no answer to join".into(), &error, out);
                } else {
                    self.lost("no answer in time".into(), now, identity, out);
                }
            }
            Purpose::Ping => self.abandon("the gateway did not answer a ping in time", now, identity, out),
            Purpose::Resync => self.resync(now, identity, out),
            Purpose::Restore => {
                if let Some(of) = self.stream_of(&waiting.request) {
                    self.repair(&of, Repair::NewUrl, now, identity, out);
                }
            }
            Purpose::Cleanup => {
                let of = self.stream_of(&waiting.request);
                // A lease of the same stream was granted since: so this was carried out, and must not be twice.
                let is_done = of.is_none_or(|of| self.wanted(&of).is_some_and(|wanted| wanted.lease.is_some()));
                if is_done {
                    self.cleaned_up(&waiting.request, now, identity, out);
                } else {
                    self.waiting.again(waiting);
                    self.flush(now, out);
                }
            }
            Purpose::Tracks => {}
            Purpose::Call(call) => {
                if waiting.was_sent {
                    // The gateway may yet have granted it; nobody would use what it granted.
                    self.give_back(&waiting.request, now, identity, out);
                } else {
                    self.forget(&waiting.request, out);
                }
                let error = if waiting.sent.is_some() {
                    RtcError::new(ErrorNumber::SignalingTimeout, "the gateway did not answer in time; try again")
                } else {
                    let reason =
                        "there is no connection to the gateway at the moment; try again when state is connected";
                    RtcError::new(ErrorNumber::WebSocketNotConnected, reason)
                };
                out.settle(call, Err(error));
                self.repair_broken(now, identity, out);
            }
        }
        // The socket may be dead, and nobody noticed.
        self.ping(PROBE_MS, now, identity, out);
    }

    /// A cleanup came to its end, whatever became of it.
    pub(super) fn cleaned_up(&mut self, request: &Request, now: Time, identity: &mut Identity, out: &mut Outbox) {
        if matches!(request, Request::Leave(_)) {
            return self.end_left(out);
        }
        // The page may have begun the stream anew meanwhile, and nothing was asked for behind the cleanup's back.
        self.repair_broken(now, identity, out);
    }

    /// Drops what a refused or unanswered request would have made.
    pub(super) fn forget(&mut self, request: &Request, out: &mut Outbox) {
        if matches!(request, Request::Publish(_) | Request::Subscribe(_))
            && let Some(of) = self.stream_of(request)
            && self.wanted(&of).is_some_and(|wanted| !wanted.was_held)
        {
            self.drop_wanted(&of, out);
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
