//! The runner: hands inputs to a client's state one after the other, and does what its effects say.

use alloc::collections::VecDeque;
use alloc::string::String;

use futures_channel::mpsc::{UnboundedSender, unbounded};

use super::clock::SteadyClock;
use super::platform::{Json, Shared, SharedHost, Sharing, WeakShared, sleep, spawn, wall_clock};
use super::socket::{self, SocketOrder};
use crate::protocol::Document;
use crate::session::{CallId, ClientEvent, ClientState, ConnectionState, Effect, Input, LogLevel, Reply, RtcError};

/// Whoever a client speaks to.
pub(crate) trait Host {
    /// Takes an event for the application.
    fn emit(&mut self, event: ClientEvent);
    /// Takes a line for the log.
    fn log(&mut self, level: LogLevel, message: &str);
    /// Takes the outcome of a call. Each call gets exactly one.
    fn settle(&mut self, call: CallId, outcome: Result<Reply, RtcError>);
}

/// A running client. Clones are the same client.
pub(crate) struct Runner<H> {
    core: Shared<Machine<H>>,
}

struct Machine<H> {
    client: ClientState,
    clock: SteadyClock,
    host: H,
    inbox: VecDeque<Input>,
    is_running: bool,
    socket: Option<(u32, UnboundedSender<SocketOrder>)>,
    /// Counts wishes to be woken; only the newest counts.
    alarm: u32,
}

impl<H> Clone for Runner<H> {
    fn clone(&self) -> Self {
        Self { core: self.core.clone() }
    }
}

impl<H: Host + SharedHost> Runner<H> {
    pub(crate) fn new(host: H, seed: u32) -> Self {
        let core = Machine {
            client: ClientState::new(seed),
            clock: SteadyClock::default(),
            host,
            inbox: VecDeque::new(),
            is_running: false,
            socket: None,
            alarm: 0,
        };
        Self { core: Shared::share(core) }
    }

    /// Lets `look` use the host; `look` must not call the runner.
    pub(crate) fn with_host<R>(&self, look: impl FnOnce(&mut H) -> R) -> R {
        self.core.with(|core| look(&mut core.host))
    }

    pub(crate) fn state(&self) -> ConnectionState {
        self.core.with(|core| core.client.state())
    }

    /// Takes an input. An input that comes while the runner works on another one waits for its turn.
    pub(crate) fn handle(&self, input: Input) {
        let is_first = self.core.with(|core| {
            core.inbox.push_back(input);
            !core::mem::replace(&mut core.is_running, true)
        });
        if !is_first {
            return;
        }
        while let Some(effects) = self.core.with(Machine::next_effects) {
            for effect in effects {
                self.perform(effect);
            }
        }
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Close { generation, code } => self.core.with(|core| core.close(generation, code)),
            Effect::Emit(event) => self.core.with(|core| core.host.emit(event)),
            Effect::Log { level, message } => self.core.with(|core| core.host.log(level, &message)),
            Effect::Open { generation, url } => self.open(generation, url),
            Effect::Send { generation, frame } => match Json::write(&frame) {
                Ok(text) => self.core.with(|core| core.send(generation, text)),
                Err(_) => self.core.with(|core| core.host.log(LogLevel::Warn, "a frame could not be written as JSON")),
            },
            Effect::Settle { call, outcome } => self.core.with(|core| core.host.settle(call, outcome)),
            Effect::WakeAt { at, .. } => self.wake_at(at),
        }
    }

    fn open(&self, generation: u32, url: String) {
        let (sender, outgoing) = unbounded();
        self.core.with(|core| core.socket = Some((generation, sender)));
        let runner = Shared::downgrade(&self.core);
        spawn(socket::run(url, outgoing, move |event| {
            if let Some(runner) = Self::alive(&runner) {
                runner.handle(Input::Socket { generation, event });
            }
        }));
    }

    fn wake_at(&self, at: crate::session::Time) {
        let (alarm, wait) = self.core.with(|core| {
            core.alarm = core.alarm.wrapping_add(1);
            (core.alarm, at.since(core.clock.at(wall_clock())))
        });
        // Timers count in 31 bits; a session never sleeps that long.
        let Ok(wait) = i32::try_from(wait) else { return };
        let runner = Shared::downgrade(&self.core);
        spawn(async move {
            sleep(wait.unsigned_abs()).await;
            if let Some(runner) = Self::alive(&runner)
                && runner.core.with(|core| core.alarm == alarm)
            {
                runner.handle(Input::Tick);
            }
        });
    }

    fn alive(core: &WeakShared<Machine<H>>) -> Option<Self> {
        core.upgrade().map(|core| Self { core })
    }
}

impl<H> Machine<H> {
    fn next_effects(&mut self) -> Option<alloc::vec::Vec<Effect>> {
        let Some(input) = self.inbox.pop_front() else {
            self.is_running = false;
            return None;
        };
        let now = self.clock.at(wall_clock());
        Some(self.client.handle(input, now))
    }

    fn send(&self, generation: u32, text: String) {
        if let Some((current, socket)) = &self.socket
            && *current == generation
        {
            // A socket that just ended says so itself.
            let _ = socket.unbounded_send(SocketOrder::Text(text));
        }
    }

    fn close(&mut self, generation: u32, code: u16) {
        if let Some((current, socket)) = self.socket.take_if(|(current, _)| *current == generation) {
            debug_assert_eq!(current, generation);
            let _ = socket.unbounded_send(SocketOrder::Close(code));
        }
    }
}
