//! Peers that misbehave cost a bounded amount of memory and time.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::{Duration, Instant};

use media_support::Fixture;
use media_support::ffmpeg::{Picture, SMALL};
use media_support::flv::Player;
use media_support::raw_pusher::RawPusher;
use media_support::rtmp::{AUDIO, Rtmp, VIDEO, aac, avc, contains};
use miniapp_rtc_gateway::lobby::{Lobby, LobbyLimits};
use miniapp_rtc_gateway::media::{MediaEvent, MediaServer, StopReason, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

/// Waits until the server closes the connection.
async fn closed(mut socket: TcpStream, limit: Duration) -> Duration {
    let start = Instant::now();
    let mut buffer = [0; 4_096];
    let read_all = async { while let Ok(1..) = socket.read(&mut buffer).await {} };
    timeout(limit, read_all).await.expect("the server closes the connection");
    start.elapsed()
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_disconnected_and_others_are_not_disturbed() {
    let mut fixture = Fixture::start_with(|config| {
        config.limits.outlet.bytes = 3 << 20;
        config.limits.outlet.stall = 3 * SECOND;
    })
    .await;
    let _pusher = fixture.push("s1", 1, Picture { key_every_frames: 15, kilobits: 6_000 }).await;
    fixture.room.subscribe("s1", "slow", true, true);
    fixture.room.subscribe("s1", "quick", true, true);
    let slow = Player::request(&fixture.play_url("s1", 1, "slow", Transport::HttpFlv), Some(4_096)).await;
    let mut quick = Player::open(&fixture.play_url("s1", 1, "quick", Transport::HttpFlv)).await;
    while fixture.media.health().await.players < 2 {
        tokio::time::sleep(SECOND / 50).await;
    }
    let reading = tokio::spawn(async move { quick.tags_for(15 * SECOND).await });
    let start = Instant::now();
    while fixture.media.health().await.connections > 2 {
        assert!(start.elapsed() < 14 * SECOND, "the slow reader's connection is ended");
        tokio::time::sleep(SECOND / 10).await;
    }
    let taken = slow.drain().await;
    assert!(taken < 2 << 20, "what the kernel and HTTP held for it: {taken} bytes");
    let tags = reading.await.expect("reader");
    let pictures = tags.iter().filter(|(tag, _)| tag.is_picture()).count();
    assert!(pictures >= 12 * 15, "the quick reader lost nothing: {pictures}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let fixture = Fixture::start_with(|config| config.limits.handshake = SECOND).await;
    for address in [fixture.media.rtmp_address(), fixture.media.http_flv_address()] {
        let socket = TcpStream::connect(address).await.expect("connected");
        let after = closed(socket, 4 * SECOND).await;
        assert!(after > SECOND / 2, "{address}: {after:?}");
    }
    // A handshake alone does not buy time.
    let mut socket = TcpStream::connect(fixture.media.rtmp_address()).await.expect("connected");
    let mut hello = vec![0; 1 + 2 * 1_536];
    hello[0] = 3;
    socket.write_all(&hello).await.expect("handshake");
    closed(socket, 4 * SECOND).await;
}

#[tokio::test]
async fn a_publisher_whose_bytes_are_no_media_is_silent() {
    let mut fixture = Fixture::start_with(|config| config.limits.silence = 2 * SECOND).await;
    let mut pusher = RawPusher::open(&fixture.push_url("s1", 1)).await;
    pusher.picture(0, true).await;
    assert!(matches!(fixture.next_event().await, MediaEvent::Started { .. }));
    let start = Instant::now();
    while !pusher.is_closed().await {
        assert!(start.elapsed() < 4 * SECOND, "acknowledgements keep it alive");
        pusher.acknowledge().await;
        tokio::time::sleep(SECOND / 5).await;
    }
    assert!(start.elapsed() > SECOND, "cut too early: {:?}", start.elapsed());
    let stopped = fixture.next_event().await;
    assert!(matches!(stopped, MediaEvent::Stopped { reason: StopReason::Silent, .. }), "{stopped:?}");
}

#[tokio::test]
async fn noise_is_refused_at_once_and_the_server_lives() {
    let mut fixture = Fixture::start().await;
    let mut valid_handshake = vec![0; 1 + 2 * 1_536];
    valid_handshake[0] = 3;
    let nested = [3, 0, 1, b'a'].repeat(1_000);
    let mut deep = vec![0x03, 0, 0, 0, 0, 0x0f, 0xa0, 20, 0, 0, 0, 0];
    deep.extend(nested.chunks(128).collect::<Vec<_>>().join(&0xc3));
    let huge = [0x03, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0];
    let out_of_order = b"\x03\x00\x00\x00\x00\x00\x1c\x14\x00\x00\x00\x00\
        \x02\x00\x07publish\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x05\x02\x00\x01a\x02\x00\x01b";
    let noises: [&[u8]; 5] = [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 4_000], &deep, &huge, out_of_order];
    for (index, noise) in noises.iter().enumerate() {
        let mut socket = TcpStream::connect(fixture.media.rtmp_address()).await.expect("connected");
        if index >= 2 {
            socket.write_all(&valid_handshake).await.expect("handshake");
        }
        // It may be closed before all of it is written.
        let _ = socket.write_all(noise).await;
        closed(socket, 2 * SECOND).await;
    }
    let _pusher = fixture.push("s1", 1, SMALL).await;
    assert_eq!(fixture.media.health().await.publishers, 1);
}

#[tokio::test]
async fn connections_and_players_are_limited() {
    let mut fixture = Fixture::start_with(|config| {
        config.limits.connections = 4;
        config.limits.players_per_stream = 2;
    })
    .await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    let _another = fixture.push("s2", 1, SMALL).await;
    let mut players = Vec::new();
    for (stream, session) in [("s1", "u1"), ("s1", "u2"), ("s1", "u3"), ("s2", "u1")] {
        fixture.room.subscribe(stream, session, true, true);
        let player = Player::open(&fixture.play_url(stream, 1, session, Transport::HttpFlv)).await;
        players.push(player);
    }
    let statuses: Vec<u16> = players.iter().map(|player| player.status).collect();
    assert_eq!(statuses, [200, 200, 503, 503], "the third player of a stream, and the fifth of all, are one too many");
    players.clear();
    let start = Instant::now();
    while fixture.media.health().await.connections > 2 {
        assert!(start.elapsed() < 3 * SECOND, "players that leave free their places");
        tokio::time::sleep(SECOND / 20).await;
    }
}

#[tokio::test]
async fn connections_without_a_ticket_lock_nobody_out() {
    let mut fixture = Fixture::start_with(|config| {
        config.lobby = Lobby::new(LobbyLimits { connections: 20, per_address: 10 });
        config.limits.connections = 3;
        config.limits.handshake = 60 * SECOND;
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        for address in [fixture.media.rtmp_address(), fixture.media.http_flv_address()] {
            idle.push(TcpStream::connect(address).await.expect("connected"));
        }
    }
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    assert_eq!(player.status, 200);
    for _ in 0..50 {
        idle.push(TcpStream::connect(fixture.media.rtmp_address()).await.expect("connected"));
    }
    assert!(closed(idle.remove(0), SECOND).await < SECOND / 2, "the oldest is cut");
    let tags = player.tags_for(2 * SECOND).await;
    assert!(tags.iter().any(|(tag, _)| tag.is_picture()), "who plays is not cut");
    assert!(fixture.media.health().await.connections <= 13);
}

#[tokio::test]
async fn one_subscriber_holds_few_connections_and_the_newest_of_them() {
    let mut fixture = Fixture::start_with(|config| {
        config.limits.players_per_stream = 4;
        config.limits.players_per_subscriber = 2;
    })
    .await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    let mut players = Vec::new();
    for (session, transport) in [("u1", Transport::HttpFlv); 5].into_iter().chain([("u2", Transport::HttpFlv)]) {
        fixture.room.subscribe("s1", session, true, true);
        players.push(Player::open(&fixture.play_url("s1", 1, session, transport)).await);
    }
    assert!(players.iter().all(|player| player.status == 200));
    assert_eq!(fixture.media.health().await.players, 3);
    let mut newest = players.remove(4);
    assert!(newest.tags_for(SECOND).await.iter().any(|(tag, _)| tag.is_picture()), "the newest plays");
    let oldest = players.remove(0);
    timeout(2 * SECOND, oldest.drain()).await.expect("the oldest is over");
}

#[tokio::test]
async fn a_client_that_never_pushes_or_plays_may_not_send_for_ever() {
    let fixture = Fixture::start_with(|config| config.limits.handshake = 60 * SECOND).await;
    let mut encoder = Rtmp::open(&fixture.push_url("s1", 1)).await;
    let (mut sent, start) = (0, Instant::now());
    // Pings, which are answered.
    while encoder.try_send(4, 0, &[0, 6, 0, 0, 0, 0]).await {
        sent += 18;
        assert!(sent < 10 << 20, "still open");
    }
    assert!(start.elapsed() < 10 * SECOND, "it was ended for its time alone");
}

#[tokio::test]
async fn a_decoder_configuration_may_not_be_huge() {
    let fixture = Fixture::start().await;
    for (type_id, mut header) in [(VIDEO, avc::header(1)), (AUDIO, aac::header())] {
        let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
        header.resize(60_000, 0);
        encoder.send(type_id, 0, &header).await;
        header.resize(4_000_000, 0);
        encoder.send(type_id, 0, &header).await;
        let said = encoder.until(|message| contains(&message.payload, b"65536 are allowed")).await;
        assert!(said.is_some(), "it is told why");
    }
}

#[tokio::test]
async fn a_publisher_that_makes_the_process_hold_too_much_is_ended_and_the_others_go_on() {
    let mut fixture = Fixture::start_with(|config| config.limits.held_bytes = 16 << 20).await;
    let _pusher = fixture.push("modest", 1, SMALL).await;
    fixture.room.subscribe("modest", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("modest", 1, "u1", Transport::HttpFlv)).await;
    let mut greedy = Vec::new();
    for number in 0..8 {
        let mut encoder = Rtmp::publish(&fixture.push_url(&format!("greedy-{number}"), 1)).await;
        encoder.send(VIDEO, 0, &avc::header(1)).await;
        greedy.push(encoder);
    }
    let mut most = 0;
    for round in 0..3 {
        for encoder in &mut greedy {
            let picture = if round == 0 { avc::key(1 << 20) } else { avc::delta(1 << 20) };
            encoder.try_send(VIDEO, round * 100, &picture).await;
            // The server reads it.
            tokio::time::sleep(SECOND / 20).await;
            most = most.max(fixture.media.health().await.held_bytes);
        }
    }
    let mut told = 0;
    for encoder in &mut greedy {
        told += usize::from(encoder.until(|message| contains(&message.payload, b"media.held_bytes")).await.is_some());
    }
    assert!((1..8).contains(&told), "{told} were ended and told why");
    assert!((14 << 20..20 << 20).contains(&most), "{most} bytes");
    let tags = player.tags_for(2 * SECOND).await;
    let pictures = tags.iter().filter(|(tag, _)| tag.is_picture()).count();
    assert!(pictures > 20, "{pictures} pictures of the modest one");
    drop(greedy);
}

#[tokio::test]
async fn two_hundred_players_at_once_have_two_hundred_connection_ids() {
    let mut fixture = Fixture::start_with(|config| {
        (config.limits.players_per_stream, config.limits.players_per_subscriber) = (300, 300);
    })
    .await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let url = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    let opening = (0..200).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { Player::open(&url).await })
    });
    let mut players = Vec::new();
    for player in opening.collect::<Vec<_>>() {
        players.push(player.await.expect("opened"));
    }
    assert!(players.iter().all(|player| player.status == 200));
    assert_eq!(fixture.media.health().await.players, 200);
    players.truncate(100);
    let start = Instant::now();
    while fixture.media.health().await.players != 100 {
        assert!(start.elapsed() < 3 * SECOND, "each player that leaves takes only itself away");
        tokio::time::sleep(SECOND / 20).await;
    }
}
