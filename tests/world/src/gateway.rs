//! The gateway's process: its sockets, and the shell around what the real gateway decides (`node`): the tasks and locks of
//! the real process are steps here.

use std::collections::BTreeMap;
use std::sync::Arc;

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Event as Told, Secret, ServerFrame};
use miniapp_rtc_gateway::admission::Apps;
use miniapp_rtc_gateway::node::{
    Directory, Guest, Heard, Outbox, OutboxBounds, Outgoing, OutgoingFrame, Standing, farewell,
};
use miniapp_rtc_gateway::room::{Moment, NodeId, SocketId};
use miniapp_rtc_harness::{FRAMES_ARE_WELL_MADE, is_unreadable};

use crate::cell::Hosted;
use crate::event::{Event, Relief};
use crate::network::LinkId;
use crate::queue::Ms;
use crate::stranger::StrangerId;
use crate::world::World;

/// The wall clock when a world begins.
pub(crate) const START: u64 = 1_700_000_000_000;

/// Stands in every secret of the gateway.
pub(crate) const SECRET: &str = "SECRET";

/// The gateway's process.
pub(crate) struct Gateway {
    pub(crate) is_up: bool,
    /// Counts its starts.
    pub(crate) life: u32,
    pub(crate) unix_ahead: i64,
    pub(crate) connections: BTreeMap<SocketId, Connection>,
    /// The rooms, by the numbers of their lives.
    pub(crate) rooms: BTreeMap<u32, Hosted>,
    pub(crate) directory: Directory<u32>,
    pub(crate) apps: Arc<Apps>,
    pub(crate) rooms_made: u32,
    sockets_made: u64,
    secrets_made: u32,
}

/// One socket.
pub(crate) struct Connection {
    pub(crate) peer: Peer,
    pub(crate) outbox: Outbox,
    pub(crate) guest: Guest,
    /// When the gateway looks next whether the socket's time is up.
    looked_at: Ms,
}

/// Who is at the other end of a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Peer {
    Phone(LinkId),
    Stranger(StrangerId),
}

impl Gateway {
    pub(crate) fn new(apps: Apps) -> Self {
        Self {
            is_up: true,
            life: 1,
            unix_ahead: 0,
            connections: BTreeMap::new(),
            rooms: BTreeMap::new(),
            directory: Directory::default(),
            apps: Arc::new(apps),
            rooms_made: 0,
            sockets_made: 0,
            secrets_made: 0,
        }
    }
}

impl Gateway {
    /// The name of the process that runs now.
    pub(crate) fn node(&self) -> NodeId {
        NodeId(self.life.into())
    }
}

impl World {
    pub(crate) fn moment(&self) -> Moment {
        Moment { ms: self.now, unix_ms: (START + self.now).saturating_add_signed(self.gateway.unix_ahead) }
    }

    /// A socket opens.
    pub(crate) fn accept(&mut self, peer: Peer) -> SocketId {
        self.gateway.sockets_made += 1;
        let socket = SocketId { node: self.gateway.node(), number: self.gateway.sockets_made };
        let (policy, ping_ms) = (self.tuning.socket, self.tuning.policy.times.ping_ms);
        let bounds = OutboxBounds { frames: policy.queue_frames, bytes: policy.queue_bytes };
        let guest = Guest::new(socket, Arc::clone(&self.gateway.apps), policy, ping_ms, self.moment());
        let connection = Connection { peer, outbox: Outbox::new(bounds), guest, looked_at: Ms::MAX };
        self.gateway.connections.insert(socket, connection);
        self.look_again(socket);
        socket
    }

    /// The gateway looks whether a socket was silent for too long, or did not join.
    pub(crate) fn look_at_patience(&mut self, socket: SocketId) {
        let now = self.moment();
        let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
        if connection.looked_at > now.ms {
            return;
        }
        connection.looked_at = Ms::MAX;
        if let Some(bye) = connection.guest.overdue(connection.outbox.standing(), now) {
            connection.outbox.close(Some(bye));
            return self.settle_sockets();
        }
        self.look_again(socket);
    }

    fn look_again(&mut self, socket: SocketId) {
        let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
        let deadline = connection.guest.deadline(connection.outbox.standing());
        if deadline < connection.looked_at {
            connection.looked_at = deadline;
            self.queue.add(deadline.max(self.now), Event::Patience(socket));
        }
    }

    /// A phone's frame arrives.
    pub(crate) fn hear_frame(&mut self, link: LinkId, text: &str) {
        let Some(socket) = self.links[link].socket else { return };
        let Some(heard) = self.hear(socket, text) else { return };
        if let Heard::Refused { refusal, .. } = &heard
            && is_unreadable(refusal)
        {
            self.violate(FRAMES_ARE_WELL_MADE, || format!("the gateway cannot read {text}: {}", refusal.reason));
        }
        self.heed(socket, heard);
    }

    /// What the gateway makes of a text on a socket; `None` where the socket is gone.
    pub(crate) fn hear(&mut self, socket: SocketId, text: &str) -> Option<Heard> {
        let now = self.moment();
        let Gateway { connections, secrets_made, .. } = &mut self.gateway;
        let connection = connections.get_mut(&socket)?;
        Some(connection.guest.hear_text(text, connection.outbox.standing(), now, || {
            *secrets_made += 1;
            Ok(Secret::new(format!("{SECRET}-of-session-{secrets_made}")))
        }))
    }

