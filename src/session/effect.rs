//! Effects: everything a session wants done, in the order in which it must be done.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::call::{CallId, Reply};
use super::error::RtcError;
use super::event::ClientEvent;
use super::time::Time;
use crate::protocol::ClientFrame;

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Close a socket; what it still says will be ignored.
    Close {
        /// The generation of the socket, from `Open`.
        generation: u32,
        /// The WebSocket close code that the gateway is to see.
        code: u16,
    },
    /// Tell the page.
    Emit(ClientEvent),
    /// Write a line to the log.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// The line; holds no secret.
        message: Cow<'static, str>,
    },
    /// Open a socket.
    Open {
        /// Its number, greater than any before.
        generation: u32,
        /// The address of the gateway (`wss://…`).
        url: String,
    },
    /// Send a frame on an open socket.
    Send {
        /// The generation of the socket, from `Open`.
        generation: u32,
        /// The frame to write as one text message.
        frame: ClientFrame,
    },
    /// Settle a call; happens once for each.
    Settle {
        /// The call, by the number that its caller gave it.
        call: CallId,
        /// What the call gives, or why it failed.
        outcome: Result<Reply, RtcError>,
    },
    /// Hand in a [`Tick`](super::Input::Tick) at that time; replaces the wish before it.
    WakeAt {
        /// When the next `Tick` is due, by the clock of the inputs.
        at: Time,
        /// What is due then, for the log.
        reason: WakeReason,
    },
}

/// What a session wants to be woken for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum WakeReason {
    /// A socket takes too long to open.
    Connect,
    /// A repair of a stream is to be looked at.
    Media,
    /// A ping is due.
    Ping,
    /// The next attempt to reconnect is due.
    Reconnect,
    /// An answer takes too long.
    Request,
    /// Whoever a restart of the gateway left missing in the room has been waited for.
    Room,
    /// A token is about to end.
    Token,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogLevel {
    /// An oddity that was handled.
    Warn,
    /// A step of the session's life.
    Info,
}

impl LogLevel {
    /// The word in JavaScript.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}

/// The effects of one input, as they come about.
#[derive(Default)]
pub(super) struct Doings {
    pub(super) effects: Vec<Effect>,
    /// Why the connection's state may have changed.
    pub(super) cause: Cow<'static, str>,
}

impl Doings {
    /// Keeps from the page what tells of the room: the page has left it.
    pub(super) fn hush(&mut self) {
        self.effects.retain(|effect| !matches!(effect, Effect::Emit(event) if event.is_of_room()));
    }

    pub(super) fn emit(&mut self, event: ClientEvent) {
        self.effects.push(Effect::Emit(event));
    }

    pub(super) fn settle(&mut self, call: CallId, outcome: Result<Reply, RtcError>) {
        self.effects.push(Effect::Settle { call, outcome });
    }

    pub(super) fn log(&mut self, level: LogLevel, message: impl Into<Cow<'static, str>>) {
        self.effects.push(Effect::Log { level, message: message.into() });
    }
}
