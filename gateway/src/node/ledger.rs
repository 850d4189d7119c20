//! The ledger compares what the rooms know of streams with what the media server has, and says what to mend.

use crate::media::{LiveStream, MediaEvent};
use crate::node::Place;
use crate::room::{Input, LivePublication, MediaNews, NodeId};
use miniapp_rtc::protocol::StreamId;

/// A stream that the media server has a publisher of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pushed {
    /// Name of the stream.
    pub stream: StreamId,
    /// Which publication of it.
    pub generation: u32,
    /// What its room has not heard of, where its media flows and the room does not hold it for live.
    unheard: Option<MediaNews>,
}

/// What to do about a stream on which rooms and media server are at odds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mend {
    /// Tell its room.
    Tell(MediaNews),
    /// End it at the media server, up to and including this generation.
    End {
        /// Name of the stream.
        stream: StreamId,
        /// Which publication of it.
        generation: u32,
    },
}

/// The place and the input of what the media server of a node tells.
pub fn news(node: NodeId, event: MediaEvent) -> (Place, Input) {
    let news = match event {
        MediaEvent::Started { stream, generation, connection } => MediaNews::Started { stream, generation, connection },
        MediaEvent::Stopped { stream, generation, connection, reason: _ } => {
            MediaNews::Stopped { stream, generation, connection }
        }
        MediaEvent::Outgrown { stream, generation, session } => MediaNews::Outgrown { stream, generation, session },
    };
    input(node, news)
}

/// The place and the input of news.
pub fn input(node: NodeId, news: MediaNews) -> (Place, Input) {
    (Place::Stream(news.stream().clone()), Input::Media { node, news })
}

/// What to tell the rooms of streams that they hold for live and nobody pushes. `expected` has to be read before `found`: a
/// stream that started in between is then not missed, and one whose connection changed is matched by its number.
pub fn lost(expected: &[LivePublication], found: &[LiveStream]) -> Vec<MediaNews> {
    let is_lost = |expected: &&LivePublication| {
        !found.iter().any(|live| {
            live.stream == expected.stream
                && live.generation == expected.generation
                && live.publisher == Some(expected.connection)
        })
    };
    let stopped = |LivePublication { stream, generation, connection }: &LivePublication| MediaNews::Stopped {
        stream: stream.clone(),
        generation: *generation,
        connection: *connection,
    };
    expected.iter().filter(is_lost).map(stopped).collect()
}

/// The streams that are pushed. Of each, the rooms have to be asked whether they know it: see [`Pushed::judge`].
pub fn pushed(expected: &[LivePublication], found: Vec<LiveStream>) -> Vec<Pushed> {
    let pushed = |live: LiveStream| {
        let LiveStream { stream, generation, publisher, last_media, players: _ } = live;
        let publication = LivePublication { stream, generation, connection: publisher? };
        let is_heard = last_media.is_none() || expected.contains(&publication);
        let LivePublication { stream, generation, connection } = publication;
        let unheard = (!is_heard).then(|| MediaNews::Started { stream: stream.clone(), generation, connection });
        Some(Pushed { stream, generation, unheard })
    };
    found.into_iter().filter_map(pushed).collect()
}

impl Pushed {
    /// What to do about it; `is_known` says whether a room knows the stream in this generation. News of a publisher that ended
    /// meanwhile are told too: the next comparison finds it gone.
    pub fn judge(self, is_known: bool) -> Option<Mend> {
        let Self { stream, generation, unheard } = self;
        if is_known { unheard.map(Mend::Tell) } else { Some(Mend::End { stream, generation }) }
    }
}
