//! A [`Notice`] is one thing that has happened in a room, as the application's server is told.

use hmac::{Hmac, Mac};
use miniapp_rtc::protocol::{AppId, Event, LeaveReason, RemoveReason, RoomId, Secret, StreamId, StreamKind, UserId};
use serde::Serialize;
use sha2::Sha256;

use crate::room::{Effect, RoomName};

/// One thing that has happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Notice {
    /// Names the notice: the same at every attempt, and no other's.
    pub(super) id: String,
    /// When it happened, Unix time in milliseconds.
    at: u64,
    app: AppId,
    room: RoomId,
    /// One life of the room, and the place of the notice in it.
    epoch: String,
    offset: u32,
    user: UserId,
    #[serde(flatten)]
    what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What {
    UserJoined,
    UserLeft { reason: LeaveReason },
    StreamStarted { stream: StreamId, kind: StreamKind },
    StreamStopped { stream: StreamId, kind: StreamKind, reason: RemoveReason },
}

impl Notice {
    /// What an effect of a room means to the application's server; `None` where that is nothing.
    pub(super) fn of(name: &RoomName, effect: &Effect, at: u64) -> Option<Self> {
        let Effect::Broadcast { position, event } = effect else { return None };
        let (user, what) = match event {
            Event::MemberJoined(is) => (&is.user, What::UserJoined),
            Event::MemberLeft(left) => (&left.user, What::UserLeft { reason: left.reason }),
            Event::StreamAdded(is) => (&is.user, What::StreamStarted { stream: is.stream.clone(), kind: is.kind }),
            Event::StreamRemoved(is) => {
                let (stream, kind, reason) = (is.stream.clone(), is.kind, is.reason);
                (&is.user, What::StreamStopped { stream, kind, reason })
            }
            Event::MemberSuspended(_)
            | Event::MemberResumed(_)
            | Event::StreamUpdated(_)
            | Event::StreamStalled(_)
            | Event::StreamRecovered(_)
            | Event::Kicked(_)
            | Event::Bye(_)
            | Event::UrlUpdated(_)
            | Event::TokenExpiring(_)
            | Event::Unknown(_) => return None,
        };
        let RoomName { app, room } = name.clone();
        let (epoch, offset) = (position.epoch.as_str().to_owned(), position.offset);
        // The epoch alone is never used twice.
        let id = format!("{epoch}.{offset}");
        Some(Self { id, at, app, room, epoch, offset, user: user.clone(), what })
    }

    /// The body that tells it.
    pub(super) fn body(&self) -> String {
        // It holds only texts and numbers under text keys: JSON takes all of it.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The signature of a body that is sent at that second (Unix time): `v1=` and HMAC-SHA256 of `SECOND.BODY`, in hexadecimal.
pub(super) fn sign(secret: &Secret, second: u32, body: &str) -> String {
    use std::fmt::Write;

    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
        // HMAC takes keys of every length (RFC 2104).
        return String::new();
    };
    mac.update(second.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let mut signature = String::from("v1=");
    for byte in mac.finalize().into_bytes() {
        // Writing to a text never fails.
        let _ = write!(signature, "{byte:02x}");
    }
    signature
}

#[cfg(test)]
mod tests {
    use miniapp_rtc::protocol::{Epoch, MemberIs, Position};

    use super::*;

    #[test]
    fn only_what_concerns_the_application_is_told_and_each_has_a_name_of_its_own() {
        let name = RoomName {
            app: AppId::parse("0123456789abcdef01234567").expect("app id"),
            room: RoomId::parse("r").expect("room id"),
        };
        let told = |offset: u32, event: Event| {
            let position = Position { epoch: Epoch::parse("e1").expect("epoch"), offset };
            Notice::of(&name, &Effect::Broadcast { position, event }, 1_700_000_000_123)
        };
        let is = || MemberIs { user: UserId::parse("ann").expect("user id") };
        let joined = told(1, Event::MemberJoined(is())).expect("a notice");
        let body: serde_json::Value = serde_json::from_str(&joined.body()).expect("JSON");
        let expected = serde_json::json!({
            "id": "e1.1", "at": 1_700_000_000_123_u64, "app": "0123456789abcdef01234567", "room": "r", "epoch": "e1",
            "offset": 1, "user": "ann", "event": "user_joined",
        });
        assert_eq!(body, expected);
        assert_eq!(told(2, Event::MemberSuspended(is())), None);
        assert_ne!(told(3, Event::MemberJoined(is())).expect("a notice").id, joined.id);
    }

    #[test]
    fn the_signature_is_that_of_rfc_2104_over_second_and_body() {
        // Made with Python's hmac module: hmac.new(b"key", b"1700000000.{}", "sha256").
        let signature = sign(&Secret::new("key"), 1_700_000_000, "{}");
        assert_eq!(signature, "v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae");
        assert_ne!(sign(&Secret::new("key"), 1_700_000_001, "{}"), signature);
        assert_ne!(sign(&Secret::new("other"), 1_700_000_000, "{}"), signature);
    }
}
