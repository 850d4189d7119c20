//! Calls: what a page asks of its client, and what it gets back.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::background::BackgroundPolicy;
use super::transport::TransportChoice;
use crate::protocol::{AppId, BusinessId, RoomId, Secret, StreamKind, Tracks, UserId};

/// Names a call until it is settled. The caller makes it.
pub type CallId = u32;

/// A method of the vendor's `Client`, with its arguments checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// Leaves the room, if in one, and ends the client.
    Destroy,
    /// Names the application and the gateways. Comes first.
    Init(InitCall),
    /// Enters a room.
    Join(JoinCall),
    /// Leaves the room.
    Leave,
    /// Says which tracks of the client's own stream are on, for everybody.
    MuteLocal(MuteLocalCall),
    /// Says which tracks of a subscribed stream this client gets.
    MuteRemote(MuteRemoteCall),
    /// Publishes a stream; resolves with the address to push to.
    Publish(OwnStream),
    /// Tags the client for the application's accounting.
    SetBusinessId(SetBusinessIdCall),
    /// Shows the user to the room, or hides it.
    SetUserVisibility(SetUserVisibilityCall),
    /// Subscribes to a stream; resolves with the address to play.
    Subscribe(SubscribeCall),
    /// Ends the stream that this client publishes.
    Unpublish(OwnStream),
    /// Ends a subscription.
    Unsubscribe(UnsubscribeCall),
    /// Extension: replaces the token of the room joined.
    UpdateToken(UpdateTokenCall),
}

/// Arguments of `init`.
#[derive(Clone, Debug, PartialEq)]
pub struct InitCall {
    /// The app id; the token has to be for the same application.
    pub app_id: AppId,
    /// WebSocket addresses (`wss://…`) of gateways, the preferred first.
    pub gateways: Vec<String>,
    /// Transport of the addresses that `publish` and `subscribe` resolve with. Default [`TransportChoice::Rtmp`].
    pub transport: TransportChoice,
    /// What becomes of a call while the mini-program is in the background. Default [`BackgroundPolicy::Mute`].
    pub background: BackgroundPolicy,
}

/// Arguments of `join`.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinCall {
    /// AccessToken 001 for this application, room and user.
    pub token: Secret,
    /// The room; the token has to allow it.
    pub room_id: RoomId,
    /// The user who joins; the token has to name the same one.
    pub user_id: UserId,
}

/// Arguments of `publish` and `unpublish`. Mini-programs publish the camera only.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnStream {
    /// Whether the caller's screen is meant, not its camera.
    pub screen: bool,
}

/// Arguments of `muteLocal`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MuteLocalCall {
    /// The tracks that are to be on. In the vendor's JavaScript, true turns a track off.
    pub on: Tracks,
    /// Whether the caller's screen is meant, not its camera.
    pub screen: bool,
}

/// Arguments of `muteRemote`.
#[derive(Clone, Debug, PartialEq)]
pub struct MuteRemoteCall {
    /// The user who publishes the stream.
    pub uid: UserId,
    /// The tracks that are to be on. In the vendor's JavaScript, true turns a track off.
    pub on: Tracks,
    /// Whether the publisher's screen is meant, not its camera.
    pub screen: bool,
}

/// Arguments of `setBusinessId`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetBusinessIdCall {
    /// The tag that the gateway counts under.
    pub business_id: BusinessId,
}

/// Arguments of `setUserVisibility`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SetUserVisibilityCall {
    /// Whether others see the user.
    pub enable: bool,
}

/// Arguments of `subscribe`.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscribeCall {
    /// The user who publishes the stream.
    pub uid: UserId,
    /// The tracks that are wanted. In JavaScript, a track that the page does not name is wanted.
    pub tracks: Tracks,
    /// Whether the publisher's screen is meant, not its camera.
    pub screen: bool,
}

/// Arguments of `unsubscribe`.
#[derive(Clone, Debug, PartialEq)]
pub struct UnsubscribeCall {
    /// The user who publishes the stream.
    pub uid: UserId,
    /// Whether the publisher's screen is meant, not its camera.
    pub screen: bool,
}

/// Arguments of `updateToken`.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateTokenCall {
    /// AccessToken 001 for the same application, room and user.
    pub token: Secret,
}

/// What a call resolves with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// The tag was taken.
    Accepted(bool),
    /// Nothing to say.
    Nothing,
    /// An address for `live-pusher` or `live-player`, or for a web page.
    Url(Secret),
    /// The id of the user who joined.
    User(UserId),
}

/// The protocol's word for the vendor's `screen` flag.
pub(super) const fn kind_of(screen: bool) -> StreamKind {
    if screen { StreamKind::Screen } else { StreamKind::Camera }
}
