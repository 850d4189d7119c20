//! A wanted stream: one that the page publishes or receives, whether or not the gateway grants it at the moment.

use super::life::{HeldLease, Life, Media};
use super::mutes::Mutes;
use super::tag::{Tag, Word};
use super::view::View;
use crate::media::Advice;
use crate::protocol::{
    Health, Lease, MuteLocal, Publish, Report, Request, Role, Secret, Stream, StreamId, StreamOf, Subscribe, Tracks,
};
use crate::session::effect::Doings;
use crate::session::event::ControlAction;
use crate::session::repair::{Repair, Repairs};
use crate::session::report::Said;
use crate::session::time::{REPAIR_HELPS_MS, RETURN_MS, Time};
use crate::session::transport::TransportChoice;

/// A stream that the page wants.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    of: StreamOf,
    /// Whether we push it or play it.
    role: Role,
    life: Life,
    tag: Tag,
    pub(super) mutes: Mutes,
    repairs: Repairs,
}

/// Something new that a native tag said.
pub(super) struct TagNews {
    /// For the gateway.
    pub(super) report: Report,
    /// A phone call began or ended, as far as this tag knows.
    pub(super) has_turned: bool,
    /// What is to be done about it.
    pub(super) then: Then,
}

/// What is to be done about a stream.
pub(super) enum Then {
    Nothing,
    Repair(Repair),
    GiveUp(&'static str),
}

/// What a repair needs to be done.
pub(super) enum RepairStep {
    /// Nothing, or nothing yet.
    Nothing,
    /// The native tag is told so.
    Order(ControlAction),
    /// The gateway, which holds the stream for us, is asked for a new address.
    Renew,
    /// The gateway is asked for the stream anew.
    Restore,
    /// It was repaired often enough.
    GiveUp(&'static str),
}

impl Wanted {
    pub(super) fn new(of: StreamOf, role: Role, tracks: Tracks) -> Self {
        Self {
            of,
            role,
            life: Life::Asked,
            tag: Tag::default(),
            mutes: Mutes::new(tracks),
            repairs: Repairs::default(),
        }
    }

    pub(super) const fn of(&self) -> &StreamOf {
        &self.of
    }

    pub(super) fn is_mine(&self) -> bool {
        self.role == Role::Pusher
    }

    /// Whether the page waits for its first address.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self.life, Life::Asked)
    }

    /// Whether the gateway holds it for us, as far as we know.
    pub(super) const fn is_leased(&self) -> bool {
        self.life.held().is_some()
    }

    /// Whether its native tag gave up while the gateway holds it for us.
    pub(super) fn is_broken(&self) -> bool {
        self.is_leased() && self.life.media().is_some_and(|media| media.health() == Health::Failed)
    }

    /// Whether its camera and microphone are on, as far as we ordered.
    pub(super) const fn has_started(&self) -> bool {
        self.tag.has_started
    }

    /// Whether it is let alone: because a call has camera and microphone, or because the gateway does not know it yet.
    pub(super) fn rests(&self, view: &View<'_>) -> bool {
        view.roster.is_missing(&self.of) || self.is_silenced(view)
    }

    fn is_silenced(&self, view: &View<'_>) -> bool {
        self.is_mine() && (self.tag.is_interrupted || view.surroundings.is_interrupted())
    }

    /// When its media are to be looked at, where that makes sense.
    pub(super) fn check_at(&self, view: &View<'_>) -> Option<Time> {
        self.life.media()?.check_at().filter(|_| !self.rests(view))
    }

    /// The request that asks for it anew, as it was.
    pub(super) fn again(&self) -> Request {
        let (StreamOf { user, kind }, Tracks { audio, video }) = (self.of.clone(), self.mutes.wanted());
        match self.role {
            Role::Pusher => Request::Publish(Publish { kind }),
            Role::Player => Request::Subscribe(Subscribe { user, kind, audio, video }),
        }
    }

