//! A [`Frame`] is one media message of a publisher: an FLV tag body with its time stamp, shared by all players.

use bytes::Bytes;

use super::amf::Reader;

/// What a frame is to a player that joins or falls behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FrameKind {
    /// The `onMetaData` message, as AMF0 values.
    Metadata,
    /// The audio decoder's configuration.
    AudioHeader,
    /// One coded unit of sound.
    Audio,
    /// The video decoder's configuration.
    VideoHeader,
    /// A picture that needs no other picture.
    VideoKey,
    /// A picture that needs earlier ones.
    VideoDelta,
    /// What is said about pictures (their colours), and is none.
    VideoNote,
}

impl FrameKind {
    pub(super) fn is_video(self) -> bool {
        match self {
            Self::VideoHeader | Self::VideoKey | Self::VideoDelta | Self::VideoNote => true,
            Self::Metadata | Self::AudioHeader | Self::Audio => false,
        }
    }

    pub(super) fn is_audio(self) -> bool {
        match self {
            Self::AudioHeader | Self::Audio => true,
            Self::Metadata | Self::VideoHeader | Self::VideoKey | Self::VideoDelta | Self::VideoNote => false,
        }
    }

    /// Whether it is coded media, not a description of it.
    pub(super) fn is_media(self) -> bool {
        match self {
            Self::Audio | Self::VideoKey | Self::VideoDelta => true,
            Self::Metadata | Self::AudioHeader | Self::VideoHeader | Self::VideoNote => false,
        }
    }
}

/// One media message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    /// Milliseconds since the publisher began; wraps at 32 bits.
    pub(super) timestamp: u32,
    pub(super) payload: Bytes,
}

impl Frame {
    /// An audio message (Adobe FLV file format 10.1, E.4.2; enhanced RTMP v2 for the extended header); `None` if it is empty
    /// or is neither sound nor configuration.
    pub(super) fn audio(timestamp: u32, payload: Bytes) -> Option<Self> {
        const EXTENDED: u8 = 9;
        let first = *payload.first()?;
        let kind = match first >> 4 {
            AAC if payload.get(1) == Some(&SEQUENCE_HEADER) => FrameKind::AudioHeader,
            EXTENDED => match extended_type(&payload)? {
                extended::SEQUENCE_START => FrameKind::AudioHeader,
                extended::CODED => FrameKind::Audio,
                _ => return None,
            },
            _ => FrameKind::Audio,
        };
        Some(Self { kind, timestamp, payload })
    }

    /// A video message (Adobe FLV file format 10.1, E.4.3; enhanced RTMP v2 for the extended header); `None` if it is empty,
    /// or is none for players: the end of a sequence (another one may follow on the same stream) or a command frame.
    pub(super) fn video(timestamp: u32, payload: Bytes) -> Option<Self> {
        const EXTENDED: u8 = 0x80;
        const HEVC: u8 = 12;
        let first = *payload.first()?;
        const COMMAND: u8 = 5;
        const KEY: u8 = 1;
        let frame_type = (first >> 4) & 0x7;
        let picture = if frame_type == KEY { FrameKind::VideoKey } else { FrameKind::VideoDelta };
        let kind = if first & EXTENDED != 0 {
            match extended_type(&payload)? {
                extended::SEQUENCE_START | extended::TS_SEQUENCE_START => FrameKind::VideoHeader,
                extended::METADATA => FrameKind::VideoNote,
                extended::CODED | extended::CODED_X if frame_type != COMMAND => picture,
                _ => return None,
            }
        } else {
            match (first & 0xf, payload.get(1).copied()) {
                _ if frame_type == COMMAND => return None,
                (AVC | HEVC, Some(SEQUENCE_HEADER)) => FrameKind::VideoHeader,
                (AVC | HEVC, Some(CODED)) => picture,
                (AVC | HEVC, _) => return None,
                _ => picture,
            }
        };
        Some(Self { kind, timestamp, payload })
    }

    /// An AMF0 data message, if it carries `onMetaData`; a leading `@setDataFrame` is for the server and left out. `None` for
    /// other data, and for more of it than any encoder has to say: each player gets a copy.
    pub(super) fn metadata(timestamp: u32, payload: &Bytes) -> Option<Self> {
        const MAX_BYTES: usize = 16 << 10;
        let mut values = Reader::new(payload);
        let mut start = 0;
        let mut name = values.text()?;
        if name == "@setDataFrame" {
            start = payload.len() - values.rest().len();
            name = values.text()?;
        }
        let payload = payload.slice(start..);
        let is_metadata = name == "onMetaData" && payload.len() <= MAX_BYTES;
        is_metadata.then_some(Self { kind: FrameKind::Metadata, timestamp, payload })
    }
}

