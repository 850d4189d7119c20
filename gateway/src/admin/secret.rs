//! The [`AdminSecret`] opens the admin API: a bearer token (RFC 6750, 2.1).

use axum::http::{HeaderMap, header};
use miniapp_rtc::protocol::Secret;
use subtle::ConstantTimeEq;

/// The fewest bytes of an admin secret: it is all that stands between a stranger and every room.
pub const MIN_ADMIN_SECRET_BYTES: usize = 16;

/// What opens the admin API. Prints as `***`.
#[derive(Clone, Debug)]
pub struct AdminSecret(Secret);

/// The admin secret is too short.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the admin secret must be {MIN_ADMIN_SECRET_BYTES} bytes at least: give a long random one")]
pub struct ShortAdminSecret;

impl AdminSecret {
    /// Takes a secret.
    ///
    /// # Errors
    /// [`ShortAdminSecret`].
    pub fn new(secret: Secret) -> Result<Self, ShortAdminSecret> {
        if secret.reveal().len() < MIN_ADMIN_SECRET_BYTES { Err(ShortAdminSecret) } else { Ok(Self(secret)) }
    }

    /// Whether a request shows the secret, in a time that does not tell how much of it is right.
    pub(super) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let Some((scheme, shown)) = shown.and_then(|shown| shown.split_at_checked(BEARER.len())) else { return false };
        scheme.eq_ignore_ascii_case(BEARER) && bool::from(shown.ct_eq(self.0.reveal().as_bytes()))
    }
}

const BEARER: &[u8] = b"Bearer ";
