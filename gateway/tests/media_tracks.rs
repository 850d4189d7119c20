//! What players are told of, and what reaches them: tracks that are not wanted, muted, or come later.
#![cfg(feature = "embedded-media")]
#![allow(missing_docs, clippy::expect_used)]

mod media_support;

use std::time::Duration;

use media_support::ffmpeg::{self, SMALL};
use media_support::flv::{Player, Tag};
use media_support::rtmp::{self, Rtmp, aac, avc, contains, number, object, text};
use media_support::{Fixture, session_id};
use miniapp_rtc_gateway::media::{MediaEvent, Transport};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// An encoder that says of itself what encoders say, and sends sound, pictures or both in real time.
struct Encoder {
    rtmp: Rtmp,
    start: Instant,
    sent: u32,
    has_configured: (bool, bool),
    key_every: u32,
}

impl Encoder {
    async fn start(fixture: &mut Fixture, stream: &str) -> Self {
        let mut rtmp = Rtmp::publish(&fixture.push_url(stream, 1)).await;
        let numbers = ["width", "height", "videocodecid", "framerate", "audiocodecid", "audiosamplerate"];
        let one = number(7.0);
        let properties: Vec<(&str, &[u8])> = numbers.iter().map(|name| (*name, &one[..])).collect();
        let metadata = [text("@setDataFrame"), text("onMetaData"), object(&properties)].concat();
        rtmp.send(rtmp::DATA, 0, &metadata).await;
        while !matches!(fixture.next_event().await, MediaEvent::Started { .. }) {}
        Self { rtmp, start: Instant::now(), sent: 0, has_configured: (false, false), key_every: 25 }
    }

    /// Sends for a while, 25 pictures and 50 sounds a second; pictures carry `mark`.
    async fn send(&mut self, time: Duration, audio: bool, video: Option<u8>) {
        let end = self.start.elapsed() + time;
        while self.start.elapsed() < end {
            let now = self.sent * 40;
            if audio && !std::mem::replace(&mut self.has_configured.0, true) {
                self.rtmp.send(rtmp::AUDIO, now, &aac::header()).await;
            }
            if let Some(mark) = video {
                let is_first = !std::mem::replace(&mut self.has_configured.1, true);
                if is_first {
                    self.rtmp.send(rtmp::VIDEO, now, &avc::header(1)).await;
                }
                let is_key = is_first || self.sent.is_multiple_of(self.key_every);
                let mut picture = if is_key { avc::key(300) } else { avc::delta(100) };
                *picture.last_mut().expect("bytes") = mark;
                self.rtmp.send(rtmp::VIDEO, now, &picture).await;
            }
            for half in 0..if audio { 2 } else { 0 } {
                self.rtmp.send(rtmp::AUDIO, now + half * 20, &aac::sound()).await;
            }
            self.sent += 1;
            tokio::time::sleep_until(self.start + Duration::from_millis(u64::from(self.sent) * 40)).await;
        }
    }
}

