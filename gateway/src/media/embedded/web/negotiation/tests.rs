use std::time::Instant;

use miniapp_rtc::protocol::Role;
use str0m::Rtc;
use str0m::media::{Direction, MediaKind};

use super::{Agreed, Negotiator, OfferError};

fn negotiator() -> Negotiator {
    let public = ["203.0.113.5:8082", "[2001:db8::1]:8082"].map(|address| address.parse().expect("an address"));
    Negotiator::new(public.to_vec()).expect("keys")
}

/// An offer of a browser that has H.264, VP8 and Opus, or VP8 alone.
fn offer(has_h264: bool, media: &[(MediaKind, Direction)], has_data: bool) -> String {
    let config = Rtc::builder().clear_codecs().enable_vp8(true).enable_h264(has_h264).enable_opus(has_h264, false);
    let mut browser = config.build(Instant::now());
    let mut changes = browser.sdp_api();
    for (kind, direction) in media {
        changes.add_media(*kind, *direction, None, None, None);
    }
    if has_data {
        changes.add_channel("chat".into());
    }
    changes.apply().expect("an offer").0.to_sdp_string()
}

fn answer(role: Role, offer: &str) -> Result<Agreed, OfferError> {
    negotiator().answer(role, offer, Instant::now())
}

const SENDS: [(MediaKind, Direction); 2] =
    [(MediaKind::Audio, Direction::SendOnly), (MediaKind::Video, Direction::SendOnly)];
const RECEIVES: [(MediaKind, Direction); 2] =
    [(MediaKind::Audio, Direction::RecvOnly), (MediaKind::Video, Direction::RecvOnly)];

const BOTH_WAYS: [(MediaKind, Direction); 2] =
    [(MediaKind::Audio, Direction::SendRecv), (MediaKind::Video, Direction::SendRecv)];

#[test]
fn an_answer_has_both_tracks_and_every_address_twice() {
    for (role, media, direction) in [
        (Role::Pusher, SENDS, "a=recvonly"),
        (Role::Player, RECEIVES, "a=sendonly"),
        (Role::Pusher, BOTH_WAYS, "a=recvonly"),
        (Role::Player, BOTH_WAYS, "a=sendonly"),
    ] {
        let agreed = answer(role, &offer(true, &media, false)).expect("agreed");
        assert!(agreed.picture.is_some() && agreed.sound.is_some());
        let sdp = &agreed.answer;
        assert!(sdp.contains("a=ice-lite") && sdp.contains(&format!("a=ice-ufrag:{}", agreed.name)), "{sdp}");
        assert_eq!(sdp.matches(direction).count(), 2, "{sdp}");
        for address in ["203.0.113.5 8082", "2001:db8::1 8082"] {
            for protocol in ["udp", "tcp"] {
                let is_it = |line: &&str| line.contains(address) && line.to_lowercase().contains(protocol);
                assert!(sdp.lines().filter(|line| line.starts_with("a=candidate")).any(|line| is_it(&line)), "{sdp}");
            }
        }
        assert!(sdp.contains("packetization-mode=1") && !sdp.contains("VP8") && !sdp.contains("packetization-mode=0"));
        assert!(!sdp.contains("video-orientation"), "{sdp}");
    }
}

#[test]
fn peers_have_names_of_their_own() {
    let offer = offer(true, &SENDS, false);
    let negotiator = negotiator();
    let names: Vec<String> =
        (0..20).map(|_| negotiator.answer(Role::Pusher, &offer, Instant::now()).expect("agreed").name).collect();
    let mut different = names.clone();
    different.sort();
    different.dedup();
    assert_eq!((different.len(), names[0].len()), (20, 16));
}

#[test]
fn an_offer_of_one_track_is_enough_and_one_of_none_says_what_is_missing() {
    let agreed = answer(Role::Pusher, &offer(true, &SENDS[..1], false)).expect("sound alone");
    assert!(agreed.picture.is_none() && agreed.sound.is_some());
    for (role, offer, reason) in [
        (Role::Pusher, offer(false, &SENDS[1..], false), "offer_without_codec"),
        (Role::Pusher, offer(true, &RECEIVES, false), "offer_without_codec"),
        (Role::Player, offer(true, &SENDS, false), "offer_without_codec"),
        (Role::Pusher, offer(true, &SENDS, true), "offer_with_data_channel"),
        (Role::Pusher, String::new(), "offer_malformed"),
        (Role::Player, "v=0".into(), "offer_malformed"),
    ] {
        let Err(error) = answer(role, &offer) else { panic!("agreed to {offer}") };
        assert_eq!(error.code(), reason, "{error}\n{offer}");
        let said = error.to_string();
        assert!(!said.contains("0x") && !said.contains('\n'), "{said}");
    }
}

#[test]
fn an_offer_that_is_cut_anywhere_is_answered_or_refused() {
    let whole = offer(true, &SENDS, false);
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for left_out in 0..lines.len() {
        let cut: String = lines.iter().take(left_out).copied().collect();
        let without: String =
            lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect();
        for offer in [cut, without] {
            if let Err(error) = answer(Role::Pusher, &offer) {
                assert!(error.to_string().len() > 10, "{error}");
            }
        }
    }
}

#[test]
fn a_packet_came_by_an_address_of_its_kind() {
    let negotiator = negotiator();
    let by = |source: &str| negotiator.destination(source.parse().expect("an address")).expect("one").to_string();
    assert_eq!(by("198.51.100.7:1"), "203.0.113.5:8082");
    assert_eq!(by("[2001:db8::7]:1"), "[2001:db8::1]:8082");
}
