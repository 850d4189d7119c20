//! The [`Gateway`]: the real room, and around it what the real gateway decides (`node`). The tasks, locks and tables of the
//! real process are steps here.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Answer, Epoch, Event, Lease, Secret, ServerFrame};
use miniapp_rtc_gateway::admission::Apps;
use miniapp_rtc_gateway::node::{
    Cell, Deed, Directory, Guest, Heard, Outbox, OutboxBounds, Outgoing, OutgoingFrame, Place, SocketPolicy, Sought,
    ledger,
};
use miniapp_rtc_gateway::room::{
    Asked, Effect, Grant, Input, LivePublication, MediaNews, Moment, NodeId, Room, RoomLimits, RoomName, RoomPolicy,
    RoomTag, RoomTimes, SocketId,
};
use miniapp_rtc_harness::{is_unreadable, reaches_everybody};

use crate::media::Ticket;
use crate::phone::{app_id, app_key};
use crate::promise::Promise;
use crate::reach::Reach;
use crate::scene::Scene;
use crate::view::{self, Roster, user_id};

/// The gateway's process.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    hosted: Option<Hosted>,
    /// It lists one room at most, so its hash maps have but one order and a digest of their text tells them apart.
    directory: Directory<u32>,
    pub(crate) sockets: BTreeMap<SocketId, Socket>,
    /// The room at each offset, by epoch.
    pub(crate) archive: BTreeMap<String, Vec<Roster>>,
    /// When rooms and media server are compared next.
    pub(crate) compare_at: u64,
    rooms_made: u32,
    sockets_made: u64,
    leases_made: u32,
}

/// The one room.
#[derive(Clone, Debug)]
struct Hosted {
    name: RoomName,
    tag: RoomTag,
    cell: Cell,
}

/// One socket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    guest: Guest,
    outbox: Outbox,
}

/// The wall clock when a scene begins.
const START: u64 = 1_700_000_000_000;
const PING_MS: u32 = 5_000;
/// Between two comparisons of rooms and media server.
pub(crate) const COMPARE_MS: u64 = 7_000;

/// Shorter times than the gateway's own, so that a scene is soon at its end.
fn policy() -> RoomPolicy {
    let times = RoomTimes { resume_ms: 8_000, media_grace_ms: 6_000, ping_ms: PING_MS, ..RoomTimes::default() };
    // So few that a phone that was away can have missed more.
    let limits = RoomLimits { log_events: 2, ..RoomLimits::default() };
    RoomPolicy { limits, times, ..RoomPolicy::default() }
}

fn apps() -> Arc<Apps> {
    static APPS: OnceLock<Arc<Apps>> = OnceLock::new();
    let apps = APPS.get_or_init(|| {
        let mut apps = Apps::default();
        apps.insert(app_id(), app_key());
        Arc::new(apps)
    });
    Arc::clone(apps)
}

/// The one process of this world.
pub(crate) const NODE: NodeId = NodeId(1);

impl Gateway {
    pub(crate) fn new() -> Self {
        Self {
            hosted: None,
            directory: Directory::default(),
            sockets: BTreeMap::new(),
            archive: BTreeMap::new(),
            compare_at: COMPARE_MS,
            rooms_made: 0,
            sockets_made: 0,
            leases_made: 0,
        }
    }

    pub(crate) fn room(&self) -> Option<&Room> {
        self.hosted.as_ref().map(|hosted| hosted.cell.room())
    }

    pub(crate) fn live_publications(&self) -> Vec<LivePublication> {
        self.room().map(|room| room.live_publications(NODE)).unwrap_or_default()
    }

    pub(crate) fn accept(&mut self, now: u64) -> SocketId {
        self.sockets_made += 1;
        let socket = SocketId { node: NODE, number: self.sockets_made };
        let policy = SocketPolicy::default();
        let bounds = OutboxBounds { frames: policy.queue_frames, bytes: policy.queue_bytes };
        let guest = Guest::new(socket, apps(), policy, PING_MS, moment(now));
        self.sockets.insert(socket, Socket { guest, outbox: Outbox::new(bounds) });
        socket
    }

