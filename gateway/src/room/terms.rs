//! [`Terms`] are what a member's token allows, and until when.

use miniapp_rtc::token::{AccessToken, Privilege};
use serde::{Deserialize, Serialize};

/// When something ends.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum End {
    /// After this second (Unix time); it still holds in it.
    At(u32),
    /// Not by itself.
    Never,
}

impl End {
    /// Reads a token's number, where 0 means never.
    fn from_token(seconds: u32) -> Self {
        match seconds {
            0 => Self::Never,
            seconds => Self::At(seconds),
        }
    }

    /// Whether it is over at `unix`.
    pub fn has_passed(self, unix: u32) -> bool {
        match self {
            Self::At(end) => unix > end,
            Self::Never => false,
        }
    }
}

/// What a proven token allows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Terms {
    /// The end of the token.
    pub token: End,
    /// The end of the right to publish, never after the token's; `None` where it was not granted.
    pub publish: Option<End>,
    /// The end of the right to subscribe, never after the token's; `None` where it was not granted.
    pub subscribe: Option<End>,
}

impl Terms {
    /// Reads them from a token whose signature has been proved.
    pub fn of(token: &AccessToken) -> Self {
        Self {
            token: End::from_token(token.expires_at),
            publish: token.privilege_end(Privilege::Publish).map(End::from_token),
            subscribe: token.privilege_end(Privilege::Subscribe).map(End::from_token),
        }
    }

    /// Whether publishing is allowed at `unix`.
    pub fn may_publish(&self, unix: u32) -> bool {
        self.publish.is_some_and(|end| !end.has_passed(unix))
    }

    /// Whether subscribing is allowed at `unix`.
    pub fn may_subscribe(&self, unix: u32) -> bool {
        self.subscribe.is_some_and(|end| !end.has_passed(unix))
    }
}
