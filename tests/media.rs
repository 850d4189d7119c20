//! `docs/native-codes.md` against the code, and what must hold for every code and every network status.

#![cfg(not(target_family = "wasm"))]

use std::collections::BTreeMap;

use miniapp_rtc::media::{Advice, Meaning, NetStatus, Quality, QualityTracker, Severity, player, pusher, quality};
use miniapp_rtc::protocol::Health;
use proptest::prelude::*;
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../docs/native-codes.md");

/// A tag's heading in the document, and the function that knows its codes.
type Tag = (&'static str, fn(i32) -> Meaning);
const TAGS: [Tag; 2] = [("live-pusher", pusher), ("live-player", player)];

/// Codes that WeChat or developers name: `statechange` of both tags in miniprogram-api-typings 5.2.3, the `error` event
/// of `live-pusher`, room mode and background codes of shipped mini-programs, and what was seen on phones.
const PUSHER_CODES: &[i32] = &[
    1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1018, 1019, 1020, 1021, 1031, 1032, 1033, 1034, 1101, 1102, 1103,
    1104, 1105, 1106, 1107, -1301, -1302, -1303, -1304, -1305, -1306, -1307, -1308, -1309, -1310, -1311, -1312, -3301,
    -100_018, 3001, 3002, 3003, 3004, 3005, 5000, 5001, -1326, 2027, 2029, 10_001, 10_002, 10_003, 10_004,
];
const PLAYER_CODES: &[i32] = &[
    2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2101, 2102, 2103, 2104, 2105, 2106, 2107, 2108, -2301, -2302,
    3001, 3002, 3003, 3005, 2026, 2027, 2032,
];

/// Lines of the section under `## heading`.
fn section(heading: &str) -> impl Iterator<Item = &'static str> {
    let title = format!("## {heading}");
    DOCUMENT
        .lines()
        .skip_while(move |line| *line != title)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with('|'))
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// A code's line in the document, as the code should say it.
fn documented(heading: &str) -> BTreeMap<i32, String> {
    let mut rows = BTreeMap::new();
    for cells in section(heading).map(cells).skip(2) {
        assert_eq!(cells.len(), 8, "{heading}: {cells:?}");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{heading}: {cells:?}");
        let code = cells[0].parse().unwrap_or_else(|_| panic!("{heading}: not a code: {}", cells[0]));
        assert!(rows.insert(code, cells[1..5].join(" ")).is_none(), "{heading}: {code} twice");
    }
    rows
}

fn in_words(meaning: Meaning) -> String {
    let health = meaning.health.map_or("-".to_owned(), |health| format!("{health:?}"));
    let recoverable = if meaning.recoverable { "yes" } else { "no" };
    format!("{:?} {health} {:?} {recoverable}", meaning.severity, meaning.advice)
}

#[test]
fn every_documented_line_is_what_the_code_says() {
    for (heading, meaning_of) in TAGS {
        let rows = documented(heading);
        assert!(rows.len() > 20, "{heading}: only {} lines", rows.len());
        for (code, words) in rows {
            let meaning = meaning_of(code);
            assert!(meaning.known, "{heading}: {code} is documented but not known");
            assert_eq!(in_words(meaning), words, "{heading}: {code}");
        }
    }
}

#[test]
fn every_known_code_is_documented() {
    for (heading, meaning_of) in TAGS {
        let rows = documented(heading);
        for code in -200_000..=200_000 {
            assert!(!meaning_of(code).known || rows.contains_key(&code), "{heading}: {code} is not documented");
        }
    }
}

#[test]
fn every_code_that_others_name_is_known() {
    for (meaning_of, codes) in [(pusher as fn(i32) -> Meaning, PUSHER_CODES), (player, PLAYER_CODES)] {
        for &code in codes {
            assert!(meaning_of(code).known, "{code}");
        }
    }
}

/// What holds for the meaning of every code, known or not.
fn sound(code: i32) {
    for (heading, meaning_of) in TAGS {
        let Meaning { severity, health, advice, recoverable, known } = meaning_of(code);
        let told = format!("{heading}: {code}");
        assert_eq!(severity == Severity::Fatal, health == Some(Health::Failed), "{told}");
        assert!(health != Some(Health::Retrying) || advice == Advice::Wait, "{told}: a second attempt");
        assert!(advice != Advice::Permission || !recoverable, "{told}: nobody asks the user");
        assert!(recoverable || severity == Severity::Fatal, "{told}: lost, but not stopped");
        assert!(severity != Severity::Info || advice == Advice::Nothing, "{told}: progress needs no remedy");
        assert!(known || (health.is_none() && advice == Advice::Nothing && recoverable), "{told}: acts on a guess");
    }
}

