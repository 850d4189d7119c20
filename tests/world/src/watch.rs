//! Watching: which states of the list in `reach.rs` a world comes upon. It looks at what goes into sessions and comes out of
//! them, and changes nothing.

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{
    Answer, Bye, ClientFrame, ErrorCode, Event, KickReason, LeaveReason, Position, RemoveReason, Request, ServerFrame,
    Snapshot,
};
use miniapp_rtc::session::{
    Call, ClientEvent, ConnectionState, ControlAction, Effect, Input, Signal, SocketEvent, Time,
};

use crate::network::Side;
use crate::queue::Ms;
use crate::reach::Reach;
use crate::world::World;

/// What a watcher remembers of a phone.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The last resume was answered without a snapshot, and no event came since.
    is_replaying: bool,
    hidden_at: Option<Ms>,
    /// The room was told of its muted tracks since then.
    told: bool,
}

/// What went into a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cause {
    Call,
    Report,
    Signal(Signal),
    Socket,
    Tick,
}

impl World {
    pub(crate) fn reach(&mut self, reach: Reach) {
        *self.counts.reached.entry(reach).or_default() += 1;
    }

    /// A frame reaches a phone; its follower has not heard it yet.
    pub(crate) fn watch_frame(&mut self, phone: usize, late: bool, frame: &ServerFrame) {
        if late {
            return self.reach(Reach::LateFrame);
        }
        match frame {
            ServerFrame::Answer { answer, .. } => self.watch_answer(phone, answer),
            ServerFrame::Refusal { refusal, .. } => {
                if [ErrorCode::UserNotFound, ErrorCode::StreamNotFound].iter().any(|code| code.number() == refusal.code)
                    && self.has_awaiting_call(phone)
                {
                    self.reach(Reach::CallAwaitsStream);
                }
                if refusal.retry_after_ms.is_some() {
                    self.reach(Reach::GatewayAsksPatience);
                }
                if [ErrorCode::NotPublished, ErrorCode::NotSubscribed].iter().any(|code| code.number() == refusal.code)
                {
                    self.reach(Reach::AddressNotHeld);
                }
            }
            ServerFrame::Event { position: Some(position), event } => self.watch_ordered(phone, position, event),
            ServerFrame::Event { position: None, event } => self.watch_local(event),
        }
    }

    /// Whether a page waits for the outcome of a call about a stream that its session waits for.
    fn has_awaiting_call(&mut self, phone: usize) -> bool {
        let calls = self.phones[phone].page.calls.values();
        let streams: Vec<_> = calls.filter_map(|call| call.what.stream_of_other()).collect();
        streams.into_iter().any(|of| self.awaits(phone, of))
    }

    fn watch_answer(&mut self, phone: usize, answer: &Answer) {
        match answer {
            Answer::Joined(joined) => {
                if self.phones[phone].state == ConnectionState::Reconnecting {
                    self.reach(Reach::JoinedAgain);
                }
                self.watch_snapshot(phone, &joined.snapshot);
            }
            Answer::Resumed(resumed) => {
                self.phones[phone].watch.is_replaying = resumed.snapshot.is_none();
                if let Some(snapshot) = &resumed.snapshot {
                    self.reach(Reach::ResumedBySnapshot);
                    self.watch_snapshot(phone, snapshot);
                }
            }
            Answer::Synced(snapshot) => self.watch_snapshot(phone, snapshot),
            Answer::Leased(_) | Answer::Pong(_) | Answer::Done(_) => {}
        }
    }

    fn watch_snapshot(&mut self, phone: usize, snapshot: &Snapshot) {
        let it = &self.phones[phone];
        let is_new = it.follower.position.as_ref().is_some_and(|(epoch, _)| *epoch != snapshot.epoch.as_str());
        let hidden = it.hidden;
        if is_new {
            self.reach(Reach::EpochNew);
        }
        if is_new && hidden {
            self.reach(Reach::EpochNewHidden);
        }
    }

