//! The background policy: what becomes of a call while the mini-program is in the background.

use crate::protocol::words;

words! {
    /// What becomes of a call while the mini-program is in the background. The picture is off in any case: WeChat stops
    /// the camera.
    BackgroundPolicy {
        /// The sound goes on, as long as WeChat lets it.
        KeepAudio = "keep-audio",
        /// The sound is off as well.
        Mute = "mute",
        /// The room is left.
        Leave = "leave",
    }
}

/// What a session does while its app is hidden.
pub(super) struct WhenHidden {
    /// It leaves the room.
    pub(super) leaves: bool,
    /// It tells the room that the sound is off.
    pub(super) is_silent: bool,
}

impl BackgroundPolicy {
    /// What a session does under this policy; the components have a table of their own.
    pub(super) const fn when_hidden(self) -> WhenHidden {
        match self {
            Self::KeepAudio => WhenHidden { leaves: false, is_silent: false },
            Self::Mute => WhenHidden { leaves: false, is_silent: true },
            // Nobody is left whose sound could be off.
            Self::Leave => WhenHidden { leaves: true, is_silent: false },
        }
    }
}
