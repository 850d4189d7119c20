//! The words of the wire: every message, identifier, limit and error code of protocol version 1.
//!
//! `docs/protocol.md` is the specification; `tests/vectors/` keeps both equal. Nothing here knows sockets, clocks or rooms.

pub mod answer;
mod body;
pub mod document;
pub mod error_code;
pub mod event;
pub(crate) mod fields;
pub mod frame;
pub mod id;
pub mod limits;
pub mod methods;
pub mod request;
pub mod tracks;
mod word;

pub use answer::{Answer, Joined, Lease, Limits, MediaUrl, Member, Pong, Resumed, Snapshot, Stream};
pub use document::{DecodeError, Document};
pub use error_code::{ErrorCode, Refusal, Remedy};
pub use event::{
    Bye, ByeAction, Event, KickReason, Kicked, LeaveReason, MemberIs, MemberLeft, Position, RemoveReason, StreamIs,
    StreamRemoved, TokenExpiring, TokenScope, UrlUpdated,
};
pub use frame::{BadClientFrame, ClientFrame, RequestFrame, ServerFrame};
pub use id::{AppId, BusinessId, Epoch, InvalidId, OperationId, RoomId, Secret, SessionId, StreamId, UserId};
pub use methods::{Act, Method, Request, RequestOf, Subject};
pub use request::{
    Empty, Health, Join, MuteLocal, MuteRemote, Notice, Ping, Publish, RenewToken, Report, Resume, Role, SetVisibility,
    StreamKind, StreamOf, Subscribe,
};
pub use tracks::Tracks;
pub(crate) use word::words;
