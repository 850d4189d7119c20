//! The state of a client: its life before, in and after a room.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::call::{Call, CallId, InitCall, Reply};
use super::effect::{Doings, Effect, WakeReason};
use super::error::{ErrorNumber, RtcError};
use super::event::{ClientEvent, ConnectionStateChanged};
use super::identity::Identity;
use super::input::Input;
use super::phone::Phone;
use super::session::{Session, SessionSetup};
use super::state::ConnectionState;
use super::time::Time;
use super::turn::Turn;
use crate::protocol::BusinessId;

/// What a client is between two inputs: before, in and after a room, in at most one at a time.
///
/// A clone is for those who look at what could come next: two clones that both went on would name their operations alike.
#[derive(Clone, Debug)]
pub struct ClientState {
    knowledge: Knowledge,
    identity: Identity,
}

/// All that a client knows, but for where its random numbers come from.
#[derive(Clone, Debug)]
struct Knowledge {
    life: ClientPhase,
    visible: bool,
    business: Option<BusinessId>,
    session: Option<Session>,
    state: ConnectionState,
    /// Orders given to native tags so far.
    controls: u32,
    phone: Phone,
    wake: Option<(Time, WakeReason)>,
}

#[derive(Clone, Debug)]
enum ClientPhase {
    /// `init` was not called yet.
    Fresh,
    /// `init` was called.
    Ready(InitCall),
    /// `destroy` was called.
    Destroyed,
}

impl ClientState {
    /// A client before `init`. Any number is a seed; operation ids and waiting times come from it.
    pub fn new(seed: u32) -> Self {
        let knowledge = Knowledge {
            life: ClientPhase::Fresh,
            visible: true,
            business: None,
            session: None,
            state: ConnectionState::Idle,
            controls: 0,
            phone: Phone::default(),
            wake: None,
        };
        Self { knowledge, identity: Identity::new(seed) }
    }

    /// Where the client stands towards its room.
    pub const fn state(&self) -> ConnectionState {
        self.knowledge.state
    }

    /// Takes one input and returns everything to be done about it, in order.
    pub fn handle(&mut self, input: Input, now: Time) -> Vec<Effect> {
        let mut turn = Turn::new(now, &mut self.identity);
        self.knowledge.hear(input, &mut turn);
        self.knowledge.announce_state(&mut turn.out);
        self.knowledge.wish_wake(&mut turn);
        debug_assert!(turn.asks.is_empty(), "what parts wanted the gateway to hear was not sent");
        turn.out.effects
    }
}

impl Knowledge {
    fn hear(&mut self, input: Input, turn: &mut Turn<'_>) {
        let was_leaving = self.session.as_ref().is_some_and(Session::is_leaving);
        self.take(input, turn);
        if was_leaving {
            turn.out.hush();
        }
    }

    fn take(&mut self, input: Input, turn: &mut Turn<'_>) {
        match (input, &mut self.session) {
            (Input::Call { call, what }, _) => self.on_call(call, what, turn),
            (Input::Report(report), Some(session)) => session.on_report(report, turn),
            (Input::Signal(signal), session) => {
                let away = self.phone.hear(signal, turn.now);
                if let Some(session) = session {
                    session.on_signal(signal, self.phone, away, turn);
                }
            }
            (Input::Socket { generation, event }, Some(session)) => session.on_socket(generation, event, turn),
            (Input::Tick, Some(session)) => {
                self.wake = None;
                session.tick(turn);
            }
            (Input::Report(_) | Input::Socket { .. } | Input::Tick, None) => {}
        }
    }

