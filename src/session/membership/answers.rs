//! Answers of the gateway and refusals, and what they mean to whoever asked.

use alloc::string::ToString;

use super::expiry::Expiry;
use super::wanted::Tracks;
use super::{Membership, Purpose, Stage, Standing, claims};
use crate::protocol::{
    Answer, Empty, ErrorCode, Joined, Lease, Method, MuteLocal, Refusal, Remedy, Request, Resumed, StreamKind,
    Subscribe, limits,
};
use crate::session::call::{CallId, Reply};
use crate::session::effect::LogLevel;
use crate::session::error::RtcError;
use crate::session::event::ControlAction;
use crate::session::repair::Repair;
use crate::session::state::ConnectionState;
use crate::session::time::{LATER_ATTEMPTS, LATER_LEAST_MS, LATER_MS, LEAST_PING_MS, MOST_AWAY_MS, Time};
use crate::session::turn::Turn;
use crate::session::waiting::Waiting;

impl Membership {
    pub(super) fn on_answer(&mut self, id: u32, outcome: Result<(Method, Answer), Refusal>, turn: &mut Turn<'_>) {
        let Some(waiting) = self.waiting.answered(id) else { return };
        let fits = |(method, answer)| if method == waiting.request.method() { Ok(answer) } else { Err(misfit()) };
        let outcome = outcome.and_then(fits);
        let later = outcome.as_ref().err().and_then(|refusal| self.later(&waiting, refusal, turn.now));
        if let Some(not_before) = later {
            return self.waiting.put_off(waiting, not_before);
        }
        match (waiting.purpose.clone(), outcome) {
            (Purpose::Enter, _) if matches!(self.stage, Stage::Leaving { .. }) => {}
            (Purpose::Enter, Ok(Answer::Joined(joined))) => self.joined(joined, turn),
            (Purpose::Enter, Ok(Answer::Resumed(resumed))) => self.resumed(resumed, turn),
            (Purpose::Enter, Err(refusal)) => self.not_entered(&waiting.request, refusal, turn),
            (Purpose::Ping, Ok(Answer::Pong(pong))) => {
                // The phone's clock may have jumped since.
                self.expiry.server = Some((turn.now, pong.server_time));
                if matches!(&self.stage, Stage::Joined(standing) if standing.offset < pong.offset) {
                    self.resync(turn);
                }
                self.drive_tracks(turn);
            }
            (Purpose::Resync, Ok(Answer::Synced(snapshot))) => self.reconcile(snapshot, turn),
            (Purpose::Restore, Ok(Answer::Leased(lease))) => {
                self.restored(&waiting.request, lease, turn);
            }
            (Purpose::Restore, Err(refusal)) => self.not_restored(&waiting.request, &refusal, turn),
            (Purpose::Call(call), Ok(answer)) => self.granted(call, &waiting.request, answer, turn),
            // What the page wants to end has ended already.
            (Purpose::Call(call), Err(refusal))
                if is_gone(&refusal) && matches!(waiting.request, Request::Unpublish(_) | Request::Unsubscribe(_)) =>
            {
                self.granted(call, &waiting.request, Answer::Done(Empty {}), turn);
            }
            (Purpose::Call(call), Err(refusal)) => {
                if let (Request::Subscribe(_), Some(of)) = (&waiting.request, self.stream_of(&waiting.request))
                    && self.roster.is_missing(&of)
                {
                    self.roster.wait_no_longer_for(&of, &mut turn.out);
                    self.drop_wanted(&of, turn);
                }
                self.forget(&waiting.request, turn);
                turn.out.settle(call, Err(RtcError::refused(waiting.request.method(), &refusal)));
                self.repair_broken(turn);
            }
            (Purpose::Cleanup, _) => self.cleaned_up(&waiting.request, turn),
            (Purpose::Tracks, Ok(_)) => {}
            (Purpose::Ping | Purpose::Resync | Purpose::Tracks, Err(refusal)) => {
                turn.out.log(
                    LogLevel::Warn,
                    ["the gateway refused what the client asked by itself: ", &refusal.reason].concat(),
                );
            }
            (Purpose::Enter | Purpose::Ping | Purpose::Restore | Purpose::Resync, Ok(_)) => {
                self.unanswered(waiting, turn);
            }
        }
    }

