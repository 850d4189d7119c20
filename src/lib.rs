//! Audio and video calls for WeChat mini-programs: the core of the SDK.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`protocol`] | the words of the wire |
//! | [`token`] | AccessToken 001 |
//! | [`session`] | the mind: a pure state machine |
//! | [`media`] | what native codes mean |
//! | [`client`] | runs a session over a WebSocket, natively and on WASM |
//! | `wasm` (on WASM only) | the door to JavaScript |
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]

extern crate alloc;
#[cfg(any(feature = "client", test))]
extern crate std;

pub mod protocol;
pub mod token;

#[cfg(feature = "client")]
pub mod client;
pub mod media;
pub mod session;
#[cfg(all(feature = "client", target_family = "wasm"))]
pub mod wasm;
