//! The body of the SDK: runs a [`ClientState`](crate::session::ClientState) over a real WebSocket and a real clock.
//!
//! One runner serves native programs (bots, load tests, tests) and the WASM module; only waiting, spawning and sharing
//! differ between them.

mod clock;
#[cfg(not(target_family = "wasm"))]
mod native;
mod platform;
mod runner;
mod socket;

#[cfg(not(target_family = "wasm"))]
pub use self::native::{Client, Events};
#[cfg(target_family = "wasm")]
pub use self::platform::JsDocument;
#[cfg(target_family = "wasm")]
pub(crate) use self::runner::{Host, Runner};