/// What a player gets within `time`: its tags, the metadata, and the marks of the pictures.
async fn watch(player: &mut Player, time: Duration) -> (Vec<Tag>, Vec<Vec<u8>>, Vec<u8>) {
    let (mut tags, mut metadata, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    let end = Instant::now() + time;
    while let Ok(Some((tag, _))) = tokio::time::timeout_at(end, player.next_tag()).await {
        match tag {
            Tag::Metadata => metadata.push(player.payload.clone()),
            Tag::VideoKey | Tag::VideoDelta => marks.extend(player.payload.last()),
            Tag::AudioHeader | Tag::Audio | Tag::VideoHeader => {}
        }
        tags.push(tag);
    }
    (tags, metadata, marks)
}

fn flv(fixture: &Fixture, session: &str) -> String {
    fixture.play_url("s1", 1, session, Transport::HttpFlv)
}

#[tokio::test]
async fn header_and_metadata_say_what_this_player_will_get() {
    let mut fixture = Fixture::start().await;
    fixture.room.allow_publish("s1", 1, "publisher");
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    encoder.send(SECOND / 2, true, Some(1)).await;
    for (wanted, given, flags) in [
        ((true, true), (true, true), 5),
        ((true, false), (true, true), 4),
        ((false, true), (true, true), 1),
        ((true, true), (true, false), 4),
        ((true, true), (false, true), 1),
        ((true, false), (false, true), 0),
    ] {
        fixture.turn("s1", "publisher", given.0, given.1).await;
        fixture.room.subscribe("s1", "u1", wanted.0, wanted.1);
        let (url, mut watched) = (flv(&fixture, "u1"), None);
        tokio::join!(encoder.send(SECOND, true, Some(1)), async {
            let mut player = Player::open(&url).await;
            watched = Some((player.flags, watch(&mut player, SECOND / 2).await));
        });
        let (announced, (tags, metadata, _)) = watched.expect("a player");
        let case = format!("wants {wanted:?}, is given {given:?}");
        assert_eq!(announced, flags, "{case}");
        assert_eq!(tags.contains(&Tag::Audio), flags & 4 != 0, "{case}: {tags:?}");
        assert_eq!(tags.contains(&Tag::VideoKey), flags & 1 != 0, "{case}: {tags:?}");
        let [metadata] = &metadata[..] else { panic!("{case}: {metadata:?}") };
        assert_eq!(contains(metadata, b"audiocodecid"), flags & 4 != 0, "{case}");
        assert_eq!(contains(metadata, b"videocodecid") || contains(metadata, b"width"), flags & 1 != 0, "{case}");
        let has_video = [&b"hasVideo\x01"[..], &[flags & 1]].concat();
        assert!(contains(metadata, &has_video), "{case}");
    }
}

#[tokio::test]
async fn ffmpeg_with_its_own_options_plays_a_part_of_a_stream() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, false);
    fixture.room.subscribe("s1", "u2", false, true);
    tokio::time::sleep(SECOND).await;
    let url = |session, transport| fixture.play_url("s1", 1, session, transport);
    let [a, b] = [url("u1", Transport::HttpFlv), url("u1", Transport::Rtmp)];
    let [c, d] = [url("u2", Transport::HttpFlv), url("u2", Transport::Rtmp)];
    let all = tokio::join!(
        ffmpeg::play_one_second(&a),
        ffmpeg::play_one_second(&b),
        ffmpeg::play_one_second(&c),
        ffmpeg::play_one_second(&d),
    );
    // It looks at five seconds of media where one track is announced, and at 90 where another one is that never comes.
    let took = [all.0, all.1, all.2, all.3];
    assert!(took.iter().all(|took| *took < 9 * SECOND), "{took:?}");
}

#[tokio::test]
async fn a_track_that_comes_later_asks_for_another_connection_of_http_flv_players() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    encoder.send(SECOND + SECOND / 4, true, None).await;
    fixture.room.subscribe("s1", "u1", true, true);
    fixture.room.subscribe("s1", "u2", true, false);
    let (first, second) = (flv(&fixture, "u1"), flv(&fixture, "u2"));
    let mut players = Vec::new();
    tokio::join!(encoder.send(SECOND / 2, true, None), async {
        players = vec![Player::open(&first).await, Player::open(&second).await];
    });
    assert_eq!(players.iter().map(|player| player.flags).collect::<Vec<_>>(), [4, 4]);
    assert!(fixture.events.try_recv().is_err());

    // The camera is switched on.
    encoder.send(SECOND, true, Some(1)).await;
    let outgrown = fixture.next_event().await;
    assert!(matches!(&outgrown, MediaEvent::Outgrown { session, .. } if *session == session_id("u1")), "{outgrown:?}");
    assert!(fixture.events.try_recv().is_err(), "once, and not for who wants no pictures");
    let (tags, _, _) = watch(&mut players[0], SECOND / 2).await;
    assert!(tags.contains(&Tag::Audio) && !tags.iter().any(|tag| tag.is_picture()), "{tags:?}");
    // A wish is widened.
    fixture.turn("s1", "u2", true, true).await;
    encoder.send(SECOND, true, Some(1)).await;
    let outgrown = fixture.next_event().await;
    assert!(matches!(&outgrown, MediaEvent::Outgrown { session, .. } if *session == session_id("u2")), "{outgrown:?}");
    let mut again = None;
    tokio::join!(encoder.send(SECOND, true, Some(1)), async {
        let mut player = Player::open(&first).await;
        again = Some((player.flags, watch(&mut player, SECOND / 4).await.0));
    });
    let (flags, tags) = again.expect("a player");
    assert!(flags == 5 && tags.contains(&Tag::VideoKey), "{flags}: {tags:?}");
}

