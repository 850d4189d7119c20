//! A [`View`] is what is known of one of the two users: by the room, by its history, or by the other's page.

use miniapp_rtc::protocol::{Event, RoomId, Snapshot, UserId};

/// What is known of a user.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct View {
    /// Whether it is in the room.
    pub(crate) is_there: bool,
    /// Which tracks of its stream are on: sound, picture. A stream without any is none to a page.
    pub(crate) stream: Option<(bool, bool)>,
}

impl View {
    /// Tracks go on or off; the others stay.
    pub(crate) fn turn(&mut self, audio: Option<bool>, video: Option<bool>) {
        if let Some(tracks) = &mut self.stream {
            *tracks = (audio.unwrap_or(tracks.0), video.unwrap_or(tracks.1));
        }
    }
}

/// What is known of both users, by their number.
pub(crate) type Roster = [View; 2];

const NAMES: [&str; 2] = ["anna", "bert"];

pub(crate) fn user_id(user: usize) -> UserId {
    UserId::parse(NAMES[user]).expect("a user id")
}

pub(crate) fn user_number(user: &UserId) -> usize {
    usize::from(user.as_str() == NAMES[1])
}

pub(crate) fn room_id() -> RoomId {
    RoomId::parse("room").expect("a room id")
}

const fn shown(audio: bool, video: bool) -> Option<(bool, bool)> {
    if audio || video { Some((audio, video)) } else { None }
}

/// The room as a snapshot shows it; whoever it is for is not in it.
pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Roster {
    let mut roster = Roster::default();
    for member in &snapshot.members {
        roster[user_number(&member.user)].is_there = true;
    }
    for stream in &snapshot.streams {
        roster[user_number(&stream.user)].stream = shown(stream.audio, stream.video);
    }
    roster
}

/// The room after an event.
pub(crate) fn after(mut roster: Roster, event: &Event) -> Roster {
    match event {
        Event::MemberJoined(is) => roster[user_number(&is.user)].is_there = true,
        Event::MemberLeft(left) => roster[user_number(&left.user)] = View::default(),
        Event::StreamAdded(stream) | Event::StreamUpdated(stream) => {
            roster[user_number(&stream.user)].stream = shown(stream.audio, stream.video);
        }
        Event::StreamRemoved(removed) => roster[user_number(&removed.user)].stream = None,
        Event::MemberSuspended(_)
        | Event::MemberResumed(_)
        | Event::StreamStalled(_)
        | Event::StreamRecovered(_)
        | Event::Kicked(_)
        | Event::Bye(_)
        | Event::UrlUpdated(_)
        | Event::TokenExpiring(_)
        | Event::Unknown(_) => {}
    }
    roster
}
