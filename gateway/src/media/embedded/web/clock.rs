//! A [`StreamClock`] puts the two tracks of a browser on one time of the stream. Each track counts its RTP time from a number of its
//! own; the sender reports (RFC 3550, 6.4.1) say which times of both are the same moment.
//!
//! Sound leads: its time stamps follow its samples, and pictures are moved to it. What a report asks for is limited, because
//! its numbers come from a stranger.

use std::time::{Instant, SystemTime};

/// One of the two tracks that a browser sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Picture,
    Sound,
}

/// The steps of RTP time in a millisecond: of pictures (RFC 6184, 8.2.1), and of sound, where each is a sample (RFC 7587, 4.1).
pub(super) const TICKS_PER_MS: i64 = 90;
pub(super) const SAMPLES_PER_MS: i64 = 48;

/// What a track's newest sender report says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SenderReport {
    /// A moment on the sender's wall clock.
    pub(super) wall: SystemTime,
    /// The same moment in the track's RTP time, without wrapping.
    pub(super) time: u64,
}

/// The time of one browser's stream.
#[derive(Debug, Default)]
pub(super) struct StreamClock {
    /// When the first packet came.
    start: Option<Instant>,
    picture: TrackClock,
    sound: TrackClock,
    /// Whether pictures were moved to their sound once.
    is_synchronised: bool,
}

#[derive(Debug, Default)]
struct TrackClock {
    /// What is added to the track's time, in microseconds; `None` before its first packet.
    offset_us: Option<i64>,
    /// The arrival of the first packet that the offset stands on.
    since_us: i64,
    report: Option<SenderReport>,
    /// The newest time given, in milliseconds.
    last_ms: i64,
}

impl StreamClock {
    /// The stream's time of a packet, in milliseconds from a beginning a little above 0; within a track it never goes back.
    /// `time` is its RTP time without wrapping, `report` the track's newest one, again with each packet.
    pub(super) fn place(&mut self, kind: Kind, time: u64, arrived: Instant, report: Option<SenderReport>) -> i64 {
        let start = *self.start.get_or_insert(arrived);
        let since = arrived.saturating_duration_since(start).as_micros();
        let arrival_us = i64::try_from(since).unwrap_or(i64::MAX).saturating_add(BEGINNING_US);
        let at_us = microseconds(kind, time);
        if self.track(kind).follow(at_us, arrival_us) {
            self.is_synchronised = false;
        }
        let track = self.track(kind);
        if report.is_some() && report != track.report {
            track.report = report;
            self.synchronise();
        }
        let track = self.track(kind);
        let placed_us = at_us.saturating_add(track.offset_us.unwrap_or_default());
        track.last_ms = track.last_ms.max(placed_us / 1_000);
        track.last_ms
    }

    fn track(&mut self, kind: Kind) -> &mut TrackClock {
        match kind {
            Kind::Picture => &mut self.picture,
            Kind::Sound => &mut self.sound,
        }
    }

    /// Moves pictures to where the reports of both tracks say that their sound is.
    fn synchronise(&mut self) {
        let (Some(sound), Some(picture)) = (self.sound.lead(Kind::Sound), self.picture.lead(Kind::Picture)) else {
            return;
        };
        let correction = sound.saturating_sub(picture);
        let correction = if self.is_synchronised {
            correction.clamp(-CORRECTION_US, CORRECTION_US)
        } else if correction.saturating_abs() <= FIRST_CORRECTION_US {
            self.is_synchronised = true;
            correction
        } else {
            return;
        };
        self.picture.offset_us = self.picture.offset_us.map(|offset| offset.saturating_add(correction));
    }
}

impl TrackClock {
    /// Ties the track to the arrival of its packets. Whether it had to begin anew.
    fn follow(&mut self, at_us: i64, arrival_us: i64) -> bool {
        let by_arrival = arrival_us.saturating_sub(at_us);
        let Some(offset_us) = &mut self.offset_us else {
            (self.offset_us, self.since_us) = (Some(by_arrival), arrival_us);
            return false;
        };
        if offset_us.saturating_sub(by_arrival).saturating_abs() > ASTRAY_US {
            (*offset_us, self.since_us, self.report) = (by_arrival, arrival_us, None);
            return true;
        }
        // Among the first packets, the one that the network held up least says most.
        if self.report.is_none() && arrival_us.saturating_sub(self.since_us) < SETTLING_US {
            *offset_us = by_arrival.min(*offset_us);
        }
        false
    }

    /// By how much the stream's time is ahead of the sender's, if a report tells the latter.
    fn lead(&self, kind: Kind) -> Option<i64> {
        let report = self.report?;
        let wall = report.wall.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let at_us = microseconds(kind, report.time).saturating_add(self.offset_us?);
        Some(at_us.saturating_sub(i64::try_from(wall.as_micros()).ok()?))
    }
}

fn microseconds(kind: Kind, time: u64) -> i64 {
    let per_ms = match kind {
        Kind::Picture => TICKS_PER_MS,
        Kind::Sound => SAMPLES_PER_MS,
    };
    let per_second = per_ms.unsigned_abs() * 1_000;
    // Whole seconds apart, so that no product leaves 64 bits.
    let rest = time % per_second * 1_000_000 / per_second;
    let microseconds = (time / per_second).saturating_mul(1_000_000).saturating_add(rest);
    i64::try_from(microseconds).unwrap_or(i64::MAX)
}

