//! Native reports of pushers and players, and what follows from them.

use super::{Held, Membership};
use crate::media::{self, Quality};
use crate::protocol::{Health, Role, StreamKind, UserId};
use crate::session::effect::Outbox;
use crate::session::event::{ClientEvent, StreamFailed, StreamRef};
use crate::session::report::{NativeReport, Said};

impl Membership {
    /// A native tag said something; passes on what changes a stream's health.
    pub(crate) fn on_report(&mut self, report: NativeReport, out: &mut Outbox) {
        let (code, health) = match &report.what {
            Said::Code(code) => {
                let meaning = match report.role {
                    Role::Pusher => media::pusher(*code),
                    Role::Player => media::player(*code),
                };
                (*code, meaning.health)
            }
            Said::Net(status) => (0, health_of(media::quality(status))),
        };
        let Some(health) = health else { return };
        let user = report.user.unwrap_or_else(|| self.me.clone());
        let Some((known, lease)) = self.stream_health(report.role, &user, report.kind) else { return };
        // Net status says how well media flows, not whether it does.
        let is_flowing = matches!(known, Health::Live | Health::Weak);
        if *known == health || (matches!(report.what, Said::Net(_)) && !is_flowing) {
            return;
        }
        *known = health;
        let stream = lease.stream.clone();
        self.report(report.role, stream, code, health, out);
        if health == Health::Failed {
            let StreamRef { uid, screen } = StreamRef::new(&user, report.kind);
            let reason = match report.role {
                Role::Pusher => "live-pusher gave up; publish again or tell the user",
                Role::Player => "live-player gave up; subscribe again or tell the user",
            };
            out.emit(ClientEvent::StreamFailed(StreamFailed { uid, screen, reason: reason.into() }));
        }
    }

    fn stream_health(&mut self, role: Role, user: &UserId, kind: StreamKind) -> Option<(&mut Health, &Held)> {
        let (health, lease) = match role {
            Role::Pusher => {
                let publication = self.publication(kind)?;
                (&mut publication.health, &publication.lease)
            }
            Role::Player => {
                let subscription = self.subscription(user, kind)?;
                (&mut subscription.health, &subscription.lease)
            }
        };
        lease.as_ref().map(|lease| (health, lease))
    }
}

fn health_of(quality: Quality) -> Option<Health> {
    match quality {
        Quality::Unknown => None,
        Quality::Excellent | Quality::Good | Quality::Fair => Some(Health::Live),
        Quality::Poor | Quality::Bad | Quality::Unusable => Some(Health::Weak),
    }
}
