//! A [`RoomView`] is a room as its operator sees it.

use miniapp_rtc::protocol::{AppId, RoomId, StreamId, StreamKind, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::member::{Member, Presence};
use super::moment::Moment;
use super::publication::Flow;
use super::state::Room;

/// A room in a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomSummary {
    /// The application that the room belongs to.
    #[schema(value_type = String)]
    pub app: AppId,
    /// The room's id in it.
    #[schema(value_type = String)]
    pub room: RoomId,
    /// Members, suspended and invisible ones too.
    pub members: usize,
    /// Streams that can be subscribed to.
    pub streams: usize,
}

/// A room with its members and streams.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct RoomView {
    /// The application that the room belongs to.
    #[schema(value_type = String)]
    pub app: AppId,
    /// The room's id in it.
    #[schema(value_type = String)]
    pub room: RoomId,
    /// Its members, in the order of their ids.
    pub members: Vec<MemberView>,
    /// Its streams, in the order of their publishers.
    pub streams: Vec<StreamView>,
    /// Who is kept out, in the order of their ids.
    pub bans: Vec<BanView>,
}

/// Somebody who is kept out of a room.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct BanView {
    /// The id of the user who may not join.
    #[schema(value_type = String)]
    pub user: UserId,
    /// For how many seconds from now, rounded up.
    pub seconds: u64,
}

/// Somebody who has joined a room and has not left it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct MemberView {
    /// The id that the member joined with.
    #[schema(value_type = String)]
    pub user: UserId,
    /// Whether other members see the user.
    pub visible: bool,
    /// Whether the user's socket was lost and may come back.
    pub suspended: bool,
}

/// A camera or a screen that a member publishes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct StreamView {
    /// The stream's id, which media URLs name: unique over all rooms.
    #[schema(value_type = String)]
    pub stream: StreamId,
    /// The id of the user who publishes it.
    #[schema(value_type = String)]
    pub user: UserId,
    /// `camera` or `screen`.
    #[schema(value_type = String)]
    pub kind: StreamKind,
    /// Which publication of the user's camera or screen it is, from 1.
    pub generation: u32,
    /// Whether media flows.
    pub state: FlowView,
    /// Whether its sound is on.
    pub audio: bool,
    /// Whether its picture is on.
    pub video: bool,
    /// Whether the operator keeps its sound off.
    pub audio_muted: bool,
    /// Whether the operator keeps its picture off.
    pub video_muted: bool,
    /// How many members subscribe to it.
    pub subscribers: usize,
}

/// Whether the media of a stream flows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FlowView {
    /// Not yet: its publisher has an address and has not pushed.
    Leased,
    /// It flows.
    Live,
    /// It stopped and may come back.
    Stalled,
}

impl Room {
    /// The room in a list.
    pub fn summary(&self) -> RoomSummary {
        let counts = self.counts();
        let (app, room) = (self.name.app.clone(), self.name.room.clone());
        RoomSummary { app, room, members: counts.sessions, streams: counts.streams }
    }

    /// The room as its operator sees it.
    pub fn view(&self, now: Moment) -> RoomView {
        let member = |(user, member): (&UserId, &Member)| MemberView {
            user: user.clone(),
            visible: member.visible,
            suspended: matches!(member.presence, Presence::Suspended { .. }),
        };
        let streams = self.publications.iter().map(|(key, publication)| {
            let allowed = self.allowed_tracks(key);
            StreamView {
                stream: publication.stream.clone(),
                user: key.0.clone(),
                kind: key.1,
                generation: publication.generation,
                state: FlowView::of(publication.flow),
                audio: publication.tracks.audio,
                video: publication.tracks.video,
                audio_muted: !allowed.audio,
                video_muted: !allowed.video,
                subscribers: publication.subscribers.len(),
            }
        });
        let bans = self
            .bans
            .iter()
            .map(|(user, until)| BanView { user: user.clone(), seconds: until.saturating_sub(now.ms).div_ceil(1000) });
        RoomView {
            app: self.name.app.clone(),
            room: self.name.room.clone(),
            members: self.members.iter().map(member).collect(),
            streams: streams.collect(),
            bans: bans.collect(),
        }
    }
}

impl FlowView {
    fn of(flow: Flow) -> Self {
        match flow {
            Flow::Leased => Self::Leased,
            Flow::Live(_) => Self::Live,
            Flow::Stalled { .. } => Self::Stalled,
        }
    }
}
