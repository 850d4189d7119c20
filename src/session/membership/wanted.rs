//! A wanted stream: one that the page publishes or receives, whether or not the gateway grants it at the moment.

use super::Membership;
use crate::media::QualityTracker;
use crate::protocol::{Health, Lease, Publish, Request, Role, Secret, StreamId, StreamKind, StreamOf, Subscribe};
use crate::session::call::CallId;
use crate::session::event::ControlAction;
use crate::session::repair::Repairs;
use crate::session::turn::Turn;

/// A stream that the page wants.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Ours, if its user is; else one that we receive.
    pub(super) of: StreamOf,
    /// Which tracks the page wants.
    pub(super) tracks: Tracks,
    /// Of a stream of ours: the tracks that the gateway was last told to be on; `None` where that may have been lost.
    pub(super) told: Option<Tracks>,
    /// The newest call of the page that set the tracks: an answer that was lost on the way may come after that of a newer call.
    pub(super) muted_by: CallId,
    pub(super) lease: Option<Held>,
    /// Whether there was a lease ever, and the page so has an address.
    pub(super) was_held: bool,
    /// Whether its native tag was told to start pushing, and not yet to stop.
    pub(super) has_started: bool,
    /// Its native tag said that a call interrupted it, and not yet that it goes on.
    pub(super) is_interrupted: bool,
    /// How its native tag does.
    pub(super) health: Health,
    pub(super) quality: QualityTracker,
    pub(super) repairs: Repairs,
}

/// Which tracks of a stream are on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Tracks {
    pub(super) audio: bool,
    pub(super) video: bool,
}

impl Tracks {
    /// How a stream begins.
    pub(super) const BOTH: Self = Self { audio: true, video: true };
}

/// What stays known of a lease once the page has its address.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) stream: StreamId,
    pub(super) generation: u32,
}

impl Wanted {
    pub(super) fn new(of: StreamOf, tracks: Tracks) -> Self {
        Self {
            of,
            tracks,
            told: Some(Tracks::BOTH),
            muted_by: 0,
            lease: None,
            was_held: false,
            has_started: false,
            is_interrupted: false,
            health: Health::default(),
            quality: QualityTracker::default(),
            repairs: Repairs::default(),
        }
    }

    /// Whether media passes, as far as the native tag told.
    pub(super) const fn is_flowing(&self) -> bool {
        matches!(self.health, Health::Live | Health::Weak)
    }
}

impl Membership {
    /// A stream of ours.
    pub(super) fn mine(&self, kind: StreamKind) -> StreamOf {
        StreamOf { user: self.me.clone(), kind }
    }

    /// Whether we push the stream or play it.
    pub(super) fn role(&self, of: &StreamOf) -> Role {
        if of.user == self.me { Role::Pusher } else { Role::Player }
    }

    pub(super) fn wanted(&mut self, of: &StreamOf) -> Option<&mut Wanted> {
        self.wanted.iter_mut().find(|wanted| wanted.of == *of)
    }

    /// Forgets a stream. Whoever pushes it stops: nobody would know of that camera and microphone any more.
    pub(super) fn drop_wanted(&mut self, of: &StreamOf, turn: &mut Turn<'_>) {
        let Some(index) = self.wanted.iter().position(|wanted| wanted.of == *of) else { return };
        if self.wanted.swap_remove(index).has_started {
            self.control(of, ControlAction::Stop, turn);
        }
    }

    /// The stream that a request is about.
    pub(super) fn stream_of(&self, request: &Request) -> Option<StreamOf> {
        Some(match request {
            Request::Publish(Publish { kind }) | Request::Unpublish(Publish { kind }) => self.mine(*kind),
            Request::MuteLocal(mute) => self.mine(mute.kind),
            Request::Subscribe(Subscribe { user, kind, .. }) | Request::MuteRemote(Subscribe { user, kind, .. }) => {
                StreamOf { user: user.clone(), kind: *kind }
            }
            Request::Unsubscribe(of) | Request::RenewUrl(of) => of.clone(),
            _ => return None,
        })
    }

    /// The request that asks for a stream anew, as it was.
    pub(super) fn again(&self, wanted: &Wanted) -> Request {
        let StreamOf { user, kind } = wanted.of.clone();
        let Tracks { audio, video } = wanted.tracks;
        match self.role(&wanted.of) {
            Role::Pusher => Request::Publish(Publish { kind }),
            Role::Player => Request::Subscribe(Subscribe { user, kind, audio, video }),
        }
    }

    /// Keeps what a lease grants, and gives the address that the page is to get.
    pub(super) fn hold(&mut self, of: &StreamOf, lease: Lease) -> Option<Secret> {
        let address = |transport: &str| lease.urls.iter().find(|address| address.transport == transport);
        let preferred = match self.role(of) {
            Role::Player => address(&self.transport),
            Role::Pusher => None,
        };
        let url = preferred.or_else(|| address("rtmp"))?.url.clone();
        let wanted = self.wanted(of)?;
        wanted.was_held = true;
        wanted.lease = Some(Held { stream: lease.stream, generation: lease.generation });
        wanted.health = Health::Connecting;
        wanted.repairs.check = None;
        wanted.repairs.unanswered = 0;
        Some(url)
    }
}
