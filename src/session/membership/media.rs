//! Native reports of pushers and players, and the repair of streams that broke.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::wanted::{Tracks, Wanted};
use super::{Membership, Purpose, Stage};
use crate::media::{self, Advice, Meaning, Quality};
use crate::protocol::{Health, Notice, Publish, Report, Request, Role, StreamOf};
use crate::session::effect::LogLevel;
use crate::session::event::{ClientEvent, ControlAction, StreamControl, StreamFailed, StreamRef};
use crate::session::repair::Repair;
use crate::session::report::{NativeReport, Said};
use crate::session::time::{REPAIR_HELPS_MS, RESUME_MS, RETURN_MS};
use crate::session::turn::Turn;

impl Membership {
    /// A native tag said something; passes on what changes a stream's health, and repairs what broke.
    pub(crate) fn on_report(&mut self, report: NativeReport, turn: &mut Turn<'_>) {
        let of = StreamOf { user: report.user.unwrap_or_else(|| self.me.clone()), kind: report.kind };
        let (is_hidden, is_interrupted) = (self.phone.is_hidden(), self.phone.is_interrupted);
        if self.role(&of) != report.role {
            return;
        }
        let Some(wanted) = self.wanted(&of) else { return };
        let Some(stream) = wanted.lease.as_ref().map(|lease| lease.stream.clone()) else { return };
        let (code, health, meaning) = match &report.what {
            Said::Code(code) => {
                let meaning = meaning(report.role, *code, turn);
                (*code, meaning.health, Some(meaning))
            }
            Said::Net(status) => {
                wanted.quality.update(media::quality(status));
                // Net status says how well media flows, not whether it does.
                (0, health_of(wanted.quality.current()).filter(|_| wanted.is_flowing()), None)
            }
        };
        let was_interrupted = wanted.is_interrupted;
        match meaning {
            Some(Meaning { advice: Advice::Interrupted, .. }) => wanted.is_interrupted = true,
            Some(Meaning { health: Some(Health::Live), .. }) => wanted.is_interrupted = false,
            _ => {}
        }
        let has_turned = wanted.is_interrupted != was_interrupted;
        let rests = report.role == Role::Pusher && (wanted.is_interrupted || is_interrupted);
        let Some(health) = health.filter(|health| *health != wanted.health) else { return };
        wanted.health = health;
        let is_settled = matches!(health, Health::Live | Health::Failed);
        let was_repaired = wanted.repairs.check.take_if(|_| is_settled).is_some();
        let advice = meaning.map_or(Advice::Nothing, |meaning| meaning.advice);
        if advice == Advice::Background && !is_hidden {
            wanted.repairs.check = Some((turn.now + RETURN_MS, Repair::PlayAgain));
        }
        self.notify(Notice::Report(Report { role: report.role, stream, code, health }), turn);
        if has_turned {
            self.drive_tracks(turn);
        }
        if rests {
            return;
        }
        let repair = match (health, advice) {
            (Health::Failed, _) if meaning.is_some_and(|meaning| !meaning.recoverable) => {
                let reason = match advice {
                    Advice::Permission => "camera or microphone cannot be used; ask the user to allow them",
                    _ => "this phone cannot do what the tag was asked for; change its properties",
                };
                return self.give_up(&of, reason.into(), turn);
            }
            (Health::Failed | Health::Weak, Advice::Remount) if !was_repaired => Repair::Remount,
            (Health::Failed, Advice::PlayAgain) if !was_repaired => Repair::PlayAgain,
            (Health::Failed, _) => Repair::NewUrl,
            (Health::Connecting | Health::Live | Health::Weak | Health::Retrying, _) => return,
        };
        self.repair(&of, repair, turn);
    }

