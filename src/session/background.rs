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
