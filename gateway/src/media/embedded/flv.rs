//! FLV (Adobe FLV file format 10.1, annex E): the header and the tags of an HTTP-FLV answer.

use bytes::{BufMut, Bytes, BytesMut};

use super::frame::{Frame, FrameKind};
use miniapp_rtc::protocol::Tracks;

/// The file header with the "previous tag size" 0. The flags say which tracks come: a player may wait for each one that is
/// announced, and may take none that is not.
pub(super) fn header(tracks: Tracks) -> Bytes {
    let flags = u8::from(tracks.audio) << 2 | u8::from(tracks.video);
    Bytes::copy_from_slice(&[b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0])
}

/// Appends a frame as a tag with its size behind it.
pub(super) fn write_tag(output: &mut BytesMut, frame: &Frame) {
    let tag_type = match frame.kind {
        FrameKind::AudioHeader | FrameKind::Audio => 8,
        FrameKind::VideoHeader | FrameKind::VideoKey | FrameKind::VideoDelta | FrameKind::VideoNote => 9,
        FrameKind::Metadata => 18,
    };
    // RTMP messages have 24 bits of length too, so this never cuts.
    let length = u32::try_from(frame.payload.len()).unwrap_or(u32::MAX) & 0xff_ffff;
    output.reserve(TAG_HEADER_BYTES + frame.payload.len() + 4);
    output.put_u8(tag_type);
    output.put_uint(u64::from(length), 3);
    output.put_uint(u64::from(frame.timestamp & 0xff_ffff), 3);
    output.put_u8(frame.timestamp.to_be_bytes()[0]);
    output.put_uint(0, 3);
    output.extend_from_slice(&frame.payload);
    output.put_u32(length + 11);
}

const TAG_HEADER_BYTES: usize = 11;

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};

    use super::{header, write_tag};
    use crate::media::embedded::frame::{Frame, FrameKind};
    use miniapp_rtc::protocol::Tracks;

    #[test]
    fn a_tag_has_its_24_bit_fields_in_place() {
        let mut output = BytesMut::new();
        let payload = Bytes::from_static(&[0x17, 1, 2]);
        write_tag(&mut output, &Frame { kind: FrameKind::VideoKey, timestamp: 0x0102_0304, payload });
        assert_eq!(&output[..], [9, 0, 0, 3, 2, 3, 4, 1, 0, 0, 0, 0x17, 1, 2, 0, 0, 0, 14]);
    }

    #[test]
    fn the_header_announces_the_tracks() {
        let header = |audio, video| header(Tracks { audio, video });
        assert_eq!(header(true, true)[..], *b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
        assert_eq!(header(true, false)[4], 4);
        assert_eq!(header(false, true)[4], 1);
        assert_eq!(header(false, false)[4], 0);
    }
}
