//! The token's fields and their bytes.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};

use crate::protocol::{AppId, RoomId, Secret, UserId};

/// Why a text is not a valid token. Never holds the text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// Cut short, bad base64, bytes left over, or fields that break their own rules.
    #[error("the token is malformed: {0}; make it again with a token generator of version 001")]
    Malformed(&'static str),
    /// Another version of the token format.
    #[error("the token is not of version 001")]
    Version,
    /// The HMAC does not match: another key, or changed fields.
    #[error("the token's signature does not match the application key")]
    Signature,
    /// The token has ended.
    #[error("the token ended at {expired_at} (Unix seconds); ask your application server for a new one")]
    Expired {
        /// When, in Unix seconds.
        expired_at: u32,
    },
}

/// What a privilege allows.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Privilege {
    /// Key 0: publish a stream. Generators add keys 1 to 3 (its audio, video and data) with it.
    Publish,
    /// Key 4: subscribe to streams.
    Subscribe,
}

impl Privilege {
    /// The key in the token.
    pub const fn key(self) -> u16 {
        match self {
            Self::Publish => 0,
            Self::Subscribe => 4,
        }
    }
}

/// One entry of a token's privilege list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PrivilegeGrant {
    /// Privilege key; see [`Privilege::key`]. Unknown keys are kept.
    pub key: u16,
    /// When the privilege ends, in Unix seconds; 0 means that it ends with the token.
    pub expires_at: u32,
}

/// Which rooms a token opens.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum RoomScope {
    /// `*`: every room of the application.
    Any,
    /// Empty: none; the token is for the messaging service.
    None,
    /// The room with this id and no other.
    Room(RoomId),
}

/// A parsed token. Its fields are claims until [`AppKey::verify`](super::AppKey::verify) has proved them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessToken {
    /// The application that the token was made for.
    pub app: AppId,
    /// A random number of the generator, so that two tokens differ.
    pub nonce: u32,
    /// When the token was made, in Unix seconds.
    pub issued_at: u32,
    /// When the token ends, in Unix seconds; 0 means never.
    pub expires_at: u32,
    /// Which room, or rooms, the token opens.
    pub room: RoomScope,
    /// The user that the token was made for.
    pub user: UserId,
    /// The privileges in the token's own order, each key once.
    pub privileges: Vec<PrivilegeGrant>,
    pub(super) signature: Signature,
}

/// The HMAC. Prints as `***`: with the fields beside it, it would be the token.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Signature(pub(super) [u8; SIGNATURE_LENGTH]);

