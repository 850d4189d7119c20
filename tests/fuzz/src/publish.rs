//! The `publish` target: what a browser sends over some time, on its way into a stream.

use std::time::Duration;

use miniapp_rtc_gateway::media::embedded::fuzz::{Published, WebArrival, publish as published};

use crate::reached::Reached;
use crate::script::Script;

/// An access unit that needs no other one, and one that does.
const KEY: &[u8] = &[0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 0, 1, 0x65, 0x88, 1];
const DELTA: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 1];
/// 20 ms of silence.
const QUIET: &[u8] = &[0xf8, 0xff, 0xfe];
/// What the sender's wall clock shows at the beginning.
const WALL: Duration = Duration::from_secs(1_700_000_000);
/// Where a track may begin to count: a stranger says so.
const BEGINNINGS: [u64; 6] = [0, 77_777, (1 << 32) - 90_000, (1 << 63) - 90_000, u64::MAX - 90_000, u64::MAX];
/// Wall clocks that nobody has.
const STRANGE_WALLS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1 << 32), Duration::from_secs(1 << 38)];
/// A frame is no farther than so many milliseconds from its arrival, whatever its sender says: the clock's limit, the first
/// correction by a report, and a second of sound that is made up for lost packets.
const ASTRAY_MS: i64 = 5_000 + 1_000 + 1_100;
/// The time of what arrives first.
const BEGINNING_MS: i64 = 100;

/// Runs a script. Of pictures: `k`, `d` are a key picture and one that needs others, `a` and bytes an access unit. Of sound:
/// `q` is silence, `s` and bytes a packet. Time: `w` and a number of milliseconds, `z` and a number of quarters of a second
/// pass. RTP time of a track (`0` pictures, `1` sound): `e`, the track and a number let it count from elsewhere; `j` and `b`,
/// the track and a number of hundredths of a second move it forward and back. `r`, the track and a number of hundredths of a
/// second that the sender's clock goes wrong are a sender report; `x`, the track and two numbers are a report of no moment.
/// `l`: something was lost before what comes next.
pub fn publish(bytes: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let mut script = Script::new(bytes);
    let mut sender = Sender::default();
    let mut arrivals = Vec::new();
    while let Some(step) = script.step() {
        match step {
            Some(b'k') => arrivals.push(sender.send(PICTURE, KEY)),
            Some(b'd') => arrivals.push(sender.send(PICTURE, DELTA)),
            Some(b'a') => arrivals.push(sender.send(PICTURE, script.bytes())),
            Some(b'q') => arrivals.push(sender.send(SOUND, QUIET)),
            Some(b's') => arrivals.push(sender.send(SOUND, script.bytes())),
            Some(b'w') => sender.now += Duration::from_millis(script.number().into()),
            Some(b'z') => sender.now += Duration::from_millis(250) * u32::from(script.number()),
            Some(b'e') => {
                let track = script.number();
                sender.track(track).base = script.pick(&BEGINNINGS);
            }
            Some(b'j') => sender.track(script.number()).shift(script.number().into()),
            Some(b'b') => sender.track(script.number()).shift(-i64::from(script.number())),
            Some(b'r') => {
                let (track, wrong) = (script.number(), script.number());
                let wall = WALL + sender.now + Duration::from_millis(10) * u32::from(wrong);
                let time = sender.time(track);
                sender.track(track).report = Some((wall, time));
            }
            Some(b'x') => {
                let track = script.number();
                sender.track(track).report = Some((script.pick(&STRANGE_WALLS), script.pick(&BEGINNINGS)));
            }
            Some(b'l') => sender.has_lost = true,
            _ => {}
        }
    }
    let (frames, panics) = published(&arrivals);
    assert_eq!(panics, 0, "a codec panicked");
    let begun = arrivals.first().map_or(Duration::ZERO, |first| first.arrived);
    let mut stream = Stream { begun, ..Stream::default() };
    for (arrival, frames) in arrivals.iter().zip(&frames) {
        stream.arrives(arrival, &mut reached);
        for (kind, timestamp) in frames {
            stream.take(*kind, *timestamp, arrival, &mut reached);
        }
    }
    reached
}

