//! Errors of the API: the vendor's numbers, with a reason that says what to do next.

use alloc::borrow::Cow;
use alloc::string::ToString;

use serde::Serialize;

use crate::protocol::{Act, ErrorCode, Method, Refusal, Role};

/// The vendor's error numbers (page "error codes", SDK 3.2). Its misspelt names stay in the JavaScript table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum ErrorNumber {
    /// An argument does not satisfy the API.
    InvalidParams = 100_001,
    /// The call needs a room.
    NotInRoom = 100_002,
    /// The client is in a room already.
    AlreadyInRoom = 100_003,
    /// A join is under way.
    Connecting = 100_004,
    /// The stream is published already.
    AlreadyPublished = 100_005,
    /// The stream is not published.
    NotPublished = 100_006,
    /// The room has no such user.
    UidNotFound = 100_007,
    /// `init` was called before.
    HasInited = 100_008,
    /// The user has no such stream.
    StreamIdNotFound = 200_001,
    /// The configuration request failed. Raised by the JavaScript shim.
    GetConfigError = 200_002,
    /// There is no gateway address.
    NoWebSocketUrl = 200_003,
    /// The gateway refused to subscribe.
    SubscribeFailed = 300_001,
    /// The gateway refused to unsubscribe.
    UnsubscribeFailed = 300_002,
    /// The gateway refused to mute the stream that this client publishes.
    MuteLocalError = 300_003,
    /// The gateway refused to mute another's stream.
    MuteRemoteError = 300_004,
    /// The room could not be left.
    LeaveError = 300_005,
    /// The gateway refused to publish.
    PublishError = 300_006,
    /// The gateway refused to unpublish.
    UnpublishError = 300_007,
    /// The gateway refused the join.
    JoinRoomError = 300_008,
    /// No answer in time.
    SignalingTimeout = 300_009,
    /// There is no connection to send on.
    WebSocketNotConnected = 300_010,
    /// The connection failed.
    WebSocketFailed = 500_001,
}

impl ErrorNumber {
    /// Every error number, in the order of the declaration.
    pub const ALL: &[Self] = &[
        Self::InvalidParams,
        Self::NotInRoom,
        Self::AlreadyInRoom,
        Self::Connecting,
        Self::AlreadyPublished,
        Self::NotPublished,
        Self::UidNotFound,
        Self::HasInited,
        Self::StreamIdNotFound,
        Self::GetConfigError,
        Self::NoWebSocketUrl,
        Self::SubscribeFailed,
        Self::UnsubscribeFailed,
        Self::MuteLocalError,
        Self::MuteRemoteError,
        Self::LeaveError,
        Self::PublishError,
        Self::UnpublishError,
        Self::JoinRoomError,
        Self::SignalingTimeout,
        Self::WebSocketNotConnected,
        Self::WebSocketFailed,
    ];
}

/// A failed call: what `onFailure` and a rejected Promise carry.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct RtcError {
    /// One of [`ErrorNumber`].
    pub code: u32,
    /// One English sentence: whose fault it is and what to do. Holds no token and no signed address.
    pub reason: Cow<'static, str>,
    /// The number of the refusal (protocol, section 9), where the gateway refused, or would have.
    #[serde(rename = "gatewayCode", skip_serializing_if = "Option::is_none")]
    pub gateway_code: Option<u16>,
}

impl RtcError {
    /// An error of that number.
    pub fn new(number: ErrorNumber, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code: number as u32, reason: reason.into(), gateway_code: None }
    }

    /// Refused here, since the gateway would refuse it so.
    pub(super) const fn like_gateway(mut self, code: ErrorCode) -> Self {
        self.gateway_code = Some(code.number());
        self
    }

    /// What a gateway's refusal of `method` means to the caller.
    pub fn refused(method: Method, refusal: &Refusal) -> Self {
        let number = match (method.act(), ErrorCode::of(refusal.code).and_then(named_by)) {
            (Act::Enter, _) => ErrorNumber::JoinRoomError,
            (_, Some(number)) => number,
            (Act::Begin(Role::Pusher) | Act::Renew, None) => ErrorNumber::PublishError,
            (Act::Begin(Role::Player), None) => ErrorNumber::SubscribeFailed,
            (Act::End(Role::Pusher), None) => ErrorNumber::UnpublishError,
            (Act::End(Role::Player), None) => ErrorNumber::UnsubscribeFailed,
            (Act::Mute(Role::Pusher), None) => ErrorNumber::MuteLocalError,
            (Act::Mute(Role::Player), None) => ErrorNumber::MuteRemoteError,
            (Act::Leave, None) => ErrorNumber::LeaveError,
            (Act::Tend, None) => ErrorNumber::JoinRoomError,
        };
        let code = refusal.code.to_string();
        let reason = [refusal.reason.as_str(), " (gateway code ", &code, ")"].concat();
        Self { gateway_code: Some(refusal.code), ..Self::new(number, reason) }
    }
}

/// The vendor's number for what a code says whatever was asked; `None` where only the method has one.
const fn named_by(code: ErrorCode) -> Option<ErrorNumber> {
    Some(match code {
        ErrorCode::NotJoined => ErrorNumber::NotInRoom,
        ErrorCode::UserNotFound => ErrorNumber::UidNotFound,
        ErrorCode::StreamNotFound | ErrorCode::NotSubscribed => ErrorNumber::StreamIdNotFound,
        ErrorCode::AlreadyPublished => ErrorNumber::AlreadyPublished,
        ErrorCode::NotPublished => ErrorNumber::NotPublished,
        ErrorCode::AlreadyJoined
        | ErrorCode::AppUnknown
        | ErrorCode::BadFrame
        | ErrorCode::BadRequest
        | ErrorCode::FrameTooLarge
        | ErrorCode::Internal
        | ErrorCode::MediaUnavailable
        | ErrorCode::NoPublishPrivilege
        | ErrorCode::NoSubscribePrivilege
        | ErrorCode::PublisherLimit
        | ErrorCode::RateLimited
        | ErrorCode::RoomFull
        | ErrorCode::SessionUnknown
        | ErrorCode::ShuttingDown
        | ErrorCode::SubscriptionLimit
        | ErrorCode::TokenExpired
        | ErrorCode::TokenMalformed
        | ErrorCode::TokenMismatch
        | ErrorCode::TokenSignature
        | ErrorCode::TooManyInFlight
        | ErrorCode::UnknownMethod
        | ErrorCode::UserBanned
        | ErrorCode::UserInvisible => return None,
    })
}
