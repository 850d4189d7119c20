//! AccessToken `001`: who may enter which room, with which privileges, until when.
//!
//! The client parses (no key needed); an application server or the gateway signs and verifies. Byte layout: the vendor's
//! open-source token generators; all integers are little-endian.

mod layout;
#[cfg(feature = "sign")]
mod signature;

pub use layout::{AccessToken, Privilege, PrivilegeGrant, RoomScope, TokenError};
#[cfg(feature = "sign")]
pub use signature::{AppKey, InvalidKey, TokenTimes};
