//! Any bytes, and codecs that fail.

use proptest::prelude::*;

use super::{TONE, aac_units, opus_packets};
use crate::media::embedded::web::sound::{AacToOpus, OpusToAac, guarded};

#[test]
fn a_panic_of_a_codec_ends_there() {
    assert_eq!(guarded(|| 7), Some(7));
    let numbers = [1, 2, 3];
    let beyond = std::hint::black_box(9);
    assert_eq!(guarded(|| numbers[beyond]), None);
}

/// What happens to one unit on its way.
#[derive(Clone, Debug)]
enum Harm {
    None,
    Bits(Vec<(usize, u8)>),
    Cut(usize),
    Other(Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        2 => Just(Harm::None),
        4 => prop::collection::vec((any::<usize>(), any::<u8>()), 1..4).prop_map(Harm::Bits),
        1 => any::<usize>().prop_map(Harm::Cut),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Harm::Other),
    ]
}

fn harmed(unit: &[u8], harm: &Harm) -> Vec<u8> {
    let mut unit = unit.to_vec();
    match harm {
        Harm::None => {}
        Harm::Bits(changes) => {
            for (at, change) in changes {
                let at = at % unit.len();
                unit[at] ^= change;
            }
        }
        Harm::Cut(at) => unit.truncate(at % unit.len()),
        Harm::Other(other) => unit.clone_from(other),
    }
    unit
}

fn step() -> impl Strategy<Value = i64> {
    prop_oneof![8 => Just(20_i64), 2 => -50..2_000_i64, 1 => any::<i64>()]
}

#[test]
fn harmed_sound_is_taken_without_a_panic() {
    let opus = opus_packets(TONE, 1, &["-b:a", "32k"]);
    let aac: Vec<_> = [8_000, 44_100, 48_000].map(|rate| aac_units(&format!("{TONE}|random(0)"), rate, 1)).into();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let harms = prop::collection::vec((harm(), step()), 20);
    let input = (harms, 0..3_usize, prop::option::of((0..2_usize, any::<u8>())));
    let taken = runner.run(&input, |(harms, which, configuration_harm)| {
        let (mut to_aac, mut to_opus) = (OpusToAac::new().expect("codecs"), AacToOpus::new().expect("codecs"));
        let (mut configuration, units) = aac[which].clone();
        if let Some((at, change)) = configuration_harm {
            configuration[at] ^= change;
        }
        let _ = to_opus.configure(&[&[0xaf, 0], &configuration[..]].concat());
        let mut time = 0_i64;
        for (number, (harm, step)) in harms.iter().enumerate() {
            time = time.saturating_add(*step);
            let packet = harmed(&opus[number].1, harm);
            let units_out = to_aac.push(time.saturating_mul(48), &packet).expect("codecs");
            prop_assert!(units_out.iter().all(|unit| unit.bytes.starts_with(&[0xaf, 1])));
            let body = [&[0xaf, 1], &harmed(&units[number % units.len()], harm)[..]].concat();
            let packets = to_opus.push(time, &body).expect("codecs");
            prop_assert!(packets.iter().all(|packet| (1..=1_275).contains(&packet.bytes.len())));
        }
        prop_assert_eq!((to_aac.counts().panics, to_opus.counts().panics), (0, 0));
        Ok(())
    });
    taken.expect("every harm is taken");
}
