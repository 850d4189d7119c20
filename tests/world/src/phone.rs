//! A [`Phone`] is one device: its clock, its JavaScript, the session that runs there, and what the system does to all of it.

use std::collections::{BTreeMap, VecDeque};

use miniapp_rtc::protocol::{ClientFrame, Event as Told, Notice, Request, ServerFrame};
use miniapp_rtc::session::{
    ClientState, ConnectionState, Effect, Input, NativeReport, Reply, RtcError, Said, Signal, SocketEvent, Time,
};

use miniapp_rtc_harness::SessionWatch;

use crate::budget::Budget;
use crate::event::{Event, ForPhone};
use crate::follower::Follower;
use crate::gateway::START;
use crate::network::{LinkId, Side, shown};
use crate::page::Page;
use crate::phone_call::PhoneCall;
use crate::queue::Ms;
use crate::tag::{Tag, TagId};
use crate::waited::{ABSENCE_MS, Waited};
use crate::watch::Watch;
use crate::world::World;

/// One device.
pub(crate) struct Phone {
    pub(crate) user: usize,
    pub(crate) room: usize,
    /// Counts the pages that were opened on it.
    pub(crate) pages: u32,
    pub(crate) client: ClientState,
    pub(crate) promises: SessionWatch,
    /// How far its wall clock is ahead of the world's.
    pub(crate) wall_ahead: i64,
    wall_last: Option<u64>,
    elapsed: u64,
    /// Time in which its JavaScript could do nothing: while it was frozen, or its clock jumped.
    absent: u64,
    alarm: u32,
    /// Ticks in a row at one moment.
    ticks: (Ms, u32),
    /// Its JavaScript does not run until then.
    pub(crate) frozen_until: Option<Ms>,
    /// What awaits its JavaScript.
    pub(crate) inbox: VecDeque<ForPhone>,
    alarm_missed: bool,
    pub(crate) hidden: bool,
    pub(crate) hidings: u32,
    /// Its page and its pushers go on until WeChat stops them, though it is hidden.
    pub(crate) acts_hidden: bool,
    /// What has its microphone; `None` where it has it itself.
    pub(crate) call: Option<PhoneCall>,
    /// Its app was told that something else has its microphone.
    pub(crate) is_silenced: bool,
    /// It is to suffer a [`FaultKind::SignalEarly`](crate::FaultKind::SignalEarly) of this pick and size when it is not connected.
    pub(crate) ambush: Option<(u32, u32)>,
    /// When something last changed of what it tells the room, or of its way to the room.
    pub(crate) steady_since: Ms,
    pub(crate) online: bool,
    pub(crate) link: Option<LinkId>,
    pub(crate) latency_ms: Ms,
    pub(crate) slow_ms: Ms,
    pub(crate) page: Page,
    pub(crate) tags: BTreeMap<TagId, Tag>,
    pub(crate) follower: Follower,
    pub(crate) waited: Option<Waited>,
    pub(crate) budget: Budget,
    pub(crate) state: ConnectionState,
    pub(crate) watch: Watch,
}

impl Phone {
    pub(crate) fn new(user: usize, room: usize, seed: u32, latency_ms: Ms, wall_ahead: i64) -> Self {
        Self {
            user,
            room,
            pages: 0,
            client: ClientState::new(seed),
            promises: SessionWatch::new(Vec::new()),
            wall_ahead,
            wall_last: None,
            elapsed: 0,
            absent: 0,
            alarm: 0,
            ticks: (0, 0),
            frozen_until: None,
            inbox: VecDeque::new(),
            alarm_missed: false,
            hidden: false,
            hidings: 0,
            acts_hidden: false,
            call: None,
            is_silenced: false,
            ambush: None,
            steady_since: 0,
            online: true,
            link: None,
            latency_ms,
            slow_ms: 0,
            page: Page::default(),
            tags: BTreeMap::new(),
            follower: Follower::default(),
            waited: None,
            budget: Budget::default(),
            state: ConnectionState::Idle,
            watch: Watch::default(),
        }
    }

    /// The page is opened anew, by another user.
    pub(crate) fn begin_anew(&mut self, user: usize, seed: u32) {
        let fresh = Self::new(user, self.room, seed, self.latency_ms, self.wall_ahead);
        let (online, slow_ms, call) = (self.online, self.slow_ms, self.call);
        *self = Self { pages: self.pages + 1, alarm: self.alarm + 1, online, slow_ms, call, ..fresh };
    }

    /// The session's time: the steps of the wall clock added up, those that go back left out, as the client's clock does it.
    pub(crate) fn time(&mut self, now: Ms) -> Time {
        let wall = (START + now).saturating_add_signed(self.wall_ahead);
        self.elapsed += self.wall_last.map_or(0, |last| wall.saturating_sub(last));
        self.wall_last = Some(wall);
        Time(self.elapsed)
    }

    /// How long its JavaScript ran, by its own clock.
    pub(crate) fn awake(&mut self, now: Ms) -> u64 {
        self.time(now).0.saturating_sub(self.absent)
    }

