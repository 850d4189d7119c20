//! Lets only those in who show the [`AdminSecret`].

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::refusal::AdminRefusal;
use super::secret::AdminSecret;
use crate::lobby::Waiting;

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
