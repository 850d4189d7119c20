//! The [`World`]: phones, network, gateway and media server in virtual time, from one seed.

use std::collections::BTreeMap;

use fastrand::Rng;
use miniapp_rtc::protocol::AppId;
use miniapp_rtc::token::AppKey;
use miniapp_rtc_gateway::admission::Apps;
use miniapp_rtc_gateway::media::TicketKeys;

use crate::acting::{APP, KEY};
use crate::counts::Counts;
use crate::event::{Event, Reaction};
use crate::fault::{Fault, FaultKind, plan};
use crate::gateway::Gateway;
use crate::history::History;
use crate::media::Media;
use crate::network::{Link, LinkId};
use crate::phone::Phone;
use crate::queue::{Ms, Queue};
use crate::roster::Roster;
use crate::steward::Odds;
use crate::stranger::Stranger;
use crate::tuning::Tuning;

/// A world.
pub struct World {
    pub(crate) now: Ms,
    pub(crate) queue: Queue,
    pub(crate) random: Rng,
    pub(crate) tuning: Tuning,
    plan: Vec<Fault>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) links: Vec<Link>,
    pub(crate) gateway: Gateway,
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) media: Media,
    pub(crate) key: AppKey,
    pub(crate) commands_at: Ms,
    pub(crate) dead_address: Option<usize>,
    /// Whether runners hand over what came on sockets that were given up.
    pub(crate) late_frames: bool,
    pub(crate) clock_jumped: bool,
    pub(crate) mounts: u32,
    healed: bool,
    /// The roster of every room at every offset, by epoch.
    pub(crate) archive: BTreeMap<String, Vec<Roster>>,
    pub(crate) odds: Odds,
    /// What happened.
    pub history: History,
    /// What happened, in numbers.
    pub counts: Counts,
    pub(crate) violation: Option<Violation>,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub invariant: &'static str,
    /// How.
    pub text: String,
    /// When.
    pub at: Ms,
}

impl World {
    /// The world of a seed, some kinds of faults left out.
    pub fn new(seed: u64, without: &[FaultKind]) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut tuning = Tuning::new(&mut random);
        let plan = plan(seed, tuning.heal_at, without);
        tuning.suffer(&plan, &mut random);
        let (app, key) = (AppId::parse(APP).expect("an app id"), AppKey::parse(KEY).expect("an app key"));
        let mut apps = Apps::default();
        apps.insert(app, key.clone());
        let tickets = TicketKeys::new("world", b"a media key of the world").expect("media keys");
        let phones = (0..tuning.phones)
            .map(|index| {
                let room = index % tuning.rooms;
                let slowest = [20, 80, 250][random.usize(0..3)];
                let latency_ms = random.u64(2..slowest);
                let wall_ahead = i64::try_from(random.u64(0..100_000)).unwrap_or(0);
                Phone::new(index, room, random.u32(..), latency_ms, wall_ahead)
            })
            .collect();
        let late_frames = random.bool();
        let mut world = Self {
            now: 0,
            queue: Queue::default(),
            random,
            tuning,
            plan,
            phones,
            links: Vec::new(),
            gateway: Gateway::new(apps),
            strangers: Vec::new(),
            media: Media::new(tickets),
            key,
            commands_at: 0,
            dead_address: None,
            late_frames,
            clock_jumped: false,
            mounts: 0,
            healed: false,
            archive: BTreeMap::new(),
            odds: Odds::default(),
            history: History::default(),
            counts: Counts::default(),
            violation: None,
        };
        world.invite_strangers(seed);
        world
    }

    /// Lets it run to its end.
    ///
    /// # Errors
    /// The first promise that is broken.
    pub fn run(&mut self) -> Result<(), Violation> {
        self.history.add(0, || format!("{:?}", self.tuning));
        for (index, fault) in self.plan.iter().enumerate() {
            self.queue.add(fault.at, Event::Fault(index));
        }
        self.queue.add(self.tuning.reconcile_ms, Event::Reconcile(self.gateway.life));
        for phone in 0..self.phones.len() {
            self.init(phone);
            let wait = self.random.u64(0..3_000);
            self.react(phone, wait, Reaction::Join);
            self.queue.add(wait + 2_000, Event::Act(phone));
        }
        let (heal_at, end_at) = (self.tuning.heal_at, self.tuning.end_at);
        self.run_until(heal_at);
        self.healed = true;
        self.heal();
        self.run_until(end_at);
        self.check_quiet();
        self.count_up();
        self.violation.clone().map_or(Ok(()), Err)
    }

    fn run_until(&mut self, until: Ms) {
        while self.violation.is_none() {
            let Some((at, event)) = self.queue.take(until) else { break };
            self.now = at;
            self.counts.events_handled += 1;
            self.happen(event);
        }
        if self.violation.is_none() {
            self.now = until;
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Fault(index) => self.strike(self.plan[index]),
            Event::Ambush(phone) => self.spring_ambush(phone),
            Event::Relief(relief) => self.end_fault(relief),
            Event::Phone(phone, what) => self.reach_phone(phone, what),
            Event::Alarm { phone, number } => self.ring(phone, number),
            Event::Act(phone) => self.act(phone),
            Event::React(phone, reaction) => self.carry_out(phone, reaction),
            Event::OpenAnew(phone) => self.open_anew(phone),
            Event::Tag { phone, tag, mount, step } => self.step_tag(phone, tag, mount, step),
            Event::Handshake(link) => self.shake_hands(link),
            Event::Up { link, text } => self.arrive(link, &text),
            Event::UpEnd(link) => self.hear_end(link),
            Event::Drain => self.settle_sockets(),
            Event::Patience(socket) => self.look_at_patience(socket),
            Event::Stranger(stranger) => self.step_stranger(stranger),
            Event::Due(life) => self.fall_due(life),
            Event::Command(life, command) if life == self.gateway.life => self.order(command),
            Event::News(life, news) if life == self.gateway.life => self.hear_news(news),
            Event::MediaEnd(life, connection) if life == self.gateway.life => self.leave_media(connection),
            Event::Reap(life, stream) if life == self.gateway.life => self.reap(&stream),
            Event::Reconcile(life) => {
                let before = self.seen_by_comparison();
                self.reconcile(life);
                self.watch_comparison(before);
            }
            // They belong to a process that is gone.
            Event::Command(..) | Event::News(..) | Event::MediaEnd(..) | Event::Reap(..) => {}
        }
    }

    fn arrive(&mut self, link: LinkId, text: &str) {
        if !self.links[link].up_dead {
            self.hear_frame(link, text);
        }
    }

    /// Milliseconds since it began.
    pub fn time(&self) -> u64 {
        self.now
    }

    /// Whether faults have ended.
    pub(crate) fn is_healed(&self) -> bool {
        self.healed
    }

    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(0..100) < percent
    }

    /// Notes a broken promise; the first one counts.
    pub(crate) fn violate(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.violation.is_none() {
            let text = text();
            self.history.add(self.now, || format!("BROKEN: {invariant}: {text}"));
            self.violation = Some(Violation { invariant, text, at: self.now });
        }
    }

    fn count_up(&mut self) {
        self.counts.worlds += 1;
        self.counts.virtual_ms += self.now;
        for phone in &self.phones {
            self.counts.applied += phone.follower.applied;
            self.counts.snapshots += phone.follower.snapshots;
            self.counts.repairs += phone.budget.repairs_counted;
        }
    }
}
