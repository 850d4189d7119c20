//! Requests: what a client asks, and the notices it sends without awaiting an answer.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::id::{AppId, BusinessId, Epoch, RoomId, Secret, SessionId, StreamId, UserId};
use super::word::words;

/// A request with its parameters. The wire form is `{"id":…,"op":…,"m":METHOD,"p":PARAMETERS}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Request {
    /// Enters a room. The first request of a socket, or `resume` is.
    Join(Join),
    /// Leaves the room and ends the session.
    Leave(Empty),
    /// Asks which address a pusher of ours still needs (also before its old one ends).
    RenewUrl(StreamOf),
    /// Replaces the session's token.
    RenewToken(RenewToken),
    /// Asks for the room as it is.
    Sync(Empty),
    /// Says that we are here, and up to which event.
    Ping(Ping),
    /// Asks for an address to push a stream to.
    Publish(Publish),
    /// Ends a stream of ours.
    Unpublish(Publish),
    /// Says which tracks of our stream are off.
    MuteLocal(MuteLocal),
    /// Pauses or resumes tracks of a stream we receive.
    MuteRemote(MuteRemote),
    /// Continues a session on a new socket.
    Resume(Resume),
    /// Shows us to the room, or hides us.
    SetVisibility(SetVisibility),
    /// Asks for an address to play a stream from.
    Subscribe(Subscribe),
    /// Ends a subscription.
    Unsubscribe(StreamOf),
}

words! {
    /// Which kind of request a frame is.
    Method {
        /// See [`Request::Join`].
        Join = "join",
        /// See [`Request::Leave`].
        Leave = "leave",
        /// See [`Request::MuteLocal`].
        MuteLocal = "mute_local",
        /// See [`Request::MuteRemote`].
        MuteRemote = "mute_remote",
        /// See [`Request::Ping`].
        Ping = "ping",
        /// See [`Request::Publish`].
        Publish = "publish",
        /// See [`Request::RenewToken`].
        RenewToken = "renew_token",
        /// See [`Request::RenewUrl`].
        RenewUrl = "renew_url",
        /// See [`Request::Resume`].
        Resume = "resume",
        /// See [`Request::SetVisibility`].
        SetVisibility = "set_visibility",
        /// See [`Request::Subscribe`].
        Subscribe = "subscribe",
        /// See [`Request::Sync`].
        Sync = "sync",
        /// See [`Request::Unpublish`].
        Unpublish = "unpublish",
        /// See [`Request::Unsubscribe`].
        Unsubscribe = "unsubscribe",
    }
}

impl Request {
    /// Which kind of request this is.
    pub const fn method(&self) -> Method {
        match self {
            Self::Join(_) => Method::Join,
            Self::Leave(_) => Method::Leave,
            Self::MuteLocal(_) => Method::MuteLocal,
            Self::MuteRemote(_) => Method::MuteRemote,
            Self::Ping(_) => Method::Ping,
            Self::Publish(_) => Method::Publish,
            Self::RenewToken(_) => Method::RenewToken,
            Self::RenewUrl(_) => Method::RenewUrl,
            Self::Resume(_) => Method::Resume,
            Self::SetVisibility(_) => Method::SetVisibility,
            Self::Subscribe(_) => Method::Subscribe,
            Self::Sync(_) => Method::Sync,
            Self::Unpublish(_) => Method::Unpublish,
            Self::Unsubscribe(_) => Method::Unsubscribe,
        }
    }
}

/// Parameters of a request that has none: `{}`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Empty {}

/// Parameters of `join`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Join {
    /// The application.
    pub app: AppId,
    /// The room; it comes to be with its first member.
    pub room: RoomId,
    /// Who joins.
    pub user: UserId,
    /// AccessToken 001 for exactly these three.
    pub token: Secret,
    /// Whether others see us. Default true.
    #[serde(default = "yes")]
    pub visible: bool,
    /// A tag for the application's own accounting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<BusinessId>,
    /// Name and version of the client software.
    #[serde(default)]
    pub agent: String,
}

/// Parameters of `resume`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resume {
    /// The session, from the join answer.
    pub session: SessionId,
    /// Its secret, from the join answer.
    pub secret: Secret,
    /// History the client has followed.
    pub epoch: Epoch,
    /// Last event it has applied.
    pub offset: u32,
}

/// Parameters of `renew_token`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RenewToken {
    /// A token for the same application, room and user.
    pub token: Secret,
}

/// Parameters of `ping`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Ping {
    /// Last event the client has applied.
    pub offset: u32,
}

words! {
    /// What a stream shows.
    StreamKind {
        /// Camera and microphone.
        Camera = "camera",
        /// A shared screen.
        Screen = "screen",
    }
}

impl Default for StreamKind {
    /// [`StreamKind::Camera`].
    fn default() -> Self {
        Self::Camera
    }
}

/// Parameters of `publish` and `unpublish`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Publish {
    /// Which of our two streams.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Parameters of `mute_local`: what is **on**.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MuteLocal {
    /// Which of our two streams.
    #[serde(default)]
    pub kind: StreamKind,
    /// Whether its sound is on.
    pub audio: bool,
    /// Whether its picture is on.
    pub video: bool,
}

/// Parameters of `subscribe`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Subscribe {
    /// Whose stream.
    pub user: UserId,
    /// Which of the user's two streams.
    #[serde(default)]
    pub kind: StreamKind,
    /// Whether its sound is wanted.
    #[serde(default = "yes")]
    pub audio: bool,
    /// Whether its picture is wanted.
    #[serde(default = "yes")]
    pub video: bool,
}

/// Parameters of `mute_remote`: what is **wanted** of a subscribed stream.
pub type MuteRemote = Subscribe;

/// Parameters of `unsubscribe` and `renew_url`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamOf {
    /// Whose stream; for `renew_url` the own user names a stream that we push.
    pub user: UserId,
    /// Which of the user's two streams.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Parameters of `set_visibility`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SetVisibility {
    /// Whether others see us.
    pub visible: bool,
}

/// A one-way message: it has no `id` and gets no answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Notice {
    /// What a native pusher or player said.
    Report(Report),
}

impl Notice {
    /// Name of the `report` notice on the wire.
    pub const REPORT: &str = "report";

    /// The name on the wire.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Report(_) => Self::REPORT,
        }
    }
}

/// Parameters of `report`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// Which end of the stream speaks.
    pub role: Role,
    /// The stream it is about.
    pub stream: StreamId,
    /// The native code, unchanged.
    pub code: i32,
    /// What the code means.
    pub health: Health,
}

words! {
    /// Which end of a stream a client is.
    Role {
        /// Plays it.
        Player = "player",
        /// Pushes it.
        Pusher = "pusher",
    }
}

words! {
    /// How a native pusher or player is doing.
    Health {
        /// Not there yet.
        Connecting = "connecting",
        /// Media flows.
        Live = "live",
        /// Media flows badly.
        Weak = "weak",
        /// It lost the server and tries again by itself.
        Retrying = "retrying",
        /// It gave up.
        Failed = "failed",
    }
}

impl Default for Health {
    /// [`Health::Connecting`].
    fn default() -> Self {
        Self::Connecting
    }
}

const fn yes() -> bool {
    true
}