/// Sound and pictures in the tags of FLV (Adobe FLV file format 10.1, E.4.2 and E.4.3): the codec's number, in four bits.
pub(super) const AAC: u8 = 10;
pub(super) const AVC: u8 = 7;
/// What the second byte of a tag of either codec says that the rest is.
pub(super) const SEQUENCE_HEADER: u8 = 0;
pub(super) const CODED: u8 = 1;

/// The packet type of an extended header, behind modifiers and the mark of several tracks.
fn extended_type(payload: &[u8]) -> Option<u8> {
    let mut rest = payload;
    let mut packet_type = rest.split_off_first()? & 0xf;
    while packet_type == extended::MODIFIER {
        let mut size = usize::from(*rest.split_off_first()?) + 1;
        if size == 256 {
            size = usize::from(u16::from_be_bytes(*rest.split_off(..2)?.first_chunk()?)) + 1;
        }
        rest.split_off(..size)?;
        packet_type = rest.split_off_first()? & 0xf;
    }
    if packet_type == extended::MULTITRACK { Some(rest.first()? & 0xf) } else { Some(packet_type) }
}

/// Packet types of the extended headers (enhanced RTMP v2).
mod extended {
    pub(super) const SEQUENCE_START: u8 = 0;
    pub(super) const CODED: u8 = 1;
    pub(super) const CODED_X: u8 = 3;
    pub(super) const METADATA: u8 = 4;
    pub(super) const TS_SEQUENCE_START: u8 = 5;
    pub(super) const MULTITRACK: u8 = 6;
    pub(super) const MODIFIER: u8 = 7;
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
        assert_eq!(video(&[0x12, 9, 9]), Some(FrameKind::VideoKey), "a codec without packet types");
        assert_eq!(audio(&[0xaf, 0, 0x12, 0x10]), Some(FrameKind::AudioHeader));
        assert_eq!(audio(&[0xaf, 1, 0x21]), Some(FrameKind::Audio));
        assert_eq!(audio(&[]), None);
    }

    #[test]
    fn what_is_no_picture_is_neither_key_frame_nor_configuration() {
        let video = |bytes: &'static [u8]| Frame::video(0, Bytes::from_static(bytes)).map(|frame| frame.kind);
        let audio = |bytes: &'static [u8]| Frame::audio(0, Bytes::from_static(bytes)).map(|frame| frame.kind);
        assert_eq!(video(&[0x17, 2, 0, 0, 0]), None, "AVC end of sequence");
        assert_eq!(video(&[0x1c, 2, 0, 0, 0]), None, "HEVC end of sequence");
        assert_eq!(video(&[0x57, 0]), None, "start of a client's seek");
        assert_eq!(video(&[0x17]), None, "cut off");
        assert_eq!(video(b"\x92hvc1"), None, "end of sequence");
        assert_eq!(video(b"\x94hvc1\x02"), Some(FrameKind::VideoNote), "colours");
        assert_eq!(video(b"\x93hvc1"), Some(FrameKind::VideoKey));
        assert_eq!(video(b"\xa3hvc1"), Some(FrameKind::VideoDelta));
        assert_eq!(video(b"\x95mp2t"), Some(FrameKind::VideoHeader));
        assert_eq!(video(b"\x97\x02nnn\x03hvc1"), Some(FrameKind::VideoKey), "behind a modifier");
        assert_eq!(video(b"\x97\x02nnn\x00hvc1"), Some(FrameKind::VideoHeader), "behind a modifier");
        assert_eq!(video(b"\x96\x00hvc1"), Some(FrameKind::VideoHeader), "of several tracks");
        assert_eq!(video(b"\xd1avc1\x00"), None, "start of a client's seek");
        assert_eq!(video(b"\x97\xff"), None, "cut off");
        assert_eq!(audio(b"\x90Opus"), Some(FrameKind::AudioHeader));
        assert_eq!(audio(b"\x91Opus"), Some(FrameKind::Audio));
        assert_eq!(audio(b"\x92Opus"), None, "end of sequence");
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
