use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use miniapp_rtc::protocol::{Role, Tracks};

use super::{
    Change, Denied, Gate, GateRefusal, SessionId, StreamId, TicketError, What, lock, stream_name, system_clock,
};
use crate::media::{Authorise, ConnectionId, ConnectionInfo, MediaTicket, TicketKeys, Transport};

/// Rooms that consent to everything, but not before something has happened at the gate.
#[derive(Default)]
struct Rooms {
    meanwhile: Option<fn(&Gate)>,
    never_answer: bool,
    gate: OnceLock<Arc<Gate>>,
}

impl Rooms {
    async fn decide(&self) -> Result<Tracks, Denied> {
        if let (Some(act), Some(gate)) = (self.meanwhile, self.gate.get()) {
            act(gate);
        }
        if self.never_answer {
            pending::<()>().await;
        }
        Ok(Tracks::BOTH)
    }
}

#[async_trait]
impl Authorise for Rooms {
    async fn publish(&self, _: &MediaTicket, _: &ConnectionInfo) -> Result<Tracks, Denied> {
        self.decide().await
    }

    async fn play(&self, _: &MediaTicket, _: &ConnectionInfo) -> Result<Tracks, Denied> {
        self.decide().await
    }
}

const LIFETIME_S: u32 = 300;
const NO_PICTURE: Tracks = Tracks { audio: true, video: false };
const NO_SOUND: Tracks = Tracks { audio: false, video: true };

fn keys() -> TicketKeys {
    TicketKeys::new("k1", b"a secret of sixteen bytes").expect("keys")
}

fn gate_of(rooms: Rooms, lifetime_s: u32) -> Arc<Gate> {
    let rooms = Arc::new(rooms);
    let gate = Arc::new(Gate::new(keys(), Arc::new(|| 1_700_000_000), lifetime_s, rooms.clone()));
    let _ = rooms.gate.set(Arc::clone(&gate));
    gate
}

/// A gate where something happens while a decision is made.
fn gate_with(meanwhile: fn(&Gate)) -> Arc<Gate> {
    gate_of(Rooms { meanwhile: Some(meanwhile), ..Rooms::default() }, LIFETIME_S)
}

fn gate() -> Arc<Gate> {
    gate_of(Rooms::default(), LIFETIME_S)
}

fn stream(name: &str) -> StreamId {
    StreamId::parse(name).expect("a stream id")
}

fn session(name: &str) -> SessionId {
    SessionId::parse(name).expect("a session id")
}

fn query(role: Role, generation: u32) -> String {
    let ticket = MediaTicket { role, stream: stream("s"), generation, session: session("u"), connect_by: 0 };
    format!("ticket={}", keys().sign(&ticket))
}

fn connection() -> ConnectionInfo {
    ConnectionInfo { id: ConnectionId(1), remote: ([127, 0, 0, 1], 1).into(), transport: Transport::Rtmp }
}

/// The tracks with which `s-1` may be pushed or played, by tickets of session `u`.
async fn ask(gate: &Gate, role: Role) -> Result<Tracks, GateRefusal> {
    let (query, connection) = (query(role, 1), connection());
    let admission = match role {
        Role::Pusher => gate.publish("s-1", &query, &connection).await,
        Role::Player => gate.play("s-1", &query, &connection).await,
    };
    admission.map(|admission| admission.tracks)
}

#[tokio::test]
async fn a_ticket_opens_its_stream_in_its_direction_and_nothing_else() {
    let (gate, connection) = (gate(), connection());
    for role in [Role::Pusher, Role::Player] {
        assert_eq!(ask(&gate, role).await, Ok(Tracks::BOTH));
        assert_eq!(stream_name(&stream("s"), 1), "s-1");
    }
    let (push, play) = (query(Role::Pusher, 1), query(Role::Player, 1));
    for (name, query, wanted) in [
        ("s-1", "a=b", TicketError::Missing),
        ("s-1", "ticket=x", TicketError::Malformed),
        ("s-1", play.as_str(), TicketError::WrongRole),
        ("s-2", push.as_str(), TicketError::WrongStream),
        ("t-1", push.as_str(), TicketError::WrongStream),
    ] {
        let refused = gate.publish(name, query, &connection).await.expect_err("refused");
        assert_eq!((refused, refused.code()), (GateRefusal::Ticket(wanted), wanted.code()));
    }
    let refused = gate.play("s-1", &push, &connection).await.expect_err("refused");
    assert_eq!(refused, TicketError::WrongRole.into());
    let refused = gate.play("s-1", &format!("{}A", &play[..play.len() - 1]), &connection).await.expect_err("refused");
    assert_eq!(refused, TicketError::BadSignature.into());
}

