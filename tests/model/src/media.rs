//! The [`Media`] server: it asks the room who may push and play, takes one publisher for a stream, and tells news.

use std::collections::BTreeMap;
use std::time::Duration;

use miniapp_rtc::protocol::{MediaUrl, Role, Secret, SessionId, StreamId};
use miniapp_rtc_gateway::media::LiveStream;
use miniapp_rtc_gateway::node::ledger::{self, Mend};
use miniapp_rtc_gateway::room::{ConnectionId, Grant, MediaCommand, MediaNews};

use crate::gateway::NODE;
use crate::scene::Scene;

/// The media server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Media {
    pub(crate) streams: BTreeMap<StreamId, Live>,
    /// Publications up to this one have ended.
    ended: BTreeMap<StreamId, u32>,
    made: u64,
}

/// A stream with a publisher, or with players that wait for it to come back.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) generation: u32,
    /// Connection and phone.
    pub(crate) publisher: Option<(u64, usize)>,
    /// Connection, session and phone.
    pub(crate) players: Vec<(u64, SessionId, usize)>,
}

/// What an address says. This media server believes it: tickets are for others to test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Ticket {
    grant: Grant,
    /// No two addresses are the same.
    number: u32,
}

impl Ticket {
    /// An address that says what was granted.
    pub(crate) fn address(grant: &Grant, number: u32) -> MediaUrl {
        let Grant { node: _, role, stream, generation, session } = grant;
        let url = Secret::new(format!("{} {stream} {generation} {session} {number}", role.name()));
        MediaUrl { transport: "rtmp".into(), url }
    }

    pub(crate) fn of(url: &Secret) -> Option<Self> {
        let mut words = url.reveal().split(' ');
        let role = if words.next()? == Role::Pusher.name() { Role::Pusher } else { Role::Player };
        let stream = StreamId::parse(words.next()?).ok()?;
        let generation = words.next()?.parse().ok()?;
        let session = SessionId::parse(words.next()?).ok()?;
        let number = words.next()?.parse().ok()?;
        Some(Self { grant: Grant { node: NODE, role, stream, generation, session }, number })
    }
}

impl Media {
    /// The streams as a media server lists them; media flows as soon as a publisher is connected.
    fn list(&self) -> Vec<LiveStream> {
        let list = |(stream, live): (&StreamId, &Live)| LiveStream {
            stream: stream.clone(),
            generation: live.generation,
            publisher: live.publisher.map(|(number, _)| ConnectionId(number)),
            last_media: live.publisher.map(|_| Duration::ZERO),
            players: live.players.len(),
        };
        self.streams.iter().map(list).collect()
    }
}

impl Scene {
    /// A tag of a phone connects; the number of its connection.
    pub(crate) fn connect(&mut self, phone: usize, ticket: &Ticket) -> Option<u64> {
        let Grant { node: _, role, stream, generation, session } = &ticket.grant;
        let room = self.gateway.room()?;
        let may = match role {
            Role::Pusher => room.may_push(stream, *generation, session).is_ok(),
            Role::Player => room.may_play(stream, *generation, session).is_ok(),
        };
        let has_ended = self.media.ended.get(stream).is_some_and(|ended| generation <= ended);
        if !may || has_ended {
            return None;
        }
        let is_live = |live: &Live| live.generation == *generation && live.publisher.is_some();
        if *role == Role::Player && !self.media.streams.get(stream).is_some_and(is_live) {
            return None;
        }
        let media = self.media.edit();
        media.made += 1;
        let number = media.made;
        let live = media.streams.entry(stream.clone()).or_insert_with(|| Live {
            generation: *generation,
            publisher: None,
            players: Vec::new(),
        });
        match role {
            Role::Player => live.players.push((number, session.clone(), phone)),
            Role::Pusher => {
                live.generation = *generation;
                let (stream, generation) = (stream.clone(), *generation);
                let before = live.publisher.replace((number, phone));
                let news = &mut self.network.edit().news;
                if let Some((before, _)) = before {
                    let connection = ConnectionId(before);
                    news.push_back(MediaNews::Stopped { stream: stream.clone(), generation, connection });
                }
                news.push_back(MediaNews::Started { stream, generation, connection: ConnectionId(number) });
            }
        }
        Some(number)
    }

