//! A [`Part`] is what a browser is to a stream: its publisher or one of its players, with the right to be so.

use std::time::Instant;

use str0m::media::{Frequency, MediaData, Rid};

use super::clock::SenderReport;
use super::h264::H264Error;
use super::player::{Sample, WebPlayer};
use super::publisher::{Arrival, WebPublisher};
use super::sound::SoundCounts;
use crate::budget::{Account, OverBudget};
use crate::media::embedded::frame::Frame;
use crate::media::embedded::held::Held;
use crate::media::embedded::hub::PublishRight;
use crate::media::embedded::outlet::Closed;
use crate::media::embedded::subscription::Subscription;
use crate::media::{StopReason, Transport};

/// What is to be done to a connection, one thing at a time: str0m wants to be asked what follows from each.
pub(super) enum PeerDeed {
    /// Asks the browser for a key picture.
    AskForKey,
    /// Sends a sample.
    Write(Sample),
}

/// What a browser is to a stream.
pub(super) enum Part {
    Publisher(Box<Publishing>),
    Player(Box<Playing>),
}

/// A browser that publishes.
pub(super) struct Publishing {
    pub(super) publisher: WebPublisher,
    pub(super) publication: PublishRight,
    /// What counts the bytes that it makes the process hold.
    pub(super) account: Account,
    /// Bytes of the largest frame.
    pub(super) most_bytes: usize,
    /// When the last media came.
    pub(super) last_media: Option<Instant>,
    /// Which of several sizes of the picture is taken, once one has come.
    pub(super) layer: Option<Option<Rid>>,
}

/// A browser that plays.
pub(super) struct Playing {
    pub(super) player: WebPlayer,
    pub(super) subscription: Subscription,
}

