//! The outcome of a request, and what it means to whoever asked.

use super::stage::{Contract, Stage};
use super::{Purpose, Session};
use crate::protocol::{Act, Answer, Empty, ErrorCode, Joined, Method, Refusal, Remedy, Request, Resumed, limits};
use crate::session::call::{CallId, Reply};
use crate::session::effect::LogLevel;
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::repair::Repair;
use crate::session::requests::PendingRequest;
use crate::session::state::ConnectionState;
use crate::session::streams::{NO_TRANSPORT, is_gone};
use crate::session::time::{PROBE_MS, REQUEST_MS};
use crate::session::turn::Turn;

/// How a request ended.
pub(super) enum RequestEnd {
    Granted(Answer),
    Refused(Refusal),
    /// No answer came in time.
    Unanswered,
}

impl Session {
    /// An answer came, or a refusal.
    pub(super) fn on_answer(&mut self, id: u32, said: Result<(Method, Answer), Refusal>, turn: &mut Turn<'_>) {
        let Some(waiting) = self.requests.answered(id) else { return };
        let refusal = match said {
            Ok((method, answer)) if method == waiting.request.method() => {
                return self.conclude(waiting, RequestEnd::Granted(answer), turn);
            }
            Ok(_) => Refusal::new(ErrorCode::Internal, "the gateway's answer does not fit its request"),
            Err(refusal) => refusal,
        };
        if let Some(not_before) = self.requests.later(&waiting, &refusal, turn.now) {
            self.requests.put_off(waiting, not_before);
        } else if self.is_premature(&waiting, &refusal) {
            let roster = self.follower.roster();
            let missing = self.streams.of(&waiting.request).filter(|of| roster.is_missing(of));
            let until = missing.and_then(|_| roster.missing_until()).map(|until| until + REQUEST_MS);
            self.requests.await_stream(waiting, until, turn.identity);
        } else {
            self.conclude(waiting, RequestEnd::Refused(refusal), turn);
        }
    }

    /// Whether a call of the page was refused only because its stream, or its user, is not back yet.
    fn is_premature(&self, waiting: &PendingRequest, refusal: &Refusal) -> bool {
        matches!(waiting.purpose, Purpose::Call(_))
            && is_gone(refusal)
            && self.streams.is_awaited(&waiting.request, self.follower.roster())
    }

    /// Does what follows from the end of a request.
    pub(super) fn conclude(&mut self, waiting: PendingRequest, outcome: RequestEnd, turn: &mut Turn<'_>) {
        match outcome {
            RequestEnd::Granted(answer) => self.granted(waiting, answer, turn),
            RequestEnd::Refused(refusal) => self.refused(&waiting, refusal, turn),
            RequestEnd::Unanswered => self.unanswered(waiting, turn),
        }
        self.send(turn);
    }

    fn granted(&mut self, waiting: PendingRequest, answer: Answer, turn: &mut Turn<'_>) {
        match (&waiting.purpose, answer) {
            (Purpose::Enter, _) if self.stage.is_leaving() => {}
            (Purpose::Enter, Answer::Joined(joined)) => self.joined(joined, turn),
            (Purpose::Enter, Answer::Resumed(resumed)) => self.resumed(resumed, turn),
            (Purpose::Ping, Answer::Pong(pong)) => {
                // The phone's clock may have jumped since.
                self.rights.set_clock(turn.now, pong.server_time);
                if self.stage.is_joined() && self.follower.offset() < pong.offset {
                    self.resync(turn);
                }
                self.upkeep(turn).tell_tracks();
            }
            (Purpose::Resync, Answer::Synced(snapshot)) => self.reconcile(&snapshot, turn),
            (Purpose::Restore, Answer::Leased(lease)) => self.upkeep(turn).restored(&waiting.request, lease),
            (Purpose::Call(call), answer) => self.granted_call(*call, &waiting.request, answer, turn),
            (Purpose::Cleanup, _) => self.cleaned_up(&waiting.request, turn),
            (Purpose::Tracks, _) => {}
            // An answer of another kind is none.
            (Purpose::Enter | Purpose::Ping | Purpose::Restore | Purpose::Resync, _) => self.unanswered(waiting, turn),
        }
    }

