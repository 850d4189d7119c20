//! Web users: a browser's WebRTC pushes by WHIP and plays by WHEP, beside RTMP and HTTP-FLV.
#![cfg(feature = "web")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::{Duration, Instant, SystemTime};

use media_support::browser::{Act, Browser, Seen, Way};
use media_support::ffmpeg::{self, Picture, SMALL};
use media_support::flv::{Player, Tag};
use media_support::http;
use media_support::web::{fixture, play, publish, whep};
use miniapp_rtc_gateway::media::{MediaEvent, MediaServer, StopReason, Transport};

const SECOND: Duration = Duration::from_secs(1);

/// How many of the pictures ffmpeg decodes.
fn decoded(seen: &Seen) -> usize {
    let stream: Vec<u8> = seen.pictures.iter().flat_map(|(_, _, bytes)| bytes.clone()).collect();
    ffmpeg::count_h264(&stream)
}

/// How loud the sound is, and its frequency in Hz by zero crossings: of what a decoder makes of the packets after the first.
fn tone(seen: &Seen) -> (f64, f64) {
    let mut decoder = ropus::Decoder::new(48_000, ropus::Channels::Mono).expect("a decoder");
    let mut samples = Vec::new();
    for (_, packet) in &seen.sounds {
        let mut buffer = [0_i16; 5_760];
        let count = decoder.decode(packet, &mut buffer, ropus::DecodeMode::Normal).expect("a good packet");
        samples.extend(buffer[..count].iter().map(|sample| f64::from(*sample) / 32_768.0));
    }
    let samples = &samples[samples.len() / 4..];
    let loudness = (samples.iter().map(|it| it * it).sum::<f64>() / samples.len() as f64).sqrt();
    let crossings = samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    (loudness, crossings as f64 * 48_000.0 / samples.len() as f64)
}

fn goes_forward(times: impl Iterator<Item = u64>) -> bool {
    let times: Vec<u64> = times.collect();
    times.windows(2).all(|pair| pair[1] > pair[0])
}

fn is_key(picture: &[u8]) -> bool {
    picture.windows(4).any(|window| window[..3] == [0, 0, 1] && window[3] & 0x1f == 5)
}

#[tokio::test]
async fn what_a_browser_publishes_is_played_by_rtmp_and_by_http_flv() {
    let mut fixture = fixture().await;
    let _browser = publish(&mut fixture, "s1", Way::Udp).await;
    for session in ["u1", "u2"] {
        fixture.room.subscribe("s1", session, true, true);
    }
    let rtmp = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let flv = fixture.play_url("s1", 1, "u2", Transport::HttpFlv);
    let (rtmp, flv) = tokio::join!(ffmpeg::pull(&rtmp, 3), ffmpeg::pull(&flv, 3));
    assert!(rtmp.video >= 40 && rtmp.audio >= 120, "rtmp: {rtmp:?}");
    assert!(flv.video >= 40 && flv.audio >= 120, "http-flv: {flv:?}");
    let health = fixture.media.health().await;
    assert_eq!(health.publishers, 1);
    assert!(health.held_bytes > 0, "what browsers send is counted");
}

#[tokio::test]
async fn players_are_told_of_a_browsers_tracks_and_get_a_key_picture_first() {
    let mut fixture = fixture().await;
    let _browser = publish(&mut fixture, "s1", Way::Udp).await;
    tokio::time::sleep(SECOND / 2).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    assert_eq!((player.status, player.flags), (200, 5));
    let (tag, _) = player.next_tag().await.expect("a tag");
    assert_eq!(tag, Tag::Metadata);
    let told = player.payload.clone();
    let number = |name: &str| {
        let at = told.windows(name.len()).position(|window| window == name.as_bytes()).expect(name) + name.len() + 1;
        f64::from_be_bytes(told[at..at + 8].try_into().expect("a number"))
    };
    assert_eq!([number("width"), number("height"), number("audiosamplerate")], [160.0, 120.0, 48_000.0]);
    let tags = player.tags_for(2 * SECOND).await;
    let kinds: Vec<Tag> = tags.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(kinds[..3], [Tag::AudioHeader, Tag::VideoHeader, Tag::VideoKey]);
    let is_steady = tags.windows(2).all(|pair| pair[1].1 + 100 >= pair[0].1 && pair[1].1 <= pair[0].1 + 200);
    assert!(is_steady, "{tags:?}");
    let keys = kinds.iter().filter(|kind| **kind == Tag::VideoKey).count();
    assert!((2..=4).contains(&keys), "{kinds:?}");
}