    /// A connection ends from the tag's side.
    pub(crate) fn disconnect(&mut self, number: u64) {
        let mut stopped = None;
        for (stream, live) in &mut self.media.edit().streams {
            live.players.retain(|(player, _, _)| *player != number);
            if live.publisher.take_if(|(publisher, _)| *publisher == number).is_some() {
                let (stream, generation) = (stream.clone(), live.generation);
                stopped = Some(MediaNews::Stopped { stream, generation, connection: ConnectionId(number) });
            }
        }
        self.network.edit().news.extend(stopped);
    }

    /// The room orders something.
    pub(crate) fn order(&mut self, command: MediaCommand) {
        match command {
            // Which tracks flow is not looked at here.
            MediaCommand::SetTracks { .. } => {}
            MediaCommand::EndStream { stream, generation } => self.end_stream(&stream, generation),
            MediaCommand::EndSubscription { stream, session } => {
                let Some(live) = self.media.edit().streams.get_mut(&stream) else { return };
                let ended = live.players.extract_if(.., |(_, of, _)| *of == session);
                let ended: Vec<_> = ended.map(|(number, _, phone)| (phone, number)).collect();
                self.network.edit().dropped.extend(ended);
            }
            MediaCommand::Check { stream, .. } => self.check(&stream),
        }
    }

    fn end_stream(&mut self, stream: &StreamId, generation: u32) {
        let media = self.media.edit();
        let ended = media.ended.entry(stream.clone()).or_insert(generation);
        *ended = (*ended).max(generation);
        let is_it = media.streams.get(stream).is_some_and(|live| live.generation <= generation);
        let Some(live) = is_it.then(|| media.streams.remove(stream)).flatten() else { return };
        let network = self.network.edit();
        if let Some((number, phone)) = live.publisher {
            let (stream, generation) = (stream.clone(), live.generation);
            network.news.push_back(MediaNews::Stopped { stream, generation, connection: ConnectionId(number) });
            network.dropped.push_back((phone, number));
        }
        network.dropped.extend(live.players.into_iter().map(|(number, _, phone)| (phone, number)));
    }

    /// Rooms and media server are compared; both ends of a difference are mended.
    pub(crate) fn compare(&mut self) {
        let (expected, found) = (self.gateway.live_publications(), self.media.list());
        for news in ledger::lost(&expected, &found) {
            self.hear_news(news);
        }
        for pushed in ledger::pushed(&expected, found) {
            let room = self.gateway.room();
            let is_known = room.is_some_and(|room| room.knows_stream(&pushed.stream, pushed.generation));
            match pushed.judge(is_known) {
                None => {}
                Some(Mend::Tell(news)) => self.hear_news(news),
                Some(Mend::End { stream, generation }) => self.end_stream(&stream, generation),
            }
        }
    }

    /// A room asks whether a stream of its is still pushed.
    fn check(&mut self, stream: &StreamId) {
        let mut suspects = self.gateway.live_publications();
        suspects.retain(|live| live.stream == *stream);
        for news in ledger::lost(&suspects, &self.media.list()) {
            self.hear_news(news);
        }
    }

    /// The media server's process is gone with the gateway's: every tag hears that its connection has ended.
    pub(crate) fn restart_media(&mut self) {
        let made = self.media.made;
        let before = std::mem::replace(self.media.edit(), Media { made, ..Media::default() });
        let network = self.network.edit();
        network.news.clear();
        network.late.clear();
        for live in before.streams.into_values() {
            network.dropped.extend(live.publisher.map(|(number, phone)| (phone, number)));
            network.dropped.extend(live.players.into_iter().map(|(number, _, phone)| (phone, number)));
        }
    }
}
