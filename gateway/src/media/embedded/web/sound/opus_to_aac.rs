//! [`OpusToAac`] turns the packets of a browser into AAC-LC for phones. Lost packets are concealed.

use bytes::{BufMut, Bytes, BytesMut};
use ropus::{Channels, DecodeMode, Decoder};
use syom::{EncodeOptions, Encoder};

use super::{CodedSound, LONGEST_GAP, RATE, SoundCounts, SoundError, guarded};
use crate::media::embedded::frame::{AAC, CODED, SEQUENCE_HEADER};
use crate::media::embedded::web::clock::SAMPLES_PER_MS;

/// One stream of Opus as AAC.
pub(in crate::media::embedded::web) struct OpusToAac {
    decoder: Decoder,
    encoder: Encoder,
    header: Bytes,
    /// Decoded samples that fill no AAC unit yet.
    pending: Vec<f32>,
    /// Where the next decoded sample belongs, on the clock of the packets; `None` before the first packet.
    next: Option<i64>,
    /// How long the last packet was, in samples.
    last_length: usize,
    counts: SoundCounts,
}

impl OpusToAac {
    /// A transcoder that has heard nothing.
    ///
    /// # Errors
    /// [`SoundError::Codec`].
    pub(in crate::media::embedded::web) fn new() -> Result<Self, SoundError> {
        let encoder = encoder()?;
        let header = Bytes::from([&[AAC_OF_FLV, SEQUENCE_HEADER], encoder.asc()].concat());
        Ok(Self {
            decoder: decoder()?,
            encoder,
            header,
            pending: Vec::with_capacity(AAC_SAMPLES),
            next: None,
            last_length: 0,
            counts: SoundCounts::default(),
        })
    }

    /// The body of the FLV tag that tells decoders of the AAC: 48 kHz, one channel.
    pub(in crate::media::embedded::web) fn header(&self) -> Bytes {
        self.header.clone()
    }

    /// One Opus packet at its RTP time, without wrapping; the FLV tags' bodies that it completes. Between two packets with a
    /// gap of up to a second the lost sound is concealed; a longer gap, and one backwards of a second, start anew. An error
    /// is a codec that does not start again after a panic.
    ///
    /// # Errors
    /// [`SoundError::Codec`].
    pub(in crate::media::embedded::web) fn push(
        &mut self,
        position: i64,
        packet: &[u8],
    ) -> Result<Vec<CodedSound>, SoundError> {
        let mut out = Vec::new();
        let next = *self.next.get_or_insert(position);
        let gap = position.saturating_sub(next);
        if packet.is_empty() {
            self.counts.broken += 1;
            return Ok(out);
        }
        if (1 - LONGEST_GAP..0).contains(&gap) {
            self.counts.late += 1;
            return Ok(out);
        }
        if !(0..=LONGEST_GAP).contains(&gap) {
            self.counts.jumps += 1;
            self.pending.clear();
            self.next = Some(position);
        } else if let Ok(lost @ 1..) = usize::try_from(gap) {
            self.conceal(lost, packet, &mut out)?;
        }
        let Some(samples) = self.decode(packet, LONGEST_PACKET, DecodeMode::Normal)? else {
            // The gap that it leaves is concealed with the next packet.
            self.counts.broken += 1;
            return Ok(out);
        };
        self.counts.units += 1;
        self.last_length = samples.len();
        self.take(&samples, &mut out)?;
        Ok(out)
    }

    /// What was seen so far.
    pub(in crate::media::embedded::web) fn counts(&self) -> SoundCounts {
        self.counts
    }

    /// Fills a gap: the decoder goes on by itself, and the last lost packet is taken from its successor if that one repeats it.
    fn conceal(&mut self, lost: usize, successor: &[u8], out: &mut Vec<CodedSound>) -> Result<(), SoundError> {
        self.counts.concealed += u64::try_from(lost).unwrap_or(u64::MAX);
        let repeated = if self.last_length <= lost { self.last_length } else { 0 };
        let mut guessed = lost - repeated;
        while guessed > 0 {
            // Concealment works in steps of 2.5 ms; what is shorter, or longer than a voice holds, is silence.
            let step = guessed.min(CONCEALED_AT_ONCE) / SHORTEST_PACKET * SHORTEST_PACKET;
            let invented = if lost <= LONGEST_CONCEALED && step > 0 {
                self.decode(&[], step, DecodeMode::Normal)?.filter(|samples| samples.len() <= guessed)
            } else {
                None
            };
            let samples = invented.filter(|samples| !samples.is_empty());
            let samples = samples.unwrap_or_else(|| vec![0.0; guessed.min(CONCEALED_AT_ONCE)]);
            guessed -= samples.len();
            self.take(&samples, out)?;
        }
        if repeated > 0 {
            let samples =
                self.decode(successor, repeated, DecodeMode::Fec)?.filter(|samples| samples.len() == repeated);
            self.take(&samples.unwrap_or_else(|| vec![0.0; repeated]), out)?;
        }
        Ok(())
    }

