//! Trouble: planned faults as they begin and end.

use miniapp_rtc::session::Signal;

use crate::event::{Event, ForPhone, Reaction, Relief};
use crate::fault::{Fault, FaultKind};
use crate::media::Fate;
use crate::network::{Mishap, Side};
use crate::queue::Ms;
use crate::tag::TagId;
use crate::world::World;

/// Codes that native tags say now and then; whether they end the tag.
const PUSHER_CODES: &[(i32, bool)] =
    &[(-1307, true), (-1313, true), (-1325, true), (-1311, false), (-1302, true), (1101, false), (-77_777, false)];
const PLAYER_CODES: &[(i32, bool)] =
    &[(-2301, true), (2006, true), (-2302, false), (2101, false), (2103, false), (-88_888, false)];

impl World {
    /// A planned fault begins.
    pub(crate) fn strike(&mut self, fault: Fault) {
        let Fault { kind, pick, size, .. } = fault;
        let phone = pick as usize % self.phones.len();
        let second = pick >> 16;
        let ms = |most: u32| Ms::from(size % most);
        self.history.add(self.now, || format!("fault: {} (phone {phone}, size {size})", kind.name()));
        let link = self.phones[phone].link;
        let has_effect = match (kind, link) {
            (FaultKind::AddressDead, _) => {
                let address = second as usize % 2;
                self.dead_address = Some(address);
                self.relieve(1_000 + ms(20_000), Relief::Address(address));
                true
            }
            (FaultKind::AudioTaken, _) => {
                let free = !self.phones[phone].is_frozen();
                if free {
                    self.take_audio(phone, 500 + ms(self.longest([5_000, 45_000, 200_000], second)));
                }
                free
            }
            (FaultKind::CallBurst, _) => {
                self.burst(phone, size);
                self.phones[phone].page.in_room
            }
            (FaultKind::Cut, Some(link)) => {
                self.break_link(link, second % 4 != 0, second % 5 != 0);
                true
            }
            (FaultKind::Delay, _) => {
                self.phones[phone].slow_ms = 200 + ms(4_000);
                self.relieve(1_000 + ms(15_000), Relief::Quick(phone));
                true
            }
            (FaultKind::DuplicateLogin, _) => self.log_in_elsewhere(phone, second),
            (FaultKind::ForeignEvent, Some(link)) => self.mishap(link, Mishap::Foreign),
            (FaultKind::Garble, Some(link)) => self.mishap(link, Mishap::Garble),
            (FaultKind::Repeat, Some(link)) => self.mishap(link, Mishap::Repeat),
            (FaultKind::Freeze, _) => {
                let wait = 200 + ms(self.longest([1_500, 8_000, 45_000], second));
                self.freeze(phone, wait);
                self.relieve(wait, Relief::Thaw(phone));
                true
            }
            (FaultKind::GatewayClock, _) => {
                let by = i64::from(size % 120_000) - 60_000;
                self.gateway.unix_ahead += by;
                self.gateway.rooms.values_mut().for_each(|hosted| hosted.mirror.clock_jumped = true);
                self.clock_jumped = true;
                self.heed_clock();
                true
            }
            (FaultKind::GatewayDrain, _) => {
                self.stop_gateway(true, 300 + ms(10_000));
                true
            }
            (FaultKind::GatewayKill, _) => {
                let long = self.tuning.heal_at > 400_000 && second % 2 == 0;
                self.stop_gateway(false, 300 + ms(if long { 400_000 } else { 25_000 }));
                true
            }
            (FaultKind::HalfOpen, Some(link)) => {
                let (up, down) = [(true, true), (true, false), (false, true)][second as usize % 3];
                self.half_open(link, up, down, size.is_multiple_of(2).then_some(500 + ms(30_000)));
                true
            }
            (FaultKind::Hide, _) => self.hide(phone, 500 + ms(self.longest([6_000, 20_000, 70_000], second))),
            (FaultKind::HookDouble, _) => self.fate(Fate::Double),
            (FaultKind::HookLate, _) => self.fate(Fate::Late(2_000 + ms(20_000))),
            (FaultKind::HookLost, _) => self.fate(Fate::Lost),
            (FaultKind::LeaveInside, _) => {
                self.plan_to_leave(phone, second, size);
                // It counts when it happens.
                false
            }
            (FaultKind::MediaCut, _) => {
                self.cut_tags(phone);
                true
            }
            (FaultKind::MediaDown, _) => {
                self.media.is_down = true;
                // Now and then long enough for a session that does not give up to be noticed.
                let least = if self.tuning.heal_at > 400_000 { 330_000 } else { 2_000 };
                self.relieve(least + ms(30_000), Relief::Media);
                true
            }
            (FaultKind::Offline, _) => self.go_offline(phone, second.is_multiple_of(2), 300 + ms(25_000)),
            (FaultKind::PhoneClock, _) => {
                if self.phones[phone].is_frozen() {
                    self.phones[phone].miss(self.now);
                }
                self.phones[phone].time(self.now);
                self.phones[phone].wall_ahead += i64::from(size % 100_000) - 50_000;
                self.phones[phone].miss(self.now);
                true
            }
            (FaultKind::SignalEarly, _) => {
                self.phones[phone].ambush = Some((second, size));
                self.spring_ambush(phone);
                // It counts when it has found the phone without a connection.
                false
            }
            (FaultKind::SlowReader, Some(link)) => {
                let wait = 2_000 + ms(20_000);
                self.links[link].stalled_until = self.now + wait;
                self.queue.add(self.now + wait, Event::Drain);
                true
            }
            (FaultKind::TagFails, _) => self.break_some_tag(phone, second, size),
            (FaultKind::WeakNetwork, _) => {
                let free = !self.phones[phone].is_frozen();
                if free {
                    self.phones[phone].slow_ms = 200 + ms(3_000);
                    self.signal(phone, Signal::NetworkWeak);
                    self.relieve(1_000 + ms(20_000), Relief::Strong(phone));
                }
                free
            }
            // These shape a whole world and are in force from its beginning.
            (FaultKind::LeaseShort | FaultKind::Privilege | FaultKind::TokenShort, _) => true,
            (_, None) => false,
        };
        if has_effect {
            self.counts.fault(kind);
        }
    }

