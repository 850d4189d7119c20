//! Error codes: the numbers with which the gateway refuses a request, and what a client should do about each.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// What a client does after a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remedy {
    /// The same request will fail again: tell the application.
    Never,
    /// The same request may succeed after the wait that the refusal names, or after a wait that the client chooses.
    Later,
    /// The application must bring a new token; then the same request may succeed.
    RefreshToken,
    /// The session is gone: join again.
    Rejoin,
}

/// The refusals of protocol version 1. The wire carries [`ErrorCode::number`]. A later version may send other numbers;
/// see [`Remedy::of`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ErrorCode {
    /// Not a JSON object of the frame grammar.
    BadFrame,
    /// The method is known, its parameters are not as specified.
    BadRequest,
    /// No such method.
    UnknownMethod,
    /// The request needs a join first.
    NotJoined,
    /// This socket already carries a session.
    AlreadyJoined,
    /// Not an AccessToken 001.
    TokenMalformed,
    /// The token's signature does not match the application's key.
    TokenSignature,
    /// The token has ended.
    TokenExpired,
    /// The token names another application, room or user.
    TokenMismatch,
    /// This gateway does not serve the application.
    AppUnknown,
    /// The token does not allow publishing, or no longer.
    NoPublishPrivilege,
    /// The token does not allow subscribing, or no longer.
    NoSubscribePrivilege,
    /// The room has as many members as it may have.
    RoomFull,
    /// No such visible user in the room.
    UserNotFound,
    /// An invisible user may not publish.
    UserInvisible,
    /// No such session to resume, or its secret is wrong.
    SessionUnknown,
    /// The operator has banned the user from the room.
    UserBanned,
    /// The user has no such stream.
    StreamNotFound,
    /// The user already publishes this kind of stream.
    AlreadyPublished,
    /// The user does not publish this kind of stream.
    NotPublished,
    /// The user does not subscribe to that stream.
    NotSubscribed,
    /// The room has as many publishers as it may have.
    PublisherLimit,
    /// The user or the room has as many subscriptions as it may have.
    SubscriptionLimit,
    /// Too many frames in too short a time.
    RateLimited,
    /// More requests await an answer than the gateway allows.
    TooManyInFlight,
    /// The frame is larger than the gateway allows.
    FrameTooLarge,
    /// The gateway failed; the request had no effect.
    Internal,
    /// No media server can take the stream.
    MediaUnavailable,
    /// The gateway is stopping.
    ShuttingDown,
}

impl ErrorCode {
    /// Every code, in the order of its number.
    pub const ALL: &[Self] = &[
        Self::BadFrame,
        Self::BadRequest,
        Self::UnknownMethod,
        Self::NotJoined,
        Self::AlreadyJoined,
        Self::TokenMalformed,
        Self::TokenSignature,
        Self::TokenExpired,
        Self::TokenMismatch,
        Self::AppUnknown,
        Self::NoPublishPrivilege,
        Self::NoSubscribePrivilege,
        Self::RoomFull,
        Self::UserNotFound,
        Self::UserInvisible,
        Self::SessionUnknown,
        Self::UserBanned,
        Self::StreamNotFound,
        Self::AlreadyPublished,
        Self::NotPublished,
        Self::NotSubscribed,
        Self::PublisherLimit,
        Self::SubscriptionLimit,
        Self::RateLimited,
        Self::TooManyInFlight,
        Self::FrameTooLarge,
        Self::Internal,
        Self::MediaUnavailable,
        Self::ShuttingDown,
    ];

