//! The link: which socket a session has, and how it gets the next.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::effect::{Doings, Effect, LogLevel, WakeReason};
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, SocketClosed};
use super::input::SocketEvent;
use super::time::{
    BACKOFF_EARLY_ATTEMPTS, BACKOFF_EARLY_MS, BACKOFF_FIRST_MS, BACKOFF_MOST_MS, CONNECT_MS, MOST_AWAY_MS, OFFLINE_MS,
    RECONNECT_ATTEMPTS, Time,
};
use super::turn::Turn;
use crate::protocol::{ServerFrame, limits};

/// The socket and the attempts to have one.
#[derive(Clone, Debug)]
pub(super) struct Link {
    gateways: Vec<String>,
    socket: Socket,
    /// Index of the gateway in use, counted on over the end of the list.
    gateway: usize,
    /// Attempts since the room was last entered.
    attempts: u32,
    /// The gateway asked not to come back earlier.
    not_before: Time,
    /// Whether the page was told of an error since the room was last entered.
    is_told: bool,
}

#[derive(Clone, Debug)]
enum Socket {
    /// None; the next is opened at that time.
    Down { retry_at: Time },
    /// On its way.
    Opening { generation: u32, deadline: Time },
    /// Open; a ping is due at `ping_at`.
    Open { generation: u32, ping_at: Time },
}

const NEVER: Time = Time(u64::MAX);
/// There is no socket, and nobody decided yet when to open the next.
const GONE: Socket = Socket::Down { retry_at: NEVER };

/// What the present socket said.
pub(super) enum LinkNews {
    /// Nothing that matters to anybody else.
    Nothing,
    /// It is open.
    Opened,
    /// A frame came.
    Frame(ServerFrame),
    /// It is gone.
    Lost(String),
    /// It is gone, and the gateway wants no other.
    Ended(String),
}

/// What is due.
pub(super) enum LinkDue {
    /// Nothing, or nothing that is left to do.
    Nothing,
    /// The gateway is to be asked whether the socket lives.
    Ping,
    /// The socket is given up.
    Lost(&'static str),
}

/// How far the present socket is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    Down,
    Opening,
    Open,
}

impl Link {
    pub(super) const fn new(gateways: Vec<String>) -> Self {
        Self {
            gateways,
            socket: Socket::Down { retry_at: Time(0) },
            gateway: 0,
            attempts: 0,
            not_before: Time(0),
            is_told: false,
        }
    }

    /// The number of the socket, if it is open.
    pub(super) const fn open_generation(&self) -> Option<u32> {
        match self.socket {
            Socket::Open { generation, .. } => Some(generation),
            Socket::Down { .. } | Socket::Opening { .. } => None,
        }
    }

    pub(super) const fn condition(&self) -> Condition {
        match self.socket {
            Socket::Down { .. } => Condition::Down,
            Socket::Opening { .. } => Condition::Opening,
            Socket::Open { .. } => Condition::Open,
        }
    }

    const fn generation(&self) -> Option<u32> {
        match self.socket {
            Socket::Open { generation, .. } | Socket::Opening { generation, .. } => Some(generation),
            Socket::Down { .. } => None,
        }
    }

    /// Opens a socket to the gateway in use.
    pub(super) fn open(&mut self, turn: &mut Turn<'_>) {
        let count = self.gateways.len().max(1);
        let Some(url) = self.gateways.get(self.gateway % count) else { return };
        let generation = turn.identity.generation();
        self.socket = Socket::Opening { generation, deadline: turn.now + CONNECT_MS };
        turn.out.effects.push(Effect::Open { generation, url: url.clone() });
    }

    pub(super) fn close(&mut self, code: u16, out: &mut Doings) {
        if let Some(generation) = self.generation() {
            out.effects.push(Effect::Close { generation, code });
        }
        self.socket = GONE;
    }

    /// The socket is believed dead.
    pub(super) fn abandon(&mut self, reason: &str, out: &mut Doings) {
        self.close(limits::close::IDLE, out);
        announce_close(1006, reason, out);
    }

    /// A socket said something. While the page `is_joining`, an attempt that another follows is not its business.
    pub(super) fn hear(
        &mut self,
        generation: u32,
        event: SocketEvent,
        is_joining: bool,
        turn: &mut Turn<'_>,
    ) -> LinkNews {
        if self.generation() != Some(generation) {
            return LinkNews::Nothing;
        }
        match event {
            SocketEvent::Opened => {
                self.socket = Socket::Open { generation, ping_at: turn.now + CONNECT_MS };
                LinkNews::Opened
            }
            SocketEvent::Frame(frame) => LinkNews::Frame(frame),
            SocketEvent::Unreadable(error) => {
                let line = ["a frame of the gateway was dropped: ", &error.to_string()].concat();
                turn.out.log(LogLevel::Warn, line);
                LinkNews::Nothing
            }
            SocketEvent::Failed { reason } => {
                let was_open = self.condition() == Condition::Open;
                self.socket = GONE;
                if is_joining && self.is_last_gateway() {
                    announce_error(&reason, &mut turn.out);
                }
                if was_open {
                    announce_close(1006, &reason, &mut turn.out);
                }
                LinkNews::Lost(reason)
            }
            SocketEvent::Closed { code, reason } => {
                self.socket = GONE;
                announce_close(code, &reason, &mut turn.out);
                if (4500..5000).contains(&code) { LinkNews::Ended(reason) } else { LinkNews::Lost(reason) }
            }
        }
    }

