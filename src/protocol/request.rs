//! Parameters of requests, and the notices that a client sends without awaiting an answer.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::id::{AppId, BusinessId, Epoch, RoomId, Secret, SessionId, StreamId, UserId};
use super::tracks::Tracks;
use super::word::words;

/// Parameters of a request that has none: `{}`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Empty {}

/// Parameters of `join`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Join {
    /// The application that the room belongs to.
    pub app: AppId,
    /// The room. The gateway makes it for its first member.
    pub room: RoomId,
    /// The user who joins.
    pub user: UserId,
    /// AccessToken 001 for this application, room and user.
    pub token: Secret,
    /// Whether others see the user; true where the member is absent.
    #[serde(default = "yes")]
    pub visible: bool,
    /// A tag for the application's own accounting; `None` for no tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<BusinessId>,
    /// Name and version of the client software; empty where the client does not say.
    #[serde(default)]
    pub agent: String,
}

/// Parameters of `resume`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resume {
    /// The session to continue, from the join answer.
    pub session: SessionId,
    /// The session's secret, from the join answer.
    pub secret: Secret,
    /// The history that the client has followed.
    pub epoch: Epoch,
    /// The last event that the client has applied.
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
    /// The last event that the client has applied.
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
    /// [`StreamKind::Camera`], as the protocol says for an absent member.
    fn default() -> Self {
        Self::Camera
    }
}

/// Parameters of `publish` and `unpublish`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Publish {
    /// Which of the client's two streams; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Parameters of `mute_local`: what is **on**.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MuteLocal {
    /// Which of the client's two streams; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
    /// Whether the stream's sound is on.
    pub audio: bool,
    /// Whether the stream's picture is on.
    pub video: bool,
}

impl MuteLocal {
    /// The tracks that are to be on.
    pub const fn tracks(&self) -> Tracks {
        Tracks { audio: self.audio, video: self.video }
    }
}

/// Parameters of `subscribe`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Subscribe {
    /// The user who publishes the stream.
    pub user: UserId,
    /// Which of the user's two streams; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
    /// Whether the client wants the sound; true where the member is absent.
    #[serde(default = "yes")]
    pub audio: bool,
    /// Whether the client wants the picture; true where the member is absent.
    #[serde(default = "yes")]
    pub video: bool,
}

impl Subscribe {
    /// The tracks that the client wants.
    pub const fn tracks(&self) -> Tracks {
        Tracks { audio: self.audio, video: self.video }
    }
}

/// Parameters of `mute_remote`: what is **wanted** of a subscribed stream.
pub type MuteRemote = Subscribe;

/// Parameters of `unsubscribe` and `renew_url`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct StreamOf {
    /// The user who publishes the stream. In `renew_url` the client's own user id names a stream that the client
    /// pushes.
    pub user: UserId,
    /// Which of the user's two streams; the camera where the member is absent.
    #[serde(default)]
    pub kind: StreamKind,
}

/// Parameters of `set_visibility`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SetVisibility {
    /// Whether others see the user.
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
    /// Which end of the stream the native tag is.
    pub role: Role,
    /// The stream that the tag pushes or plays.
    pub stream: StreamId,
    /// The native code, unchanged; 0 where a network status led to the report.
    pub code: i32,
    /// What the code means.
    pub health: Health,
}

words! {
    /// Which end of a stream a client is.
    Role {
        /// The end that plays the stream.
        Player = "player",
        /// The end that pushes the stream.
        Pusher = "pusher",
    }
}

words! {
    /// How a native pusher or player is doing.
    Health {
        /// The tag has no media yet.
        Connecting = "connecting",
        /// Media flows, as well as it should.
        Live = "live",
        /// Media flows badly.
        Weak = "weak",
        /// The tag lost the server and tries again by itself.
        Retrying = "retrying",
        /// The tag gave up.
        Failed = "failed",
    }
}

impl Default for Health {
    /// [`Health::Connecting`]: a new tag has told nothing yet.
    fn default() -> Self {
        Self::Connecting
    }
}

const fn yes() -> bool {
    true
}