    fn refused(&mut self, waiting: &PendingRequest, refusal: Refusal, turn: &mut Turn<'_>) {
        let request = &waiting.request;
        match waiting.purpose {
            Purpose::Enter if self.stage.is_leaving() => {}
            Purpose::Enter => self.not_entered(request, refusal, turn),
            Purpose::Restore => self.upkeep(turn).not_restored(request, &refusal),
            // What the page wants to end has ended already.
            Purpose::Call(call) if is_gone(&refusal) && matches!(request.method().act(), Act::End(_)) => {
                self.granted_call(call, request, Answer::Done(Empty {}), turn);
            }
            Purpose::Call(call) => {
                self.streams.forget(request, &mut turn.out);
                turn.out.settle(call, Err(RtcError::refused(request.method(), &refusal)));
                self.upkeep(turn).repair_broken();
            }
            Purpose::Cleanup => self.cleaned_up(request, turn),
            Purpose::Ping | Purpose::Resync | Purpose::Tracks => {
                let line = ["the gateway refused what the client asked by itself: ", &refusal.reason].concat();
                turn.out.log(LogLevel::Warn, line);
            }
        }
    }

    fn unanswered(&mut self, waiting: PendingRequest, turn: &mut Turn<'_>) {
        if matches!(waiting.request, Request::MuteLocal(_)) {
            self.streams.forget_told();
        }
        match waiting.purpose {
            Purpose::Enter => self.entered_in_vain(turn),
            Purpose::Ping => self.abandon("the gateway did not answer a ping in time", turn),
            Purpose::Resync => self.resync(turn),
            Purpose::Restore => {
                if let Some(of) = self.streams.of(&waiting.request) {
                    self.upkeep(turn).repair(&of, Repair::NewUrl);
                }
            }
            Purpose::Cleanup => {
                let of = self.streams.of(&waiting.request);
                // A lease of the same stream was granted since: so this was carried out, and must not be twice.
                if of.is_none_or(|of| self.streams.is_leased(&of)) {
                    self.cleaned_up(&waiting.request, turn);
                } else {
                    self.requests.again(waiting);
                    self.flush(turn.now, &mut turn.out);
                }
            }
            Purpose::Tracks => {}
            Purpose::Call(call) => {
                if waiting.was_sent {
                    // The gateway may yet have granted it; nobody would use what it granted.
                    self.streams.give_back(&waiting.request, turn);
                } else {
                    self.streams.forget(&waiting.request, &mut turn.out);
                }
                turn.out.settle(call, Err(in_vain(&waiting)));
                self.send(turn);
                self.upkeep(turn).repair_broken();
            }
        }
        self.send(turn);
        // The socket may be dead, and nobody noticed.
        self.ping(PROBE_MS, turn);
    }

    /// A cleanup came to its end, whatever became of it.
    fn cleaned_up(&mut self, request: &Request, turn: &mut Turn<'_>) {
        if matches!(request, Request::Leave(_)) {
            return self.end_left(&mut turn.out);
        }
        // The page may have begun the stream anew meanwhile, and nothing was asked for behind the cleanup's back.
        self.upkeep(turn).repair_broken();
    }

    fn joined(&mut self, joined: Joined, turn: &mut Turn<'_>) {
        self.rights.set_clock(turn.now, joined.server_time);
        let (standing, snapshot) = Contract::new(joined);
        self.link.entered(turn.now + standing.ping_ms);
        match core::mem::replace(&mut self.stage, Stage::Joined(standing)) {
            Stage::Joining { call } => {
                turn.out.cause = "joined".into();
                turn.out.settle(call, Ok(Reply::User(self.rights.user().clone())));
                self.follow(&snapshot, turn);
                self.leave_if_hidden(turn);
            }
            Stage::Joined(_) | Stage::Recovering(_) | Stage::Leaving { .. } => {
                turn.out.cause = "joined again".into();
                self.streams.revoke_all();
                self.reconcile(&snapshot, turn);
            }
        }
        self.flush(turn.now, &mut turn.out);
    }

