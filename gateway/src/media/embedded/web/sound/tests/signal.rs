//! Signals to put in, and ears for what comes out.

use std::f64::consts::TAU;

/// A sine; an amplitude of 1 is the loudest.
pub(crate) fn tone(frequency: f64, amplitude: f64, rate: u32, samples: usize) -> Vec<f32> {
    let step = TAU * frequency / f64::from(rate);
    (0..samples).map(|at| (amplitude * (step * at as f64).sin()) as f32).collect()
}

/// A frequency's amplitude in a signal (Goertzel, with a Hann window).
pub(crate) fn level_of(samples: &[f32], frequency: f64, rate: u32) -> f64 {
    let step = TAU * frequency / f64::from(rate);
    let twice_cosine = 2.0 * step.cos();
    let (mut before, mut last, mut weights) = (0.0, 0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let weight = 0.5 - 0.5 * (TAU * at as f64 / samples.len() as f64).cos();
        weights += weight;
        (before, last) = (last, weight * f64::from(*sample) + twice_cosine * last - before);
    }
    let power = before * before + last * last - twice_cosine * before * last;
    2.0 * power.max(0.0).sqrt() / weights
}

/// The strongest tone of a signal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) frequency: f64,
    pub(crate) amplitude: f64,
    /// The root of the mean square of all that is not the tone, against that of the tone.
    pub(crate) rest: f64,
}

/// What is heard in a signal of at least a fifth of a second, between 60 and 7,000 Hz.
pub(crate) fn listen(samples: &[f32], rate: u32) -> Heard {
    let louder = |one: (f64, f64), other: (f64, f64)| if other.0 > one.0 { other } else { one };
    let part = &samples[..samples.len().min(rate as usize / 5)];
    let coarse = (3..350).map(|step| f64::from(step) * 20.0);
    let (_, near) = coarse.map(|frequency| (level_of(part, frequency, rate), frequency)).fold((0.0, 0.0), louder);
    let fine = (-50..=50).map(|step| near + f64::from(step) * 0.4);
    let (amplitude, frequency) =
        fine.map(|frequency| (level_of(samples, frequency, rate), frequency)).fold((0.0, 0.0), louder);
    let whole = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64;
    let of_tone = amplitude * amplitude / 2.0;
    Heard { frequency, amplitude, rest: ((whole - of_tone).max(0.0) / of_tone).sqrt() }
}

/// Where sound begins and ends: the samples at which 5 ms of it become louder than a threshold, and quieter again.
pub(crate) fn edges(samples: &[f32], threshold: f64, rate: u32) -> Vec<usize> {
    let window = (rate / 200) as usize;
    let mut edges = Vec::new();
    let mut sum = 0.0;
    for at in window..samples.len() {
        sum += f64::from(samples[at]).powi(2) - f64::from(samples[at - window]).powi(2);
        let is_loud = (sum / window as f64).max(0.0).sqrt() > threshold;
        if is_loud != (edges.len() % 2 == 1) {
            edges.push(at - window / 2);
        }
    }
    edges
}
