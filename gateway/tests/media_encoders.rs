//! Encoders as they are: with acknowledgement windows, with values that few decoders know, with wrong addresses.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::Duration;

use media_support::Fixture;
use media_support::flv::{Player, Tag};
use media_support::rtmp::{self, Rtmp, aac, avc, contains, number, object, text};
use miniapp_rtc_gateway::media::{MediaEvent, StopReason, Transport};
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

/// Values of every AMF0 type and some of AMF3: each has cut off a publisher once, or could have.
fn odd_values() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("date", vec![11, 0x42, 0x70, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("long string", vec![12, 0, 0, 0, 2, b'a', b'b']),
        ("unsupported", vec![13]),
        ("XML", vec![15, 0, 0, 0, 4, b'<', b'a', b'/', b'>']),
        ("typed object", vec![16, 0, 1, b'T', 0, 1, b'a', 5, 0, 0, 9]),
        ("reference", vec![7, 0, 0]),
        ("AMF3 string", vec![17, 6, 5, b'a', b'b']),
        ("AMF3 object", vec![17, 10, 0x0b, 1, 3, b'a', 3, 1]),
        ("strict array", vec![10, 0, 0, 0, 1, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("array with names", vec![8, 0, 0, 0, 1, 0, 1, b'a', 13, 0, 0, 9]),
    ]
}

/// Sends a configuration and a key frame, and waits until the stream is live.
async fn start(fixture: &mut Fixture, encoder: &mut Rtmp) {
    encoder.send(rtmp::VIDEO, 0, &avc::header(1)).await;
    encoder.send(rtmp::VIDEO, 0, &avc::key(100)).await;
    while !matches!(fixture.next_event().await, MediaEvent::Started { .. }) {}
}

#[tokio::test]
async fn an_encoder_with_any_window_is_acknowledged_before_it_stalls() {
    for window in [65_536_u32, 250_000, 1_000_000] {
        let mut fixture = Fixture::start().await;
        let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
        encoder.send(rtmp::WINDOW_SIZE, 0, &window.to_be_bytes()).await;
        start(&mut fixture, &mut encoder).await;
        let (window, mut acknowledged) = (usize::try_from(window).expect("small"), 0);
        // Three windows of media: without an acknowledgement the encoder may send no more than one.
        for picture in 0..3 * window / 20_000 {
            while encoder.sent + 20_500 > acknowledged + window {
                let said = encoder.until(|message| message.type_id == rtmp::ACKNOWLEDGEMENT).await;
                let said = said.unwrap_or_else(|| panic!("stalled in a window of {window} after {}", encoder.sent));
                let sequence: [u8; 4] = said.payload[..4].try_into().expect("a sequence number");
                acknowledged = usize::try_from(u32::from_be_bytes(sequence)).expect("small");
            }
            let timestamp = u32::try_from(picture * 40).expect("small");
            encoder.send(rtmp::VIDEO, timestamp, &avc::delta(20_000)).await;
        }
    }
}

#[tokio::test]
async fn values_of_any_type_anywhere_do_not_cut_off_a_publisher() {
    let mut fixture = Fixture::start().await;
    for (index, (name, odd)) in odd_values().into_iter().enumerate() {
        let stream = format!("s{index}");
        let url = fixture.push_url(&stream, 1);
        let mut encoder = Rtmp::open(&url).await;
        let connect = object(&[("odd", &odd), ("app", &text("live")), ("other", &odd)]);
        encoder.command(&[text("connect"), number(1.0), connect, odd.clone()].concat()).await;
        let success = b"NetConnection.Connect.Success";
        let said = encoder.until(|message| contains(&message.payload, success)).await;
        assert!(said.is_some(), "connect with {name} is answered");
        encoder.command(&[text("_checkbw"), odd.clone(), odd.clone()].concat()).await;
        encoder.command(&[odd.clone(), number(3.0), odd.clone()].concat()).await;
        encoder.command(&[number(4.0), odd.clone()].concat()).await;
        encoder.command(&[text("releaseStream"), number(2.0), odd.clone(), text("x"), odd.clone()].concat()).await;
        let name_of_url = url.rsplit_once("/live/").expect("name").1;
        let publish = [text("publish"), number(5.0), odd.clone(), text(name_of_url), odd.clone()].concat();
        encoder.command(&publish).await;
        let said = encoder.until(|message| contains(&message.payload, b"NetStream.Publish.Start")).await;
        assert!(said.is_some(), "publish with {name} is accepted");
        let metadata = object(&[("odd", &odd), ("width", &number(640.0)), ("other", &odd), ("height", &number(480.0))]);
        encoder.send(rtmp::DATA, 0, &[text("@setDataFrame"), text("onMetaData"), metadata].concat()).await;
        encoder.send(rtmp::DATA, 0, &[odd.clone(), odd.clone()].concat()).await;
        encoder.command(&[text("onFCPublish"), number(6.0), odd.clone(), odd].concat()).await;
        start(&mut fixture, &mut encoder).await;
        fixture.room.subscribe(&stream, "u1", true, true);
        let mut player = Player::open(&fixture.play_url(&stream, 1, "u1", Transport::HttpFlv)).await;
        let (mut metadata, mut tags) = (Vec::new(), Vec::new());
        while !tags.contains(&Tag::VideoKey) {
            let (tag, _) = timeout(SECOND, player.next_tag()).await.expect("a picture in time").expect(name);
            tags.push(tag);
            if tag == Tag::Metadata {
                metadata = player.payload.clone();
            }
        }
        for (property, value) in [("width", 640.0), ("height", 480.0)] {
            let told = [&text(property)[1..], &number(value)].concat();
            assert!(contains(&metadata, &told), "{property} behind {name}: {metadata:?}");
        }
        let means_another = contains(&metadata, &[&text("odd")[1..], &[7, 0, 0]].concat());
        assert!(!means_another, "a reference counts places in the message that it stood in: {metadata:?}");
    }
}

#[tokio::test]
async fn commands_and_metadata_may_be_written_in_other_types() {
    fn long(text: &str) -> Vec<u8> {
        let count = u32::try_from(text.len()).expect("short");
        [&[12][..], &count.to_be_bytes(), text.as_bytes()].concat()
    }
    fn amf3(text: &str) -> Vec<u8> {
        let header = u16::try_from(text.len() << 1 | 1).expect("short");
        let bytes = if header < 0x80 {
            vec![header.to_be_bytes()[1]]
        } else {
            vec![0x80 | (header >> 7) as u8, header as u8 & 0x7f]
        };
        [&[17, 6], &bytes[..], text.as_bytes()].concat()
    }
    const COMMAND_AMF3: u8 = 17;
    const DATA_AMF3: u8 = 15;
    // How texts are written, a transaction of 5, the types of messages, and what comes before their values.
    let ways = [
        (long as fn(&str) -> Vec<u8>, number(5.0), rtmp::COMMAND, rtmp::DATA, &[][..]),
        (amf3, vec![17, 4, 5], rtmp::COMMAND, rtmp::DATA, &[]),
        (text, [&[17, 5][..], &5.0_f64.to_be_bytes()].concat(), COMMAND_AMF3, DATA_AMF3, &[0]),
        (text, number(5.0), COMMAND_AMF3, DATA_AMF3, &[]),
    ];
    let mut fixture = Fixture::start().await;
    for (index, (text_of, transaction, command, data, before)) in ways.into_iter().enumerate() {
        let stream = format!("s{index}");
        let url = fixture.push_url(&stream, 1);
        let mut encoder = Rtmp::open(&url).await;
        let connect = object(&[("app", &text_of("live"))]);
        encoder.send(command, 0, &[before, &text_of("connect"), &transaction, &connect].concat()).await;
        let answer = [text("_result"), number(5.0)].concat();
        let said = encoder.until(|message| contains(&message.payload, &answer)).await;
        assert!(said.is_some(), "connect of way {index} is answered by its number");
        let name = text_of(url.rsplit_once("/live/").expect("name").1);
        encoder.send(command, 0, &[before, &text_of("publish"), &transaction, &[5], &name].concat()).await;
        let said = encoder.until(|message| contains(&message.payload, b"NetStream.Publish.Start")).await;
        assert!(said.is_some(), "publish of way {index} is accepted");
        // A typed object.
        let properties = [&[16][..], &text("T")[1..], &object(&[("width", &number(640.0))])[1..]].concat();
        let metadata = [before, &text_of("@setDataFrame"), &text_of("onMetaData"), &properties].concat();
        encoder.send(data, 0, &metadata).await;
        start(&mut fixture, &mut encoder).await;
        fixture.room.subscribe(&stream, "u1", true, true);
        let mut player = Player::open(&fixture.play_url(&stream, 1, "u1", Transport::HttpFlv)).await;
        let first = timeout(SECOND, player.next_tag()).await.expect("in time").expect("a tag");
        assert_eq!(first.0, Tag::Metadata, "way {index}");
        let told = [&text("width")[1..], &number(640.0)].concat();
        assert!(contains(&player.payload, &told), "way {index}: {:?}", player.payload);
    }
}

#[tokio::test]
async fn sound_and_pictures_stay_together_when_an_encoder_comes_back_with_one_ahead() {
    for (first_sound, first_picture) in [(400, 0), (0, 400), (7_200_400, 7_200_000)] {
        let mut fixture = Fixture::start().await;
        let url = fixture.push_url("s1", 1);
        fixture.room.subscribe("s1", "u1", true, true);
        let mut encoder = Rtmp::publish(&url).await;
        encoder.send(rtmp::AUDIO, 5_000, &aac::header()).await;
        start(&mut fixture, &mut encoder).await;
        for time in (5_000..6_000).step_by(40) {
            encoder.send(rtmp::VIDEO, time, &avc::delta(50)).await;
            encoder.send(rtmp::AUDIO, time, &aac::sound()).await;
        }
        let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
        let before = player.tags_for(SECOND / 2).await;
        let last = before.last().expect("tags").1;
        drop(encoder);
        assert!(matches!(fixture.next_event().await, MediaEvent::Stopped { .. }));

        // Its sound comes first, whatever its time.
        let mut encoder = Rtmp::publish(&url).await;
        encoder.send(rtmp::AUDIO, 0, &aac::header()).await;
        encoder.send(rtmp::VIDEO, 0, &avc::header(1)).await;
        let sounds = (0..50).map(|step| (first_sound + step * 40, true));
        let pictures = (0..50).map(|step| (first_picture + step * 40, false));
        let mut sent: Vec<(u32, bool)> = sounds.chain(pictures).collect();
        sent[1..].sort_unstable();
        for (time, is_sound) in &sent {
            let picture = if *time == first_picture { avc::key(100) } else { avc::delta(50) };
            let (kind, payload) = if *is_sound { (rtmp::AUDIO, aac::sound()) } else { (rtmp::VIDEO, picture) };
            encoder.send(kind, *time, &payload).await;
        }
        let mut after = player.tags_for(SECOND).await;
        after.retain(|(tag, _)| tag.is_picture() || *tag == Tag::Audio);
        assert_eq!(after.len(), sent.len(), "{after:?}");
        let case = format!("sound from {first_sound}, pictures from {first_picture}, after {last}: {after:?}");
        for track in [true, false] {
            let times = after.iter().filter(|(tag, _)| tag.is_picture() == track).map(|(_, time)| *time);
            assert!([last].into_iter().chain(times).is_sorted(), "a track goes back, {case}");
        }
        let offsets = after.iter().zip(&sent).map(|((_, placed), (time, _))| i64::from(*placed) - i64::from(*time));
        let (least, most) = (offsets.clone().min(), offsets.max());
        assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 60), "sound leaves its pictures, {case}");
    }
}

