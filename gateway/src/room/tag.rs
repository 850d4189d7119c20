//! A [`RoomTag`] names one life of a room, from its first member to its last; the names of its sessions and streams begin with it.

use miniapp_rtc::protocol::{ErrorCode, Refusal, SessionId, StreamId};
use serde::{Deserialize, Serialize};

/// Names one life of a room: 1 to 32 of `a-z 0-9`, random.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RoomTag(String);

impl RoomTag {
    /// Checks length and alphabet; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        ((1..=32).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The tag as it stands in the names of sessions and streams.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The room that a session belongs to, as its name says.
    pub fn of_session(session: &SessionId) -> Option<Self> {
        Self::parse(session.as_str().rsplit_once("_u")?.0)
    }

    /// The room that a stream belongs to, as its name says.
    pub fn of_stream(stream: &StreamId) -> Option<Self> {
        Self::parse(stream.as_str().rsplit_once("_s")?.0)
    }

    pub(super) fn session(&self, number: u64) -> Result<SessionId, Refusal> {
        SessionId::parse(format!("{}_u{number}", self.0)).map_err(|_| unnameable())
    }

    pub(super) fn stream(&self, number: u64) -> Result<StreamId, Refusal> {
        StreamId::parse(format!("{}_s{number}", self.0)).map_err(|_| unnameable())
    }
}

fn unnameable() -> Refusal {
    Refusal::new(ErrorCode::Internal, "the room has run out of names")
}
