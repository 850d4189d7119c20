//! Native reports of pushers and players, and the repair of streams that broke.

use alloc::vec;

use super::{Held, Membership, Purpose, Stage};
use crate::media::{self, Advice, Quality, QualityTracker};
use crate::protocol::{Health, Request, Role, StreamKind, StreamOf, UserId};
use crate::session::effect::Outbox;
use crate::session::event::{ClientEvent, StreamFailed, StreamRef};
use crate::session::identity::Identity;
use crate::session::report::{NativeReport, Said};
use crate::session::time::Time;

impl Membership {
    /// A native tag said something; passes on what changes a stream's health, and repairs what broke.
    pub(crate) fn on_report(&mut self, report: NativeReport, now: Time, identity: &mut Identity, out: &mut Outbox) {
        let user = report.user.unwrap_or_else(|| self.me.clone());
        let Some((known, tracker, lease)) = self.stream_health(report.role, &user, report.kind) else { return };
        let (code, health, advice) = match &report.what {
            Said::Code(code) => {
                let meaning = match report.role {
                    Role::Pusher => media::pusher(*code),
                    Role::Player => media::player(*code),
                };
                (*code, meaning.health, meaning.advice)
            }
            Said::Net(status) => {
                tracker.update(media::quality(status));
                // Net status says how well media flows, not whether it does.
                let is_flowing = matches!(known, Health::Live | Health::Weak);
                (0, health_of(tracker.current()).filter(|_| is_flowing), Advice::Nothing)
            }
        };
        let Some(health) = health.filter(|health| health != known) else { return };
        *known = health;
        let stream = lease.stream.clone();
        self.report(report.role, stream, code, health, out);
        match (health, advice) {
            (Health::Failed, Advice::Permission) => {
                let reason = "camera or microphone cannot be used; ask the user to allow them";
                self.stream_failed(&user, report.kind, reason, out);
            }
            (Health::Failed, _) => self.repair(report.role, &user, report.kind, now, identity, out),
            (Health::Connecting | Health::Live | Health::Weak | Health::Retrying, _) => {}
        }
    }

    /// Gets a broken stream a new address, which its component remounts with; within the budget, and once there is a
    /// connection to ask on.
    pub(super) fn repair(
        &mut self,
        role: Role,
        user: &UserId,
        kind: StreamKind,
        now: Time,
        identity: &mut Identity,
        out: &mut Outbox,
    ) {
        if !matches!(self.stage, Stage::Joined(_)) {
            return;
        }
        let of = StreamOf { user: user.clone(), kind };
        let (budget, requests) = match role {
            Role::Pusher => {
                let Some(publication) = self.publication(kind) else { return };
                let again = publication.again();
                let renew = publication.lease.is_some().then(|| vec![Request::RenewUrl(of)]);
                (&mut publication.repairs, renew.unwrap_or(again))
            }
            Role::Player => {
                let Some(subscription) = self.subscription(user, kind) else { return };
                let again = subscription.again();
                let renew = subscription.lease.is_some().then_some(Request::RenewUrl(of));
                (&mut subscription.repairs, vec![renew.unwrap_or(again)])
            }
        };
        if budget.take(now) {
            for request in requests {
                self.ask(request, Purpose::Restore, now, identity, out);
            }
            return;
        }
        match role {
            Role::Pusher => self.publications.retain(|publication| publication.kind != kind),
            Role::Player => self.drop_subscription(&StreamOf { user: user.clone(), kind }),
        }
        self.stream_failed(user, kind, "it broke again and again; try again later or tell the user", out);
    }

    /// Repairs what broke while there was no connection to ask on.
    pub(super) fn repair_broken(&mut self, now: Time, identity: &mut Identity, out: &mut Outbox) {
        let broken = |health: Health, lease: &Option<Held>| health == Health::Failed && lease.is_some();
        let pushers = self.publications.iter().filter(|known| broken(known.health, &known.lease));
        let pushers = pushers.map(|known| (Role::Pusher, self.me.clone(), known.kind));
        let players = self.subscriptions.iter().filter(|known| broken(known.health, &known.lease));
        let players = players.map(|known| (Role::Player, known.user.clone(), known.kind));
        let all: alloc::vec::Vec<_> = pushers.chain(players).collect();
        for (role, user, kind) in all {
            self.repair(role, &user, kind, now, identity, out);
        }
        self.restore_missing(now, identity, out);
    }

    /// Asks for every stream that has no lease, and that nobody asks for already.
    pub(super) fn restore_missing(&mut self, now: Time, identity: &mut Identity, out: &mut Outbox) {
        let mut requests = vec![];
        for publication in self.publications.iter().filter(|known| known.lease.is_none()) {
            let is_same =
                |request: &Request| matches!(request, Request::Publish(asked) if asked.kind == publication.kind);
            if !self.waiting.has(|waiting| is_same(&waiting.request)) {
                requests.extend(publication.again());
            }
        }
        for subscription in self.subscriptions.iter().filter(|known| known.lease.is_none()) {
            let is_same = |request: &Request| {
                matches!(request, Request::Subscribe(asked)
                    if asked.user == subscription.user && asked.kind == subscription.kind)
            };
            if !self.waiting.has(|waiting| is_same(&waiting.request)) {
                requests.push(subscription.again());
            }
        }
        for request in requests {
            self.ask(request, Purpose::Restore, now, identity, out);
        }
    }

    pub(super) fn stream_failed(&self, user: &UserId, kind: StreamKind, reason: &'static str, out: &mut Outbox) {
        let StreamRef { uid, screen } = StreamRef::new(user, kind);
        out.emit(ClientEvent::StreamFailed(StreamFailed { uid, screen, reason: reason.into() }));
    }

    fn stream_health(
        &mut self,
        role: Role,
        user: &UserId,
        kind: StreamKind,
    ) -> Option<(&mut Health, &mut QualityTracker, &Held)> {
        let (health, quality, lease) = match role {
            Role::Pusher => {
                let publication = self.publication(kind)?;
                (&mut publication.health, &mut publication.quality, &publication.lease)
            }
            Role::Player => {
                let subscription = self.subscription(user, kind)?;
                (&mut subscription.health, &mut subscription.quality, &subscription.lease)
            }
        };
        lease.as_ref().map(|lease| (health, quality, lease))
    }
}

fn health_of(quality: Quality) -> Option<Health> {
    match quality {
        Quality::Unknown => None,
        Quality::Excellent | Quality::Good | Quality::Fair => Some(Health::Live),
        Quality::Poor | Quality::Bad | Quality::Unusable => Some(Health::Weak),
    }
}