#[tokio::test]
async fn a_kick_overtakes_a_play_that_is_being_decided_on() {
    let gate = gate_with(|gate| gate.kick(&stream("s"), &session("u")));
    let refused = ask(&gate, Role::Player).await.expect_err("it was kicked meanwhile");
    assert_eq!((refused, refused.code()), (Denied::NotSubscribed.into(), Denied::NotSubscribed.code()));
    assert_eq!(ask(&gate, Role::Pusher).await, Ok(Tracks::BOTH), "a subscription ended, not a stream");
    for other in
        [|gate: &Gate| gate.kick(&stream("t"), &session("u")), |gate: &Gate| gate.kick(&stream("s"), &session("v"))]
    {
        assert_eq!(ask(&gate_with(other), Role::Player).await, Ok(Tracks::BOTH), "it concerns another");
    }
    let gate = self::gate();
    gate.kick(&stream("s"), &session("u"));
    // The clock's smallest step.
    std::thread::sleep(Duration::from_millis(1));
    let admission = gate.play("s-1", &query(Role::Player, 1), &connection()).await.expect("the kick was before");
    assert_eq!(gate.confirm(&admission, |_| panic!("no tracks were changed")), Ok(()));
    gate.kick(&stream("s"), &session("u"));
    assert_eq!(gate.confirm(&admission, |_| ()), Err(Denied::NotSubscribed.into()));
}

#[tokio::test]
async fn the_newest_change_of_tracks_overtakes_a_decision() {
    let gate = gate_with(|gate| {
        gate.set_tracks(&stream("s"), &session("u"), NO_SOUND, || ());
        gate.set_tracks(&stream("s"), &session("u"), NO_PICTURE, || ());
        gate.set_tracks(&stream("s"), &session("v"), NO_SOUND, || ());
    });
    for role in [Role::Pusher, Role::Player] {
        assert_eq!(ask(&gate, role).await, Ok(NO_PICTURE));
    }
    let mut is_set = false;
    gate.set_tracks(&stream("s"), &session("u"), NO_SOUND, || is_set = true);
    assert!(is_set, "connections in the media server's table are told");
}

#[tokio::test]
async fn an_ended_generation_and_older_ones_stay_ended() {
    let (gate, connection) = (gate(), connection());
    gate.revoke(&stream("s"), 2);
    gate.revoke(&stream("s"), 1);
    for generation in [1, 2] {
        let name = format!("s-{generation}");
        let refused = gate.publish(&name, &query(Role::Pusher, generation), &connection).await.expect_err("ended");
        assert_eq!(refused, TicketError::Revoked.into());
    }
    let third = gate.publish("s-3", &query(Role::Pusher, 3), &connection).await.expect("a newer one");
    gate.revoke(&stream("s"), 3);
    assert_eq!(gate.confirm(&third, |_| ()), Err(TicketError::Revoked.into()));
    let gate = gate_with(|gate| gate.revoke(&stream("s"), 1));
    assert_eq!(ask(&gate, Role::Pusher).await, Err(TicketError::Revoked.into()), "ended while it was decided on");
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_does_not_come_is_a_refusal() {
    let gate = gate_of(Rooms { never_answer: true, ..Rooms::default() }, LIFETIME_S);
    assert_eq!(ask(&gate, Role::Pusher).await, Err(Denied::Unavailable.into()));
    assert_eq!(ask(&gate, Role::Player).await, Err(Denied::Unavailable.into()));
}

#[test]
fn ended_streams_are_remembered_for_the_life_of_a_ticket_and_then_forgotten() {
    for (lifetime_s, kept) in [(LIFETIME_S, 4_000..4_001), (0, 1..1_100)] {
        let gate = gate_of(Rooms::default(), lifetime_s);
        for number in 0..4_000 {
            gate.revoke(&stream(&format!("s{number}")), 1);
        }
        let count = lock(&gate.revoked).by_stream.len();
        assert!(kept.contains(&count), "{count} of {lifetime_s} s");
        if lifetime_s > 0 {
            assert_eq!(
                lock(&gate.revoked).sweep_at,
                4_096,
                "swept when there are twice as many as after the last sweep"
            );
        }
    }
}

#[test]
fn changes_are_kept_for_as_long_as_decisions_may_take_and_then_forgotten() {
    let gate = gate();
    let now = Instant::now();
    for (age_s, is_kept) in [(25, false), (15, true)] {
        lock(&gate.recent).clear();
        let at = now.checked_sub(Duration::from_secs(age_s)).expect("a machine that has run for so long");
        let old = Change { at, stream: stream("s"), session: session("u"), what: What::Kick };
        lock(&gate.recent).push_back(old);
        gate.kick(&stream("t"), &session("u"));
        assert_eq!(lock(&gate.recent).len(), 1 + usize::from(is_kept), "after {age_s} s");
    }
}

#[test]
fn to_end_a_stream_costs_the_same_however_many_have_ended() {
    let gate = gate();
    let start = Instant::now();
    for number in 0..40_000 {
        gate.revoke(&stream(&format!("s{number}")), 1);
    }
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[test]
fn a_gate_tells_its_clock_its_keys_and_how_long_tickets_live() {
    let gate = gate();
    assert_eq!((gate.now(), gate.lifetime_seconds()), (1_700_000_000, LIFETIME_S));
    let ticket =
        MediaTicket { role: Role::Player, stream: stream("s"), generation: 1, session: session("u"), connect_by: 0 };
    assert_eq!(gate.keys().verify(&keys().sign(&ticket)), Ok(ticket));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    assert!(now.abs_diff(u64::from(system_clock()())) <= 2);
}