#[test]
fn every_known_code_has_a_sound_meaning() {
    (-200_000..=200_000).for_each(sound);
}

#[test]
fn codes_without_a_published_meaning_are_listed_and_unknown() {
    let listed: Vec<_> = section("Seen, meaning not published").map(cells).skip(2).collect();
    assert_eq!(listed.len(), TAGS.len());
    for ((heading, meaning_of), cells) in TAGS.into_iter().zip(listed) {
        assert_eq!(cells[0], heading);
        for code in cells[1].split(", ") {
            let code = code.parse().expect("a code");
            assert_eq!(in_words(meaning_of(code)), "Notice - Nothing yes", "{heading}: {code}");
            assert!(!meaning_of(code).known, "{heading}: {code}");
        }
    }
}

#[test]
fn the_codes_that_decide_a_call() {
    let said = |meaning: Meaning| (meaning.health, meaning.advice);
    assert_eq!(said(pusher(1002)), (Some(Health::Live), Advice::Nothing));
    assert_eq!(said(pusher(1008)), (Some(Health::Live), Advice::Nothing));
    assert_eq!(said(pusher(-1307)), (Some(Health::Failed), Advice::NewUrl));
    assert_eq!(said(pusher(1102)), (Some(Health::Retrying), Advice::Wait));
    assert_eq!(said(pusher(3004)), (Some(Health::Failed), Advice::NewUrl));
    assert_eq!(pusher(5000).advice, Advice::Background);
    assert_eq!(pusher(-1301).advice, Advice::Permission);
    assert_eq!(said(player(2004)), (Some(Health::Live), Advice::Nothing));
    assert_eq!(said(player(-2301)), (Some(Health::Failed), Advice::NewUrl));
    assert_eq!(said(player(2103)), (Some(Health::Retrying), Advice::Wait));
    assert_eq!(player(2105).health, Some(Health::Weak));
}

/// Device logs: the codes of a start in two orders, a dead server, a dead stream, a player that comes back.
#[test]
fn health_along_recorded_sequences() {
    let after = |meaning_of: fn(i32) -> Meaning, codes: &[i32]| {
        codes.iter().filter_map(|&code| meaning_of(code).health).next_back().unwrap_or_default()
    };
    assert_eq!(after(pusher, &[1005, 1003, 1007]), Health::Connecting);
    assert_eq!(after(pusher, &[1005, 1003, 1007, 1008, 1001]), Health::Live, "1001 does not undo 1008");
    assert_eq!(after(pusher, &[1005, 1006, 1001, 1002, 1003, 1007, 1008, 1005, 1006, 2027]), Health::Live);
    assert_eq!(after(pusher, &[1001, 1002]), Health::Live, "camera off");
    assert_eq!(after(pusher, &[1002, 1008, 3005, 1102, 1001]), Health::Retrying);
    assert_eq!(after(pusher, &[1002, 1008, 3005, 1102, 1001, 1102, -1307]), Health::Failed);
    assert_eq!(after(player, &[2001, 2002, 2008]), Health::Connecting);
    assert_eq!(after(player, &[2008, 2103, 2103, 2103, -2301]), Health::Failed);
    assert_eq!(after(player, &[2004, 2103, 2001, 2002, 2003]), Health::Live);
}

#[test]
fn a_status_takes_numbers_and_texts() {
    let status = NetStatus::read(&json!({
        "videoBitrate": 480, "audioBitrate": "48", "videoFPS": 14.6, "videoGOP": " 2.4 ", "netSpeed": 530.0,
        "netJitter": "0", "netQualityLevel": 2, "videoWidth": "360", "videoHeight": 640, "videoCache": 0,
        "audioCache": "7.5", "newField": { "a": [1, 2] }
    }));
    let expected = NetStatus {
        video_bitrate: Some(480),
        audio_bitrate: Some(48),
        video_fps: Some(15),
        video_gop: Some(2),
        net_speed: Some(530),
        net_jitter: Some(0),
        net_quality_level: Some(2),
        video_width: Some(360),
        video_height: Some(640),
        video_cache: Some(0),
        audio_cache: Some(8),
    };
    assert_eq!(status, expected);
}

