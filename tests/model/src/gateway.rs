//! The [`Gateway`]: the real room, and in short what the gateway's process does with sockets around it.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{
    Answer, Bye, ByeAction, ClientFrame, Epoch, ErrorCode, Event, Join, Lease, Notice, Refusal, Request, RequestFrame,
    Secret, ServerFrame, UrlUpdated,
};
use miniapp_rtc_gateway::room::{
    Asked, Command, Effect, End, Entry, Grant, Input, MediaNews, Moment, NodeId, Room, RoomLimits, RoomName,
    RoomPolicy, RoomTag, RoomTimes, SocketId, Terms,
};

use crate::media::Ticket;
use crate::phone::app_id;
use crate::promise::Promise;
use crate::reach::Reach;
use crate::scene::Scene;
use crate::view::{self, Roster, room_id, user_id};

/// The gateway's process.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) room: Option<Room>,
    pub(crate) sockets: BTreeMap<SocketId, Socket>,
    /// The room at each offset, by epoch.
    pub(crate) archive: BTreeMap<String, Vec<Roster>>,
    /// When rooms and media server are compared next.
    pub(crate) compare_at: u64,
    rooms_made: u32,
    sockets_made: u64,
    leases_made: u32,
}

/// One socket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    heard_at: u64,
    /// It carries a session.
    is_attached: bool,
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

/// The one process of this world.
pub(crate) const NODE: NodeId = NodeId(1);

impl Gateway {
    pub(crate) fn new() -> Self {
        Self {
            room: None,
            sockets: BTreeMap::new(),
            archive: BTreeMap::new(),
            compare_at: COMPARE_MS,
            rooms_made: 0,
            sockets_made: 0,
            leases_made: 0,
        }
    }

    pub(crate) fn accept(&mut self, now: u64) -> SocketId {
        self.sockets_made += 1;
        let socket = SocketId { node: NODE, number: self.sockets_made };
        self.sockets.insert(socket, Socket { heard_at: now, is_attached: false });
        socket
    }

    /// When a socket is given up that says nothing.
    pub(crate) fn next_idle(&self) -> Option<(u64, SocketId)> {
        self.sockets.iter().map(|(number, socket)| (socket.heard_at + u64::from(PING_MS) * 5 / 2, *number)).min()
    }

    /// The room at an offset of an epoch.
    pub(crate) fn at(&self, epoch: &str, offset: u32) -> Option<&Roster> {
        self.archive.get(epoch)?.get(offset as usize)
    }

    fn lease(&mut self, grant: &Grant) -> Lease {
        self.leases_made += 1;
        let (stream, generation, number) = (grant.stream.clone(), grant.generation, self.leases_made);
        // The number stands where a digest sees it: an address is hidden, and sessions do not read this.
        Lease { stream, generation, urls: vec![Ticket::address(grant, number)], expires_in: 300, renew_in: number }
    }

    fn make_room(&mut self) {
        self.rooms_made += 1;
        let life = format!("life{}", self.rooms_made);
        let name = RoomName { app: app_id(), room: room_id() };
        let tag = RoomTag::parse(&life).expect("a tag");
        let epoch = Epoch::parse(life.as_str()).expect("an epoch");
        self.room = Some(Room::new(name, tag, epoch, policy()));
        self.archive.insert(life, vec![Roster::default()]);
    }
}

impl Scene {
    fn moment(&self) -> Moment {
        Moment { ms: self.now, unix_ms: START + self.now }
    }

