//! A network status: the numbers that a native tag measures of its stream, about every two seconds.

use alloc::string::String;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// `detail.info` of `netstatus`, of either tag.
///
/// Clients leave fields out and write numbers as texts, so every field is optional and reading never fails: a number or
/// a decimal text is rounded to the nearest integer; a negative or absurd one, and any other value, counts as missing.
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
        deserializer.deserialize_any(Whole)
    }
}

/// Reads the whole status; what is no object is an empty one.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = NetStatus;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a network status")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<NetStatus, A::Error> {
        let mut status = NetStatus::default();
        while let Some(name) = members.next_key::<String>()? {
            // A JavaScript function or symbol is an error of the decoder, not of the status.
            let Number(value) = members.next_value().unwrap_or_default();
            if let Some(field) = status.field(&name) {
                *field = value;
            }
        }
        Ok(status)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<NetStatus, A::Error> {
        skip_elements(elements)?;
        Ok(NetStatus::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }

    fn visit_unit<E: Error>(self) -> Result<NetStatus, E> {
        Ok(NetStatus::default())
    }
}

/// A field's value; `None` for what is no sensible number.
#[derive(Default)]
struct Number(Option<u32>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Field)
    }
}

/// Reads one field.
struct Field;

impl<'de> Visitor<'de> for Field {
    type Value = Number;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(u32::try_from(value).ok()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(u32::try_from(value).ok()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        let sensible = (0.0..f64::from(u32::MAX)).contains(&value);
        Ok(Number(sensible.then_some((value + 0.5) as u32)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Number, E> {
        Ok(Number(decimal(value.trim_ascii())))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Number, A::Error> {
        skip_elements(elements)?;
        Ok(Number(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Number, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
}

fn skip_elements<'de, A: SeqAccess<'de>>(mut elements: A) -> Result<(), A::Error> {
    while elements.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
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