    /// The code of that number; `None` for a number of a later version.
    pub fn of(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::BadFrame => 4000,
            Self::BadRequest => 4001,
            Self::UnknownMethod => 4002,
            Self::NotJoined => 4003,
            Self::AlreadyJoined => 4004,
            Self::TokenMalformed => 4100,
            Self::TokenSignature => 4101,
            Self::TokenExpired => 4102,
            Self::TokenMismatch => 4103,
            Self::AppUnknown => 4104,
            Self::NoPublishPrivilege => 4105,
            Self::NoSubscribePrivilege => 4106,
            Self::RoomFull => 4200,
            Self::UserNotFound => 4201,
            Self::UserInvisible => 4202,
            Self::SessionUnknown => 4203,
            Self::UserBanned => 4204,
            Self::StreamNotFound => 4300,
            Self::AlreadyPublished => 4301,
            Self::NotPublished => 4302,
            Self::NotSubscribed => 4303,
            Self::PublisherLimit => 4304,
            Self::SubscriptionLimit => 4305,
            Self::RateLimited => 4400,
            Self::TooManyInFlight => 4401,
            Self::FrameTooLarge => 4402,
            Self::Internal => 5000,
            Self::MediaUnavailable => 5001,
            Self::ShuttingDown => 5002,
        }
    }

    /// The code's name on the wire, for people who read frames.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadFrame => "bad_frame",
            Self::BadRequest => "bad_request",
            Self::UnknownMethod => "unknown_method",
            Self::NotJoined => "not_joined",
            Self::AlreadyJoined => "already_joined",
            Self::TokenMalformed => "token_malformed",
            Self::TokenSignature => "token_signature",
            Self::TokenExpired => "token_expired",
            Self::TokenMismatch => "token_mismatch",
            Self::AppUnknown => "app_unknown",
            Self::NoPublishPrivilege => "no_publish_privilege",
            Self::NoSubscribePrivilege => "no_subscribe_privilege",
            Self::RoomFull => "room_full",
            Self::UserNotFound => "user_not_found",
            Self::UserInvisible => "user_invisible",
            Self::SessionUnknown => "session_unknown",
            Self::UserBanned => "user_banned",
            Self::StreamNotFound => "stream_not_found",
            Self::AlreadyPublished => "already_published",
            Self::NotPublished => "not_published",
            Self::NotSubscribed => "not_subscribed",
            Self::PublisherLimit => "publisher_limit",
            Self::SubscriptionLimit => "subscription_limit",
            Self::RateLimited => "rate_limited",
            Self::TooManyInFlight => "too_many_in_flight",
            Self::FrameTooLarge => "frame_too_large",
            Self::Internal => "internal",
            Self::MediaUnavailable => "media_unavailable",
            Self::ShuttingDown => "shutting_down",
        }
    }

    /// What a client does after this refusal.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::TokenExpired => Remedy::RefreshToken,
            Self::SessionUnknown => Remedy::Rejoin,
            Self::RateLimited | Self::TooManyInFlight => Remedy::Later,
            Self::Internal | Self::MediaUnavailable | Self::ShuttingDown => Remedy::Later,
            Self::BadFrame
            | Self::BadRequest
            | Self::UnknownMethod
            | Self::NotJoined
            | Self::AlreadyJoined
            | Self::TokenMalformed
            | Self::TokenSignature
            | Self::TokenMismatch
            | Self::AppUnknown
            | Self::NoPublishPrivilege
            | Self::NoSubscribePrivilege
            | Self::RoomFull
            | Self::UserNotFound
            | Self::UserInvisible
            | Self::UserBanned
            | Self::StreamNotFound
            | Self::AlreadyPublished
            | Self::NotPublished
            | Self::NotSubscribed
            | Self::PublisherLimit
            | Self::SubscriptionLimit
            | Self::FrameTooLarge => Remedy::Never,
        }
    }
}

impl Remedy {
    /// The remedy for a number: [`ErrorCode::remedy`] where the number is known, else by its range.
    pub fn of(number: u16) -> Self {
        let by_range = match number {
            4400..4500 | 5000.. => Self::Later,
            _ => Self::Never,
        };
        ErrorCode::of(number).map_or(by_range, ErrorCode::remedy)
    }
}

/// A refused request, as the wire carries it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Refusal {
    /// [`ErrorCode::number`], or a number of a later version.
    pub code: u16,
    /// [`ErrorCode::name`], for people who read frames; empty where the gateway leaves it out.
    #[serde(default)]
    pub name: String,
    /// One English sentence for the developer, without any secret; empty where the gateway gives none.
    #[serde(default)]
    pub reason: String,
    /// Milliseconds to wait before the same request may succeed; `None` where the gateway does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
}

impl Refusal {
    /// A refusal without a wait.
    pub fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self { code: code.number(), name: code.name().into(), reason: reason.into(), retry_after_ms: None }
    }

    /// The same refusal with a wait, in milliseconds.
    pub fn retry_after(self, milliseconds: u32) -> Self {
        Self { retry_after_ms: Some(milliseconds), ..self }
    }
}
