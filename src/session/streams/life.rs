//! The life of a wanted stream: whether the gateway grants it, and what is known of its media.

use crate::protocol::{Health, Lease, StreamId};
use crate::session::repair::Repair;
use crate::session::time::Time;

/// How far a stream has come.
///
/// ```text
/// Asked ──granted──▶ Leased ──revoked──▶ Lost
///                      ▲────granted────────┘
/// ```
#[derive(Clone, Debug)]
pub(super) enum Life {
    /// The page asks for it; there was no address yet.
    Asked,
    /// The gateway holds it for us, and the page has its address.
    Leased(HeldLease, Media),
    /// The page has an address, and the gateway does not hold the stream for us any more.
    Lost(Media),
}

/// What stays known of a lease once the page has its address.
#[derive(Clone, Debug)]
pub(super) struct HeldLease {
    pub(super) stream: StreamId,
    generation: u32,
}

impl HeldLease {
    /// Whether it is that publication and not an earlier or later one of the same user.
    pub(super) fn is(&self, stream: &StreamId, generation: u32) -> bool {
        self.stream == *stream && self.generation == generation
    }
}

impl From<Lease> for HeldLease {
    fn from(lease: Lease) -> Self {
        Self { stream: lease.stream, generation: lease.generation }
    }
}

impl Life {
    /// The gateway granted it, and the page has a new address: nothing is known of that one's media.
    pub(super) fn grant(&mut self, held: HeldLease) {
        *self = Self::Leased(held, Media::AWAITED);
    }

    /// The gateway does not hold it for us any more. What the native tag does goes on, perhaps with an address of no
    /// use.
    pub(super) fn revoke(&mut self) {
        if let Self::Leased(_, media) = self {
            *self = Self::Lost(*media);
        }
    }

    /// The lease, where there is one.
    pub(super) const fn held(&self) -> Option<&HeldLease> {
        match self {
            Self::Leased(held, _) => Some(held),
            Self::Asked | Self::Lost(_) => None,
        }
    }

    /// Its media; before there is an address there are none.
    pub(super) const fn media(&self) -> Option<&Media> {
        match self {
            Self::Asked => None,
            Self::Leased(_, media) | Self::Lost(media) => Some(media),
        }
    }

    pub(super) const fn media_mut(&mut self) -> Option<&mut Media> {
        match self {
            Self::Asked => None,
            Self::Leased(_, media) | Self::Lost(media) => Some(media),
        }
    }
}

/// What is known of a stream's media, and when to look at them again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Media {
    health: Health,
    check: Option<Check>,
}

/// What to do to a stream whose media do not flow at that time.
#[derive(Clone, Copy, Debug)]
struct Check {
    at: Time,
    then: Repair,
}

impl Media {
    /// How media begin: the tag has an address, and nobody said anything yet.
    pub(super) const AWAITED: Self = Self { health: Health::Connecting, check: None };

    pub(super) const fn health(&self) -> Health {
        self.health
    }

    /// Whether media pass, as far as the native tag told.
    pub(super) const fn is_flowing(&self) -> bool {
        matches!(self.health, Health::Live | Health::Weak)
    }

    /// Whether they are to be looked at.
    pub(super) const fn is_watched(&self) -> bool {
        self.check.is_some()
    }

    /// When to look at them again.
    pub(super) fn check_at(&self) -> Option<Time> {
        self.check.map(|check| check.at)
    }

    /// Whether the tag was ordered to try again: only a new address is left after that.
    pub(super) const fn is_ordered(&self) -> bool {
        matches!(self.check, Some(Check { then: Repair::NewUrl, .. }))
    }

    /// The tag said how it does. Success and failure both answer the question whether a repair helped.
    pub(super) const fn hear(&mut self, health: Health) {
        self.health = health;
        match health {
            Health::Live | Health::Failed => self.check = None,
            Health::Connecting | Health::Weak | Health::Retrying => {}
        }
    }

    /// They are to be looked at; until then the tag is left alone.
    pub(super) const fn watch(&mut self, at: Time, then: Repair) {
        self.check = Some(Check { at, then });
    }

    /// They are believed to begin anew, and are looked at.
    pub(super) const fn retry(&mut self, at: Time, then: Repair) {
        self.health = Health::Connecting;
        self.watch(at, then);
    }

    /// They do not flow, and something else has to happen first: an answer, a connection, the end of a phone call.
    pub(super) const fn fail(&mut self) {
        self.health = Health::Failed;
    }

    /// Nobody carried out the order to try again: they do not flow, and nothing is left to look at.
    pub(super) const fn miss(&mut self) {
        self.hear(Health::Failed);
    }

    /// The gateway sees them again.
    pub(super) fn recover(&mut self) {
        if self.health == Health::Connecting {
            self.hear(Health::Live);
        }
    }

    /// They are looked at, if it is time; what is to be done now, where they do not flow.
    pub(super) fn look(&mut self, now: Time) -> Option<Repair> {
        let check = self.check.take_if(|check| check.at <= now)?;
        (!self.is_flowing()).then_some(check.then)
    }
}
