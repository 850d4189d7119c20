//! A [`WebPlayer`] turns the frames of a stream into samples for one browser, and says when the browser is to see the beginning
//! anew. It knows no socket and no clock: times are given to it.

use std::time::{Duration, Instant};

use super::clock::{SAMPLES_PER_MS, TICKS_PER_MS};
use super::h264::{AvcToAnnexB, H264Error};
use super::sound::{AacToOpus, CodedSound, SoundCounts, SoundError};
use crate::media::embedded::frame::{Frame, FrameKind};

/// What a browser plays of a stream.
pub(super) struct WebPlayer {
    pictures: AvcToAnnexB,
    /// `None` where the sound cannot be transcoded.
    sound: Option<AacToOpus>,
    /// The newest time of the stream, in milliseconds without wrapping.
    time: Option<i64>,
    /// When the sample came that was quicker than all others, and its time in milliseconds: one map for both tracks.
    anchor: Option<(Instant, i64)>,
    /// The RTP time of the newest picture that was sent.
    shown: Option<i64>,
    /// When the newest picture came live.
    came: Option<Instant>,
    /// When the browser was last shown the beginning.
    begun: Option<Instant>,
}

/// One picture or one packet of sound, for WebRTC to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sample {
    pub(super) track: SampleTrack,
    /// The RTP time without wrapping: 90 kHz for pictures, 48 kHz for sound.
    pub(super) time: u64,
    /// The moment that it belongs to.
    pub(super) moment: Instant,
    pub(super) bytes: Vec<u8>,
}

/// Which track a sample is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SampleTrack {
    Picture,
    Sound,
}

impl WebPlayer {
    pub(super) fn new() -> Self {
        let sound = AacToOpus::new().inspect_err(no_sound).ok();
        Self { pictures: AvcToAnnexB::default(), sound, time: None, anchor: None, shown: None, came: None, begun: None }
    }

    /// Whether a browser can play what a stream begins with.
    ///
    /// # Errors
    /// Why it cannot.
    pub(super) fn judge(opening: &[Frame]) -> Result<(), H264Error> {
        let mut pictures = AvcToAnnexB::default();
        for frame in opening {
            match frame.kind {
                FrameKind::VideoHeader => pictures.configure(&frame.payload)?,
                FrameKind::VideoKey | FrameKind::VideoDelta => {
                    only_lasting(pictures.push(frame.timestamp.into(), &frame.payload))?;
                }
                FrameKind::Metadata | FrameKind::AudioHeader | FrameKind::Audio | FrameKind::VideoNote => {}
            }
        }
        Ok(())
    }

    /// What the browser gets first: the pictures since the last key frame as fast as they can be decoded, ending now. None of
    /// the sound that belongs to them: a browser would play it at its own pace, and stay behind for ever.
    ///
    /// # Errors
    /// Why the browser cannot play this stream.
    pub(super) fn begin(&mut self, opening: Vec<Frame>, now: Instant) -> Result<Vec<Sample>, H264Error> {
        self.begun = Some(now);
        let mut pictures = Vec::new();
        let mut newest = None;
        for frame in opening {
            match frame.kind {
                FrameKind::VideoHeader => self.pictures.configure(&frame.payload)?,
                FrameKind::AudioHeader => self.configure_sound(&frame),
                FrameKind::VideoKey | FrameKind::VideoDelta => {
                    let time = self.unwrap(frame.timestamp);
                    if let Some(picture) = only_lasting(self.pictures.push(time, &frame.payload))? {
                        newest = Some(time + picture.composition);
                        pictures.push(picture.bytes);
                    }
                }
                FrameKind::Metadata | FrameKind::Audio | FrameKind::VideoNote => {}
            }
        }
        let Some(newest) = newest else { return Ok(Vec::new()) };
        // The newest one is of now, and those before it are of moments before.
        self.moment(newest, now);
        let count = i64::try_from(pictures.len()).unwrap_or(i64::MAX);
        let times = (1..=count).map(|number| (newest - (count - number)) * TICKS_PER_MS);
        Ok(pictures.into_iter().zip(times).map(|(bytes, time)| self.picture(bytes, time, now)).collect())
    }

    /// What the browser gets of a frame.
    ///
    /// # Errors
    /// Why the browser cannot play this stream any more.
    pub(super) fn take(&mut self, frame: &Frame, now: Instant) -> Result<Vec<Sample>, H264Error> {
        match frame.kind {
            FrameKind::VideoHeader => self.pictures.configure(&frame.payload)?,
            FrameKind::AudioHeader => self.configure_sound(frame),
            FrameKind::VideoKey | FrameKind::VideoDelta => {
                self.came = Some(now);
                let time = self.unwrap(frame.timestamp);
                let picture = only_lasting(self.pictures.push(time, &frame.payload))?;
                let sample = picture.map(|it| self.picture(it.bytes, (time + it.composition) * TICKS_PER_MS, now));
                return Ok(sample.into_iter().collect());
            }
            FrameKind::Audio => return Ok(self.sound(frame, now)),
            FrameKind::Metadata | FrameKind::VideoNote => {}
        }
        Ok(Vec::new())
    }

