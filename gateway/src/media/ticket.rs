//! A [`MediaTicket`] is the permission to push or play one stream, signed into a media URL.
//!
//! Text form, one URL query parameter, `.` between the fields (no field may hold one):
//!
//! ```text
//! ticket=v1.{key id}.{p: push | v: play}.{stream}.{generation}.{session}.{connect by, unix s}.{base64url HMAC-SHA256}
//! ```
//!
//! The HMAC is over everything before its own `.`. The stream stands in the ticket and in the path, so that a
//! genuine ticket used for another stream is told apart from a forged one.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use miniapp_rtc::protocol::Role;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::ids::{SessionId, StreamId};

/// The name of the URL query parameter that carries a ticket.
pub const TICKET_PARAMETER: &str = "ticket";

/// Shortest accepted signing secret, in bytes.
pub const MIN_SECRET_BYTES: usize = 16;

/// The permission to push or play one generation of one stream, for one session, by one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaTicket {
    /// Whether the session may push the stream or play it.
    pub role: Role,
    /// Name of the stream.
    pub stream: StreamId,
    /// The stream's generation: it grows with every new publish of the same stream.
    pub generation: u32,
    /// The signaling session that asked for the ticket.
    pub session: SessionId,
    /// Unix time in seconds by which the lease asks for the connection. A later one is not refused for its age: whether
    /// the session still holds the lease, the room says.
    pub connect_by: u32,
}

/// Why a ticket was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TicketError {
    /// The URL has no ticket.
    #[error("the media URL carries no ticket: ask the gateway for a URL by publish or subscribe")]
    Missing,
    /// The ticket does not have the form that this gateway writes.
    #[error("the ticket is malformed: use the media URL exactly as the gateway gave it")]
    Malformed,
    /// The ticket was signed with a key that this gateway does not have.
    #[error("the ticket's key is unknown here: ask this gateway for a new URL")]
    UnknownKey,
    /// The signature does not fit the ticket.
    #[error("the ticket's signature is wrong: use the media URL exactly as the gateway gave it")]
    BadSignature,
    /// A play ticket was used to push, or a push ticket to play.
    #[error("the ticket is for the other end of the stream: push only to push URLs, play only play URLs")]
    WrongRole,
    /// The ticket is for another stream or generation than the URL's path.
    #[error("the ticket is for another stream than the URL's path")]
    WrongStream,
    /// The stream's generation was ended, or a newer one exists.
    #[error("the stream of this ticket was ended: ask the gateway for a new URL")]
    Revoked,
}

impl TicketError {
    /// A short stable word for answers and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "ticket_missing",
            Self::Malformed => "ticket_malformed",
            Self::UnknownKey => "ticket_key_unknown",
            Self::BadSignature => "ticket_signature",
            Self::WrongRole => "ticket_operation",
            Self::WrongStream => "ticket_stream",
            Self::Revoked => "ticket_revoked",
        }
    }
}

/// Why a set of signing keys cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// A key id does not fit in a ticket.
    #[error("a media key id has 1 to 64 of the characters a-z A-Z 0-9 _ -")]
    Id,
    /// Two keys have the same id.
    #[error("two media keys have the id {0}: give each its own")]
    Duplicate(String),
    /// A secret is too short to sign with.
    #[error("the media key {0} is shorter than {MIN_SECRET_BYTES} bytes: use a longer random secret")]
    TooShort(String),
}

/// The secrets that sign and verify tickets: the first signs, all verify, so that keys can be rotated.
#[derive(Clone)]
pub struct TicketKeys {
    signing: Key,
    older: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    mac: Hmac<Sha256>,
}

impl TicketKeys {
    /// Keys whose tickets are all signed with `secret`.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { signing: Key::new(id, secret)?, older: Vec::new() })
    }

    /// Also accepts tickets signed with an older secret.
    pub fn also_accept(mut self, id: &str, secret: &[u8]) -> Result<Self, KeyError> {
        let key = Key::new(id, secret)?;
        if self.find(id).is_some() {
            return Err(KeyError::Duplicate(id.to_owned()));
        }
        self.older.push(key);
        Ok(self)
    }

    /// The ticket as the value of the URL parameter [`TICKET_PARAMETER`]: a secret, never to be logged.
    pub fn sign(&self, ticket: &MediaTicket) -> String {
        let body = format!(
            "{VERSION}.{}.{}.{}.{}.{}.{}",
            self.signing.id,
            letter(ticket.role),
            ticket.stream,
            ticket.generation,
            ticket.session,
            ticket.connect_by,
        );
        let signature = Base64UrlUnpadded::encode_string(&self.signing.authenticate(&body));
        format!("{body}.{signature}")
    }

    /// Reads a ticket back: its form and its signature.
    pub fn verify(&self, text: &str) -> Result<MediaTicket, TicketError> {
        if text.len() > MAX_TICKET_BYTES {
            return Err(TicketError::Malformed);
        }
        let (body, signature) = text.rsplit_once('.').ok_or(TicketError::Malformed)?;
        let (key_id, ticket) = parse_body(body)?;
        let mut buffer = [0; 32];
        let signature = Base64UrlUnpadded::decode(signature, &mut buffer).map_err(|_| TicketError::BadSignature)?;
        let expected = self.find(key_id).ok_or(TicketError::UnknownKey)?.authenticate(body);
        if !bool::from(expected[..].ct_eq(signature)) {
            return Err(TicketError::BadSignature);
        }
        Ok(ticket)
    }

    fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.signing).chain(&self.older).find(|key| key.id == id)
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = std::iter::once(&self.signing).chain(&self.older).map(|key| key.id.as_str()).collect();
        formatter.debug_struct("TicketKeys").field("ids", &ids).field("secrets", &"***").finish()
    }
}

