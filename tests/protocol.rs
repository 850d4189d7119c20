//! The treaty: `docs/protocol.md`, `tests/vectors/` and the code say the same.

#![cfg(all(feature = "json", not(target_family = "wasm")))]

#[path = "protocol/hostile.rs"]
mod hostile;
#[path = "protocol/markdown.rs"]
mod markdown;
#[path = "protocol/round_trip.rs"]
mod round_trip;
#[path = "protocol/spec_messages.rs"]
mod spec_messages;
#[path = "protocol/spec_numbers.rs"]
mod spec_numbers;
#[path = "protocol/strategies.rs"]
mod strategies;
#[path = "protocol/vectors.rs"]
mod vectors;

use serde_json::Value as Native;

#[test]
fn client_frames_mean_what_the_vectors_say() {
    vectors::client_frames::<Native>();
}

#[test]
fn server_frames_mean_what_the_vectors_say() {
    vectors::server_frames::<Native>();
}

#[test]
fn bad_client_frames_are_refused_as_the_vectors_say() {
    vectors::bad_client_frames::<Native>();
}

#[test]
fn bad_server_frames_are_dropped() {
    vectors::bad_server_frames::<Native>();
}

#[test]
fn the_vectors_hold_every_method_event_and_notice() {
    vectors::nothing_is_missing::<Native>();
}