#[tokio::test]
async fn a_track_that_is_switched_off_asks_for_a_connection_that_does_not_wait_for_it() {
    let mut fixture = Fixture::start().await;
    fixture.room.allow_publish("s1", 1, "publisher");
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    for session in ["u1", "u2"] {
        fixture.room.subscribe("s1", session, true, true);
    }
    encoder.send(SECOND / 2, true, Some(1)).await;
    let url = flv(&fixture, "u1");
    let mut players = [Player::open(&url).await, Player::open(&flv(&fixture, "u2")).await];
    encoder.send(SECOND / 4, true, Some(1)).await;
    assert!(fixture.events.try_recv().is_err());

    // By the player's side, then by the publisher's.
    fixture.turn("s1", "u2", true, false).await;
    encoder.send(SECOND, true, Some(1)).await;
    let outgrown = fixture.next_event().await;
    assert!(matches!(&outgrown, MediaEvent::Outgrown { session, .. } if *session == session_id("u2")), "{outgrown:?}");
    fixture.turn("s1", "publisher", false, false).await;
    encoder.send(SECOND / 4, true, Some(1)).await;
    assert!(fixture.events.try_recv().is_err(), "who gets nothing needs nothing");
    fixture.turn("s1", "publisher", true, false).await;
    encoder.send(SECOND, true, Some(1)).await;
    let outgrown = fixture.next_event().await;
    assert!(matches!(&outgrown, MediaEvent::Outgrown { session, .. } if *session == session_id("u1")), "{outgrown:?}");
    assert!(fixture.events.try_recv().is_err(), "once");
    let (before, _, _) = watch(&mut players[0], SECOND / 4).await;
    assert!(before.ends_with(&[Tag::Audio, Tag::Audio]), "meanwhile the sound goes on: {before:?}");
    let mut again = None;
    tokio::join!(encoder.send(SECOND / 2, true, Some(1)), async { again = Some(Player::open(&url).await.flags) });
    assert_eq!(again, Some(4));
    encoder.send(SECOND / 4, true, Some(1)).await;
    assert!(fixture.events.try_recv().is_err(), "it gets what it was told");
}

#[tokio::test]
async fn a_player_that_comes_with_the_first_sound_still_hears_of_the_pictures() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    fixture.room.subscribe("s1", "u1", true, true);
    let (url, mut flags) = (flv(&fixture, "u1"), 0);
    encoder.send(SECOND / 10, true, None).await;
    let sending = async {
        encoder.send(SECOND / 2, true, None).await;
        encoder.send(SECOND, true, Some(1)).await;
    };
    tokio::join!(sending, async { flags = Player::open(&url).await.flags });
    assert_eq!(flags, 5);
}

#[tokio::test]
async fn an_rtmp_player_hears_of_a_later_track_on_the_connection_it_has() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    fixture.room.subscribe("s1", "u1", true, true);
    encoder.send(SECOND + SECOND / 4, true, None).await;
    let mut player = None;
    let url = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    tokio::join!(encoder.send(SECOND / 2, true, None), async { player = Some(Rtmp::play(&url).await) });
    encoder.send(SECOND / 2, true, Some(1)).await;
    let messages = player.expect("a player").messages_for(SECOND / 2).await;
    let told: Vec<bool> = messages
        .iter()
        .filter(|message| message.type_id == rtmp::DATA && contains(&message.payload, b"onMetaData"))
        .map(|message| contains(&message.payload, b"hasVideo\x01\x01"))
        .collect();
    assert_eq!(told, [false, true]);
    let at = |wanted: &dyn Fn(&rtmp::Message) -> bool| messages.iter().position(wanted).expect("it comes");
    let news = at(&|message| contains(&message.payload, b"hasVideo\x01\x01"));
    assert!(news < at(&|message| message.type_id == rtmp::VIDEO), "metadata comes before the track");
    assert!(fixture.events.try_recv().is_err());
}