const PICTURE: u8 = 0;
const SOUND: u8 = 1;

/// The browser.
#[derive(Default)]
struct Sender {
    now: Duration,
    tracks: [Track; 2],
    has_lost: bool,
}

#[derive(Default)]
struct Track {
    /// Its RTP time at the beginning.
    base: u64,
    per_ms: u64,
    report: Option<(Duration, u64)>,
}

impl Track {
    fn shift(&mut self, hundredths: i64) {
        self.base = self.base.wrapping_add_signed(hundredths * 10 * self.per_ms.cast_signed());
    }
}

impl Sender {
    fn track(&mut self, number: u8) -> &mut Track {
        let track = &mut self.tracks[usize::from(number % 2)];
        track.per_ms = if number % 2 == PICTURE { 90 } else { 48 };
        track
    }

    fn time(&mut self, number: u8) -> u64 {
        let passed = self.now.as_millis() as u64;
        let track = self.track(number);
        track.base.wrapping_add(passed * track.per_ms)
    }

    fn send<'a>(&mut self, number: u8, bytes: &'a [u8]) -> WebArrival<'a> {
        let is_next = !std::mem::take(&mut self.has_lost);
        let time = self.time(number);
        let report = self.track(number).report;
        WebArrival { is_sound: number == SOUND, time, arrived: self.now, report, is_next, bytes }
    }
}

/// What a player of the stream knows.
#[derive(Default)]
struct Stream {
    /// When the first packet came.
    begun: Duration,
    is_described: bool,
    has_picture_header: bool,
    has_sound_header: bool,
    /// A key picture came, and all that came behind it.
    is_whole: bool,
    /// Time stamp of the newest picture and sound.
    newest: [Option<u32>; 2],
}

impl Stream {
    fn arrives(&mut self, arrival: &WebArrival<'_>, reached: &mut Reached) {
        if arrival.is_next {
            return;
        }
        reached.note("arrival", "lost before");
        if !arrival.is_sound {
            self.is_whole = false;
        }
    }

    fn take(&mut self, kind: Published, timestamp: u32, arrival: &WebArrival<'_>, reached: &mut Reached) {
        let track = match kind {
            Published::Description => {
                self.is_described = true;
                return reached.note("frame", "description");
            }
            Published::PictureHeader => {
                self.has_picture_header = true;
                return reached.note("frame", "picture header");
            }
            Published::SoundHeader => {
                self.has_sound_header = true;
                return reached.note("frame", "sound header");
            }
            Published::Key => {
                reached.note("frame", "key");
                self.is_whole = true;
                PICTURE
            }
            Published::Delta => {
                reached.note("frame", "delta");
                PICTURE
            }
            Published::Sound => {
                reached.note("frame", "sound");
                SOUND
            }
        };
        assert_eq!(track == SOUND, arrival.is_sound, "one track gives the other's frames");
        assert!(self.is_described, "{kind:?} before a description");
        if track == PICTURE {
            assert!(self.has_picture_header, "a picture before its header");
            assert!(self.is_whole, "a picture that nobody can decode");
        } else {
            assert!(self.has_sound_header, "sound before its header");
        }
        self.goes_forward(usize::from(track), timestamp, reached);
        let passed = (arrival.arrived - self.begun).as_millis() as i64;
        let astray = i64::from(timestamp.cast_signed()) - passed - BEGINNING_MS;
        assert!(astray.abs() <= ASTRAY_MS, "{kind:?} is {astray} ms from its arrival");
        if astray.abs() > 1_000 {
            reached.note("time", "far from the arrival");
        }
    }

    fn goes_forward(&mut self, track: usize, timestamp: u32, reached: &mut Reached) {
        if let Some(newest) = self.newest[track] {
            let step = timestamp.wrapping_sub(newest).cast_signed();
            assert!(step >= 0, "time goes back by {} ms", -i64::from(step));
            reached.note("time", if step == 0 { "stands" } else { "goes on" });
        }
        self.newest[track] = Some(timestamp);
    }
}
