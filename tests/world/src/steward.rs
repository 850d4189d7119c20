//! The way between rooms and media server: commands one way, news the other, and a comparison from time to time.

use std::collections::BTreeMap;

use miniapp_rtc::protocol::{SessionId, StreamId};
use miniapp_rtc_gateway::engine::Place;
use miniapp_rtc_gateway::media::Operation;
use miniapp_rtc_gateway::room::{ConnectionNumber, Input, LivePublication, MediaCommand, MediaNews};

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
            MediaCommand::SetFilter { .. } => {}
            MediaCommand::EndStream { stream, generation } => self.kick_stream(&stream, generation),
            MediaCommand::EndSubscription { stream, session } => self.kick_subscription(&stream, &session),
            MediaCommand::Check { stream, .. } => {
                let suspects = self.live_publications().into_iter().filter(|live| live.stream == stream).collect();
                self.compare(suspects);
                self.settle_sockets();
            }
        }
    }

    /// News of the media server reach the rooms.
    pub(crate) fn hear_news(&mut self, news: MediaNews) {
        let stream = match &news {
            MediaNews::Started { stream, .. }
            | MediaNews::Stopped { stream, .. }
            | MediaNews::Outgrown { stream, .. } => stream.clone(),
        };
        self.history.add(self.now, || format!("gateway: news {news:?}"));
        self.submit(&Place::Stream(stream), Input::Media(news), None);
        self.settle_sockets();
    }

    /// Rooms and media server are compared; both ends of a difference are mended.
    pub(crate) fn reconcile(&mut self, life: u32) {
        if life != self.gateway.life || !self.gateway.is_up {
            return;
        }
        self.queue.add(self.now + self.tuning.reconcile_ms, Event::Reconcile(life));
        let expected = self.live_publications();
        self.compare(expected.clone());
        let pushed: Vec<(StreamId, u32, ConnectionNumber, bool)> = self
            .media
            .streams
            .iter()
            .filter_map(|(stream, live)| {
                live.publisher
                    .map(|publisher| (stream.clone(), live.generation, publisher.connection, publisher.is_flowing))
            })
            .collect();
        for (stream, generation, connection, is_flowing) in pushed {
            let cell = self.find(&Place::Stream(stream.clone()));
            let is_known = cell.is_some_and(|cell| self.gateway.cells[cell].room.knows_stream(&stream, generation));
            let is_told = expected
                .iter()
                .any(|live| live.stream == stream && live.generation == generation && live.connection == connection);
            if !is_known {
                self.kick_stream(&stream, generation);
            } else if is_flowing && !is_told {
                self.hear_news(MediaNews::Started { stream, generation, connection });
            }
        }
        self.settle_sockets();
        self.check_odds();
    }

    fn live_publications(&self) -> Vec<LivePublication> {
        self.gateway.cells.iter().flat_map(|cell| cell.room.live_publications()).collect()
    }

    /// Tells the rooms which of their streams nobody pushes.
    fn compare(&mut self, expected: Vec<LivePublication>) {
        for LivePublication { stream, generation, connection } in expected {
            let is_pushed = self.media.streams.get(&stream).is_some_and(|live| {
                live.generation == generation
                    && live.publisher.is_some_and(|publisher| publisher.connection == connection)
            });
            if !is_pushed {
                self.hear_news(MediaNews::Stopped { stream, generation, connection });
            }
        }
    }

    /// What is at odds must not be so for longer than a comparison takes to find it, and one more to be sure.
    fn check_odds(&mut self) {
        let mut found: Vec<(StreamId, &'static str)> = Vec::new();
        for (stream, live) in &self.media.streams {
            let Some(publisher) = live.publisher else { continue };
            let cell = self.find(&Place::Stream(stream.clone())).map(|cell| &self.gateway.cells[cell]);
            match cell.filter(|cell| cell.room.knows_stream(stream, live.generation)) {
                None => found.push((stream.clone(), "is pushed, but no room knows it")),
                Some(cell) if publisher.is_flowing => {
                    let is_live = cell.room.live_publications().iter().any(|live| live.stream == *stream);
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

    /// The rooms' last word on a push or play, and the mirror's on the rooms'.
    pub(crate) fn ask_room(
        &mut self,
        operation: Operation,
        stream: &StreamId,
        generation: u32,
        session: &SessionId,
    ) -> Result<(), &'static str> {
        let cell = self.find(&Place::Stream(stream.clone())).ok_or("no room of this stream")?;
        let place = &self.gateway.cells[cell];
        let (granted, expected) = match operation {
            Operation::Publish => (
                place.room.may_push(stream, generation, session).is_ok(),
                place.mirror.may_push(stream, generation, session),
            ),
            Operation::Play => {
                let filter = place.filters.contains_key(&(stream.clone(), session.clone()));
                let granted = place.room.may_play(stream, generation, session).is_ok();
                (granted && filter, place.mirror.may_play(stream, generation, session))
            }
        };
        if granted && !expected {
            self.violate("only the newest lease opens the media server", || {
                format!("{operation:?} of {stream} {generation} by {session}")
            });
        }
        if granted { Ok(()) } else { Err("the room says no") }
    }

    /// Media of a stream flows for the first time on this connection.
    pub(crate) fn note_started(&mut self, stream: &StreamId, generation: u32, _connection: ConnectionNumber) {
        if let Some(cell) = self.find(&Place::Stream(stream.clone())) {
            self.gateway.cells[cell].mirror.note_started(stream, generation);
        }
    }
}