    pub(crate) fn relieve(&mut self, wait: Ms, relief: Relief) {
        self.queue.add(self.now + wait, Event::Relief(relief));
    }

    fn fate(&mut self, fate: Fate) -> bool {
        self.media.fates.push(fate);
        true
    }

    fn mishap(&mut self, link: usize, mishap: Mishap) -> bool {
        self.links[link].mishap = Some(mishap);
        true
    }

    fn freeze(&mut self, phone: usize, wait: Ms) {
        let until = self.now + wait;
        if !self.phones[phone].is_frozen() {
            self.phones[phone].time(self.now);
        }
        let frozen = &mut self.phones[phone].frozen_until;
        *frozen = Some(frozen.map_or(until, |before| before.max(until)));
    }

    /// The page of a phone is gone without a word, and its user is on another's device.
    fn log_in_elsewhere(&mut self, phone: usize, second: u32) -> bool {
        let other = (phone + 1 + second as usize % (self.phones.len() - 1)) % self.phones.len();
        if self.phones[other].room != self.phones[phone].room
            || self.phones[phone].is_frozen()
            || self.phones[phone].hidden
        {
            return false;
        }
        if let Some(link) = self.phones[phone].link.take() {
            self.close_from_phone(link);
        }
        self.unmount_all(phone);
        let user = self.phones[other].user;
        let seed = self.random.u32(..);
        self.phones[phone].begin_anew(user, seed);
        self.init(phone);
        self.react(phone, 300, Reaction::Join);
        true
    }

    /// The system says something where JavaScript hears it, at the latest when it runs again.
    fn tell_phone(&mut self, phone: usize, signal: Signal) {
        // An app that sleeps is not told everything.
        if !(self.phones[phone].hidden && self.phones[phone].is_frozen() && self.chance(50)) {
            self.reach_phone(phone, ForPhone::Signal(signal));
        }
    }

    /// The most milliseconds of an absence: one of three, in a long world five minutes as well.
    fn longest(&self, usual: [u32; 3], second: u32) -> u32 {
        let is_rare = self.tuning.heal_at > 400_000 && second.is_multiple_of(4);
        if is_rare { 300_000 } else { usual[second as usize % 3] }
    }

    /// The mini-program goes to the background.
    pub(crate) fn hide(&mut self, phone: usize, wait: Ms) -> bool {
        if self.phones[phone].hidden || self.phones[phone].is_frozen() {
            return false;
        }
        self.phones[phone].hidden = true;
        self.phones[phone].hidings += 1;
        let hiding = self.phones[phone].hidings;
        self.signal(phone, Signal::AppHide);
        self.pause_tags(phone);
        self.relieve(5_000, Relief::Sleep(phone, hiding));
        self.relieve(wait, Relief::Show(phone));
        true
    }

    /// WeChat stops a hidden app: no JavaScript, no network.
    fn sleep(&mut self, phone: usize, hiding: u32) {
        if !self.phones[phone].hidden || self.phones[phone].hidings != hiding {
            return;
        }
        if !self.phones[phone].is_frozen() {
            self.phones[phone].time(self.now);
            self.check_hidden(phone);
        }
        self.phones[phone].frozen_until = Some(Ms::MAX);
        if std::mem::take(&mut self.phones[phone].acts_hidden) {
            self.pause_tags(phone);
        }
        if let Some(link) = self.phones[phone].link {
            // WeChat closes the socket, and often does not say so.
            let (says, learns) = (self.random.bool(), self.chance(70));
            self.break_link(link, false, learns);
            if says {
                let closed = ForPhone::Closed(link, 1000, "interrupted".into());
                self.send_phone(self.now, phone, closed);
            }
        }
    }

