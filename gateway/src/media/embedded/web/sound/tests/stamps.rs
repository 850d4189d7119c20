//! AAC whose time stamps are rounded, drift, jump, or are of another configuration.

use super::signal::tone;
use super::{RATE, TONE, aac_units, decode_opus, listen};
use crate::media::embedded::web::sound::{AacToOpus, CodedSound, SoundError};

/// Pushes units with the time stamps, in milliseconds, that their numbers give.
fn push(transcoder: &mut AacToOpus, units: &[Vec<u8>], stamp: impl Fn(i64) -> i64) -> Vec<CodedSound> {
    let push = |(number, unit): (usize, &Vec<u8>)| {
        transcoder.push(stamp(number as i64), &[&[0xaf, 1], &unit[..]].concat()).expect("codecs")
    };
    units.iter().enumerate().flat_map(push).collect()
}

fn configured(configuration: &[u8]) -> AacToOpus {
    let mut transcoder = AacToOpus::new().expect("codecs");
    transcoder.configure(&[&[0xaf, 0], configuration].concat()).expect("AAC-LC");
    transcoder
}

fn goes_forward(packets: &[CodedSound]) -> bool {
    packets.windows(2).all(|pair| pair[1].position >= pair[0].position + 960)
}

#[test]
fn stamps_that_are_a_little_off_do_not_count() {
    let (configuration, units) = aac_units(TONE, 48_000, 3);
    let mut transcoder = configured(&configuration);
    let jitter = |number: i64| 100 + number * 64 / 3 + [0, 19, -7, 33, -20, 5][number as usize % 6];
    let packets = push(&mut transcoder, &units, jitter);
    assert_eq!(packets.len(), units.len() * 1_024 / 960);
    assert!(packets.windows(2).all(|pair| pair[1].position - pair[0].position == 960));
    assert_eq!((transcoder.counts().late, transcoder.counts().jumps), (0, 0));
}

#[test]
fn sound_keeps_to_stamps_that_drift() {
    let (configuration, units) = aac_units(TONE, 44_100, 10);
    // Too little sound jumps by 60 ms each; of too much, units of 23 ms are left out.
    for (permille, what, times) in [(1_030, "too little sound", 4..=5), (970, "too much sound", 9..=12)] {
        let mut transcoder = configured(&configuration);
        let stamp = |number: i64| number * 1_024 * permille / 44_100;
        let packets = push(&mut transcoder, &units, stamp);
        assert!(goes_forward(&packets), "{what}");
        let (end, last) = (stamp(units.len() as i64 - 1), packets.last().expect("sound").position / 48);
        assert!((end - last).abs() < 120, "{what} ends at {last} ms, its stamps at {end} ms");
        let counts = transcoder.counts();
        assert!(times.contains(&counts.late.max(counts.jumps)), "{what}: {counts:?}");
        assert_eq!(counts.late.min(counts.jumps), 0, "{what}: {counts:?}");
    }
}

#[test]
fn a_jump_of_the_stamps_is_followed() {
    let (configuration, units) = aac_units(TONE, 44_100, 2);
    let mut transcoder = configured(&configuration);
    let stamp = |offset: i64| move |number: i64| offset + number * 1_024_000 / 44_100;
    push(&mut transcoder, &units, stamp(0));
    for (offset, jumps) in [(60_000, 1), (10_000, 2), (1 << 40, 3)] {
        let packets = push(&mut transcoder, &units, stamp(offset));
        let first = packets[0].position / 48;
        assert!((first - offset).abs() <= 20, "{first} ms at {offset} ms");
        assert!(goes_forward(&packets));
        assert_eq!(transcoder.counts().jumps, jumps);
    }
    assert_eq!(transcoder.counts().late, 0);
}

