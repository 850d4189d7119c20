//! An [`Input`] is one thing that can happen to a room.

use miniapp_rtc::protocol::{
    AppId, Method, MuteLocal, MuteRemote, OperationId, Publish, Report, Resume, Secret, SessionId, SetVisibility,
    StreamId, StreamOf, Subscribe, UserId,
};
use miniapp_rtc::token::RoomScope;

use super::terms::Terms;

/// The number of one socket, never used twice by the gateways that share a room.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SocketId(pub u64);

/// One thing that happens to a room.
#[derive(Clone, Debug)]
pub enum Input {
    /// A client asks.
    Ask(Asked),
    /// A client tells how a native pusher or player is doing.
    Report {
        /// The client's socket.
        socket: SocketId,
        /// What it tells.
        report: Report,
    },
    /// A socket is gone; its client said nothing about leaving.
    LoseSocket(SocketId),
    /// A socket is closed because its client broke the protocol again and again: its session ends with it.
    Expel(SocketId),
    /// The media server tells.
    Media(MediaNews),
    /// Time has passed.
    Tick,
}

/// A request of a client.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The client's socket.
    pub socket: SocketId,
    /// The request's number on that socket.
    pub id: u32,
    /// The operation's name, the same in every repeat.
    pub operation: Option<OperationId>,
    /// What is asked.
    pub command: Command,
}

/// What a client asks, with all proofs already checked.
#[derive(Clone, Debug)]
pub enum Command {
    /// See `join`.
    Join(Entry),
    /// See `leave`.
    Leave,
    /// See `mute_local`.
    MuteLocal(MuteLocal),
    /// See `mute_remote`.
    MuteRemote(MuteRemote),
    /// See `ping`.
    Ping,
    /// See `publish`.
    Publish(Publish),
    /// See `renew_token`.
    RenewToken(Renewal),
    /// See `renew_url`.
    RenewUrl(StreamOf),
    /// See `resume`.
    Resume(Resume),
    /// See `set_visibility`.
    SetVisibility(SetVisibility),
    /// See `subscribe`.
    Subscribe(Subscribe),
    /// See `sync`.
    Sync,
    /// See `unpublish`.
    Unpublish(Publish),
    /// See `unsubscribe`.
    Unsubscribe(StreamOf),
}

impl Command {
    /// The method of the request.
    pub fn method(&self) -> Method {
        match self {
            Self::Join(_) => Method::Join,
            Self::Leave => Method::Leave,
            Self::MuteLocal(_) => Method::MuteLocal,
            Self::MuteRemote(_) => Method::MuteRemote,
            Self::Ping => Method::Ping,
            Self::Publish(_) => Method::Publish,
            Self::RenewToken(_) => Method::RenewToken,
            Self::RenewUrl(_) => Method::RenewUrl,
            Self::Resume(_) => Method::Resume,
            Self::SetVisibility(_) => Method::SetVisibility,
            Self::Subscribe(_) => Method::Subscribe,
            Self::Sync => Method::Sync,
            Self::Unpublish(_) => Method::Unpublish,
            Self::Unsubscribe(_) => Method::Unsubscribe,
        }
    }
}

/// A user whose token was proved for this room.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who.
    pub user: UserId,
    /// What the token allows.
    pub terms: Terms,
    /// Whether others shall see the user.
    pub visible: bool,
    /// A fresh random text that will prove the session when it resumes.
    pub secret: Secret,
}

/// A new token, whose signature and time were proved; what it names is for the room to compare.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// The application it is for.
    pub app: AppId,
    /// The room or rooms it opens.
    pub room: RoomScope,
    /// Whose token it is.
    pub user: UserId,
    /// What it allows.
    pub terms: Terms,
}

/// The number of a connection at the media server.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ConnectionNumber(pub u64);

/// What the media server tells. News may come twice, late or in the wrong order; the room matches all three names.
#[derive(Clone, Debug)]
pub enum MediaNews {
    /// Media of an accepted publisher flows.
    Started {
        /// The stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionNumber,
    },
    /// A publisher is gone.
    Stopped {
        /// The stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// The publisher's connection.
        connection: ConnectionNumber,
    },
    /// A player cannot get the tracks that flow, and no other, unless it connects anew.
    Outgrown {
        /// The stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
        /// Whose player.
        session: SessionId,
    },
}