/// The time of the first packet. Transcoded sound lies up to 30 ms before its packet, and no time stamp is below 0.
const BEGINNING_US: i64 = 100_000;
/// A track whose time is off its packets' arrival by more has begun to count anew. A network holds packets up for less.
const ASTRAY_US: i64 = 5_000_000;
/// Among the packets of so long, the quickest one places the track.
const SETTLING_US: i64 = 1_000_000;
/// Arrivals place pictures and sound no worse than this; a first report that asks for more is wrong.
const FIRST_CORRECTION_US: i64 = 1_000_000;
/// What a later report may move pictures by: unseen, and more than clocks drift between two reports.
const CORRECTION_US: i64 = 5_000;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use proptest::prelude::*;

    use super::{Kind, SenderReport, StreamClock};

    /// A browser whose sound and pictures are captured at the same moments; times in milliseconds.
    struct Browser {
        clock: StreamClock,
        start: Instant,
        /// What the wall clock shows at the connection's beginning.
        wall: u64,
        sound_delay: u64,
        picture_delay: u64,
    }

    const SOUND_START: u64 = 4_000_000_000;
    const PICTURE_START: u64 = 77_777;

    impl Browser {
        fn new(sound_delay: u64, picture_delay: u64) -> Self {
            let mut clock = StreamClock::default();
            let start = Instant::now();
            // The stream's time is that of capture, counted from here.
            clock.start = Some(start + Duration::from_micros(super::BEGINNING_US.cast_unsigned()));
            Self { clock, start, wall: 1_700_000_000_000, sound_delay, picture_delay }
        }

        fn send(&mut self, kind: Kind, captured: u64, with_report: bool) -> u64 {
            let (time, delay) = match kind {
                Kind::Sound => (SOUND_START + captured * 48, self.sound_delay),
                Kind::Picture => (PICTURE_START + captured * 90, self.picture_delay),
            };
            let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(self.wall + captured);
            let arrived = self.start + Duration::from_millis(captured + delay);
            self.clock.place(kind, time, arrived, with_report.then_some(SenderReport { wall, time })).cast_unsigned()
        }
    }

    #[test]
    fn tracks_are_placed_by_arrival_and_then_by_reports() {
        let mut browser = Browser::new(40, 240);
        assert_eq!(browser.send(Kind::Sound, 1_000, false), 1_040);
        assert_eq!(browser.send(Kind::Picture, 1_000, false), 1_240);
        assert_eq!(browser.send(Kind::Picture, 1_033, true), 1_273, "the sound's report is still to come");
        assert_eq!(browser.send(Kind::Sound, 1_040, true), 1_080, "sound is never moved");
        assert_eq!(browser.send(Kind::Picture, 1_066, true), 1_273, "time never goes back");
        for captured in (1_300..9_000).step_by(20) {
            assert_eq!(browser.send(Kind::Sound, captured, true), captured + 40);
            assert_eq!(browser.send(Kind::Picture, captured, true), captured + 40);
        }
    }

    #[test]
    fn the_quickest_of_the_first_packets_places_a_track() {
        let mut browser = Browser::new(300, 300);
        assert_eq!(browser.send(Kind::Sound, 1_000, false), 1_300);
        browser.sound_delay = 20;
        assert_eq!(browser.send(Kind::Sound, 1_900, false), 1_920);
        browser.sound_delay = 5;
        assert_eq!(browser.send(Kind::Sound, 2_400, false), 2_420, "later ones do not");
    }

    #[test]
    fn a_report_that_jumps_moves_pictures_by_little() {
        let mut browser = Browser::new(40, 240);
        let mut at = 1_000;
        let mut send = |browser: &mut Browser, kind| {
            at += 10;
            browser.send(kind, at, true) - at
        };
        for _ in 0..30 {
            send(&mut browser, Kind::Sound);
            send(&mut browser, Kind::Picture);
        }
        assert_eq!(send(&mut browser, Kind::Picture), 40);
        // Somebody sets the computer's clock, and the pictures' report is the first to say so.
        browser.wall -= 3_600_000;
        assert_eq!(send(&mut browser, Kind::Picture), 35);
        assert_eq!(send(&mut browser, Kind::Sound), 40);
        assert_eq!(send(&mut browser, Kind::Picture), 40);
        assert_eq!(send(&mut browser, Kind::Picture), 40);
    }

    #[test]
    fn a_first_report_that_asks_for_seconds_is_not_believed() {
        let mut browser = Browser::new(40, 40);
        browser.send(Kind::Sound, 1_000, true);
        browser.wall += 1_500;
        assert_eq!(browser.send(Kind::Picture, 1_010, true), 1_050);
        browser.wall -= 1_500;
        assert_eq!(browser.send(Kind::Picture, 1_020, true), 1_060);
    }

    #[test]
    fn a_track_that_counts_anew_is_placed_by_arrival_again() {
        let (mut clock, start) = (StreamClock::default(), Instant::now());
        let mut place = |time, ms| clock.place(Kind::Sound, time, start + Duration::from_millis(ms), None);
        assert_eq!(place(48_000, 0), 100);
        assert_eq!(place(480_000_000, 20), 120);
        assert_eq!(place(960, 40), 140);
        assert_eq!(place(0, 60), 140);
        assert_eq!(place(1_920, 60), 160);
    }

    proptest! {
        #[test]
        fn time_never_goes_back_whatever_a_stranger_sends(
            packets in prop::collection::vec((any::<bool>(), any::<u64>(), any::<u32>(), any::<Option<(u32, u64)>>()), 1..60),
        ) {
            let (mut clock, start) = (StreamClock::default(), Instant::now());
            let mut last = [0; 2];
            for (is_picture, time, arrived, report) in packets {
                let kind = if is_picture { Kind::Picture } else { Kind::Sound };
                let wall = |seconds: u32| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
                let report = report.map(|(seconds, time)| SenderReport { wall: wall(seconds), time });
                let placed = clock.place(kind, time, start + Duration::from_millis(arrived.into()), report);
                prop_assert!(placed >= last[usize::from(is_picture)]);
                last[usize::from(is_picture)] = placed;
            }
        }
    }
}
