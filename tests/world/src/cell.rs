//! A [`Cell`] is a room in the gateway's process: the real room, what its effects need, and the mirror that judges it.

use std::collections::BTreeMap;
use std::sync::Arc;

use miniapp_rtc::protocol::{
    Answer, Epoch, ErrorCode, Lease, MediaUrl, Refusal, Role, Secret, ServerFrame, SessionId, StreamId,
};
use miniapp_rtc_gateway::engine::Place;
use miniapp_rtc_gateway::media::{self, MediaTicket, Operation};
use miniapp_rtc_gateway::outbox::{Outbox, OutgoingFrame};
use miniapp_rtc_gateway::room::{
    Command, Effect, Grant, Input, MediaCommand, Room, RoomName, RoomTag, SocketId, Wanted,
};

use crate::event::Event;
use crate::mirror::Mirror;
use crate::world::World;

/// A room in the gateway's process.
pub(crate) struct Cell {
    /// Names this life of the room.
    pub(crate) number: u32,
    pub(crate) name: RoomName,
    pub(crate) tag: RoomTag,
    pub(crate) room: Room,
    pub(crate) attached: BTreeMap<SocketId, Arc<Outbox>>,
    pub(crate) filters: BTreeMap<(StreamId, SessionId), Wanted>,
    pub(crate) mirror: Mirror,
}

