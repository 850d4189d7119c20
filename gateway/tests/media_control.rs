//! Signaling steers media: play filters, kicks, second publishers, silent publishers.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::{Duration, Instant};

use media_support::ffmpeg::{self, SMALL};
use media_support::flv::{Player, Tag};
use media_support::raw_pusher::RawPusher;
use media_support::{Fixture, session_id, stream_id};
use miniapp_rtc_gateway::media::{MediaEvent, MediaServer, StopReason, Transport};

const SECOND: Duration = Duration::from_secs(1);

fn count(tags: &[(Tag, u32)], of: impl Fn(Tag) -> bool) -> usize {
    tags.iter().filter(|(tag, _)| of(*tag)).count()
}

fn pictures(tags: &[(Tag, u32)]) -> usize {
    count(tags, Tag::is_picture)
}

fn sounds(tags: &[(Tag, u32)]) -> usize {
    count(tags, |tag| tag == Tag::Audio)
}

#[tokio::test]
async fn a_filter_takes_video_or_audio_away_and_gives_it_back_at_a_key_frame() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let both = player.tags_for(2 * SECOND).await;
    assert!(pictures(&both) >= 20 && sounds(&both) >= 50, "both: {both:?}");

    fixture.turn("s1", "u1", true, false).await;
    player.tags_for(SECOND / 4).await;
    let audio_only = player.tags_for(2 * SECOND).await;
    assert!(pictures(&audio_only) == 0 && sounds(&audio_only) >= 60, "audio only: {audio_only:?}");

    fixture.turn("s1", "u1", false, true).await;
    let mut video_only = player.tags_for(SECOND / 4).await;
    video_only.extend(player.tags_for(2 * SECOND).await);
    let first = video_only.iter().map(|(tag, _)| *tag).find(|tag| tag.is_picture());
    assert_eq!(first, Some(Tag::VideoKey), "video comes back with a key frame");
    assert!(pictures(&video_only) >= 15, "video only: {video_only:?}");
    assert!(sounds(&video_only) <= 2, "video only: {video_only:?}");

    fixture.turn("s1", "u1", true, true).await;
    let again = player.tags_for(2 * SECOND).await;
    assert!(pictures(&again) >= 20 && sounds(&again) >= 50, "again: {again:?}");
}

#[tokio::test]
async fn tracks_that_change_while_a_play_is_being_decided_are_heeded() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    fixture.room.decide_slowly("s1", SECOND / 2);
    let url = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    let (mut player, ()) = tokio::join!(Player::open(&url), async {
        tokio::time::sleep(SECOND / 4).await;
        fixture.turn("s1", "u1", true, false).await;
    });
    let tags = player.tags_for(2 * SECOND).await;
    assert!(pictures(&tags) == 0 && sounds(&tags) >= 50, "sound alone, though the room's word was older: {tags:?}");
}

#[tokio::test]
async fn an_audio_only_player_decodes_sound_and_no_picture() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, false);
    fixture.room.subscribe("s1", "u2", false, true);
    let audio = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let video = fixture.play_url("s1", 1, "u2", Transport::Rtmp);
    let (audio, video) = tokio::join!(ffmpeg::pull(&audio, 2), ffmpeg::pull(&video, 2));
    assert!(audio.video == 0 && audio.audio >= 60, "audio only: {audio:?}");
    assert!(video.video >= 20 && video.audio == 0, "video only: {video:?}");
}

