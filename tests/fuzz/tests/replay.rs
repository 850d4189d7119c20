//! Replays the corpus: no file of it breaks a promise, and together they reach what a target is there for.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use miniapp_rtc_fuzz::{CALLS, Reached, Target};

const METHODS: [&str; 14] = [
    "join",
    "leave",
    "mute_local",
    "mute_remote",
    "ping",
    "publish",
    "renew_token",
    "renew_url",
    "resume",
    "set_visibility",
    "subscribe",
    "sync",
    "unpublish",
    "unsubscribe",
];

const ROOM_EVENTS: [&str; 9] = [
    "member_joined",
    "member_left",
    "member_resumed",
    "member_suspended",
    "stream_added",
    "stream_recovered",
    "stream_removed",
    "stream_stalled",
    "stream_updated",
];

/// Runs a target on every file of its corpus, in the order of their names.
fn replay(name: &str, target: Target) -> Reached {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    assert!(files.len() >= 10, "{} holds {} files", folder.display(), files.len());
    let mut reached = Reached::default();
    for file in files {
        let bytes = fs::read(&file).expect("a readable file");
        let one = catch_unwind(|| target(&bytes)).unwrap_or_else(|_| panic!("{} breaks a promise", file.display()));
        reached.add(&one);
    }
    reached
}

#[track_caller]
fn reaches(reached: &Reached, kind: &str, names: &[&str]) {
    for name in names {
        assert!(reached.count(kind, name) > 0, "no file reaches {kind} {name}, only {:?}", reached.names(kind));
    }
}

#[test]
fn frame() {
    let reached = replay("frame", miniapp_rtc_fuzz::frame);
    reaches(&reached, "request", &METHODS);
    reaches(&reached, "answer", &METHODS);
    reaches(&reached, "event", &ROOM_EVENTS);
    reaches(&reached, "event", &["bye", "kicked", "token_expiring", "unknown", "url_updated"]);
    reaches(&reached, "notice", &["report", "unknown"]);
    reaches(&reached, "refusal", &["of the gateway"]);
    reaches(&reached, "refused", &["bad_frame", "bad_request", "unknown_method"]);
    reaches(&reached, "call", &CALLS);
    reaches(&reached, "report", &["code", "net status"]);
    reaches(&reached, "text", &["not JSON"]);
}

#[test]
fn token() {
    let reached = replay("token", miniapp_rtc_fuzz::token);
    reaches(&reached, "parsed", &["malformed", "ok", "version"]);
    reaches(&reached, "verified", &["expired", "ok", "signature"]);
    reaches(&reached, "script", &["signed", "parsed after a change"]);
}

#[test]
fn session() {
    let reached = replay("session", miniapp_rtc_fuzz::session);
    reaches(&reached, "called", &CALLS);
    reaches(&reached, "settled", &["accepted", "error", "nothing", "url", "user"]);
    reaches(&reached, "sent", &METHODS);
    reaches(&reached, "effect", &["close", "log", "notice", "open", "wake"]);
    reaches(&reached, "input", &["of an old socket"]);
    let signals = ["app-hide", "app-show", "audio-interrupted", "audio-resumed", "network-offline", "network-online"];
    reaches(&reached, "signal", &signals);
    reaches(&reached, "signal", &["network-strong", "network-weak"]);
    reaches(&reached, "order", &["play-again", "remount", "start", "stop"]);
    let events = ["@room/client-banned", "close", "connection-state-changed", "disconnect", "error", "mute-audio"];
    reaches(&reached, "event", &events);
    let events = ["mute-video", "peer-leave", "peer-online", "stream-added", "stream-control", "stream-failed"];
    reaches(&reached, "event", &events);
    let events = ["stream-removed", "token-will-expire", "unmute-audio", "unmute-video", "update-url"];
    reaches(&reached, "event", &events);
    assert!(reached.total("settled") > 500, "{} calls were settled", reached.total("settled"));
}

#[test]
fn offer() {
    let reached = replay("offer", miniapp_rtc_fuzz::offer);
    reaches(&reached, "answered", &["a pusher", "a player", "picture", "sound", "datagrams"]);
    let refusals = ["offer_malformed", "offer_with_data_channel", "offer_without_codec"];
    reaches(&reached, "refused", &refusals);
}

#[test]
fn stun() {
    let reached = replay("stun", miniapp_rtc_fuzz::stun);
    reaches(&reached, "names", &["a peer", "nobody"]);
    for source in ["a known source", "a strange source"] {
        reaches(&reached, source, &["to a peer", "to nobody"]);
    }
}

#[test]
fn picture() {
    let reached = replay("picture", miniapp_rtc_fuzz::picture);
    reaches(&reached, "to FLV", &["delta", "header", "key", "none"]);
    reaches(&reached, "to RTP", &["header", "left out", "picture"]);
    reaches(&reached, "refused", &["broken header", "broken picture", "no header", "not H.264", "reordered"]);
}

#[test]
fn opus() {
    let reached = replay("opus", miniapp_rtc_fuzz::opus);
    reaches(&reached, "sound", &["broken", "concealed", "jumps", "late", "made", "units"]);
}

#[test]
fn aac() {
    let reached = replay("aac", miniapp_rtc_fuzz::aac);
    reaches(&reached, "sound", &["broken", "jumps", "late", "made", "units"]);
    reaches(&reached, "configuration", &["none", "refused", "taken"]);
}

#[test]
fn publish() {
    let reached = replay("publish", miniapp_rtc_fuzz::publish);
    reaches(&reached, "frame", &["delta", "description", "key", "picture header", "sound", "sound header"]);
    reaches(&reached, "time", &["far from the arrival", "goes on", "stands"]);
    reaches(&reached, "arrival", &["lost before"]);
}

#[test]
fn room() {
    let reached = replay("room", miniapp_rtc_fuzz::room);
    reaches(&reached, "granted", &METHODS);
    // Leaving, and looking at the room, is never refused to a member; asked before joining, all of it is.
    reaches(&reached, "refused", &METHODS);
    let effects = ["answer", "attach", "broadcast", "check", "close", "detach", "end stream", "end subscription"];
    reaches(&reached, "effect", &effects);
    reaches(&reached, "effect", &["lease", "refuse", "send", "set filter"]);
    reaches(&reached, "event", &ROOM_EVENTS);
    reaches(&reached, "event", &["kicked", "token_expiring"]);
    reaches(&reached, "resumed", &["events", "snapshot"]);
    reaches(&reached, "input", &["repeat"]);
    assert!(reached.total("granted") > 500, "{} requests were granted", reached.total("granted"));
}
