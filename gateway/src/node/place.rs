//! A [`Place`] says which room an input is for.

use miniapp_rtc::protocol::{SessionId, StreamId};

use crate::room::RoomName;

/// Which room an input is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// The room of this name.
    Room(RoomName),
    /// The room of this session.
    Session(SessionId),
    /// The room of this stream.
    Stream(StreamId),
}
