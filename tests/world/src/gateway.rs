//! The gateway's edge: its process, its sockets, and what they do with frames before a room sees them and after.
//!
//! The rooms, the admission of tokens and the outboxes are the real ones. What a task or a lock does in the real process
//! (`socket`, `engine/memory`, `steward`) is done here step by step.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use miniapp_rtc::protocol::limits::{REQUESTS_IN_FLIGHT, close};
use miniapp_rtc::protocol::{
    BadClientFrame, Bye, ByeAction, ClientFrame, ErrorCode, Event as Told, Notice, Refusal, Request, RequestFrame,
    Secret, ServerFrame,
};
use miniapp_rtc_gateway::admission::Apps;
use miniapp_rtc_gateway::engine::Place;
use miniapp_rtc_gateway::outbox::{Outbox, OutboxBounds, Outgoing, OutgoingFrame};
use miniapp_rtc_gateway::room::{Asked, Command, Input, Moment, SocketId};

use crate::cell::Cell;
use crate::event::{Event, Relief};
use crate::network::LinkId;
use crate::queue::Ms;
use crate::world::World;

/// The wall clock when a world begins.
pub(crate) const START: u64 = 1_700_000_000_000;
/// From the opening of a socket to a granted join or resume.
const JOIN_MS: Ms = 10_000;

/// The gateway's process.
pub(crate) struct Gateway {
    pub(crate) is_up: bool,
    /// Counts its starts.
    pub(crate) life: u32,
    pub(crate) unix_ahead: i64,
    pub(crate) connections: BTreeMap<SocketId, Connection>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) apps: Apps,
    pub(crate) cells_made: u32,
    sockets_made: u64,
    secrets_made: u32,
}

/// One socket.
pub(crate) struct Connection {
    pub(crate) link: LinkId,
    pub(crate) outbox: Arc<Outbox>,
    place: Option<Place>,
    opened_at: Ms,
    heard_at: Ms,
    /// Thousandths of frames that may come now.
    allowance: u64,
    filled_at: Ms,
}

impl Gateway {
    pub(crate) fn new(apps: Apps) -> Self {
        Self {
            is_up: true,
            life: 1,
            unix_ahead: 0,
            connections: BTreeMap::new(),
            cells: Vec::new(),
            apps,
            cells_made: 0,
            sockets_made: 0,
            secrets_made: 0,
        }
    }
}

impl World {
    pub(crate) fn moment(&self) -> Moment {
        Moment { ms: self.now, unix_ms: (START + self.now).saturating_add_signed(self.gateway.unix_ahead) }
    }

    /// A socket opens.
    pub(crate) fn accept(&mut self, link: LinkId) -> SocketId {
        self.gateway.sockets_made += 1;
        let socket = SocketId(self.gateway.sockets_made);
        let bounds = OutboxBounds { frames: self.tuning.queue_frames, bytes: 262_144 };
        let connection = Connection {
            link,
            outbox: Arc::new(Outbox::new(socket, bounds)),
            place: None,
            opened_at: self.now,
            heard_at: self.now,
            allowance: 100_000,
            filled_at: self.now,
        };
        self.gateway.connections.insert(socket, connection);
        self.queue.add(self.now + JOIN_MS, Event::Patience(socket));
        socket
    }

    /// The gateway looks whether a socket was silent for too long, or did not join.
    pub(crate) fn look_at_patience(&mut self, socket: SocketId) {
        let ping_ms = Ms::from(self.tuning.policy.times.ping_ms);
        let now = self.now;
        let Some(connection) = self.gateway.connections.get(&socket) else { return };
        let idle_at = connection.heard_at + ping_ms * 5 / 2;
        let join_at = connection.opened_at + JOIN_MS;
        let is_attached = connection.outbox.is_attached();
        let outbox = Arc::clone(&connection.outbox);
        let stop = |code, reason: &str, action| Bye { code, reason: reason.into(), action, after_ms: 0 };
        if !is_attached && now >= join_at {
            outbox.close(Some(stop(close::NO_JOIN, "no join or resume was granted in time", ByeAction::Stop)));
        } else if now >= idle_at {
            outbox.close(Some(stop(close::IDLE, "nothing was heard for too long; resume", ByeAction::Resume)));
        } else {
            let next = if is_attached { idle_at } else { idle_at.min(join_at) };
            return self.queue.add(next, Event::Patience(socket));
        }
        self.settle_sockets();
    }

