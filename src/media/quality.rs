//! Quality: how well a stream's network does, as one of six steps.

use super::net_status::NetStatus;

/// A step of WeChat's `netQualityLevel`. A greater one is worse, but [`Quality::Unknown`] says nothing.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Quality {
    /// Nothing was measured: level 0.
    #[default]
    Unknown = 0,
    /// Level 1, the best. The estimate never says it.
    Excellent = 1,
    /// Level 2: nobody notices the network.
    Good = 2,
    /// Level 3: good enough for a call.
    Fair = 3,
    /// Level 4: picture or sound suffers.
    Poor = 4,
    /// Level 5: picture and sound suffer much.
    Bad = 5,
    /// Level 6, the worst. The estimate never says it.
    Unusable = 6,
}

impl Quality {
    /// The level: 0 unknown, 1 the best, 6 the worst.
    pub const fn level(self) -> u8 {
        self as u8
    }

    const fn of_level(level: u32) -> Self {
        match level {
            1 => Self::Excellent,
            2 => Self::Good,
            3 => Self::Fair,
            4 => Self::Poor,
            5 => Self::Bad,
            6 => Self::Unusable,
            _ => Self::Unknown,
        }
    }
}

/// The tag's own level where it has one, else an estimate.
///
/// The estimate is the worst of what jitter, pictures per second and the share of the coder's bits that are really sent
/// say. It is careful: it never says [`Quality::Excellent`] nor [`Quality::Unusable`], and without traffic it says
/// [`Quality::Unknown`], because a muted or paused stream looks like a dead one.
pub fn quality(status: &NetStatus) -> Quality {
    let told = Quality::of_level(status.net_quality_level.unwrap_or(0));
    if told == Quality::Unknown { estimate(status) } else { told }
}

fn estimate(status: &NetStatus) -> Quality {
    let video = status.video_bitrate.unwrap_or(0);
    let coded = video.saturating_add(status.audio_bitrate.unwrap_or(0));
    if coded == 0 && status.net_speed.unwrap_or(0) == 0 {
        return Quality::Unknown;
    }
    let jitter = status.net_jitter.map_or(Quality::Unknown, of_jitter);
    let pictures = status.video_fps.filter(|_| video > 0).map_or(Quality::Unknown, of_pictures);
    let speed = status.net_speed.filter(|_| coded > 0).map_or(Quality::Unknown, |speed| of_speed(speed, coded));
    jitter.max(pictures).max(speed)
}

/// Up to 30 ms of jitter does not harm speech; a call's player holds 200 to 800 ms.
const fn of_jitter(milliseconds: u32) -> Quality {
    match milliseconds {
        0..=30 => Quality::Good,
        31..=100 => Quality::Fair,
        101..=300 => Quality::Poor,
        _ => Quality::Bad,
    }
}

/// The tags send 15 pictures per second unless told otherwise.
const fn of_pictures(per_second: u32) -> Quality {
    match per_second {
        10.. => Quality::Good,
        7..=9 => Quality::Fair,
        3..=6 => Quality::Poor,
        _ => Quality::Bad,
    }
}

/// A coder's bits that do not leave pile up in the tag.
const fn of_speed(speed: u32, coded: u32) -> Quality {
    if speed >= coded - coded / 4 {
        Quality::Good
    } else if speed >= coded / 2 {
        Quality::Fair
    } else if speed >= coded / 4 {
        Quality::Poor
    } else {
        Quality::Bad
    }
}

/// The quality worth telling: one bad moment does not change it, nor one good moment.
///
/// The first known quality holds at once. After that it takes [`QualityTracker::WORSE_AFTER`] worse ones in a row to
/// make it worse, and [`QualityTracker::BETTER_AFTER`] better ones to make it better; the one nearest to the quality
/// that held is then told. [`Quality::Unknown`] counts as no update.
#[derive(Clone, Copy, Debug, Default)]
pub struct QualityTracker {
    current: Quality,
    nearest: Quality,
    streak: u8,
}

impl QualityTracker {
    /// Worse updates in a row before the quality is told to be worse: about 4 s.
    pub const WORSE_AFTER: u8 = 2;
    /// Better updates in a row before the quality is told to be better: about 8 s.
    pub const BETTER_AFTER: u8 = 4;

    /// Takes a measurement. Returns the quality that holds from now on; `None` where it is the one that held before.
    pub fn update(&mut self, measured: Quality) -> Option<Quality> {
        if measured == Quality::Unknown {
            return None;
        }
        if self.current == Quality::Unknown {
            return self.change(measured);
        }
        if measured == self.current {
            self.streak = 0;
            return None;
        }
        let worse = measured > self.current;
        let goes_on = self.streak > 0 && worse == (self.nearest > self.current);
        self.nearest = match (goes_on, worse) {
            (false, _) => measured,
            (true, true) => self.nearest.min(measured),
            (true, false) => self.nearest.max(measured),
        };
        self.streak = if goes_on { self.streak.saturating_add(1) } else { 1 };
        let needed = if worse { Self::WORSE_AFTER } else { Self::BETTER_AFTER };
        if self.streak >= needed { self.change(self.nearest) } else { None }
    }

    /// The quality that holds; [`Quality::Unknown`] before the first known measurement.
    pub const fn current(&self) -> Quality {
        self.current
    }

    fn change(&mut self, quality: Quality) -> Option<Quality> {
        self.current = quality;
        self.streak = 0;
        Some(quality)
    }
}
