//! A [`Step`] is one thing that may happen next: something arrives, a timer fires, or a fault strikes.

use miniapp_rtc::protocol::Tracks;
use miniapp_rtc::session::{Call, MuteLocalCall, Signal};
use miniapp_rtc_gateway::room::SocketId;

use crate::gateway::COMPARE_MS;
use crate::network::{Down, Up};
use crate::page::{Flow, PUBLISHER, What};
use crate::phone::SLEEP_MS;
use crate::scene::Scene;
use crate::tag::Word;

/// One thing that may happen next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The next of what a phone sent on a socket reaches the gateway.
    Up {
        /// Which phone.
        phone: usize,
        /// Its number for the socket.
        socket: u32,
    },
    /// The next of what the gateway sent on a socket reaches its phone.
    Down {
        /// Which phone.
        phone: usize,
        /// Its number for the socket.
        socket: u32,
    },
    /// The next news of the media server reaches the room.
    News,
    /// News that were held up reach the room.
    LateNews,
    /// The next tag hears that the media server ended its connection.
    Dropped,
    /// A hidden app is shown again.
    Show(usize),
    /// Time passes until the next timer fires. Free where nothing is on its way.
    Time,
    /// Something goes wrong.
    Fault(Fault),
}

/// Something that goes wrong, or that nobody expects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// A socket breaks, with everything on it.
    Cut {
        /// Whose.
        phone: usize,
        /// Whether the phone hears of it.
        phone_hears: bool,
        /// Whether the gateway hears of it.
        gateway_hears: bool,
    },
    /// A frame cannot be read.
    Garble(usize),
    /// An app goes to the background.
    Hide(usize),
    /// The next news of the media server are lost.
    NewsLost,
    /// The next news of the media server are held up.
    NewsLate,
    /// A tag's connection to the media server breaks.
    MediaCut(usize),
    /// A tag gives up.
    TagFails(usize),
    /// The publisher's page turns its sound off, or on.
    Mute,
    /// The gateway's process dies and is there again.
    Restart,
    /// Time passes although something is on its way.
    Slow,
}

/// A timer.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    /// A session's.
    Wake(usize),
    /// A tag's, to try again.
    Retry(usize),
    /// WeChat's, to stop a hidden app.
    Sleep(usize),
    /// The room's.
    Room,
    /// The gateway's, to give up a socket that is silent, or does not join.
    Patience(SocketId),
    /// The gateway's, to compare rooms and media server.
    Compare,
}

impl Scene {
    /// Everything that may happen next; the deliveries first, each queue's in an order of its own.
    pub(crate) fn possible(&self) -> Vec<Step> {
        let mut steps = self.deliveries();
        let is_calm = steps.is_empty();
        if !self.network.late.is_empty() {
            steps.push(Step::LateNews);
        }
        steps.extend((0..2).filter(|phone| self.phones[*phone].hidden_since.is_some()).map(Step::Show));
        if is_calm {
            steps.push(Step::Time);
        }
        if self.faults_left > 0 {
            steps.extend(self.faults(is_calm).into_iter().map(Step::Fault));
        }
        steps
    }

    /// What is on its way and can arrive.
    pub(crate) fn deliveries(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for link in &self.network.links {
            let (phone, socket) = (link.phone, link.generation);
            if !link.up.is_empty() {
                steps.push(Step::Up { phone, socket });
            }
            if !link.down.is_empty() && !self.phones[phone].is_asleep {
                steps.push(Step::Down { phone, socket });
            }
        }
        if !self.network.news.is_empty() {
            steps.push(Step::News);
        }
        if !self.network.dropped.is_empty() {
            steps.push(Step::Dropped);
        }
        steps
    }

    fn faults(&self, is_calm: bool) -> Vec<Fault> {
        let mut faults = vec![Fault::Restart];
        for (phone, it) in self.phones.iter().enumerate() {
            let link = it.socket.and_then(|number| {
                self.network.links.iter().find(|link| (link.phone, link.generation) == (phone, number))
            });
            if link.is_some_and(|link| !link.is_cut) {
                for (phone_hears, gateway_hears) in [(true, true), (true, false), (false, true)] {
                    faults.push(Fault::Cut { phone, phone_hears, gateway_hears });
                }
            }
            if link.is_some_and(|link| matches!(link.down.front(), Some(Down::Frame(_)))) {
                faults.push(Fault::Garble(phone));
            }
            if it.hidden_since.is_none() {
                faults.push(Fault::Hide(phone));
            }
            if let Some(tag) = it.tag.as_ref().filter(|tag| !tag.gave_up && it.hidden_since.is_none()) {
                if tag.connection.is_some() {
                    faults.push(Fault::MediaCut(phone));
                }
                faults.push(Fault::TagFails(phone));
            }
        }
        if !self.network.news.is_empty() {
            faults.extend([Fault::NewsLost, Fault::NewsLate]);
        }
        if self.phones[PUBLISHER].page.flow == Flow::On && !self.phones[PUBLISHER].is_asleep {
            faults.push(Fault::Mute);
        }
        if !is_calm {
            faults.push(Fault::Slow);
        }
        faults
    }

