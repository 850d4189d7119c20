//! A [`Placement`] says which partition a room belongs to: by the hash of its name, which its tag repeats in two letters.

use miniapp_rtc::protocol::{SessionId, StreamId};

use crate::node::Place;
use crate::room::{RoomName, RoomTag};

/// Two letters of `a-z 2-7` can say no more.
pub const MAX_PARTITIONS: u16 = 1024;

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// How rooms are spread over partitions: the same in all processes that share them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Placement {
    partitions: u16,
}

impl Placement {
    /// Over so many partitions, from 1 to [`MAX_PARTITIONS`].
    pub fn over(partitions: u16) -> Self {
        Self { partitions: partitions.clamp(1, MAX_PARTITIONS) }
    }

    /// How many there are.
    pub fn partitions(self) -> u16 {
        self.partitions
    }

    /// The partition of a room: FNV-1a of `app/room`, 64 bits.
    pub fn of_name(self, name: &RoomName) -> u16 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in name.app.as_str().bytes().chain(*b"/").chain(name.room.as_str().bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        u16::try_from(hash % u64::from(self.partitions)).unwrap_or(0)
    }

    /// The partition of the place; `None` where no room can have that name.
    pub fn of(self, place: &Place) -> Option<u16> {
        match place {
            Place::Room(name) => Some(self.of_name(name)),
            Place::Session(session) => self.of_session(session),
            Place::Stream(stream) => self.of_stream(stream),
        }
    }

    /// The partition of the room that a stream belongs to.
    pub fn of_stream(self, stream: &StreamId) -> Option<u16> {
        self.of_tag(&RoomTag::of_stream(stream)?)
    }

    fn of_session(self, session: &SessionId) -> Option<u16> {
        self.of_tag(&RoomTag::of_session(session)?)
    }

    fn of_tag(self, tag: &RoomTag) -> Option<u16> {
        let value = |byte: u8| LETTERS.iter().position(|letter| *letter == byte);
        let mut bytes = tag.as_str().bytes();
        let number = u16::try_from(value(bytes.next()?)? * LETTERS.len() + value(bytes.next()?)?).ok()?;
        (number < self.partitions).then_some(number)
    }

    /// A tag in a partition, from a random text of `a-z 0-9`.
    pub fn tag(self, partition: u16, random: &str) -> Option<RoomTag> {
        let letter = |place: u16| LETTERS.get(usize::from(place) % LETTERS.len()).map(|byte| char::from(*byte));
        RoomTag::parse(&format!("{}{}{random}", letter(partition / 32)?, letter(partition)?))
    }
}
