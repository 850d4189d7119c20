//! `onMetaData` as one player gets it: of the tracks that come, and of no other. Players wait for what is announced.

use bytes::Bytes;

use super::amf::{Reader, Writer, is_reference};
use miniapp_rtc::protocol::Tracks;

/// The publisher's `onMetaData` without the tracks that are missing, and with `hasAudio` and `hasVideo` as they are.
pub(super) fn restrict(payload: &[u8], tracks: Tracks) -> Bytes {
    let [audio, video] = [tracks.audio, tracks.video].map(|has| Writer::default().boolean(has).into_bytes());
    let mut properties = vec![(&b"hasAudio"[..], &audio[..]), (&b"hasVideo"[..], &video[..])];
    let mut values = Reader::new(payload);
    let name = values.text().unwrap_or("onMetaData");
    if values.open().is_some() {
        properties.extend(std::iter::from_fn(|| values.property()).filter(|(name, value)| {
            let is_own = [b"hasAudio", b"hasVideo"].iter().any(|own| name.eq_ignore_ascii_case(*own));
            let is_gone = (!tracks.audio && tells_of(name, b"audio", &OF_AUDIO))
                || (!tracks.video && tells_of(name, b"video", &OF_VIDEO));
            !is_own && !is_gone && !is_reference(value)
        }));
    }
    Writer::default().text(name).named_array(&properties).into_bytes().into()
}

fn tells_of(name: &[u8], prefix: &[u8], others: &[&[u8]]) -> bool {
    let has_prefix = name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    has_prefix || others.contains(&name)
}

/// The names that tell of a track, beside those that begin with `audio` or `video`.
const OF_AUDIO: [&[u8]; 7] = [b"stereo", b"2.1", b"3.1", b"4.0", b"4.1", b"5.1", b"7.1"];
const OF_VIDEO: [&[u8]; 7] =
    [b"width", b"height", b"framerate", b"fps", b"displayWidth", b"displayHeight", b"avcprofile"];

#[cfg(test)]
mod tests {
    use super::restrict;
    use crate::media::embedded::amf::{Reader, Scalar, Writer};
    use miniapp_rtc::protocol::Tracks;

    fn names(payload: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut values = Reader::new(payload);
        assert_eq!(values.text(), Some("onMetaData"));
        values.open().expect("an array");
        let read = |(name, value): (&[u8], &[u8])| (String::from_utf8(name.to_vec()).expect("ascii"), value.to_vec());
        std::iter::from_fn(|| values.property()).map(read).collect()
    }

    #[test]
    fn only_what_comes_is_told() {
        let number = || Scalar::Number(1.0);
        let all = [
            ("width", number()),
            ("videocodecid", number()),
            ("audiosamplerate", number()),
            ("stereo", number()),
            ("hasVideo", number()),
            ("encoder", Scalar::Text("x")),
        ];
        let payload = Writer::default().text("onMetaData").object(&all).into_bytes();
        let told = |audio, video| {
            let told = names(&restrict(&payload, Tracks { audio, video }));
            let has = told.iter().take(2).map(|(_, value)| value[1] == 1).collect::<Vec<_>>();
            assert_eq!(has, [audio, video]);
            told.into_iter().skip(2).map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(true, true), "width videocodecid audiosamplerate stereo encoder");
        assert_eq!(told(true, false), "audiosamplerate stereo encoder");
        assert_eq!(told(false, true), "width videocodecid encoder");
        assert_eq!(told(false, false), "encoder");
    }

    #[test]
    fn metadata_that_cannot_be_read_still_tells_of_the_tracks() {
        for odd in [&[][..], &[5], &[3, 0, 1], &[8, 0, 0, 0, 9, 0, 1, b'a', 4]] {
            let payload = [Writer::default().text("onMetaData").into_bytes().as_slice(), odd].concat();
            let told = names(&restrict(&payload, Tracks { audio: true, video: false }));
            assert_eq!(told, [("hasAudio".into(), vec![1, 1]), ("hasVideo".into(), vec![1, 0])], "{odd:?}");
        }
    }
}
