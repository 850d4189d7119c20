//! Calls: what a page asks of its client, and what it gets back.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::error::{ErrorNumber, RtcError};
use crate::protocol::{AppId, BusinessId, DecodeError, Document, RoomId, Secret, StreamKind, UserId};

/// Names a call until it is settled. The caller makes it.
pub type CallId = u32;

/// A method of the vendor's `Client`, with its arguments checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Leaves the room, if in one, and ends the client.
    Destroy,
    /// Names the application and the gateways. Comes first.
    Init(Init),
    /// Enters a room.
    Join(Join),
    /// Leaves the room.
    Leave,
    /// Turns tracks of the own stream off or on, for everybody.
    MuteLocal(MuteLocal),
    /// Turns tracks of a subscribed stream off or on, for this client.
    MuteRemote(MuteRemote),
    /// Publishes a stream; resolves with the address to push to.
    Publish(Kind),
    /// Tags the client for the application's accounting.
    SetBusinessId(SetBusinessId),
    /// Shows the user to the room, or hides it.
    SetUserVisibility(SetUserVisibility),
    /// Subscribes to a stream; resolves with the address to play.
    Subscribe(Subscribe),
    /// Ends the own stream.
    Unpublish(Kind),
    /// Ends a subscription.
    Unsubscribe(Unsubscribe),
}

/// Arguments of `init`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Init {
    /// The application.
    pub app_id: AppId,
    /// WebSocket addresses (`wss://…`) of gateways, the preferred first.
    pub gateways: Vec<String>,
    /// Transport of the addresses that `subscribe` resolves with: `rtmp` (default) or `flv`.
    #[serde(default)]
    pub transport: Option<String>,
}

/// Arguments of `join`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Join {
    /// AccessToken 001 for this application, room and user.
    pub token: Secret,
    /// The room.
    pub room_id: RoomId,
    /// Who joins.
    pub user_id: UserId,
}

/// Arguments of `publish` and `unpublish`. Mini-programs publish the camera only.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
pub struct Kind {
    /// Which of the own two streams.
    #[serde(default)]
    pub screen: bool,
}

/// Arguments of `muteLocal`: true turns **off** (since SDK 3.1.0).
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct MuteLocal {
    /// Sound off.
    pub audio: bool,
    /// Picture off.
    pub video: bool,
    /// Which of the own two streams.
    #[serde(default)]
    pub screen: bool,
}

/// Arguments of `muteRemote`: true turns **off**.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct MuteRemote {
    /// Whose stream.
    pub uid: UserId,
    /// Sound off.
    pub audio: bool,
    /// Picture off.
    pub video: bool,
    /// Which of the user's two streams.
    #[serde(default)]
    pub screen: bool,
}

/// Arguments of `setBusinessId`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct SetBusinessId {
    /// The tag.
    pub business_id: BusinessId,
}

/// Arguments of `setUserVisibility`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct SetUserVisibility {
    /// Whether others see the user.
    pub enable: bool,
}

/// Arguments of `subscribe`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Subscribe {
    /// Whose stream.
    pub uid: UserId,
    /// Whether its sound is wanted. Default true.
    #[serde(default)]
    pub audio: Option<bool>,
    /// Whether its picture is wanted. Default true.
    #[serde(default)]
    pub video: Option<bool>,
    /// Which of the user's two streams.
    #[serde(default)]
    pub screen: bool,
}

/// Arguments of `unsubscribe`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Unsubscribe {
    /// Whose stream.
    pub uid: UserId,
    /// Which of the user's two streams.
    #[serde(default)]
    pub screen: bool,
}

/// What a call resolves with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The tag was taken.
    Accepted(bool),
    /// Nothing to say.
    Nothing,
    /// An address for `live-pusher` or `live-player`.
    Url(Secret),
    /// The own user.
    User(UserId),
}

impl Call {
    /// Reads a call by the vendor's method name.
    ///
    /// # Errors
    /// `INVALID_PARAMS`, naming the argument.
    pub fn decode<D: Document>(method: &str, arguments: &D) -> Result<Self, RtcError> {
        Self::read(method, arguments).map_err(|error| match error {
            DecodeError::Body { body, detail } => {
                RtcError::new(ErrorNumber::InvalidParams, [body.as_str(), ": ", &detail].concat())
            }
            DecodeError::NotJson | DecodeError::NotAFrame(_) => {
                RtcError::new(ErrorNumber::InvalidParams, "the client has no such method")
            }
        })
    }

    fn read<D: Document>(method: &str, arguments: &D) -> Result<Self, DecodeError> {
        Ok(match method {
            "destroy" => Self::Destroy,
            "init" => Self::Init(arguments.read(method)?),
            "join" => Self::Join(arguments.read(method)?),
            "leave" => Self::Leave,
            "muteLocal" => Self::MuteLocal(arguments.read(method)?),
            "muteRemote" => Self::MuteRemote(arguments.read(method)?),
            "publish" => Self::Publish(arguments.read(method)?),
            "setBusinessId" => Self::SetBusinessId(arguments.read(method)?),
            "setUserVisibility" => Self::SetUserVisibility(arguments.read(method)?),
            "subscribe" => Self::Subscribe(arguments.read(method)?),
            "unpublish" => Self::Unpublish(arguments.read(method)?),
            "unsubscribe" => Self::Unsubscribe(arguments.read(method)?),
            _ => return Err(DecodeError::NotAFrame("")),
        })
    }
}

/// The protocol's word for the vendor's `screen` flag.
pub(super) const fn kind_of(screen: bool) -> StreamKind {
    if screen { StreamKind::Screen } else { StreamKind::Camera }
}
