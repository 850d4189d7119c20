//! News of the media server: what makes a stream live, stalled and live again; and the two questions it asks.

use miniapp_rtc::protocol::{
    Event, Health, RemoveReason, Report, Role, SessionId, StreamId, StreamKind, StreamOf, Tracks, UserId,
};

use super::agenda::Due;
use super::effect::{Effect, MediaCommand};
use super::input::{ConnectionId, MediaNews, NodeId, SocketId};
use super::moment::Moment;
use super::publication::{Flow, Publication};
use super::state::Room;

/// Why a room does not want a connection at the media server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unwanted {
    /// The room has no such stream.
    UnknownStream,
    /// Another generation of the stream is the current one.
    OtherGeneration,
    /// The session does not publish the stream.
    NotPublisher,
    /// The session does not subscribe to the stream.
    NotSubscribed,
}

impl Room {
    /// Whether a session may push a stream, and which of its tracks are on.
    ///
    /// # Errors
    /// [`Unwanted`] says why not.
    pub fn may_push(&self, stream: &StreamId, generation: u32, session: &SessionId) -> Result<Tracks, Unwanted> {
        let Publication { session: owner, tracks, .. } = self.current(stream, generation)?;
        if owner == session { Ok(*tracks) } else { Err(Unwanted::NotPublisher) }
    }

    /// Whether a session may play a stream, and which of its tracks.
    ///
    /// # Errors
    /// [`Unwanted`] says why not.
    pub fn may_play(&self, stream: &StreamId, generation: u32, session: &SessionId) -> Result<Tracks, Unwanted> {
        let publication = self.current(stream, generation)?;
        let user = self.sessions.get(session).ok_or(Unwanted::NotSubscribed)?;
        publication.subscribers.get(user).copied().ok_or(Unwanted::NotSubscribed)
    }

    /// Whether the room has this stream in this generation, live or not.
    pub fn knows_stream(&self, stream: &StreamId, generation: u32) -> bool {
        self.current(stream, generation).is_ok()
    }

    fn current(&self, stream: &StreamId, generation: u32) -> Result<&Publication, Unwanted> {
        let key = self.find_stream(stream).ok_or(Unwanted::UnknownStream)?;
        let publication = self.publications.get(&key).ok_or(Unwanted::UnknownStream)?;
        if publication.generation == generation { Ok(publication) } else { Err(Unwanted::OtherGeneration) }
    }

    pub(super) fn hear_media(&mut self, node: NodeId, news: MediaNews, now: Moment, effects: &mut Vec<Effect>) {
        match news {
            MediaNews::Started { stream, generation, connection } => {
                self.start_stream(node, stream, generation, connection, effects);
            }
            MediaNews::Stopped { stream, generation, connection } => {
                self.stall_stream(&stream, generation, connection, now, effects);
            }
            MediaNews::Outgrown { stream, generation, session } => {
                self.offer_address(&stream, generation, session, effects);
            }
        }
    }

    /// A pusher that gave up may know before the media server does.
    pub(super) fn hear_report(&mut self, socket: SocketId, report: &Report, effects: &mut Vec<Effect>) {
        if report.role != Role::Pusher || report.health != Health::Failed {
            return;
        }
        let owner = self.sockets.get(&socket);
        let own = self.publications.iter().find(|((user, _), publication)| {
            Some(user) == owner && publication.stream == report.stream && matches!(publication.flow, Flow::Live(_))
        });
        if let Some((_, publication)) = own {
            let (stream, generation) = (publication.stream.clone(), publication.generation);
            effects.push(publication.ask_media(MediaCommand::Check { stream, generation }));
        }
    }

    /// A stream whose media did not come back ends.
    pub(super) fn end_grace(&mut self, stream: &StreamId, effects: &mut Vec<Effect>) {
        if let Some((user, kind)) = self.find_stream(stream) {
            self.end_publication(&user, kind, RemoveReason::MediaLost, effects);
        }
    }

    fn start_stream(
        &mut self,
        node: NodeId,
        stream: StreamId,
        generation: u32,
        connection: ConnectionId,
        effects: &mut Vec<Effect>,
    ) {
        let named = self.publication_named(&stream, generation);
        let Some((key, publication)) = named.filter(|(_, publication)| publication.node == node) else {
            let command = MediaCommand::EndStream { stream, generation };
            return effects.push(Effect::Media { node, command });
        };
        let (user, kind) = key;
        let before = publication.flow;
        publication.flow = Flow::Live(connection);
        match before {
            Flow::Leased => {
                let event = Event::StreamAdded(publication.to_stream(&user, kind));
                self.tell_all(event, effects);
            }
            Flow::Live(_) => {}
            Flow::Stalled { until } => {
                let event = Event::StreamRecovered(publication.to_stream_is(&user, kind));
                self.agenda.remove(until, Due::MediaGrace(stream));
                self.tell_all(event, effects);
            }
        }
        self.tell_of_move(&StreamOf { user, kind }, effects);
    }

    fn stall_stream(
        &mut self,
        stream: &StreamId,
        generation: u32,
        connection: ConnectionId,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let until = now.ms.saturating_add(self.policy.times.media_grace_ms.into());
        let Some(((user, kind), publication)) = self.publication_named(stream, generation) else { return };
        if !matches!(publication.flow, Flow::Live(current) if current == connection) {
            return;
        }
        publication.flow = Flow::Stalled { until };
        let event = Event::StreamStalled(publication.to_stream_is(&user, kind));
        self.agenda.add(until, Due::MediaGrace(stream.clone()));
        self.tell_all(event, effects);
    }

    /// A subscriber without a socket is not told: the media server says it again.
    fn offer_address(&mut self, stream: &StreamId, generation: u32, session: SessionId, effects: &mut Vec<Effect>) {
        let Some(subscriber) = self.sessions.get(&session).cloned() else { return };
        let Some(socket) = self.members.get(&subscriber).and_then(|member| member.presence.socket()) else { return };
        let Some(((user, kind), publication)) = self.publication_named(stream, generation) else { return };
        if publication.subscribers.contains_key(&subscriber) {
            let grant = publication.play_grant(session);
            effects.push(Effect::NewAddress { socket, of: StreamOf { user, kind }, grant });
        }
    }

    fn publication_named(
        &mut self,
        stream: &StreamId,
        generation: u32,
    ) -> Option<((UserId, StreamKind), &mut Publication)> {
        self.publications
            .iter_mut()
            .find(|(_, publication)| publication.stream == *stream && publication.generation == generation)
            .map(|(key, publication)| (key.clone(), publication))
    }
}