#[test]
fn another_configuration_is_followed_and_the_same_one_changes_nothing() {
    let (first, of_first) = aac_units(TONE, 44_100, 2);
    let (second, of_second) = aac_units("0.4*sin(2*PI*440*t)|0.4*sin(2*PI*440*t)", 16_000, 2);
    let mut transcoder = configured(&first);
    let mut packets = push(&mut transcoder, &of_first[..40], |number| number * 1_024_000 / 44_100);
    transcoder.configure(&[&[0xaf, 0], &first[..]].concat()).expect("the same");
    packets.extend(push(&mut transcoder, &of_first[40..], |number| (number + 40) * 1_024_000 / 44_100));
    let after = of_first.len() as i64 * 1_024_000 / 44_100;
    transcoder.configure(&[&[0xaf, 0], &second[..]].concat()).expect("another");
    packets.extend(push(&mut transcoder, &of_second, |number| after + number * 64));
    assert_eq!((transcoder.counts().broken, transcoder.counts().jumps), (0, 0));
    assert!(packets.windows(2).all(|pair| pair[1].position - pair[0].position == 960));
    let samples = decode_opus(&packets);
    for second in [1, 3] {
        let heard = listen(&samples[second * 48_000 - 24_000..second * 48_000], RATE);
        assert!((heard.frequency - 440.0).abs() < 0.5 && (heard.amplitude - 0.4).abs() < 0.03, "{second} s: {heard:?}");
    }
}

#[test]
fn high_efficiency_aac_is_taken() {
    let tone = tone(440.0, 0.4, RATE, 4 * 48_000);
    let options = syom::EncodeOptions::raw().with_bitrate_bps(48_000);
    for (what, options, planes) in [
        ("version 1", options.clone().with_he(true), vec![&tone[..]]),
        ("version 1, two channels", options.clone().with_he(true), vec![&tone[..], &tone[..]]),
        ("version 2", options.with_he_v2(true), vec![&tone[..], &tone[..]]),
    ] {
        let mut encoder = syom::Encoder::new(48_000, planes.len(), &options).expect("an encoder");
        let mut units = Vec::new();
        let keep = |frame: syom::EncodedFrame<'_>| {
            units.push(frame.payload.to_vec());
            Ok(())
        };
        encoder.feed(&planes, keep).expect("units");
        let mut transcoder = configured(encoder.asc());
        let packets = push(&mut transcoder, &units, |number| number * 2_048 / 48);
        assert_eq!((transcoder.counts().units, transcoder.counts().broken), (units.len() as u64, 0), "{what}");
        assert_eq!(packets.len(), units.len() * 2_048 / 960, "{what}");
        let heard = listen(&decode_opus(&packets)[48_000..96_000], RATE);
        assert!((heard.frequency - 440.0).abs() < 0.5 && (heard.amplitude - 0.4).abs() < 0.04, "{what}: {heard:?}");
    }
}

#[test]
fn broken_units_are_left_out_and_the_next_ones_are_heard() {
    let (configuration, mut units) = aac_units(TONE, 48_000, 3);
    for number in [20, 21, 40] {
        units[number].truncate(8);
    }
    units[60] = Vec::new();
    let mut transcoder = configured(&configuration);
    let packets = push(&mut transcoder, &units, |number| number * 64 / 3);
    let counts = transcoder.counts();
    assert_eq!((counts.broken, counts.panics, counts.units), (4, 0, units.len() as u64 - 4));
    assert!(goes_forward(&packets));
    let end = (packets.last().expect("sound").position + 960) / 48;
    assert!((end - 3_000).abs() < 100, "{end} ms");
}

#[test]
fn what_is_not_aac_is_refused_with_its_reason() {
    let (configuration, units) = aac_units(TONE, 48_000, 1);
    let mut transcoder = AacToOpus::new().expect("codecs");
    assert!(push(&mut transcoder, &units[..1], |_| 0).is_empty(), "no configuration yet");
    for body in [&[][..], &[0x2f, 0, 1], &[0xaf], &[0xaf, 1, 0x11, 0x88], b"\x90Opus"] {
        assert_eq!(transcoder.configure(body), Err(SoundError::NotAac), "{body:?}");
    }
    for configuration in [&[][..], &[0xff], &[0x11], &[0xf8, 0xff, 0xff]] {
        let refused = transcoder.configure(&[&[0xaf, 0], configuration].concat()).expect_err("no configuration");
        assert!(matches!(refused, SoundError::Configuration(_)), "{configuration:?}: {refused}");
    }
    transcoder.configure(&[&[0xaf, 0], &configuration[..]].concat()).expect("AAC-LC");
    assert_eq!(transcoder.push(0, &[0x2f, 1, 2, 3]), Ok(Vec::new()), "MP3 in between");
    assert_eq!(transcoder.counts().broken, 2);
    assert_eq!(push(&mut transcoder, &units, |number| number * 64 / 3).len(), units.len() * 1_024 / 960);
}
