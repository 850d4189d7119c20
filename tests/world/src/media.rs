//! The media server: it checks tickets as the embedded one does, asks the rooms, takes one publisher for a stream, and tells news.

use std::collections::BTreeMap;
use std::time::Duration;

use miniapp_rtc::protocol::{Lease, MediaUrl, Role, Secret, SessionId, StreamId, Tracks};
use miniapp_rtc_gateway::media::{LiveStream, MediaTicket, TICKET_PARAMETER, TicketKeys};
use miniapp_rtc_gateway::room::{ConnectionId, Grant, MediaCommand, MediaNews};

use crate::event::Event;
use crate::queue::Ms;
use crate::tag::{TagId, TagStep};
use crate::world::World;

/// The media server.
pub(crate) struct Media {
    pub(crate) keys: TicketKeys,
    pub(crate) streams: BTreeMap<StreamId, MediaStream>,
    connections: BTreeMap<u64, Connection>,
    /// Tickets up to this generation are refused.
    revoked: BTreeMap<StreamId, u32>,
    made: u64,
    leases: u64,
    /// It takes no connections.
    pub(crate) is_down: bool,
    /// What becomes of the next news.
    pub(crate) fates: Vec<Fate>,
    news_at: Ms,
}

/// A stream with a publisher, or with one that may come back.
pub(crate) struct MediaStream {
    pub(crate) generation: u32,
    pub(crate) publisher: Option<Publisher>,
    players: Vec<ConnectionId>,
    orphaned_at: Ms,
}

/// Who pushes a stream.
#[derive(Clone, Copy)]
pub(crate) struct Publisher {
    pub(crate) connection: ConnectionId,
    pub(crate) is_flowing: bool,
    /// Since when no media comes.
    quiet_since: Option<Ms>,
}

struct Connection {
    phone: usize,
    tag: TagId,
    mount: u32,
    stream: StreamId,
    session: SessionId,
    /// What it gives or gets.
    tracks: Tracks,
}

/// What becomes of news on their way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Lost,
    Double,
    Late(Ms),
}

/// How long players wait for a publisher to come back.
const GRACE_MS: Ms = 10_000;
/// A publisher without media for this long gives way.
const STALLED_MS: Ms = 2_000;

impl Media {
    pub(crate) fn new(keys: TicketKeys) -> Self {
        Self {
            keys,
            streams: BTreeMap::new(),
            connections: BTreeMap::new(),
            revoked: BTreeMap::new(),
            made: 0,
            leases: 0,
            is_down: false,
            fates: Vec::new(),
            news_at: 0,
        }
    }

    /// Signs an address, each with a number of its own.
    pub(crate) fn sign(&mut self, grant: &Grant, unix: u32, lease_s: u32) -> Lease {
        let Grant { node: _, role, stream, generation, session } = grant.clone();
        let connect_by = unix.saturating_add(lease_s);
        let ticket = MediaTicket { role, stream: stream.clone(), generation, session, connect_by };
        self.leases += 1;
        let (lease, signed) = (self.leases, self.keys.sign(&ticket));
        let url = format!("rtmp://media.world/live/{stream}-{generation}?lease={lease}&{TICKET_PARAMETER}={signed}");
        let urls = vec![MediaUrl { transport: "rtmp".into(), url: Secret::new(url) }];
        Lease { stream, generation, urls, expires_in: lease_s, renew_in: lease_s / 5 * 3 }
    }

    /// The streams that have a publisher or players now.
    pub(crate) fn list(&self) -> Vec<LiveStream> {
        let list = |(stream, live): (&StreamId, &MediaStream)| LiveStream {
            stream: stream.clone(),
            generation: live.generation,
            publisher: live.publisher.map(|publisher| publisher.connection),
            last_media: live.publisher.filter(|publisher| publisher.is_flowing).map(|_| Duration::ZERO),
            players: live.players.len(),
        };
        self.streams.iter().map(list).collect()
    }

    fn check(&self, url: &str, role: Role) -> Result<MediaTicket, &'static str> {
        let (path, query) = url.split_once('?').ok_or("no query")?;
        let text = query.split_once("ticket=").ok_or("no ticket")?.1;
        let ticket = self.keys.verify(text).map_err(|error| error.code())?;
        let name = format!("{}-{}", ticket.stream, ticket.generation);
        if ticket.role != role || !path.ends_with(&name) {
            return Err("ticket for something else");
        }
        if self.revoked.get(&ticket.stream).is_some_and(|revoked| ticket.generation <= *revoked) {
            return Err("ticket revoked");
        }
        Ok(ticket)
    }

    /// Whether a fault swallows a command: the media server did not answer when it was asked to end a stream.
    pub(crate) fn loses_command(&mut self, command: &MediaCommand) -> bool {
        let is_end = matches!(command, MediaCommand::EndStream { .. });
        let is_lost = is_end && matches!(self.fates.last(), Some(Fate::Lost));
        if is_lost {
            self.fates.pop();
        }
        is_lost
    }

    /// The process is gone.
    fn forget(&mut self) -> Vec<Connection> {
        self.streams.clear();
        self.revoked.clear();
        self.fates.clear();
        std::mem::take(&mut self.connections).into_values().collect()
    }
}

