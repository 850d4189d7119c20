//! Identifiers: texts that were checked once, when they were made.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidId {
    /// Longer or shorter than its kind allows.
    #[error("{kind} must have {} characters, not {length}", Span { min, max })]
    Length {
        /// What the text should have been, for instance `room id`.
        kind: &'static str,
        /// Length found, in bytes.
        length: usize,
        /// Fewest bytes allowed.
        min: usize,
        /// Most bytes allowed.
        max: usize,
    },
    /// Holds a character outside the kind's alphabet.
    #[error("{kind} may hold only the characters {alphabet}")]
    Character {
        /// What the text should have been, for instance `room id`.
        kind: &'static str,
        /// The alphabet, as people write it.
        alphabet: &'static str,
    },
}

/// How many characters are allowed, as people say it.
struct Span<'a> {
    min: &'a usize,
    max: &'a usize,
}

impl fmt::Display for Span<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.min.fmt(f)?;
        if self.min == self.max {
            return Ok(());
        }
        f.write_str(" to ")?;
        self.max.fmt(f)
    }
}

/// Defines an identifier: a newtype over `String` that only its `parse` can make.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $min:literal..=$max:literal, $alphabet:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks length and alphabet.
            ///
            /// # Errors
            /// [`InvalidId`] names what is wrong; it never holds the text itself.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if !($min..=$max).contains(&text.len()) {
                    return Err(InvalidId::Length { kind: $kind, length: text.len(), min: $min, max: $max });
                }
                let allowed: fn(u8) -> bool = $allowed;
                if !text.bytes().all(allowed) {
                    return Err(InvalidId::Character { kind: $kind, alphabet: $alphabet });
                }
                Ok(Self(text))
            }

            /// The identifier as it crosses the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// An application: 24 letters and digits, as the token layout demands.
    AppId, "app id", 24..=24, "a-z A-Z 0-9", |byte| byte.is_ascii_alphanumeric()
);
identifier!(
    /// A room, unique within an application (vendor page "ID rules": 1 to 128 of `a-z A-Z 0-9 @ _ - .`).
    RoomId, "room id", 1..=128, "a-z A-Z 0-9 @ _ - .", is_id_byte
);
identifier!(
    /// A user, unique within an application; same alphabet as [`RoomId`].
    UserId, "user id", 1..=128, "a-z A-Z 0-9 @ _ - .", is_id_byte
);
identifier!(
    /// A business tag of the application; same alphabet as [`RoomId`].
    BusinessId, "business id", 1..=128, "a-z A-Z 0-9 @ _ - .", is_id_byte
);
identifier!(
    /// One stay of a user in a room, from `join` to its end, across sockets. Made by the gateway.
    SessionId, "session id", 1..=64, "a-z A-Z 0-9 _ -", is_name_byte
);
identifier!(
    /// One published stream. Made by the gateway.
    StreamId, "stream id", 1..=64, "a-z A-Z 0-9 _ -", is_name_byte
);
identifier!(
    /// One operation of a client, the same in every repeat of its request. Made by the client.
    OperationId, "operation id", 1..=64, "a-z A-Z 0-9 _ - .", is_opaque_byte
);
identifier!(
    /// One history of a room: offsets count within it. Made by the gateway.
    Epoch, "epoch", 1..=64, "a-z A-Z 0-9 _ - .", is_opaque_byte
);

fn is_id_byte(byte: u8) -> bool {
    is_opaque_byte(byte) || byte == b'@'
}

fn is_opaque_byte(byte: u8) -> bool {
    is_name_byte(byte) || byte == b'.'
}

/// Names of sessions and streams hold no dot: it parts the fields of a media ticket.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A text that must not be printed: a token, a session secret, a signed URL. Its `Debug` text is `***`.
#[derive(Clone, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a text and keeps it from being printed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the place that sends it or compares it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}
