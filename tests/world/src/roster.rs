//! A [`Roster`] is who is in a room and which of their streams are on, as small as can be: the world compares it all the time.

use miniapp_rtc::protocol::{Snapshot, StreamKind, UserId};

/// The most users of one world.
pub(crate) const USERS: usize = 6;

/// The user of that number.
pub(crate) fn user_id(number: usize) -> UserId {
    UserId::parse(format!("user-{number}")).expect("a user id")
}

/// The number of a user.
pub(crate) fn user_number(user: &UserId) -> usize {
    user.as_str().bytes().last().map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')))
}

/// Which tracks of a stream are on.
pub(crate) type Tracks = (bool, bool);

/// Who is in a room, and which of their streams have a track that is on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Roster {
    pub(crate) members: [bool; USERS],
    pub(crate) streams: [[Option<Tracks>; 2]; USERS],
}

impl Roster {
    /// The room as a snapshot shows it.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut roster = Self::default();
        for member in &snapshot.members {
            roster.members[user_number(&member.user)] = true;
        }
        for stream in snapshot.streams.iter().filter(|stream| stream.audio || stream.video) {
            roster.streams[user_number(&stream.user)][screen(stream.kind)] = Some((stream.audio, stream.video));
        }
        roster
    }

    /// The roster without one user.
    pub(crate) fn without(mut self, user: usize) -> Self {
        self.members[user] = false;
        self.streams[user] = [None; 2];
        self
    }

    /// Tracks of a stream go on or off; the others stay.
    pub(crate) fn turn(&mut self, (user, screen): (usize, bool), audio: Option<bool>, video: Option<bool>) {
        if let Some(tracks) = &mut self.streams[user][usize::from(screen)] {
            *tracks = (audio.unwrap_or(tracks.0), video.unwrap_or(tracks.1));
        }
    }

    /// For people to read.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for user in 0..USERS {
            if self.members[user] {
                text += &format!(" {user}");
            }
            for (screen, tracks) in self.streams[user].iter().enumerate() {
                if let Some((audio, video)) = tracks {
                    let letter = |on: &bool, letter| if *on { letter } else { '-' };
                    let kind = ["camera", "screen"][screen];
                    text += &format!(" {user}.{kind}:{}{}", letter(audio, 'a'), letter(video, 'v'));
                }
            }
        }
        if text.is_empty() { " nobody".into() } else { text }
    }
}

/// 1 for the screen, 0 for the camera.
pub(crate) fn screen(kind: StreamKind) -> usize {
    usize::from(kind == StreamKind::Screen)
}

/// The protocol's word.
pub(crate) fn kind(screen: bool) -> StreamKind {
    if screen { StreamKind::Screen } else { StreamKind::Camera }
}
