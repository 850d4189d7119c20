//! What must be true when faults have ended and there was time to recover.

use miniapp_rtc::protocol::Tracks;
use miniapp_rtc::session::ConnectionState;

use crate::roster::{Roster, screen, user_id, user_number};
use crate::tag::{Tag, TagId};
use crate::world::World;

impl World {
    /// Looks at everything once.
    pub(crate) fn check_quiet(&mut self) {
        if self.violation.is_some() {
            return;
        }
        for phone in 0..self.phones.len() {
            let found = self.phone_is_well(phone).and_then(|()| self.streams_are_well(phone));
            if let Err((invariant, text)) = found {
                let user = self.phones[phone].user;
                return self.violate(invariant, || format!("phone {phone} (user {user}): {text}"));
            }
        }
        let found = self.gateway_is_well().and_then(|()| self.waits_vary());
        if let Err((invariant, text)) = found {
            self.violate(invariant, || text);
        }
    }

    fn phone_is_well(&self, phone: usize) -> Result<(), (&'static str, String)> {
        let it = &self.phones[phone];
        if let Some((call, open)) = it.page.calls.iter().next() {
            return Err(("each call settles in time", format!("call {call} {:?} is open at the end", open.what)));
        }
        let shall_be_in = it.page.wants_in && !it.page.is_displaced;
        let is_in = it.state == ConnectionState::Connected;
        if shall_be_in != is_in {
            let text = format!("wants to be in the room: {shall_be_in}, is {:?}", it.state);
            return Err(("everybody is where they want to be", text));
        }
        let name = self.room_id(phone);
        let cell = self.gateway.rooms.values().find(|hosted| hosted.name.room == name);
        if !is_in {
            return Ok(());
        }
        let Some(cell) = cell else { return Err(("all rosters converge", "its room is not there".into())) };
        let truth = Roster::of(&cell.room().snapshot(&user_id(it.user))).without(it.user);
        let known = it.follower.position.as_ref();
        if it.page.roster != truth || known.is_none_or(|(epoch, _)| *epoch != cell.mirror.epoch) {
            let text = format!(
                "at {known:?} of {}: knows{}, there are{}",
                cell.mirror.epoch,
                it.page.roster.describe(),
                truth.describe()
            );
            return Err(("all rosters converge", text));
        }
        Ok(())
    }

    /// Every stream that a page believes in flows as the page wants it.
    fn streams_are_well(&self, phone: usize) -> Result<(), (&'static str, String)> {
        let fault = |text| Err(("every own stream is live or was said to have failed", text));
        let it = &self.phones[phone];
        let name = self.room_id(phone);
        let Some(cell) = self.gateway.rooms.values().find(|hosted| hosted.name.room == name) else { return Ok(()) };
        let snapshot = cell.room().snapshot(&user_id(it.user));
        let live = cell.room().live_publications(self.gateway.node());
        for (index, own) in it.page.own.iter().enumerate().filter(|(_, own)| own.is_on) {
            let stream = snapshot
                .streams
                .iter()
                .find(|stream| user_number(&stream.user) == it.user && screen(stream.kind) == index);
            let Some(stream) = stream else { return fault(format!("own stream {index} is not in the room")) };
            let Some(live) = live.iter().find(|live| live.stream == stream.stream) else {
                return fault(format!("own stream {index} is not live"));
            };
            let tag = it.tags.get(&TagId::Own { screen: index == 1 });
            if tag.and_then(|tag| tag.connection) != Some(live.connection) {
                return fault(format!("own stream {index} is pushed by somebody else: {}", describe(tag)));
            }
            let is = (stream.audio, stream.video);
            if own.tracks.is_some_and(|wanted| wanted != is) {
                let text = format!("own stream {index}: wants {:?}, the room has {is:?}", own.tracks);
                return Err(("the room knows which own tracks are on", text));
            }
            let filter = self.tracks_of(live.connection);
            if filter != Some(Tracks { audio: is.0, video: is.1 }) {
                let text = format!("own stream {index}: the room has {is:?}, the media server {filter:?}");
                return Err(("what its publisher has switched off is cut at the media server", text));
            }
        }
        for ((user, of_screen), received) in &it.page.received {
            let tag = it.tags.get(&TagId::Of { user: *user, screen: *of_screen });
            let connection = tag.and_then(|tag| tag.connection);
            if !connection.is_some_and(|connection| self.is_playing(connection)) {
                let text = format!("the stream of {user} ({of_screen}) does not play: {}", describe(tag));
                return Err(("every received stream plays or was said to have failed", text));
            }
            let filter = connection.and_then(|connection| self.tracks_of(connection));
            let wanted = received.tracks.map(|(audio, video)| Tracks { audio, video });
            if wanted.is_some() && wanted != filter {
                let text = format!("the stream of {user}: wants {wanted:?}, gets {filter:?}");
                return Err(("received tracks are the wanted ones", text));
            }
        }
        Ok(())
    }

    /// The gateway holds what the phones hold, and nothing else.
    fn gateway_is_well(&self) -> Result<(), (&'static str, String)> {
        let fault = |text| Err(("the gateway holds what the phones hold", text));
        let inside = self.phones.iter().filter(|phone| phone.state == ConnectionState::Connected).count();
        let sessions: usize = self.gateway.rooms.values().map(|hosted| hosted.room().counts().sessions).sum();
        if sessions != inside {
            return fault(format!("{sessions} sessions, {inside} phones in rooms"));
        }
        if self.gateway.connections.len() != inside {
            return fault(format!("{} sockets, {inside} phones in rooms", self.gateway.connections.len()));
        }
        let rooms = self.gateway.rooms.values().filter(|hosted| hosted.room().is_empty()).count();
        if rooms > 0 || self.gateway.rooms.len() != self.gateway.directory.len() {
            return fault(format!("{rooms} rooms are empty; {} are listed", self.gateway.directory.len()));
        }
        let live: usize =
            self.gateway.rooms.values().map(|hosted| hosted.room().live_publications(self.gateway.node()).len()).sum();
        let pushed = self.media.streams.values().filter(|stream| stream.publisher.is_some()).count();
        if live != pushed {
            return fault(format!("{live} live streams, {pushed} are pushed"));
        }
        Ok(())
    }

    /// Sessions that lost their sockets together must not come back together.
    fn waits_vary(&self) -> Result<(), (&'static str, String)> {
        let waits: Vec<u64> = self.phones.iter().flat_map(|phone| phone.budget.first_waits.iter().copied()).collect();
        if waits.len() >= 6 && waits.iter().all(|wait| *wait == waits[0]) {
            return Err(("waits before reconnecting vary", format!("{waits:?}")));
        }
        Ok(())
    }
}

/// A tag without its address.
fn describe(tag: Option<&Tag>) -> String {
    match tag {
        None => "there is no tag".into(),
        Some(Tag { connection, gave_up, .. }) => format!("its tag is connected as {connection:?}, gave up: {gave_up}"),
    }
}
