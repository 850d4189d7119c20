//! The transport choice: which of a lease's addresses the page gets.

use crate::protocol::{Lease, Role, Secret, words};

words! {
    /// Which of a lease's addresses the page gets. Where the gateway does not offer the transport, another one that is
    /// named here takes its place.
    #[derive(Default)]
    TransportChoice {
        /// RTMP, which native tags push and play.
        #[default]
        Rtmp = "rtmp",
        /// HTTP-FLV for playing; there is none for pushing.
        Flv = "flv",
        /// WHIP for publishing and WHEP for playing: a web page by WebRTC.
        Web = "web",
    }
}

impl TransportChoice {
    /// The address of a lease that the page gets; `None` where it can use none of them.
    pub(super) fn pick(self, role: Role, lease: &Lease) -> Option<&Secret> {
        self.names(role).iter().find_map(|name| lease.url(name))
    }

    /// The names of transports (`docs/protocol.md`, MediaUrl), the preferred one first.
    const fn names(self, role: Role) -> &'static [&'static str] {
        match (self, role) {
            (Self::Rtmp, Role::Pusher | Role::Player) | (Self::Flv, Role::Pusher) => &["rtmp"],
            (Self::Flv, Role::Player) => &["flv", "rtmp"],
            (Self::Web, Role::Pusher) => &["whip", "rtmp"],
            (Self::Web, Role::Player) => &["whep", "flv", "rtmp"],
        }
    }
}
