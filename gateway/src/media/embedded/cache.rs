//! A [`GopCache`] is what a late joiner needs: metadata, decoder configurations, and the group of pictures since the
//! last key frame.

use super::frame::{Frame, FrameKind};
use miniapp_rtc::protocol::Tracks;

/// The beginning that a stream needs at this moment. All that the media server keeps of a stream is counted here.
#[derive(Default)]
pub(super) struct GopCache {
    max_bytes: usize,
    metadata: Option<Frame>,
    audio_header: Option<Frame>,
    video_header: Option<Frame>,
    /// Empty, or a key frame and all that came after it.
    pictures: Vec<Frame>,
    /// What `pictures` take, in bytes.
    bytes: usize,
    last_timestamp: u32,
    /// The tracks of which anything has come.
    tracks: Tracks,
    has_told_of_length: bool,
}

impl GopCache {
    /// A cache that keeps at most `max_bytes` of pictures and sound; with 0 it keeps the configurations only.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, ..Self::default() }
    }

    /// Remembers what a late joiner will need of this frame, where its track is on. A group that is too large is forgotten.
    pub(super) fn store(&mut self, frame: &Frame, is_on: Tracks) {
        self.last_timestamp = frame.timestamp;
        self.tracks.audio |= frame.kind.is_audio();
        self.tracks.video |= frame.kind.is_video();
        match frame.kind {
            FrameKind::Metadata => self.metadata = Some(frame.clone()),
            FrameKind::AudioHeader => self.audio_header = Some(frame.clone()),
            FrameKind::VideoHeader => {
                self.video_header = Some(frame.clone());
                self.forget_pictures();
            }
            FrameKind::VideoKey => {
                self.forget_pictures();
                if is_on.video {
                    self.keep(frame);
                }
            }
            FrameKind::VideoDelta | FrameKind::VideoNote if is_on.video && !self.pictures.is_empty() => {
                self.keep(frame)
            }
            FrameKind::Audio if is_on.audio && !self.pictures.is_empty() => self.keep(frame),
            FrameKind::VideoDelta | FrameKind::VideoNote | FrameKind::Audio => {}
        }
    }

    /// Forgets what was kept of tracks that their publisher has switched off since.
    pub(super) fn forget_muted(&mut self, is_on: Tracks) {
        if !is_on.video {
            self.forget_pictures();
        }
        if !is_on.audio {
            self.pictures.retain(|frame| !frame.kind.is_audio());
            self.bytes = self.pictures.iter().map(size).sum();
        }
    }

    /// What a joining player gets first, in order, with time stamps that do not jump to what follows.
    pub(super) fn opening(&self, with_pictures: bool) -> impl Iterator<Item = Frame> {
        let pictures: &[Frame] = if with_pictures { &self.pictures } else { &[] };
        let timestamp = pictures.first().map_or(self.last_timestamp, |frame| frame.timestamp);
        let headers = [&self.metadata, &self.audio_header, &self.video_header];
        let headers = headers.into_iter().flatten().map(move |frame| Frame { timestamp, ..frame.clone() });
        headers.chain(pictures.iter().cloned())
    }

    /// The tracks of which the publisher has sent anything.
    pub(super) fn tracks(&self) -> Tracks {
        self.tracks
    }

    fn keep(&mut self, frame: &Frame) {
        self.bytes += size(frame);
        if self.bytes <= self.max_bytes {
            self.pictures.push(frame.clone());
            return;
        }
        if self.max_bytes > 0 && !std::mem::replace(&mut self.has_told_of_length, true) {
            tracing::warn!(
                max_bytes = self.max_bytes,
                "a group of pictures is too large: late players wait for a key frame"
            );
        }
        self.forget_pictures();
    }

    fn forget_pictures(&mut self) {
        self.pictures = Vec::new();
        self.bytes = 0;
    }
}

/// What a frame takes, in bytes: its own, and those of its place in the list.
fn size(frame: &Frame) -> usize {
    frame.payload.len() + size_of::<Frame>()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{GopCache, size};
    use crate::media::embedded::frame::{Frame, FrameKind};
    use FrameKind::{Audio, AudioHeader, Metadata, VideoDelta, VideoHeader, VideoKey};
    use miniapp_rtc::protocol::Tracks;

    const BOTH: Tracks = Tracks { audio: true, video: true };

    fn frame(kind: FrameKind, timestamp: u32) -> Frame {
        Frame { kind, timestamp, payload: Bytes::from_static(&[0; 10]) }
    }

    fn store(cache: &mut GopCache, kind: FrameKind, timestamp: u32) {
        cache.store(&frame(kind, timestamp), BOTH);
    }

    fn opening(cache: &GopCache) -> Vec<(FrameKind, u32)> {
        cache.opening(true).map(|frame| (frame.kind, frame.timestamp)).collect()
    }

    #[test]
    fn a_late_joiner_gets_headers_and_the_last_group_of_pictures() {
        let mut cache = GopCache::new(1_000_000);
        for kind in [Metadata, VideoHeader, AudioHeader] {
            store(&mut cache, kind, 0);
        }
        for (kind, timestamp) in [(VideoKey, 10), (VideoDelta, 20), (VideoKey, 30), (Audio, 35), (VideoDelta, 40)] {
            store(&mut cache, kind, timestamp);
        }
        assert_eq!(
            opening(&cache),
            [(Metadata, 30), (AudioHeader, 30), (VideoHeader, 30), (VideoKey, 30), (Audio, 35), (VideoDelta, 40)]
        );
        assert_eq!(cache.tracks(), BOTH);
    }

    #[test]
    fn a_group_is_kept_up_to_its_bytes_however_many_frames_it_has() {
        let limit = 1_000 * size(&frame(VideoKey, 0));
        let mut cache = GopCache::new(limit);
        store(&mut cache, VideoKey, 0);
        for timestamp in 1..1_000 {
            store(&mut cache, VideoDelta, timestamp);
        }
        assert_eq!(opening(&cache).len(), 1_000);
        store(&mut cache, VideoDelta, 1_000);
        assert_eq!((opening(&cache).len(), cache.bytes), (0, 0));
        store(&mut cache, VideoDelta, 1_001);
        assert_eq!(opening(&cache), []);
        store(&mut cache, VideoKey, 1_002);
        assert_eq!(opening(&cache), [(VideoKey, 1_002)]);
    }

    #[test]
    fn what_its_publisher_has_switched_off_is_neither_kept_nor_taken_in() {
        let mut cache = GopCache::new(1_000_000);
        for (kind, timestamp) in [(VideoHeader, 0), (VideoKey, 10), (Audio, 15), (VideoDelta, 20)] {
            store(&mut cache, kind, timestamp);
        }
        let silent = Tracks { audio: false, video: true };
        cache.forget_muted(silent);
        cache.store(&frame(Audio, 25), silent);
        assert_eq!(opening(&cache), [(VideoHeader, 10), (VideoKey, 10), (VideoDelta, 20)]);
        let dark = Tracks { audio: true, video: false };
        cache.forget_muted(dark);
        for (kind, timestamp) in [(VideoKey, 30), (VideoDelta, 40)] {
            cache.store(&frame(kind, timestamp), dark);
        }
        store(&mut cache, VideoDelta, 50);
        assert_eq!(opening(&cache), [(VideoHeader, 50)], "a picture needs a key frame that was seen");
        assert_eq!(cache.bytes, 0);
    }
}
