//! Tones through both transcoders, judged by their frequency, their strength and where they lie.

mod cost;
mod far_end;
mod hostile;
mod loss;
pub(super) mod signal;
mod stamps;

use super::{AacToOpus, CodedSound, OpusToAac, SoundCounts};
use far_end::{aac_units, decode_aac, decode_opus, opus_packets};
use signal::{edges, listen};

const RATE: u32 = super::RATE;
const TONE: &str = "0.4*sin(2*PI*440*t)";
/// A tone of half a second in the second half of each second.
const BURSTS: &str = "0.4*sin(2*PI*440*t)*gt(mod(t\\,1)\\,0.5)";

#[test]
fn a_tone_of_a_browser_reaches_a_phone() {
    for (expression, amplitude) in
        [(TONE, 0.4), ("0.4*sin(2*PI*440*t)|0", 0.2), ("0.3*sin(2*PI*440*t)|0.3*sin(2*PI*440*t)", 0.3)]
    {
        let packets = opus_packets(expression, 2, &["-b:a", "32k"]);
        let (transcoder, units) = to_aac(&packets);
        let counts = SoundCounts { units: packets.len() as u64, ..SoundCounts::default() };
        assert_eq!(transcoder.counts(), counts);
        assert_eq!(transcoder.header()[..], [0xaf, 0, 0x11, 0x88]);
        assert!(units.windows(2).all(|pair| pair[1].position - pair[0].position == 1_024));
        assert_eq!(units.len(), packets.len() * 960 / 1_024);
        let samples = decode_aac(&units);
        assert_eq!(samples.len(), units.len() * 1_024, "length by count and by decoding");
        let heard = listen(&samples[24_000..72_000], RATE);
        assert!((heard.frequency - 440.0).abs() < 0.5, "{expression}: {heard:?}");
        assert!((heard.amplitude / amplitude - 1.0).abs() < 0.05, "{expression}: {heard:?}");
        assert!(heard.rest < 0.05, "{expression}: {heard:?}");
    }
}

#[test]
fn a_tone_of_a_phone_reaches_a_browser_whatever_its_rate() {
    for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] {
        for (expression, amplitude) in [(TONE, 0.4), ("0.4*sin(2*PI*440*t)|0", 0.2)] {
            let (configuration, units) = aac_units(expression, rate, 3);
            let (transcoder, packets) = to_opus(&configuration, &units, rate);
            let counts = SoundCounts { units: units.len() as u64, ..SoundCounts::default() };
            assert_eq!(transcoder.counts(), counts, "{rate} Hz");
            assert!(packets.windows(2).all(|pair| pair[1].position - pair[0].position == 960), "{rate} Hz");
            let by_time = units.len() * 1_024 * 50 / rate as usize;
            assert!(
                packets.len() <= by_time && packets.len() + 2 >= by_time,
                "{rate} Hz: {} of {by_time}",
                packets.len()
            );
            let samples = decode_opus(&packets);
            assert_eq!(samples.len(), packets.len() * 960, "{rate} Hz");
            let heard = listen(&samples[48_000..96_000], RATE);
            assert!((heard.frequency - 440.0).abs() < 0.5, "{expression} at {rate} Hz: {heard:?}");
            assert!((heard.amplitude / amplitude - 1.0).abs() < 0.06, "{expression} at {rate} Hz: {heard:?}");
            assert!(heard.rest < 0.1, "{expression} at {rate} Hz: {heard:?}");
        }
    }
}

#[test]
fn silence_stays_silent() {
    let (_, units) = to_aac(&opus_packets("0", 1, &["-b:a", "32k"]));
    assert!(decode_aac(&units).iter().all(|sample| sample.abs() < 0.001));
    let (configuration, units) = aac_units("0", 44_100, 1);
    let (_, packets) = to_opus(&configuration, &units, 44_100);
    assert!(decode_opus(&packets).iter().all(|sample| sample.abs() < 0.001));
}

#[test]
fn a_position_says_where_the_sound_is() {
    let begin_and_end = |start: i64, samples: &[f32]| -> Vec<i64> {
        edges(samples, 0.1, RATE).into_iter().map(|at| (at as i64 + start) / 48).collect()
    };
    let near = |edges: &[i64], what: &str| {
        let expected = [500, 1_000, 1_500, 2_000];
        let is_near = edges.iter().zip(expected).all(|(edge, expected)| (edge - expected).abs() <= 4);
        assert!(edges.len() >= 4 && is_near, "{what}: {edges:?} ms");
    };
    let packets = opus_packets(BURSTS, 3, &["-b:a", "32k"]);
    let (_, units) = to_aac(&packets);
    near(&begin_and_end(units[0].position, &decode_aac(&units)), "Opus to AAC");
    for rate in [16_000, 44_100, 48_000] {
        let (configuration, units) = aac_units(BURSTS, rate, 3);
        let (_, packets) = to_opus(&configuration, &units, rate);
        // ffmpeg's encoder begins with a unit of nothing, before the time 0.
        let start = packets[0].position - i64::from(1_024 * RATE / rate);
        near(&begin_and_end(start, &decode_opus(&packets)), &format!("AAC to Opus from {rate} Hz"));
    }
}

fn to_aac(packets: &[(i64, Vec<u8>)]) -> (OpusToAac, Vec<CodedSound>) {
    let mut transcoder = OpusToAac::new().expect("codecs");
    let push = |(position, packet): &(i64, Vec<u8>)| transcoder.push(*position, packet).expect("codecs");
    let units = packets.iter().flat_map(push).collect();
    (transcoder, units)
}

/// The units one after the other, with time stamps as FLV rounds them.
fn to_opus(configuration: &[u8], units: &[Vec<u8>], rate: u32) -> (AacToOpus, Vec<CodedSound>) {
    let mut transcoder = AacToOpus::new().expect("codecs");
    transcoder.configure(&[&[0xaf, 0], configuration].concat()).expect("AAC-LC");
    let mut packets = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        let milliseconds = number as i64 * 1_024_000 / i64::from(rate);
        packets.extend(transcoder.push(milliseconds, &[&[0xaf, 1], &unit[..]].concat()).expect("codecs"));
    }
    (transcoder, packets)
}
