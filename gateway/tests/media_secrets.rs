//! No ticket and no key is in any log, at any level.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::io;
use std::sync::{Arc, Mutex};

use media_support::Fixture;
use media_support::ffmpeg::{self, SMALL};
use media_support::flv::Player;
use miniapp_rtc::protocol::Role;
use miniapp_rtc_gateway::media::{MediaServer, Transport};
use tracing_subscriber::filter::LevelFilter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn tickets_and_keys_are_in_no_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let mut fixture = Fixture::start().await;
    let push = fixture.push_url("s1", 1);
    let refused_push = fixture.url(Role::Pusher, "s1", 1, "stranger", Transport::Rtmp);
    ffmpeg::push(&refused_push, SMALL).finish(std::time::Duration::from_secs(10)).await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let rtmp = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let flv = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    ffmpeg::pull(&rtmp, 1).await;
    Player::open(&flv).await.tags_for(std::time::Duration::from_millis(300)).await;
    let refused_play = fixture.play_url("s1", 1, "u2", Transport::HttpFlv);
    Player::open(&refused_play).await;
    let config_print = format!("{:?} {:?}", media_support::keys(), fixture.media.list().await);
    fixture.media.shutdown().await;

    let mut printed = String::from_utf8(log.0.lock().unwrap().clone()).expect("utf-8");
    for expected in ["media server listens", "publisher started", "not_subscribed", "session does not publish"] {
        assert!(printed.contains(expected), "the log was captured: {expected}\n{printed}");
    }
    printed.push_str(&config_print);
    for url in [push, refused_push, rtmp, flv, refused_play] {
        let ticket = url.split_once("ticket=").expect("a ticket").1;
        let signature = ticket.rsplit('.').next().expect("a signature");
        assert!(!printed.contains(ticket) && !printed.contains(signature));
    }
    assert!(!printed.contains("ticket=") && !printed.contains("the media secret of the tests"));
}