    /// Does what became of something heard.
    pub(crate) fn heed(&mut self, socket: SocketId, heard: Heard) {
        match heard {
            Heard::Nothing => {}
            Heard::Input(place, input) => self.submit(&place, input),
            Heard::Refused { id, refusal, bye } => {
                let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
                connection.outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id, refusal }));
                if bye.is_some() {
                    connection.outbox.close(bye);
                }
            }
            Heard::Ended(bye) => {
                let Some(connection) = self.gateway.connections.get_mut(&socket) else { return };
                connection.outbox.close(Some(bye));
            }
        }
        self.look_again(socket);
        self.settle_sockets();
    }

    pub(crate) fn standing(&self, socket: SocketId) -> Option<Standing> {
        self.gateway.connections.get(&socket).map(|connection| connection.outbox.standing())
    }

    /// The gateway learns that a phone's socket has ended.
    pub(crate) fn hear_end(&mut self, link: LinkId) {
        let Some(socket) = self.links[link].socket.take() else { return };
        self.end_connection(socket);
        self.settle_sockets();
    }

    /// The room of a socket learns that it has ended; gives what is left of the connection.
    pub(crate) fn end_connection(&mut self, socket: SocketId) -> Option<Connection> {
        let connection = self.gateway.connections.get(&socket)?;
        if let Some((place, input)) = connection.guest.end(connection.outbox.standing()) {
            self.history.add(self.now, || format!("gateway: {input:?}"));
            self.submit(&place, input);
        }
        self.gateway.connections.remove(&socket)
    }

    /// Ends sockets that are about to close, and writes what waits.
    pub(crate) fn settle_sockets(&mut self) {
        loop {
            let mut standings = self.gateway.connections.iter();
            let closing = standings.find(|(_, connection)| connection.outbox.standing().is_closing);
            let Some(socket) = closing.map(|(socket, _)| *socket) else { break };
            let Some(mut connection) = self.end_connection(socket) else { break };
            if let Peer::Phone(link) = connection.peer
                && self.links[link].stalled_until > self.now
            {
                // The farewell cannot leave in time: the connection just ends.
                self.links[link].socket = None;
                self.break_link(link, true, false);
            } else {
                self.write(&mut connection);
            }
        }
        let waiting: Vec<SocketId> = self
            .gateway
            .connections
            .iter()
            .filter(|(_, connection)| self.is_reading(connection.peer))
            .map(|(socket, _)| *socket)
            .collect();
        for socket in waiting {
            if let Some(mut connection) = self.gateway.connections.remove(&socket) {
                self.write(&mut connection);
                self.gateway.connections.insert(socket, connection);
            }
        }
    }

    fn is_reading(&self, peer: Peer) -> bool {
        match peer {
            Peer::Phone(link) => self.links[link].stalled_until <= self.now,
            Peer::Stranger(stranger) => self.strangers[stranger].reads,
        }
    }

    /// Writes what an outbox holds.
    fn write(&mut self, connection: &mut Connection) {
        while let Some(outgoing) = connection.outbox.take() {
            match outgoing {
                Outgoing::Frames(frames) => {
                    for frame in frames {
                        self.send_to(connection.peer, frame.text().to_owned());
                        connection.outbox.note_sent(&frame);
                    }
                }
                Outgoing::Close(bye) => {
                    let (code, reason) =
                        bye.as_ref().map_or((close::NORMAL, String::new()), |bye| (bye.code, bye.reason.clone()));
                    if let Some(bye) = bye {
                        let frame = ServerFrame::Event { position: None, event: Told::Bye(bye) };
                        self.send_to(connection.peer, OutgoingFrame::new(&frame).text().to_string());
                    }
                    match connection.peer {
                        Peer::Phone(link) => self.close_from_gateway(link, code, &reason),
                        Peer::Stranger(stranger) => self.note_stranger_closed(stranger, code),
                    }
                    return;
                }
            }
        }
    }

    fn send_to(&mut self, peer: Peer, text: String) {
        match peer {
            Peer::Phone(link) => self.send_down(link, text),
            Peer::Stranger(stranger) => self.strangers[stranger].received.push(text),
        }
    }

    /// The gateway's process dies, or stops as asked; it starts again later and has forgotten everything.
    pub(crate) fn stop_gateway(&mut self, graceful: bool, down_ms: Ms) {
        if !self.gateway.is_up {
            return;
        }
        if self.chance(33) {
            self.call_about_others();
        }
        self.gateway.is_up = false;
        for mut connection in std::mem::take(&mut self.gateway.connections).into_values() {
            let link = match connection.peer {
                Peer::Phone(link) => link,
                Peer::Stranger(stranger) => {
                    self.strangers[stranger].is_over = true;
                    continue;
                }
            };
            self.links[link].socket = None;
            if graceful && self.links[link].stalled_until <= self.now {
                let after_ms = self.random.u32(0..3_000);
                connection.outbox.close(Some(farewell::going_away(after_ms)));
                self.write(&mut connection);
            } else {
                // Now and then a phone hears nothing of it.
                let learns = self.chance(85);
                self.break_link(link, learns, false);
            }
        }
        self.gateway.rooms.clear();
        self.gateway.directory = Directory::default();
        self.gateway.life += 1;
        self.end_media();
        self.queue.add(self.now + down_ms, Event::Relief(Relief::GatewayStarts));
    }
}
