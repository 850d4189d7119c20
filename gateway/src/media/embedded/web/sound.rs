//! Sound between the two worlds: Opus, which browsers speak, and AAC, which RTMP and HTTP-FLV carry. Both ways give one
//! channel at 48 kHz, whatever came in.
//!
//! Positions are counted in samples of 48 kHz, the clock of Opus in RTP (RFC 7587, 4.1). A position says where the *content*
//! of a unit lies, so the delays of codecs and resampler are taken off.
//!
//! What a stranger sends cannot break a transcoder: a unit that no codec takes is left out and counted, and a codec that
//! panics is replaced by a fresh one.

mod aac_to_opus;
mod opus_to_aac;
mod resampler;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;

use super::clock::SAMPLES_PER_MS;

pub(super) use aac_to_opus::AacToOpus;
pub(super) use opus_to_aac::OpusToAac;

/// One coded unit of sound: an Opus packet, or the body of an FLV tag with AAC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CodedSound {
    /// Where its first sample lies, in samples of 48 kHz. It can lie some hundredths of a second before the first position
    /// that was put in, and so below 0.
    pub(super) position: i64,
    pub(super) bytes: Bytes,
}

/// What a transcoder has seen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct SoundCounts {
    /// Units that were taken.
    pub(super) units: u64,
    /// Units that no codec took.
    pub(super) broken: u64,
    /// Units that came too late, or twice.
    pub(super) late: u64,
    /// Samples of 48 kHz that stand in for lost ones.
    pub(super) concealed: u64,
    /// How often the positions jumped, and the sound with them.
    pub(super) jumps: u64,
    /// How often a codec panicked.
    pub(super) panics: u64,
}

/// Why sound cannot be transcoded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum SoundError {
    /// The sound is coded otherwise (MP3, Speex, …).
    #[error("the sound is not AAC, which is all that browsers get here; set the publisher's encoder to AAC")]
    NotAac,
    /// The decoder does not take this configuration.
    #[error("this AAC configuration cannot be decoded ({0}); set the publisher's encoder to AAC-LC, 8 to 48 kHz")]
    Configuration(String),
    /// A codec does not start.
    #[error("a sound codec does not start: {0}")]
    Codec(String),
}

/// 48 kHz, the rate of both codecs here.
const RATE: u32 = 48_000;
/// Positions that jump by more start anew; a smaller gap is filled.
const LONGEST_GAP: i64 = SAMPLES_PER_MS * 1_000;

/// Runs a codec; `None` if it panics, after which the codec must not be used again. Young codecs read what strangers send.
fn guarded<T>(codec: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(codec)).ok()
}

#[cfg(test)]
mod tests;