#[tokio::test]
async fn a_second_publisher_is_refused_while_media_flows_and_taken_when_it_does_not() {
    let mut fixture = Fixture::start_with(|config| {
        config.limits.stalled_after = SECOND;
        config.limits.silence = 20 * SECOND;
    })
    .await;
    let url = fixture.push_url("s1", 1);
    let first = fixture.push("s1", 1, SMALL).await;
    let (succeeded, said) = ffmpeg::push(&url, SMALL).finish(10 * SECOND).await;
    assert!(!succeeded && said.contains("stream_busy"), "{said}");
    assert!(fixture.events.try_recv().is_err(), "the first publisher is untouched");

    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let before = player.tags_for(SECOND).await;
    first.signal("-STOP");
    tokio::time::sleep(SECOND + SECOND / 2).await;
    let _second = ffmpeg::push(&url, SMALL);
    let stopped = fixture.next_event().await;
    assert!(matches!(stopped, MediaEvent::Stopped { reason: StopReason::Replaced, .. }), "{stopped:?}");
    let started = fixture.next_event().await;
    assert!(matches!(started, MediaEvent::Started { generation: 1, .. }), "{started:?}");
    let after = player.tags_for(2 * SECOND).await;
    assert!(pictures(&after) >= 10, "the player goes on: {after:?}");
    let last = before.last().expect("tags").1;
    assert!(after.iter().all(|(_, time)| *time >= last && *time < last + 10_000), "{last}: {after:?}");
    first.signal("-CONT");
    let (succeeded, _) = first.finish(10 * SECOND).await;
    assert!(!succeeded, "the replaced publisher is disconnected");
    assert!(fixture.events.try_recv().is_err(), "and says no second Stopped");
}

#[tokio::test]
async fn a_newer_generation_replaces_the_older_one() {
    let mut fixture = Fixture::start().await;
    let older = fixture.push("s1", 1, SMALL).await;
    let newer = fixture.push_url("s1", 2);
    let _newer = ffmpeg::push(&newer, SMALL);
    let stopped = fixture.next_event().await;
    assert!(matches!(stopped, MediaEvent::Stopped { generation: 1, reason: StopReason::Replaced, .. }), "{stopped:?}");
    let started = fixture.next_event().await;
    assert!(matches!(started, MediaEvent::Started { generation: 2, .. }), "{started:?}");
    assert!(!older.finish(10 * SECOND).await.0);
    let url = fixture.push_url("s1", 1);
    let (_, said) = ffmpeg::push(&url, SMALL).finish(10 * SECOND).await;
    assert!(said.contains("stream_generation"), "{said}");
}

#[tokio::test]
async fn kicks_end_publishers_and_players_at_once() {
    let mut fixture = Fixture::start().await;
    let pusher = fixture.push("s1", 1, SMALL).await;
    for session in ["u1", "u2", "u3"] {
        fixture.room.subscribe("s1", session, true, true);
    }
    let mut first = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let mut second = Player::open(&fixture.play_url("s1", 1, "u2", Transport::HttpFlv)).await;
    let third = ffmpeg::start_pull(&fixture.play_url("s1", 1, "u3", Transport::Rtmp), 30);
    while fixture.media.health().await.players < 3 {
        tokio::time::sleep(SECOND / 50).await;
    }
    let kicked = fixture.media.kick_subscription(&stream_id("s1"), &session_id("u1")).await.expect("kick");
    assert_eq!(kicked, 1);
    assert!(first.tags_for(SECOND).await.len() < 100 && first.next_tag().await.is_none(), "u1 is out");
    assert!(pictures(&second.tags_for(SECOND).await) > 5, "u2 is not");

    let start = Instant::now();
    assert_eq!(fixture.media.kick_stream(&stream_id("s1"), 1).await.expect("kick"), 3);
    let stopped = fixture.next_event().await;
    assert!(matches!(stopped, MediaEvent::Stopped { reason: StopReason::Kicked, .. }), "{stopped:?}");
    while second.next_tag().await.is_some() {}
    assert!(!pusher.finish(10 * SECOND).await.0);
    third.finish(10 * SECOND).await;
    assert!(start.elapsed() < 3 * SECOND, "{:?}", start.elapsed());
    assert!(fixture.media.list().await.expect("list").is_empty());
    assert_eq!(fixture.media.kick_stream(&stream_id("s1"), 1).await.expect("kick"), 0, "a repeat does nothing");
}

#[tokio::test]
async fn a_silent_publisher_is_stopped_although_its_socket_is_open() {
    let mut fixture = Fixture::start_with(|config| {
        config.limits.silence = 2 * SECOND;
        config.limits.publisher_grace = SECOND;
    })
    .await;
    let pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    player.tags_for(SECOND).await;
    pusher.signal("-STOP");
    let start = Instant::now();
    let stopped = fixture.next_event().await;
    let after = start.elapsed();
    assert!(matches!(stopped, MediaEvent::Stopped { reason: StopReason::Silent, .. }), "{stopped:?}");
    assert!(after > SECOND && after < 4 * SECOND, "{after:?}");
    while player.next_tag().await.is_some() {}
    assert!(start.elapsed() < 7 * SECOND, "players are let go after the grace time");
    assert!(fixture.media.list().await.expect("list").is_empty());
}

