//! The link: which socket a membership has, and how it gets the next.

use alloc::string::{String, ToString};

use super::{Membership, Purpose, Request, Stage};
use crate::protocol::{Ping, limits};
use crate::session::effect::{Effect, LogLevel, WakeReason};
use crate::session::error::{ErrorNumber, RtcError};
use crate::session::event::{ClientEvent, SocketClosed};
use crate::session::input::SocketEvent;
use crate::session::state::ConnectionState;
use crate::session::time::{
    BACKOFF_EARLY_ATTEMPTS, BACKOFF_EARLY_MS, BACKOFF_FIRST_MS, BACKOFF_MOST_MS, CONNECT_MS, MOST_AWAY_MS, OFFLINE_MS,
    PROBE_MS, RECONNECT_ATTEMPTS, REQUEST_MS, Time, WEAK_MS,
};
use crate::session::turn::Turn;

/// The socket and the attempts to have one.
#[derive(Clone, Debug)]
pub(super) struct Link {
    socket: Socket,
    /// Index of the gateway in use.
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
    /// There.
    Open { generation: u32, ping_at: Time },
}

const NEVER: Time = Time(u64::MAX);
/// There is no socket, and nobody decided yet when to open the next.
const GONE: Socket = Socket::Down { retry_at: NEVER };

impl Link {
    pub(super) const fn new() -> Self {
        Self {
            socket: Socket::Down { retry_at: Time(0) },
            gateway: 0,
            attempts: 0,
            not_before: Time(0),
            is_told: false,
        }
    }

    pub(super) const fn open_generation(&self) -> Option<u32> {
        match self.socket {
            Socket::Open { generation, .. } => Some(generation),
            Socket::Down { .. } | Socket::Opening { .. } => None,
        }
    }

    const fn generation(&self) -> Option<u32> {
        match self.socket {
            Socket::Open { generation, .. } | Socket::Opening { generation, .. } => Some(generation),
            Socket::Down { .. } => None,
        }
    }

    pub(super) fn close(&mut self, code: u16, turn: &mut Turn<'_>) {
        if let Some(generation) = self.generation() {
            turn.out.effects.push(Effect::Close { generation, code });
        }
        self.socket = GONE;
    }

    pub(super) fn next_wake(&self) -> Option<(Time, WakeReason)> {
        match self.socket {
            Socket::Down { retry_at } => Some((retry_at, WakeReason::Reconnect)),
            Socket::Opening { deadline, .. } => Some((deadline, WakeReason::Connect)),
            Socket::Open { ping_at, .. } => Some((ping_at, WakeReason::Ping)),
        }
    }

    /// The room was entered on the present socket.
    pub(super) const fn entered(&mut self, first_ping: Time) {
        (self.attempts, self.is_told) = (0, false);
        if let Socket::Open { ping_at, .. } = &mut self.socket {
            *ping_at = first_ping;
        }
    }
}

impl Membership {
    pub(super) fn open(&mut self, turn: &mut Turn<'_>) {
        let count = self.gateways.len().max(1);
        let Some(url) = self.gateways.get(self.link.gateway % count) else { return };
        let generation = turn.identity.generation();
        self.link.socket = Socket::Opening { generation, deadline: turn.now + CONNECT_MS };
        turn.out.effects.push(Effect::Open { generation, url: url.clone() });
    }

