//! Upkeep: streams within their session, kept as the page wants them and brought back when they break.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::view::View;
use super::wanted::{RepairStep, Then, Wanted};
use super::{Streams, failed};
use crate::protocol::{
    Act, Answer, ErrorCode, Lease, Refusal, RemoveReason, Report, Request, Snapshot, StreamOf, StreamRemoved,
    Subscribe, Tracks,
};
use crate::session::call::{CallId, Reply};
use crate::session::event::ControlAction;
use crate::session::follower::News;
use crate::session::repair::Repair;
use crate::session::report::NativeReport;
use crate::session::requests::Purpose;
use crate::session::time::RESUME_MS;
use crate::session::turn::Turn;

/// The streams for one turn, with what they see and where they ask.
pub(in crate::session) struct Upkeep<'a, 'b> {
    pub(in crate::session) streams: &'a mut Streams,
    pub(in crate::session) view: View<'a>,
    pub(in crate::session) turn: &'a mut Turn<'b>,
}

/// What the page and the phone say.
impl Upkeep<'_, '_> {
    /// A request of the page was granted; `None` where what it granted is of no use.
    pub(in crate::session) fn granted(&mut self, call: CallId, request: &Request, answer: Answer) -> Option<Reply> {
        let Some(of) = self.streams.of(request) else { return Some(Reply::Nothing) };
        match (request, answer) {
            (Request::Publish(_), Answer::Leased(lease)) => {
                let url = self.streams.hold(&of, lease)?;
                self.streams.find(&of)?.start();
                self.order(&of, ControlAction::Start, 0);
                return Some(Reply::Url(url));
            }
            (Request::Subscribe(subscribe), Answer::Leased(lease)) => {
                self.streams.find(&of)?.mutes.choose(call, subscribe.tracks());
                let url = self.streams.hold(&of, lease)?;
                self.correct(request);
                return Some(Reply::Url(url));
            }
            (Request::MuteLocal(mute), _) => {
                let is_successor =
                    |request: &Request| matches!(request, Request::Publish(publish) if publish.kind == mute.kind);
                let is_succeeded = self.view.requests.has(&|waiting| is_successor(&waiting.request));
                if let Some(wanted) = self.streams.find(&of) {
                    wanted.mutes.granted(call, mute.tracks(), is_succeeded);
                }
            }
            (Request::MuteRemote(mute), _) => {
                if let Some(wanted) = self.streams.find(&of) {
                    wanted.mutes.granted(call, mute.tracks(), false);
                }
                self.correct(request);
            }
            (request, _) => match request.method().act() {
                Act::Begin(_) => return None,
                Act::End(_) => self.streams.drop(&of, &mut self.turn.out),
                Act::Enter | Act::Leave | Act::Mute(_) | Act::Renew | Act::Tend => {}
            },
        }
        Some(Reply::Nothing)
    }

    /// The app was shown again.
    pub(in crate::session) fn come_back(&mut self) {
        for wanted in &mut self.streams.all {
            wanted.come_back(self.view.surroundings.is_interrupted(), self.turn.now);
        }
        self.restore_missing();
    }

    /// A phone call gave camera and microphone back: what does not push is played again.
    pub(in crate::session) fn end_interruption(&mut self) {
        let is_hidden = self.view.surroundings.is_hidden();
        let Streams { all, orders, .. } = &mut *self.streams;
        for wanted in all.iter_mut().filter(|wanted| wanted.is_mine()) {
            if wanted.end_interruption(is_hidden, self.turn.now) {
                orders.give(wanted.of(), ControlAction::PlayAgain, RESUME_MS, &mut self.turn.out);
            }
        }
        self.restore_missing();
    }

    /// Nobody carried out an order: its tag gets a new address at once, which every page knows how to give it.
    pub(in crate::session) fn miss_orders(&mut self) {
        for of in self.streams.which(&mut Wanted::miss_order) {
            self.repair(&of, Repair::NewUrl);
        }
    }

    /// Tells the gateway which tracks of our streams are on: what the page wants, less what the phone denies.
    pub(in crate::session) fn tell_tracks(&mut self) {
        if !self.view.is_joined {
            return;
        }
        let allowed = self.view.surroundings.allowed();
        for wanted in self.streams.all.iter_mut().filter(|wanted| wanted.is_mine()) {
            let kind = wanted.of().kind;
            // What the page asks for just now comes first; its answer leads back here.
            let is_asked = self.view.requests.has(&|waiting| {
                matches!((&waiting.purpose, &waiting.request),
                    (Purpose::Call(_), Request::MuteLocal(mute)) if mute.kind == kind)
            });
            if !is_asked && let Some(mute) = wanted.mute(allowed) {
                self.turn.ask(Request::MuteLocal(mute), Purpose::Tracks);
            }
        }
    }

