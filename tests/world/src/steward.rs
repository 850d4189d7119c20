//! The way between rooms and media server: commands one way, news the other, and a comparison from time to time.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{Role, SessionId, StreamId, Tracks};
use miniapp_rtc_gateway::node::Place;
use miniapp_rtc_gateway::node::ledger::{self, Mend};
use miniapp_rtc_gateway::room::{LivePublication, MediaCommand, MediaNews};

use crate::cell::Hosted;
use crate::event::Event;
use crate::queue::Ms;
use crate::world::World;

/// Streams on which rooms and media server are at odds, and since when.
#[derive(Default)]
pub(crate) struct Odds {
    since: BTreeMap<(StreamId, &'static str), Ms>,
}

impl World {
    /// A room's command reaches the media server.
    pub(crate) fn order(&mut self, command: MediaCommand) {
        match command {
            MediaCommand::SetTracks { stream, session, tracks } => self.set_tracks(&stream, &session, tracks),
            MediaCommand::EndStream { stream, generation } => self.kick_stream(&stream, generation),
            MediaCommand::EndSubscription { stream, session } => self.kick_subscription(&stream, &session),
            MediaCommand::Check { stream, .. } => {
                let mut suspects = self.live_publications();
                suspects.retain(|live| live.stream == stream);
                for news in ledger::lost(&suspects, &self.media.list()) {
                    self.hear_news(news);
                }
            }
        }
    }

    /// News of the media server reach the rooms.
    pub(crate) fn hear_news(&mut self, news: MediaNews) {
        self.history.add(self.now, || format!("gateway: news {news:?}"));
        let (place, input) = ledger::input(self.gateway.node(), news);
        self.submit(&place, input);
        self.settle_sockets();
    }

    /// Rooms and media server are compared; both ends of a difference are mended.
    pub(crate) fn reconcile(&mut self, life: u32) {
        if life != self.gateway.life || !self.gateway.is_up {
            return;
        }
        self.queue.add(self.now + self.tuning.reconcile_ms, Event::Reconcile(life));
        let expected = self.live_publications();
        let found = self.media.list();
        for news in ledger::lost(&expected, &found) {
            self.hear_news(news);
        }
        for pushed in ledger::pushed(&expected, found) {
            let room = self.find(&Place::Stream(pushed.stream.clone())).map(Hosted::room);
            let is_known = room.is_some_and(|room| room.knows_stream(&pushed.stream, pushed.generation));
            match pushed.judge(is_known) {
                None => {}
                Some(Mend::Tell(news)) => self.hear_news(news),
                Some(Mend::End { stream, generation }) => self.kick_stream(&stream, generation),
            }
        }
        self.settle_sockets();
        self.check_odds();
    }

    fn live_publications(&self) -> Vec<LivePublication> {
        let node = self.gateway.node();
        self.gateway.rooms.values().flat_map(|hosted| hosted.room().live_publications(node)).collect()
    }

    /// What is at odds must not be so for longer than a comparison takes to find it, and one more to be sure.
    fn check_odds(&mut self) {
        let mut found: Vec<(StreamId, &'static str)> = Vec::new();
        for (stream, live) in &self.media.streams {
            let Some(publisher) = live.publisher else { continue };
            let room = self.find(&Place::Stream(stream.clone())).map(Hosted::room);
            match room.filter(|room| room.knows_stream(stream, live.generation)) {
                None => found.push((stream.clone(), "is pushed, but no room knows it")),
                Some(room) if publisher.is_flowing => {
                    let is_live = room.live_publications(self.gateway.node()).iter().any(|live| live.stream == *stream);
                    if !is_live {
                        found.push((stream.clone(), "is pushed, but its room does not hold it for live"));
                    }
                }
                Some(_) => {}
            }
        }
        for live in self.live_publications() {
            if self.media.streams.get(&live.stream).is_none_or(|pushed| pushed.publisher.is_none()) {
                found.push((live.stream, "is live in its room, but nobody pushes it"));
            }
        }
        self.odds.since.retain(|key, _| found.contains(key));
        for key in found {
            let since = *self.odds.since.entry(key.clone()).or_insert(self.now);
            if self.now - since > 2 * self.tuning.reconcile_ms {
                self.violate("rooms and media server agree soon", || format!("{} {}", key.0, key.1));
            }
        }
    }

    /// The rooms' last word on a push or play, with its tracks; and the mirror's on the rooms'.
    pub(crate) fn ask_room(
        &mut self,
        role: Role,
        stream: &StreamId,
        generation: u32,
        session: &SessionId,
    ) -> Result<Tracks, &'static str> {
        let hosted = self.find(&Place::Stream(stream.clone())).ok_or("no room of this stream")?;
        let (room, mirror) = (hosted.room(), &hosted.mirror);
        let (granted, expected) = match role {
            Role::Pusher => (room.may_push(stream, generation, session), mirror.may_push(stream, generation, session)),
            Role::Player => (room.may_play(stream, generation, session), mirror.may_play(stream, generation, session)),
        };
        if granted.is_ok() && !expected {
            self.violate("only the newest lease opens the media server", || {
                format!("{role:?} of {stream} {generation} by {session}")
            });
        }
        granted.map_err(|_| "the room says no")
    }

    /// Media of a stream flows for the first time on a connection.
    pub(crate) fn note_started(&mut self, stream: &StreamId, generation: u32) {
        let life = self.gateway.directory.find(&Place::Stream(stream.clone()));
        if let Some(hosted) = life.and_then(|life| self.gateway.rooms.get_mut(&life)) {
            hosted.mirror.note_started(stream, generation);
        }
    }
}