    /// A frame arrives.
    pub(crate) fn hear_frame(&mut self, socket: SocketId, frame: ClientFrame) {
        let now = self.now;
        let Some(of) = self.gateway.edit().sockets.get_mut(&socket) else { return };
        of.heard_at = now;
        let is_attached = of.is_attached;
        match frame {
            ClientFrame::Request(RequestFrame { id, operation, request }) => match self.prove(request, is_attached) {
                Ok(command) => self.submit(Input::Ask(Asked { socket, id, operation, command })),
                Err(refusal) => {
                    self.network.edit().send_down(socket, ServerFrame::Refusal { id: Some(id), refusal });
                }
            },
            ClientFrame::Notice(Notice::Report(report)) if is_attached => {
                self.submit(Input::Report { socket, report });
            }
            ClientFrame::Notice(_) | ClientFrame::Unknown(_) => {}
        }
    }

    fn prove(&mut self, request: Request, is_attached: bool) -> Result<Command, Refusal> {
        match &request {
            Request::Join(_) | Request::Resume(_) if is_attached => {
                return Err(Refusal::new(ErrorCode::AlreadyJoined, "this socket already carries a session"));
            }
            Request::Join(_) if self.gateway.room.is_none() => self.gateway.edit().make_room(),
            Request::Join(_) => {}
            Request::Resume(resume) => {
                let room = self.gateway.room.as_ref();
                // A room that is gone, or an older life of it.
                if room.is_none() || RoomTag::of_session(&resume.session) != self.tag_of_room() {
                    return Err(Refusal::new(ErrorCode::SessionUnknown, "there is no such session; join"));
                }
            }
            _ if !is_attached => return Err(Refusal::new(ErrorCode::NotJoined, "join or resume first")),
            Request::Sync(_) => self.reach(Reach::Synced),
            _ => {}
        }
        let terms = Terms { token: End::Never, publish: Some(End::Never), subscribe: Some(End::Never) };
        let admit = |join: Join| {
            let secret = Secret::new("always the same");
            Ok(Entry { user: join.user, terms, visible: join.visible, secret })
        };
        request.prove(admit, |_| Err(Refusal::new(ErrorCode::Internal, "no token of this model ends")))
    }

    fn tag_of_room(&self) -> Option<RoomTag> {
        self.gateway.room.as_ref().and_then(|_| RoomTag::parse(&format!("life{}", self.gateway.rooms_made)))
    }

    /// The gateway learns that a socket has ended.
    pub(crate) fn hear_end(&mut self, socket: SocketId) {
        let before = self.gateway.edit().sockets.remove(&socket);
        if before.is_some_and(|socket| socket.is_attached) {
            self.submit(Input::LoseSocket(socket));
        }
    }

    pub(crate) fn hear_news(&mut self, news: MediaNews) {
        self.submit(Input::Media { node: NODE, news });
    }

    /// A socket said nothing for too long.
    pub(crate) fn end_idle(&mut self, socket: SocketId) {
        let reason = "nothing was heard for too long; resume".into();
        self.close_socket(socket, Some(Bye { code: close::IDLE, reason, action: ByeAction::Resume, after_ms: 0 }));
    }

    /// What is due in the room.
    pub(crate) fn tick_room(&mut self) {
        self.submit(Input::Tick);
    }

    /// Carries out an input in the room, and everything that the room wants done about it.
    fn submit(&mut self, input: Input) {
        let now = self.moment();
        let gateway = self.gateway.edit();
        let Some(room) = &mut gateway.room else { return };
        let effects = room.handle(input, now);
        for effect in &effects {
            if let Effect::Broadcast { position, event } = effect {
                let rosters = gateway.archive.entry(position.epoch.as_str().to_owned()).or_default();
                if position.offset as usize != rosters.len() {
                    return self.break_promise(Promise::NoGap);
                }
                let roster = view::after(rosters.last().copied().unwrap_or_default(), event);
                rosters.push(roster);
            }
        }
        for effect in effects {
            self.carry_out(effect);
        }
        self.judge_room();
        if self.gateway.room.as_ref().is_some_and(Room::is_empty) {
            self.gateway.edit().room = None;
        }
    }

