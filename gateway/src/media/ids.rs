//! Names that media URLs are made of: [`StreamId`] and [`SessionId`].

use std::fmt;

use thiserror::Error;

/// Longest stream or session identifier, in bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 64;

/// Why a string is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdentifierError {
    /// The string is empty.
    #[error("an identifier must not be empty")]
    Empty,
    /// The string is longer than [`MAX_IDENTIFIER_BYTES`].
    #[error("an identifier has at most {MAX_IDENTIFIER_BYTES} bytes")]
    TooLong,
    /// The string holds something other than ASCII letters, digits, `_` and `-`.
    #[error("an identifier holds only ASCII letters, digits, '_' and '-'")]
    Character,
}

macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Parses 1 to [`MAX_IDENTIFIER_BYTES`] ASCII letters, digits, `_` and `-`.
            pub fn parse(text: &str) -> Result<Self, IdentifierError> {
                check(text).map(|()| Self(text.to_owned()))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
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

identifier! {
    /// The name of one published stream (one camera or one screen of one user), unique on this gateway.
    StreamId
}

identifier! {
    /// The name of the signaling session that a ticket was made for.
    SessionId
}

fn check(text: &str) -> Result<(), IdentifierError> {
    if text.is_empty() {
        return Err(IdentifierError::Empty);
    }
    if text.len() > MAX_IDENTIFIER_BYTES {
        return Err(IdentifierError::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Err(IdentifierError::Character);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{IdentifierError, StreamId};

    #[test]
    fn identifiers_are_short_url_safe_ascii() {
        assert_eq!(StreamId::parse("s_81-a").map(|id| id.to_string()), Ok("s_81-a".to_owned()));
        assert_eq!(StreamId::parse(""), Err(IdentifierError::Empty));
        assert_eq!(StreamId::parse(&"a".repeat(65)), Err(IdentifierError::TooLong));
        for text in ["a.b", "a/b", "a?b", "流", "a b"] {
            assert_eq!(StreamId::parse(text), Err(IdentifierError::Character), "{text}");
        }
    }
}