#[tokio::test]
async fn what_an_encoder_pushes_is_played_by_a_browser() {
    let mut fixture = fixture().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    tokio::time::sleep(SECOND).await;
    let browser = play(&fixture, "s1", "u1").await;
    let first = browser.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    let first = first.pictures[0].1 - browser.posted;
    println!("first picture after {first:?}, answered after {:?}", browser.answered);
    tokio::time::sleep(3 * SECOND).await;
    let seen = browser.seen();
    assert!(goes_forward(seen.pictures.iter().map(|(time, _, _)| *time)), "pictures go back");
    assert!(goes_forward(seen.sounds.iter().map(|(time, _)| *time)), "sound goes back");
    let decoded = decoded(&seen);
    assert!(decoded >= 40 && decoded == seen.pictures.len(), "{decoded} of {}", seen.pictures.len());
    let (loudness, hertz) = tone(&seen);
    assert!(seen.sounds.len() >= 130 && (0.05..0.15).contains(&loudness), "{} {loudness}", seen.sounds.len());
    assert!((435.0..445.0).contains(&hertz), "{hertz}");
}

#[tokio::test]
async fn the_sender_reports_of_both_tracks_speak_of_one_clock() {
    let mut fixture = fixture().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    tokio::time::sleep(SECOND).await;
    let browser = play(&fixture, "s1", "u1").await;
    let seen =
        browser.until("reports", 15 * SECOND, |seen| seen.reports[1].len() > 4 && seen.reports[0].len() > 4).await;
    // When the RTP time was 0 by each report: the same moment, but for what a sample was held up by on its way.
    let zero = |(moment, time): &(SystemTime, f64)| {
        moment.duration_since(SystemTime::UNIX_EPOCH).expect("now").as_secs_f64() - time
    };
    let zeros: Vec<f64> = seen.reports.iter().flatten().map(zero).collect();
    let spread = zeros.iter().copied().fold(f64::MIN, f64::max) - zeros.iter().copied().fold(f64::MAX, f64::min);
    assert!(spread < 0.15, "{spread} s: {:?}", seen.reports);
}

#[tokio::test]
async fn one_browser_sees_and_hears_another() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    tokio::time::sleep(SECOND / 2).await;
    let player = play(&fixture, "s1", "u1").await;
    player.until("pictures and sound", 5 * SECOND, |seen| seen.pictures.len() > 40 && seen.sounds.len() > 120).await;
    let seen = player.seen();
    assert_eq!(decoded(&seen), seen.pictures.len());
    let (loudness, hertz) = tone(&seen);
    assert!((435.0..445.0).contains(&hertz) && (0.05..0.15).contains(&loudness), "{hertz} {loudness}");
    // At first, then every two seconds, and once for the player that joined.
    let requests = publisher.seen().key_requests;
    assert!((2..=6).contains(&requests), "{requests}");
}

#[tokio::test]
async fn media_travels_by_tcp_alone() {
    let mut fixture = fixture().await;
    let way = Way::Tcp(fixture.media.web_address().expect("served"));
    let _publisher = publish(&mut fixture, "s1", way).await;
    let player = Browser::open(&whep(&fixture, "s1", "u1"), Act::Play, way).await;
    let seen = player
        .until("pictures and sound", 6 * SECOND, |seen| seen.pictures.len() > 40 && seen.sounds.len() > 120)
        .await;
    assert_eq!(decoded(&seen), seen.pictures.len());
}

#[tokio::test]
async fn a_browser_that_dies_or_falls_silent_is_noticed() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let player = play(&fixture, "s1", "u1").await;
    player.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    let start = Instant::now();
    drop(publisher);
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Silent, .. }), "{event:?}");
    assert!((4 * SECOND..7 * SECOND).contains(&start.elapsed()), "{:?}", start.elapsed());

    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let before = player.seen().pictures.len();
    player.until("the stream goes on", 3 * SECOND, |seen| seen.pictures.len() > before + 10).await;
    publisher.send(false, false);
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Silent, .. }), "{event:?}");

    let start = Instant::now();
    drop(player);
    while fixture.media.health().await.players > 0 {
        assert!(start.elapsed() < 10 * SECOND, "a dead player is still there");
        tokio::time::sleep(SECOND / 10).await;
    }
}

