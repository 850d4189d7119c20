//! The `opus` and `aac` targets: sound from browsers to phones, and from phones to browsers.

use miniapp_rtc_gateway::media::embedded::fuzz::{Counts, Sound, to_aac, to_opus};

use crate::reached::Reached;
use crate::script::Script;

/// A jump of the time, in seconds: more than is filled.
const JUMP: i64 = 10;

/// Runs a script of Opus packets: `p`, a number and bytes are a packet so many times 2.5 ms after the one before; `j` and
/// `b` let the time jump forward and back.
pub fn opus(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let mut script = Script::new(bytes);
    let (mut packets, mut position, mut goes_back) = (Vec::new(), 0_i64, false);
    while let Some(step) = script.step() {
        match step {
            Some(b'p') => {
                position += i64::from(script.number()) * 120;
                packets.push((position, script.bytes()));
            }
            Some(b'j') => position += JUMP * 48_000,
            Some(b'b') => {
                position -= JUMP * 48_000;
                goes_back = true;
            }
            _ => {}
        }
    }
    let (units, counts) = to_aac(&packets).expect("codecs start");
    for unit in &units {
        // A channel has 6,144 bits a unit at most (ISO/IEC 14496-3, 4.5.3).
        assert!(unit.bytes.starts_with(&[0xaf, 1]) && unit.bytes.len() <= 770, "{} bytes", unit.bytes.len());
    }
    judge(&units, counts, packets.len(), goes_back, 1_024, &mut reached);
    if counts.concealed > 0 {
        reached.note("sound", "concealed");
    }
    // A packet holds 120 ms at most.
    assert!(units.len() as u64 * 1_024 <= counts.units * 5_760 + counts.concealed, "more sound than came");
    reached
}

/// Runs a script of AAC: `c` and bytes are a configuration; `u`, a number of milliseconds since the one before and bytes are
/// a unit; `f`, such a number and bytes are the whole body of an FLV tag; `j` and `b` let the time jump forward and back.
pub fn aac(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let mut script = Script::new(bytes);
    let (mut bodies, mut milliseconds, mut goes_back) = (Vec::new(), 0_i64, false);
    while let Some(step) = script.step() {
        match step {
            Some(b'c') => bodies.push((milliseconds, [&[0xaf, 0], script.bytes()].concat())),
            Some(b'u') => {
                milliseconds += i64::from(script.number());
                bodies.push((milliseconds, [&[0xaf, 1], script.bytes()].concat()));
            }
            Some(b'f') => {
                milliseconds += i64::from(script.number());
                bodies.push((milliseconds, script.bytes().to_vec()));
            }
            Some(b'j') => milliseconds += JUMP * 1_000,
            Some(b'b') => {
                milliseconds -= JUMP * 1_000;
                goes_back = true;
            }
            _ => {}
        }
    }
    let bodies: Vec<(i64, &[u8])> = bodies.iter().map(|(at, body)| (*at, body.as_slice())).collect();
    let headers = bodies.iter().filter(|(_, body)| body.get(1) == Some(&0)).count();
    let (packets, counts, configured) = to_opus(&bodies).expect("codecs start");
    for packet in &packets {
        assert!((1..=1_275).contains(&packet.bytes.len()), "{} bytes", packet.bytes.len());
    }
    judge(&packets, counts, bodies.len() - headers, goes_back, 960, &mut reached);
    reached.note("configuration", if configured > 0 { "taken" } else { "none" });
    if configured < headers {
        reached.note("configuration", "refused");
    }
    reached
}

/// What holds of both.
fn judge(sound: &[Sound], counts: Counts, given: usize, goes_back: bool, length: i64, reached: &mut Reached) {
    // The gateway would live on; but a codec that panics is to be known.
    assert_eq!(counts.panics, 0, "a codec panicked");
    let seen = counts.units + counts.broken + if length == 1_024 { counts.late } else { 0 };
    assert_eq!(seen, given as u64, "{counts:?} of {given} units");
    let is_in_order = sound.windows(2).all(|pair| pair[1].position >= pair[0].position + length);
    assert!(goes_back || is_in_order, "sound of two moments at once");
    for (name, count) in [
        ("units", counts.units),
        ("broken", counts.broken),
        ("late", counts.late),
        ("jumps", counts.jumps),
        ("made", sound.len() as u64),
    ] {
        if count > 0 {
            reached.note("sound", name);
        }
    }
}
