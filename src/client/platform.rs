//! What native programs and the WASM module do differently: share, spawn, wait, tell the time, read JSON.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod wasm;

#[cfg(not(target_family = "wasm"))]
pub(super) use self::native::{Json, Shared, SharedHost, Sharing, WeakShared, cause, sleep, spawn, wall_clock};
#[cfg(target_family = "wasm")]
pub use self::wasm::JsDocument;
#[cfg(target_family = "wasm")]
pub(super) use self::wasm::{Json, Shared, SharedHost, Sharing, WeakShared, cause, sleep, spawn, wall_clock};
