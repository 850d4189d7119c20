//! An [`Audience`] is the sockets that are attached to one room: it turns what the room wants done into frames for them and
//! commands for the media server.

use std::collections::BTreeSet;

use miniapp_rtc::protocol::{Answer, Bye, Event, Lease, ServerFrame, StreamOf, UrlUpdated};
use tracing::debug;

use super::outbox::OutgoingFrame;
use crate::room::{Effect, Grant, MediaCommand, NodeId, SocketId};

/// The sockets that are attached to one room.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    sockets: BTreeSet<SocketId>,
}

/// One thing that a room wants done. Deeds are to be done in their order.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The socket carries a session from here on.
    Attach(SocketId),
    /// The socket carries no session any more.
    Detach(SocketId),
    /// Adds a frame to what a socket has to send.
    Push {
        /// Whose outbox takes it; it may have no session yet.
        socket: SocketId,
        /// An answer, a refusal or an event without a place in the room's history.
        frame: OutgoingFrame,
    },
    /// Adds an event that the client missed; it does not count against the bounds.
    PushMissed {
        /// The socket that resumes.
        socket: SocketId,
        /// An event with its place in the room's history.
        frame: OutgoingFrame,
    },
    /// Adds one frame to what each of these sockets has to send.
    PushAll {
        /// Every socket that is attached to the room; may be empty.
        sockets: Vec<SocketId>,
        /// An event with its place in the room's history; its text is shared.
        frame: OutgoingFrame,
    },
    /// Closes a socket once all that waits is sent.
    Close {
        /// Which one; it need not be attached any more.
        socket: SocketId,
        /// What to say last; `None` for a close that the client asked for.
        bye: Option<Bye>,
    },
    /// Asks something of the media server of a node.
    Media {
        /// The process that the media server belongs to.
        node: NodeId,
        /// What it is to start, change or end.
        command: MediaCommand,
    },
}

impl Audience {
    /// Turns effects of the room into deeds. `sign` has the media server sign addresses.
    pub fn carry_out(&mut self, effects: Vec<Effect>, mut sign: impl FnMut(&Grant) -> Lease) -> Vec<Deed> {
        effects.into_iter().map(|effect| self.deed(effect, &mut sign)).collect()
    }

    /// The sockets that carry a session of the room, in the order of their ids.
    pub fn sockets(&self) -> impl Iterator<Item = SocketId> {
        self.sockets.iter().copied()
    }

    fn deed(&mut self, effect: Effect, sign: &mut impl FnMut(&Grant) -> Lease) -> Deed {
        match effect {
            Effect::Attach(socket) => {
                self.sockets.insert(socket);
                Deed::Attach(socket)
            }
            Effect::Detach(socket) => {
                self.sockets.remove(&socket);
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
                Deed::PushAll { sockets: self.sockets.iter().copied().collect(), frame }
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