impl World {
    /// A tag connects with an address.
    pub(crate) fn enter_media(
        &mut self,
        phone: usize,
        tag: TagId,
        mount: u32,
        url: &str,
    ) -> Result<ConnectionId, &'static str> {
        let role = tag.role();
        let checked = self.media.check(url, role);
        // Every address of this world is genuine, so its age is all that its ticket could be refused for.
        if checked.as_ref().is_err_and(|why| why.starts_with("ticket_")) {
            self.violate("an address is not refused for its age", || format!("phone {phone}: {tag:?}"));
        }
        let ticket = checked?;
        let MediaTicket { stream, session, .. } = ticket.clone();
        let tracks = self.ask_room(role, &stream, ticket.generation, &session)?;
        let number = ConnectionId(self.media.made + 1);
        match role {
            Role::Pusher => self.take_publisher(&stream, ticket.generation, number)?,
            Role::Player => {
                let now = self.now;
                let live = self.media.streams.get_mut(&stream).ok_or("not live")?;
                if live.generation != ticket.generation {
                    return Err("other generation");
                }
                if live.publisher.is_none() && now - live.orphaned_at > GRACE_MS {
                    return Err("not live");
                }
                live.players.push(number);
            }
        }
        self.media.made += 1;
        self.counts.media_connections += 1;
        self.media.connections.insert(number.0, Connection { phone, tag, mount, stream, session, tracks });
        Ok(number)
    }

    fn take_publisher(&mut self, stream: &StreamId, generation: u32, number: ConnectionId) -> Result<(), &'static str> {
        let now = self.now;
        if let Some(current) = self.media.streams.get(stream) {
            if current.generation > generation {
                return Err("stale generation");
            }
            if let Some(publisher) = current.publisher {
                let is_heard = publisher.quiet_since.is_none_or(|since| now - since < STALLED_MS);
                if current.generation == generation && is_heard {
                    return Err("busy");
                }
                self.stop_publisher(stream, publisher.connection);
                self.drop_tag(publisher.connection);
            }
        }
        let entry = self.media.streams.entry(stream.clone()).or_insert(MediaStream {
            generation,
            publisher: None,
            players: Vec::new(),
            orphaned_at: now,
        });
        entry.generation = generation;
        entry.publisher = Some(Publisher { connection: number, is_flowing: false, quiet_since: Some(now) });
        Ok(())
    }

    /// The first media of a publisher, or media after a pause.
    pub(crate) fn start_media(&mut self, connection: ConnectionId) {
        let Some(stream) = self.media.connections.get(&connection.0).map(|found| found.stream.clone()) else { return };
        let Some(live) = self.media.streams.get_mut(&stream) else { return };
        let generation = live.generation;
        let publisher = live.publisher.as_mut().filter(|publisher| publisher.connection == connection);
        let Some(publisher) = publisher else { return };
        publisher.quiet_since = None;
        if !std::mem::replace(&mut publisher.is_flowing, true) {
            self.note_started(&stream, generation);
            self.tell(MediaNews::Started { stream, generation, connection });
        }
    }

    /// A tag ends its connection.
    pub(crate) fn leave_media(&mut self, connection: ConnectionId) {
        if let Some(Connection { stream, .. }) = self.media.connections.remove(&connection.0) {
            self.stop_publisher(&stream, connection);
            if let Some(live) = self.media.streams.get_mut(&stream) {
                live.players.retain(|player| *player != connection);
            }
        }
    }

    /// A connection breaks; the media server notices after a while.
    pub(crate) fn cut_media(&mut self, connection: ConnectionId, notice_ms: Ms) {
        self.quiet_media(connection);
        self.queue.add(self.now + notice_ms, Event::MediaEnd(self.gateway.life, connection));
    }

    /// A publisher sends nothing for now.
    pub(crate) fn quiet_media(&mut self, connection: ConnectionId) {
        let stream = self.media.connections.get(&connection.0).map(|found| found.stream.clone());
        let live = stream.and_then(|stream| self.media.streams.get_mut(&stream));
        if let Some(publisher) = live.and_then(|live| live.publisher.as_mut())
            && publisher.connection == connection
        {
            publisher.quiet_since = Some(self.now);
        }
    }

    fn stop_publisher(&mut self, stream: &StreamId, connection: ConnectionId) {
        let now = self.now;
        let Some(live) = self.media.streams.get_mut(stream) else { return };
        let generation = live.generation;
        if live.publisher.take_if(|publisher| publisher.connection == connection).is_some() {
            live.orphaned_at = now;
            self.queue.add(now + GRACE_MS + 1, Event::Reap(self.gateway.life, stream.clone()));
            self.tell(MediaNews::Stopped { stream: stream.clone(), generation, connection });
        }
    }

    /// Players whose publisher did not come back are let go.
    pub(crate) fn reap(&mut self, stream: &StreamId) {
        let Some(live) = self.media.streams.get(stream) else { return };
        if live.publisher.is_none() && self.now - live.orphaned_at > GRACE_MS {
            self.end_media_stream(stream);
        }
    }

    fn end_media_stream(&mut self, stream: &StreamId) {
        let Some(live) = self.media.streams.get(stream) else { return };
        let publisher = live.publisher.map(|publisher| publisher.connection);
        let players = live.players.clone();
        if let Some(connection) = publisher {
            self.stop_publisher(stream, connection);
            self.drop_tag(connection);
        }
        for player in players {
            self.drop_tag(player);
        }
        self.media.streams.remove(stream);
    }

    /// The rooms ended a stream.
    pub(crate) fn kick_stream(&mut self, stream: &StreamId, generation: u32) {
        let revoked = self.media.revoked.entry(stream.clone()).or_insert(generation);
        *revoked = (*revoked).max(generation);
        if self.media.streams.get(stream).is_some_and(|live| live.generation <= generation) {
            self.end_media_stream(stream);
        }
    }

    /// The rooms ended a subscription.
    pub(crate) fn kick_subscription(&mut self, stream: &StreamId, session: &SessionId) {
        let Some(live) = self.media.streams.get(stream) else { return };
        for player in live.players.clone() {
            if self.media.connections.get(&player.0).is_some_and(|found| found.session == *session) {
                if let Some(live) = self.media.streams.get_mut(stream) {
                    live.players.retain(|other| *other != player);
                }
                self.drop_tag(player);
            }
        }
    }

    /// The media server ends a connection; its tag notices.
    fn drop_tag(&mut self, connection: ConnectionId) {
        if let Some(Connection { phone, tag, mount, .. }) = self.media.connections.remove(&connection.0) {
            let wait = self.latency(phone);
            let step = TagStep::Dropped(connection);
            self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step });
        }
    }

    /// The media server's process is gone: every tag notices.
    pub(crate) fn end_media(&mut self) {
        let made = self.media.made;
        let connections: Vec<_> = self.media.connections.keys().copied().collect();
        for (number, Connection { phone, tag, mount, .. }) in connections.into_iter().zip(self.media.forget()) {
            debug_assert!(number <= made);
            let wait = self.latency(phone);
            let step = TagStep::Dropped(ConnectionId(number));
            self.queue.add(self.now + wait, Event::Tag { phone, tag, mount, step });
        }
    }

    /// News for the rooms, in their order unless a fault has it otherwise.
    fn tell(&mut self, news: MediaNews) {
        let at = self.media.news_at.max(self.now + self.random.u64(1..30));
        self.media.news_at = at;
        let life = self.gateway.life;
        match self.media.fates.pop() {
            None => self.queue.add(at, Event::News(life, news)),
            Some(Fate::Lost) => self.history.add(self.now, || format!("fault: lost news {news:?}")),
            Some(Fate::Late(wait)) => self.queue.add(at + wait, Event::News(life, news)),
            Some(Fate::Double) => {
                self.queue.add(at, Event::News(life, news.clone()));
                let wait = self.random.u64(0..8_000);
                self.queue.add(at + wait, Event::News(life, news));
            }
        }
    }

    /// Whether the player of a tag gets media now.
    pub(crate) fn is_playing(&self, connection: ConnectionId) -> bool {
        let Some(found) = self.media.connections.get(&connection.0) else { return false };
        self.media.streams.get(&found.stream).is_some_and(|live| {
            live.players.contains(&connection) && live.publisher.is_some_and(|publisher| publisher.is_flowing)
        })
    }

    /// The tracks that a connection gives or gets.
    pub(crate) fn tracks_of(&self, connection: ConnectionId) -> Option<Tracks> {
        self.media.connections.get(&connection.0).map(|found| found.tracks)
    }

    /// The rooms switched tracks.
    pub(crate) fn set_tracks(&mut self, stream: &StreamId, session: &SessionId, tracks: Tracks) {
        for connection in self.media.connections.values_mut() {
            if connection.stream == *stream && connection.session == *session {
                connection.tracks = tracks;
            }
        }
    }
}