    /// A native tag said something; passes on what changes a stream's health, and repairs what broke.
    ///
    /// Returns what the gateway is to be told; `None` where that is nothing new.
    pub(in crate::session) fn hear_tag(&mut self, report: NativeReport) -> Option<Report> {
        let user = report.user.unwrap_or_else(|| self.streams.me.clone());
        let of = StreamOf { user, kind: report.kind };
        if self.streams.role(&of) != report.role {
            return None;
        }
        let wanted = self.streams.find(&of)?;
        let heard = wanted.hear(&report.what, &self.view, self.turn.now, &mut self.turn.out)?;
        if heard.has_turned {
            self.tell_tracks();
        }
        match heard.then {
            Then::Nothing => {}
            Then::Repair(how) => self.repair(&of, how),
            Then::GiveUp(reason) => self.give_up(&of, reason.into()),
        }
        Some(heard.report)
    }
}

/// What the gateway says.
impl Upkeep<'_, '_> {
    /// An event of the room concerns streams that the page wants.
    pub(in crate::session) fn hear_room(&mut self, news: News) {
        match news {
            News::UserLeft(user) => self.streams.all.retain(|wanted| wanted.of().user != user),
            News::Ended(of) => self.streams.drop(&of, &mut self.turn.out),
            News::Back => self.restore_missing(),
            News::OwnRemoved(removed) => self.removed(&removed),
            News::OwnStalled(kind) => {
                let of = self.streams.mine(kind);
                let is_hidden = self.view.surroundings.is_hidden();
                if let Some(wanted) = self.streams.find(&of).filter(|_| !is_hidden) {
                    wanted.stalled(self.turn.now);
                }
            }
            News::OwnRecovered(kind) => {
                let of = self.streams.mine(kind);
                if let Some(wanted) = self.streams.find(&of) {
                    wanted.recovered();
                }
            }
        }
    }

    fn removed(&mut self, removed: &StreamRemoved) {
        let of = self.streams.mine(removed.kind);
        if !self.streams.find(&of).is_some_and(|wanted| wanted.revoke_if(&removed.stream)) {
            return;
        }
        match removed.reason {
            RemoveReason::MediaLost => self.repair(&of, Repair::NewUrl),
            RemoveReason::TokenExpired => {
                self.streams.drop(&of, &mut self.turn.out);
                failed(&of, "the token's right to publish has ended".into(), &mut self.turn.out);
            }
            RemoveReason::Unpublished
            | RemoveReason::Left
            | RemoveReason::Replaced
            | RemoveReason::Kicked
            | RemoveReason::Other => {
                self.streams.drop(&of, &mut self.turn.out);
            }
        }
    }

    /// Takes the room as a snapshot shows it, and asks again for every stream that the gateway no longer holds for us.
    pub(in crate::session) fn reconcile(&mut self, snapshot: &Snapshot) {
        let roster = self.view.roster;
        self.streams.all.retain_mut(|wanted| {
            let of = wanted.of();
            let shown = snapshot.streams.iter().find(|stream| stream.user == of.user && stream.kind == of.kind);
            wanted.see(shown);
            // Streams of others that have ended are not asked for again.
            wanted.is_mine() || shown.is_some() || roster.is_missing(wanted.of())
        });
        self.restore_missing();
    }

    /// A stream was brought back.
    pub(in crate::session) fn restored(&mut self, request: &Request, lease: Lease) {
        let Some(of) = self.streams.of(request) else { return };
        if !self.streams.replace_url(&of, lease, &mut self.turn.out) {
            self.streams.give_back(request, self.turn);
            failed(&of, NO_TRANSPORT.into(), &mut self.turn.out);
        }
        self.correct(request);
        self.tell_tracks();
    }

    /// A stream was not brought back.
    pub(in crate::session) fn not_restored(&mut self, request: &Request, refusal: &Refusal) {
        let Some(of) = self.streams.of(request).filter(|of| !self.view.roster.is_missing(of)) else { return };
        let is_renewal = matches!(request, Request::RenewUrl(_));
        if let Some(wanted) = self.streams.find(&of) {
            wanted.refused();
            if is_renewal && is_gone(refusal) {
                // What the gateway does not hold any more is begun anew; nothing of the stream itself broke, so no
                // repair is spent.
                wanted.revoke();
                return self.restore(&of);
            }
            if !is_renewal
                && ErrorCode::of(refusal.code) == Some(ErrorCode::AlreadyPublished)
                && wanted.found(self.turn.now)
            {
                return self.turn.ask(Request::RenewUrl(of), Purpose::Restore);
            }
        }
        if is_renewal {
            return self.repair(&of, Repair::NewUrl);
        }
        let reason = [refusal.reason.as_str(), " (gateway code ", &refusal.code.to_string(), ")"].concat();
        self.give_up(&of, reason.into());
    }