fn read(text: &str) -> NetStatus {
    NetStatus::read(&serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

#[test]
fn odd_values_count_as_missing() {
    let odd = [
        "null",
        "true",
        "-1",
        "-0.6",
        "1e300",
        "4294967296",
        "18446744073709551616",
        "[]",
        "[1, [2]]",
        "{}",
        r#"{"a": {"b": [1]}, "c": 2}"#,
        r#""""#,
        r#"".""#,
        r#""5.""#,
        r#"".5""#,
        r#""+5""#,
        r#""-5""#,
        r#""1e3""#,
        r#""0x10""#,
        r#""NaN""#,
        r#""15 fps""#,
        r#""1.2.3""#,
        r#""4294967296""#,
        r#""4294967295.5""#,
        r#""五""#,
    ];
    for value in odd {
        let text = format!(r#"{{"videoFPS": {value}, "netSpeed": 9}}"#);
        let status = read(&text);
        assert_eq!(status, NetStatus { net_speed: Some(9), ..NetStatus::default() }, "{text}");
    }
    for whole in ["null", "true", "7", "-7", "7.5", r#""x""#, "[1, [2], {}]", "{}"] {
        let status = read(whole);
        assert_eq!(status, NetStatus::default(), "{whole}");
    }
}

#[test]
fn the_own_level_of_the_tag_is_believed() {
    for (level, expected) in
        (1..=6).zip([Quality::Excellent, Quality::Good, Quality::Fair, Quality::Poor, Quality::Bad, Quality::Unusable])
    {
        let status = NetStatus { net_quality_level: Some(level), net_jitter: Some(5_000), ..traffic() };
        assert_eq!(quality(&status), expected);
        assert_eq!(u32::from(expected.level()), level);
    }
    for level in [Some(0), Some(7), None] {
        assert_eq!(quality(&NetStatus { net_quality_level: level, ..traffic() }), Quality::Good, "{level:?}");
    }
}

fn traffic() -> NetStatus {
    NetStatus {
        video_bitrate: Some(400),
        audio_bitrate: Some(40),
        video_fps: Some(15),
        net_speed: Some(440),
        net_jitter: Some(10),
        ..NetStatus::default()
    }
}

#[test]
fn the_estimate_is_the_worst_of_what_is_measured() {
    let jitter = |value| quality(&NetStatus { net_jitter: Some(value), ..traffic() });
    assert_eq!([30, 31, 100, 101, 300, 301, u32::MAX].map(jitter).map(Quality::level), [2, 3, 3, 4, 4, 5, 5]);
    let pictures = |value| quality(&NetStatus { video_fps: Some(value), ..traffic() });
    assert_eq!([60, 10, 9, 7, 6, 3, 2, 0].map(pictures).map(Quality::level), [2, 2, 3, 3, 4, 4, 5, 5]);
    let speed = |value| quality(&NetStatus { net_speed: Some(value), ..traffic() });
    assert_eq!([u32::MAX, 330, 329, 220, 219, 110, 109, 0].map(speed).map(Quality::level), [2, 2, 3, 3, 4, 4, 5, 5]);

    let camera_off = NetStatus { video_bitrate: Some(0), video_fps: Some(0), net_speed: Some(40), ..traffic() };
    assert_eq!(quality(&camera_off), Quality::Good, "no picture is wanted");
    let silent = NetStatus { net_jitter: Some(900), video_fps: Some(0), ..NetStatus::default() };
    assert_eq!(quality(&silent), Quality::Unknown, "no traffic");
    let one_number = NetStatus { video_bitrate: Some(9), ..NetStatus::default() };
    assert_eq!(quality(&one_number), Quality::Unknown, "nothing to compare it with");
    let other_number = NetStatus { net_speed: Some(9), ..NetStatus::default() };
    assert_eq!(quality(&other_number), Quality::Unknown, "nothing to compare it with");
}

#[test]
fn the_tracker_worsens_after_two_and_improves_after_four() {
    let mut tracker = QualityTracker::default();
    let mut told = |measured: &[Quality]| measured.iter().map(|&step| tracker.update(step)).collect::<Vec<_>>();
    use Quality::{Bad, Excellent, Fair, Good, Poor, Unknown};
    assert_eq!(told(&[Unknown, Good, Good]), [None, Some(Good), None]);
    assert_eq!(told(&[Poor, Good, Poor, Good]), [None; 4], "one bad moment");
    assert_eq!(told(&[Bad, Poor]), [None, Some(Poor)], "the nearer of both");
    assert_eq!(told(&[Good, Good, Good, Poor]), [None; 4], "three good moments");
    assert_eq!(told(&[Excellent, Fair, Unknown, Excellent, Good]), [None, None, None, None, Some(Fair)]);
    assert_eq!(tracker.current(), Fair);
}

fn any_quality() -> impl Strategy<Value = Quality> {
    prop::sample::select(vec![
        Quality::Unknown,
        Quality::Excellent,
        Quality::Good,
        Quality::Fair,
        Quality::Poor,
        Quality::Bad,
        Quality::Unusable,
    ])
}

proptest! {
    #[test]
    fn any_code_has_a_sound_meaning(code in any::<i32>()) {
        sound(code);
    }

    #[test]
    fn the_tracker_never_flaps(measured in prop::collection::vec(any_quality(), 0..200)) {
        let mut tracker = QualityTracker::default();
        let mut last: Option<(usize, Quality)> = None;
        let measured: Vec<_> = measured.into_iter().filter(|&step| step != Quality::Unknown).collect();
        for (at, &step) in measured.iter().enumerate() {
            let before = tracker.current();
            let told = tracker.update(step);
            prop_assert_eq!(tracker.current(), told.unwrap_or(before));
            let Some(now) = told else { continue };
            if let Some((earlier, previous)) = last {
                let needed = if now > previous { QualityTracker::WORSE_AFTER } else { QualityTracker::BETTER_AFTER };
                prop_assert_ne!(now, previous);
                prop_assert!(at - earlier >= usize::from(needed), "{:?} to {:?} after {}", previous, now, at - earlier);
                let span = previous.min(now)..=previous.max(now);
                let cause = &measured[at + 1 - usize::from(needed)..=at];
                prop_assert!(cause.iter().all(|&step| (step > previous) == (now > previous) && step != previous));
                prop_assert!(cause.iter().any(|step| span.contains(step)), "told what was measured");
            }
            last = Some((at, now));
        }
    }

    #[test]
    fn a_steady_quality_is_told_in_the_end(
        noise in prop::collection::vec(any_quality(), 0..50),
        steady in any_quality(),
    ) {
        let mut tracker = QualityTracker::default();
        noise.into_iter().for_each(|step| { tracker.update(step); });
        (0..20).for_each(|_| { tracker.update(steady); });
        prop_assert!(steady == Quality::Unknown || tracker.current() == steady);
    }

    #[test]
    fn any_status_is_read_and_rated(
        pairs in prop::collection::vec((field(), "[-+0-9.eE\"a-z]{0,8}|[0-9]{1,12}"), 0..12),
    ) {
        let object: serde_json::Map<_, _> = pairs.into_iter().map(|(name, text)| {
            let value = serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
            (name.to_owned(), value)
        }).collect();
        let text = serde_json::to_string(&object).expect("JSON");
        let from_value = NetStatus::read(&Value::from(object));
        let from_text = read(&text);
        prop_assert_eq!(from_value, from_text);
        let rated = quality(&from_value);
        let own = from_value.net_quality_level.is_some_and(|level| (1..=6).contains(&level));
        prop_assert!(own || !matches!(rated, Quality::Excellent | Quality::Unusable));
    }

    #[test]
    fn any_numbers_are_rated(numbers in prop::array::uniform5(prop::option::of(any::<u32>()))) {
        let [video_bitrate, audio_bitrate, video_fps, net_speed, net_jitter] = numbers;
        let status =
            NetStatus { video_bitrate, audio_bitrate, video_fps, net_speed, net_jitter, ..NetStatus::default() };
        let rated = quality(&status);
        prop_assert!(rated <= Quality::Bad && rated != Quality::Excellent);
    }
}

fn field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "videoBitrate",
        "audioBitrate",
        "videoFPS",
        "videoGOP",
        "netSpeed",
        "netJitter",
        "netQualityLevel",
        "videoWidth",
        "videoHeight",
        "videoCache",
        "audioCache",
        "unheardOf",
    ])
}