    /// Keeps what a lease grants, and gives the address that the page is to get; `None` where none is of use.
    pub(super) fn hold(&mut self, lease: Lease, transport: TransportChoice) -> Option<Secret> {
        let url = transport.pick(self.role, &lease)?.clone();
        self.life.grant(HeldLease::from(lease));
        self.repairs.answered();
        Some(url)
    }

    /// The page has its address: the native tag is told to push.
    pub(super) const fn start(&mut self) {
        self.tag.has_started = true;
    }

    /// The gateway does not hold it for us any more.
    pub(super) fn revoke(&mut self) {
        self.life.revoke();
    }

    /// The gateway does not hold that stream any more. Whether that was this one.
    pub(super) fn revoke_if(&mut self, stream: &StreamId) -> bool {
        let is_it = self.life.held().is_some_and(|held| held.stream == *stream);
        if is_it {
            self.revoke();
        }
        is_it
    }

    /// A snapshot shows it so, or does not show it.
    pub(super) fn see(&mut self, shown: Option<&Stream>) {
        let is_held = |held: &HeldLease| shown.is_some_and(|stream| held.is(&stream.stream, stream.generation));
        if !self.life.held().is_some_and(is_held) {
            self.revoke();
        }
        if let Some(stream) = shown.filter(|_| self.is_mine()) {
            self.mutes.seen(stream.tracks());
        }
    }

    /// Nothing arrives from a pusher that says it pushes: its connection is dead, and it does not know.
    pub(super) fn stalled(&mut self, now: Time) {
        if let Some(media) = self.life.media_mut().filter(|media| media.is_flowing()) {
            media.retry(now + RETURN_MS, Repair::PlayAgain);
        }
    }

    /// The gateway sees its media again.
    pub(super) fn recovered(&mut self) {
        if let Some(media) = self.life.media_mut() {
            media.recover();
        }
    }

    /// A request that was to bring it back was refused.
    pub(super) const fn refused(&mut self) {
        self.repairs.answered();
    }

    /// An answer was lost, and what it granted is held for us. Whether its address may be asked for now.
    pub(super) fn found(&mut self, now: Time) -> bool {
        let may_ask = self.repairs.take(now);
        if may_ask {
            // Its tracks may be off since then.
            self.mutes.forget();
        }
        may_ask
    }

    /// The socket is gone, and with it what has no answer.
    pub(super) fn lose_socket(&mut self) {
        self.repairs.give_back();
    }

    /// Which mute the gateway has to be told of a stream of ours, so that it has what `allowed` leaves of what the page
    /// wants.
    pub(super) fn mute(&mut self, allowed: Tracks) -> Option<MuteLocal> {
        let allowed = allowed.and(Tracks { audio: !self.tag.is_interrupted, ..Tracks::BOTH });
        let Tracks { audio, video } = self.mutes.tell(allowed)?;
        Some(MuteLocal { kind: self.of.kind, audio, video })
    }

    /// A phone call gave camera and microphone back. Whether the native tag is to be played again, at no cost of its
    /// budget.
    pub(super) fn end_interruption(&mut self, is_hidden: bool, now: Time) -> bool {
        self.tag.is_interrupted = false;
        // Hidden, it is looked after when the app is back.
        let quiet = self.quiet().filter(|_| !is_hidden);
        let is_quiet = quiet.is_some();
        if let Some(media) = quiet {
            media.retry(now + REPAIR_HELPS_MS, Repair::NewUrl);
        }
        is_quiet
    }

    /// The app is back. WeChat ended pushing, or may have: most clients go on by themselves, the others are told to.
    pub(super) fn come_back(&mut self, is_interrupted: bool, now: Time) {
        self.tag.is_interrupted &= is_interrupted;
        if self.is_mine()
            && let Some(media) = self.quiet()
        {
            media.watch(now + RETURN_MS, Repair::PlayAgain);
        }
    }

    /// The media that do not flow, where the gateway holds the stream for us.
    fn quiet(&mut self) -> Option<&mut Media> {
        if self.is_leased() { self.life.media_mut().filter(|media| !media.is_flowing()) } else { None }
    }