    fn watch_ordered(&mut self, phone: usize, position: &Position, event: &Event) {
        let known = self.phones[phone].follower.position.clone();
        let is_replaying = std::mem::take(&mut self.phones[phone].watch.is_replaying);
        match known {
            Some((epoch, _)) if epoch != position.epoch.as_str() => return self.reach(Reach::EventForeign),
            Some((_, offset)) if position.offset <= offset => return self.reach(Reach::EventRepeated),
            Some((_, offset)) if position.offset == offset + 1 && is_replaying => self.reach(Reach::ResumedByReplay),
            Some(_) | None => {}
        }
        match event {
            Event::MemberLeft(left) if left.reason == LeaveReason::TimedOut => self.reach(Reach::MemberTimedOut),
            Event::MemberLeft(left) if left.reason == LeaveReason::Hidden => self.reach(Reach::MemberHid),
            Event::StreamRemoved(removed) if removed.reason == RemoveReason::MediaLost => {
                self.reach(Reach::StreamLost);
            }
            Event::StreamRemoved(removed) if removed.reason == RemoveReason::TokenExpired => {
                self.reach(Reach::RightEnded);
            }
            Event::StreamRecovered(_) => self.reach(Reach::StreamRecovered),
            _ => {}
        }
    }

    fn watch_local(&mut self, event: &Event) {
        match event {
            Event::Kicked(kicked) if kicked.reason == KickReason::DuplicateLogin => self.reach(Reach::LoginDisplaced),
            Event::Kicked(kicked) if kicked.reason == KickReason::TokenExpired => self.reach(Reach::TokenEnded),
            Event::Bye(Bye { code: close::GOING_AWAY, .. }) => self.reach(Reach::GatewayStopping),
            Event::Bye(Bye { code: close::IDLE, .. }) => self.reach(Reach::SocketIdle),
            Event::Bye(Bye { code: close::SLOW, .. }) => self.reach(Reach::SocketSlow),
            _ => {}
        }
    }

    /// What a session wants done about an input; `None` where it broke a promise.
    pub(crate) fn handle_watched(&mut self, phone: usize, input: Input, time: Time) -> Option<Vec<Effect>> {
        let cause = self.watch_input(phone, &input);
        let it = &mut self.phones[phone];
        match it.promises.handle(&mut it.client, input, time) {
            Ok(effects) => {
                self.watch_effects(phone, cause, &effects);
                Some(effects)
            }
            Err((promise, how)) => {
                self.violate(promise, || format!("phone {phone}: {how}"));
                None
            }
        }
    }

    /// Something goes into a session, which has not heard it yet.
    fn watch_input(&mut self, phone: usize, input: &Input) -> Cause {
        let state = self.phones[phone].state;
        match input {
            Input::Call { what, .. } => {
                if matches!(what, Call::Leave) && state == ConnectionState::Reconnecting {
                    self.reach(Reach::LeftReconnecting);
                }
                Cause::Call
            }
            Input::Report(_) => Cause::Report,
            Input::Signal(signal) => {
                self.watch_signal(phone, *signal, state);
                Cause::Signal(*signal)
            }
            Input::Socket { event, .. } => {
                if let SocketEvent::Unreadable(_) = event {
                    self.reach(Reach::Unreadable);
                }
                Cause::Socket
            }
            Input::Tick => Cause::Tick,
        }
    }

    fn watch_signal(&mut self, phone: usize, signal: Signal, state: ConnectionState) {
        let now = self.now;
        match (signal, state) {
            (Signal::AppHide, _) => {
                let watch = &mut self.phones[phone].watch;
                (watch.hidden_at, watch.told) = (Some(now), false);
            }
            (Signal::AppShow, ConnectionState::Connected) => {
                let watch = &mut self.phones[phone].watch;
                if watch.hidden_at.take().is_some() && !watch.told {
                    self.reach(Reach::Glance);
                }
            }
            _ => {}
        }
        match (signal, state) {
            (Signal::AppHide, ConnectionState::Connecting) => self.reach(Reach::HiddenJoining),
            (Signal::AppHide, ConnectionState::Reconnecting) => self.reach(Reach::HiddenReconnecting),
            (Signal::AudioInterrupted, ConnectionState::Connecting) => self.reach(Reach::InterruptedJoining),
            (Signal::AudioInterrupted, ConnectionState::Reconnecting) => self.reach(Reach::InterruptedReconnecting),
            (Signal::NetworkOffline, ConnectionState::Reconnecting) => self.reach(Reach::OfflineReconnecting),
            _ => {}
        }
    }