impl Key {
    fn new(id: &str, secret: &[u8]) -> Result<Self, KeyError> {
        let id = SessionId::parse(id).map_err(|_| KeyError::Id)?.to_string();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort(id));
        }
        match Hmac::<Sha256>::new_from_slice(secret) {
            Ok(mac) => Ok(Self { id, mac }),
            Err(_) => Err(KeyError::TooShort(id)),
        }
    }

    fn authenticate(&self, body: &str) -> [u8; 32] {
        self.mac.clone().chain_update(body).finalize().into_bytes().into()
    }
}

/// How a ticket writes what it permits.
fn letter(role: Role) -> &'static str {
    match role {
        Role::Player => "v",
        Role::Pusher => "p",
    }
}

fn parse_body(body: &str) -> Result<(&str, MediaTicket), TicketError> {
    let fields: Vec<&str> = body.split('.').collect();
    let [VERSION, key_id, role, stream, generation, session, connect_by] = fields[..] else {
        return Err(TicketError::Malformed);
    };
    let role = *Role::ALL.iter().find(|known| letter(**known) == role).ok_or(TicketError::Malformed)?;
    let ticket = MediaTicket {
        role,
        stream: StreamId::parse(stream).map_err(|_| TicketError::Malformed)?,
        generation: generation.parse().map_err(|_| TicketError::Malformed)?,
        session: SessionId::parse(session).map_err(|_| TicketError::Malformed)?,
        connect_by: connect_by.parse().map_err(|_| TicketError::Malformed)?,
    };
    Ok((key_id, ticket))
}

const VERSION: &str = "v1";
const MAX_TICKET_BYTES: usize = 320;

#[cfg(test)]
mod tests {
    use super::{KeyError, MediaTicket, Role, SessionId, StreamId, TicketError, TicketKeys};

    fn keys() -> TicketKeys {
        TicketKeys::new("k1", b"a media secret of the tests").expect("keys")
    }

    fn ticket() -> MediaTicket {
        MediaTicket {
            role: Role::Player,
            stream: StreamId::parse("s_81").expect("stream"),
            generation: 3,
            session: SessionId::parse("u2-9f").expect("session"),
            connect_by: 1_790_000_300,
        }
    }

    #[test]
    fn a_signed_ticket_verifies() {
        let text = keys().sign(&ticket());
        assert_eq!(keys().verify(&text), Ok(ticket()));
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let text = keys().sign(&ticket());
        for index in 0..text.len() {
            for replacement in [b'A', b'0', b'.', b'z'] {
                let mut bytes = text.clone().into_bytes();
                if bytes[index] == replacement {
                    continue;
                }
                bytes[index] = replacement;
                let changed = String::from_utf8(bytes).expect("ascii");
                assert!(keys().verify(&changed).is_err(), "{changed}");
            }
            assert!(keys().verify(&text[..index]).is_err());
        }
        assert!(keys().verify(&format!("{text}A")).is_err());
    }

    #[test]
    fn another_secret_gives_another_signature() {
        let other = TicketKeys::new("k1", b"another secret of the tests").expect("keys");
        assert_eq!(keys().verify(&other.sign(&ticket())), Err(TicketError::BadSignature));
    }

    #[test]
    fn rotation_accepts_the_older_key_and_no_unknown_one() {
        let newer = TicketKeys::new("k2", b"the newer secret of the tests").expect("keys");
        let text = keys().sign(&ticket());
        assert_eq!(newer.verify(&text), Err(TicketError::UnknownKey));
        let rotated = newer.also_accept("k1", b"a media secret of the tests").expect("rotation");
        assert_eq!(rotated.verify(&text), Ok(ticket()));
        assert_eq!(rotated.verify(&rotated.sign(&ticket())), Ok(ticket()));
        assert!(matches!(rotated.also_accept("k1", &[7; 32]), Err(KeyError::Duplicate(_))));
    }

    #[test]
    fn secrets_do_not_print_and_short_ones_are_refused() {
        let printed = format!("{:?}", keys());
        assert!(printed.contains("k1") && !printed.contains("media secret"), "{printed}");
        assert!(matches!(TicketKeys::new("k1", b"short"), Err(KeyError::TooShort(_))));
    }
}