    /// When a refused request is to be sent once more; `None` where the refusal stands.
    fn later(&self, waiting: &Waiting, refusal: &Refusal, now: Time) -> Option<Time> {
        let is_later = Remedy::of(refusal.code) == Remedy::Later && waiting.put_off < LATER_ATTEMPTS;
        let wait = refusal.retry_after_ms.unwrap_or(LATER_MS).min(MOST_AWAY_MS);
        let at = now + wait.max(LATER_LEAST_MS << waiting.put_off);
        let may_wait = match waiting.purpose {
            Purpose::Call(_) => {
                // A newer request of the page must not be overtaken by an older one.
                let is_newest = !self.waiting.has(|other| other.request.method() == waiting.request.method());
                is_newest && waiting.deadline.is_none_or(|deadline| at < deadline)
            }
            Purpose::Cleanup | Purpose::Resync | Purpose::Tracks => true,
            // Repairs have a budget and pauses of their own.
            Purpose::Restore => !matches!(waiting.request, Request::RenewUrl(_)),
            Purpose::Enter | Purpose::Ping => false,
        };
        (may_wait && is_later).then_some(at)
    }

    fn joined(&mut self, joined: Joined, turn: &mut Turn<'_>) {
        let standing = Standing {
            session: joined.session,
            secret: joined.secret,
            ping_ms: joined.ping_ms.max(LEAST_PING_MS),
            in_flight: joined.limits.in_flight,
            epoch: joined.snapshot.epoch.clone(),
            offset: joined.snapshot.offset,
        };
        self.link.entered(turn.now + standing.ping_ms);
        self.expiry.server = Some((turn.now, joined.server_time));
        match core::mem::replace(&mut self.stage, Stage::Joined(standing)) {
            Stage::Joining { call } => {
                turn.out.cause = "joined".into();
                turn.out.settle(call, Ok(Reply::User(self.me.clone())));
                self.roster.reconcile(&joined.snapshot, &self.me, &mut turn.out);
                if self.phone.is_hidden() {
                    self.leave_in_background(turn);
                }
            }
            before @ (Stage::Joined(_) | Stage::Recovering(_) | Stage::Leaving { .. }) => {
                if let (Stage::Joined(old) | Stage::Recovering(old), Stage::Joined(standing)) =
                    (before, &mut self.stage)
                {
                    // Whether the room's history is another one is for the comparison with its snapshot to say.
                    standing.epoch = old.epoch;
                }
                turn.out.cause = "joined again".into();
                // A new session knows nothing of the streams of the old one.
                for wanted in &mut self.wanted {
                    wanted.lease = None;
                }
                self.reconcile(joined.snapshot, turn);
            }
        }
        self.flush(turn);
    }

    fn resumed(&mut self, resumed: Resumed, turn: &mut Turn<'_>) {
        let Stage::Recovering(standing) = &self.stage else { return };
        let standing = standing.clone();
        self.link.entered(turn.now + standing.ping_ms);
        self.expiry.server = Some((turn.now, resumed.server_time));
        self.stage = Stage::Joined(standing);
        turn.out.cause = "resumed".into();
        if let Some(snapshot) = resumed.snapshot {
            self.reconcile(snapshot, turn);
        }
        self.repair_broken(turn);
        self.flush(turn);
    }

    fn not_entered(&mut self, request: &Request, refusal: Refusal, turn: &mut Turn<'_>) {
        match Remedy::of(refusal.code) {
            Remedy::Later => {
                self.link.close(limits::close::NORMAL, turn);
                self.lost(refusal.reason, turn);
            }
            Remedy::Rejoin if matches!(request, Request::Resume(_)) => {
                turn.out.log(LogLevel::Info, "the session is gone, joining again");
                let join = Request::Join(self.join.clone());
                self.ask(join, Purpose::Enter, turn);
            }
            Remedy::Never | Remedy::RefreshToken | Remedy::Rejoin => {
                let error = RtcError::refused(request.method(), &refusal);
                self.end(ConnectionState::Disconnected, refusal.reason.into(), &error, turn);
            }
        }
    }

