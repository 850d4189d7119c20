//! Encoders as they are: with acknowledgement windows, with values that few decoders know, with wrong addresses.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::Duration;

use media_support::Fixture;
use media_support::flv::{Player, Tag};
use media_support::rtmp::{self, Rtmp, aac, avc, contains, number, object, text};
use miniapp_rtc_gateway::media::{MediaEvent, StopReason, Transport};

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
        encoder.command(&[text("releaseStream"), number(2.0), odd.clone(), text("x"), odd.clone()].concat()).await;
        let name_of_url = url.rsplit_once("/live/").expect("name").1;
        let publish = [text("publish"), number(5.0), odd.clone(), text(name_of_url), odd.clone()].concat();
        encoder.command(&publish).await;
        let said = encoder.until(|message| contains(&message.payload, b"NetStream.Publish.Start")).await;
        assert!(said.is_some(), "publish with {name} is accepted");
        let metadata = object(&[("odd", &odd), ("width", &number(640.0)), ("other", &odd)]);
        encoder.send(rtmp::DATA, 0, &[text("@setDataFrame"), text("onMetaData"), metadata].concat()).await;
        encoder.send(rtmp::DATA, 0, &[odd.clone(), odd.clone()].concat()).await;
        encoder.command(&[text("onFCPublish"), number(6.0), odd.clone(), odd].concat()).await;
        start(&mut fixture, &mut encoder).await;
        fixture.room.subscribe(&stream, "u1", true, true);
        let mut player = Player::open(&fixture.play_url(&stream, 1, "u1", Transport::HttpFlv)).await;
        let tags = player.tags_for(SECOND / 2).await;
        assert!(tags.iter().any(|(tag, _)| *tag == Tag::VideoKey), "{name}: {tags:?}");
    }
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
