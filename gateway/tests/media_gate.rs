//! Every push and every play is authorised before it is accepted, by RTMP and by HTTP-FLV.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use media_support::ffmpeg::{self, SMALL};
use media_support::flv::Player;
use media_support::{Fixture, LIFETIME, NOW, stream_id};
use miniapp_rtc::protocol::Role;
use miniapp_rtc_gateway::media::{MediaEvent, MediaServer, Transport};

const LIMIT: Duration = Duration::from_secs(10);

async fn refused_push(fixture: &mut Fixture, url: &str, reason: &str) {
    let (succeeded, said) = ffmpeg::push(url, SMALL).finish(LIMIT).await;
    assert!(!succeeded && said.contains(reason), "wanted {reason}, ffmpeg said: {said}");
    assert!(fixture.media.list().await.expect("list").is_empty(), "{reason}: no stream came to be");
    assert!(fixture.events.try_recv().is_err(), "{reason}: nothing was announced");
}

async fn refused_play(url: &str, reason: &str) {
    let (succeeded, said) = ffmpeg::start_pull(url, 1).finish(LIMIT).await;
    assert!(!succeeded && said.contains(reason), "wanted {reason}, ffmpeg said: {said}");
}

async fn refused_http(url: &str, status: u16, reason: &str) {
    let player = Player::open(url).await;
    assert_eq!(player.status, status, "{reason}");
    let text = player.text().await;
    let answer: serde_json::Value = serde_json::from_str(&text).expect("json");
    assert_eq!(answer["error"]["reason"], reason, "{text}");
    assert!(!text.contains("ticket="), "{text}");
}

fn forge(url: &str) -> String {
    let (start, last) = url.split_at(url.len() - 2);
    format!("{start}{}", if last.starts_with('A') { "BA" } else { "AA" })
}

fn without_ticket(url: &str) -> &str {
    url.split('?').next().expect("path")
}

#[tokio::test]
async fn a_push_without_a_good_ticket_is_refused_before_it_is_accepted() {
    let mut fixture = Fixture::start().await;
    let good = fixture.push_url("s1", 1);
    refused_push(&mut fixture, without_ticket(&good), "ticket_missing").await;
    refused_push(&mut fixture, &forge(&good), "ticket_signature").await;
    refused_push(&mut fixture, &good.replace("/live/s1-1?", "/live/s2-1?"), "ticket_stream").await;
    refused_push(&mut fixture, &good.replace("/live/s1-1?", "/live/s1-2?"), "ticket_stream").await;
    refused_push(&mut fixture, &good.replace("=v1.test.", "=v1.other."), "ticket_key_unknown").await;
    let play = fixture.play_url("s1", 1, "publisher", Transport::Rtmp);
    refused_push(&mut fixture, &play, "ticket_operation").await;
    assert_eq!(fixture.room.asked(), [], "the room is asked about good tickets only");

    let stranger = fixture.url(Role::Pusher, "s1", 1, "stranger", Transport::Rtmp);
    refused_push(&mut fixture, &stranger, "not_publisher").await;
    assert_eq!(fixture.room.asked(), [(Role::Pusher, stream_id("s1"))]);
}

#[tokio::test]
async fn a_play_without_a_good_ticket_is_refused() {
    let mut fixture = Fixture::start().await;
    let push = fixture.push_url("s1", 1);
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let rtmp = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let flv = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    let stranger = fixture.play_url("s1", 1, "u2", Transport::Rtmp);

    refused_play(without_ticket(&rtmp), "ticket_missing").await;
    refused_play(&forge(&rtmp), "ticket_signature").await;
    refused_play(&push, "ticket_operation").await;
    refused_play(&rtmp.replace("/live/s1-1?", "/live/s1-9?"), "ticket_stream").await;
    refused_play(&stranger, "not_subscribed").await;

    refused_http(without_ticket(&flv), 401, "ticket_missing").await;
    refused_http(&forge(&flv), 403, "ticket_signature").await;
    refused_http(&flv.replace("/live/s1-1.flv", "/live/s1-9.flv"), 403, "ticket_stream").await;
    let push_by_http = flv.split('?').next().expect("path").to_owned() + "?" + push.split_once('?').expect("query").1;
    refused_http(&push_by_http, 403, "ticket_operation").await;
    refused_http(&fixture.play_url("s1", 1, "u2", Transport::HttpFlv), 403, "not_subscribed").await;
    fixture.room.subscribe("s9", "u1", true, true);
    refused_http(&fixture.play_url("s9", 1, "u1", Transport::HttpFlv), 404, "stream_not_live").await;
    refused_play(&fixture.play_url("s9", 1, "u1", Transport::Rtmp), "stream_not_live").await;

    assert_eq!(fixture.media.health().await.players, 0);
}

#[tokio::test]
async fn an_address_is_as_good_as_the_rooms_word_however_old_it_is() {
    let mut fixture = Fixture::start().await;
    let push = fixture.push_url("s1", 1);
    fixture.room.subscribe("s1", "u1", true, true);
    let flv = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    for clock in [NOW + LIFETIME + 1, NOW + 3 * 3_600, NOW - 3_600] {
        fixture.clock.store(clock, Ordering::Relaxed);
        let pusher = ffmpeg::push(&push, SMALL);
        assert!(matches!(fixture.next_event().await, MediaEvent::Started { .. }), "at {clock}");
        assert_eq!(Player::open(&flv).await.status, 200, "at {clock}");
        drop(pusher);
        assert!(matches!(fixture.next_event().await, MediaEvent::Stopped { .. }), "at {clock}");
    }
    let _pusher = ffmpeg::push(&push, SMALL);
    fixture.next_event().await;
    fixture.room.unsubscribe("s1", "u1");
    refused_http(&flv, 403, "not_subscribed").await;
}

#[tokio::test]
async fn a_revoked_generation_is_refused_and_the_next_is_not() {
    let mut fixture = Fixture::start().await;
    let first = fixture.push_url("s1", 1);
    let second = fixture.push_url("s1", 2);
    let third = fixture.push_url("s1", 3);
    assert_eq!(fixture.media.kick_stream(&stream_id("s1"), 2).await.expect("kick"), 0);
    refused_push(&mut fixture, &first, "ticket_revoked").await;
    refused_push(&mut fixture, &second, "ticket_revoked").await;
    let _pusher = ffmpeg::push(&third, SMALL);
    fixture.next_event().await;
    assert_eq!(fixture.media.list().await.expect("list")[0].generation, 3);
}

#[tokio::test]
async fn a_slow_decision_delays_only_its_own_stream() {
    let mut fixture = Fixture::start().await;
    fixture.room.decide_slowly("slow", Duration::from_secs(3));
    let start = Instant::now();
    let _slow = ffmpeg::push(&fixture.push_url("slow", 1), SMALL);
    while fixture.room.asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let asked_after = start.elapsed();
    let _quick = fixture.push("quick", 1, SMALL).await;
    assert!(start.elapsed() < asked_after + Duration::from_millis(2_500), "{:?}", start.elapsed());
    let live: Vec<String> =
        fixture.media.list().await.expect("list").iter().map(|stream| stream.stream.to_string()).collect();
    assert_eq!(live, ["quick"], "nothing is accepted before the decision");
    fixture.next_event().await;
    assert!(start.elapsed() >= Duration::from_secs(3));
}
