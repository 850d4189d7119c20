//! The [`Gate`] is the check that every push and every play passes before it is accepted, whatever the media server: a
//! genuine ticket, and the room's consent at that moment.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use miniapp_rtc::protocol::{Role, Tracks};

use super::ids::{SessionId, StreamId};
use super::server::{Authorise, ConnectionInfo, Denied};
use super::ticket::{MediaTicket, TicketError, TicketKeys};
use super::url::{stream_name, ticket_of_query};

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
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GateRefusal {
    /// The ticket is not good.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The ticket is good, but the room state or the media server says no.
    #[error(transparent)]
    Denied(#[from] Denied),
}

impl GateRefusal {
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
    recent: Mutex<VecDeque<Change>>,
}

/// A push or play that was decided on. A kick, or a change of the tracks, may overtake the decision before the media server
/// carries it out: [`Gate::confirm`] it afterwards.
#[derive(Debug)]
pub struct Admission {
    /// The ticket that the address carried; its signature is good.
    pub ticket: MediaTicket,
    /// The tracks that were on when it was decided.
    pub tracks: Tracks,
    asked_at: Instant,
}

/// Something that may overtake a decision; kept for longer than a decision takes.
struct Change {
    at: Instant,
    stream: StreamId,
    session: SessionId,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// The session's subscription was ended.
    Kick,
    /// The session gives or gets these tracks.
    Tracks(Tracks),
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
        Self { keys, clock, lifetime_seconds, policy, revoked: Mutex::default(), recent: Mutex::default() }
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
    ) -> Result<Admission, GateRefusal> {
        let (ticket, asked_at) = self.check(Role::Pusher, name, query)?;
        let tracks = self.within_limit(self.policy.publish(&ticket, connection)).await?;
        self.admit(Admission { ticket, tracks, asked_at })
    }

    /// Decides on a play of `name` (`{stream}-{generation}`) with the URL's query.
    pub async fn play(&self, name: &str, query: &str, connection: &ConnectionInfo) -> Result<Admission, GateRefusal> {
        let (ticket, asked_at) = self.check(Role::Player, name, query)?;
        let tracks = self.within_limit(self.policy.play(&ticket, connection)).await?;
        self.admit(Admission { ticket, tracks, asked_at })
    }

    fn admit(&self, admission: Admission) -> Result<Admission, GateRefusal> {
        let mut tracks = admission.tracks;
        self.confirm(&admission, |changed| tracks = changed)?;
        Ok(Admission { tracks, ..admission })
    }

    /// Whether nothing has ended what was admitted; `set` sets its tracks where these were changed meanwhile. To be asked
    /// once more when the connection is in the media server's table: then either the change finds it there, or it finds the
    /// change here.
    pub fn confirm(&self, admission: &Admission, set: impl FnOnce(Tracks)) -> Result<(), GateRefusal> {
        let Admission { ticket, asked_at, tracks: _ } = admission;
        let recent = lock(&self.recent);
        let since = recent.iter().rev().take_while(|change| change.at >= *asked_at);
        let of_it = since.filter(|change| change.stream == ticket.stream && change.session == ticket.session);
        let mut tracks = None;
        for change in of_it {
            match change.what {
                What::Kick if ticket.role == Role::Player => return Err(Denied::NotSubscribed.into()),
                What::Kick => {}
                // The newest comes first.
                What::Tracks(changed) => _ = tracks.get_or_insert(changed),
            }
        }
        self.check_revoked(ticket)?;
        // Under the lock: no newer change comes in between.
        if let Some(tracks) = tracks {
            set(tracks);
        }
        Ok(())
    }

    /// Ends the plays of a session that are being decided on now; later ones are for the room state to refuse.
    pub fn kick(&self, stream: &StreamId, session: &SessionId) {
        self.note(stream, session, What::Kick, || ());
    }

    /// Changes the tracks of a session's pushes or plays that are being decided on now. `set` does so for those in the media
    /// server's table.
    pub fn set_tracks(&self, stream: &StreamId, session: &SessionId, tracks: Tracks, set: impl FnOnce()) {
        self.note(stream, session, What::Tracks(tracks), set);
    }

    fn note(&self, stream: &StreamId, session: &SessionId, what: What, then: impl FnOnce()) {
        let at = Instant::now();
        let mut recent = lock(&self.recent);
        while recent.front().is_some_and(|change| at.duration_since(change.at) > 2 * DECISION_LIMIT) {
            recent.pop_front();
        }
        recent.push_back(Change { at, stream: stream.clone(), session: session.clone(), what });
        then();
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

    fn check(&self, role: Role, name: &str, query: &str) -> Result<(MediaTicket, Instant), TicketError> {
        let asked_at = Instant::now();
        let text = ticket_of_query(query).ok_or(TicketError::Missing)?;
        let ticket = self.keys.verify(text)?;
        if ticket.role != role {
            return Err(TicketError::WrongRole);
        }
        if stream_name(&ticket.stream, ticket.generation) != name {
            return Err(TicketError::WrongStream);
        }
        self.check_revoked(&ticket)?;
        Ok((ticket, asked_at))
    }

    async fn within_limit<T>(&self, decision: impl Future<Output = Result<T, Denied>>) -> Result<T, Denied> {
        tokio::time::timeout(DECISION_LIMIT, decision).await.unwrap_or(Err(Denied::Unavailable))
    }

    fn check_revoked(&self, ticket: &MediaTicket) -> Result<(), TicketError> {
        let revoked = lock(&self.revoked);
        match revoked.by_stream.get(&ticket.stream) {
            Some(revocation) if ticket.generation <= revocation.generation => Err(TicketError::Revoked),
            Some(_) | None => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the room state may take to decide.
const DECISION_LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
