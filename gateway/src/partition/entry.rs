//! An [`LogEntry`] is what one append to the log brought.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::media::PublicAddresses;
use crate::room::{Input, NodeId, RoomName, RoomPolicy, RoomTag};

/// Where an entry stands in its log: the time that the store stamped it with, and its number.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Offset {
    /// Unix time in milliseconds; never less than that of the entry before.
    pub ms: u64,
    /// One more than that of the entry before; the first is 1.
    pub number: u64,
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.ms, self.number)
    }
}

impl FromStr for Offset {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (ms, number) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self { ms: ms.parse()?, number: number.parse()? })
    }
}

/// Names a time in which the store lost nothing: another one begins when it may have. Letters, digits and dots.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Era(pub String);

/// What one append brought.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LogEntry {
    /// The process that appended it.
    #[serde(rename = "k")]
    pub node: NodeId,
    /// The number of its first item among the process's items for this partition; those after it follow without gaps.
    #[serde(rename = "s")]
    pub first: u64,
    /// What happened, oldest first; empty where only time has passed.
    #[serde(rename = "i")]
    pub items: Vec<Item>,
}

/// One thing that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Item {
    /// To the room of this name; where there is none, one is made, with this tag.
    #[serde(rename = "m")]
    Make(RoomName, RoomTag, Input),
    /// To the room of this name.
    #[serde(rename = "r")]
    Room(RoomName, Input),
    /// To the room of this tag.
    #[serde(rename = "t")]
    Tag(RoomTag, Input),
    /// A process begins to take part; if it did before, it has lost its sockets.
    #[serde(rename = "up")]
    Up {
        /// By which rooms are made from here on.
        policy: RoomPolicy,
        /// Where clients reach its media server.
        media: PublicAddresses,
    },
    /// A process is gone, with its sockets and its media server. The number is that of the item by which it began: where it has
    /// begun again since, nothing happens.
    #[serde(rename = "gone")]
    Gone(NodeId, u64),
}
