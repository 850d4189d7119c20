//! A [`Promise`] is what must hold in every scene; which one was broken is part of the scene.

use miniapp_rtc_harness::{
    CALLS_SETTLE, EVENTS_MAKE_SENSE, EVENTS_REACH_EVERYBODY, FRAMES_ARE_WELL_MADE, ONE_SOCKET, STATES_CHAIN,
};

/// What must hold.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Promise {
    /// A call was settled that was not open, or would never be.
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
    /// An event of the room went to other sockets than those attached to it.
    EventsReachEverybody,
    /// A frame cannot be read by the other end.
    FramesAreWellMade,
    /// A session broke another promise of the harness.
    Session,
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
        Self::EventsReachEverybody,
        Self::FramesAreWellMade,
        Self::Session,
    ];

    /// One of the harness.
    pub(crate) fn of_session(name: &str) -> Self {
        Self::ALL.iter().copied().find(|promise| promise.name() == name).unwrap_or(Self::Session)
    }

    /// What it says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SettlesOnce => CALLS_SETTLE,
            Self::PagesKnowTheRoom => "pages know the room of their offset",
            Self::OneSocket => ONE_SOCKET,
            Self::NoEventTwice => EVENTS_MAKE_SENSE,
            Self::StatesFormAChain => STATES_CHAIN,
            Self::NoGap => "offsets have no gap",
            Self::SnapshotsAgree => "snapshots and events agree",
            Self::NoBusyLoop => "no busy loop",
            Self::EventsReachEverybody => EVENTS_REACH_EVERYBODY,
            Self::FramesAreWellMade => FRAMES_ARE_WELL_MADE,
            Self::Session => "every other promise of a session",
        }
    }
}
