//! The tests of `wasm.rs` again, for a browser: an engine is chosen for a whole test program.

#![cfg(target_family = "wasm")]

#[path = "wasm.rs"]
mod core_in_an_engine;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
