//! Events of the API: what a page hears from its client.

use alloc::borrow::Cow;

use serde::Serialize;

use super::background::BackgroundPolicy;
use super::state::ConnectionState;
use crate::protocol::{Secret, StreamKind, TokenScope, Tracks, UserId, words};

/// An event of the vendor's table (page "events", SDK 3.2), or one of our extensions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClientEvent {
    /// This client was put out of the room, by a newer login of its user or by the gateway.
    ClientBanned(Reasoned),
    /// The socket closed, for whatever reason.
    Close(SocketClosed),
    /// Extension: the connection's state changed.
    ConnectionStateChanged(ConnectionStateChanged),
    /// The socket closed with a code other than 1000.
    Disconnect(SocketClosed),
    /// No gateway took a join; or an open socket broke and the first attempt to come back failed, and others follow.
    Error(SocketClosed),
    /// Another user turned its sound off while its picture is on.
    MuteAudio(StreamRef),
    /// Another user turned its picture off while its sound is on.
    MuteVideo(StreamRef),
    /// A user left, or hid itself.
    PeerLeave(Peer),
    /// A user came, or showed itself.
    PeerOnline(Peer),
    /// A stream can be subscribed to.
    StreamAdded(StreamAdded),
    /// Extension: what the native tag of a stream is to do.
    StreamControl(StreamControl),
    /// A stream broke and will not come back by itself. It may be the stream that this client publishes.
    StreamFailed(StreamFailed),
    /// A stream ended, or both its tracks were turned off.
    StreamRemoved(StreamRef),
    /// Extension: the token, or a privilege of it, is about to end.
    TokenWillExpire(TokenWillExpire),
    /// Another user turned its sound on while its picture is on.
    UnmuteAudio(StreamRef),
    /// Another user turned its picture on while its sound is on.
    UnmuteVideo(StreamRef),
    /// A stream has a new address, to be given to its pusher or player.
    UpdateUrl(UpdateUrl),
}

impl ClientEvent {
    /// Whether the event tells of the room, and not of the way to it. Pushers are told to stop whenever they have to.
    pub(super) fn is_of_room(&self) -> bool {
        match self {
            Self::Close(_) | Self::ConnectionStateChanged(_) | Self::Disconnect(_) | Self::Error(_) => false,
            Self::StreamControl(control) => control.action != ControlAction::Stop,
            Self::ClientBanned(_)
            | Self::MuteAudio(_)
            | Self::MuteVideo(_)
            | Self::PeerLeave(_)
            | Self::PeerOnline(_)
            | Self::StreamAdded(_)
            | Self::StreamFailed(_)
            | Self::StreamRemoved(_)
            | Self::TokenWillExpire(_)
            | Self::UnmuteAudio(_)
            | Self::UnmuteVideo(_)
            | Self::UpdateUrl(_) => true,
        }
    }

    /// The event's name in JavaScript: the value of `EVENTS.X`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ClientBanned(_) => "@room/client-banned",
            Self::Close(_) => "close",
            Self::ConnectionStateChanged(_) => "connection-state-changed",
            Self::Disconnect(_) => "disconnect",
            Self::Error(_) => "error",
            Self::MuteAudio(_) => "mute-audio",
            Self::MuteVideo(_) => "mute-video",
            Self::PeerLeave(_) => "peer-leave",
            Self::PeerOnline(_) => "peer-online",
            Self::StreamAdded(_) => "stream-added",
            Self::StreamControl(_) => "stream-control",
            Self::StreamFailed(_) => "stream-failed",
            Self::StreamRemoved(_) => "stream-removed",
            Self::TokenWillExpire(_) => "token-will-expire",
            Self::UnmuteAudio(_) => "unmute-audio",
            Self::UnmuteVideo(_) => "unmute-video",
            Self::UpdateUrl(_) => "update-url",
        }
    }
}

/// Why something happened.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Reasoned {
    /// One English word or sentence.
    pub reason: Cow<'static, str>,
}

/// How a socket ended.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SocketClosed {
    /// Close code, or the platform's error number.
    pub code: u32,
    /// What the platform or the gateway said.
    pub reason: Cow<'static, str>,
}

/// From which state to which, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ConnectionStateChanged {
    /// The state that holds.
    pub current: ConnectionState,
    /// The state that held.
    pub previous: ConnectionState,
    /// One English word or sentence.
    pub reason: Cow<'static, str>,
}

/// A user whom an event is about.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Peer {
    /// The user whom the event is about.
    pub uid: UserId,
}

/// A stream of a user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StreamRef {
    /// The user who publishes the stream.
    pub uid: UserId,
    /// Whether it is the user's screen.
    pub screen: bool,
}

impl StreamRef {
    /// Names a stream in the vendor's words.
    pub fn new(user: &UserId, kind: StreamKind) -> Self {
        Self { uid: user.clone(), screen: kind == StreamKind::Screen }
    }
}

/// A stream that can be subscribed to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamAdded {
    /// The user who publishes the stream.
    pub uid: UserId,
    /// Whether it is the user's screen.
    pub screen: bool,
    /// Which tracks are on.
    pub stream_publish_state: Tracks,
}

/// What the native tag of a stream is to do; a component's property `control` carries it out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StreamControl {
    /// The user who publishes the stream; this client's own user id for the stream that it pushes.
    pub uid: UserId,
    /// Whether it is the user's screen.
    pub screen: bool,
    /// What the native tag is to do.
    pub action: ControlAction,
    /// Milliseconds between the end of the old and the start of the new; 0 for at once.
    pub delay: u32,
    /// Greater with each order of a client, so that two equal ones differ.
    pub sequence: u32,
    /// What the application declared for the background.
    pub background: BackgroundPolicy,
}

words! {
    /// What a native tag is to do.
    ControlAction {
        /// Stop, and start again with the address it has.
        PlayAgain = "play-again",
        /// Leave the page, and come back as a new tag with the same address.
        Remount = "remount",
        /// Get ready to push; the address follows.
        Start = "start",
        /// Stop: the stream is no longer ours to push. Microphone and camera go off.
        Stop = "stop",
    }
}

/// A stream that broke.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StreamFailed {
    /// The user who publishes the stream; this client's own user id for the stream that it pushes.
    pub uid: UserId,
    /// Whether it is the user's screen.
    pub screen: bool,
    /// One English sentence.
    pub reason: Cow<'static, str>,
}

/// What is about to end, and when.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenWillExpire {
    /// Seconds until then, by the gateway's clock.
    pub expires_in: u32,
    /// The whole token, or the right to publish or to subscribe.
    pub scope: TokenScope,
}

/// A stream's new address.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct UpdateUrl {
    /// The user who publishes the stream; this client's own user id for the stream that it pushes.
    pub uid: UserId,
    /// Whether it is the user's screen.
    pub screen: bool,
    /// For `live-pusher` or `live-player`.
    pub url: Secret,
}
