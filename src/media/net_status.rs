//! A network status: the numbers that a native tag measures of its stream, about every two seconds.

use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// `detail.info` of `netstatus`, of either tag.
///
/// Clients leave fields out and write numbers as texts, so every field is optional and no value makes reading fail: a
/// number or a decimal text is rounded to the nearest integer; a negative or absurd one, and any other value, counts as
/// missing. What is no object at all is an empty status; only a JavaScript function or symbol in its place is an error.
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
    fn field(&mut self, name: &str) -> Option<&mut Option<u32>> {
        Some(match name {
            "videoBitrate" => &mut self.video_bitrate,
            "audioBitrate" => &mut self.audio_bitrate,
            "videoFPS" => &mut self.video_fps,
            "videoGOP" => &mut self.video_gop,
            "netSpeed" => &mut self.net_speed,
            "netJitter" => &mut self.net_jitter,
            "netQualityLevel" => &mut self.net_quality_level,
            "videoWidth" => &mut self.video_width,
            "videoHeight" => &mut self.video_height,
            "videoCache" => &mut self.video_cache,
            "audioCache" => &mut self.audio_cache,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for NetStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut status = Self::default();
        deserializer.deserialize_any(Lenient { members_go_to: Some(&mut status) })?;
        Ok(status)
    }
}

/// Reads any value: as a status if it knows where its members go, else as a field, whose number it gives if it is one.
///
/// One reader for both, because each costs the module a decoder of its own.
struct Lenient<'a> {
    members_go_to: Option<&'a mut NetStatus>,
}

impl<'de> DeserializeSeed<'de> for Lenient<'_> {
    type Value = Option<u32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<u32>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lenient<'_> {
    type Value = Option<u32>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a network status")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<u32>, A::Error> {
        let Some(status) = self.members_go_to else {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(None);
        };
        while let Some(name) = members.next_key::<String>()? {
            // A JavaScript function or symbol is an error of the decoder, not of the status.
            let number = members.next_value_seed(Lenient { members_go_to: None }).unwrap_or_default();
            if let Some(field) = status.field(&name) {
                *field = number;
            }
        }
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Option<u32>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<u32>, E> {
        Ok(u32::try_from(value).ok())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<u32>, E> {
        Ok(u32::try_from(value).ok())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<u32>, E> {
        let sensible = (0.0..f64::from(u32::MAX)).contains(&value);
        Ok(sensible.then_some((value + 0.5) as u32))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Option<u32>, E> {
        Ok(decimal(value.trim_ascii()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<u32>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<u32>, E> {
        Ok(None)
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
