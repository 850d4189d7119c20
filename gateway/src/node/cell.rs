//! A [`Cell`] is one room with the sockets attached to it: it turns what the room wants done into frames for sockets and
//! commands for the media server.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{Answer, Bye, Event, Lease, ServerFrame, StreamOf, UrlUpdated};
use tracing::debug;

use super::outbox::OutgoingFrame;
use crate::room::{Effect, Grant, Input, MediaCommand, Moment, NodeId, Room, SocketId};

/// One room and the sockets attached to it.
#[derive(Clone, Debug)]
pub struct Cell {
    room: Room,
    attached: BTreeSet<SocketId>,
    is_closed: bool,
}

/// One thing that a cell wants done. Deeds are to be done in their order.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The socket carries a session from here on.
    Attach(SocketId),
    /// The socket carries no session any more.
    Detach(SocketId),
    /// Adds a frame to what a socket has to send.
    Push {
        /// The socket that is meant.
        socket: SocketId,
        /// The frame in its wire form.
        frame: OutgoingFrame,
    },
    /// Adds an event that the client missed; it does not count against the bounds.
    PushMissed {
        /// The socket that is meant.
        socket: SocketId,
        /// The frame in its wire form.
        frame: OutgoingFrame,
    },
    /// Adds one frame to what each of these sockets has to send.
    PushAll {
        /// Every socket that the event is for.
        sockets: Vec<SocketId>,
        /// The frame in its wire form.
        frame: OutgoingFrame,
    },
    /// Closes a socket once all that waits is sent.
    Close {
        /// The socket that is meant.
        socket: SocketId,
        /// What to say last; `None` for a close that the client asked for.
        bye: Option<Bye>,
    },
    /// Asks something of the media server of a node.
    Media {
        /// Whose media server.
        node: NodeId,
        /// What the media server is to do.
        command: MediaCommand,
    },
}

impl Cell {
    /// A room without sockets.
    pub fn new(room: Room) -> Self {
        Self { room, attached: BTreeSet::new(), is_closed: false }
    }

    /// The room, for those who only look.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Whether the room has emptied. A closed cell takes no input: its room is no longer listed.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Lets the room handle an input; what it wants done has to be carried out next. `is_closing` says whether the socket
    /// that asks is about to close.
    ///
    /// # Errors
    /// The input, given back because the cell is closed.
    pub fn take(&mut self, input: Input, is_closing: bool, now: Moment) -> Result<Vec<Effect>, Box<Input>> {
        if self.is_closed {
            return Err(Box::new(input));
        }
        if is_closing && matches!(input, Input::Ask(_)) {
            // Frames of a socket that was put out, and not handled before, have no effect.
            return Ok(Vec::new());
        }
        let effects = self.room.handle(input, now);
        self.is_closed = self.room.is_empty();
        Ok(effects)
    }

    /// Turns effects of the room into deeds. `sign` has the media server sign addresses.
    pub fn carry_out(&mut self, effects: Vec<Effect>, mut sign: impl FnMut(&Grant) -> Lease) -> Vec<Deed> {
        effects.into_iter().map(|effect| self.deed(effect, &mut sign)).collect()
    }

    fn deed(&mut self, effect: Effect, sign: &mut impl FnMut(&Grant) -> Lease) -> Deed {
        match effect {
            Effect::Attach(socket) => {
                self.attached.insert(socket);
                Deed::Attach(socket)
            }
            Effect::Detach(socket) => {
                self.attached.remove(&socket);
                Deed::Detach(socket)
            }
            Effect::Answer { socket, id, method, answer } => push(socket, &ServerFrame::Answer { id, method, answer }),
            Effect::Lease { socket, id, method, grant } => {
                push(socket, &ServerFrame::Answer { id, method, answer: Answer::Leased(sign(&grant)) })
            }
            Effect::NewAddress { socket, of: StreamOf { user, kind }, grant } => {
                let (role, lease) = (grant.role, sign(&grant));
                let event = Event::UrlUpdated(UrlUpdated { role, user, kind, lease });
                push(socket, &ServerFrame::Event { position: None, event })
            }
            Effect::Refuse { socket, id, refusal } => {
                debug!(%socket, id, code = refusal.code, name = %refusal.name, "refused");
                push(socket, &ServerFrame::Refusal { id: Some(id), refusal })
            }
            Effect::Broadcast { position, event } => {
                let frame = OutgoingFrame::new(&ServerFrame::Event { position: Some(position), event });
                Deed::PushAll { sockets: self.attached.iter().copied().collect(), frame }
            }
            Effect::Send { socket, position: None, event } => {
                push(socket, &ServerFrame::Event { position: None, event })
            }
            Effect::Send { socket, position, event } => {
                Deed::PushMissed { socket, frame: OutgoingFrame::new(&ServerFrame::Event { position, event }) }
            }
            Effect::Close { socket, bye } => Deed::Close { socket, bye },
            Effect::Media { node, command } => Deed::Media { node, command },
        }
    }
}

fn push(socket: SocketId, frame: &ServerFrame) -> Deed {
    Deed::Push { socket, frame: OutgoingFrame::new(frame) }
}
