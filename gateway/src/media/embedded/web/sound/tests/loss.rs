//! Packets that are lost, late, broken, or of another time.

use ropus::{Application, Channels, Encoder};

use super::{RATE, TONE, decode_aac, listen, opus_packets, to_aac};
use crate::media::embedded::web::sound::OpusToAac;

type Packets = Vec<(i64, Vec<u8>)>;

#[test]
fn lost_packets_are_concealed_and_keep_their_time() {
    let packets = opus_packets(TONE, 3, &["-b:a", "32k"]);
    let (_, whole) = to_aac(&packets);
    // Every tenth, three in a row, and a fifth of a second.
    let is_lost = |number: usize| number % 10 == 5 || (61..64).contains(&number) || (100..110).contains(&number);
    let kept: Packets =
        packets.iter().enumerate().filter(|(number, _)| !is_lost(*number)).map(|(_, packet)| packet.clone()).collect();
    let lost = packets.len() - kept.len();
    let (transcoder, units) = to_aac(&kept);
    let counts = transcoder.counts();
    assert_eq!((counts.concealed, counts.units), (lost as u64 * 960, kept.len() as u64));
    assert_eq!((counts.broken, counts.late, counts.jumps, counts.panics), (0, 0, 0, 0));
    let positions = |units: &[super::CodedSound]| units.iter().map(|unit| unit.position).collect::<Vec<_>>();
    assert_eq!(positions(&units), positions(&whole), "nothing moves in time");
    let samples = decode_aac(&units);
    let heard = listen(&samples[14_400..48_000], RATE);
    assert!((heard.frequency - 440.0).abs() < 0.5 && heard.amplitude > 0.36, "single losses: {heard:?}");
    let gone = &samples[100 * 960 + 4_800..108 * 960];
    assert!(gone.iter().all(|sample| sample.abs() < 0.05), "a fifth of a second is silent at its end");
    let heard = listen(&samples[115 * 960..145 * 960], RATE);
    assert!((heard.frequency - 440.0).abs() < 0.5 && heard.amplitude > 0.36, "afterwards: {heard:?}");
}

#[test]
fn a_packet_that_is_repeated_in_the_next_one_is_not_lost() {
    let packets = repeating_packets();
    let (_, whole) = to_aac(&packets);
    let whole = decode_aac(&whole);
    // The decoder cannot guess this voice; only the next packet knows what the lost one held.
    let lost = |number: usize| number.is_multiple_of(5) && number > 5;
    let kept: Packets = packets.into_iter().enumerate().filter(|(n, _)| !lost(*n)).map(|(_, it)| it).collect();
    let (transcoder, repaired) = to_aac(&kept);
    assert_eq!(transcoder.counts().concealed, 8 * 960);
    let repaired = decode_aac(&repaired);
    let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|sample| f64::from(sample).powi(2)).sum::<f64>();
    let error = power(&mut whole.iter().zip(&repaired).map(|(one, other)| one - other));
    // A sixth of the packets is lost, and with them as much of the power.
    let part = error / power(&mut whole.iter().copied());
    assert!(part < 0.05, "{part:.3} of the power is wrong");
}

#[test]
fn late_packets_are_left_out_and_jumps_are_followed() {
    let packets = tone_packets(40);
    let mut transcoder = OpusToAac::new().expect("codecs");
    let mut push = |position: i64, packet: &[u8]| {
        let units = transcoder.push(position, packet).expect("codecs");
        (units.first().map(|unit| unit.position), transcoder.counts())
    };
    for (number, packet) in packets.iter().enumerate().take(10) {
        push(number as i64 * 960, packet);
    }
    let (_, counts) = push(9 * 960, &packets[9]);
    assert_eq!(counts.late, 1, "twice");
    let (_, counts) = push(5 * 960, &packets[5]);
    assert_eq!(counts.late, 2, "late");
    let (_, counts) = push(10 * 960, &packets[10]);
    assert_eq!((counts.units, counts.concealed, counts.jumps), (11, 0, 0));
    push(1_000_000, &packets[11]);
    let (first, counts) = push(1_000_960, &packets[12]);
    assert_eq!((first, counts.jumps, counts.concealed), (Some(1_000_000 - 1_336), 1, 0), "forward");
    push(5_000, &packets[13]);
    let (first, counts) = push(5_960, &packets[14]);
    assert_eq!((first, counts.jumps), (Some(5_000 - 1_336), 2), "backward");
}

#[test]
fn a_broken_packet_counts_as_lost() {
    let mut packets: Packets =
        tone_packets(50).into_iter().enumerate().map(|(n, packet)| (n as i64 * 960, packet)).collect();
    // Two frames of equal length in an odd number of bytes, and none at all (RFC 6716, 3.2.3).
    packets[20].1 = vec![0xf9, 1, 2, 3, 4, 5];
    packets[30].1 = Vec::new();
    packets[20].1.truncate(4);
    let (transcoder, units) = to_aac(&packets);
    let counts = transcoder.counts();
    assert_eq!((counts.broken, counts.units, counts.concealed, counts.panics), (2, 48, 2 * 960, 0));
    assert_eq!(units.len(), 50 * 960 / 1_024);
}

/// One second of packets that repeat each other, at their positions: libopus 1.3.1, 32 kb/s, `OPUS_SET_INBAND_FEC(1)`,
/// `OPUS_SET_PACKET_LOSS_PERC(20)`, of a voice whose pitch goes up and down five times a second. ffmpeg's wrapper of libopus
/// cannot be told to repeat.
fn repeating_packets() -> Packets {
    let mut bytes = &include_bytes!("repeating.packets")[..];
    let mut packets = Vec::new();
    while let Some(length) = bytes.split_off(..2) {
        let packet = bytes.split_off(..usize::from(u16::from_le_bytes([length[0], length[1]]))).expect("a packet");
        packets.push((packets.len() as i64 * 960, packet.to_vec()));
    }
    packets
}

/// Packets of 20 ms with a tone.
fn tone_packets(count: usize) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::builder(RATE, Channels::Mono, Application::Voip).build().expect("an encoder");
    let packet = |number: usize| {
        let sample = |at: usize| (8_000.0 * ((number * 960 + at) as f64 * 0.05).sin()) as i16;
        let mut bytes = [0; 1_275];
        let length = encoder.encode(&(0..960).map(sample).collect::<Vec<_>>(), &mut bytes).expect("a packet");
        bytes[..length].to_vec()
    };
    (0..count).map(packet).collect()
}