    /// The room was entered on the present socket.
    pub(super) const fn entered(&mut self, first_ping: Time) {
        (self.attempts, self.is_told) = (0, false);
        self.ping_at(first_ping);
    }

    /// The next ping is due then.
    pub(super) const fn ping_at(&mut self, at: Time) {
        if let Socket::Open { ping_at, .. } = &mut self.socket {
            *ping_at = at;
        }
    }

    pub(super) fn is_last_gateway(&self) -> bool {
        self.attempts as usize + 1 >= self.gateways.len()
    }

    /// Before the room was ever entered: tries the next gateway.
    ///
    /// # Errors
    /// `WEBSOCKET_FAILED` after the last one.
    pub(super) fn try_next(&mut self, reason: &str, turn: &mut Turn<'_>) -> Result<(), RtcError> {
        self.attempts = self.attempts.saturating_add(1);
        self.gateway = self.gateway.wrapping_add(1);
        if (self.attempts as usize) < self.gateways.len() {
            turn.out.log(LogLevel::Warn, ["a gateway failed, trying the next: ", reason].concat());
            self.open(turn);
            return Ok(());
        }
        let tried = self.attempts.to_string();
        let said = ["no gateway could be reached (tried ", &tried, "): ", reason].concat();
        Err(RtcError::new(ErrorNumber::WebSocketFailed, said))
    }

    /// The socket that knew the session is gone: the same gateway is tried first, and soon.
    pub(super) fn retry_first(&mut self, is_offline: bool, turn: &mut Turn<'_>) {
        self.attempts = 0;
        self.retry(BACKOFF_FIRST_MS, is_offline, turn);
    }

    /// An attempt to come back failed: another gateway is tried, after a longer wait.
    ///
    /// # Errors
    /// `WEBSOCKET_FAILED` after the last attempt.
    pub(super) fn retry_next(&mut self, reason: &str, is_offline: bool, turn: &mut Turn<'_>) -> Result<(), RtcError> {
        self.attempts = self.attempts.saturating_add(1);
        if self.attempts >= RECONNECT_ATTEMPTS {
            let reason = "the way back to the room was not found; join again";
            return Err(RtcError::new(ErrorNumber::WebSocketFailed, reason));
        }
        if !core::mem::replace(&mut self.is_told, true) {
            announce_error(reason, &mut turn.out);
        }
        self.gateway = self.gateway.wrapping_add(1);
        let ceiling = if self.attempts < BACKOFF_EARLY_ATTEMPTS { BACKOFF_EARLY_MS } else { BACKOFF_MOST_MS };
        let most = BACKOFF_FIRST_MS.saturating_mul(1 << self.attempts.min(8)).min(ceiling);
        self.retry(most, is_offline, turn);
        Ok(())
    }

    /// Opens the next socket after a random wait: the clients of a gateway that restarts must not come back all at
    /// once.
    fn retry(&mut self, most: u32, is_offline: bool, turn: &mut Turn<'_>) {
        let wait = if is_offline { OFFLINE_MS } else { turn.identity.up_to(most) };
        self.socket = Socket::Down { retry_at: (turn.now + wait).max(self.not_before) };
    }

    /// Opens the next socket as soon as the gateway allows it.
    pub(super) fn hasten(&mut self, turn: &mut Turn<'_>) {
        self.attempts = 0;
        if turn.now < self.not_before {
            self.socket = Socket::Down { retry_at: self.not_before };
        } else {
            self.open(turn);
        }
    }

    /// The gateway asks to be left alone for a while before the next socket.
    pub(super) fn stay_away(&mut self, milliseconds: u32, now: Time) {
        self.not_before = now + milliseconds.min(MOST_AWAY_MS);
    }

    /// There is no network: an attempt now and then, in case the phone is wrong.
    pub(super) fn rest(&mut self, now: Time) {
        if let Socket::Down { retry_at } = &mut self.socket {
            *retry_at = now + OFFLINE_MS;
        }
    }

    pub(super) const fn next_due(&self) -> (Time, WakeReason) {
        match self.socket {
            Socket::Down { retry_at } => (retry_at, WakeReason::Reconnect),
            Socket::Opening { deadline, .. } => (deadline, WakeReason::Connect),
            Socket::Open { ping_at, .. } => (ping_at, WakeReason::Ping),
        }
    }

    /// Does what is due, and says what is left to do.
    pub(super) fn do_due(&mut self, turn: &mut Turn<'_>) -> LinkDue {
        match self.socket {
            Socket::Down { .. } => {
                self.open(turn);
                LinkDue::Nothing
            }
            Socket::Opening { .. } => {
                self.close(limits::close::IDLE, &mut turn.out);
                LinkDue::Lost("the socket took too long to open")
            }
            Socket::Open { .. } => LinkDue::Ping,
        }
    }
}

fn announce_error(reason: &str, out: &mut Doings) {
    let code = ErrorNumber::WebSocketFailed as u32;
    out.emit(ClientEvent::Error(SocketClosed { code, reason: String::from(reason).into() }));
}

fn announce_close(code: u16, reason: &str, out: &mut Doings) {
    let closed = SocketClosed { code: code.into(), reason: String::from(reason).into() };
    if code != limits::close::NORMAL {
        out.emit(ClientEvent::Disconnect(closed.clone()));
    }
    out.emit(ClientEvent::Close(closed));
}
