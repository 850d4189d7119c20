//! A [`Budget`] bounds what a session may try: sockets, frames, repairs. All times are the session's own.

use std::collections::{BTreeMap, VecDeque};

use miniapp_rtc::protocol::Request;
use miniapp_rtc::session::{Signal, Time};

/// Sockets in a minute that backoff allows, with some to spare for short waits that come by chance.
const OPENS_PER_MINUTE: usize = 70;
/// Sockets in one outage without encouragement: the session gives up after 72.
const OPENS_PER_OUTAGE: u32 = 73;
/// While the phone says that it has no network, the wait before a session tries all the same.
const OFFLINE_MS: u32 = 60_000;
/// Addresses asked anew for one stream: how many within how many milliseconds. A session repairs five times in each window of
/// two minutes: two windows touch any two minutes, four of them any five.
const REPAIRS: [(usize, u64); 2] = [(10, 120_000), (20, 300_000)];
/// Frames in ten seconds that no call asked for.
const FRAMES: usize = 120;

/// What a session has tried of late.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    opens: VecDeque<Time>,
    encouragements: VecDeque<Time>,
    outage: u32,
    lost_at: Option<Time>,
    /// The gateway asked not to come back earlier.
    not_before: Time,
    /// The phone said that it has no network: no socket earlier, but for those that are spare.
    offline_until: Option<Time>,
    /// Sockets that something asked for at once.
    spare: usize,
    /// Waits between the loss of a socket and the first attempt at another.
    pub(crate) first_waits: Vec<u64>,
    repairs: BTreeMap<(String, usize), VecDeque<Time>>,
    pub(crate) repairs_counted: u64,
    frames: VecDeque<Time>,
    calls: VecDeque<Time>,
}

impl Budget {
    /// The phone said something.
    pub(crate) fn hear(&mut self, signal: Signal, now: Time) {
        match signal {
            Signal::AppShow | Signal::NetworkStrong => self.encourage(now, 1),
            Signal::NetworkOnline => {
                self.encourage(now, 1);
                self.offline_until = None;
            }
            Signal::NetworkOffline => self.offline_until = Some(now + OFFLINE_MS),
            Signal::AppHide
            | Signal::AudioInterrupted
            | Signal::AudioResumed
            | Signal::NetworkWeak
            | Signal::OrderUnheard => {}
        }
    }

    /// The page wants to be in a room: each gateway is tried, whatever was before.
    pub(crate) fn join(&mut self, now: Time, gateways: usize) {
        self.encourage(now, gateways);
        self.not_before = Time(0);
    }

    /// Something lets a session try at once.
    fn encourage(&mut self, now: Time, spare: usize) {
        note(&mut self.encouragements, now, 60_000);
        self.outage = 0;
        self.lost_at = None;
        self.spare = spare;
    }

    /// The gateway says goodbye and asks to be left alone for a while.
    pub(crate) fn stay_away(&mut self, now: Time, milliseconds: u32) {
        self.not_before = now + milliseconds;
    }

    /// The room was entered.
    pub(crate) fn enter(&mut self) {
        (self.outage, self.spare) = (0, 0);
        self.lost_at = None;
    }

    /// The page called something.
    pub(crate) fn call(&mut self, now: Time) {
        note(&mut self.calls, now, 10_000);
    }

    /// The page began to publish or to receive a stream: it begins with a full budget.
    pub(crate) fn begin(&mut self, user: &str, screen: bool) {
        self.repairs.remove(&(user.to_owned(), screen.into()));
    }

    /// A socket that was in use is gone.
    pub(crate) fn lose(&mut self, now: Time) {
        self.lost_at = Some(now);
    }

    /// The session opens a socket.
    ///
    /// # Errors
    /// What is too much.
    pub(crate) fn open(&mut self, now: Time) -> Result<(), String> {
        let opens = note(&mut self.opens, now, 60_000);
        while self.encouragements.front().is_some_and(|at| now.since(*at) > 60_000) {
            self.encouragements.pop_front();
        }
        self.outage += 1;
        if let Some(lost_at) = self.lost_at.take() {
            self.first_waits.push(now.since(lost_at));
        }
        if now < self.not_before {
            return Err(format!("a socket {} ms before the gateway wants one", self.not_before.since(now)));
        }
        let is_spare = self.spare > 0;
        self.spare = self.spare.saturating_sub(1);
        if let Some(until) = &mut self.offline_until {
            if now < *until && !is_spare {
                return Err(format!("a socket {} ms too early for a phone without a network", until.since(now)));
            }
            *until = now + OFFLINE_MS;
        }
        if opens > OPENS_PER_MINUTE + 3 * self.encouragements.len() {
            return Err(format!("{opens} sockets within a minute"));
        }
        if self.outage > OPENS_PER_OUTAGE {
            return Err(format!("{} sockets in one outage", self.outage));
        }
        Ok(())
    }

    /// The session sends a request; what is too much.
    pub(crate) fn request(&mut self, now: Time, request: &Request) -> Option<String> {
        if let Request::RenewUrl(of) = request {
            self.repairs_counted += 1;
            let stream = (of.user.as_str().to_owned(), crate::roster::screen(of.kind));
            let times = self.repairs.entry(stream).or_default();
            note(times, now, 300_000);
            for (most, within) in REPAIRS {
                let count = times.iter().filter(|at| now.since(**at) <= within).count();
                if count > most {
                    return Some(format!("{count} new addresses for one stream within {} s", within / 1000));
                }
            }
        }
        self.frame(now)
    }

    /// The session sends a notice; what is too much.
    pub(crate) fn notice(&mut self, now: Time) -> Option<String> {
        self.frame(now)
    }

    fn frame(&mut self, now: Time) -> Option<String> {
        let frames = note(&mut self.frames, now, 10_000);
        let allowed = FRAMES + 3 * self.calls.len();
        (frames > allowed).then(|| format!("{frames} frames within ten seconds"))
    }
}

/// Notes a moment and says how many there were within the time before it.
fn note(times: &mut VecDeque<Time>, now: Time, within: u64) -> usize {
    while times.front().is_some_and(|at| now.since(*at) > within) {
        times.pop_front();
    }
    times.push_back(now);
    times.len()
}
