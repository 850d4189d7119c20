//! A [`Reach`] is something that a check has to come upon, or it proves less than it says.

use std::sync::atomic::{AtomicU32, Ordering};

/// Something that a check has to come upon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Reach {
    /// A resume was answered with the events that were missed.
    ResumedByEvents,
    /// A resume was answered with the room as it is.
    ResumedBySnapshot,
    /// A session that was gone was followed by a new one, which the page did not notice.
    JoinedAgain,
    /// An event was missed and asked for.
    Synced,
    /// A socket was still there when its session went on with another.
    SocketSuperseded,
    /// A member lost its socket.
    MemberSuspended,
    /// A member was away for too long.
    MemberTimedOut,
    /// A stream lost its media.
    StreamStalled,
    /// It got it back.
    StreamRecovered,
    /// A stream ended.
    StreamRemoved,
    /// A tag got a new address.
    AddressRenewed,
    /// A tag was ordered to begin anew.
    PlayedAgain,
    /// A call failed, and its page was told so.
    CallFailed,
    /// A page was told that its room is gone.
    PutOut,
}

impl Reach {
    /// Everything that a deep check has to come upon.
    pub const ALL: &[Self] = &[
        Self::ResumedByEvents,
        Self::ResumedBySnapshot,
        Self::JoinedAgain,
        Self::Synced,
        Self::SocketSuperseded,
        Self::MemberSuspended,
        Self::MemberTimedOut,
        Self::StreamStalled,
        Self::StreamRecovered,
        Self::StreamRemoved,
        Self::AddressRenewed,
        Self::PlayedAgain,
        Self::CallFailed,
        Self::PutOut,
    ];
}

/// What was reached.
#[derive(Debug, Default)]
pub(crate) struct Reached(AtomicU32);

impl Reached {
    /// Adds what a scene came upon.
    pub(crate) fn add(&self, bits: u32) {
        self.0.fetch_or(bits, Ordering::Relaxed);
    }

    pub(crate) fn has(&self, reach: Reach) -> bool {
        self.0.load(Ordering::Relaxed) & bit(reach) != 0
    }
}

pub(crate) const fn bit(reach: Reach) -> u32 {
    1 << reach as u8
}