    /// A socket said something.
    pub(crate) fn on_socket(&mut self, generation: u32, event: SocketEvent, turn: &mut Turn<'_>) {
        if self.link.generation() != Some(generation) {
            return;
        }
        match event {
            SocketEvent::Opened => {
                self.link.socket = Socket::Open { generation, ping_at: turn.now + CONNECT_MS };
                self.enter_and_flush(turn);
            }
            SocketEvent::Frame(frame) => {
                // Whatever comes shows that the socket lives.
                self.waiting.postpone_ping(turn.now + self.patience());
                self.on_frame(frame, turn);
            }
            SocketEvent::Unreadable(error) => {
                turn.out.log(LogLevel::Warn, ["a frame of the gateway was dropped: ", &error.to_string()].concat());
            }
            SocketEvent::Failed { reason } => {
                let was_open = self.link.open_generation().is_some();
                self.link.socket = GONE;
                // An attempt that another follows is not the page's business.
                if matches!(self.stage, Stage::Joining { .. }) && self.is_last_gateway() {
                    announce_error(&reason, turn);
                }
                if was_open {
                    announce_close(1006, &reason, turn);
                }
                self.lost(reason, turn);
            }
            SocketEvent::Closed { code, reason } => {
                self.link.socket = GONE;
                announce_close(code, &reason, turn);
                if (4500..5000).contains(&code) {
                    let error =
                        RtcError::new(ErrorNumber::WebSocketFailed, "the gateway ended the session; join again");
                    self.end(ConnectionState::Disconnected, reason.into(), &error, turn);
                } else {
                    self.lost(reason, turn);
                }
            }
        }
    }

    /// The first join goes out ahead of everything that already waits.
    fn enter_and_flush(&mut self, turn: &mut Turn<'_>) {
        let held = self.waiting.drain();
        self.enter(turn);
        for waiting in held {
            self.waiting.add(waiting);
        }
        self.flush(turn);
    }

    /// The socket is gone; looks for the next, or gives up.
    pub(super) fn lost(&mut self, reason: String, turn: &mut Turn<'_>) {
        self.link.attempts = self.link.attempts.saturating_add(1);
        let attempts = self.link.attempts;
        match &mut self.stage {
            Stage::Joining { .. } => {
                self.waiting.unsend(None);
                self.link.gateway = self.link.gateway.wrapping_add(1);
                if (attempts as usize) < self.gateways.len() {
                    turn.out.log(LogLevel::Warn, ["a gateway failed, trying the next: ", &reason].concat());
                    self.open(turn);
                } else {
                    let number = ErrorNumber::WebSocketFailed;
                    let error = RtcError::new(
                        number,
                        ["no gateway could be reached (tried ", &attempts.to_string(), "): ", &reason].concat(),
                    );
                    self.end(ConnectionState::Disconnected, reason.into(), &error, turn);
                }
            }
            Stage::Leaving { .. } => self.end_left(turn),
            Stage::Joined(standing) => {
                self.stage = Stage::Recovering(standing.clone());
                self.link.attempts = 0;
                self.retry(reason, BACKOFF_FIRST_MS, turn);
            }
            Stage::Recovering(_) => {
                if attempts >= RECONNECT_ATTEMPTS {
                    let error = RtcError::new(
                        ErrorNumber::WebSocketFailed,
                        "the way back to the room was not found; join again",
                    );
                    self.end(ConnectionState::Disconnected, reason.into(), &error, turn);
                    return;
                }
                if !core::mem::replace(&mut self.link.is_told, true) {
                    announce_error(&reason, turn);
                }
                self.link.gateway = self.link.gateway.wrapping_add(1);
                let ceiling = if attempts < BACKOFF_EARLY_ATTEMPTS { BACKOFF_EARLY_MS } else { BACKOFF_MOST_MS };
                let most = BACKOFF_FIRST_MS.saturating_mul(1 << attempts.min(8)).min(ceiling);
                self.retry(reason, most, turn);
            }
        }
    }

    fn retry(&mut self, reason: String, most: u32, turn: &mut Turn<'_>) {
        let tracks_may_be_lost = self.waiting.has(|waiting| waiting.purpose == Purpose::Tracks);
        for wanted in &mut self.wanted {
            wanted.told.take_if(|_| tracks_may_be_lost);
            wanted.repairs.give_back();
        }
        self.waiting.unsend(Some(turn.now + REQUEST_MS));
        let wait = if self.phone.is_offline { OFFLINE_MS } else { turn.identity.up_to(most) };
        self.link.socket = Socket::Down { retry_at: (turn.now + wait).max(self.link.not_before) };
        turn.out.cause = reason.into();
    }

    pub(super) fn is_last_gateway(&self) -> bool {
        self.link.attempts as usize + 1 >= self.gateways.len()
    }