#[tokio::test]
async fn what_is_muted_flows_to_no_browser_and_from_none() {
    let mut fixture = fixture().await;
    let publisher = publish(&mut fixture, "s1", Way::Udp).await;
    let player = play(&fixture, "s1", "u1").await;
    player.until("pictures and sound", 5 * SECOND, |seen| seen.pictures.len() > 5 && seen.sounds.len() > 5).await;
    for (session, audio, video) in
        [("publisher", false, true), ("publisher", true, false), ("u1", false, true), ("u1", true, false)]
    {
        fixture.turn("s1", session, audio, video).await;
        tokio::time::sleep(SECOND / 5).await;
        let before = player.seen();
        tokio::time::sleep(SECOND).await;
        let after = player.seen();
        let (sounds, pictures) =
            (after.sounds.len() - before.sounds.len(), after.pictures.len() - before.pictures.len());
        assert_eq!((sounds > 0, pictures > 0), (audio, video), "{session}: {sounds} {pictures}");
        fixture.turn("s1", session, true, true).await;
        let (pictures, sounds) = (after.pictures.len(), after.sounds.len());
        player
            .until("on again", 3 * SECOND, |seen| seen.pictures.len() > pictures + 5 && seen.sounds.len() > sounds + 5)
            .await;
    }
    let seen = player.seen();
    assert!(goes_forward(seen.pictures.iter().map(|(time, _, _)| *time)));
    assert_eq!(decoded(&seen), seen.pictures.len(), "each return begins with a key picture");
    assert!(publisher.seen().closed.is_none());
}

#[tokio::test]
async fn a_lost_picture_is_answered_with_fresh_ones_only() {
    let mut fixture = fixture().await;
    let slow_keys = Picture { key_every_frames: 15 * 30, ..SMALL };
    let pusher = fixture.push("s1", 1, slow_keys).await;
    tokio::time::sleep(SECOND).await;
    let browser = play(&fixture, "s1", "u1").await;
    browser.until("a picture", 3 * SECOND, |seen| !seen.pictures.is_empty()).await;
    let keys = |seen: &Seen| seen.pictures.iter().filter(|(_, _, bytes)| is_key(bytes)).count();
    tokio::time::sleep(SECOND * 3 / 2).await;
    assert_eq!(keys(&browser.seen()), 1, "the encoder makes one key picture in 30 s");
    browser.ask_for_key();
    let seen = browser.until("a key picture", SECOND, |seen| keys(seen) == 2).await;
    assert!(goes_forward(seen.pictures.iter().map(|(time, _, _)| *time)), "repeated pictures go back");
    // As a phone does whose camera is off: nothing is muted, and no picture comes.
    pusher.signal("-STOP");
    tokio::time::sleep(SECOND * 3 / 2).await;
    let before = browser.seen().pictures.len();
    browser.ask_for_key();
    tokio::time::sleep(SECOND).await;
    assert_eq!(browser.seen().pictures.len(), before, "old pictures of a camera that is off");
    pusher.signal("-CONT");
    browser.until("pictures again", 3 * SECOND, |seen| seen.pictures.len() > before + 5).await;
}

#[tokio::test]
async fn a_stream_that_no_browser_can_play_is_refused_with_a_reason() {
    let mut fixture = fixture().await;
    let _pusher = fixture
        .push_with(
            "s1",
            &["-c:v", "libx264", "-bf", "2", "-b_strategy", "0", "-x264-params", "b-pyramid=none", "-g", "30"],
        )
        .await;
    tokio::time::sleep(SECOND * 3 / 2).await;
    let browser = play(&fixture, "s1", "u1").await;
    let seen = browser.until("pictures", 5 * SECOND, |seen| seen.pictures.len() > 10).await;
    assert_eq!(decoded(&seen), seen.pictures.len(), "B-frames that nobody needs are left out");
    let _pyramid = fixture
        .push_with(
            "s2",
            &["-c:v", "libx264", "-bf", "3", "-b_strategy", "0", "-x264-params", "b-pyramid=normal", "-g", "30"],
        )
        .await;
    // The encoder looks ahead: its sound comes first.
    let mut answer = http::post(&whep(&fixture, "s2", "u1"), "application/sdp", "v=0").await;
    for _ in 0..100 {
        if answer.status != 400 {
            break;
        }
        tokio::time::sleep(SECOND / 10).await;
        answer = http::post(&whep(&fixture, "s2", "u1"), "application/sdp", "v=0").await;
    }
    assert_eq!((answer.status, answer.reason().as_str()), (406, "stream_unplayable"), "{}", answer.body);
    assert!(answer.body.contains("B-frames"), "{}", answer.body);
}
