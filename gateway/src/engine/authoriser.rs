//! The [`Authoriser`] answers the media server from the rooms. It is made before both, and learns of the engine when it exists.

use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use miniapp_rtc::protocol::Tracks;

use super::Engine;
use crate::media::{Authorise, ConnectionInfo, Denied, MediaTicket};

/// Answers the media server from the rooms; until it knows them, it denies everything.
#[derive(Default)]
pub struct Authoriser {
    engine: OnceLock<Weak<dyn Engine>>,
}

impl Authoriser {
    /// Names the engine to ask. The first one counts.
    pub fn ask(&self, engine: &Arc<dyn Engine>) {
        let _first_counts = self.engine.set(Arc::downgrade(engine));
    }

    fn engine(&self) -> Result<Arc<dyn Engine>, Denied> {
        self.engine.get().and_then(Weak::upgrade).ok_or(Denied::Unavailable)
    }
}

#[async_trait]
impl Authorise for Authoriser {
    async fn publish(&self, ticket: &MediaTicket, _connection: &ConnectionInfo) -> Result<Tracks, Denied> {
        self.engine()?.may_push(ticket).await
    }

    async fn play(&self, ticket: &MediaTicket, _connection: &ConnectionInfo) -> Result<Tracks, Denied> {
        self.engine()?.may_play(ticket).await
    }
}