    /// A frame arrives.
    pub(crate) fn hear_frame(&mut self, link: LinkId, text: &str) {
        let Some(socket) = self.links[link].socket else { return };
        let now = self.now;
        let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
        connection.heard_at = now;
        connection.allowance = (connection.allowance + (now - connection.filled_at) * 50).min(100_000);
        connection.filled_at = now;
        let excess = connection.allowance < 1_000;
        if !excess {
            connection.allowance -= 1_000;
        }
        let outbox = Arc::clone(&connection.outbox);
        let refuse = |id, refusal| outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id, refusal }));
        let too_fast = || Refusal::new(ErrorCode::RateLimited, "too many frames in too short a time").retry_after(20);
        match ClientFrame::decode::<serde_json::Value>(text) {
            Ok(ClientFrame::Request(frame)) if excess => refuse(Some(frame.id), too_fast()),
            Ok(_) if excess => refuse(None, too_fast()),
            Ok(ClientFrame::Request(frame)) => self.hear_request(socket, frame),
            Ok(ClientFrame::Notice(Notice::Report(report))) => {
                if let Some(place) = self.joined_place(socket) {
                    self.submit(&place, Input::Report { socket, report }, Some(socket));
                }
            }
            Ok(ClientFrame::Unknown(_)) => {}
            Err(BadClientFrame { refusal, .. }) => {
                self.violate("frames are well made", || format!("the gateway cannot read {text}: {}", refusal.reason));
            }
        }
        self.settle_sockets();
    }

    fn hear_request(&mut self, socket: SocketId, frame: RequestFrame) {
        let RequestFrame { id, operation, request } = frame;
        let Some(connection) = self.gateway.connections.get(&socket) else { return };
        let outbox = Arc::clone(&connection.outbox);
        let refuse = |refusal| outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id: Some(id), refusal }));
        if outbox.unsettled() >= REQUESTS_IN_FLIGHT {
            return refuse(Refusal::new(ErrorCode::TooManyInFlight, "read the answers first").retry_after(100));
        }
        match self.prove(socket, request) {
            Ok((place, command)) => {
                let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
                connection.place = place.or(connection.place.take());
                if let Some(place) = connection.place.clone() {
                    let input = Input::Ask(Asked { socket, id, operation, command });
                    self.submit(&place, input, Some(socket));
                }
            }
            Err(refusal) => refuse(refusal),
        }
    }

    fn prove(&mut self, socket: SocketId, request: Request) -> Result<(Option<Place>, Command), Refusal> {
        let unix = self.moment().unix();
        let is_free = self.joined_place(socket).is_none();
        let command = match request {
            Request::Join(_) | Request::Resume(_) if !is_free => {
                return Err(Refusal::new(ErrorCode::AlreadyJoined, "this socket already carries a session"));
            }
            Request::Join(join) => {
                self.gateway.secrets_made += 1;
                let secret = format!("SECRET-of-session-{}", self.gateway.secrets_made);
                let (name, entry) = self.gateway.apps.admit(join, Secret::new(secret), unix)?;
                return Ok((Some(Place::Room(name)), Command::Join(entry)));
            }
            Request::Resume(resume) => {
                return Ok((Some(Place::Session(resume.session.clone())), Command::Resume(resume)));
            }
            _ if is_free => return Err(Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")),
            Request::Leave(_) => Command::Leave,
            Request::MuteLocal(mute) => Command::MuteLocal(mute),
            Request::MuteRemote(mute) => Command::MuteRemote(mute),
            Request::Ping(_) => Command::Ping,
            Request::Publish(publish) => Command::Publish(publish),
            Request::RenewToken(renew) => Command::RenewToken(self.gateway.apps.renew(&renew.token, unix)?),
            Request::RenewUrl(of) => Command::RenewUrl(of),
            Request::SetVisibility(wish) => Command::SetVisibility(wish),
            Request::Subscribe(subscribe) => Command::Subscribe(subscribe),
            Request::Sync(_) => Command::Sync,
            Request::Unpublish(publish) => Command::Unpublish(publish),
            Request::Unsubscribe(of) => Command::Unsubscribe(of),
        };
        Ok((None, command))
    }

    fn joined_place(&self, socket: SocketId) -> Option<Place> {
        let connection = self.gateway.connections.get(&socket)?;
        connection.place.clone().filter(|_| connection.outbox.is_attached())
    }

    /// The gateway learns that a socket has ended.
    pub(crate) fn hear_end(&mut self, link: LinkId) {
        let Some(socket) = self.links[link].socket.take() else { return };
        self.end_connection(socket);
        self.settle_sockets();
    }

    fn end_connection(&mut self, socket: SocketId) {
        let place = self.joined_place(socket);
        self.gateway.connections.remove(&socket);
        if let Some(place) = place {
            self.history.add(self.now, || format!("gateway: lost socket {}", socket.0));
            self.submit(&place, Input::LoseSocket(socket), None);
        }
    }

    /// Ends sockets that are about to close, and writes what waits.
    pub(crate) fn settle_sockets(&mut self) {
        loop {
            let closing = self.gateway.connections.iter().find(|(_, connection)| connection.outbox.is_closing());
            let Some((socket, connection)) = closing.map(|(socket, connection)| (*socket, connection)) else { break };
            let (link, outbox) = (connection.link, Arc::clone(&connection.outbox));
            let place = self.joined_place(socket);
            self.gateway.connections.remove(&socket);
            if let Some(place) = place {
                self.submit(&place, Input::LoseSocket(socket), None);
            }
            if self.links[link].stalled_until > self.now {
                // The farewell cannot leave in time: the connection just ends.
                self.links[link].socket = None;
                self.break_link(link, true, false);
            } else {
                self.write(link, &outbox);
            }
        }
        let waiting: Vec<(LinkId, Arc<Outbox>)> = self
            .gateway
            .connections
            .values()
            .filter(|connection| self.links[connection.link].stalled_until <= self.now)
            .map(|connection| (connection.link, Arc::clone(&connection.outbox)))
            .collect();
        for (link, outbox) in waiting {
            self.write(link, &outbox);
        }
    }

    /// Writes what an outbox holds.
    fn write(&mut self, link: LinkId, outbox: &Outbox) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let Poll::Ready(outgoing) = pin!(outbox.take()).poll(&mut context) else { return };
            match outgoing {
                Outgoing::Frames(frames) => {
                    for frame in frames {
                        self.send_down(link, frame.text().to_string());
                        outbox.note_sent(&frame);
                    }
                }
                Outgoing::Close(bye) => {
                    let (code, reason) =
                        bye.as_ref().map_or((close::NORMAL, String::new()), |bye| (bye.code, bye.reason.clone()));
                    if let Some(bye) = bye {
                        let frame = ServerFrame::Event { position: None, event: Told::Bye(bye) };
                        self.send_down(link, OutgoingFrame::new(&frame).text().to_string());
                    }
                    return self.close_from_gateway(link, code, &reason);
                }
            }
        }
    }

    /// The gateway's process dies, or stops as asked; it starts again later and has forgotten everything.
    pub(crate) fn stop_gateway(&mut self, graceful: bool, down_ms: Ms) {
        if !self.gateway.is_up {
            return;
        }
        self.gateway.is_up = false;
        let connections = std::mem::take(&mut self.gateway.connections);
        for connection in connections.into_values() {
            let link = connection.link;
            self.links[link].socket = None;
            if graceful && self.links[link].stalled_until <= self.now {
                let after_ms = self.random.u32(0..3_000);
                let reason = "the gateway is stopping; resume on another one".into();
                connection.outbox.close(Some(Bye {
                    code: close::GOING_AWAY,
                    reason,
                    action: ByeAction::Resume,
                    after_ms,
                }));
                self.write(link, &connection.outbox);
            } else {
                // Now and then a phone hears nothing of it.
                let learns = self.chance(85);
                self.break_link(link, learns, false);
            }
        }
        self.gateway.cells.clear();
        self.gateway.life += 1;
        self.end_media();
        self.queue.add(self.now + down_ms, Event::Relief(Relief::GatewayStarts));
    }
}