impl fmt::Debug for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl AccessToken {
    /// Reads a token without checking its signature or its time.
    ///
    /// # Errors
    /// [`TokenError::Version`] or [`TokenError::Malformed`]; bytes left over and keys that repeat are refused.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let Some(rest) = text.strip_prefix(VERSION) else {
            return Err(if text.len() < VERSION.len() {
                TokenError::Malformed("too short")
            } else {
                TokenError::Version
            });
        };
        let (Some(app), Some(content)) = (rest.get(..APP_ID_LENGTH), rest.get(APP_ID_LENGTH..)) else {
            return Err(TokenError::Malformed("too short"));
        };
        if content.is_empty() {
            return Err(TokenError::Malformed("too short"));
        }
        let app =
            AppId::parse(app).map_err(|_| TokenError::Malformed("its application id is not 24 letters and digits"))?;
        let content = Base64::decode_vec(content).map_err(|_| TokenError::Malformed("its content is not base64"))?;

        let mut content = FieldReader(&content);
        let mut message = FieldReader(content.bytes16()?);
        let signature = content.bytes16()?;
        content.end()?;
        let signature = signature
            .try_into()
            .map(Signature)
            .map_err(|_| TokenError::Malformed("its signature is not 32 bytes long"))?;

        let nonce = message.u32()?;
        let issued_at = message.u32()?;
        let expires_at = message.u32()?;
        let room = match message.text16()? {
            "" => RoomScope::None,
            "*" => RoomScope::Any,
            room => {
                RoomScope::Room(RoomId::parse(room).map_err(|_| TokenError::Malformed("its room is not a room id"))?)
            }
        };
        let user = UserId::parse(message.text16()?).map_err(|_| TokenError::Malformed("its user is not a user id"))?;
        let count = message.u16()?;
        if count > MOST_PRIVILEGES {
            return Err(TokenError::Malformed("it holds more than 64 privileges"));
        }
        let mut privileges: Vec<PrivilegeGrant> = Vec::new();
        for _ in 0..count {
            let grant = PrivilegeGrant { key: message.u16()?, expires_at: message.u32()? };
            if privileges.iter().any(|other| other.key == grant.key) {
                return Err(TokenError::Malformed("a privilege appears twice"));
            }
            privileges.push(grant);
        }
        message.end()?;
        Ok(Self { app, nonce, issued_at, expires_at, room, user, privileges, signature })
    }

    /// Whether the token opens this room.
    pub fn opens(&self, room: &RoomId) -> bool {
        match &self.room {
            RoomScope::Any => true,
            RoomScope::None => false,
            RoomScope::Room(named) => named == room,
        }
    }

    /// Whether the token as a whole is past its end at `now` (Unix seconds). A token is valid up to and including its
    /// end.
    pub const fn has_expired(&self, now: u32) -> bool {
        self.expires_at != 0 && now > self.expires_at
    }

    /// Whether the token holds the privilege at `now` (Unix seconds).
    pub fn allows(&self, privilege: Privilege, now: u32) -> bool {
        !self.has_expired(now)
            && self.grant(privilege).is_some_and(|grant| grant.expires_at == 0 || now <= grant.expires_at)
    }

    /// When the privilege ends, in Unix seconds: its own end or the token's, whichever is earlier. `None` where the
    /// token does not grant the privilege; 0 means never.
    pub fn privilege_end(&self, privilege: Privilege) -> Option<u32> {
        let grant = self.grant(privilege)?;
        Some(match (grant.expires_at, self.expires_at) {
            (0, token) => token,
            (own, 0) => own,
            (own, token) => own.min(token),
        })
    }

    fn grant(&self, privilege: Privilege) -> Option<&PrivilegeGrant> {
        self.privileges.iter().find(|grant| grant.key == privilege.key())
    }

    /// The token as text: what [`AccessToken::parse`] reads.
    pub fn to_text(&self) -> Secret {
        let mut content = Vec::new();
        put_bytes16(&mut content, &self.message());
        put_bytes16(&mut content, &self.signature.0);
        let mut text = String::from(VERSION);
        text.push_str(self.app.as_str());
        text.push_str(&Base64::encode_string(&content));
        Secret::new(text)
    }

    /// The signed bytes, with privileges in ascending order of their keys.
    pub(super) fn message(&self) -> Vec<u8> {
        let mut message = Vec::new();
        for number in [self.nonce, self.issued_at, self.expires_at] {
            message.extend_from_slice(&number.to_le_bytes());
        }
        let room = match &self.room {
            RoomScope::Any => "*".to_string(),
            RoomScope::None => String::new(),
            RoomScope::Room(room) => room.to_string(),
        };
        put_bytes16(&mut message, room.as_bytes());
        put_bytes16(&mut message, self.user.as_str().as_bytes());
        let mut privileges = self.privileges.clone();
        privileges.sort_by_key(|grant| grant.key);
        message.extend_from_slice(&(privileges.len() as u16).to_le_bytes());
        for grant in privileges {
            message.extend_from_slice(&grant.key.to_le_bytes());
            message.extend_from_slice(&grant.expires_at.to_le_bytes());
        }
        message
    }
}

fn put_bytes16(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u16).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads little-endian fields from the front of a byte string.
struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], TokenError> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(TokenError::Malformed("it ends inside a field"))?;
        self.0 = rest;
        Ok(front)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TokenError> {
        self.bytes(N)?.try_into().map_err(|_| TokenError::Malformed("it ends inside a field"))
    }

    fn u16(&mut self) -> Result<u16, TokenError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, TokenError> {
        self.array().map(u32::from_le_bytes)
    }

    fn bytes16(&mut self) -> Result<&'a [u8], TokenError> {
        let length = self.u16()?;
        self.bytes(length.into())
    }

    fn text16(&mut self) -> Result<&'a str, TokenError> {
        core::str::from_utf8(self.bytes16()?).map_err(|_| TokenError::Malformed("a name in it is not UTF-8"))
    }

    fn end(&self) -> Result<(), TokenError> {
        if self.0.is_empty() { Ok(()) } else { Err(TokenError::Malformed("bytes are left over at its end")) }
    }
}

const VERSION: &str = "001";
const APP_ID_LENGTH: usize = 24;
const SIGNATURE_LENGTH: usize = 32;
/// Generators know six. Without a limit, looking for repeated keys could take a hostile token's reader seconds.
const MOST_PRIVILEGES: u16 = 64;
