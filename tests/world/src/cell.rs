//! Rooms in the gateway's process: the real cell of each, with the watch and the mirror that judge its room.

use miniapp_rtc::protocol::{Epoch, ServerFrame};
use miniapp_rtc_gateway::node::{Cell, Deed, OutgoingFrame, Place, Sought};
use miniapp_rtc_gateway::room::{Asked, Effect, Input, Moment, Room, RoomName, RoomTag, SocketId};
use miniapp_rtc_harness::{Fault, RoomWatch, reaches_everybody};

use crate::event::Event;
use crate::gateway::{Connection, SECRET};
use crate::mirror::Mirror;
use crate::world::World;

/// A room in the gateway's process.
pub(crate) struct Hosted {
    pub(crate) name: RoomName,
    pub(crate) tag: RoomTag,
    pub(crate) cell: Cell,
    watch: RoomWatch,
    pub(crate) mirror: Mirror,
}

impl Hosted {
    pub(crate) fn room(&self) -> &Room {
        self.cell.room()
    }

    /// Judges what came of an input.
    fn judge(&mut self, input: &Input, effects: &[Effect], now: Moment) -> Result<(), Fault> {
        self.watch.observe(input, effects, now.ms)?;
        if effects.iter().any(|effect| matches!(effect, Effect::Broadcast { .. })) {
            self.watch.compare(&|viewer| self.cell.room().snapshot(viewer))?;
        }
        self.mirror.judge(effects, self.cell.room(), now)
    }
}

impl World {
    /// Carries out an input in the room that it is for.
    pub(crate) fn submit(&mut self, place: &Place, input: Input) {
        let mut input = input;
        loop {
            let life = match self.gateway.directory.seek(place, &input) {
                Sought::Room(life) => life,
                Sought::Unmade(name) => self.make_room(name),
                Sought::Nowhere(refusal) => {
                    if let Input::Ask(Asked { socket, id, .. }) = input {
                        let frame = OutgoingFrame::new(&ServerFrame::Refusal { id: Some(id), refusal });
                        self.carry_out_deed(Deed::Push { socket, frame });
                    }
                    return;
                }
            };
            // The task that keeps the room's time was there before; the room may have closed by what was due.
            self.keep_time(life);
            input = match self.handle(life, input) {
                Ok(()) => return,
                Err(input) => *input,
            };
        }
    }

    /// The room of a place.
    pub(crate) fn find(&self, place: &Place) -> Option<&Hosted> {
        self.gateway.rooms.get(&self.gateway.directory.find(place)?)
    }

    fn make_room(&mut self, name: RoomName) -> u32 {
        self.gateway.rooms_made += 1;
        let number = self.gateway.rooms_made;
        let text = format!("life{number}");
        let tag = RoomTag::parse(&text).expect("a tag");
        let epoch = Epoch::parse(text.as_str()).expect("an epoch");
        let policy = self.tuning.policy;
        let watch = RoomWatch::new(epoch.clone(), SECRET);
        let cell = Cell::new(Room::new(name.clone(), tag.clone(), epoch, policy));
        self.history.add(self.now, || format!("gateway: room {name} opens as {text}"));
        self.archive.insert(text.clone(), vec![Default::default()]);
        let listed = self.gateway.directory.list(name.clone(), tag.clone(), number);
        if let Err(there) = listed {
            self.violate("a room has one life at a time", || format!("{name} lives already, as life{there}"));
        }
        let mirror = Mirror::new(text, policy);
        self.gateway.rooms.insert(number, Hosted { name, tag, cell, watch, mirror });
        number
    }

    /// The gateway has seen that its clock was set.
    pub(crate) fn heed_clock(&mut self) {
        let lives: Vec<u32> = self.gateway.rooms.keys().copied().collect();
        for life in lives {
            // A room that has closed needs no tick.
            let _ = self.handle(life, Input::Tick);
            self.settle_sockets();
        }
    }

    /// Something is due in a room.
    pub(crate) fn fall_due(&mut self, life: u32) {
        self.keep_time(life);
        self.settle_sockets();
    }

    fn keep_time(&mut self, life: u32) {
        let room = self.gateway.rooms.get(&life).map(Hosted::room);
        if room.and_then(Room::next_due).is_some_and(|due| due <= self.now) {
            let _ = self.handle(life, Input::Tick);
        }
    }

