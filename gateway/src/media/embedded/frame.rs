//! A [`Frame`] is one media message of a publisher: an FLV tag body with its time stamp, shared by all players.

use bytes::Bytes;

/// What a frame is to a player that joins or falls behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    /// `onMetaData`, AMF0.
    Metadata,
    /// The audio decoder's configuration.
    AudioHeader,
    /// Coded audio.
    Audio,
    /// The video decoder's configuration.
    VideoHeader,
    /// A picture that needs no other picture.
    VideoKey,
    /// A picture that needs earlier ones.
    VideoDelta,
}

impl FrameKind {
    pub(crate) fn is_video(self) -> bool {
        matches!(self, Self::VideoHeader | Self::VideoKey | Self::VideoDelta)
    }

    /// Whether it is coded media, not a description of it.
    pub(crate) fn is_media(self) -> bool {
        matches!(self, Self::Audio | Self::VideoKey | Self::VideoDelta)
    }
}

/// One media message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    /// Milliseconds, wrapping.
    pub(crate) timestamp: u32,
    pub(crate) payload: Bytes,
}

impl Frame {
    /// An audio message (Adobe FLV file format 10.1, E.4.2); `None` if it is empty.
    pub(crate) fn audio(timestamp: u32, payload: Bytes) -> Option<Self> {
        const AAC: u8 = 10;
        let first = *payload.first()?;
        let is_header = first >> 4 == AAC && payload.get(1) == Some(&0);
        let kind = if is_header { FrameKind::AudioHeader } else { FrameKind::Audio };
        Some(Self { kind, timestamp, payload })
    }

    /// A video message (Adobe FLV file format 10.1, E.4.3; enhanced RTMP for the extended header); `None` if empty.
    pub(crate) fn video(timestamp: u32, payload: Bytes) -> Option<Self> {
        const EXTENDED: u8 = 0x80;
        const AVC: u8 = 7;
        const HEVC: u8 = 12;
        let first = *payload.first()?;
        let is_key = (first >> 4) & 0x7 == 1;
        let is_header = if first & EXTENDED != 0 {
            first & 0xf == 0
        } else {
            matches!(first & 0xf, AVC | HEVC) && payload.get(1) == Some(&0)
        };
        let kind = match (is_header, is_key) {
            (true, _) => FrameKind::VideoHeader,
            (false, true) => FrameKind::VideoKey,
            (false, false) => FrameKind::VideoDelta,
        };
        Some(Self { kind, timestamp, payload })
    }

    /// An AMF0 data message, if it carries `onMetaData`; a leading `@setDataFrame` is for the server and left out.
    pub(crate) fn metadata(timestamp: u32, payload: &Bytes) -> Option<Self> {
        const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";
        const ON_META_DATA: &[u8] = b"\x02\x00\x0aonMetaData";
        let start = if payload.starts_with(SET_DATA_FRAME) { SET_DATA_FRAME.len() } else { 0 };
        let payload = payload.slice(start..);
        payload.starts_with(ON_META_DATA).then_some(Self { kind: FrameKind::Metadata, timestamp, payload })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Frame, FrameKind};

    #[test]
    fn kinds_are_read_from_the_tag_bodies() {
        let video = |bytes: &'static [u8]| Frame::video(0, Bytes::from_static(bytes)).map(|frame| frame.kind);
        let audio = |bytes: &'static [u8]| Frame::audio(0, Bytes::from_static(bytes)).map(|frame| frame.kind);
        assert_eq!(video(&[0x17, 0, 0, 0, 0, 1]), Some(FrameKind::VideoHeader));
        assert_eq!(video(&[0x17, 1, 0, 0, 0]), Some(FrameKind::VideoKey));
        assert_eq!(video(&[0x27, 1, 0, 0, 0]), Some(FrameKind::VideoDelta));
        assert_eq!(video(&[0x90, b'h', b'v', b'c', b'1']), Some(FrameKind::VideoHeader));
        assert_eq!(video(&[0x91, b'h', b'v', b'c', b'1']), Some(FrameKind::VideoKey));
        assert_eq!(video(&[0xa1, b'h', b'v', b'c', b'1']), Some(FrameKind::VideoDelta));
        assert_eq!(video(&[]), None);
        assert_eq!(audio(&[0xaf, 0, 0x12, 0x10]), Some(FrameKind::AudioHeader));
        assert_eq!(audio(&[0xaf, 1, 0x21]), Some(FrameKind::Audio));
        assert_eq!(audio(&[]), None);
    }

    #[test]
    fn metadata_loses_its_server_prefix_and_other_data_is_dropped() {
        let plain = Bytes::from_static(b"\x02\x00\x0aonMetaData\x05");
        let prefixed = Bytes::from_static(b"\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x05");
        assert_eq!(Frame::metadata(0, &prefixed).map(|frame| frame.payload), Some(plain.clone()));
        assert_eq!(Frame::metadata(0, &plain).map(|frame| frame.payload), Some(plain));
        assert_eq!(Frame::metadata(0, &Bytes::from_static(b"\x02\x00\x06onText")), None);
    }
}