    fn granted(&mut self, call: CallId, request: &Request, answer: Answer, turn: &mut Turn<'_>) {
        let of = self.stream_of(request);
        let reply = match (request, of, answer) {
            (Request::Publish(_), Some(of), Answer::Leased(lease)) => {
                let url = self.hold(&of, lease);
                if let Some(wanted) = self.wanted(&of).filter(|_| url.is_some()) {
                    wanted.has_started = true;
                    self.control(&of, ControlAction::Start, turn);
                }
                url.map(Reply::Url)
            }
            (Request::Subscribe(Subscribe { audio, video, .. }), Some(of), Answer::Leased(lease)) => {
                if let Some(wanted) = self.wanted(&of) {
                    wanted.tracks = Tracks { audio: *audio, video: *video };
                }
                self.hold(&of, lease).map(Reply::Url)
            }
            (Request::Publish(_) | Request::Subscribe(_), ..) => None,
            (Request::Unpublish(_) | Request::Unsubscribe(_), Some(of), _) => {
                self.drop_wanted(&of, turn);
                Some(Reply::Nothing)
            }
            (
                Request::MuteLocal(MuteLocal { audio, video, .. })
                | Request::MuteRemote(Subscribe { audio, video, .. }),
                Some(of),
                _,
            ) => {
                let tracks = Tracks { audio: *audio, video: *video };
                // The stream that this muted is gone, and its successor, asked for behind it, begins with both.
                let is_succeeded = self.waiting.has(
                    |waiting| matches!(&waiting.request, Request::Publish(publish) if self.mine(publish.kind) == of),
                );
                if let Some(wanted) = self.wanted(&of) {
                    let is_newest = wanted.muted_by <= call;
                    if is_newest {
                        (wanted.tracks, wanted.muted_by) = (tracks, call);
                    }
                    if !is_newest {
                        // Whichever reached the gateway last, the newest is told once more.
                        wanted.told = None;
                    } else if !is_succeeded {
                        wanted.told = Some(tracks);
                    }
                }
                self.tell_filter(request, turn);
                Some(Reply::Nothing)
            }
            (Request::RenewToken(renew), ..) => {
                if let Ok(claims) = claims(&renew.token, &self.join.app, &self.join.room, &self.me) {
                    (self.claims, self.join.token) = (claims, renew.token.clone());
                    self.expiry = Expiry { server: self.expiry.server, ..Expiry::default() };
                }
                Some(Reply::Nothing)
            }
            (Request::SetVisibility(set), ..) => {
                self.join.visible = set.visible;
                if !set.visible {
                    for kind in StreamKind::ALL {
                        self.drop_wanted(&self.mine(*kind), turn);
                    }
                }
                Some(Reply::Nothing)
            }
            _ => Some(Reply::Nothing),
        };
        self.drive_tracks(turn);
        let outcome = reply.ok_or_else(|| {
            self.give_back(request, turn);
            RtcError::refused(request.method(), &Refusal::new(ErrorCode::MediaUnavailable, NO_TRANSPORT))
        });
        turn.out.settle(call, outcome);
    }

    fn restored(&mut self, request: &Request, lease: Lease, turn: &mut Turn<'_>) {
        let Some(of) = self.stream_of(request) else { return };
        if !self.replace_url(&of, lease, turn) {
            self.give_back(request, turn);
            self.stream_failed(&of, NO_TRANSPORT.into(), turn);
        }
        self.tell_filter(request, turn);
        self.drive_tracks(turn);
    }

    /// Tells which tracks of a stream we receive, where the request that was just granted said otherwise: it was an older one.
    fn tell_filter(&mut self, granted: &Request, turn: &mut Turn<'_>) {
        let (Request::Subscribe(said) | Request::MuteRemote(said)) = granted else { return };
        let Some(wanted) = self.stream_of(granted).and_then(|of| self.wanted(&of)) else { return };
        let Tracks { audio, video } = wanted.tracks;
        if (audio, video) != (said.audio, said.video) {
            let mute = Request::MuteRemote(Subscribe { audio, video, ..said.clone() });
            self.ask(mute, Purpose::Tracks, turn);
        }
    }

    fn not_restored(&mut self, request: &Request, refusal: &Refusal, turn: &mut Turn<'_>) {
        let Some(of) = self.stream_of(request).filter(|of| !self.roster.is_missing(of)) else { return };
        if let Some(wanted) = self.wanted(&of) {
            // Refused is answered: a socket that is lost later gives nothing back.
            wanted.repairs.unanswered = 0;
        }
        if matches!(request, Request::RenewUrl(_)) {
            // What the gateway does not hold any more is begun anew.
            if let Some(wanted) = self.wanted(&of).filter(|_| is_gone(refusal)) {
                wanted.lease = None;
                return self.restore(&of, turn);
            }
            return self.repair(&of, Repair::NewUrl, turn);
        }
        // An answer was lost: what it granted is held for us.
        let is_ours = refusal.code == ErrorCode::AlreadyPublished.number();
        if let Some(wanted) = self.wanted(&of).filter(|_| is_ours)
            && wanted.repairs.take(turn.now)
        {
            // Its tracks may be off since then.
            wanted.told = None;
            return self.ask(Request::RenewUrl(of), Purpose::Restore, turn);
        }
        let reason = [refusal.reason.as_str(), " (gateway code ", &refusal.code.to_string(), ")"].concat();
        self.give_up(&of, reason.into(), turn);
    }
}

const NO_TRANSPORT: &str = "the gateway offers no transport that this client speaks; enable RTMP on its media server";

/// Whether the gateway does not hold what it was asked about.
fn is_gone(refusal: &Refusal) -> bool {
    [ErrorCode::StreamNotFound, ErrorCode::NotPublished, ErrorCode::NotSubscribed]
        .iter()
        .any(|code| code.number() == refusal.code)
}

fn misfit() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the gateway's answer does not fit its request")
}