#[tokio::test]
async fn what_its_publisher_has_muted_reaches_no_player_not_even_from_the_cache() {
    let mut fixture = Fixture::start().await;
    fixture.room.allow_publish("s1", 1, "publisher");
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    encoder.key_every = 1_000;
    for session in ["u1", "u2", "u3"] {
        fixture.room.subscribe("s1", session, true, true);
    }
    encoder.send(SECOND / 2, true, Some(1)).await;
    let mut early = Player::open(&flv(&fixture, "u1")).await;
    encoder.send(SECOND / 4, true, Some(1)).await;
    fixture.turn("s1", "publisher", false, false).await;
    // An encoder of strangers goes on sending.
    encoder.send(SECOND, true, Some(2)).await;
    let mut amid = None;
    let url = flv(&fixture, "u2");
    tokio::join!(encoder.send(SECOND / 2, true, Some(2)), async {
        let mut player = Player::open(&url).await;
        amid = Some((player.flags, watch(&mut player, SECOND / 4).await.0));
    });
    let (flags, tags) = amid.expect("a player");
    assert!(flags == 0 && tags == [Tag::Metadata], "{flags}: {tags:?}");
    fixture.turn("s1", "publisher", true, true).await;
    encoder.send(SECOND / 4, true, Some(3)).await;
    let mut late = Player::open(&flv(&fixture, "u3")).await;
    encoder.send(SECOND / 4, true, Some(3)).await;
    let (tags, _, marks) = watch(&mut late, SECOND / 4).await;
    assert!(tags.contains(&Tag::Audio) && marks.is_empty(), "it waits for a key frame: {tags:?} {marks:?}");
    encoder.key_every = 1;
    encoder.send(SECOND / 4, true, Some(4)).await;
    let (_, _, marks) = watch(&mut late, SECOND / 4).await;
    assert!(!marks.is_empty() && marks.iter().all(|mark| *mark == 4), "{marks:?}");
    let (tags, _, marks) = watch(&mut early, SECOND / 4).await;
    assert!(marks.contains(&1) && marks.contains(&4), "{marks:?}");
    assert!(!marks.contains(&2) && !marks.contains(&3), "muted, and what needs muted pictures: {marks:?}");
    let sounds = tags.iter().filter(|tag| **tag == Tag::Audio).count();
    assert!((40..=100).contains(&sounds), "sound while it was on, 1.5 s of 50 a second: {sounds}");
}

#[tokio::test]
async fn a_late_player_gets_the_picture_of_a_group_of_any_length() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    encoder.send(rtmp::VIDEO, 0, &avc::header(1)).await;
    encoder.send(rtmp::AUDIO, 0, &aac::header()).await;
    encoder.send(rtmp::VIDEO, 0, &avc::key(5_000)).await;
    // Thirty seconds after a key frame.
    for picture in 1..=750 {
        encoder.send(rtmp::VIDEO, picture * 40, &avc::delta(1_000)).await;
        for half in 0..2 {
            encoder.send(rtmp::AUDIO, picture * 40 + half * 20, &aac::sound()).await;
        }
    }
    tokio::time::sleep(SECOND / 2).await;
    fixture.next_event().await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&flv(&fixture, "u1")).await;
    let (tags, _, _) = watch(&mut player, SECOND).await;
    let pictures = tags.iter().filter(|tag| tag.is_picture()).count();
    assert!(tags.contains(&Tag::VideoKey) && pictures == 751, "{pictures} pictures");
}