    /// The browser asks for a key picture. Whether it is to be shown the beginning anew: only if that ends with a picture
    /// which is newer than what it has seen so, and not old. A camera that is off would show its last moments again.
    pub(super) fn is_to_begin_anew(&self, now: Instant) -> bool {
        let is_recent = |moment: Option<Instant>| moment.is_some_and(|it| now.duration_since(it) < RECENT);
        is_recent(self.came) && !is_recent(self.begun)
    }

    /// What its transcoder has seen; `None` if there is none.
    pub(super) fn sound_counts(&self) -> Option<SoundCounts> {
        self.sound.as_ref().map(AacToOpus::counts)
    }

    fn configure_sound(&mut self, frame: &Frame) {
        if let Some(sound) = &mut self.sound
            && let Err(error) = sound.configure(&frame.payload)
        {
            no_sound(&error);
        }
    }

    fn picture(&mut self, bytes: Vec<u8>, time: i64, now: Instant) -> Sample {
        // The times of a beginning lie close together, and those that come after it must not go back.
        let time = self.shown.map_or(time, |shown| time.max(shown + 1));
        self.shown = Some(time);
        let moment = self.moment(time / TICKS_PER_MS, now);
        Sample { track: SampleTrack::Picture, time: rtp(time, TICKS_PER_MS), moment, bytes }
    }

    fn sound(&mut self, frame: &Frame, now: Instant) -> Vec<Sample> {
        let time = self.unwrap(frame.timestamp);
        let Some(sound) = &mut self.sound else { return Vec::new() };
        let packets = match sound.push(time, &frame.payload) {
            Ok(packets) => packets,
            Err(error) => {
                no_sound(&error);
                self.sound = None;
                return Vec::new();
            }
        };
        let sample = |packet: CodedSound| Sample {
            track: SampleTrack::Sound,
            time: rtp(packet.position, SAMPLES_PER_MS),
            moment: self.moment(packet.position / SAMPLES_PER_MS, now),
            bytes: packet.bytes.to_vec(),
        };
        packets.into_iter().map(sample).collect()
    }

    fn unwrap(&mut self, timestamp: u32) -> i64 {
        let known = self.time.unwrap_or(timestamp.into());
        let wrapped = u32::try_from(known & i64::from(u32::MAX)).unwrap_or_default();
        let time = known + i64::from(timestamp.wrapping_sub(wrapped).cast_signed());
        self.time = Some(time);
        time
    }

    /// The moment that a time of the stream belongs to. It is not later than now: of a sample with a moment to come, str0m's
    /// sender reports say that its RTP time is 0, and browsers move pictures and sound apart by what they are told.
    fn moment(&mut self, time: i64, now: Instant) -> Instant {
        let (moment, zero) = *self.anchor.get_or_insert((now, time));
        let distance = Duration::from_millis((time - zero).unsigned_abs());
        let moment = if time >= zero { moment + distance } else { moment.checked_sub(distance).unwrap_or(moment) };
        if moment > now {
            self.anchor = Some((now, time));
        }
        moment.min(now)
    }
}

/// A picture that is broken alone is left out; what holds for the whole stream is an error.
fn only_lasting<T>(picture: Result<Option<T>, H264Error>) -> Result<Option<T>, H264Error> {
    match picture {
        Err(H264Error::BrokenPicture | H264Error::NoHeader) => Ok(None),
        Err(error @ (H264Error::NotH264 | H264Error::BrokenHeader | H264Error::Reordered)) => Err(error),
        Ok(picture) => Ok(picture),
    }
}

fn no_sound(error: &SoundError) {
    tracing::info!(%error, "a web player gets no sound");
}

/// An RTP time: the first ones of a stream may lie before its zero.
fn rtp(time: i64, per_ms: i64) -> u64 {
    u64::try_from(time + START_MS * per_ms).unwrap_or_default()
}

/// Where RTP times begin, in milliseconds. Of a track that nothing was sent on, str0m reports the RTP time 0. So far from there,
/// Chromium takes that for no time of the track (libwebrtc's `RtpToNtpEstimator`: more than 2^25 ticks at once).
const START_MS: i64 = 1_000_000;
/// A beginning is shown at most this often, and only while the newest picture is no older.
const RECENT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
