//! What must be true of a phone after every step.

use miniapp_rtc::session::{CallId, ConnectionState};

use crate::acting::APP;
use crate::event::Reaction;
use crate::gateway::{Peer, SECRET};
use crate::roster::{Roster, user_id};
use crate::waited::ABSENCE_MS;
use crate::world::World;

/// A call waits for a socket, and then for its answer: 3 s each, by the phone's clock; a timer may be late.
const CALL_MS: u64 = 10_000;
/// A call about a stream of somebody who is not back yet also waits for that, and then once more for its answer.
const AWAITING_MS: u64 = CALL_MS + ABSENCE_MS as u64 + 3_000;
/// A join tries each gateway: 5 s to connect, 3 s for the answer.
const JOIN_MS: u64 = 2 * 8_000 + 3_000;
/// What a phone says reaches the room within this, on a good network.
const TELLING_MS: u64 = 2_000;

impl World {
    /// After every input: the page knows the room as it was at the offset that its session has reached.
    pub(crate) fn check_phone(&mut self, phone: usize) {
        let it = &self.phones[phone];
        if it.follower.is_careless() && it.state == ConnectionState::Connected {
            let text = format!("phone {phone} asks for no sync: {:?}", it.follower);
            return self.violate("a gap is noticed", || text);
        }
        let is_in = matches!(it.state, ConnectionState::Connected | ConnectionState::Reconnecting);
        let is_told = is_in && !it.follower.is_leaving;
        let Some((epoch, offset)) = it.follower.position.as_ref().filter(|_| is_told) else { return };
        let truth = self.archive.get(epoch).and_then(|rosters| rosters.get(*offset as usize));
        let Some(truth) = truth.map(|truth| truth.without(it.user)) else {
            let text = format!("phone {phone} is at {offset} of {epoch}");
            return self.violate("the history is followed", || text);
        };
        let (told, place) = (it.page.roster, (epoch.clone(), *offset));
        let truth = self.phones[phone].waited.as_mut().map_or(truth, |waited| waited.beside(&truth, &told));
        if told != truth {
            let text = format!("phone {phone} at {place:?}: told{}, the room was{}", told.describe(), truth.describe());
            self.violate("pages know the room of their offset", || text);
        }
    }

    /// After every tick: no call is older than it may be.
    pub(crate) fn check_calls(&mut self, phone: usize) {
        let awake = self.phones[phone].awake(self.now);
        let late: Option<(CallId, String)> = self.phones[phone].page.calls.iter().find_map(|(call, open)| {
            let bound = match &open.what {
                Reaction::Join => JOIN_MS,
                what if what.stream_of_other().is_some() => AWAITING_MS,
                _ => CALL_MS,
            };
            // What is called while a join is under way waits for the join first.
            let bound = if self.phones[phone].page.in_room { bound } else { JOIN_MS + CALL_MS };
            (awake.saturating_sub(open.made_at) > bound).then(|| (*call, format!("{:?}", open.what)))
        });
        if let Some((call, what)) = late {
            self.violate("each call settles in time", || format!("phone {phone}: call {call} {what}"));
        }
    }

    /// Whether the room must have heard what a phone says.
    fn has_told(&self, phone: usize) -> bool {
        let it = &self.phones[phone];
        let is_clear = |link: usize| !self.links[link].up_dead && !self.links[link].down_dead;
        it.state == ConnectionState::Connected
            && it.slow_ms == 0
            && it.page.calls.is_empty()
            && it.follower.is_entered
            && it.link.is_some_and(is_clear)
            && self.gateway.is_up
            && self.now >= it.steady_since + TELLING_MS
    }

    /// Before WeChat stops a hidden app: the room knows that nobody sees its user any more.
    pub(crate) fn check_hidden(&mut self, phone: usize) {
        if self.is_heard_or_seen(phone, |(_, video)| video) {
            self.violate("the room knows who is in the background", || {
                format!("phone {phone} is shown with its picture")
            });
        }
    }

    /// Before a phone gets its microphone back: the room knows that nobody hears its user.
    pub(crate) fn check_silenced(&mut self, phone: usize) {
        if self.phones[phone].is_silenced && self.is_heard_or_seen(phone, |(audio, _)| audio) {
            self.violate("the room knows whose microphone is taken", || {
                format!("phone {phone} is shown with its sound")
            });
        }
    }

    /// Whether a room that must know better believes that a track of a phone is on.
    fn is_heard_or_seen(&self, phone: usize, is_on: impl Fn((bool, bool)) -> bool) -> bool {
        let (name, user) = (self.room_id(phone), self.phones[phone].user);
        let cell = self.gateway.rooms.values().find(|hosted| hosted.name.room == name);
        // Another phone may have taken the room over, and a frozen one cannot have heard so.
        let cell = cell.filter(|_| self.has_told(phone) && self.is_attached(phone));
        let known = cell.map(|cell| Roster::of(&cell.room().snapshot(&user_id(user))));
        known.is_some_and(|roster| roster.streams[user].iter().flatten().any(|tracks| is_on(*tracks)))
    }

    /// Whether the socket that a phone uses carries a session.
    fn is_attached(&self, phone: usize) -> bool {
        let Some(link) = self.phones[phone].link else { return false };
        let mut connections = self.gateway.connections.values();
        let connection = connections.find(|connection| connection.peer == Peer::Phone(link));
        connection.is_some_and(|connection| connection.outbox.standing().is_attached)
    }

    /// No secret may be in what people read.
    pub(crate) fn check_secrets(&mut self, phone: usize, place: &str, text: &str) {
        let token = ["001", APP].concat();
        if [SECRET, "ticket=", token.as_str()].iter().any(|secret| text.contains(secret)) {
            self.violate("no secret is shown", || format!("phone {phone}: {place} holds one"));
        }
    }
}
