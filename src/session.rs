//! The mind of the SDK: a pure state machine. One input goes in, all its effects come out, in order.
//!
//! It owns no socket, no clock and no randomness: the caller brings the time with every input and the seed at the start,
//! and does what the effects say. `client` is that caller.

mod arguments;
mod background;
mod call;
mod effect;
mod error;
mod event;
mod follower;
mod identity;
mod input;
mod link;
mod membership;
mod phone;
mod repair;
mod report;
mod requests;
mod rights;
mod roster;
mod state;
mod streams;
mod surroundings;
mod time;
mod transport;
mod turn;

use alloc::borrow::Cow;
use alloc::vec::Vec;

pub use self::background::BackgroundPolicy;
pub use self::call::{
    Call, CallId, Init, Join, Kind, MuteLocal, MuteRemote, Reply, SetBusinessId, SetUserVisibility, Subscribe,
    Unsubscribe, UpdateToken,
};
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

use self::effect::Outbox;
use self::identity::Identity;
use self::membership::{Entry, Membership};
use self::phone::Phone;
use self::turn::Turn;
use crate::protocol::BusinessId;

/// A client of the SDK: at most one room at a time.
///
/// A clone is for those who look at what could come next: two clones that both went on would name their operations alike.
#[derive(Clone, Debug)]
pub struct Session {
    client: Client,
    identity: Identity,
}

/// All that a client knows, but for where its random numbers come from.
#[derive(Clone, Debug)]
struct Client {
    life: Life,
    visible: bool,
    business: Option<BusinessId>,
    membership: Option<Membership>,
    state: ConnectionState,
    /// Orders given to native tags so far.
    controls: u32,
    phone: Phone,
    wake: Option<(Time, WakeReason)>,
}

#[derive(Clone, Debug)]
enum Life {
    /// `init` was not called yet.
    Fresh,
    /// `init` was called.
    Ready(Init),
    /// `destroy` was called.
    Destroyed,
}

impl Session {
    /// A client before `init`. Any number is a seed; operation ids and waiting times come from it.
    pub fn new(seed: u32) -> Self {
        let client = Client {
            life: Life::Fresh,
            visible: true,
            business: None,
            membership: None,
            state: ConnectionState::Idle,
            controls: 0,
            phone: Phone::default(),
            wake: None,
        };
        Self { client, identity: Identity::new(seed) }
    }

    /// Where the client stands towards its room.
    pub const fn state(&self) -> ConnectionState {
        self.client.state
    }

    /// Takes one input and returns everything to be done about it, in order.
    pub fn handle(&mut self, input: Input, now: Time) -> Vec<Effect> {
        let mut turn = Turn::new(now, &mut self.identity);
        self.client.hear(input, &mut turn);
        self.client.announce_state(&mut turn.out);
        self.client.wish_wake(&mut turn);
        debug_assert!(turn.asks.is_empty(), "what parts wanted the gateway to hear was not sent");
        turn.out.effects
    }
}

impl Client {
    fn hear(&mut self, input: Input, turn: &mut Turn<'_>) {
        match (input, &mut self.membership) {
            (Input::Call { call, what }, _) => self.on_call(call, what, turn),
            (Input::Report(report), Some(membership)) => membership.on_report(report, turn),
            (Input::Signal(signal), membership) => {
                let away = self.phone.hear(signal, turn.now);
                if let Some(membership) = membership {
                    membership.on_signal(signal, self.phone, away, turn);
                }
            }
            (Input::Socket { generation, event }, Some(membership)) => membership.on_socket(generation, event, turn),
            (Input::Tick, Some(membership)) => {
                self.wake = None;
                membership.tick(turn);
            }
            (Input::Report(_) | Input::Socket { .. } | Input::Tick, None) => {}
        }
    }

    fn on_call(&mut self, call: CallId, what: Call, turn: &mut Turn<'_>) {
        let outcome = match (&mut self.life, what) {
            (Life::Destroyed, Call::Destroy) => Ok(Reply::Nothing),
            (Life::Destroyed, _) => {
                Err(RtcError::new(ErrorNumber::InvalidParams, "the client was destroyed; make a new one"))
            }
            (life @ Life::Fresh, Call::Init(init)) => match check(&init) {
                Ok(()) => {
                    *life = Life::Ready(init);
                    Ok(Reply::Nothing)
                }
                Err(error) => Err(error),
            },
            (Life::Ready(_), Call::Init(_)) => {
                Err(RtcError::new(ErrorNumber::HasInited, "init was called before; make a new client for another app"))
            }
            (life, Call::Destroy) => {
                *life = Life::Destroyed;
                match &mut self.membership {
                    Some(membership) => return membership.on_call(call, Call::Destroy, turn),
                    None => Ok(Reply::Nothing),
                }
            }
            (Life::Fresh, _) => Err(RtcError::new(ErrorNumber::InvalidParams, "call init first")),
            (Life::Ready(_), Call::SetBusinessId(arguments)) => {
                self.business = Some(arguments.business_id);
                Ok(Reply::Accepted(true))
            }
            (Life::Ready(init), what) => match (&mut self.membership, what) {
                (Some(membership), what) => return membership.on_call(call, what, turn),
                (None, Call::Join(arguments)) => {
                    let entry = Entry {
                        app: init.app_id.clone(),
                        gateways: init.gateways.clone(),
                        transport: init.transport,
                        visible: self.visible,
                        business: self.business.clone(),
                        background: init.background,
                        phone: self.phone,
                        controls: self.controls,
                    };
                    match Membership::begin(entry, arguments, call, turn) {
                        Ok(membership) => {
                            self.membership = Some(membership);
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

    /// Drops a membership that ended, and tells the page of a new state.
    fn announce_state(&mut self, out: &mut Outbox) {
        let mut reason = core::mem::take(&mut out.cause);
        let current = match &mut self.membership {
            None => self.state,
            Some(membership) => match membership.ending() {
                None => membership.state(),
                Some(ending) => {
                    (self.visible, self.controls) = (membership.visible(), membership.controls());
                    self.membership = None;
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
        let wake = self.membership.as_ref().and_then(Membership::next_wake);
        if wake != self.wake {
            self.wake = wake;
            if let Some((at, reason)) = wake {
                turn.out.effects.push(Effect::WakeAt { at, reason });
            }
        }
    }
}

fn check(init: &Init) -> Result<(), RtcError> {
    if init.gateways.is_empty() {
        let reason = "init needs at least one gateway address (wss://…)";
        return Err(RtcError::new(ErrorNumber::NoWebSocketUrl, reason));
    }
    if !init.gateways.iter().all(|url| url.starts_with("wss://") || url.starts_with("ws://")) {
        return Err(RtcError::new(ErrorNumber::NoWebSocketUrl, "a gateway address must begin with wss:// or ws://"));
    }
    Ok(())
}
