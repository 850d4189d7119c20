//! A [`Promise`] is what must hold in every scene; which one was broken is part of the scene.

/// What must hold.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Promise {
    /// A call was settled that was not open.
    SettlesOnce,
    /// A page knows the other user otherwise than the room was at the offset that its session has reached.
    PagesKnowTheRoom,
    /// A socket was opened beside another, or one was used or closed that is not there.
    OneSocket,
    /// A page was told what it knew.
    NoEventTwice,
    /// A change of state was not told, or from another state than the one before.
    StatesFormAChain,
    /// An event of the room has another number than the next.
    NoGap,
    /// A snapshot shows another room than the events told.
    SnapshotsAgree,
    /// A session wants to be woken again and again at one moment.
    NoBusyLoop,
}

impl Promise {
    /// Every promise.
    pub const ALL: &[Self] = &[
        Self::SettlesOnce,
        Self::PagesKnowTheRoom,
        Self::OneSocket,
        Self::NoEventTwice,
        Self::StatesFormAChain,
        Self::NoGap,
        Self::SnapshotsAgree,
        Self::NoBusyLoop,
    ];

    /// What it says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SettlesOnce => "each call settles at most once",
            Self::PagesKnowTheRoom => "pages know the room of their offset",
            Self::OneSocket => "one socket at most",
            Self::NoEventTwice => "no event twice",
            Self::StatesFormAChain => "states form a chain",
            Self::NoGap => "offsets have no gap",
            Self::SnapshotsAgree => "snapshots and events agree",
            Self::NoBusyLoop => "no busy loop",
        }
    }
}
