//! The [`Gate`] is the check that every push and every play passes before it is accepted, whatever the media server: a
//! genuine ticket, and the room's consent at that moment.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use thiserror::Error;

use super::filter::TrackFilter;
use super::ids::{SessionId, StreamId};
use super::server::{Authorise, ConnectionInfo, Denied};
use super::ticket::{MediaTicket, Operation, TicketError, TicketKeys};
use super::url::{stream_name, ticket_of_query};

/// How long the room state may take to decide.
const DECISION_LIMIT: Duration = Duration::from_secs(10);

/// Reads the wall clock: unix time in seconds.
pub type UnixClock = Arc<dyn Fn() -> u32 + Send + Sync>;

/// The system's wall clock.
pub fn system_clock() -> UnixClock {
    Arc::new(|| {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        u32::try_from(seconds).unwrap_or(u32::MAX)
    })
}

/// Why a push or play was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The ticket is not good.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The ticket is good, but the room state or the media server says no.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl Refusal {
    /// A short stable word for answers and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ticket(error) => error.code(),
            Self::Denied(denied) => denied.code(),
        }
    }
}

/// Checks tickets, remembers ended generations, and asks the room state.
pub struct Gate {
    keys: TicketKeys,
    clock: UnixClock,
    lifetime_seconds: u32,
    policy: Arc<dyn Authorise>,
    revoked: Mutex<Revocations>,
    kicked: Mutex<VecDeque<Kick>>,
}

/// A push or play that was decided on. The decision may be overtaken by a kick before the media server carries it out:
/// [`Gate::confirm`] it afterwards.
#[derive(Debug)]
pub struct Admission {
    /// The ticket.
    pub ticket: MediaTicket,
    asked_at: Instant,
}

/// A subscription that was ended; kept for longer than a decision takes.
struct Kick {
    at: Instant,
    stream: StreamId,
    session: SessionId,
}

/// The ended streams. They are swept when they have doubled since the last time, so that to end one costs the same however
/// many there are.
#[derive(Default)]
struct Revocations {
    by_stream: HashMap<StreamId, Revocation>,
    sweep_at: usize,
}

/// Tickets of `generation` and older are refused, until the room has long forgotten the stream as well.
struct Revocation {
    generation: u32,
    until: Instant,
}

impl Gate {
    /// A gate for tickets that live at most `lifetime_seconds`.
    pub fn new(keys: TicketKeys, clock: UnixClock, lifetime_seconds: u32, policy: Arc<dyn Authorise>) -> Self {
        Self { keys, clock, lifetime_seconds, policy, revoked: Mutex::default(), kicked: Mutex::default() }
    }

    /// The keys that sign new tickets.
    pub fn keys(&self) -> &TicketKeys {
        &self.keys
    }

    /// The wall clock, unix seconds.
    pub fn now(&self) -> u32 {
        (self.clock)()
    }

    /// How long new tickets live.
    pub fn lifetime_seconds(&self) -> u32 {
        self.lifetime_seconds
    }

    /// Decides on a push to `name` (`{stream}-{generation}`) with the URL's query.
    pub async fn publish(
        &self,
        name: &str,
        query: &str,
        connection: &ConnectionInfo,
    ) -> Result<(Admission, Arc<TrackFilter>), Refusal> {
        let admission = self.check(Operation::Publish, name, query)?;
        let filter = self.within_limit(self.policy.publish(&admission.ticket, connection)).await?;
        self.confirm(&admission)?;
        Ok((admission, filter))
    }

    /// Decides on a play of `name` (`{stream}-{generation}`) with the URL's query.
    pub async fn play(
        &self,
        name: &str,
        query: &str,
        connection: &ConnectionInfo,
    ) -> Result<(Admission, Arc<TrackFilter>), Refusal> {
        let admission = self.check(Operation::Play, name, query)?;
        let filter = self.within_limit(self.policy.play(&admission.ticket, connection)).await?;
        self.confirm(&admission)?;
        Ok((admission, filter))
    }

    /// Whether nothing has ended what was admitted. To be asked once more when the connection is in the media server's
    /// table: then either a kick finds it there, or it finds the kick here.
    pub fn confirm(&self, admission: &Admission) -> Result<(), Refusal> {
        let Admission { ticket, asked_at } = admission;
        let kicked = lock(&self.kicked);
        let is_kicked = kicked.iter().rev().take_while(|kick| kick.at >= *asked_at).any(|kick| {
            ticket.operation == Operation::Play && kick.stream == ticket.stream && kick.session == ticket.session
        });
        if is_kicked {
            return Err(Denied::NotSubscribed.into());
        }
        Ok(self.check_revoked(ticket)?)
    }

    /// Ends the plays of a session that are being decided on now; later ones are for the room state to refuse.
    pub fn kick(&self, stream: &StreamId, session: &SessionId) {
        let at = Instant::now();
        let mut kicked = lock(&self.kicked);
        while kicked.front().is_some_and(|kick| at.duration_since(kick.at) > 2 * DECISION_LIMIT) {
            kicked.pop_front();
        }
        kicked.push_back(Kick { at, stream: stream.clone(), session: session.clone() });
    }

    /// Refuses all tickets of this generation and older from now on.
    pub fn revoke(&self, stream: &StreamId, generation: u32) {
        // The wall clock may be set.
        let now = Instant::now();
        let until = now + Duration::from_secs(self.lifetime_seconds.into());
        let mut revoked = lock(&self.revoked);
        if revoked.by_stream.len() >= revoked.sweep_at {
            revoked.by_stream.retain(|_, revocation| revocation.until >= now);
            revoked.sweep_at = (revoked.by_stream.len() * 2).max(1_024);
        }
        let entry = revoked.by_stream.entry(stream.clone()).or_insert(Revocation { generation, until });
        entry.generation = entry.generation.max(generation);
        entry.until = until;
    }

    fn check(&self, operation: Operation, name: &str, query: &str) -> Result<Admission, TicketError> {
        let asked_at = Instant::now();
        let text = ticket_of_query(query).ok_or(TicketError::Missing)?;
        let ticket = self.keys.verify(text)?;
        if ticket.operation != operation {
            return Err(TicketError::WrongOperation);
        }
        if stream_name(&ticket.stream, ticket.generation) != name {
            return Err(TicketError::WrongStream);
        }
        self.check_revoked(&ticket)?;
        Ok(Admission { ticket, asked_at })
    }

    async fn within_limit<T>(&self, decision: impl Future<Output = Result<T, Denied>>) -> Result<T, Denied> {
        tokio::time::timeout(DECISION_LIMIT, decision).await.unwrap_or(Err(Denied::Unavailable))
    }

    fn check_revoked(&self, ticket: &MediaTicket) -> Result<(), TicketError> {
        let revoked = lock(&self.revoked);
        match revoked.by_stream.get(&ticket.stream) {
            Some(revocation) if ticket.generation <= revocation.generation => Err(TicketError::Revoked),
            _ => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
