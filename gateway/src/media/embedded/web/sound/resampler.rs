//! A [`Resampler`] brings one channel of another rate to 48 kHz, by windowed sinc interpolation.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};

use super::{RATE, SoundError};

/// One channel on its way to 48 kHz.
pub(super) struct Resampler {
    inner: Async<f32>,
    rate: u32,
    /// One list, of samples that fill no chunk yet.
    input: [Vec<f32>; 1],
    output: [Vec<f32>; 1],
    /// Silence at the beginning of the output that is still to be cut off.
    silence: usize,
    received: u64,
    given: u64,
}

impl Resampler {
    /// From `rate`, in hertz, to 48 kHz.
    pub(super) fn new(rate: u32) -> Result<Self, SoundError> {
        let ratio = f64::from(RATE) / f64::from(rate);
        let filter = SincInterpolationParameters::new(FILTER_SAMPLES, WindowFunction::BlackmanHarris2);
        let chunk = usize::try_from(rate / CHUNKS_PER_SECOND).unwrap_or_default().max(1);
        let inner = Async::new_sinc(ratio, 1.0, &filter, chunk, 1, FixedAsync::Input);
        let inner = inner.map_err(|error| SoundError::Codec(error.to_string()))?;
        let output = [vec![0.0; inner.output_frames_max()]];
        let silence = inner.output_delay();
        Ok(Self { inner, rate, input: [Vec::new()], output, silence, received: 0, given: 0 })
    }

    /// The rate of what goes in, in hertz.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes samples; gives those of 48 kHz that they complete.
    pub(super) fn push(&mut self, samples: &[f32]) -> Result<Vec<f32>, SoundError> {
        self.received += samples.len() as u64;
        self.input[0].extend_from_slice(samples);
        let mut out = Vec::with_capacity(samples.len() * 2);
        loop {
            let needed = self.inner.input_frames_next();
            if self.input[0].len() < needed {
                break;
            }
            let (taken, made) = self.chunk().map_err(SoundError::Codec)?;
            self.input[0].drain(..taken);
            let cut = self.silence.min(made);
            self.silence -= cut;
            out.extend_from_slice(self.output[0].get(cut..made).unwrap_or_default());
        }
        self.given += out.len() as u64;
        Ok(out)
    }

    /// How many samples of 48 kHz are still to come of what has gone in.
    pub(super) fn held(&self) -> i64 {
        let all = self.received.saturating_mul(u64::from(RATE)) / u64::from(self.rate);
        i64::try_from(all).unwrap_or(i64::MAX) - i64::try_from(self.given).unwrap_or(i64::MAX)
    }

    fn chunk(&mut self) -> Result<(usize, usize), String> {
        let input =
            SequentialSliceOfVecs::new(&self.input, 1, self.input[0].len()).map_err(|error| error.to_string())?;
        let room = self.output[0].len();
        let mut output =
            SequentialSliceOfVecs::new_mut(&mut self.output, 1, room).map_err(|error| error.to_string())?;
        self.inner.process_into_buffer(&input, &mut output, None).map_err(|error| error.to_string())
    }
}

/// Keeps what a voice has below half the rate, and lets nothing through that would fold back.
const FILTER_SAMPLES: usize = 128;
/// 10 ms.
const CHUNKS_PER_SECOND: u32 = 100;

#[cfg(test)]
mod tests {
    use super::{RATE, Resampler};
    use crate::media::embedded::web::sound::tests::signal::{level_of, listen, tone};

    #[test]
    fn tones_keep_their_pitch_strength_and_length() {
        for rate in [8_000, 16_000, 44_100, 96_000] {
            for frequency in [300.0, 3_000.0] {
                let (samples, held) = resampled(rate, frequency);
                let heard = listen(&samples[9_600..43_200], RATE);
                assert!((heard.frequency - frequency).abs() < 0.5, "{rate} Hz: {heard:?}");
                assert!((heard.amplitude - 0.5).abs() < 0.005, "{rate} Hz: {heard:?}");
                assert_eq!(samples.len() + held, 48_000, "{rate} Hz");
                assert!(held < 1_500, "{rate} Hz: {held} samples are held back");
                // What goes in at a moment comes out at that moment.
                let expected = tone(frequency, 0.5, RATE, samples.len());
                let error = |at: usize| f64::from(samples[at] - expected[at]).abs();
                let of_two_samples = 2.0 * 0.5 * std::f64::consts::TAU * frequency / f64::from(rate.min(RATE));
                assert!((4_800..43_200).all(|at| error(at) < of_two_samples), "{rate} Hz, {frequency} Hz");
            }
        }
    }

    #[test]
    fn what_does_not_fit_below_half_the_rate_does_not_fold_back() {
        let (samples, _) = resampled(96_000, 30_000.0);
        assert!(level_of(&samples[9_600..43_200], 18_000.0, RATE) < 0.0005);
        let (samples, _) = resampled(16_000, 5_000.0);
        assert!(level_of(&samples[9_600..43_200], 11_000.0, RATE) < 0.0005, "no mirror image");
    }

    /// One second of a tone.
    fn resampled(rate: u32, frequency: f64) -> (Vec<f32>, usize) {
        let mut resampler = Resampler::new(rate).expect("a resampler");
        let input = tone(frequency, 0.5, rate, rate as usize);
        let samples = input.chunks(1_024).flat_map(|chunk| resampler.push(chunk).expect("samples")).collect();
        (samples, usize::try_from(resampler.held()).expect("positive"))
    }
}