impl World {
    /// Carries out an input in the room that it is for.
    pub(crate) fn submit(&mut self, place: &Place, input: Input, from: Option<SocketId>) {
        let joins = matches!(&input, Input::Ask(asked) if matches!(asked.command, Command::Join(_)));
        let cell = match (self.find(place), place) {
            (Some(cell), _) => cell,
            (None, Place::Room(name)) if joins => self.make_room(name),
            (None, _) => {
                if let (Input::Ask(asked), Some(outbox)) = (&input, self.outbox_of(from)) {
                    let refusal = if matches!(asked.command, Command::Resume(_)) {
                        Refusal::new(ErrorCode::SessionUnknown, "there is no such session, or no longer; join")
                    } else {
                        Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")
                    };
                    outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id: Some(asked.id), refusal }));
                }
                return;
            }
        };
        self.enter(cell, input, from);
    }

    pub(crate) fn find(&self, place: &Place) -> Option<usize> {
        let tag = match place {
            Place::Room(name) => return self.gateway.cells.iter().position(|cell| cell.name == *name),
            Place::Session(session) => RoomTag::of_session(session)?,
            Place::Stream(stream) => RoomTag::of_stream(stream.as_str())?,
        };
        self.gateway.cells.iter().position(|cell| cell.tag == tag)
    }

    fn outbox_of(&self, socket: Option<SocketId>) -> Option<Arc<Outbox>> {
        self.gateway.connections.get(&socket?).map(|connection| Arc::clone(&connection.outbox))
    }

    fn make_room(&mut self, name: &RoomName) -> usize {
        self.gateway.cells_made += 1;
        let number = self.gateway.cells_made;
        let text = format!("life{number}");
        let tag = RoomTag::parse(&text).expect("a tag");
        let epoch = Epoch::parse(text.as_str()).expect("an epoch");
        let policy = self.tuning.policy;
        let room = Room::new(name.clone(), tag.clone(), epoch, policy);
        self.history.add(self.now, || format!("gateway: room {name} opens as {text}"));
        self.archive.insert(text.clone(), vec![Default::default()]);
        let mirror = Mirror::new(text, policy);
        let (attached, filters) = (BTreeMap::new(), BTreeMap::new());
        self.gateway.cells.push(Cell { number, name: name.clone(), tag, room, attached, filters, mirror });
        self.gateway.cells.len() - 1
    }

    /// Carries out an input in a room, after what is due.
    fn enter(&mut self, cell: usize, input: Input, from: Option<SocketId>) {
        let outbox = self.outbox_of(from);
        if matches!(input, Input::Ask(_)) && outbox.as_ref().is_some_and(|outbox| outbox.is_closing()) {
            return;
        }
        let life = self.gateway.cells[cell].number;
        if self.gateway.cells[cell].room.next_due().is_some_and(|due| due <= self.now) {
            self.handle(cell, Input::Tick, None);
        }
        // The room may have emptied, and closed, by what was due: the engine would look for it once more.
        match self.gateway.cells.get(cell).filter(|cell| cell.number == life) {
            Some(_) => self.handle(cell, input, outbox),
            None => {
                if let Input::Ask(asked) = &input
                    && let (Command::Join(_), Some(name)) = (&asked.command, self.name_of(from))
                {
                    let cell = self.make_room(&name);
                    return self.handle(cell, input, outbox);
                }
                if let (Input::Ask(asked), Some(outbox)) = (&input, outbox) {
                    let refusal =
                        Refusal::new(ErrorCode::SessionUnknown, "there is no such session, or no longer; join");
                    outbox.push(OutgoingFrame::new(&ServerFrame::Refusal { id: Some(asked.id), refusal }));
                }
            }
        }
    }

    fn name_of(&self, socket: Option<SocketId>) -> Option<RoomName> {
        let link = self.gateway.connections.get(&socket?)?.link;
        let room = self.room_id(self.links[link].phone);
        let app = miniapp_rtc::protocol::AppId::parse(crate::acting::APP).ok()?;
        Some(RoomName { app, room })
    }

    /// The gateway has seen that its clock was set.
    pub(crate) fn heed_clock(&mut self) {
        let lives: Vec<u32> = self.gateway.cells.iter().map(|cell| cell.number).collect();
        for life in lives {
            if let Some(cell) = self.gateway.cells.iter().position(|cell| cell.number == life) {
                self.handle(cell, Input::Tick, None);
                self.settle_sockets();
            }
        }
    }

    /// Something is due in a room.
    pub(crate) fn fall_due(&mut self, life: u32) {
        let now = self.now;
        let Some(cell) = self.gateway.cells.iter().position(|cell| cell.number == life) else { return };
        if self.gateway.cells[cell].room.next_due().is_some_and(|due| due <= now) {
            self.handle(cell, Input::Tick, None);
            self.settle_sockets();
        }
    }

    fn handle(&mut self, cell: usize, input: Input, from: Option<Arc<Outbox>>) {
        let now = self.moment();
        let place = &mut self.gateway.cells[cell];
        let due = place.room.next_due();
        self.counts.inputs += 1;
        place.mirror.expect(&input, now);
        let effects = place.room.handle(input, now);
        if !effects.is_empty() {
            self.history.add(self.now, || format!("    room {}: {}", place.tag.as_str(), describe(&effects)));
        }
        let verdict = place.mirror.judge(&effects, &place.room, now);
        if let Some(archived) = self.archive.get_mut(&place.mirror.epoch) {
            archived.append(&mut place.mirror.rosters);
        }
        if let Err((invariant, text)) = verdict {
            self.violate(invariant, || text);
        }
        self.carry_out_effects(cell, effects, from);
        let place = &self.gateway.cells[cell];
        let next = place.room.next_due();
        if next != due
            && let Some(at) = next
        {
            self.queue.add(at.max(self.now) + 1, Event::Due(place.number));
        }
        if place.room.is_empty() {
            self.history.add(self.now, || format!("gateway: room {} closes", place.tag.as_str()));
            self.gateway.cells.remove(cell);
        }
    }

    fn carry_out_effects(&mut self, cell: usize, effects: Vec<Effect>, from: Option<Arc<Outbox>>) {
        let mut detached: Vec<Arc<Outbox>> = from.iter().cloned().collect();
        for effect in effects {
            let place = &mut self.gateway.cells[cell];
            let outbox = |socket: SocketId| {
                place.attached.get(&socket).or_else(|| detached.iter().find(|outbox| outbox.socket() == socket))
            };
            let send = |socket, frame: &ServerFrame| {
                if let Some(outbox) = outbox(socket) {
                    outbox.push(OutgoingFrame::new(frame));
                }
            };
            match effect {
                Effect::Attach(socket) => {
                    if let Some(outbox) = from.as_ref().filter(|outbox| outbox.socket() == socket) {
                        outbox.set_attached(true);
                        place.attached.insert(socket, Arc::clone(outbox));
                    }
                }
                Effect::Detach(socket) => {
                    if let Some(outbox) = place.attached.remove(&socket) {
                        outbox.set_attached(false);
                        detached.push(outbox);
                    }
                }
                Effect::Answer { socket, id, method, answer } => {
                    send(socket, &ServerFrame::Answer { id, method, answer });
                }
                Effect::Lease { socket, id, method, grant } => {
                    let answer = self.lease(&grant);
                    let place = &mut self.gateway.cells[cell];
                    let both = Wanted { audio: true, video: true };
                    place.filters.entry((grant.stream, grant.session)).or_insert(both);
                    let outbox = place.attached.get(&socket);
                    if let Some(outbox) = outbox.or_else(|| detached.iter().find(|outbox| outbox.socket() == socket)) {
                        outbox.push(OutgoingFrame::new(&ServerFrame::Answer { id, method, answer }));
                    }
                }
                // The simulated media server announces no tracks, so no player outgrows its connection.
                Effect::NewAddress { .. } => {}
                Effect::Refuse { socket, id, refusal } => send(socket, &ServerFrame::Refusal { id: Some(id), refusal }),
                Effect::Broadcast { position, event } => {
                    self.counts.events += 1;
                    let frame = OutgoingFrame::new(&ServerFrame::Event { position: Some(position), event });
                    place.attached.values().for_each(|outbox| outbox.push(frame.clone()));
                }
                Effect::Send { socket, position: None, event } => {
                    send(socket, &ServerFrame::Event { position: None, event });
                }
                Effect::Send { socket, position, event } => {
                    self.counts.replayed += 1;
                    if let Some(outbox) = outbox(socket) {
                        outbox.push_missed(OutgoingFrame::new(&ServerFrame::Event { position, event }));
                    }
                }
                Effect::Close { socket, bye } => {
                    if let Some(outbox) = outbox(socket) {
                        outbox.close(bye);
                    }
                }
                Effect::Media(command) => self.order_media(cell, command),
            }
        }
    }

    fn lease(&mut self, grant: &Grant) -> Answer {
        let now = self.moment().unix();
        let lease_s = if self.is_healed() { 300 } else { self.tuning.lease_s };
        let operation = match grant.role {
            Role::Player => Operation::Play,
            Role::Pusher => Operation::Publish,
        };
        let url = self.media.sign(&MediaTicket {
            operation,
            stream: media::StreamId::parse(grant.stream.as_str()).expect("a stream id"),
            generation: grant.generation,
            session: media::SessionId::parse(grant.session.as_str()).expect("a session id"),
            connect_by: now + lease_s,
        });
        Answer::Leased(Lease {
            stream: grant.stream.clone(),
            generation: grant.generation,
            urls: vec![MediaUrl { transport: "rtmp".into(), url: Secret::new(url) }],
            expires_in: lease_s,
            renew_in: lease_s / 5 * 3,
        })
    }

    fn order_media(&mut self, cell: usize, command: MediaCommand) {
        let filters = &mut self.gateway.cells[cell].filters;
        match &command {
            MediaCommand::SetFilter { stream, session, wanted } => {
                filters.insert((stream.clone(), session.clone()), *wanted);
                return;
            }
            MediaCommand::EndStream { stream, .. } => filters.retain(|(of, _), _| of != stream),
            MediaCommand::EndSubscription { stream, session } => {
                filters.remove(&(stream.clone(), session.clone()));
            }
            MediaCommand::Check { .. } => {}
        }
        let at = self.commands_at.max(self.now + self.random.u64(1..20));
        self.commands_at = at;
        self.queue.add(at, Event::Command(self.gateway.life, command));
    }
}

/// Effects for the history: addresses and secrets are not in them.
fn describe(effects: &[Effect]) -> String {
    let texts: Vec<String> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Answer { socket, id, method, .. } => format!("Answer({}, {id}, {})", socket.0, method.name()),
            Effect::Lease { socket, id, grant, .. } => {
                format!("Lease({}, {id}, {} {})", socket.0, grant.stream, grant.generation)
            }
            Effect::Refuse { socket, id, refusal } => format!("Refuse({}, {id}, {})", socket.0, refusal.name),
            Effect::Broadcast { position, event } => format!("Broadcast({}, {event:?})", position.offset),
            other => format!("{other:?}"),
        })
        .collect();
    texts.join("; ")
}
