//! The [`MediaDesk`] is how rooms speak to the media server: it signs leases at once and passes commands on in their order.

use std::sync::Arc;

use miniapp_rtc::protocol::{self, Lease, Role, Secret};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::media::{LeaseRequest, MediaServer, Operation};
use crate::room::{Grant, MediaCommand};

/// How rooms speak to the media server.
pub struct MediaDesk {
    media: Arc<dyn MediaServer>,
    clock: Clock,
    commands: mpsc::UnboundedSender<MediaCommand>,
}

impl MediaDesk {
    /// A desk, and the commands left on it. The channel is unbounded because a room must not wait: it holds what rooms
    /// ended and the media server has not yet heard of.
    pub fn new(media: Arc<dyn MediaServer>, clock: Clock) -> (Self, mpsc::UnboundedReceiver<MediaCommand>) {
        let (commands, waiting) = mpsc::unbounded_channel();
        (Self { media, clock, commands }, waiting)
    }

    pub(super) fn sign(&self, grant: &Grant) -> Lease {
        let operation = match grant.role {
            Role::Player => Operation::Play,
            Role::Pusher => Operation::Publish,
        };
        let lease = self.media.issue(&LeaseRequest {
            operation,
            stream: grant.stream.clone(),
            generation: grant.generation,
            session: grant.session.clone(),
        });
        let now = self.clock.now().unix();
        let url = |url: &crate::media::MediaUrl| protocol::MediaUrl {
            transport: url.transport.name().into(),
            url: Secret::new(url.url.expose()),
        };
        Lease {
            stream: grant.stream.clone(),
            generation: grant.generation,
            urls: lease.urls.iter().map(url).collect(),
            expires_in: lease.connect_by.saturating_sub(now),
            renew_in: lease.renew_at.saturating_sub(now),
        }
    }

    pub(super) fn command(&self, command: MediaCommand) {
        // The receiver is gone only while the process ends, and then so is the media server.
        let _ = self.commands.send(command);
    }
}
