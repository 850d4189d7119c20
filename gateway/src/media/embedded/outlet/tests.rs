//! An [`Outlet`] between frames and a player, without either.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use miniapp_rtc::protocol::Tracks;
use tokio::time::Instant;

use super::{AT_ODDS, Announcing, Closed, Offer, Outlet, OutletLimits};
use crate::media::embedded::amf::{Reader, Writer};
use crate::media::embedded::filter::TrackFilter;
use crate::media::embedded::frame::{Frame, FrameKind};
use FrameKind::{Audio, AudioHeader, Metadata, VideoDelta, VideoHeader, VideoKey};

const BOTH: Tracks = Tracks::BOTH;
const SOUND: Tracks = Tracks { audio: true, video: false };
const PICTURE: Tracks = Tracks { audio: false, video: true };

fn frame(kind: FrameKind, timestamp: u32) -> Frame {
    Frame { kind, timestamp, payload: Bytes::from_static(&[0; 100]) }
}

fn outlet(filter: &Arc<TrackFilter>) -> Outlet {
    let limits = OutletLimits { frames: 8, bytes: 10_000, stall: Duration::from_secs(10), overflows: 3 };
    Outlet::new(limits, Announcing::Once, Arc::clone(filter))
}

fn drain(outlet: &Outlet) -> Vec<(FrameKind, u32)> {
    std::iter::from_fn(|| outlet.try_next()).map(|frame| (frame.kind, frame.timestamp)).collect()
}

fn push_all(outlet: &Outlet, frames: &[(FrameKind, u32)]) {
    for (kind, timestamp) in frames {
        outlet.push(frame(*kind, *timestamp), BOTH, Instant::now());
    }
}

#[test]
fn a_player_starts_at_a_key_frame() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    push_all(
        &outlet,
        &[(VideoDelta, 1), (VideoHeader, 2), (VideoDelta, 3), (Audio, 4), (VideoKey, 5), (VideoDelta, 6)],
    );
    assert_eq!(drain(&outlet), [(VideoHeader, 2), (Audio, 4), (VideoKey, 5), (VideoDelta, 6)]);
}

#[test]
fn video_switched_on_again_starts_with_its_header_and_a_key_frame() {
    let filter = Arc::new(TrackFilter::new(BOTH));
    let outlet = outlet(&filter);
    push_all(&outlet, &[(VideoHeader, 0), (VideoKey, 1)]);
    filter.set(SOUND);
    push_all(&outlet, &[(VideoDelta, 2), (Audio, 3), (VideoHeader, 4), (VideoKey, 5)]);
    filter.set(PICTURE);
    push_all(&outlet, &[(VideoDelta, 6), (Audio, 7), (AudioHeader, 7), (VideoKey, 8), (VideoDelta, 9)]);
    assert_eq!(
        drain(&outlet),
        [(VideoHeader, 0), (VideoKey, 1), (Audio, 3), (VideoHeader, 8), (VideoKey, 8), (VideoDelta, 9)]
    );
    filter.set(BOTH);
    push_all(&outlet, &[(Audio, 10)]);
    assert_eq!(drain(&outlet), [(AudioHeader, 10), (Audio, 10)]);
}

#[test]
fn video_switched_off_for_a_moment_waits_for_a_key_frame() {
    let filter = Arc::new(TrackFilter::new(BOTH));
    let outlet = outlet(&filter);
    push_all(&outlet, &[(VideoKey, 1)]);
    filter.set(SOUND);
    push_all(&outlet, &[(VideoDelta, 2)]);
    filter.set(BOTH);
    push_all(&outlet, &[(VideoDelta, 3), (VideoKey, 4)]);
    assert_eq!(drain(&outlet), [(VideoKey, 1), (VideoKey, 4)]);
}

#[test]
fn an_overflow_drops_to_the_next_key_frame_and_keeps_the_headers() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    push_all(&outlet, &[(AudioHeader, 0), (VideoHeader, 0), (VideoKey, 0)]);
    for timestamp in 1..=6 {
        push_all(&outlet, &[(VideoDelta, timestamp)]);
    }
    push_all(&outlet, &[(VideoDelta, 7), (VideoKey, 8), (Audio, 9)]);
    assert_eq!(drain(&outlet), [(VideoHeader, 8), (VideoKey, 8), (AudioHeader, 9), (Audio, 9)]);
}

#[test]
fn memory_stays_bounded_and_a_player_that_never_catches_up_is_closed() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    for timestamp in 0..1_000 {
        let kind = if timestamp % 5 == 0 { VideoKey } else { VideoDelta };
        outlet.push(frame(kind, timestamp), BOTH, Instant::now());
        let (frames, bytes) = outlet.waiting();
        assert!(frames <= 9 && bytes <= 10_000, "{frames} {bytes}");
    }
    assert_eq!(outlet.push(frame(VideoKey, 0), BOTH, Instant::now()), Offer::Closed);
    assert_eq!(outlet.lock().closed, Some(Closed::Slow));
    assert_eq!(outlet.waiting(), (0, 0));
}

