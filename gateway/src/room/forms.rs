//! How commands, answers and events are kept with a room: each with its name. On the wire the frame around them names them.

use miniapp_rtc::protocol::{
    Answer, Bye, Empty, Event, Joined, Kicked, Lease, MemberIs, MemberLeft, Pong, Resumed, Snapshot, Stream, StreamIs,
    StreamRemoved, TokenExpiring, UrlUpdated,
};
use serde::{Deserialize, Serialize};

/// The form of a [`Command`]: its method, and its parameters as JSON.
pub(super) mod command {
    use miniapp_rtc::protocol::Method;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    use crate::room::Command;

    pub(in crate::room) fn serialize<To: Serializer>(command: &Command, to: To) -> Result<To::Ok, To::Error> {
        let parameters = serde_json::to_value(command).map_err(To::Error::custom)?;
        (command.method(), parameters).serialize(to)
    }

    pub(in crate::room) fn deserialize<'from, From: Deserializer<'from>>(from: From) -> Result<Command, From::Error> {
        let (method, parameters) = <(Method, Value)>::deserialize(from)?;
        Command::decode(method, &parameters).map_err(From::Error::custom)
    }
}

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
