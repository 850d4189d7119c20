//! Whether what one end sends can be read by the other.

use miniapp_rtc::protocol::{ErrorCode, Refusal};

/// The name of the promise that every frame of ours can be read by its other end.
pub const FRAMES_ARE_WELL_MADE: &str = "frames are well made";

/// Whether a refusal says that the gateway could not read a frame.
pub fn is_unreadable(refusal: &Refusal) -> bool {
    let codes = [ErrorCode::BadFrame, ErrorCode::BadRequest, ErrorCode::UnknownMethod, ErrorCode::FrameTooLarge];
    codes.iter().any(|code| code.number() == refusal.code)
}
