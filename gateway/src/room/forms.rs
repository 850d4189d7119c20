//! How answers and events are kept with a room: each with its name. On the wire the frame around them names them.

use miniapp_rtc::protocol::{
    Answer, Bye, Empty, Event, Joined, Kicked, Lease, MemberIs, MemberLeft, Pong, Resumed, Snapshot, Stream, StreamIs,
    StreamRemoved, TokenExpiring, UrlUpdated,
};
use serde::{Deserialize, Serialize};

/// The form of an [`Answer`].
#[derive(Deserialize, Serialize)]
#[serde(remote = "Answer")]
pub(super) enum AnswerForm {
    Joined(Joined),
    Resumed(Resumed),
    Leased(Lease),
    Synced(Snapshot),
    Pong(Pong),
    Done(Empty),
}

/// The form of an [`Event`].
#[derive(Deserialize, Serialize)]
#[serde(remote = "Event")]
pub(super) enum EventForm {
    MemberJoined(MemberIs),
    MemberSuspended(MemberIs),
    MemberResumed(MemberIs),
    MemberLeft(MemberLeft),
    StreamAdded(Stream),
    StreamUpdated(Stream),
    StreamStalled(StreamIs),
    StreamRecovered(StreamIs),
    StreamRemoved(StreamRemoved),
    Kicked(Kicked),
    Bye(Bye),
    UrlUpdated(UrlUpdated),
    TokenExpiring(TokenExpiring),
    Unknown(String),
}