#[test]
fn a_player_that_takes_nothing_is_closed_after_the_stall_time() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    let start = Instant::now();
    assert_eq!(outlet.push(frame(VideoKey, 0), BOTH, start), Offer::Taken);
    assert_eq!(outlet.push(frame(VideoDelta, 1), BOTH, start + Duration::from_secs(9)), Offer::Taken);
    assert_eq!(outlet.push(frame(VideoDelta, 2), BOTH, start + Duration::from_secs(11)), Offer::Closed);
    assert_eq!(outlet.lock().closed, Some(Closed::Slow));
}

#[tokio::test]
async fn closing_wakes_the_reader() {
    let outlet = Arc::new(outlet(&Arc::new(TrackFilter::new(BOTH))));
    let reader = tokio::spawn({
        let outlet = Arc::clone(&outlet);
        async move { outlet.next().await }
    });
    tokio::task::yield_now().await;
    outlet.close(Closed::Kicked);
    let read = tokio::time::timeout(Duration::from_secs(5), reader).await.expect("woken");
    assert_eq!(read.expect("reader"), None);
    assert_eq!(outlet.closed().await, Closed::Kicked);
}

/// The marks of the configurations that a player gets.
fn configuration(outlet: &Outlet) -> Vec<u8> {
    std::iter::from_fn(|| outlet.try_next())
        .filter(|it| matches!(it.kind, VideoHeader | AudioHeader))
        .map(|it| it.payload[0])
        .collect()
}

fn marked(kind: FrameKind, mark: u8) -> Frame {
    Frame { kind, timestamp: 0, payload: vec![mark; 100].into() }
}

#[test]
fn an_overflow_never_gives_an_older_configuration_after_a_newer_one() {
    let filter = Arc::new(TrackFilter::new(BOTH));
    // The overflow comes with each of the frames in turn.
    for before in 0..12 {
        let outlet = outlet(&filter);
        let now = Instant::now();
        outlet.push(marked(VideoHeader, 1), BOTH, now);
        outlet.push(marked(VideoKey, 1), BOTH, now);
        for _ in 0..before {
            outlet.push(marked(Audio, 1), BOTH, now);
        }
        outlet.push(marked(VideoHeader, 2), BOTH, now);
        outlet.push(marked(VideoKey, 2), BOTH, now);
        let mut seen = configuration(&outlet);
        outlet.push(marked(VideoKey, 2), BOTH, now);
        outlet.push(marked(VideoKey, 2), BOTH, now);
        seen.extend(configuration(&outlet));
        assert!(seen.is_sorted() && seen.last() == Some(&2), "after {before} frames: {seen:?}");
    }
    // The older one is queued when the newer one is owed.
    for before in 0..12 {
        let outlet = outlet(&filter);
        let now = Instant::now();
        outlet.push(marked(VideoHeader, 1), BOTH, now);
        outlet.push(marked(VideoKey, 1), BOTH, now);
        filter.set(SOUND);
        outlet.push(marked(VideoHeader, 2), BOTH, now);
        for _ in 0..before {
            outlet.push(marked(Audio, 2), BOTH, now);
        }
        filter.set(BOTH);
        outlet.push(marked(VideoKey, 2), BOTH, now);
        outlet.push(marked(VideoKey, 2), BOTH, now);
        let seen = configuration(&outlet);
        assert!(seen.is_sorted() && seen.last() == Some(&2), "after {before} frames: {seen:?}");
    }
}

#[test]
fn an_overflow_never_gives_an_older_configuration_of_sound_after_a_newer_one() {
    let filter = Arc::new(TrackFilter::new(BOTH));
    for before in 0..12 {
        for is_owed in [false, true] {
            let outlet = outlet(&filter);
            let now = Instant::now();
            outlet.push(marked(AudioHeader, 1), BOTH, now);
            outlet.push(marked(VideoKey, 1), BOTH, now);
            let fill = || {
                for _ in 0..before {
                    outlet.push(marked(VideoKey, 1), BOTH, now);
                }
            };
            if is_owed {
                filter.set(PICTURE);
                outlet.push(marked(AudioHeader, 2), BOTH, now);
                fill();
                filter.set(BOTH);
            } else {
                fill();
                outlet.push(marked(AudioHeader, 2), BOTH, now);
            }
            outlet.push(marked(Audio, 2), BOTH, now);
            let mut seen = configuration(&outlet);
            outlet.push(marked(Audio, 2), BOTH, now);
            seen.extend(configuration(&outlet));
            assert!(seen.is_sorted() && seen.last() == Some(&2), "after {before} frames, owed {is_owed}: {seen:?}");
        }
    }
}

