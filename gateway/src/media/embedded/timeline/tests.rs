//! A [`Timeline`] under clocks that jump.

use bytes::Bytes;

use super::Timeline;
use crate::media::embedded::frame::{Frame, FrameKind};
use FrameKind::{Audio, VideoDelta, VideoHeader};

fn frame(kind: FrameKind, timestamp: i64) -> Frame {
    let timestamp = u32::try_from(timestamp & i64::from(u32::MAX)).expect("wrapped");
    Frame { kind, timestamp, payload: Bytes::from_static(&[0; 10]) }
}

/// What an encoder sends, in order: each frame with the time at which it was recorded.
fn recording(seconds: i64, picture_step: i64) -> Vec<(FrameKind, i64)> {
    let mut frames: Vec<_> = (0..seconds * 1_000 / picture_step).map(|n| (VideoDelta, n * picture_step)).collect();
    frames.extend((0..seconds * 1_000 / 23).map(|n| (Audio, n * 23)));
    frames.sort_by_key(|(_, time)| *time);
    frames
}

/// Places frames, and checks that no track goes back, that time goes on in small steps, and that sound and pictures that
/// were recorded together come together. Gives the time that passed for players.
fn check(timeline: &mut Timeline, frames: &[(FrameKind, i64, i64)], step: i64) -> i64 {
    let mut latest: Option<i64> = None;
    let mut tracks: [Option<(i64, i64)>; 2] = [None, None];
    let begin = timeline.last;
    for (kind, recorded, timestamp) in frames {
        let placed = i64::from(timeline.place(&frame(*kind, *timestamp)));
        let own = usize::from(*kind == Audio);
        if let Some((before, _)) = tracks[own] {
            assert!(placed >= before, "{kind:?} of {recorded} goes back from {before} to {placed}");
        }
        if let Some(latest) = latest {
            assert!(placed - latest <= step, "{kind:?} of {recorded} goes from {latest} to {placed}");
        }
        tracks[own] = Some((placed, placed - recorded));
        if let [Some((_, picture)), Some((_, sound))] = tracks {
            assert!((picture - sound).abs() <= 60, "{kind:?} of {recorded}: {picture} against {sound}");
        }
        latest = latest.max(Some(placed));
    }
    latest.unwrap_or(0) - begin
}

const JUMPS: [i64; 14] =
    [500, -500, 700, -700, 1_000, -1_000, 1_500, -1_500, 10_000, -10_000, 60_000, -60_000, 3_600_000, -3_600_000];

#[test]
fn a_clock_that_does_not_jump_is_left_alone() {
    for picture_step in [16, 33, 40, 66, 100, 125] {
        let mut timeline = Timeline::default();
        for (kind, time) in recording(10, picture_step) {
            assert_eq!(i64::from(timeline.place(&frame(kind, 5_000 + time))), 5_000 + time, "{kind:?}");
        }
    }
}

#[test]
fn a_jump_of_both_tracks_is_not_seen() {
    for jump in JUMPS {
        for picture_step in [33, 40, 66] {
            // The tracks jump one after the other, either first, up to 100 ms apart.
            for (audio_at, video_at) in [(4_000, 4_000), (4_000, 4_100), (4_100, 4_000), (4_010, 4_030)] {
                let frames: Vec<_> = recording(8, picture_step)
                    .into_iter()
                    .map(|(kind, time)| {
                        let at = if kind == Audio { audio_at } else { video_at };
                        (kind, time, 4_000_000 + time + if time >= at { jump } else { 0 })
                    })
                    .collect();
                let passed = check(&mut Timeline::default(), &frames, 2 * picture_step) - 4_000_000;
                assert!((passed - 8_000).abs() < 200, "{jump}: {passed} ms passed");
            }
        }
    }
}

