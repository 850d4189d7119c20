//! An [`AdminRefusal`] is why the admin API did not do what it was asked.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::Unavailable;

/// Why a request was refused. A refused request had no effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminRefusal {
    /// The secret is missing or wrong.
    #[error("send the admin secret as 'Authorization: Bearer SECRET'")]
    Unauthorized,
    /// The request is not as the document says.
    #[error("{0}")]
    BadRequest(String),
    /// There is no such room.
    #[error("there is no such room")]
    RoomUnknown,
    /// The user is not in the room.
    #[error("the user is not in the room")]
    MemberUnknown,
    /// The user is not banned from the room.
    #[error("the user is not banned from the room")]
    BanUnknown,
    /// There is nothing at that path.
    #[error("there is nothing here; GET /openapi.json says what there is")]
    NoSuchPath,
    /// The path is known, the method is not.
    #[error("this path takes another method; GET /openapi.json says which")]
    NoSuchMethod,
    /// The rooms cannot be reached.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The body of a refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusalBody {
    /// Which refusal it is, for programs.
    error: &'static str,
    /// What to do about it, for people.
    reason: String,
}

impl AdminRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::RoomUnknown | Self::MemberUnknown | Self::BanUnknown | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::BadRequest(_) => "bad_request",
            Self::RoomUnknown => "room_unknown",
            Self::MemberUnknown => "member_unknown",
            Self::BanUnknown => "ban_unknown",
            Self::NoSuchPath => "no_such_path",
            Self::NoSuchMethod => "no_such_method",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<JsonRejection> for AdminRefusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

impl From<QueryRejection> for AdminRefusal {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

impl IntoResponse for AdminRefusal {
    fn into_response(self) -> Response {
        let body = RefusalBody { error: self.name(), reason: self.to_string() };
        let mut response = (self.status(), Json(body)).into_response();
        if matches!(self, Self::Unauthorized) {
            let scheme = header::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