    fn resumed(&mut self, resumed: Resumed, turn: &mut Turn<'_>) {
        let Stage::Recovering(standing) = &self.stage else { return };
        let standing = standing.clone();
        self.link.entered(turn.now + standing.ping_ms);
        self.rights.set_clock(turn.now, resumed.server_time);
        self.stage = Stage::Joined(standing);
        turn.out.cause = "resumed".into();
        if let Some(snapshot) = &resumed.snapshot {
            self.reconcile(snapshot, turn);
        }
        self.upkeep(turn).repair_broken();
        self.send(turn);
        self.flush(turn.now, &mut turn.out);
    }

    fn not_entered(&mut self, request: &Request, refusal: Refusal, turn: &mut Turn<'_>) {
        match Remedy::of(refusal.code) {
            Remedy::Later => {
                self.link.close(limits::close::NORMAL, &mut turn.out);
                self.lost(refusal.reason, turn);
            }
            Remedy::Rejoin if matches!(request, Request::Resume(_)) => {
                turn.out.log(LogLevel::Info, "the session is gone, joining again");
                let join = Request::Join(self.rights.join().clone());
                self.ask(join, Purpose::Enter, turn);
            }
            Remedy::Never | Remedy::RefreshToken | Remedy::Rejoin => {
                let error = RtcError::refused(request.method(), &refusal);
                self.end(ConnectionState::Disconnected, refusal.reason.into(), &error, &mut turn.out);
            }
        }
    }

    /// The gateway did not answer a join or a resume.
    fn entered_in_vain(&mut self, turn: &mut Turn<'_>) {
        self.link.close(limits::close::IDLE, &mut turn.out);
        if self.stage.is_joining() && self.link.is_last_gateway() {
            let reason = "the gateway did not answer the join in time; check the network and try again";
            let error = RtcError::new(ErrorNumber::SignalingTimeout, reason);
            self.end(ConnectionState::Disconnected, "no answer to join".into(), &error, &mut turn.out);
        } else {
            self.lost("no answer in time".into(), turn);
        }
    }

    /// What the page called for was granted.
    fn granted_call(&mut self, call: CallId, request: &Request, answer: Answer, turn: &mut Turn<'_>) {
        if let Request::RenewToken(renew) = request {
            self.rights.renew(&renew.token);
        }
        if let Request::SetVisibility(set) = request {
            self.rights.show(set.visible);
            if !set.visible {
                self.streams.drop_mine(&mut turn.out);
            }
        }
        let mut upkeep = self.upkeep(turn);
        let reply = upkeep.granted(call, request, answer);
        upkeep.tell_tracks();
        if reply.is_none() {
            upkeep.streams.give_back(request, upkeep.turn);
        }
        let refusal = || Refusal::new(ErrorCode::MediaUnavailable, NO_TRANSPORT);
        let outcome = reply.ok_or_else(|| RtcError::refused(request.method(), &refusal()));
        turn.out.settle(call, outcome);
    }
}

/// The error of a call whose time is over.
fn in_vain(waiting: &PendingRequest) -> RtcError {
    if waiting.sent.is_some() {
        return RtcError::new(ErrorNumber::SignalingTimeout, "the gateway did not answer in time; try again");
    }
    if waiting.awaits_stream {
        let reason = "the stream has not come back since the connection was lost; try again when it has";
        return RtcError::new(ErrorNumber::SignalingTimeout, reason);
    }
    let reason = "there is no connection to the gateway at the moment; try again when state is connected";
    RtcError::new(ErrorNumber::WebSocketNotConnected, reason)
}