    /// What a session wants done about it; nothing of it is done yet.
    fn watch_effects(&mut self, phone: usize, cause: Cause, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Close { code, .. } if *code == close::IDLE && cause == Cause::Tick => {
                    let link = self.phones[phone].link.map(|link| self.links[link].phone_side);
                    self.reach(match link {
                        Some(Side::Opening) => Reach::ConnectTimedOut,
                        Some(Side::Open | Side::Gone) | None => Reach::PingUnanswered,
                    });
                }
                Effect::Send { frame: ClientFrame::Request(frame), .. } => match frame.request {
                    Request::Sync(_) => self.reach(Reach::EventsMissed),
                    Request::RenewUrl(_) if cause == Cause::Signal(Signal::OrderUnheard) => {
                        self.reach(Reach::OrderUnheard);
                    }
                    Request::RenewUrl(_) => self.reach(Reach::AddressAsked),
                    Request::MuteLocal(_) => self.phones[phone].watch.told = true,
                    _ => {}
                },
                Effect::Settle { outcome: Err(error), .. } => match error.code {
                    300_009 => self.reach(Reach::CallTimedOut),
                    300_010 if error.reason.starts_with("too many") => self.reach(Reach::CallsTooMany),
                    300_010 => self.reach(Reach::CallInVain),
                    _ => {}
                },
                Effect::Emit(event) => self.watch_event(cause, event),
                _ => {}
            }
        }
    }

    /// Streams at the media server, and those that rooms hold for live.
    pub(crate) fn seen_by_comparison(&self) -> (usize, usize) {
        let node = self.gateway.node();
        let live = self.gateway.rooms.values().map(|hosted| hosted.room().live_publications(node).len()).sum();
        (self.media.streams.len(), live)
    }

    /// Rooms and media server have been compared; how it was before.
    pub(crate) fn watch_comparison(&mut self, before: (usize, usize)) {
        let (streams, live) = self.seen_by_comparison();
        if streams < before.0 {
            self.reach(Reach::ComparisonEndsGhost);
        }
        if live > before.1 {
            self.reach(Reach::ComparisonFindsStart);
        }
    }

    fn watch_event(&mut self, cause: Cause, event: &ClientEvent) {
        match event {
            ClientEvent::PeerLeave(_) if cause == Cause::Tick => self.reach(Reach::AbsenceTold),
            ClientEvent::TokenWillExpire(_) if cause == Cause::Tick => self.reach(Reach::TokenWarned),
            ClientEvent::StreamFailed(failed) if failed.reason.starts_with("it broke again") => {
                self.reach(Reach::RepairsSpent);
            }
            ClientEvent::StreamControl(control) => match control.action {
                ControlAction::PlayAgain if control.delay > 0 => self.reach(Reach::InterruptionPlayedAgain),
                ControlAction::PlayAgain => self.reach(Reach::PlayedAgain),
                ControlAction::Remount => self.reach(Reach::Remounted),
                ControlAction::Start | ControlAction::Stop => {}
            },
            ClientEvent::ConnectionStateChanged(changed) => match (changed.previous, changed.current) {
                (ConnectionState::Reconnecting, ConnectionState::Disconnected) => self.reach(Reach::ConnectionGivenUp),
                (_, ConnectionState::Idle) if changed.reason.contains("background") => {
                    self.reach(Reach::BackgroundLeft);
                }
                _ => {}
            },
            _ => {}
        }
    }
}