    /// The gateway asks to be left alone for a while before the next socket.
    pub(super) fn stay_away(&mut self, milliseconds: u32, now: Time) {
        self.link.not_before = now + milliseconds.min(MOST_AWAY_MS);
    }

    /// The socket is believed dead.
    pub(super) fn abandon(&mut self, reason: &str, turn: &mut Turn<'_>) {
        self.link.close(limits::close::IDLE, turn);
        announce_close(1006, reason, turn);
        self.lost(reason.into(), turn);
    }

    pub(super) fn tick_link(&mut self, turn: &mut Turn<'_>) {
        match self.link.socket {
            Socket::Down { retry_at } if retry_at <= turn.now => self.open(turn),
            Socket::Opening { generation, deadline } if deadline <= turn.now => {
                turn.out.effects.push(Effect::Close { generation, code: limits::close::IDLE });
                self.link.socket = GONE;
                self.lost("the socket took too long to open".into(), turn);
            }
            Socket::Open { ping_at, .. } if ping_at <= turn.now => self.ping(self.patience(), turn),
            Socket::Down { .. } | Socket::Opening { .. } | Socket::Open { .. } => {}
        }
    }

    /// Asks whether the socket lives; an answer is due within `patience` milliseconds, on a weak network later.
    pub(super) fn ping(&mut self, patience: u32, turn: &mut Turn<'_>) {
        let Stage::Joined(standing) = &self.stage else {
            if let Socket::Open { ping_at, .. } = &mut self.link.socket {
                *ping_at = turn.now + REQUEST_MS;
            }
            return;
        };
        let (offset, ping_ms) = (standing.offset, standing.ping_ms);
        if !self.waiting.has(|waiting| waiting.purpose == Purpose::Ping) {
            self.ask(Request::Ping(Ping { offset }), Purpose::Ping, turn);
        }
        let patience = if self.phone.is_weak { WEAK_MS } else { patience };
        self.waiting.hasten_ping(turn.now + patience);
        if let Socket::Open { ping_at, .. } = &mut self.link.socket {
            *ping_at = turn.now + ping_ms;
        }
    }

    /// Finds out at once whether there is still a connection; `was_away` for so long that there can be none.
    pub(super) fn hasten(&mut self, was_away: bool, turn: &mut Turn<'_>) {
        match &self.link.socket {
            Socket::Down { .. } => {}
            Socket::Opening { .. } => return,
            Socket::Open { .. } if was_away && matches!(self.stage, Stage::Joined(_)) => {
                self.abandon("the app came back", turn);
            }
            Socket::Open { .. } => return self.ping(PROBE_MS, turn),
        }
        self.link.attempts = 0;
        if turn.now < self.link.not_before {
            self.link.socket = Socket::Down { retry_at: self.link.not_before };
        } else {
            self.open(turn);
        }
    }

    /// There is no network: an attempt now and then, in case the phone is wrong.
    pub(super) fn rest(&mut self, now: Time) {
        if let Socket::Down { retry_at } = &mut self.link.socket {
            *retry_at = now + OFFLINE_MS;
        }
    }
}

impl Membership {
    /// Ends the stay as [`Membership::leave`] began to.
    pub(super) fn end_left(&mut self, turn: &mut Turn<'_>) {
        if let Stage::Leaving { reason, .. } = self.stage {
            self.end(ConnectionState::Idle, reason.into(), &left(), turn);
        }
    }
}

pub(super) fn left() -> RtcError {
    RtcError::new(ErrorNumber::NotInRoom, "the room was left before the call was answered")
}

fn announce_error(reason: &str, turn: &mut Turn<'_>) {
    let code = ErrorNumber::WebSocketFailed as u32;
    turn.out.emit(ClientEvent::Error(SocketClosed { code, reason: String::from(reason).into() }));
}

fn announce_close(code: u16, reason: &str, turn: &mut Turn<'_>) {
    let closed = SocketClosed { code: code.into(), reason: String::from(reason).into() };
    if code != limits::close::NORMAL {
        turn.out.emit(ClientEvent::Disconnect(closed.clone()));
    }
    turn.out.emit(ClientEvent::Close(closed));
}