#[tokio::test]
async fn players_survive_a_publisher_that_comes_back_in_time() {
    let mut fixture = Fixture::start().await;
    let pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    let before = player.tags_for(SECOND).await;
    drop(pusher);
    fixture.next_event().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    let after = player.tags_for(2 * SECOND).await;
    let kinds: Vec<Tag> = after.iter().map(|(tag, _)| *tag).collect();
    let header = kinds.iter().position(|tag| *tag == Tag::VideoHeader).expect("a new header");
    let picture = kinds[header..].iter().find(|tag| tag.is_picture());
    assert_eq!(picture, Some(&Tag::VideoKey));
    let last = before.last().expect("tags").1;
    assert!(after[header..].iter().all(|(_, time)| *time >= last), "time goes on after {last}: {after:?}");
    assert!(pictures(&after) >= 10);
}

#[tokio::test]
async fn a_kick_reaches_a_player_that_is_being_decided_on() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    fixture.room.decide_slowly("s1", SECOND);
    let url = fixture.play_url("s1", 1, "u1", Transport::HttpFlv);
    let opening = tokio::spawn(async move { Player::open(&url).await.status });
    while fixture.room.asked().len() < 2 {
        tokio::time::sleep(SECOND / 50).await;
    }
    assert_eq!(fixture.media.kick_subscription(&stream_id("s1"), &session_id("u1")).await.expect("kick"), 0);
    assert_eq!(opening.await.expect("answer"), 403);
    let again = Player::open(&fixture.play_url("s1", 1, "u1", Transport::HttpFlv)).await;
    assert_eq!(again.status, 200, "a later play is for the room to decide");
}

#[tokio::test]
async fn a_publisher_that_connects_again_goes_on_with_a_key_frame_where_the_last_one_ended() {
    for (stream, first, second) in [("s1", 1_000, 3_600_000), ("s2", 3_600_000, 40), ("s3", 1_000, 1_500)] {
        let mut fixture = Fixture::start().await;
        fixture.room.subscribe(stream, "u1", true, true);
        let url = fixture.push_url(stream, 1);
        let mut pusher = RawPusher::open(&url).await;
        pusher.configuration(first).await;
        pusher.picture(first, true).await;
        assert!(matches!(fixture.next_event().await, MediaEvent::Started { .. }));
        let mut player = Player::open(&fixture.play_url(stream, 1, "u1", Transport::HttpFlv)).await;
        for picture in 1..5 {
            pusher.picture(first + picture * 40, false).await;
        }
        let before = player.tags_for(Duration::from_millis(500)).await;
        let last = before.last().expect("pictures").1;
        drop(pusher);
        assert!(matches!(fixture.next_event().await, MediaEvent::Stopped { .. }));

        let mut pusher = RawPusher::open(&url).await;
        pusher.configuration(second).await;
        // What belongs to a key frame that no player of now has seen.
        for picture in 0..3 {
            pusher.picture(second + picture * 40, false).await;
        }
        pusher.picture(second + 120, true).await;
        for picture in 4..30 {
            pusher.picture(second + picture * 40, false).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        let after = player.tags_for(Duration::from_millis(300)).await;
        let mut pictures = after.iter().map(|(tag, _)| *tag).filter(|tag| tag.is_picture());
        assert_eq!(pictures.next(), Some(Tag::VideoKey), "{stream}");
        assert!(pictures.filter(|tag| *tag == Tag::VideoDelta).count() > 20, "{stream}");
        let times: Vec<u32> = [last].into_iter().chain(after.iter().map(|(_, time)| *time)).collect();
        let steps = times.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0]));
        assert!(steps.clone().all(|step| (0..=500).contains(&step)), "{stream}: {times:?}");
    }
}