#[test]
fn what_its_publisher_has_switched_off_does_not_reach_a_player() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    let now = Instant::now();
    let dark = Tracks { audio: true, video: false };
    outlet.push(frame(VideoKey, 1), BOTH, now);
    for (kind, timestamp) in [(VideoKey, 2), (VideoDelta, 3), (Audio, 4)] {
        outlet.push(frame(kind, timestamp), dark, now);
    }
    outlet.push(frame(VideoDelta, 5), BOTH, now);
    outlet.push(frame(VideoKey, 6), BOTH, now);
    assert_eq!(drain(&outlet), [(VideoKey, 1), (Audio, 4), (VideoKey, 6)]);
}

#[test]
fn a_player_that_was_told_once_is_outgrown_by_a_later_track_and_told_so_ever_more_rarely() {
    let filter = Arc::new(TrackFilter::new(SOUND));
    let outlet = outlet(&filter);
    assert_eq!(outlet.announce(BOTH), Tracks { audio: true, video: false });
    filter.set(BOTH);
    let start = Instant::now();
    assert_eq!(outlet.push(frame(VideoHeader, 0), BOTH, start), Offer::Taken);
    let told: Vec<u64> = (0..=30)
        .filter(|second| {
            let now = start + Duration::from_secs(*second);
            outlet.push(frame(VideoDelta, 1), BOTH, now) == Offer::Outgrown
        })
        .collect();
    assert_eq!(told, [1, 4, 10, 22]);
    assert_eq!(drain(&outlet), []);
}

#[test]
fn a_player_that_can_be_told_anytime_hears_of_a_later_track_before_it_comes() {
    let filter = Arc::new(TrackFilter::new(SOUND));
    let limits = OutletLimits { frames: 8, bytes: 10_000, stall: Duration::from_secs(10), overflows: 3 };
    let outlet = Outlet::new(limits, Announcing::Anytime, Arc::clone(&filter));
    let now = Instant::now();
    let payload = Writer::default().text("onMetaData").object(&[]).into_bytes().into();
    outlet.push(Frame { kind: Metadata, timestamp: 0, payload }, BOTH, now);
    outlet.push(frame(AudioHeader, 0), BOTH, now);
    outlet.announce(BOTH);
    filter.set(BOTH);
    for (kind, timestamp) in [(VideoDelta, 1), (VideoHeader, 2), (VideoKey, 2)] {
        outlet.push(frame(kind, timestamp), BOTH, now);
    }
    let has_video = |frame: Frame| {
        let mut values = Reader::new(&frame.payload);
        values.text()?;
        values.open()?;
        std::iter::from_fn(|| values.property()).find(|(name, _)| name == b"hasVideo").map(|(_, value)| value[1])
    };
    let got: Vec<_> = std::iter::from_fn(|| outlet.try_next()).map(|frame| (frame.kind, has_video(frame))).collect();
    let expected =
        [(Metadata, Some(0)), (AudioHeader, None), (Metadata, Some(1)), (VideoHeader, None), (VideoKey, None)];
    assert_eq!(got, expected);
}

#[test]
fn a_player_outgrows_a_connection_that_waits_for_a_track_that_is_off() {
    let silent = Tracks { audio: false, video: true };
    let offers = |announcing, is_on| {
        let filter = Arc::new(TrackFilter::new(BOTH));
        let outlet = Outlet::new(OutletLimits::default(), announcing, filter);
        outlet.announce(BOTH);
        let now = Instant::now();
        let pushes = [(VideoKey, now), (VideoKey, now + AT_ODDS), (Audio, now + AT_ODDS)];
        let offers = pushes.map(|(kind, now)| outlet.push(frame(kind, 1), is_on, now));
        (offers, drain(&outlet).len())
    };
    assert_eq!(offers(Announcing::Once, BOTH), ([Offer::Taken; 3], 3));
    assert_eq!(offers(Announcing::Once, silent), ([Offer::Taken, Offer::Outgrown, Offer::Taken], 2));
    assert_eq!(offers(Announcing::Anytime, silent), ([Offer::Taken; 3], 2));
    assert_eq!(offers(Announcing::Once, Tracks::default()), ([Offer::Taken; 3], 0));
}

#[test]
fn a_track_that_is_off_for_moments_costs_no_connection() {
    let outlet = outlet(&Arc::new(TrackFilter::new(BOTH)));
    outlet.announce(BOTH);
    let start = Instant::now();
    outlet.push(frame(VideoKey, 0), BOTH, start);
    // Somebody talks for 400 ms of every 800.
    for step in 0..100 {
        let is_on = Tracks { audio: step / 4 % 2 == 0, video: true };
        let now = start + Duration::from_millis(step * 100);
        assert_eq!(outlet.push(frame(VideoDelta, 1), is_on, now), Offer::Taken, "at step {step}");
        while outlet.try_next().is_some() {}
    }
}