#[tokio::test]
async fn what_is_no_picture_is_not_what_a_late_player_begins_with() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Encoder::start(&mut fixture, "s1").await;
    encoder.send(SECOND / 4, true, Some(1)).await;
    let note = [b"\x94avc1\x02\x00\x09colorInfo".as_slice(), &object(&[])].concat();
    for odd in [&[0x17, 2, 0, 0, 0][..], &[0x57, 0], &[0x57, 1], b"\xd1avc1\x00", b"\x92avc1", &note] {
        encoder.rtmp.send(rtmp::VIDEO, encoder.sent * 40, odd).await;
    }
    fixture.room.subscribe("s1", "u1", true, true);
    tokio::time::sleep(SECOND / 10).await;
    let url = fixture.play_url("s1", 1, "u1", Transport::Rtmp);
    let messages = Rtmp::play(&url).await.messages_for(SECOND / 2).await;
    let begin: Vec<&[u8]> =
        messages.iter().filter(|message| message.type_id == rtmp::VIDEO).map(|message| &message.payload[..2]).collect();
    assert_eq!(begin[..2], [&[0x17, 0], &[0x17, 1]], "configuration and key frame: {begin:?}");
    assert!(
        begin.iter().all(|two| ![0x57, 0xd1].contains(&two[0]) && **two != [0x17, 2] && two[0] != 0x92),
        "{begin:?}"
    );
}

#[tokio::test]
async fn a_clock_that_jumps_does_not_reach_players() {
    let mut fixture = Fixture::start().await;
    let mut encoder = Rtmp::publish(&fixture.push_url("s1", 1)).await;
    let mut clock = 10_000_000_u32;
    encoder.send(rtmp::VIDEO, clock, &avc::header(1)).await;
    encoder.send(rtmp::AUDIO, clock, &aac::header()).await;
    encoder.send(rtmp::VIDEO, clock, &avc::key(100)).await;
    fixture.next_event().await;
    fixture.room.subscribe("s1", "u1", true, true);
    let mut player = Player::open(&flv(&fixture, "u1")).await;
    for jump in [0_i32, 500, -500, 5_000, -5_000, 60_000, -60_000, 3_600_000, -3_600_000] {
        clock = clock.wrapping_add_signed(jump);
        for picture in 0..25 {
            // Sound and its picture, in turn the one and the other first.
            let sound_first = picture % 2 == 0;
            for is_sound in [sound_first, !sound_first] {
                let (kind, payload) =
                    if is_sound { (rtmp::AUDIO, aac::sound()) } else { (rtmp::VIDEO, avc::delta(50)) };
                encoder.send(kind, clock, &payload).await;
            }
            clock += 40;
        }
    }
    let tags = player.tags_for(SECOND).await;
    let of =
        |is: fn(Tag) -> bool| -> Vec<u32> { tags.iter().filter(|(tag, _)| is(*tag)).map(|(_, time)| *time).collect() };
    let (sounds, pictures) = (of(|tag| tag == Tag::Audio), of(Tag::is_picture));
    assert!(sounds.len() == 225 && pictures.len() == 226, "{} {}", sounds.len(), pictures.len());
    for times in [&sounds, &pictures] {
        let steps = times.windows(2).map(|two| i64::from(two[1]) - i64::from(two[0]));
        assert!(steps.clone().all(|step| (0..=80).contains(&step)), "{:?}", steps.collect::<Vec<_>>());
    }
    let apart = sounds.iter().zip(&pictures[1..]).map(|(sound, picture)| sound.abs_diff(*picture));
    assert!(apart.clone().all(|apart| apart <= 60), "{:?}", apart.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_web_page_may_ask_before_it_plays() {
    let mut fixture = Fixture::start().await;
    let _pusher = fixture.push("s1", 1, SMALL).await;
    fixture.room.subscribe("s1", "u1", true, true);
    let asks = "Origin: https://page.example\r\nAccess-Control-Request-Method: GET\r\n\
        Access-Control-Request-Headers: range,x-player\r\n";
    let answer = Player::request_by("OPTIONS", asks, &flv(&fixture, "u1"), None).await.read_head().await;
    assert_eq!(answer.status, 204, "{}", answer.head);
    for line in ["allow-origin: *", "allow-methods: get, head, options", "allow-headers: range,x-player"] {
        assert!(answer.head.contains(&format!("access-control-{line}")), "{line}: {}", answer.head);
    }
}
