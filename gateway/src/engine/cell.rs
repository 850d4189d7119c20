//! A [`Cell`] holds one room with what its effects need: the sockets attached to it, and the filters of its
//! publications and subscriptions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use miniapp_rtc::protocol::{
    Answer, ErrorCode, Event, Refusal, ServerFrame, SessionId, StreamId, StreamOf, UrlUpdated,
};
use tokio::sync::Notify;
use tracing::{debug, error};

use super::desk::MediaDesk;
use crate::media::TrackFilter;
use crate::outbox::{Outbox, OutgoingFrame};
use crate::room::{Effect, Grant, MediaCommand, Room, RoomName, RoomTag, SocketId};

/// One room and what its effects need.
pub(super) struct Cell {
    pub(super) name: RoomName,
    pub(super) tag: RoomTag,
    /// Told when the room's next due time may have changed, or the cell has closed.
    pub(super) changed: Notify,
    inside: Mutex<Inside>,
}

/// What is guarded together.
pub(super) struct Inside {
    pub(super) room: Room,
    /// No input is taken any more: the room is empty and its cell is out of the directory.
    pub(super) closed: bool,
    attached: HashMap<SocketId, Arc<Outbox>>,
    filters: HashMap<(StreamId, SessionId), Arc<TrackFilter>>,
}

impl Cell {
    pub(super) fn new(name: RoomName, tag: RoomTag, room: Room) -> Self {
        let inside = Inside { room, closed: false, attached: HashMap::new(), filters: HashMap::new() };
        Self { name, tag, changed: Notify::new(), inside: Mutex::new(inside) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Carries out effects in their order. `from` is the socket whose input caused them.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>, from: Option<&Arc<Outbox>>, desk: &MediaDesk) {
        let mut detached: Vec<Arc<Outbox>> = from.cloned().into_iter().collect();
        for effect in effects {
            match effect {
                Effect::Attach(socket) => self.attach(socket, from),
                Effect::Detach(socket) => {
                    if let Some(outbox) = self.attached.remove(&socket) {
                        outbox.set_attached(false);
                        detached.push(outbox);
                    }
                }
                Effect::Answer { socket, id, method, answer } => {
                    self.send(socket, &detached, &ServerFrame::Answer { id, method, answer });
                }
                Effect::Lease { socket, id, method, grant } => {
                    let frame = match desk.sign(&grant) {
                        Ok(answer) => ServerFrame::Answer { id, method, answer },
                        Err(refusal) => ServerFrame::Refusal { id: Some(id), refusal },
                    };
                    self.keep_filter(&grant);
                    self.send(socket, &detached, &frame);
                }
                Effect::NewAddress { socket, of, grant } => match desk.sign(&grant) {
                    Ok(Answer::Leased(lease)) => {
                        let StreamOf { user, kind } = of;
                        let event = Event::UrlUpdated(UrlUpdated { role: grant.role, user, kind, lease });
                        self.send(socket, &detached, &ServerFrame::Event { position: None, event });
                    }
                    Ok(_) => {}
                    Err(refusal) => error!(stream = %grant.stream, cause = %refusal.reason, "no new address"),
                },
                Effect::Refuse { socket, id, refusal } => {
                    debug!(socket = socket.0, id, code = refusal.code, name = %refusal.name, "refused");
                    self.send(socket, &detached, &ServerFrame::Refusal { id: Some(id), refusal });
                }
                Effect::Broadcast { position, event } => {
                    let frame = OutgoingFrame::new(&ServerFrame::Event { position: Some(position), event });
                    self.attached.values().for_each(|outbox| outbox.push(frame.clone()));
                }
                Effect::Send { socket, position: None, event } => {
                    self.send(socket, &detached, &ServerFrame::Event { position: None, event });
                }
                Effect::Send { socket, position, event } => {
                    if let Some(outbox) = self.outbox(socket, &detached) {
                        outbox.push_missed(OutgoingFrame::new(&ServerFrame::Event { position, event }));
                    }
                }
                Effect::Close { socket, bye } => {
                    if let Some(outbox) = self.outbox(socket, &detached) {
                        outbox.close(bye);
                    }
                }
                Effect::Media(command) => self.command_media(command, desk),
            }
        }
    }

    /// The filter of a publication or subscription that the room knows.
    pub(super) fn filter(&self, stream: &StreamId, session: &SessionId) -> Option<Arc<TrackFilter>> {
        self.filters.get(&(stream.clone(), session.clone())).cloned()
    }

    fn attach(&mut self, socket: SocketId, from: Option<&Arc<Outbox>>) {
        match from {
            Some(outbox) if outbox.socket() == socket => {
                outbox.set_attached(true);
                self.attached.insert(socket, Arc::clone(outbox));
            }
            Some(_) | None => error!(socket = socket.0, "a room attached a socket that did not ask"),
        }
    }

    fn outbox<'a>(&'a self, socket: SocketId, detached: &'a [Arc<Outbox>]) -> Option<&'a Arc<Outbox>> {
        self.attached.get(&socket).or_else(|| detached.iter().find(|outbox| outbox.socket() == socket))
    }

    fn send(&self, socket: SocketId, detached: &[Arc<Outbox>], frame: &ServerFrame) {
        if let Some(outbox) = self.outbox(socket, detached) {
            outbox.push(OutgoingFrame::new(frame));
        }
    }

    fn keep_filter(&mut self, grant: &Grant) {
        let key = (grant.stream.clone(), grant.session.clone());
        self.filters.entry(key).or_insert_with(|| Arc::new(TrackFilter::new(true, true)));
    }

    fn command_media(&mut self, command: MediaCommand, desk: &MediaDesk) {
        match &command {
            MediaCommand::SetFilter { stream, session, wanted } => {
                let key = (stream.clone(), session.clone());
                let filter = self.filters.entry(key).or_insert_with(|| Arc::new(TrackFilter::new(true, true)));
                return filter.set(wanted.audio, wanted.video);
            }
            MediaCommand::EndStream { stream, .. } => self.filters.retain(|(of, _), _| of != stream),
            MediaCommand::EndSubscription { stream, session } => {
                self.filters.remove(&(stream.clone(), session.clone()));
            }
            MediaCommand::Check { .. } => {}
        }
        desk.command(command);
    }
}

/// The refusal of a request whose room is not there.
pub(super) fn nowhere(resume: bool) -> Refusal {
    if resume {
        Refusal::new(ErrorCode::SessionUnknown, "there is no such session, or no longer; join")
    } else {
        Refusal::new(ErrorCode::NotJoined, "join or resume before any other request")
    }
}