    /// Brings a broken stream back; within its budget, and once there is a connection to ask on.
    pub(super) fn repair(&mut self, of: &StreamOf, how: Repair, turn: &mut Turn<'_>) {
        if !matches!(self.stage, Stage::Joined(_)) {
            return;
        }
        let is_asked = how == Repair::NewUrl && self.is_asked(of);
        let rests = self.rests(of);
        let Some(wanted) = self.wanted(of).filter(|_| !is_asked) else { return };
        if rests {
            wanted.health = Health::Failed;
            return;
        }
        if turn.now < wanted.repairs.not_before {
            wanted.health = Health::Failed;
            wanted.repairs.check = Some((wanted.repairs.not_before, how));
            return;
        }
        if !wanted.repairs.take(turn.now) {
            let reason = "it broke again and again; try again later or tell the user";
            return self.give_up(of, reason.into(), turn);
        }
        if how == Repair::NewUrl {
            wanted.repairs.unanswered += 1;
            // So that it is asked for once more when the answer is lost with its socket.
            wanted.health = Health::Failed;
        }
        let action = match how {
            Repair::PlayAgain => ControlAction::PlayAgain,
            Repair::Remount => ControlAction::Remount,
            Repair::NewUrl if wanted.lease.is_some() => {
                return self.ask(Request::RenewUrl(of.clone()), Purpose::Restore, turn);
            }
            Repair::NewUrl => return self.restore(of, turn),
        };
        wanted.health = Health::Connecting;
        wanted.repairs.check = Some((turn.now + REPAIR_HELPS_MS, Repair::NewUrl));
        self.control(of, action, turn);
    }

    /// Looks whether repairs helped whose time to do so is over.
    pub(super) fn check_repairs(&mut self, turn: &mut Turn<'_>) {
        if !self.is_there() {
            return;
        }
        let mut due = Vec::new();
        let (me, is_interrupted) = (&self.me, self.phone.is_interrupted);
        let rests = |wanted: &Wanted| wanted.of.user == *me && (is_interrupted || wanted.is_interrupted);
        for wanted in self.wanted.iter_mut().filter(|wanted| !rests(wanted)) {
            let Some((_, how)) = wanted.repairs.check.take_if(|(at, _)| *at <= turn.now) else { continue };
            if !wanted.is_flowing() {
                due.push((wanted.of.clone(), how));
            }
        }
        for (of, how) in due {
            self.repair(&of, how, turn);
        }
    }

    /// Whether a stream is let alone: because a call has camera and microphone, or because the gateway does not know it yet.
    pub(super) fn rests(&self, of: &StreamOf) -> bool {
        let is_interrupted = |wanted: &Wanted| self.phone.is_interrupted || wanted.is_interrupted;
        self.roster.is_missing(of)
            || of.user == self.me && self.wanted.iter().any(|wanted| wanted.of == *of && is_interrupted(wanted))
    }

