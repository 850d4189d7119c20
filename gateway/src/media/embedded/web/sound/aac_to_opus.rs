//! [`AacToOpus`] turns the AAC of phones and encoders into Opus packets of 20 ms for browsers.

use bytes::Bytes;
use ropus::{Application, Bitrate, Channels, Encoder, InbandFec};
use syom::{ChannelMode, DecodeOptions, Decoder};

use super::resampler::Resampler;
use super::{CodedSound, LONGEST_GAP, RATE, SoundCounts, SoundError, guarded};
use crate::media::embedded::frame::{AAC, CODED, SEQUENCE_HEADER};
use crate::media::embedded::web::clock::SAMPLES_PER_MS;

/// One stream of AAC as Opus.
pub(in crate::media::embedded::web) struct AacToOpus {
    source: Option<Source>,
    encoder: Encoder,
    /// Samples of 48 kHz that fill no packet yet.
    pending: Vec<f32>,
    /// Where the first of them belongs; `None` before the first unit.
    position: Option<i64>,
    counts: SoundCounts,
}

struct Source {
    /// The `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
    configuration: Bytes,
    decoder: Decoder,
    /// `None` while the sound is of 48 kHz.
    resampler: Option<Resampler>,
}

impl AacToOpus {
    /// A transcoder that knows no configuration yet.
    ///
    /// # Errors
    /// [`SoundError::Codec`].
    pub(in crate::media::embedded::web) fn new() -> Result<Self, SoundError> {
        Ok(Self {
            source: None,
            encoder: encoder()?,
            pending: Vec::with_capacity(2 * PACKET_SAMPLES),
            position: None,
            counts: SoundCounts::default(),
        })
    }

    /// `body` is the FLV tag's body of an AAC sequence header: the units that follow are as it says. The same one again
    /// changes nothing. After an error nothing is decoded until another header comes.
    ///
    /// # Errors
    /// [`SoundError::NotAac`] and [`SoundError::Configuration`].
    pub(in crate::media::embedded::web) fn configure(&mut self, body: &[u8]) -> Result<(), SoundError> {
        let configuration = match body {
            [first, SEQUENCE_HEADER, configuration @ ..] if first >> 4 == AAC => configuration,
            _ => {
                self.source = None;
                return Err(SoundError::NotAac);
            }
        };
        if self.source.as_ref().is_some_and(|source| source.configuration == configuration) {
            return Ok(());
        }
        self.source = None;
        let decoder = decoder(configuration)?;
        self.source = Some(Source { configuration: Bytes::copy_from_slice(configuration), decoder, resampler: None });
        Ok(())
    }

    /// `body` is the FLV tag's body of one AAC unit, `milliseconds` its time stamp without wrapping; the Opus packets that it
    /// completes. Their positions only go forward while the time stamps do: a time stamp counts when it is off the count
    /// of samples by more than [`DRIFT`], else the count does.
    ///
    /// # Errors
    /// [`SoundError::Codec`], if a codec does not start again after a panic.
    pub(in crate::media::embedded::web) fn push(
        &mut self,
        milliseconds: i64,
        body: &[u8],
    ) -> Result<Vec<CodedSound>, SoundError> {
        let Some((samples, rate)) = self.decode(body)? else {
            self.counts.broken += 1;
            return Ok(Vec::new());
        };
        self.counts.units += 1;
        if !self.place(milliseconds.saturating_mul(SAMPLES_PER_MS)) {
            self.counts.late += 1;
            return Ok(Vec::new());
        }
        let samples = match self.resampler(rate)? {
            Some(resampler) => resampler.push(&samples)?,
            None => samples,
        };
        self.pending.extend(samples);
        self.packets()
    }

    /// What was seen so far.
    pub(in crate::media::embedded::web) fn counts(&self) -> SoundCounts {
        self.counts
    }

    /// The unit's samples, and their rate; `None` if the decoder refuses the unit.
    fn decode(&mut self, body: &[u8]) -> Result<Option<(Vec<f32>, u32)>, SoundError> {
        let (Some(source), [first, CODED, unit @ ..]) = (&mut self.source, body) else { return Ok(None) };
        if first >> 4 != AAC {
            return Ok(None);
        }
        let mut samples = Vec::with_capacity(2_048);
        let mut rate = 0;
        let result = guarded(|| {
            source.decoder.decode_au(unit, |frame| {
                rate = frame.sample_rate;
                let channel = frame.planar.first().copied().unwrap_or_default();
                samples.extend(channel.iter().map(|sample| sample.clamp(-1.0, 1.0)));
                Ok(())
            })
        });
        if !matches!(result, Some(Ok(()))) {
            self.counts.panics += u64::from(result.is_none());
            // After an error a decoder refuses all that follows.
            source.decoder = decoder(&source.configuration)?;
            return Ok(None);
        }
        Ok(RATES.contains(&rate).then_some((samples, rate)))
    }

