//! A [`WebPublisher`] turns what a browser sends into the frames of a stream, and says when the browser is to be asked for a key
//! picture. It knows no socket and no clock: times are given to it.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::clock::{Kind, SAMPLES_PER_MS, SenderReport, StreamClock};
use super::h264::{AnnexBToAvc, Size};
use super::sound::{OpusToAac, SoundCounts, SoundError};
use crate::media::embedded::amf::Writer;
use crate::media::embedded::frame::{AAC, AVC, Frame, FrameKind};

/// What a browser publishes.
pub(super) struct WebPublisher {
    clock: StreamClock,
    pictures: AnnexBToAvc,
    /// `None` where the sound cannot be transcoded.
    sound: Option<OpusToAac>,
    /// What players were told of the tracks.
    told: Description,
    /// The stream's time of the newest unit of sound, in milliseconds.
    heard_ms: i64,
    /// Pictures were lost, so that the next ones cannot be decoded up to a key picture.
    awaits_key: bool,
    /// When the browser was last asked for a key picture; `None` until it is connected.
    asked: Option<Instant>,
    wants_key: bool,
}

/// A picture or a packet of sound, as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    /// Its RTP time without wrapping: 90 kHz for pictures, 48 kHz for sound.
    pub(super) time: u64,
    pub(super) arrived: Instant,
    /// The sender's newest report on the track.
    pub(super) report: Option<SenderReport>,
    /// Whether nothing was lost between the one before and this one.
    pub(super) is_next: bool,
    pub(super) bytes: &'a [u8],
}

/// What `onMetaData` says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Description {
    has_picture: bool,
    size: Option<Size>,
    has_sound: bool,
}

impl WebPublisher {
    /// A publisher of which nothing has come.
    pub(super) fn new() -> Self {
        Self {
            clock: StreamClock::default(),
            pictures: AnnexBToAvc::default(),
            sound: OpusToAac::new().inspect_err(no_sound).ok(),
            told: Description::default(),
            heard_ms: 0,
            awaits_key: true,
            asked: None,
            wants_key: false,
        }
    }

    /// The frames that a picture gives.
    pub(super) fn picture(&mut self, heard: Arrival<'_>) -> Vec<Frame> {
        let timestamp = self.clock.place(Kind::Picture, heard.time, heard.arrived, heard.report);
        let timestamp = wrap(timestamp);
        // What was lost is missed even if parameter sets alone come behind it.
        self.awaits_key |= !heard.is_next;
        let Some(picture) = self.pictures.push(heard.bytes) else {
            self.wants_key |= self.awaits_key;
            return Vec::new();
        };
        self.awaits_key &= !picture.is_key;
        self.wants_key |= self.awaits_key;
        let mut frames = Vec::new();
        if let Some(header) = picture.header {
            frames.extend(self.tell(Description { has_picture: true, size: header.size, ..self.told }, timestamp));
            frames.push(Frame { kind: FrameKind::VideoHeader, timestamp, payload: header.body });
        }
        if !self.awaits_key {
            let kind = if picture.is_key { FrameKind::VideoKey } else { FrameKind::VideoDelta };
            frames.push(Frame { kind, timestamp, payload: picture.body });
        }
        frames
    }

    /// The frames that a packet of sound gives.
    pub(super) fn sound(&mut self, heard: Arrival<'_>) -> Vec<Frame> {
        let placed = self.clock.place(Kind::Sound, heard.time, heard.arrived, heard.report);
        let position = i64::try_from(heard.time).unwrap_or(i64::MAX);
        let Some(sound) = &mut self.sound else { return Vec::new() };
        let (header, units) = (sound.header(), sound.push(position, heard.bytes));
        let units = match units {
            Ok(units) => units,
            Err(error) => {
                no_sound(&error);
                self.sound = None;
                return Vec::new();
            }
        };
        let mut frames = Vec::new();
        if !self.told.has_sound && !units.is_empty() {
            let timestamp = wrap(placed);
            frames.extend(self.tell(Description { has_sound: true, ..self.told }, timestamp));
            frames.push(Frame { kind: FrameKind::AudioHeader, timestamp, payload: header });
        }
        for unit in units {
            // The units lie near the packet: the same step from RTP time to the stream's time holds for them, unless the
            // packets' place has just been moved back.
            let time = placed + (unit.position - position).div_euclid(SAMPLES_PER_MS);
            self.heard_ms = self.heard_ms.max(time);
            frames.push(Frame { kind: FrameKind::Audio, timestamp: wrap(self.heard_ms), payload: unit.bytes });
        }
        frames
    }

    /// What its transcoder has seen; `None` if there is none.
    pub(super) fn sound_counts(&self) -> Option<SoundCounts> {
        self.sound.as_ref().map(OpusToAac::counts)
    }

    /// Somebody waits for a key picture.
    pub(super) fn want_key(&mut self) {
        self.wants_key = true;
    }

    /// When the browser is to be asked for a key picture: browsers make none by themselves, and who joins waits for one.
    pub(super) fn asks_at(&self, connected: Instant) -> Instant {
        let Some(asked) = self.asked else { return connected };
        asked + if self.wants_key { ASK_AGAIN } else { ASK_EVERY }
    }

    /// The browser was asked.
    pub(super) fn has_asked(&mut self, now: Instant) {
        self.asked = Some(now);
        self.wants_key = false;
    }

    /// `onMetaData`, where it says something new.
    fn tell(&mut self, description: Description, timestamp: u32) -> Option<Frame> {
        if self.told == description {
            return None;
        }
        self.told = description;
        Frame::metadata(timestamp, &description.write())
    }
}

impl Description {
    fn write(self) -> Bytes {
        let number = |number: f64| Writer::default().number(number).into_bytes();
        let mut properties = Vec::new();
        if let Some(size) = self.size {
            properties.push((&b"width"[..], number(size.width.into())));
            properties.push((b"height", number(size.height.into())));
        }
        if self.has_picture {
            properties.push((b"videocodecid", number(AVC.into())));
        }
        if self.has_sound {
            properties.push((b"audiocodecid", number(AAC.into())));
            properties.push((b"audiosamplerate", number(SAMPLE_RATE)));
            properties.push((b"audiosamplesize", number(SAMPLE_BITS)));
            properties.push((b"stereo", Writer::default().boolean(false).into_bytes()));
        }
        let properties: Vec<(&[u8], &[u8])> =
            properties.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        Writer::default().text("onMetaData").named_array(&properties).into_bytes().into()
    }
}

fn no_sound(error: &SoundError) {
    tracing::warn!(%error, "a web publisher's sound is left out");
}

/// Time stamps of FLV have 32 bits and wrap.
fn wrap(time: i64) -> u32 {
    (time & i64::from(u32::MAX)) as u32
}

/// From one request for a key picture to the next. Key pictures are then 5 to 7 % of a browser's bytes.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// The same, while somebody waits for one.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// What the AAC is.
const SAMPLE_RATE: f64 = 48_000.0;
const SAMPLE_BITS: f64 = 16.0;

#[cfg(test)]
mod tests;
