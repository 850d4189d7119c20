//! A [`GopCache`] is what a late joiner needs: metadata, decoder configurations, and the group of pictures since the
//! last key frame.

use super::frame::{Frame, FrameKind};

const MAX_FRAMES: usize = 600;
const MAX_BYTES: usize = 2 << 20;

/// The beginning that a stream needs at this moment.
#[derive(Default)]
pub(crate) struct GopCache {
    keeps_pictures: bool,
    metadata: Option<Frame>,
    audio_header: Option<Frame>,
    video_header: Option<Frame>,
    /// Empty, or a key frame and all that came after it.
    pictures: Vec<Frame>,
    bytes: usize,
    last_timestamp: u32,
}

impl GopCache {
    /// A cache that keeps the last group of pictures too, or the configurations only.
    pub(crate) fn new(keeps_pictures: bool) -> Self {
        Self { keeps_pictures, ..Self::default() }
    }

    /// Remembers what a late joiner will need of this frame. A group that is too long is forgotten.
    pub(crate) fn store(&mut self, frame: &Frame) {
        self.last_timestamp = frame.timestamp;
        match frame.kind {
            FrameKind::Metadata => self.metadata = Some(frame.clone()),
            FrameKind::AudioHeader => self.audio_header = Some(frame.clone()),
            FrameKind::VideoHeader => {
                self.video_header = Some(frame.clone());
                self.forget_pictures();
            }
            FrameKind::VideoKey if self.keeps_pictures => {
                self.forget_pictures();
                self.keep(frame);
            }
            FrameKind::VideoDelta | FrameKind::Audio if !self.pictures.is_empty() => self.keep(frame),
            FrameKind::VideoKey | FrameKind::VideoDelta | FrameKind::Audio => {}
        }
    }

    /// What a joining player gets first, in order, with time stamps that do not jump to what follows.
    pub(crate) fn opening(&self, with_pictures: bool) -> impl Iterator<Item = Frame> {
        let pictures: &[Frame] = if with_pictures { &self.pictures } else { &[] };
        let timestamp = pictures.first().map_or(self.last_timestamp, |frame| frame.timestamp);
        let headers = [&self.metadata, &self.audio_header, &self.video_header];
        let headers = headers.into_iter().flatten().map(move |frame| Frame { timestamp, ..frame.clone() });
        headers.chain(pictures.iter().cloned())
    }

    /// Whether the publisher has sent audio and video configurations.
    pub(crate) fn tracks(&self) -> (bool, bool) {
        (self.audio_header.is_some(), self.video_header.is_some())
    }

    fn keep(&mut self, frame: &Frame) {
        self.bytes += frame.payload.len();
        self.pictures.push(frame.clone());
        if self.pictures.len() > MAX_FRAMES || self.bytes > MAX_BYTES {
            self.forget_pictures();
        }
    }

    fn forget_pictures(&mut self) {
        self.pictures.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::frame::{Frame, FrameKind};
    use super::{GopCache, MAX_FRAMES};
    use FrameKind::{Audio, AudioHeader, Metadata, VideoDelta, VideoHeader, VideoKey};

    fn store(cache: &mut GopCache, kind: FrameKind, timestamp: u32) {
        cache.store(&Frame { kind, timestamp, payload: Bytes::from_static(&[0; 10]) });
    }

    fn opening(cache: &GopCache) -> Vec<(FrameKind, u32)> {
        cache.opening(true).map(|frame| (frame.kind, frame.timestamp)).collect()
    }

    #[test]
    fn a_late_joiner_gets_headers_and_the_last_group_of_pictures() {
        let mut cache = GopCache::new(true);
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
        assert_eq!(cache.tracks(), (true, true));
    }

    #[test]
    fn an_endless_group_is_forgotten_until_the_next_key_frame() {
        let mut cache = GopCache::new(true);
        store(&mut cache, VideoKey, 0);
        for timestamp in 0..2 * MAX_FRAMES {
            store(&mut cache, VideoDelta, u32::try_from(timestamp).expect("small"));
            assert!(cache.pictures.len() <= MAX_FRAMES);
        }
        assert_eq!(opening(&cache), []);
        store(&mut cache, VideoKey, 5);
        assert_eq!(opening(&cache), [(VideoKey, 5)]);
    }
}
