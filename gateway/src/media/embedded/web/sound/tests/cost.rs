//! What a stream costs.

use std::time::Instant;

use super::{aac_units, opus_packets, to_aac, to_opus};

/// Prints how much of a core one stream takes; a wall clock judges no test.
#[test]
#[ignore = "prints figures; run it alone with --release --nocapture"]
fn percent_of_a_core() {
    const SECONDS: u32 = 30;
    let voice = "0.2*sin(2*PI*150*t)+0.1*sin(2*PI*600*t)*sin(2*PI*3*t)+0.02*random(0)";
    let packets = opus_packets(voice, SECONDS, &["-b:a", "32k"]);
    let print = |what: &str, start: Instant| {
        println!("{what}: {:.2} %", start.elapsed().as_secs_f64() * 100.0 / f64::from(SECONDS));
    };
    let start = Instant::now();
    to_aac(&packets);
    print("Opus to AAC", start);
    for rate in [16_000, 44_100, 48_000] {
        let (configuration, units) = aac_units(voice, rate, SECONDS);
        let start = Instant::now();
        to_opus(&configuration, &units, rate);
        print(&format!("AAC of {rate} Hz to Opus"), start);
    }
}