    /// What its events told is what a snapshot shows.
    fn judge_room(&mut self) {
        let Some(room) = &self.gateway.room else { return };
        let is_told = (0..2).all(|user| {
            let snapshot = room.snapshot(&user_id(user));
            let told = self.gateway.at(snapshot.epoch.as_str(), snapshot.offset);
            told.is_some_and(|told| view::of_snapshot(&snapshot)[1 - user] == told[1 - user])
        });
        if !is_told {
            self.break_promise(Promise::SnapshotsAgree);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        let attach = |scene: &mut Self, socket: SocketId, is_attached: bool| {
            if let Some(socket) = scene.gateway.edit().sockets.get_mut(&socket) {
                socket.is_attached = is_attached;
            }
        };
        match effect {
            Effect::Attach(socket) => attach(self, socket, true),
            Effect::Detach(socket) => attach(self, socket, false),
            Effect::Answer { socket, id, method, answer } => {
                if let Answer::Resumed(resumed) = &answer {
                    let is_whole = resumed.snapshot.is_none();
                    self.reach(if is_whole { Reach::ResumedByEvents } else { Reach::ResumedBySnapshot });
                }
                self.network.edit().send_down(socket, ServerFrame::Answer { id, method, answer });
            }
            Effect::Lease { socket, id, method, grant } => {
                let answer = Answer::Leased(self.gateway.edit().lease(&grant));
                self.network.edit().send_down(socket, ServerFrame::Answer { id, method, answer });
            }
            Effect::NewAddress { socket, of, grant } => {
                let (role, lease) = (grant.role, self.gateway.edit().lease(&grant));
                let event = Event::UrlUpdated(UrlUpdated { role, user: of.user, kind: of.kind, lease });
                self.network.edit().send_down(socket, ServerFrame::Event { position: None, event });
            }
            Effect::Refuse { socket, id, refusal } => {
                self.network.edit().send_down(socket, ServerFrame::Refusal { id: Some(id), refusal });
            }
            Effect::Broadcast { position, event } => {
                match event {
                    Event::MemberSuspended(_) => self.reach(Reach::MemberSuspended),
                    Event::MemberLeft(_) => self.reach(Reach::MemberTimedOut),
                    Event::StreamStalled(_) => self.reach(Reach::StreamStalled),
                    Event::StreamRecovered(_) => self.reach(Reach::StreamRecovered),
                    Event::StreamRemoved(_) => self.reach(Reach::StreamRemoved),
                    _ => {}
                }
                let attached = self.gateway.sockets.iter().filter(|(_, socket)| socket.is_attached);
                let attached: Vec<SocketId> = attached.map(|(number, _)| *number).collect();
                for socket in attached {
                    let (position, event) = (Some(position.clone()), event.clone());
                    self.network.edit().send_down(socket, ServerFrame::Event { position, event });
                }
            }
            Effect::Send { socket, position, event } => {
                self.network.edit().send_down(socket, ServerFrame::Event { position, event });
            }
            Effect::Close { socket, bye } => self.close_socket(socket, bye),
            Effect::Media { command, .. } => self.order(command),
        }
    }

    /// The gateway closes a socket, after all that was sent to it.
    fn close_socket(&mut self, socket: SocketId, bye: Option<Bye>) {
        let code = bye.as_ref().map_or(close::NORMAL, |bye| bye.code);
        if code == close::SUPERSEDED {
            self.reach(Reach::SocketSuperseded);
        }
        let network = self.network.edit();
        if let Some(bye) = bye {
            network.send_down(socket, ServerFrame::Event { position: None, event: Event::Bye(bye) });
        }
        network.close_down(socket, code);
        self.hear_end(socket);
    }

    /// The gateway's process dies and is there again at once; it has forgotten everything.
    pub(crate) fn restart(&mut self) {
        let gateway = self.gateway.edit();
        gateway.room = None;
        gateway.sockets.clear();
        for link in &mut self.network.edit().links {
            link.cut(true, false);
        }
        self.restart_media();
    }
}
