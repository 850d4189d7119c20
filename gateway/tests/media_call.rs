//! Real media through the embedded media server: what is pushed is played and decoded.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::Duration;

use media_support::ffmpeg::{self, Picture, SMALL};
use media_support::flv::{Player, Tag};
use media_support::{Fixture, stream_id};
use miniapp_rtc_gateway::media::{MediaEvent, MediaServer, StopReason, Transport};

#[tokio::test]
async fn a_pushed_stream_is_played_by_rtmp_and_by_http_flv() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    fixture.room.subscribe("s1", "u2", true, true);
    let rtmp = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let flv = fixture.play_url("s1", 1, "u2", Transport::HttpFlv);
    let (rtmp, flv) = tokio::join!(ffmpeg::pull(&rtmp, 3), ffmpeg::pull(&flv, 3));
    assert!(rtmp.video >= 40 && rtmp.audio >= 100, "rtmp: {rtmp:?}");
    assert!(flv.video >= 40 && flv.audio >= 100, "http-flv: {flv:?}");
    let streams = fixture.media.list().await.expect("list");
    assert_eq!((streams.len(), streams[0].generation), (1, 1));
    assert!(streams[0].publisher.is_some());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fixture.media.health().await.players, 0, "players that left are gone");
}

#[tokio::test]
async fn a_late_joiner_gets_a_picture_long_before_the_next_key_frame() {
    let mut fixture = Fixture::start().await;
    let slow_keys = Picture { key_every_frames: 15 * 30, ..SMALL };
    let _pusher = fixture.push("s1", 1, slow_keys).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let url = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    let mut player = Player::open(&url).await;
    assert_eq!((player.status, player.flags), (200, 5));
    assert!(player.head.contains("content-type: video/x-flv"));
    let tags = player.tags_for(Duration::from_millis(700)).await;
    let kinds: Vec<Tag> = tags.iter().map(|(tag, _)| *tag).collect();
    assert_eq!(kinds[..4], [Tag::Metadata, Tag::AudioHeader, Tag::VideoHeader, Tag::VideoKey]);
    let is_monotonic = tags.windows(2).all(|pair| pair[1].1 + 100 >= pair[0].1 && pair[1].1 <= pair[0].1 + 500);
    assert!(is_monotonic, "time stamps do not jump: {tags:?}");
    let decoded = ffmpeg::pull(&fixture.play_url("s1", 1, "u1", Transport::Rtmp), 2).await;
    assert!(decoded.video >= 20, "{decoded:?}");
}

#[tokio::test]
async fn events_tell_when_a_stream_starts_and_why_it_stops() {
    let mut fixture = Fixture::start().await;
    let pusher = ffmpeg::push(&fixture.push_url("s1", 7), SMALL);
    let MediaEvent::Started { stream, generation, connection } = fixture.next_event().await else { panic!("started") };
    assert_eq!((stream, generation), (stream_id("s1"), 7));
    // ffmpeg ends the stream in good order on SIGINT.
    pusher.signal("-INT");
    let stopped = fixture.next_event().await;
    let expected =
        MediaEvent::Stopped { stream: stream_id("s1"), generation, connection, reason: StopReason::Finished };
    assert_eq!(stopped, expected);

    let pusher = fixture.push("s1", 8, SMALL).await;
    drop(pusher);
    let stopped = fixture.next_event().await;
    assert!(
        matches!(stopped, MediaEvent::Stopped { generation: 8, reason: StopReason::Disconnected, .. }),
        "{stopped:?}"
    );
}

#[tokio::test]
async fn shutdown_ends_everything_and_frees_the_ports() {
    let mut fixture = Fixture::start().await;
    let pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let _undecided = tokio::net::TcpStream::connect(fixture.media.rtmp_address()).await.expect("connected");
    while fixture.media.health().await.connections < 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::timeout(Duration::from_secs(3), fixture.media.shutdown()).await.expect("in time");
    let stopped = fixture.next_event().await;
    assert!(matches!(stopped, MediaEvent::Stopped { reason: StopReason::Shutdown, .. }), "{stopped:?}");
    while player.next_tag().await.is_some() {}
    assert!(!fixture.media.health().await.serving);
    std::net::TcpListener::bind(fixture.media.rtmp_address()).expect("the port is free");
    let (succeeded, _) = pusher.finish(Duration::from_secs(5)).await;
    assert!(!succeeded);
}
