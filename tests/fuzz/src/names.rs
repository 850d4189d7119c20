//! Names of the wire and of the client as static texts, to count by.

/// Every event of version 1.
pub(crate) const EVENTS: [&str; 13] = [
    "bye",
    "kicked",
    "member_joined",
    "member_left",
    "member_resumed",
    "member_suspended",
    "stream_added",
    "stream_recovered",
    "stream_removed",
    "stream_stalled",
    "stream_updated",
    "token_expiring",
    "url_updated",
];

/// Every method of the client.
pub const CALLS: [&str; 13] = [
    "destroy",
    "init",
    "join",
    "leave",
    "muteLocal",
    "muteRemote",
    "publish",
    "setBusinessId",
    "setUserVisibility",
    "subscribe",
    "unpublish",
    "unsubscribe",
    "updateToken",
];

/// The name of an event as one of [`EVENTS`].
pub(crate) fn event_name(name: &str) -> &'static str {
    EVENTS.iter().find(|known| **known == name).unwrap_or_else(|| panic!("{name} is no event of version 1"))
}