    /// `None` if the decoder refuses the packet.
    fn decode(&mut self, packet: &[u8], most: usize, mode: DecodeMode) -> Result<Option<Vec<f32>>, SoundError> {
        let mut samples = vec![0_i16; most];
        let decoded = guarded(|| self.decoder.decode(packet, &mut samples, mode));
        match decoded {
            Some(Ok(length)) => {
                samples.truncate(length);
                Ok(Some(samples.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect()))
            }
            Some(Err(_)) => Ok(None),
            None => {
                self.counts.panics += 1;
                self.decoder = decoder()?;
                Ok(None)
            }
        }
    }

    fn take(&mut self, samples: &[f32], out: &mut Vec<CodedSound>) -> Result<(), SoundError> {
        let length = i64::try_from(samples.len()).unwrap_or(i64::MAX);
        let next = self.next.unwrap_or_default().saturating_add(length);
        self.next = Some(next);
        self.pending.extend_from_slice(samples);
        while self.pending.len() >= AAC_SAMPLES {
            let pending = i64::try_from(self.pending.len()).unwrap_or(i64::MAX);
            let unit: Vec<f32> = self.pending.drain(..AAC_SAMPLES).collect();
            // An AAC decoder gives the samples of a unit one unit later, and the Opus decoder was late by its own delay.
            let position = next.saturating_sub(pending).saturating_sub(AAC_DELAY + OPUS_DELAY);
            self.encode(&unit, position, out)?;
        }
        Ok(())
    }

    fn encode(&mut self, unit: &[f32], position: i64, out: &mut Vec<CodedSound>) -> Result<(), SoundError> {
        let encoded = guarded(|| {
            self.encoder.feed(&[unit], |frame| {
                let mut body = BytesMut::with_capacity(frame.payload.len() + 2);
                body.put_slice(&[AAC_OF_FLV, CODED]);
                body.put_slice(frame.payload);
                out.push(CodedSound { position, bytes: body.freeze() });
                Ok(())
            })
        });
        let is_sound = matches!(encoded, Some(Ok(_)));
        if !is_sound {
            self.counts.panics += u64::from(encoded.is_none());
            self.encoder = encoder()?;
        }
        Ok(())
    }
}

fn decoder() -> Result<Decoder, SoundError> {
    Decoder::new(RATE, Channels::Mono).map_err(|error| SoundError::Codec(error.to_string()))
}

fn encoder() -> Result<Encoder, SoundError> {
    let options = EncodeOptions::raw().with_bitrate_bps(AAC_BITS_PER_SECOND);
    Encoder::new(RATE, 1, &options).map_err(|error| SoundError::Codec(error.to_string()))
}

/// Rate, size and channels of AAC in FLV are always these; its configuration says what they are.
const AAC_OF_FLV: u8 = AAC << 4 | 0xf;
/// Speech and music of one channel without audible loss.
const AAC_BITS_PER_SECOND: u32 = 64_000;
const AAC_SAMPLES: usize = 1_024;
const AAC_DELAY: i64 = 1_024;
/// 6.5 ms: what an encoder looks ahead (RFC 7845, 4.2; libopus and so every browser).
const OPUS_DELAY: i64 = 312;
/// 120 ms (RFC 6716, 3.1).
const LONGEST_PACKET: usize = 5_760;
/// 2.5 ms (RFC 6716, 3.1).
const SHORTEST_PACKET: usize = 120;
/// 20 ms.
const CONCEALED_AT_ONCE: usize = 960;
/// After 120 ms concealment is as quiet as silence, and costs more.
const LONGEST_CONCEALED: usize = 120 * SAMPLES_PER_MS as usize;
