//! Names that media URLs are made of: those of the protocol, which hold no dot, since dots part the fields of a ticket.

pub use miniapp_rtc::protocol::{SessionId, StreamId};