#[tokio::test]
async fn time_stamps_that_go_back_a_little_do_not_take_players_back() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    start(&mut fixture, &mut encoder).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let sent = (0..50).map(|step| step * 40 - if step % 5 == 4 { 55 } else { 0 });
    for time in sent.clone() {
        encoder.send(rtmp::VIDEO, time, &avc::delta(50)).await;
    }
    let tags = player.tags_for(SECOND).await;
    let times: Vec<u32> = tags.iter().filter(|(tag, _)| *tag == Tag::VideoDelta).map(|(_, time)| *time).collect();
    assert!(times.len() == 50 && times.is_sorted(), "{times:?}");
    let apart = times.iter().zip(sent).map(|(placed, sent)| placed.abs_diff(sent));
    assert!(apart.clone().all(|apart| apart <= 60), "{:?}", apart.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cache_that_was_made_larger_is_given_whole() {
    let mut fixture = Fixture::start_with(|config| config.limits.cache_bytes = 16 << 20).await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    start(&mut fixture, &mut encoder).await;
    // More than what one player may lag behind.
    for picture in 1..=40 {
        encoder.send(rtmp::VIDEO, picture * 40, &avc::delta(200_000)).await;
    }
    fixture.room.subscribe("s1", "u1", true, true);
    tokio::time::sleep(SECOND / 2).await;
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let tags = player.tags_for(SECOND).await;
    let pictures = tags.iter().filter(|(tag, _)| tag.is_picture()).count();
    assert!(tags.iter().any(|(tag, _)| *tag == Tag::VideoKey) && pictures == 41, "{pictures} pictures");
}

#[tokio::test]
async fn a_wrong_address_is_told_before_the_connection_ends() {
    let fixture = Fixture::start().await;
    let url = format!("rtmp://{}/vod/x", fixture.media.rtmp_address());
    let app = text("vod");
    for (connect, code) in [
        (object(&[("app", &app)]), &b"NetConnection.Connect.InvalidApp"[..]),
        (object(&[("app", &number(1.0))]), b"NetConnection.Connect.Rejected"),
        (vec![5], b"NetConnection.Connect.Rejected"),
        (Vec::new(), b"NetConnection.Connect.Rejected"),
    ] {
        let mut encoder = Rtmp::open(&url).await;
        encoder.command(&[text("connect"), number(1.0), connect].concat()).await;
        let said = encoder.until(|message| contains(&message.payload, b"_error")).await.expect("an _error");
        assert!(contains(&said.payload, code) && contains(&said.payload, b"/live/"), "{said:?}");
        assert!(encoder.until(|_| false).await.is_none(), "then it is closed");
    }
}

#[tokio::test]
async fn a_key_frame_above_the_limit_is_told_with_the_limit_and_the_limit_can_be_raised() {
    let big = avc::key((4 << 20) + 1_000);
    let mut fixture = Fixture::start().await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    start(&mut fixture, &mut encoder).await;
    // It may be closed before all of it is written.
    encoder.try_send(rtmp::VIDEO, 40, &big).await;
    let said = encoder.until(|message| contains(&message.payload, b"NetStream.Failed")).await.expect("a reason");
    assert!(contains(&said.payload, b"4194304") && contains(&said.payload, b"media.message_bytes"), "{said:?}");
    let event = fixture.next_event().await;
    assert!(matches!(event, MediaEvent::Stopped { reason: StopReason::Malformed, .. }), "{event:?}");

    let mut fixture = Fixture::start_with(|config| config.limits.message_bytes = 8 << 20).await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    start(&mut fixture, &mut encoder).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    player.tags_for(SECOND / 4).await;
    encoder.send(rtmp::VIDEO, 40, &big).await;
    encoder.send(rtmp::AUDIO, 50, &aac::header()).await;
    let tags = player.tags_for(SECOND).await;
    assert!(tags.iter().any(|(tag, _)| *tag == Tag::VideoKey), "the large picture arrives: {tags:?}");
}
