//! An [`Event`] is one thing that happens in the world.

use miniapp_rtc::protocol::StreamId;
use miniapp_rtc::session::Signal;
use miniapp_rtc_gateway::room::{ConnectionId, MediaCommand, MediaNews, SocketId};

use crate::network::LinkId;
use crate::stranger::StrangerId;
use crate::tag::{TagId, TagStep};

/// One thing that happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// A planned fault begins; its number in the plan.
    Fault(usize),
    /// A phone is not connected, for which a fault waited.
    Ambush(usize),
    /// A fault ends.
    Relief(Relief),
    /// Something reaches the JavaScript of a phone.
    Phone(usize, ForPhone),
    /// A timer of a phone's session is due; only the newest counts.
    Alarm { phone: usize, number: u32 },
    /// A page does something of its own accord.
    Act(usize),
    /// A page does what it made up its mind to do.
    React(usize, Reaction),
    /// A page is opened once more, since its client was destroyed.
    OpenAnew(usize),
    /// A native tag goes on.
    Tag { phone: usize, tag: TagId, mount: u32, step: TagStep },
    /// A phone's request for a socket reaches the gateway.
    Handshake(LinkId),
    /// A frame reaches the gateway.
    Up { link: LinkId, text: String },
    /// The gateway learns that a socket has ended.
    UpEnd(LinkId),
    /// A socket that was held up may write again.
    Drain,
    /// The gateway looks whether a socket has been silent for too long.
    Patience(SocketId),
    /// A stranger opens its socket, or goes on.
    Stranger(StrangerId),
    /// Something is due in a room; which life of it.
    Due(u32),
    /// A room's command reaches the media server; the gateway's life it came from.
    Command(u32, MediaCommand),
    /// The media server's news reach the rooms.
    News(u32, MediaNews),
    /// The media server notices that a connection broke.
    MediaEnd(u32, ConnectionId),
    /// The media server lets go of players that wait in vain.
    Reap(u32, StreamId),
    /// The gateway compares rooms and media server.
    Reconcile(u32),
}

/// Something that reaches a phone's JavaScript.
#[derive(Debug)]
pub(crate) enum ForPhone {
    /// A socket opened.
    Opened(LinkId),
    /// A frame came.
    Frame(LinkId, String),
    /// A socket closed after it was open.
    Closed(LinkId, u16, String),
    /// A socket could not open, or broke.
    Failed(LinkId),
    /// The system says something.
    Signal(Signal),
    /// A native tag says a code.
    Code { tag: TagId, mount: u32, code: i32 },
}

/// What a page made up its mind to do.
#[derive(Clone, Debug)]
pub(crate) enum Reaction {
    Join,
    Leave,
    Destroy,
    Publish {
        screen: bool,
    },
    /// What a page does about a stream that failed: `unpublish`, whatever comes of it, and then `publish`.
    PublishAgain {
        screen: bool,
    },
    PublishAnew {
        screen: bool,
    },
    Unpublish {
        screen: bool,
    },
    Subscribe {
        user: usize,
        screen: bool,
    },
    Unsubscribe {
        user: usize,
        screen: bool,
    },
    MuteLocal {
        screen: bool,
        audio: bool,
        video: bool,
    },
    MuteRemote {
        user: usize,
        screen: bool,
        audio: bool,
        video: bool,
    },
    UpdateToken,
    SetVisibility {
        visible: bool,
    },
}

impl Reaction {
    /// The stream of another user that a call has to find in the room.
    pub(crate) fn stream_of_other(&self) -> Option<(usize, bool)> {
        match *self {
            Self::Subscribe { user, screen } | Self::MuteRemote { user, screen, .. } => Some((user, screen)),
            _ => None,
        }
    }
}

/// A fault that ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relief {
    /// A phone's JavaScript runs again.
    Thaw(usize),
    /// A hidden app is shown.
    Show(usize),
    /// WeChat stops the JavaScript of an app that is still hidden; which hiding.
    Sleep(usize, u32),
    /// A phone's network is back.
    Online(usize),
    /// A half-open socket breaks for both ends.
    Reset(LinkId),
    /// The gateway's process starts.
    GatewayStarts,
    /// The phones' way to the gateway is quick again.
    Quick(usize),
    /// A gateway address works again.
    Address(usize),
    /// The media server takes connections again.
    Media,
    /// A phone's microphone is free again.
    Audio(usize),
    /// Pushers that were started during a phone call end again.
    Pushers(usize),
    /// A phone's network is strong again.
    Strong(usize),
}