    /// Nobody carried out an order. Whether it was one to this stream, whose media do not flow.
    pub(super) fn miss_order(&mut self) -> bool {
        let Some(media) = self.life.media_mut() else { return false };
        let is_ordered = media.is_ordered() && !media.is_flowing();
        if is_ordered {
            self.repairs.take_back();
            // Without a connection its address is asked for when there is one.
            media.miss();
        }
        is_ordered
    }

    /// Its native tag said something; `None` where that is nothing new.
    pub(super) fn hear(&mut self, said: &Said, view: &View<'_>, now: Time, out: &mut Doings) -> Option<TagNews> {
        let stream = self.life.held()?.stream.clone();
        let media = self.life.media_mut()?;
        let was_interrupted = self.tag.is_interrupted;
        let word = self.tag.hear(said, self.role, media.is_flowing(), out);
        let health = word.health.filter(|health| *health != media.health())?;
        let was_watched = media.is_watched();
        media.hear(health);
        if word.advice == Advice::Background && !view.surroundings.is_hidden() {
            media.watch(now + RETURN_MS, Repair::PlayAgain);
        }
        Some(TagNews {
            report: Report { role: self.role, stream, code: word.code, health },
            has_turned: self.tag.is_interrupted != was_interrupted,
            then: if self.is_silenced(view) { Then::Nothing } else { then(health, &word, was_watched) },
        })
    }

    /// Looks whether a repair helped, if its time to do so is over; what is to be done where it did not.
    pub(super) fn check(&mut self, now: Time) -> Option<Repair> {
        self.life.media_mut()?.look(now)
    }

    /// Begins to bring it back, within its budget.
    pub(super) fn repair(&mut self, how: Repair, view: &View<'_>, now: Time) -> RepairStep {
        let rests = self.rests(view);
        let is_leased = self.is_leased();
        // Without an address there are no media to note anything of.
        let mut none = Media::AWAITED;
        let media = self.life.media_mut().unwrap_or(&mut none);
        if rests {
            media.fail();
            return RepairStep::Nothing;
        }
        if let Some(until) = self.repairs.pause(now) {
            media.fail();
            media.watch(until, how);
            return RepairStep::Nothing;
        }
        if !self.repairs.take(now) {
            return RepairStep::GiveUp("it broke again and again; try again later or tell the user");
        }
        let action = match how {
            Repair::PlayAgain => ControlAction::PlayAgain,
            Repair::Remount => ControlAction::Remount,
            Repair::NewUrl => {
                self.repairs.asked();
                // So that it is asked for once more when the answer is lost with its socket.
                media.fail();
                return if is_leased { RepairStep::Renew } else { RepairStep::Restore };
            }
        };
        media.retry(now + REPAIR_HELPS_MS, Repair::NewUrl);
        RepairStep::Order(action)
    }
}

/// What follows from a stream's new health. `was_watched`: a cheap repair was begun, and failed; it is not tried twice.
fn then(health: Health, word: &Word, was_watched: bool) -> Then {
    match (health, word.advice) {
        (Health::Failed, advice) if !word.recoverable => Then::GiveUp(if advice == Advice::Permission {
            "camera or microphone cannot be used; ask the user to allow them"
        } else {
            "this phone cannot do what the tag was asked for; change its properties"
        }),
        (Health::Weak, Advice::Remount) => Then::Repair(Repair::Remount),
        (Health::Failed, Advice::Remount) if !was_watched => Then::Repair(Repair::Remount),
        (Health::Failed, Advice::PlayAgain) if !was_watched => Then::Repair(Repair::PlayAgain),
        (
            Health::Failed,
            Advice::Background
            | Advice::Interrupted
            | Advice::NewUrl
            | Advice::Nothing
            | Advice::Permission
            | Advice::PlayAgain
            | Advice::Remount
            | Advice::Wait,
        ) => Then::Repair(Repair::NewUrl),
        (Health::Connecting | Health::Live | Health::Weak | Health::Retrying, _) => Then::Nothing,
    }
}
