//! The [`AdminSecret`] opens the admin API: a bearer token (RFC 6750, 2.1).

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use miniapp_rtc::protocol::Secret;
use subtle::ConstantTimeEq;

use super::refusal::AdminRefusal;
use crate::lobby::Waiting;

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
    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let Some((scheme, shown)) = shown.and_then(|shown| shown.split_at_checked(BEARER.len())) else { return false };
        scheme.eq_ignore_ascii_case(BEARER) && bool::from(shown.ct_eq(self.0.reveal().as_bytes()))
    }
}

/// Lets only those in who show the secret; their connections have no place in the lobby any more.
pub(super) async fn require(
    State(secret): State<Arc<AdminSecret>>,
    Extension(place): Extension<Arc<Waiting>>,
    request: Request,
    next: Next,
) -> Result<Response, AdminRefusal> {
    if !secret.is_shown(request.headers()) {
        return Err(AdminRefusal::Unauthorized);
    }
    place.admit();
    Ok(next.run(request).await)
}

const BEARER: &[u8] = b"Bearer ";
