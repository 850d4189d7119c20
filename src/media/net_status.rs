//! A network status: the numbers that a native tag measures of its stream, about every two seconds.

use crate::protocol::Document;

/// `detail.info` of `netstatus`, of either tag.
///
/// Clients leave fields out and write numbers as texts, so every field is optional and no value makes reading fail. A
/// number or a decimal text is rounded to the nearest integer. A negative or absurd number, and any other value, counts
/// as a missing field: `None`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NetStatus {
    /// `videoBitrate`: what the video coder makes or takes, in kbit/s.
    pub video_bitrate: Option<u32>,
    /// `audioBitrate`: what the audio coder makes or takes, in kbit/s; not 0 even with the microphone off.
    pub audio_bitrate: Option<u32>,
    /// `videoFPS`: pictures per second.
    pub video_fps: Option<u32>,
    /// `videoGOP`: seconds from one key picture to the next.
    pub video_gop: Option<u32>,
    /// `netSpeed`: what is really sent or received, in kbit/s.
    pub net_speed: Option<u32>,
    /// `netJitter`: 0 is none. WeChat names no unit; measured values look like milliseconds.
    pub net_jitter: Option<u32>,
    /// `netQualityLevel`: 0 unknown, 1 best to 6 unusable; `live-pusher` of newer clients only.
    pub net_quality_level: Option<u32>,
    /// `videoWidth`, in pixels.
    pub video_width: Option<u32>,
    /// `videoHeight`, in pixels.
    pub video_height: Option<u32>,
    /// `videoCache`: pictures waiting in the tag.
    pub video_cache: Option<u32>,
    /// `audioCache`: sound frames waiting in the tag.
    pub audio_cache: Option<u32>,
}

impl NetStatus {
    /// Reads what a native tag handed over; what is no object is an empty status.
    pub fn read(info: &impl Document) -> Self {
        let number = |name| info.member(name).and_then(|value| lenient(&value));
        Self {
            video_bitrate: number("videoBitrate"),
            audio_bitrate: number("audioBitrate"),
            video_fps: number("videoFPS"),
            video_gop: number("videoGOP"),
            net_speed: number("netSpeed"),
            net_jitter: number("netJitter"),
            net_quality_level: number("netQualityLevel"),
            video_width: number("videoWidth"),
            video_height: number("videoHeight"),
            video_cache: number("videoCache"),
            audio_cache: number("audioCache"),
        }
    }
}

fn lenient(value: &impl Document) -> Option<u32> {
    match value.number() {
        Some(number) => {
            let is_sensible = (0.0..f64::from(u32::MAX)).contains(&number);
            is_sensible.then_some((number + 0.5) as u32)
        }
        None => decimal(value.text()?.trim_ascii()),
    }
}

/// Rounds `12` or `12.5`. `core`'s own parser of decimal fractions would add several kilobytes to the module.
fn decimal(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digit = |byte: u8| byte.is_ascii_digit();
    if !whole.bytes().all(is_digit) || !fraction.bytes().all(is_digit) {
        return None;
    }
    let round_up = fraction.bytes().next()? >= b'5';
    whole.parse::<u32>().ok()?.checked_add(round_up.into())
}
