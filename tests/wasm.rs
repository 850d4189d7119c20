//! The core in a JavaScript engine: the vectors through the engine's own JSON, the door, and a call to a real gateway.
//!
//! `wasm-pack test --node` runs it in Node, and `wasm-pack test --headless --chrome` in a browser, by `wasm_browser.rs`. Tests that
//! join a gateway are ignored there; `cargo xtask test` starts a gateway and runs them as well.

#![cfg(target_family = "wasm")]

#[path = "wasm/door.rs"]
mod door;
#[path = "wasm/gateway.rs"]
mod gateway;
#[path = "protocol/vectors.rs"]
mod vectors;

use miniapp_rtc::client::JsDocument;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn client_frames_mean_what_the_vectors_say() {
    vectors::client_frames::<JsDocument>();
}

#[wasm_bindgen_test]
fn server_frames_mean_what_the_vectors_say() {
    vectors::server_frames::<JsDocument>();
}

#[wasm_bindgen_test]
fn bad_client_frames_are_refused_as_the_vectors_say() {
    vectors::bad_client_frames::<JsDocument>();
}

#[wasm_bindgen_test]
fn bad_server_frames_are_dropped() {
    vectors::bad_server_frames::<JsDocument>();
}

#[wasm_bindgen_test]
fn the_vectors_hold_every_method_event_and_notice() {
    vectors::nothing_is_missing::<JsDocument>();
}
