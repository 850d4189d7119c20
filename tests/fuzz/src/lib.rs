//! What the fuzzers run: each target takes any bytes, drives a part of the product with them and panics where a promise
//! is broken. The same functions replay the corpus with the stable compiler (`tests/replay.rs`).
//!
//! | target | what the bytes are |
//! | --- | --- |
//! | [`frame`] | lines: frames of either side, or bodies alone |
//! | [`token`] | a token, its content, or changes to a signed one |
//! | [`session`] | a script of what happens to a client |
//! | [`room`] | a script of what happens to a room of the gateway |
//! | [`offer`] | a browser's offer, and datagrams behind it |
//! | [`stun`] | a datagram that may be a binding request |
//! | [`picture`] | a script of H.264 pictures, from RTP to FLV and back |
//! | [`opus`] | a script of Opus packets that become AAC |
//! | [`aac`] | a script of AAC that becomes Opus packets |
//! | [`publish`] | a script of what a browser sends, and when |

mod frame;
mod names;
mod offer;
mod picture;
mod publish;
mod reached;
mod room;
mod script;
mod session;
mod sound;
mod token;

pub use frame::frame;
pub use names::CALLS;
pub use offer::{offer, stun};
pub use picture::picture;
pub use publish::publish;
pub use reached::Reached;
pub use room::room;
pub use session::session;
pub use sound::{aac, opus};
pub use token::token;

/// A target: what it reached with the bytes it was given.
pub type Target = fn(&[u8]) -> Reached;

/// Every target, by the name of its corpus.
pub const TARGETS: [(&str, Target); 10] = [
    ("frame", frame),
    ("token", token),
    ("session", session),
    ("room", room),
    ("offer", offer),
    ("stun", stun),
    ("picture", picture),
    ("opus", opus),
    ("aac", aac),
    ("publish", publish),
];
