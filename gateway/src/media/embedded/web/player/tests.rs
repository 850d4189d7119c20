use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{H264Error, START_MS, Sample, SampleTrack, TICKS_PER_MS, WebPlayer};
use crate::media::embedded::frame::{Frame, FrameKind};

const HEADER: &[u8] =
    &[0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 1, 0, 2, 0x68, 0xce];
const HEVC_HEADER: &[u8] = &[0x1c, 0, 0, 0, 0, 1];

fn frame(kind: FrameKind, timestamp: u32) -> Frame {
    let payload: &'static [u8] = match kind {
        FrameKind::VideoHeader => HEADER,
        FrameKind::VideoKey => &[0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 9],
        FrameKind::VideoDelta => &[0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x41, 9],
        FrameKind::AudioHeader => &[0xaf, 0, 0x11, 0x88],
        FrameKind::Metadata | FrameKind::Audio | FrameKind::VideoNote => &[0xaf, 1, 0],
    };
    Frame { kind, timestamp, payload: Bytes::from_static(payload) }
}

/// A key picture and five more, 40 ms apart, that end at `newest`, with sound between them.
fn opening(newest: u32) -> Vec<Frame> {
    use FrameKind::{Audio, AudioHeader, VideoDelta, VideoHeader, VideoKey};
    let mut frames = vec![frame(AudioHeader, newest), frame(VideoHeader, newest)];
    for number in 0..6 {
        let timestamp = newest.wrapping_sub((5 - number) * 40);
        frames.push(frame(if number == 0 { VideoKey } else { VideoDelta }, timestamp));
        frames.push(frame(Audio, timestamp));
    }
    frames
}

/// Times of pictures in ticks of 1/90 ms, from the zero of the stream.
fn times(samples: &[Sample]) -> Vec<i64> {
    assert!(samples.iter().all(|sample| sample.track == SampleTrack::Picture), "{samples:?}");
    samples.iter().map(|sample| i64::try_from(sample.time).expect("small") - START_MS * TICKS_PER_MS).collect()
}

#[test]
fn a_beginning_is_squeezed_and_has_no_sound() {
    let mut player = WebPlayer::new();
    let now = Instant::now();
    let samples = player.begin(opening(5_000), now).expect("playable");
    assert_eq!(times(&samples), [4_995, 4_996, 4_997, 4_998, 4_999, 5_000].map(|ms| ms * 90));
    assert!(samples[0].bytes.starts_with(&[0, 0, 0, 1, 0x67]), "parameter sets come first");
    let last = samples.last().expect("samples").moment;
    assert_eq!(last - samples[0].moment, Duration::from_millis(5));
    let later = now + Duration::from_millis(40);
    let next = player.take(&frame(FrameKind::VideoDelta, 5_040), later).expect("playable");
    assert_eq!(times(&next), [5_040 * 90]);
    assert_eq!(next[0].moment - last, Duration::from_millis(40), "one clock for all");
}

#[test]
fn no_sample_belongs_to_a_moment_to_come_and_the_quickest_says_when_all_others_were() {
    let mut player = WebPlayer::new();
    let start = Instant::now();
    player.take(&frame(FrameKind::VideoHeader, 0), start).expect("playable");
    let mut moment = |timestamp, after| {
        let now = start + Duration::from_millis(after);
        let samples = player.take(&frame(FrameKind::VideoDelta, timestamp), now).expect("playable");
        samples[0].moment.checked_duration_since(start).expect("later").as_millis()
    };
    assert_eq!(moment(5_000, 0), 0);
    assert_eq!(moment(5_040, 10), 10, "the first one was held up by 30 ms");
    assert_eq!(moment(5_080, 90), 50, "this one by 40");
    assert_eq!(moment(5_120, 90), 90);
}

#[test]
fn pictures_that_are_repeated_do_not_go_back() {
    let mut player = WebPlayer::new();
    let now = Instant::now();
    let mut all = times(&player.begin(opening(5_000), now).expect("playable"));
    let again = times(&player.begin(opening(5_000), now).expect("playable"));
    assert_eq!(again, [1, 2, 3, 4, 5, 6].map(|tick| 5_000 * 90 + tick));
    all.extend(again);
    for timestamp in [5_000, 5_001, 5_040] {
        all.extend(times(&player.take(&frame(FrameKind::VideoDelta, timestamp), now).expect("playable")));
    }
    assert!(all.windows(2).all(|pair| pair[1] > pair[0]), "{all:?}");
    assert_eq!(all.last(), Some(&(5_040 * 90)), "and soon they are where they belong");
}

#[test]
fn time_stamps_wrap_and_rtp_times_go_on() {
    let mut player = WebPlayer::new();
    let now = Instant::now();
    let mut all = times(&player.begin(opening(u32::MAX - 10), now).expect("playable"));
    all.extend(times(&player.take(&frame(FrameKind::VideoDelta, 29), now).expect("playable")));
    let last = all.split_off(all.len() - 2);
    assert_eq!(last[1] - last[0], 40 * 90);
}

#[test]
fn a_browser_sees_the_beginning_again_only_while_pictures_come_and_seldom() {
    let mut player = WebPlayer::new();
    let start = Instant::now();
    let after = |milliseconds: u64| start + Duration::from_millis(milliseconds);
    player.begin(opening(5_000), start).expect("playable");
    assert!(!player.is_to_begin_anew(after(500)), "it has just begun");
    assert!(!player.is_to_begin_anew(after(1_500)), "nothing has come since");
    player.take(&frame(FrameKind::VideoDelta, 6_400), after(1_400)).expect("playable");
    assert!(player.is_to_begin_anew(after(1_500)));
    player.begin(opening(6_400), after(1_500)).expect("playable");
    player.take(&frame(FrameKind::VideoDelta, 6_500), after(1_600)).expect("playable");
    assert!(!player.is_to_begin_anew(after(2_000)), "once a second");
    assert!(player.is_to_begin_anew(after(2_550)));
    assert!(!player.is_to_begin_anew(after(2_650)), "the camera is off: its newest picture is old");
}

#[test]
fn what_no_browser_can_play_is_an_error_and_what_is_broken_alone_is_left_out() {
    let hevc = Frame { payload: Bytes::from_static(HEVC_HEADER), ..frame(FrameKind::VideoHeader, 0) };
    assert_eq!(WebPlayer::judge(std::slice::from_ref(&hevc)), Err(H264Error::NotH264));
    assert_eq!(WebPlayer::judge(&opening(5_000)), Ok(()));
    let mut player = WebPlayer::new();
    let now = Instant::now();
    assert_eq!(player.take(&frame(FrameKind::VideoKey, 0), now), Ok(Vec::new()), "its header has not come");
    player.begin(opening(40), now).expect("playable");
    let cut = Frame {
        payload: Bytes::from_static(&[0x27, 1, 0, 0, 0, 0, 0, 0, 9, 0x41]),
        ..frame(FrameKind::VideoDelta, 80)
    };
    assert_eq!(player.take(&cut, now), Ok(Vec::new()));
    assert_eq!(player.take(&hevc, now), Err(H264Error::NotH264));
}
