//! The [`MediaDesk`] is how rooms speak to the media server: it signs leases at once and passes commands on in their order.

use std::sync::Arc;

use miniapp_rtc::protocol::Lease;
use tokio::sync::mpsc;

use crate::media::{MediaServer, PublicAddresses};
use crate::room::{Grant, MediaCommand};

/// How rooms speak to the media server.
pub struct MediaDesk {
    media: Arc<dyn MediaServer>,
    commands: mpsc::UnboundedSender<MediaCommand>,
}

impl MediaDesk {
    /// A desk, and the commands left on it. The channel is unbounded because a room must not wait: it holds what rooms
    /// ended and the media server has not yet heard of.
    pub fn new(media: Arc<dyn MediaServer>) -> (Self, mpsc::UnboundedReceiver<MediaCommand>) {
        let (commands, waiting) = mpsc::unbounded_channel();
        (Self { media, commands }, waiting)
    }

    /// Signs a lease for the media server with these addresses; without, for that of this process.
    pub(super) fn sign(&self, addresses: Option<&PublicAddresses>, grant: &Grant) -> Lease {
        match addresses {
            Some(addresses) => self.media.issue_at(addresses, grant),
            None => self.media.issue(grant),
        }
    }

    /// Where clients reach the media server of this process.
    #[cfg(feature = "redis")]
    pub(super) fn addresses(&self) -> PublicAddresses {
        self.media.addresses()
    }

    pub(super) fn command(&self, command: MediaCommand) {
        // The receiver is gone only while the process ends, and then so is the media server.
        let _ = self.commands.send(command);
    }
}