/// Why a browser cannot go on as publisher or player.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartEnd {
    /// The publication was ended by the server.
    #[error("the server ended the publication")]
    Ended,
    /// The player was ended by the server.
    #[error("the server ended the player ({0:?})")]
    Closed(Closed),
    /// The stream is none for browsers.
    #[error(transparent)]
    Unplayable(#[from] H264Error),
    /// A frame is too large.
    #[error("a frame of {bytes} bytes came; the gateway's option media.message_bytes allows {most}")]
    TooLarge { bytes: usize, most: usize },
    /// Too much is held.
    #[error("{0}; the gateway's option media.held_bytes sets the limit")]
    OverBudget(#[from] OverBudget),
}

impl PartEnd {
    /// What signaling hears of a publisher.
    pub(super) fn reason(&self) -> StopReason {
        match self {
            // The hub has said why already, and its reason stays.
            Self::Ended | Self::Closed(_) => StopReason::Disconnected,
            Self::Unplayable(_) | Self::TooLarge { .. } | Self::OverBudget(_) => StopReason::Malformed,
        }
    }
}

impl Part {
    pub(super) fn transport(&self) -> Transport {
        match self {
            Self::Publisher(_) => Transport::Whip,
            Self::Player(_) => Transport::Whep,
        }
    }

    /// What is to be done when the browser is connected.
    pub(super) fn connected(&mut self, now: Instant) -> Result<Vec<PeerDeed>, PartEnd> {
        match self {
            Self::Publisher(_) => Ok(Vec::new()),
            Self::Player(playing) => playing.begin(now),
        }
    }

    /// What is to be done when something happens outside of the connection. Safe to cancel.
    pub(super) async fn next(&mut self, is_connected: bool) -> Result<Vec<PeerDeed>, PartEnd> {
        match self {
            Self::Publisher(publishing) => {
                let Publishing { publisher, publication, .. } = &mut **publishing;
                tokio::select! {
                    () = publication.ended() => return Err(PartEnd::Ended),
                    () = publication.key_wanted() => publisher.want_key(),
                }
                Ok(Vec::new())
            }
            Self::Player(playing) => {
                let Playing { player, subscription } = &mut **playing;
                let Some(frame) = subscription.outlet.next().await else {
                    return Err(PartEnd::Closed(subscription.outlet.closed().await));
                };
                // The beginning, which comes with the connection, has all that is needed of it.
                if is_connected { Ok(writes(player.take(&frame, Instant::now())?)) } else { Ok(Vec::new()) }
            }
        }
    }

    /// The browser asks for a key picture.
    pub(super) fn asked_for_key(&mut self, now: Instant) -> Result<Vec<PeerDeed>, PartEnd> {
        let Self::Player(playing) = self else { return Ok(Vec::new()) };
        playing.subscription.want_key();
        if playing.player.is_to_begin_anew(now) { playing.begin(now) } else { Ok(Vec::new()) }
    }

    pub(super) fn picture(&mut self, data: &MediaData) -> Result<(), PartEnd> {
        let Self::Publisher(publishing) = self else { return Ok(()) };
        if *publishing.layer.get_or_insert(data.rid) != data.rid {
            return Ok(());
        }
        publishing.last_media = Some(data.network_time);
        let frames = publishing.publisher.picture(heard(data, Frequency::NINETY_KHZ));
        publishing.push(frames)
    }

    pub(super) fn sound(&mut self, data: &MediaData) -> Result<(), PartEnd> {
        let Self::Publisher(publishing) = self else { return Ok(()) };
        publishing.last_media = Some(data.network_time);
        let frames = publishing.publisher.sound(heard(data, Frequency::FORTY_EIGHT_KHZ));
        publishing.push(frames)
    }

    /// When the browser is to be asked for a key picture; `None` if never.
    pub(super) fn asks_at(&self, connected: Instant) -> Option<Instant> {
        match self {
            Self::Publisher(publishing) => Some(publishing.publisher.asks_at(connected)),
            Self::Player(_) => None,
        }
    }

    pub(super) fn has_asked(&mut self, now: Instant) {
        match self {
            Self::Publisher(publishing) => publishing.publisher.has_asked(now),
            Self::Player(_) => {}
        }
    }

    /// When the browser last sent media, or was to begin to; `None` if it is to send none.
    pub(super) fn last_media(&self, connected: Instant) -> Option<Instant> {
        match self {
            Self::Publisher(publishing) => Some(publishing.last_media.unwrap_or(connected)),
            Self::Player(_) => None,
        }
    }

    /// What its transcoder has seen; `None` if there is none.
    pub(super) fn sound_counts(&self) -> Option<SoundCounts> {
        match self {
            Self::Publisher(publishing) => publishing.publisher.sound_counts(),
            Self::Player(playing) => playing.player.sound_counts(),
        }
    }

    /// Gives the right back.
    pub(super) fn finish(self, reason: StopReason) {
        match self {
            Self::Publisher(publishing) => publishing.publication.finish(reason),
            Self::Player(playing) => drop(playing),
        }
    }
}

impl Publishing {
    fn push(&self, frames: Vec<Frame>) -> Result<(), PartEnd> {
        for frame in frames {
            let bytes = frame.payload.len();
            if bytes > self.most_bytes {
                return Err(PartEnd::TooLarge { bytes, most: self.most_bytes });
            }
            let mut held = Held::new(&self.account);
            held.extend(&frame.payload, bytes)?;
            if !self.publication.push(Frame { payload: held.freeze(), ..frame }) {
                return Err(PartEnd::Ended);
            }
        }
        Ok(())
    }
}

impl Playing {
    fn begin(&mut self, now: Instant) -> Result<Vec<PeerDeed>, PartEnd> {
        let opening = self.subscription.begin_anew();
        Ok(writes(self.player.begin(opening, now)?))
    }
}

fn writes(samples: Vec<Sample>) -> Vec<PeerDeed> {
    samples.into_iter().map(PeerDeed::Write).collect()
}

fn heard(data: &MediaData, frequency: Frequency) -> Arrival<'_> {
    let report = data
        .last_sender_info
        .as_ref()
        .map(|info| SenderReport { wall: info.ntp_time, time: info.rtp_time.rebase(frequency).numer() });
    Arrival {
        time: data.time.rebase(frequency).numer(),
        arrived: data.network_time,
        report,
        is_next: data.contiguous,
        bytes: &data.data,
    }
}
