use std::time::{Duration, Instant};

use super::{Arrival, WebPublisher};
use crate::media::embedded::frame::FrameKind::{self, Metadata, VideoDelta, VideoHeader, VideoKey};

const KEY: &[u8] = &[0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 0, 1, 0x65, 0x88, 1];
const DELTA: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 1];

/// A browser that sends 25 pictures a second.
struct Browser {
    publisher: WebPublisher,
    start: Instant,
    pictures: u32,
}

impl Browser {
    fn new() -> Self {
        Self { publisher: WebPublisher::new(), start: Instant::now(), pictures: 0 }
    }

    fn now(&self) -> Instant {
        self.start + self.pictures * Duration::from_millis(40)
    }

    fn send(&mut self, bytes: &[u8], is_next: bool) -> Vec<FrameKind> {
        let (arrived, time) = (self.now(), u64::from(self.pictures) * 3_600 + 1_000_000);
        self.pictures += 1;
        let frames = self.publisher.picture(Arrival { time, arrived, report: None, is_next, bytes });
        frames.into_iter().map(|frame| frame.kind).collect()
    }
}

#[test]
fn a_stream_begins_with_its_description_and_a_key_picture() {
    let mut browser = Browser::new();
    assert_eq!(browser.send(DELTA, true), [], "nobody can decode it");
    assert_eq!(browser.send(KEY, true), [Metadata, VideoHeader, VideoKey]);
    assert_eq!(browser.send(DELTA, true), [VideoDelta]);
    assert_eq!(browser.send(KEY, true), [VideoKey], "nothing new is to be said");
    let mut other = KEY.to_vec();
    other[7] = 0x20;
    assert_eq!(browser.send(&other, true)[..], [VideoHeader, VideoKey], "another header, the same description");
}

#[test]
fn after_a_loss_nothing_is_given_out_up_to_a_key_picture() {
    let mut browser = Browser::new();
    browser.send(KEY, true);
    assert_eq!(browser.send(DELTA, false), []);
    assert_eq!(browser.send(DELTA, true), []);
    assert_eq!(browser.send(KEY, true), [VideoKey]);
    assert_eq!(browser.send(KEY, false), [VideoKey], "it needs nothing that was lost");
    assert_eq!(browser.send(&KEY[..16], false), [], "parameter sets alone");
    assert_eq!(browser.send(DELTA, true), [], "what was lost before them is missed");
    assert_eq!(browser.send(KEY, true), [VideoKey]);
    assert_eq!(browser.send(DELTA, true), [VideoDelta]);
}

#[test]
fn a_key_picture_is_asked_for_every_two_seconds_and_sooner_where_it_is_missed() {
    let mut browser = Browser::new();
    let connected = browser.start;
    assert_eq!(browser.publisher.asks_at(connected), connected, "at once");
    browser.publisher.has_asked(connected);
    browser.send(KEY, true);
    let after = |milliseconds| connected + Duration::from_millis(milliseconds);
    assert_eq!(browser.publisher.asks_at(connected), after(2_000));
    browser.publisher.want_key();
    browser.publisher.want_key();
    assert_eq!(browser.publisher.asks_at(connected), after(500), "however many join");
    browser.publisher.has_asked(after(500));
    assert_eq!(browser.publisher.asks_at(connected), after(2_500));
    browser.send(DELTA, false);
    assert_eq!(browser.publisher.asks_at(connected), after(1_000), "a picture was lost");
}