    /// Its clock moves on while its JavaScript does not: from the last reading to `now`.
    pub(crate) fn miss(&mut self, now: Ms) {
        let before = self.elapsed;
        self.absent += self.time(now).0 - before;
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen_until.is_some()
    }
}

impl World {
    /// Something reaches a phone.
    pub(crate) fn reach_phone(&mut self, phone: usize, what: ForPhone) {
        if self.phones[phone].is_frozen() {
            return self.phones[phone].inbox.push_back(what);
        }
        match what {
            ForPhone::Opened(link) | ForPhone::Frame(link, _) | ForPhone::Closed(link, ..) | ForPhone::Failed(link)
                if self.links[link].page != self.phones[phone].pages =>
            {
                // Its page is gone, and its session with it.
            }
            ForPhone::Opened(link) => {
                if self.links[link].phone_side == Side::Opening {
                    self.links[link].phone_side = Side::Open;
                    self.counts.sockets += 1;
                    self.socket(phone, link, SocketEvent::Opened);
                }
            }
            ForPhone::Frame(link, text) => self.receive(phone, link, &text),
            ForPhone::Closed(link, code, reason) => {
                if std::mem::replace(&mut self.links[link].phone_side, Side::Gone) != Side::Gone {
                    self.history.add(self.now, || format!("phone {phone}: socket closed with {code}"));
                    self.phones[phone].link = None;
                    self.socket(phone, link, SocketEvent::Closed { code, reason });
                }
            }
            ForPhone::Failed(link) => {
                if std::mem::replace(&mut self.links[link].phone_side, Side::Gone) != Side::Gone {
                    self.history.add(self.now, || format!("phone {phone}: socket failed"));
                    self.phones[phone].link = None;
                    self.socket(phone, link, SocketEvent::Failed { reason: "the connection failed".into() });
                }
            }
            ForPhone::Signal(signal) => self.signal(phone, signal),
            ForPhone::Code { tag, mount, code } => {
                if self.phones[phone].tags.get(&tag).is_some_and(|tag| tag.mount == mount) {
                    self.history.add(self.now, || format!("phone {phone}: {tag:?} says {code}"));
                    let report =
                        NativeReport { role: tag.role(), user: tag.user(), kind: tag.kind(), what: Said::Code(code) };
                    self.feed(phone, Input::Report(report));
                }
            }
        }
    }

    fn receive(&mut self, phone: usize, link: LinkId, text: &str) {
        let late = self.links[link].phone_side != Side::Open;
        // A runner may still hand over what came on a socket that was given up.
        if late && (self.links[link].phone_side == Side::Opening || !self.late_frames) {
            return;
        }
        let generation = self.links[link].generation;
        self.history.add(self.now, || {
            format!("  phone {phone} <- {}{}", if late { "(late) " } else { "" }, shown(generation, text))
        });
        match ServerFrame::decode::<serde_json::Value>(text) {
            Ok(frame) => {
                self.watch_frame(phone, late, &frame);
                if !late {
                    let time = self.phones[phone].time(self.now);
                    let it = &mut self.phones[phone];
                    if it.follower.hear(&frame) && it.page.in_room {
                        it.waited = Some(Waited::new(it.page.roster, time + ABSENCE_MS));
                    }
                    if let ServerFrame::Event { position: None, event: Told::Bye(bye) } = &frame
                        && self.phones[phone].follower.is_entered
                    {
                        let time = self.phones[phone].time(self.now);
                        self.phones[phone].budget.stay_away(time, bye.after_ms);
                    }
                }
                self.socket(phone, link, SocketEvent::Frame(frame));
            }
            Err(error) => self.socket(phone, link, SocketEvent::Unreadable(error)),
        }
    }

    fn socket(&mut self, phone: usize, link: LinkId, event: SocketEvent) {
        let generation = self.links[link].generation;
        self.feed(phone, Input::Socket { generation, event });
    }

    pub(crate) fn signal(&mut self, phone: usize, signal: Signal) {
        self.history.add(self.now, || format!("phone {phone}: {signal:?}"));
        let time = self.phones[phone].time(self.now);
        let it = &mut self.phones[phone];
        it.budget.hear(signal, time);
        it.steady_since = self.now;
        match signal {
            Signal::AudioInterrupted => it.is_silenced = true,
            Signal::AudioResumed => it.is_silenced = false,
            _ => {}
        }
        self.feed(phone, Input::Signal(signal));
    }

    /// A timer is due.
    pub(crate) fn ring(&mut self, phone: usize, number: u32) {
        if self.phones[phone].alarm != number {
            return;
        }
        if self.phones[phone].is_frozen() {
            self.phones[phone].alarm_missed = true;
            return;
        }
        self.tick(phone);
    }

