//! [`Tracks`] are the kinds of media of one stream.

use serde::{Deserialize, Serialize};

/// Kinds of media; `true` where the stream has, gives or gets it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tracks {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

impl Tracks {
    /// Sound and pictures.
    pub const BOTH: Self = Self { audio: true, video: true };

    /// Those that both have.
    pub fn and(self, other: Self) -> Self {
        Self { audio: self.audio && other.audio, video: self.video && other.video }
    }

    /// Those that the other has not.
    pub const fn without(self, other: Self) -> Self {
        Self { audio: self.audio && !other.audio, video: self.video && !other.video }
    }

    /// Whether none is missing of `other`.
    pub fn covers(self, other: Self) -> bool {
        self.and(other) == other
    }
}