    /// Tells which tracks of a stream we receive, where the request that was just granted said otherwise: it was an older one.
    fn correct(&mut self, granted: &Request) {
        let (Request::Subscribe(said) | Request::MuteRemote(said)) = granted else { return };
        let Some(wanted) = self.streams.of(granted).and_then(|of| self.streams.find(&of)) else { return };
        if let Some(Tracks { audio, video }) = wanted.mutes.correct(said) {
            let mute = Request::MuteRemote(Subscribe { audio, video, ..said.clone() });
            self.turn.ask(mute, Purpose::Tracks);
        }
    }
}

/// How broken streams are repaired.
impl Upkeep<'_, '_> {
    /// Looks whether repairs helped whose time to do so is over.
    pub(in crate::session) fn check(&mut self) {
        let mut repairs = Vec::new();
        let due = self.streams.which(&mut |wanted| {
            let how = if wanted.rests(&self.view) { None } else { wanted.check(self.turn.now) };
            repairs.extend(how);
            how.is_some()
        });
        for (of, how) in due.iter().zip(repairs) {
            self.repair(of, how);
        }
    }

    /// Brings a broken stream back; within its budget, and once there is a connection to ask on.
    pub(in crate::session) fn repair(&mut self, of: &StreamOf, how: Repair) {
        if !self.view.is_joined || how == Repair::NewUrl && self.is_asked(of) {
            return;
        }
        let Some(wanted) = self.streams.find(of) else { return };
        match wanted.repair(how, &self.view, self.turn.now) {
            RepairStep::Nothing => {}
            RepairStep::Order(action) => self.order(of, action, 0),
            RepairStep::Renew => self.turn.ask(Request::RenewUrl(of.clone()), Purpose::Restore),
            RepairStep::Restore => self.restore(of),
            RepairStep::GiveUp(reason) => self.give_up(of, reason.into()),
        }
    }

    /// Repairs what broke while there was no connection to ask on.
    pub(in crate::session) fn repair_broken(&mut self) {
        for of in self.streams.which(&mut |wanted| wanted.is_broken()) {
            self.repair(&of, Repair::NewUrl);
        }
        self.restore_missing();
    }

    /// Asks for every stream that has no lease, where there is a session to ask in.
    pub(in crate::session) fn restore_missing(&mut self) {
        if !self.view.is_joined {
            return;
        }
        let roster = self.view.roster;
        for of in self.streams.which(&mut |wanted| !wanted.is_leased() && !roster.is_missing(wanted.of())) {
            self.restore(&of);
        }
        self.tell_tracks();
    }

    /// Asks for a stream anew, as it was, unless it is being asked for already or being ended.
    fn restore(&mut self, of: &StreamOf) {
        if self.is_asked(of) {
            return;
        }
        let Some(wanted) = self.streams.find(of) else { return };
        // What was told went to the publication that is gone; the new one begins with both tracks on.
        wanted.mutes.seen(Tracks::BOTH);
        self.turn.ask(wanted.again(), Purpose::Restore);
        self.tell_tracks();
    }

    /// Lets a stream go that could not be brought back, here and in the gateway, and says so.
    fn give_up(&mut self, of: &StreamOf, reason: Cow<'static, str>) {
        self.streams.drop(of, &mut self.turn.out);
        self.turn.ask(self.streams.end_of(of.clone()), Purpose::Cleanup);
        failed(of, reason, &mut self.turn.out);
    }

    /// Whether an address for the stream, or its end, is being asked for.
    fn is_asked(&self, of: &StreamOf) -> bool {
        let is_about = |request: &Request| !matches!(request.method().act(), Act::Mute(_));
        self.view
            .requests
            .has(&|waiting| is_about(&waiting.request) && self.streams.of(&waiting.request).as_ref() == Some(of))
    }

    fn order(&mut self, of: &StreamOf, action: ControlAction, delay: u32) {
        self.streams.orders.give(of, action, delay, &mut self.turn.out);
    }
}

/// Why a lease is of no use.
pub(in crate::session) const NO_TRANSPORT: &str =
    "the gateway offers no transport that this client speaks; enable RTMP on its media server";

/// Whether the gateway does not hold what it was asked about.
pub(in crate::session) fn is_gone(refusal: &Refusal) -> bool {
    let code = ErrorCode::of(refusal.code);
    matches!(
        code,
        Some(ErrorCode::UserNotFound | ErrorCode::StreamNotFound | ErrorCode::NotPublished | ErrorCode::NotSubscribed)
    )
}
