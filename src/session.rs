//! The mind of the SDK: a pure state machine. One input goes in, all its effects come out, in order.
//!
//! It owns no socket, no clock and no randomness: the caller brings the time with every input and the seed at the start,
//! and does what the effects say. `client` is that caller.

mod arguments;
mod background;
mod call;
mod client;
mod effect;
mod error;
mod event;
mod follower;
mod identity;
mod input;
mod link;
mod phone;
mod repair;
mod report;
mod requests;
mod rights;
mod roster;
#[expect(clippy::module_inception, reason = "the session itself is one part of what the module is about")]
mod session;
mod state;
mod streams;
mod surroundings;
mod time;
mod transport;
mod turn;

pub use self::background::BackgroundPolicy;
pub use self::call::{
    Call, CallId, InitCall, JoinCall, MuteLocalCall, MuteRemoteCall, OwnStream, Reply, SetBusinessIdCall,
    SetUserVisibilityCall, SubscribeCall, UnsubscribeCall, UpdateTokenCall,
};
pub use self::client::ClientState;
pub use self::effect::{Effect, LogLevel, WakeReason};
pub use self::error::{ErrorNumber, RtcError};
pub use self::event::{
    ClientEvent, ConnectionStateChanged, ControlAction, Peer, Reasoned, SocketClosed, StreamAdded, StreamControl,
    StreamFailed, StreamRef, TokenWillExpire, UpdateUrl,
};
pub use self::input::{Input, Signal, SocketEvent};
pub use self::report::{NativeReport, Said};
pub use self::state::ConnectionState;
pub use self::time::Time;
pub use self::transport::TransportChoice;