    fn on_call(&mut self, call: CallId, what: Call, turn: &mut Turn<'_>) {
        let outcome = match (&mut self.life, what) {
            (ClientPhase::Destroyed, Call::Destroy) => Ok(Reply::Nothing),
            (ClientPhase::Destroyed, _) => {
                Err(RtcError::new(ErrorNumber::InvalidParams, "the client was destroyed; make a new one"))
            }
            (life @ ClientPhase::Fresh, Call::Init(init)) => match check(&init) {
                Ok(()) => {
                    *life = ClientPhase::Ready(init);
                    Ok(Reply::Nothing)
                }
                Err(error) => Err(error),
            },
            (ClientPhase::Ready(_), Call::Init(_)) => {
                Err(RtcError::new(ErrorNumber::HasInited, "init was called before; make a new client for another app"))
            }
            (life, Call::Destroy) => {
                *life = ClientPhase::Destroyed;
                match &mut self.session {
                    Some(session) => return session.on_call(call, Call::Destroy, turn),
                    None => Ok(Reply::Nothing),
                }
            }
            (ClientPhase::Fresh, _) => Err(RtcError::new(ErrorNumber::InvalidParams, "call init first")),
            (ClientPhase::Ready(_), Call::SetBusinessId(arguments)) => {
                self.business = Some(arguments.business_id);
                Ok(Reply::Accepted(true))
            }
            (ClientPhase::Ready(init), what) => match (&mut self.session, what) {
                (Some(session), what) => return session.on_call(call, what, turn),
                (None, Call::Join(arguments)) => {
                    let entry = SessionSetup {
                        app: init.app_id.clone(),
                        gateways: init.gateways.clone(),
                        transport: init.transport,
                        visible: self.visible,
                        business: self.business.clone(),
                        background: init.background,
                        phone: self.phone,
                        controls: self.controls,
                    };
                    match Session::begin(entry, arguments, call, turn) {
                        Ok(session) => {
                            self.session = Some(session);
                            return;
                        }
                        Err(error) => Err(error),
                    }
                }
                (None, Call::SetUserVisibility(arguments)) => {
                    self.visible = arguments.enable;
                    Ok(Reply::Nothing)
                }
                (None, Call::Leave) => Ok(Reply::Nothing),
                (None, _) => Err(RtcError::new(ErrorNumber::NotInRoom, "join a room first")),
            },
        };
        turn.out.settle(call, outcome);
    }

    /// Drops a session that ended, and tells the page of a new state.
    fn announce_state(&mut self, out: &mut Doings) {
        let mut reason = core::mem::take(&mut out.cause);
        let current = match &mut self.session {
            None => self.state,
            Some(session) => match session.ending() {
                None => session.state(),
                Some(ending) => {
                    (self.visible, self.controls) = (session.visible(), session.controls());
                    self.session = None;
                    reason = ending.reason;
                    ending.state
                }
            },
        };
        let previous = core::mem::replace(&mut self.state, current);
        if previous != current {
            if reason.is_empty() {
                reason = Cow::Borrowed(current.name());
            }
            out.emit(ClientEvent::ConnectionStateChanged(ConnectionStateChanged { current, previous, reason }));
        }
    }

    fn wish_wake(&mut self, turn: &mut Turn<'_>) {
        // The phone's clock jumped past it, and its timer runs on by another clock.
        self.wake.take_if(|(at, _)| *at <= turn.now);
        let wake = self.session.as_ref().and_then(Session::next_wake);
        if wake != self.wake {
            self.wake = wake;
            if let Some((at, reason)) = wake {
                turn.out.effects.push(Effect::WakeAt { at, reason });
            }
        }
    }
}

fn check(init: &InitCall) -> Result<(), RtcError> {
    if init.gateways.is_empty() {
        let reason = "init needs at least one gateway address (wss://…)";
        return Err(RtcError::new(ErrorNumber::NoWebSocketUrl, reason));
    }
    if !init.gateways.iter().all(|url| url.starts_with("wss://") || url.starts_with("ws://")) {
        return Err(RtcError::new(ErrorNumber::NoWebSocketUrl, "a gateway address must begin with wss:// or ws://"));
    }
    Ok(())
}