#[test]
fn many_jumps_do_not_add_up() {
    let mut clock = 4_000_000_000;
    let frames: Vec<_> = recording(60, 40)
        .into_iter()
        .enumerate()
        .map(|(index, (kind, time))| {
            if index % 50 == 49 {
                clock += JUMPS[index / 50 % JUMPS.len()];
            }
            (kind, time, clock + time)
        })
        .collect();
    check(&mut Timeline::default(), &frames, 80);
}

#[test]
fn pictures_alone_and_sound_alone_jump_as_well() {
    for only in [Audio, VideoDelta] {
        for jump in JUMPS {
            let frames: Vec<_> = recording(4, 40)
                .into_iter()
                .filter(|(kind, _)| *kind == only)
                .map(|(kind, time)| (kind, time, 4_000_000 + time + if time >= 2_000 { jump } else { 0 }))
                .collect();
            check(&mut Timeline::default(), &frames, 80);
        }
    }
}

#[test]
fn slow_pictures_keep_their_pace() {
    for picture_step in [200, 500, 1_000, 2_000] {
        let mut timeline = Timeline::default();
        let times: Vec<i64> =
            (0..20).map(|n| timeline.place(&frame(VideoDelta, 1_000 + n * picture_step)).into()).collect();
        assert!(times.windows(2).skip(1).all(|two| two[1] - two[0] == picture_step), "{picture_step}: {times:?}");
    }
}

#[test]
fn a_track_that_was_still_comes_back_with_the_other() {
    for jump in [0, 500, -500, 3_600_000, -3_600_000] {
        let frames: Vec<_> = recording(20, 40)
            .into_iter()
            .filter(|(kind, time)| *kind == Audio || !(2_000..15_000).contains(time))
            .map(|(kind, time)| (kind, time, 4_000_000 + time + if time >= 8_000 { jump } else { 0 }))
            .collect();
        check(&mut Timeline::default(), &frames, 80);
    }
}

#[test]
fn a_publisher_that_comes_back_goes_on_where_the_last_one_stopped() {
    for clock in [0, 100, 5_000_000, 4_294_967_000_i64] {
        // The first sound is older or newer than the first picture.
        for lead in [-400, -80, 0, 80, 400] {
            let mut timeline = Timeline::default();
            let before: Vec<_> =
                recording(4, 40).into_iter().map(|(kind, time)| (kind, time, 1_000_000 + time)).collect();
            check(&mut timeline, &before, 80);
            let last = timeline.last;
            let mut again = recording(4, 40);
            again.retain(|(kind, time)| *time >= if *kind == Audio { lead.max(0) } else { (-lead).max(0) });
            // Sound comes first all the same.
            let first_sound = again.iter().position(|(kind, _)| *kind == Audio).expect("sound");
            let sound = again.remove(first_sound);
            again.insert(0, sound);
            let first: Vec<Frame> = again.iter().take(30).map(|(kind, time)| frame(*kind, clock + time)).collect();
            timeline.begin_anew(&first);
            let mut pictures = last;
            for (kind, time) in &again {
                let placed = i64::from(timeline.place(&frame(*kind, clock + time)));
                assert!(placed >= last, "{kind:?} of {time} goes back to {placed} from {last}");
                assert!(
                    placed - last <= time + 120,
                    "{kind:?} of {time} is at {placed} after {last}, lead {lead}, clock {clock}"
                );
                if *kind == VideoDelta {
                    assert!(placed >= pictures, "pictures go back");
                    pictures = placed;
                }
            }
            let (sound, picture) = (timeline.audio.offset, timeline.video.offset);
            assert_eq!(sound, picture, "the tracks stay together, lead {lead}, clock {clock}");
        }
    }
}

#[test]
fn descriptions_do_not_move_time() {
    let mut timeline = Timeline::default();
    timeline.place(&frame(VideoDelta, 1_000));
    assert_eq!(timeline.place(&frame(VideoHeader, 0)), 1_000);
    assert_eq!(timeline.place(&frame(VideoDelta, 1_040)), 1_040);
}
