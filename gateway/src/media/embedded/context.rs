//! A [`Context`] is what every connection of the media server works with; a [`MediaGuest`] is a connection that asks it for a
//! push or play.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::EmbeddedLimits;
use super::hub::{Hub, PublishRight};
use super::subscription::Subscription;
use crate::budget::Budget;
use crate::lobby::Waiting;
use crate::media::{Admission, ConnectionInfo, Denied, Gate, GateRefusal, MediaTicket};
use crate::meter::Seldom;
use crate::tls::Tls;

/// What every connection works with.
pub(super) struct Context {
    pub(super) gate: Gate,
    pub(super) hub: Arc<Hub>,
    pub(super) limits: EmbeddedLimits,
    /// What HTTP-FLV shows to those who connect; `None` where it speaks plain HTTP.
    pub(super) tls: Option<Tls>,
    pub(super) budget: Budget,
    /// One for each connection that may push or play.
    pub(super) permits: Arc<Semaphore>,
    /// For what anybody can cause to be logged.
    pub(super) strangers: Seldom,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) connections: TaskTracker,
}

impl Context {
    /// Decides on a push, and makes the connection the publisher.
    pub(super) async fn publish(
        &self,
        name: &str,
        query: &str,
        info: ConnectionInfo,
    ) -> Result<PublishRight, GateRefusal> {
        let admission = self.gate.publish(name, query, &info).await?;
        let publication = self.hub.publish(&admission.ticket, admission.tracks, info, self.permit()?)?;
        self.confirm(&admission)?;
        Ok(publication)
    }

    /// Decides on a play, and makes the connection a player.
    pub(super) async fn play(
        &self,
        name: &str,
        query: &str,
        info: ConnectionInfo,
    ) -> Result<Subscription, GateRefusal> {
        let admission = self.gate.play(name, query, &info).await?;
        let subscription = self.hub.play(&admission.ticket, admission.tracks, info, self.permit()?)?;
        self.confirm(&admission)?;
        Ok(subscription)
    }

    fn confirm(&self, admission: &Admission) -> Result<(), GateRefusal> {
        let MediaTicket { stream, session, .. } = &admission.ticket;
        self.gate.confirm(admission, |tracks| self.hub.set_tracks(stream, session, tracks))
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, Denied> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| Denied::Full)
    }
}

/// A connection whose push or play is not accepted yet.
pub(super) struct MediaGuest {
    pub(super) info: ConnectionInfo,
    pub(super) place: Waiting,
}