    /// Gives the input back where the room has closed.
    fn handle(&mut self, life: u32, input: Input) -> Result<(), Box<Input>> {
        let now = self.moment();
        let is_closing = match &input {
            Input::Ask(asked) => self.standing(asked.socket).is_some_and(|standing| standing.is_closing),
            _ => false,
        };
        let Some(hosted) = self.gateway.rooms.get_mut(&life) else { return Err(Box::new(input)) };
        let due = hosted.room().next_due();
        self.counts.inputs += 1;
        if !is_closing {
            hosted.mirror.expect(&input, now);
        }
        let attached = hosted.watch.attached().clone();
        let effects = hosted.cell.take(input.clone(), is_closing, now)?;
        if !effects.is_empty() {
            self.history.add(self.now, || format!("    room {}: {}", hosted.tag.as_str(), describe(&effects)));
        }
        let verdict = match (is_closing, effects.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(("an old socket has no effect", describe(&effects))),
            (false, _) => hosted.judge(&input, &effects, now),
        };
        if let Some(archived) = self.archive.get_mut(&hosted.mirror.epoch) {
            archived.append(&mut hosted.mirror.rosters);
        }
        let lease_s = if self.is_healed() { 300 } else { self.tuning.lease_s };
        let Some(hosted) = self.gateway.rooms.get_mut(&life) else { return Ok(()) };
        let media = &mut self.media;
        let deeds = hosted.cell.carry_out(effects, |grant| media.sign(grant, now.unix(), lease_s));
        let verdict = verdict.and_then(|()| reaches_everybody(attached, &deeds));
        let (next, is_closed) = (hosted.room().next_due(), hosted.cell.is_closed());
        if let Err((invariant, text)) = verdict {
            self.violate(invariant, || text);
        }
        for deed in deeds {
            self.carry_out_deed(deed);
        }
        if next != due
            && let Some(at) = next
        {
            self.queue.add(at.max(self.now) + 1, Event::Due(life));
        }
        if is_closed && let Some(hosted) = self.gateway.rooms.remove(&life) {
            self.history.add(self.now, || format!("gateway: room {} closes", hosted.tag.as_str()));
            self.gateway.directory.strike_out(&hosted.name, &hosted.tag);
        }
        Ok(())
    }

    /// Does what a cell wants done.
    fn carry_out_deed(&mut self, deed: Deed) {
        match deed {
            Deed::Attach(socket) => self.with(socket, |it| it.outbox.set_attached(true)),
            Deed::Detach(socket) => self.with(socket, |it| it.outbox.set_attached(false)),
            Deed::Push { socket, frame } => self.with(socket, |it| it.outbox.push(frame)),
            Deed::PushMissed { socket, frame } => {
                self.counts.replayed += 1;
                self.with(socket, |it| it.outbox.push_missed(frame));
            }
            Deed::PushAll { sockets, frame } => {
                self.counts.events += 1;
                for socket in sockets {
                    self.with(socket, |it| it.outbox.push(frame.clone()));
                }
            }
            Deed::Close { socket, bye } => self.with(socket, |it| it.outbox.close(bye)),
            Deed::Media { node, command } => {
                if node != self.gateway.node() {
                    return self
                        .violate("media commands go to the node that has the stream", || format!("{command:?}"));
                }
                if self.media.loses_command(&command) {
                    return self.history.add(self.now, || format!("fault: lost {command:?}"));
                }
                let at = self.commands_at.max(self.now + self.random.u64(1..20));
                self.commands_at = at;
                self.queue.add(at, Event::Command(self.gateway.life, command));
            }
        }
    }

    fn with(&mut self, socket: SocketId, act: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.gateway.connections.get_mut(&socket) {
            act(connection);
        }
    }
}

/// Effects for the history: addresses and secrets are not in them.
fn describe(effects: &[Effect]) -> String {
    let texts: Vec<String> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Answer { socket, id, method, .. } => format!("Answer({socket}, {id}, {})", method.name()),
            Effect::Lease { socket, id, grant, .. } => {
                format!("Lease({socket}, {id}, {} {})", grant.stream, grant.generation)
            }
            Effect::Refuse { socket, id, refusal } => format!("Refuse({socket}, {id}, {})", refusal.name),
            Effect::Broadcast { position, event } => format!("Broadcast({}, {event:?})", position.offset),
            other => format!("{other:?}"),
        })
        .collect();
    texts.join("; ")
}