    fn show(&mut self, phone: usize) {
        if !std::mem::take(&mut self.phones[phone].hidden) {
            return;
        }
        self.phones[phone].acts_hidden = false;
        self.resume_tags(phone);
        if self.phones[phone].is_frozen() {
            self.thaw(phone, true);
        } else {
            self.signal(phone, Signal::AppShow);
        }
    }

    pub(crate) fn go_offline(&mut self, phone: usize, told: bool, wait: Ms) -> bool {
        if !self.phones[phone].online {
            return false;
        }
        self.phones[phone].online = false;
        self.cut_tags(phone);
        for link in 0..self.links.len() {
            if self.links[link].phone == phone && self.links[link].phone_side != Side::Gone {
                self.break_link(link, told, false);
            }
        }
        if told {
            self.tell_phone(phone, Signal::NetworkOffline);
        }
        self.relieve(wait, Relief::Online(phone));
        true
    }

    fn break_some_tag(&mut self, phone: usize, second: u32, size: u32) -> bool {
        let speaking = self.phones[phone].tags.iter().filter(|(_, tag)| !tag.gave_up);
        let tags: Vec<TagId> = speaking.map(|(tag, _)| *tag).collect();
        let Some(tag) = tags.get(second as usize % tags.len().max(1)).copied() else { return false };
        let codes = match tag {
            TagId::Own { .. } => PUSHER_CODES,
            TagId::Of { .. } => PLAYER_CODES,
        };
        let (code, fatal) = codes[size as usize % codes.len()];
        self.break_tag(phone, tag, code, fatal);
        true
    }

    /// A fault ends.
    pub(crate) fn end_fault(&mut self, relief: Relief) {
        match relief {
            Relief::Thaw(phone) => {
                if self.phones[phone].frozen_until.is_some_and(|until| until <= self.now) {
                    self.thaw(phone, false);
                }
            }
            Relief::Show(phone) => self.show(phone),
            Relief::Sleep(phone, hiding) => self.sleep(phone, hiding),
            Relief::Online(phone) => {
                if !std::mem::replace(&mut self.phones[phone].online, true) {
                    self.tell_phone(phone, Signal::NetworkOnline);
                    self.resume_tags(phone);
                }
            }
            Relief::Reset(link) => {
                if self.links[link].phone_side != Side::Gone || self.links[link].socket.is_some() {
                    self.break_link(link, true, true);
                }
            }
            Relief::GatewayStarts => {
                if !std::mem::replace(&mut self.gateway.is_up, true) {
                    self.history.add(self.now, || "gateway: starts".into());
                    self.queue.add(self.now + self.tuning.reconcile_ms, Event::Reconcile(self.gateway.life));
                }
            }
            Relief::Quick(phone) => {
                self.phones[phone].slow_ms = 0;
                self.phones[phone].steady_since = self.now;
            }
            Relief::Address(address) => {
                if self.dead_address == Some(address) {
                    self.dead_address = None;
                }
            }
            Relief::Media => self.media.is_down = false,
            Relief::Audio(phone) => self.free_audio(phone),
            Relief::Pushers(phone) => self.throw_pushers(phone),
            Relief::Strong(phone) if self.phones[phone].is_frozen() => {
                // The signal waits for the JavaScript.
                self.relieve(500, relief);
            }
            Relief::Strong(phone) => {
                self.phones[phone].slow_ms = 0;
                self.signal(phone, Signal::NetworkStrong);
            }
        }
    }

    /// All faults end, and pages stop to act of their own accord.
    pub(crate) fn heal(&mut self) {
        self.history.add(self.now, || "all faults end".into());
        self.dead_address = None;
        self.media.is_down = false;
        self.media.fates.clear();
        self.end_fault(Relief::GatewayStarts);
        for link in 0..self.links.len() {
            self.links[link].mishap = None;
            self.links[link].stalled_until = 0;
        }
        self.settle_sockets();
        for phone in 0..self.phones.len() {
            self.end_fault(Relief::Quick(phone));
            self.end_fault(Relief::Online(phone));
            self.show(phone);
            if self.phones[phone].is_frozen() {
                self.thaw(phone, false);
            }
            self.hang_up(phone);
            self.react(phone, 100, Reaction::UpdateToken);
            if !self.phones[phone].page.in_room && !self.phones[phone].page.is_joining {
                self.come_back(phone);
            }
        }
    }
}
