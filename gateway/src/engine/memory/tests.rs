//! The engine of one process: what every engine does, and that it goes by the clock of the process.

use super::*;
use crate::clock::Clock;
use crate::engine::suite::{answer, answers_the_media_server, heeds_who_was_put_out, join_until, open, parts};
use crate::room::{End, NodeId, RoomPolicy};
use crate::sockets::Sockets;

fn engine(clock: Clock) -> (MemoryEngine, Arc<Sockets>) {
    let (parts, sockets) = parts(NodeId(1), clock, RoomPolicy::default());
    (MemoryEngine::new(parts), sockets)
}

#[tokio::test]
async fn frames_of_a_socket_that_was_put_out_have_no_effect() {
    let (engine, sockets) = engine(Clock::start());
    heeds_who_was_put_out(&engine, &sockets).await;
}

#[tokio::test]
async fn only_the_publisher_pushes_and_only_a_subscriber_plays() {
    let (engine, sockets) = engine(Clock::start());
    answers_the_media_server(&engine, &sockets).await;
}

#[tokio::test]
async fn a_clock_that_is_set_ends_tokens_at_once_and_not_too_early() {
    const NOW: u64 = 1_790_000_000;
    let system = Arc::new(std::sync::atomic::AtomicU64::new(NOW * 1000));
    let clock = Clock::with({
        let system = Arc::clone(&system);
        Arc::new(move || system.load(Ordering::Relaxed))
    });
    let (engine, sockets) = engine(clock.clone());
    let at = |seconds: u64| End::At(u32::try_from(NOW + seconds).expect("a time"));
    let (short, long) = (open(&sockets), open(&sockets));
    answer(&engine, &short, join_until("short", at(2))).await;
    answer(&engine, &long, join_until("long", at(1_800))).await;
    let set = async |hours: i64| {
        system.store((NOW as i64 + hours * 3_600) as u64 * 1000, Ordering::Relaxed);
        assert!(clock.follow().is_some());
        engine.heed_clock().await;
    };
    // An hour back: who had two seconds left has an hour and two seconds.
    set(-1).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(engine.counts().sessions, 2, "nobody is put out too early");
    set(0).await;
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    assert_eq!(engine.counts().sessions, 1, "and two seconds later it is over");
    set(1).await;
    assert_eq!(engine.counts().sessions, 0, "what has ended by the new time ends at once");
}
