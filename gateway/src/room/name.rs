//! A [`RoomName`] says which room is meant: rooms of different applications may have equal ids.

use std::fmt;

use miniapp_rtc::protocol::{AppId, RoomId};
use serde::{Deserialize, Serialize};

/// Which room is meant.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RoomName {
    /// The application that the room belongs to.
    pub app: AppId,
    /// The room's id in it.
    pub room: RoomId,
}

impl fmt::Display for RoomName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.app, self.room)
    }
}