    /// The scene after a step, which is one of [`Scene::possible`].
    pub(crate) fn after(&self, step: Step) -> Self {
        let mut next = self.clone();
        next.reached = 0;
        next.steps += 1;
        next.happen(step);
        next.finish();
        next
    }

    fn happen(&mut self, step: Step) {
        match step {
            Step::Up { phone, socket } => {
                let Some(link) = self.network.edit().link(phone, socket) else { return };
                let number = link.socket;
                match link.up.pop_front() {
                    Some(Up::Frame(text)) => self.hear_frame(number, &text),
                    Some(Up::End) => self.hear_end(number),
                    None => {}
                }
            }
            Step::Down { phone, socket } => {
                let what = self.network.edit().link(phone, socket).and_then(|link| link.down.pop_front());
                if let Some(what) = what {
                    self.reach_phone(phone, socket, what);
                }
            }
            Step::News => {
                if let Some(news) = self.network.edit().news.pop_front() {
                    self.hear_news(news);
                }
            }
            Step::LateNews => {
                if let Some(news) = self.network.edit().late.pop_front() {
                    self.hear_news(news);
                }
            }
            Step::Dropped => {
                if let Some((phone, connection)) = self.network.edit().dropped.pop_front() {
                    self.drop_tag(phone, connection);
                }
            }
            Step::Show(phone) => self.show(phone),
            Step::Time => self.pass_time(),
            Step::Fault(fault) => {
                self.faults_left -= 1;
                self.strike(fault);
            }
        }
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::Cut { phone, phone_hears, gateway_hears } => {
                let number = self.phones[phone].socket;
                if let Some(link) = number.and_then(|number| self.network.edit().link(phone, number)) {
                    link.cut(phone_hears, gateway_hears);
                }
            }
            Fault::Garble(phone) => {
                let number = self.phones[phone].socket;
                let link = number.and_then(|number| self.network.edit().link(phone, number));
                if let Some(first) = link.and_then(|link| link.down.front_mut()) {
                    *first = Down::Garbage;
                }
            }
            Fault::Hide(phone) => {
                self.phones[phone].edit().hidden_since = Some(self.now);
                self.signal(phone, Signal::AppHide);
                if self.phones[phone].tag.is_some() && phone == PUBLISHER {
                    self.say(phone, Word::Hidden);
                }
            }
            Fault::NewsLost => {
                self.network.edit().news.pop_front();
            }
            Fault::NewsLate => {
                let network = self.network.edit();
                network.late.extend(network.news.pop_front());
            }
            Fault::MediaCut(phone) => self.cut_tag(phone),
            Fault::TagFails(phone) => self.give_up(phone),
            Fault::Mute => {
                let is_off = !self.phones[PUBLISHER].page.is_muted.unwrap_or(false);
                let mute = MuteLocalCall { on: Tracks { audio: !is_off, video: true }, screen: false };
                self.call(PUBLISHER, What::Mute { is_off }, Call::MuteLocal(mute));
            }
            Fault::Restart => self.restart(),
            Fault::Slow => self.pass_time(),
        }
    }

    /// The app is back: its JavaScript runs, its tag connects.
    fn show(&mut self, phone: usize) {
        let it = self.phones[phone].edit();
        (it.hidden_since, it.is_asleep) = (None, false);
        self.signal(phone, Signal::AppShow);
        self.connect_tag(phone);
    }

    /// Time passes until the next timer fires.
    fn pass_time(&mut self) {
        let Some((at, timer)) = self.timers().into_iter().min() else { return };
        self.now = self.now.max(at);
        match timer {
            Timer::Wake(phone) => self.ring(phone),
            Timer::Retry(phone) => self.connect_tag(phone),
            Timer::Sleep(phone) => self.sleep(phone),
            Timer::Room => self.tick_room(),
            Timer::Patience(socket) => self.end_patience(socket),
            Timer::Compare => {
                self.gateway.edit().compare_at = self.now + COMPARE_MS;
                self.compare();
            }
        }
    }

    fn timers(&self) -> Vec<(u64, Timer)> {
        let mut timers = vec![(self.gateway.compare_at, Timer::Compare)];
        for (phone, it) in self.phones.iter().enumerate() {
            if !it.is_asleep {
                timers.extend(it.wake.map(|at| (at, Timer::Wake(phone))));
                timers.extend(it.hidden_since.map(|since| (since + SLEEP_MS, Timer::Sleep(phone))));
            }
            timers.extend(it.tag.as_ref().and_then(|tag| tag.retry_at).map(|at| (at, Timer::Retry(phone))));
        }
        timers.extend(self.gateway.room().and_then(|room| room.next_due()).map(|at| (at, Timer::Room)));
        timers.extend(self.gateway.next_patience().map(|(at, socket)| (at, Timer::Patience(socket))));
        timers
    }

    /// WeChat stops a hidden app: no JavaScript, no network, and nobody tells it.
    fn sleep(&mut self, phone: usize) {
        let it = self.phones[phone].edit();
        it.is_asleep = true;
        if let Some(link) = it.socket.and_then(|number| self.network.edit().link(phone, number)) {
            link.cut(false, true);
        }
        self.silence_tag(phone);
    }
}
