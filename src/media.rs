//! The meaning of what the native tags say: every `live-pusher` and `live-player` code, and their network status.
//!
//! `docs/native-codes.md` says the same in words, for people; a test keeps both equal. Nothing here acts: the session
//! decides what to do with an [`Advice`].

mod meaning;
mod net_status;
mod player;
mod pusher;
mod quality;

pub use meaning::{Advice, Meaning, Severity};
pub use net_status::NetStatus;
pub use player::player;
pub use pusher::pusher;
pub use quality::{Quality, QualityTracker, quality};