    /// When the patience with a socket ends that says nothing, or does not join.
    pub(crate) fn next_patience(&self) -> Option<(u64, SocketId)> {
        let deadline = |socket: &Socket| socket.guest.deadline(socket.outbox.standing());
        self.sockets.iter().map(|(number, socket)| (deadline(socket), *number)).min()
    }

    /// The room at an offset of an epoch.
    pub(crate) fn at(&self, epoch: &str, offset: u32) -> Option<&Roster> {
        self.archive.get(epoch)?.get(offset as usize)
    }

    fn make_room(&mut self, name: RoomName) {
        self.rooms_made += 1;
        let life = format!("life{}", self.rooms_made);
        let tag = RoomTag::parse(&life).expect("a tag");
        let epoch = Epoch::parse(life.as_str()).expect("an epoch");
        self.directory.list(name.clone(), tag.clone(), self.rooms_made).expect("no other room");
        let cell = Cell::new(Room::new(name.clone(), tag.clone(), epoch, policy()));
        self.hosted = Some(Hosted { name, tag, cell });
        self.archive.insert(life, vec![Roster::default()]);
    }

    fn outbox(&mut self, socket: SocketId) -> Option<&mut Outbox> {
        self.sockets.get_mut(&socket).map(|socket| &mut socket.outbox)
    }

    /// A room that has emptied is listed no longer.
    fn strike_out_closed(&mut self) {
        if let Some(Hosted { name, tag, .. }) = self.hosted.take_if(|hosted| hosted.cell.is_closed()) {
            self.directory.strike_out(&name, &tag);
        }
    }

    /// Does what a cell wants done with sockets.
    fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Attach(socket) => self.outbox(socket).map(|outbox| outbox.set_attached(true)),
            Deed::Detach(socket) => self.outbox(socket).map(|outbox| outbox.set_attached(false)),
            Deed::Push { socket, frame } => self.outbox(socket).map(|outbox| outbox.push(frame)),
            Deed::PushMissed { socket, frame } => self.outbox(socket).map(|outbox| outbox.push_missed(frame)),
            Deed::PushAll { sockets, frame } => {
                sockets.iter().for_each(|socket| self.perform(Deed::Push { socket: *socket, frame: frame.clone() }));
                None
            }
            Deed::Close { socket, bye } => self.outbox(socket).map(|outbox| outbox.close(bye)),
            Deed::Media { .. } => None,
        };
    }
}

fn lease(made: &mut u32, grant: &Grant) -> Lease {
    *made += 1;
    let (stream, generation, number) = (grant.stream.clone(), grant.generation, *made);
    Lease { stream, generation, urls: vec![Ticket::address(grant, number)], expires_in: 300, renew_in: number }
}

fn moment(now: u64) -> Moment {
    Moment { ms: now, unix_ms: START + now }
}

