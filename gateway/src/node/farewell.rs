//! Farewells: what a socket is told before the gateway closes it (docs/protocol.md, close codes).

use miniapp_rtc::protocol::limits::close;
use miniapp_rtc::protocol::{Bye, ByeAction};

/// The socket had no session within its time.
pub fn no_join() -> Bye {
    // It has no session that it could resume.
    bye(close::NO_JOIN, ByeAction::Stop, "no join or resume was granted in time")
}

/// Nothing was heard for too long.
pub fn idle() -> Bye {
    bye(close::IDLE, ByeAction::Resume, "nothing was heard for too long; resume")
}

/// More waits to be sent than the socket may hold.
pub fn slow() -> Bye {
    bye(close::SLOW, ByeAction::Resume, "the client reads too slowly; resume to get what it missed")
}

/// The process holds as much for all sockets as it may, and for this one more than an even share.
pub fn crowded() -> Bye {
    let reason = "the gateway holds as much as it may, and much of it for this socket; resume";
    Bye { after_ms: CROWDED_MS, ..bye(close::SLOW, ByeAction::Resume, reason) }
}

/// The client broke the protocol again and again.
pub fn misbehaviour(reason: &str) -> Bye {
    bye(close::MISBEHAVIOUR, ByeAction::Stop, reason)
}

/// The gateway stops; the client is to come back somewhere else after `after_ms` milliseconds.
pub fn going_away(after_ms: u32) -> Bye {
    Bye { after_ms, ..bye(close::GOING_AWAY, ByeAction::Resume, "the gateway is stopping; resume on another one") }
}

/// The gateway cannot go on with the session here; the client is to resume, on another one if it can, after `after_ms`
/// milliseconds.
pub fn cut_off(after_ms: u32) -> Bye {
    Bye { after_ms, ..bye(close::GOING_AWAY, ByeAction::Resume, "this gateway lost touch with the others; resume") }
}

/// Who is put out for what all hold comes back when some of it has gone.
const CROWDED_MS: u32 = 1_000;

fn bye(code: u16, action: ByeAction, reason: &str) -> Bye {
    Bye { code, reason: reason.into(), action, after_ms: 0 }
}