    fn tick(&mut self, phone: usize) {
        let now = self.now;
        let ticks = &mut self.phones[phone].ticks;
        *ticks = if ticks.0 == now { (now, ticks.1 + 1) } else { (now, 1) };
        if ticks.1 > 25 {
            return self.violate("no busy loop", || format!("phone {phone} was woken 25 times at one moment"));
        }
        self.feed(phone, Input::Tick);
        let time = self.phones[phone].time(now);
        let it = &mut self.phones[phone];
        // Told by this tick, or not at all.
        if it.state == ConnectionState::Connected && !it.follower.is_leaving {
            it.waited.take_if(|waited| waited.until <= time);
        }
        self.check_calls(phone);
    }

    /// JavaScript runs again: what waited is handed over, timers that are due fire, in one of the orders that phones show.
    pub(crate) fn thaw(&mut self, phone: usize, shown: bool) {
        self.phones[phone].frozen_until = None;
        self.phones[phone].steady_since = self.now;
        self.phones[phone].miss(self.now);
        self.history.add(self.now, || format!("phone {phone}: JavaScript runs again"));
        let show_at = if shown { self.random.u32(0..3) } else { 3 };
        for stage in 0..3 {
            if show_at == stage {
                self.signal(phone, Signal::AppShow);
            }
            match stage {
                0 if std::mem::take(&mut self.phones[phone].alarm_missed) => self.tick(phone),
                1 => {
                    while let Some(what) = self.phones[phone].inbox.pop_front() {
                        self.reach_phone(phone, what);
                    }
                }
                _ => {}
            }
        }
    }

    /// Hands an input to a phone's session, does what it wants done, and looks whether all is as it must be.
    pub(crate) fn feed(&mut self, phone: usize, input: Input) {
        if self.violation.is_some() {
            return;
        }
        self.counts.inputs += 1;
        let time = self.phones[phone].time(self.now);
        let Some(effects) = self.handle_watched(phone, input, time) else { return };
        self.check_flapping(phone, &effects);
        self.perform_all(phone, time, effects);
        self.check_phone(phone);
    }

    pub(crate) fn perform(&mut self, phone: usize, time: Time, effect: Effect) {
        match effect {
            Effect::Close { generation, code } => {
                self.history.add(self.now, || format!("phone {phone}: closes #{generation} with {code}"));
                if let Some(link) = self.phones[phone].link.take() {
                    self.close_from_phone(link);
                }
            }
            Effect::Emit(event) => {
                self.history.add(self.now, || format!("phone {phone}: {event:?}"));
                self.counts.page_events += 1;
                self.check_left(phone, &event);
                self.hear_event(phone, event);
            }
            Effect::Log { message, .. } => {
                self.history.add(self.now, || format!("phone {phone}: log: {message}"));
                self.check_secrets(phone, "a log line", &message);
            }
            Effect::Open { generation, url } => {
                self.history.add(self.now, || format!("phone {phone}: opens #{generation} to {url}"));
                self.counts.attempts += 1;
                if let Err(fault) = self.phones[phone].budget.open(time) {
                    return self.violate("attempts are bounded", || format!("phone {phone}: {fault}"));
                }
                self.phones[phone].follower.new_socket();
                self.open(phone, generation, &url);
            }
            Effect::Send { frame, .. } => self.send(phone, time, &frame),
            Effect::Settle { call, outcome } => {
                self.history.add(self.now, || format!("phone {phone}: call {call} {}", settled(&outcome)));
                self.settle(phone, call, outcome);
            }
            Effect::WakeAt { at, .. } => {
                self.phones[phone].alarm += 1;
                self.phones[phone].alarm_missed = false;
                let number = self.phones[phone].alarm;
                let wait = at.since(time);
                // Timers count in 31 bits; the runner sets none beyond them.
                if i32::try_from(wait).is_ok() {
                    self.queue.add(self.now + wait, Event::Alarm { phone, number });
                }
            }
        }
    }

    fn send(&mut self, phone: usize, time: Time, frame: &ClientFrame) {
        let Some(link) = self.phones[phone].link else { return };
        let fault = match frame {
            ClientFrame::Request(frame) => {
                let fault = self.phones[phone].follower.send(frame.id, &frame.request);
                match &frame.request {
                    Request::Resume(_) => self.counts.resumes += 1,
                    Request::Sync(_) => self.counts.syncs += 1,
                    _ => {}
                }
                if let Some(fault) = fault {
                    self.violate("a session knows where it stands", || format!("phone {phone} {fault}"));
                }
                self.phones[phone].budget.request(time, &frame.request)
            }
            ClientFrame::Notice(Notice::Report(_)) => self.phones[phone].budget.notice(time),
            ClientFrame::Unknown(name) => Some(format!("sends {name}, which the protocol does not have")),
        };
        let text = serde_json::to_string(frame).unwrap_or_default();
        self.send_up(link, text);
        if let Some(fault) = fault {
            self.violate("attempts are bounded", || format!("phone {phone}: {fault}"));
        }
    }
}

fn settled(outcome: &Result<Reply, RtcError>) -> String {
    match outcome {
        Ok(Reply::Url(_)) => "resolved with an address".into(),
        Ok(reply) => format!("resolved with {reply:?}"),
        Err(error) => format!("failed: {error}"),
    }
}