impl Scene {
    /// A frame arrives.
    pub(crate) fn hear_frame(&mut self, socket: SocketId, text: &str) {
        let now = moment(self.now);
        let Some(of) = self.gateway.edit().sockets.get_mut(&socket) else { return };
        let secret = || Ok(Secret::new("always the same"));
        match of.guest.hear_text(text, of.outbox.standing(), now, secret) {
            Heard::Nothing => {}
            Heard::Input(place, input) => self.submit(&place, input),
            Heard::Refused { id, refusal, bye } => {
                let is_unreadable = is_unreadable(&refusal);
                of.outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id, refusal }));
                if bye.is_some() {
                    of.outbox.close(bye);
                }
                if is_unreadable {
                    self.break_promise(Promise::FramesAreWellMade);
                }
            }
            Heard::Ended(bye) => of.outbox.close(Some(bye)),
        }
        self.settle_sockets();
    }

    /// The gateway learns that a socket has ended.
    pub(crate) fn hear_end(&mut self, socket: SocketId) {
        self.end_socket(socket);
        self.settle_sockets();
    }

    pub(crate) fn hear_news(&mut self, news: MediaNews) {
        let (place, input) = ledger::input(NODE, news);
        self.submit(&place, input);
        self.settle_sockets();
    }

    /// A socket's time is up.
    pub(crate) fn end_patience(&mut self, socket: SocketId) {
        let now = moment(self.now);
        let Some(of) = self.gateway.edit().sockets.get_mut(&socket) else { return };
        if let Some(bye) = of.guest.overdue(of.outbox.standing(), now) {
            of.outbox.close(Some(bye));
        }
        self.settle_sockets();
    }

    /// What is due in the room.
    pub(crate) fn tick_room(&mut self) {
        self.handle(Input::Tick);
        self.settle_sockets();
    }

    /// Carries out an input in the room that it is for.
    fn submit(&mut self, place: &Place, input: Input) {
        match self.gateway.directory.seek(place, &input) {
            Sought::Room(_) => {}
            Sought::Unmade(name) => self.gateway.edit().make_room(name),
            Sought::Nowhere(refusal) => {
                if let Input::Ask(Asked { socket, id, .. }) = input {
                    let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(id), refusal });
                    self.gateway.edit().perform(Deed::Push { socket, frame });
                }
                return;
            }
        }
        self.handle(input);
    }

    /// Lets the room handle an input, and does everything that it wants done about it.
    fn handle(&mut self, input: Input) {
        let now = moment(self.now);
        let gateway = self.gateway.edit();
        let is_closing = match &input {
            Input::Ask(asked) => gateway.outbox(asked.socket).is_some_and(|outbox| outbox.standing().is_closing),
            Input::Report { .. }
            | Input::LoseSocket(_)
            | Input::Expel(_)
            | Input::Media { .. }
            | Input::Order(_)
            | Input::Tick => false,
        };
        let Some(Hosted { cell, .. }) = &mut gateway.hosted else { return };
        // A cell that has closed is struck out at once, so this one is open.
        let effects = cell.take(input, is_closing, now).unwrap_or_default();
        self.note(&effects);
        let Gateway { hosted: Some(hosted), sockets, leases_made, .. } = self.gateway.edit() else { return };
        let attached = sockets.iter().filter(|(_, of)| of.outbox.standing().is_attached).map(|(socket, _)| *socket);
        let deeds = hosted.cell.carry_out(effects, |grant| lease(leases_made, grant));
        if reaches_everybody(attached.collect(), &deeds).is_err() {
            self.break_promise(Promise::EventsReachEverybody);
        }
        let mut commands = Vec::new();
        for deed in deeds {
            if let Deed::Media { command, .. } = deed {
                commands.push(command);
            } else {
                self.gateway.edit().perform(deed);
            }
        }
        self.judge_room();
        self.gateway.edit().strike_out_closed();
        commands.into_iter().for_each(|command| self.order(command));
    }

    /// Notes what a room wants done: each event as the next of its history, and what a check has to come upon.
    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Answer { answer: Answer::Resumed(resumed), .. } => {
                    let is_whole = resumed.snapshot.is_none();
                    self.reach(if is_whole { Reach::ResumedByEvents } else { Reach::ResumedBySnapshot });
                }
                Effect::Answer { answer: Answer::Synced(_), .. } => self.reach(Reach::Synced),
                Effect::Broadcast { position, event } => {
                    let rosters = self.gateway.edit().archive.entry(position.epoch.as_str().to_owned()).or_default();
                    if position.offset as usize != rosters.len() {
                        return self.break_promise(Promise::NoGap);
                    }
                    rosters.push(view::after(rosters.last().copied().unwrap_or_default(), event));
                    self.reach_event(event);
                }
                Effect::Answer { .. }
                | Effect::Attach(_)
                | Effect::Close { .. }
                | Effect::Detach(_)
                | Effect::Lease { .. }
                | Effect::Media { .. }
                | Effect::NewAddress { .. }
                | Effect::Refuse { .. }
                | Effect::Send { .. } => {}
            }
        }
    }

    fn reach_event(&mut self, event: &Event) {
        match event {
            Event::MemberSuspended(_) => self.reach(Reach::MemberSuspended),
            Event::MemberLeft(_) => self.reach(Reach::MemberTimedOut),
            Event::StreamStalled(_) => self.reach(Reach::StreamStalled),
            Event::StreamRecovered(_) => self.reach(Reach::StreamRecovered),
            Event::StreamRemoved(_) => self.reach(Reach::StreamRemoved),
            _ => {}
        }
    }

    /// What its events told is what a snapshot shows.
    fn judge_room(&mut self) {
        let Some(room) = self.gateway.room() else { return };
        let is_told = (0..2).all(|user| {
            let snapshot = room.snapshot(&user_id(user));
            let told = self.gateway.at(snapshot.epoch.as_str(), snapshot.offset);
            told.is_some_and(|told| view::of_snapshot(&snapshot)[1 - user] == told[1 - user])
        });
        if !is_told {
            self.break_promise(Promise::SnapshotsAgree);
        }
    }

    /// The room of a socket learns that it has ended; gives what is left to send.
    fn end_socket(&mut self, socket: SocketId) -> Option<Outbox> {
        let of = self.gateway.sockets.get(&socket)?;
        if let Some((place, input)) = of.guest.end(of.outbox.standing()) {
            self.submit(&place, input);
        }
        self.gateway.edit().sockets.remove(&socket).map(|of| of.outbox)
    }

    /// Ends sockets that are about to close, and sends what waits.
    fn settle_sockets(&mut self) {
        loop {
            let mut sockets = self.gateway.sockets.iter();
            let closing = sockets.find(|(_, of)| of.outbox.standing().is_closing).map(|(socket, _)| *socket);
            let Some(socket) = closing else { break };
            if let Some(mut outbox) = self.end_socket(socket) {
                self.send(socket, &mut outbox);
            }
        }
        let sockets: Vec<SocketId> = self.gateway.sockets.keys().copied().collect();
        for socket in sockets {
            if let Some(mut of) = self.gateway.edit().sockets.remove(&socket) {
                self.send(socket, &mut of.outbox);
                self.gateway.edit().sockets.insert(socket, of);
            }
        }
    }

    /// Sends what an outbox holds.
    fn send(&mut self, socket: SocketId, outbox: &mut Outbox) {
        while let Some(outgoing) = outbox.take() {
            match outgoing {
                Outgoing::Frames(frames) => {
                    for frame in frames {
                        self.network.edit().send_down(socket, &frame);
                        outbox.note_sent(&frame);
                    }
                }
                Outgoing::Close(bye) => {
                    let code = bye.as_ref().map_or(close::NORMAL, |bye| bye.code);
                    if code == close::SUPERSEDED {
                        self.reach(Reach::SocketSuperseded);
                    }
                    let network = self.network.edit();
                    if let Some(bye) = bye {
                        let frame = ServerFrame::Event { position: None, event: Event::Bye(bye) };
                        network.send_down(socket, &OutgoingFrame::new(&frame));
                    }
                    return network.close_down(socket, code);
                }
            }
        }
    }

    /// The gateway's process dies and is there again at once; it has forgotten everything.
    pub(crate) fn restart(&mut self) {
        let gateway = self.gateway.edit();
        (gateway.hosted, gateway.directory) = (None, Directory::default());
        gateway.sockets.clear();
        for link in &mut self.network.edit().links {
            link.cut(true, false);
        }
        self.restart_media();
    }
}