    /// A call gave camera and microphone back: what does not push is played again, at no cost of its budget.
    pub(super) fn end_interruption(&mut self, turn: &mut Turn<'_>) {
        let mut quiet = Vec::new();
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.of.user == self.me) {
            wanted.is_interrupted = false;
            // Hidden, it is looked after when the app is back.
            if wanted.lease.is_some() && !wanted.is_flowing() && !self.phone.is_hidden() {
                wanted.health = Health::Connecting;
                wanted.repairs.check = Some((turn.now + REPAIR_HELPS_MS, Repair::NewUrl));
                quiet.push(wanted.of.clone());
            }
        }
        for of in quiet {
            self.control_after(&of, ControlAction::PlayAgain, RESUME_MS, turn);
        }
        self.restore_missing(turn);
    }

    /// Nobody carried out an order: its tag gets a new address at once, which every page knows how to give it.
    pub(super) fn renew_ordered(&mut self, turn: &mut Turn<'_>) {
        let is_ordered = |wanted: &&mut Wanted| matches!(wanted.repairs.check, Some((_, Repair::NewUrl)));
        let mut ordered = Vec::new();
        for wanted in self.wanted.iter_mut().filter(is_ordered).filter(|wanted| !wanted.is_flowing()) {
            wanted.repairs.take_back();
            // Without a connection it is asked for when there is one.
            wanted.health = Health::Failed;
            ordered.push(wanted.of.clone());
        }
        for of in ordered {
            self.repair(&of, Repair::NewUrl, turn);
        }
    }

    /// Whether repairs make sense: there is a connection to ask on, and a user to see and hear.
    pub(super) const fn is_there(&self) -> bool {
        matches!(self.stage, Stage::Joined(_)) && !self.phone.is_hidden()
    }

    /// Repairs what broke while there was no connection to ask on.
    pub(super) fn repair_broken(&mut self, turn: &mut Turn<'_>) {
        let broken = |wanted: &&Wanted| wanted.health == Health::Failed && wanted.lease.is_some();
        let all: Vec<_> = self.wanted.iter().filter(broken).map(|wanted| wanted.of.clone()).collect();
        for of in all {
            self.repair(&of, Repair::NewUrl, turn);
        }
        self.restore_missing(turn);
    }

    /// Asks for every stream that has no lease, where there is a session to ask in.
    pub(super) fn restore_missing(&mut self, turn: &mut Turn<'_>) {
        if !matches!(self.stage, Stage::Joined(_)) {
            return;
        }
        let missing = self.wanted.iter().filter(|wanted| wanted.lease.is_none() && !self.roster.is_missing(&wanted.of));
        let missing: Vec<_> = missing.map(|wanted| wanted.of.clone()).collect();
        for of in missing {
            self.restore(&of, turn);
        }
        self.drive_tracks(turn);
    }

    /// Whether an address for the stream, or its end, is being asked for.
    fn is_asked(&self, of: &StreamOf) -> bool {
        let is_about = |request: &Request| !matches!(request, Request::MuteLocal(_) | Request::MuteRemote(_));
        self.waiting.has(|waiting| is_about(&waiting.request) && self.stream_of(&waiting.request).as_ref() == Some(of))
    }

    /// Lets a stream go that could not be brought back, here and in the gateway, and says so.
    pub(super) fn give_up(&mut self, of: &StreamOf, reason: Cow<'static, str>, turn: &mut Turn<'_>) {
        let cleanup = match self.role(of) {
            Role::Pusher => Request::Unpublish(Publish { kind: of.kind }),
            Role::Player => Request::Unsubscribe(of.clone()),
        };
        self.drop_wanted(of, turn);
        self.ask(cleanup, Purpose::Cleanup, turn);
        self.stream_failed(of, reason, turn);
    }

    /// Asks for a stream anew, as it was, unless it is being asked for already or being ended.
    pub(super) fn restore(&mut self, of: &StreamOf, turn: &mut Turn<'_>) {
        let is_asked = self.is_asked(of);
        let Some(wanted) = self.wanted(of).filter(|_| !is_asked) else { return };
        wanted.told = Some(Tracks::BOTH);
        let Some(again) = self.wanted.iter().find(|wanted| wanted.of == *of).map(|wanted| self.again(wanted)) else {
            return;
        };
        self.ask(again, Purpose::Restore, turn);
        self.drive_tracks(turn);
    }

    /// Tells a stream's component what to do with its native tag.
    pub(super) fn control(&mut self, of: &StreamOf, action: ControlAction, turn: &mut Turn<'_>) {
        self.control_after(of, action, 0, turn);
    }

    /// The same, with `delay` milliseconds between the end of the old and the start of the new.
    fn control_after(&mut self, of: &StreamOf, action: ControlAction, delay: u32, turn: &mut Turn<'_>) {
        self.controls = self.controls.wrapping_add(1);
        let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
        let (sequence, background) = (self.controls, self.background);
        turn.out.emit(ClientEvent::StreamControl(StreamControl { uid, screen, action, delay, sequence, background }));
    }

    pub(super) fn stream_failed(&self, of: &StreamOf, reason: Cow<'static, str>, turn: &mut Turn<'_>) {
        let StreamRef { uid, screen } = StreamRef::new(&of.user, of.kind);
        turn.out.emit(ClientEvent::StreamFailed(StreamFailed { uid, screen, reason }));
    }
}

fn meaning(role: Role, code: i32, turn: &mut Turn<'_>) -> Meaning {
    let (tag, meaning) = match role {
        Role::Pusher => ("live-pusher", media::pusher(code)),
        Role::Player => ("live-player", media::player(code)),
    };
    if !meaning.known {
        turn.out.log(LogLevel::Warn, [tag, " gave the unknown code ", &code.to_string()].concat());
    }
    meaning
}

fn health_of(quality: Quality) -> Option<Health> {
    match quality {
        Quality::Unknown => None,
        Quality::Excellent | Quality::Good | Quality::Fair => Some(Health::Live),
        Quality::Poor | Quality::Bad | Quality::Unusable => Some(Health::Weak),
    }
}