    /// What brings sound of this rate to 48 kHz; `None` if it is there already.
    fn resampler(&mut self, rate: u32) -> Result<Option<&mut Resampler>, SoundError> {
        let Some(source) = &mut self.source else { return Ok(None) };
        if rate == RATE {
            source.resampler = None;
            return Ok(None);
        }
        Ok(Some(match source.resampler.take().filter(|resampler| resampler.rate() == rate) {
            Some(resampler) => source.resampler.insert(resampler),
            None => source.resampler.insert(Resampler::new(rate)?),
        }))
    }

    /// Decides where the samples belong that came with a time stamp. `false` if they are surplus: more samples came than time
    /// has passed.
    fn place(&mut self, at: i64) -> bool {
        let held = self.source.as_ref().and_then(|source| source.resampler.as_ref()).map_or(0, Resampler::held);
        let Some(position) = self.position else {
            self.position = Some(at);
            return true;
        };
        let pending = i64::try_from(self.pending.len()).unwrap_or(i64::MAX);
        let drift = at.saturating_sub(position.saturating_add(pending).saturating_add(held));
        if drift.saturating_abs() <= DRIFT {
            return true;
        }
        if drift < 0 && drift > -LONGEST_GAP {
            return false;
        }
        self.counts.jumps += 1;
        self.pending.clear();
        self.position = Some(at.saturating_sub(held));
        true
    }

    fn packets(&mut self) -> Result<Vec<CodedSound>, SoundError> {
        let mut out = Vec::new();
        while self.pending.len() >= PACKET_SAMPLES {
            let position = self.position.unwrap_or_default();
            self.position = Some(position.saturating_add(PACKET_LENGTH));
            let samples: Vec<f32> = self.pending.drain(..PACKET_SAMPLES).collect();
            let mut packet = [0; LONGEST_PACKET];
            match guarded(|| self.encoder.encode_float(&samples, &mut packet)) {
                Some(Ok(length)) => {
                    let bytes = Bytes::copy_from_slice(packet.get(..length).unwrap_or_default());
                    let position = position.saturating_sub(i64::from(self.encoder.lookahead()));
                    out.push(CodedSound { position, bytes });
                }
                Some(Err(_)) => self.counts.broken += 1,
                None => {
                    self.counts.panics += 1;
                    self.encoder = encoder()?;
                }
            }
        }
        Ok(out)
    }
}

fn decoder(configuration: &[u8]) -> Result<Decoder, SoundError> {
    // A stream has no end: no limit of duration.
    let options = DecodeOptions::unbounded().with_channel_mode(ChannelMode::Mono).with_max_sample_rate(*RATES.end());
    let decoder = guarded(|| Decoder::from_asc(configuration, options));
    let decoder = decoder.ok_or_else(|| SoundError::Configuration("the decoder failed".into()))?;
    decoder.map_err(|error| SoundError::Configuration(error.to_string()))
}

fn encoder() -> Result<Encoder, SoundError> {
    let encoder = Encoder::builder(RATE, Channels::Mono, Application::Voip)
        .bitrate(Bitrate::Bits(OPUS_BITS_PER_SECOND))
        .complexity(COMPLEXITY)
        .inband_fec(InbandFec::Disabled)
        .packet_loss_perc(EXPECTED_LOSS_PERCENT)
        .dtx(false)
        .build();
    encoder.map_err(|error| SoundError::Codec(error.to_string()))
}

/// 20 ms.
const PACKET_SAMPLES: usize = 960;
const PACKET_LENGTH: i64 = 960;
/// The largest Opus packet (RFC 6716, 3.4).
const LONGEST_PACKET: usize = 1_275;
/// Speech over the whole band.
const OPUS_BITS_PER_SECOND: u32 = 48_000;
/// Of 10: twice of it costs twice the time, and nobody hears it in speech.
const COMPLEXITY: u8 = 5;
/// How much loss the encoder prepares for, by leaning less on earlier packets. It is not to repeat packets (in-band FEC):
/// what ropus 0.12.18 repeats has up to 6 times the energy in every decoder, libopus among them.
const EXPECTED_LOSS_PERCENT: u8 = 10;
/// What AAC is coded at in calls and by encoders, in hertz; what is beyond costs more than it gives.
const RATES: std::ops::RangeInclusive<u32> = 7_350..=96_000;
/// 60 ms: by so much the time stamps may be off the count of samples. They are rounded to milliseconds and smoothed on the
/// way, so that less than that is no drift.
const DRIFT: i64 = 60 * SAMPLES_PER_MS;
