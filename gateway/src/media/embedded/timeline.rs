//! A [`Timeline`] gives the frames of a stream the time stamps that players get: they only go forward, in small steps, and
//! sound stays with its pictures, whatever the publisher's clock does and however often it connects anew.

use super::frame::{Frame, FrameKind};

/// The time of one stream.
#[derive(Default)]
pub(super) struct Timeline {
    /// The newest time of all tracks.
    last: i64,
    /// By how much a new publisher's first frame is newer than the oldest of its first ones.
    lead: i64,
    /// The newest time stamp of the publisher, of either track, without wrapping.
    received: i64,
    audio: Track,
    video: Track,
}

#[derive(Clone, Copy, Default)]
struct Track {
    /// What is added to the publisher's time stamps; `None` before the first frame of a connection.
    offset: Option<i64>,
    /// The newest time given, in the words of players and of the publisher.
    placed: i64,
    received: i64,
    /// The step before that.
    step: i64,
}

impl Timeline {
    /// The publisher is another one: its clock is not that of the one before. `first` are the frames it begins with.
    pub(super) fn begin_anew(&mut self, first: &[Frame]) {
        let mut coded = first.iter().filter(|frame| frame.kind.is_media()).map(|frame| frame.timestamp);
        let newest = coded.next().unwrap_or(0);
        let lead = coded.map(|older| step_between(older, newest)).max().unwrap_or(0);
        self.lead = if (0..=LAG).contains(&lead) { lead } else { 0 };
        self.audio = Track { placed: self.last, ..Track::default() };
        self.video = self.audio;
    }

    /// Whether any frame was given a time.
    pub(super) fn has_begun(&self) -> bool {
        self.last != 0
    }

    /// The time stamp for players. Descriptions may carry 0 at any time and do not move the timeline.
    pub(super) fn place(&mut self, frame: &Frame) -> u32 {
        let (track, other) = match frame.kind {
            FrameKind::Audio => (self.audio, self.video),
            FrameKind::VideoKey | FrameKind::VideoDelta => (self.video, self.audio),
            FrameKind::Metadata | FrameKind::AudioHeader | FrameKind::VideoHeader | FrameKind::VideoNote => {
                return wrap(self.last);
            }
        };
        self.received += step_between(wrap(self.received), frame.timestamp);
        let received = self.received;
        let (offset, placed) = self.find_place(track, other, received);
        let is_first = track.offset.is_none();
        let step = if is_first { 0 } else { received - track.received };
        let track = if frame.kind == FrameKind::Audio { &mut self.audio } else { &mut self.video };
        *track = Track { offset: Some(offset), placed, received, step };
        self.last = self.last.max(placed);
        wrap(placed)
    }

    /// The offset of a frame's track from now on, and the frame's time.
    fn find_place(&self, track: Track, other: Track, received: i64) -> (i64, i64) {
        let latest = self.last + STEP + track.step.clamp(0, SLOWEST);
        let earliest = (track.placed - JITTER).max(self.last - LAG);
        let fits = |offset: &i64| (earliest..=latest).contains(&(received + offset));
        let candidates = [track.offset, other.offset].into_iter().flatten().filter(fits);
        if let Some(offset) = candidates.min_by_key(|offset| (received + offset - self.last).abs()) {
            return (offset, (received + offset).max(track.placed));
        }
        // The clock jumped, or is a new one.
        let is_first = track.offset.is_none() && other.offset.is_none();
        let time = match track.offset {
            None if is_first && self.last == 0 => i64::from(wrap(received)),
            None if is_first => self.last + USUAL_STEP + self.lead,
            None => self.last,
            // Muted, perhaps: it comes back where the other track is.
            Some(_) if self.last - track.placed > STILL => self.last,
            Some(_) => track.placed + track.usual_step(),
        };
        (time - received, time)
    }
}

impl Track {
    fn usual_step(self) -> i64 {
        if (1..=STEP).contains(&self.step) { self.step } else { USUAL_STEP }
    }
}

/// Time stamps of RTMP and FLV have 32 bits and wrap.
fn wrap(time: i64) -> u32 {
    (time & i64::from(u32::MAX)) as u32
}

/// From one time stamp to another; wrapped ones count as near.
fn step_between(from: u32, to: u32) -> i64 {
    i64::from(to.wrapping_sub(from).cast_signed())
}

/// A step forward that no player minds, in milliseconds. A longer one is taken for a jump of the clock, unless frames come
/// that slowly: who waits at the end of its buffer would wait for ever.
const STEP: i64 = 150;
/// The slowest frames that are believed, in milliseconds from one to the next.
const SLOWEST: i64 = 2_000;
/// A step back that is evened out without moving the track, in milliseconds.
const JITTER: i64 = 60;
/// How far one track may lie behind the other, in milliseconds: encoders do not interleave exactly.
const LAG: i64 = 1_000;
/// A track that has been still for this long has lost its place, in milliseconds.
const STILL: i64 = 500;
/// From one frame to the next where it is not known, in milliseconds.
const USUAL_STEP: i64 = 40;

#[cfg(test)]
mod tests;
