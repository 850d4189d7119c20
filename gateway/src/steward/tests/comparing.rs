//! The comparison of rooms and media server, one round at a time, and news on their way, with publishers that do as told.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::engine::Counts;
use crate::room::{RoomSummary, RoomView};

#[allow(clippy::duplicate_mod, dead_code, missing_docs, unreachable_pub)]
#[path = "../../../tests/media_support/raw_pusher.rs"]
mod raw_pusher;

use raw_pusher::RawPusher;

async fn open(steward: &Steward, stream: &StreamId, session: &str) -> RawPusher {
    let lease = steward.media.issue(&Grant {
        node: NODE,
        role: Role::Pusher,
        stream: stream.clone(),
        generation: 1,
        session: SessionId::parse(session).expect("session id"),
    });
    RawPusher::open(lease.url(Transport::Rtmp.name()).expect("rtmp").reveal()).await
}

/// Waits until the media server lists one publisher, with media or without.
async fn listed(steward: &Steward, with_media: bool) -> LiveStream {
    for _ in 0..100 {
        let mut found = steward.media.list().await.expect("a list");
        if let Some(live) = found.pop()
            && live.publisher.is_some()
            && live.last_media.is_some() == with_media
        {
            return live;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("no publisher came");
}

async fn compare_once(steward: &Steward) {
    steward.reconcile_once().await.expect("the rooms answer");
}

#[tokio::test]
async fn the_media_servers_news_reach_the_room_without_a_comparison() {
    let started = start();
    let (_place, outbox, session, stream) = publish(&started).await;
    let Started { steward, events, .. } = started;
    let telling = tokio::spawn(steward.clone().tell_news(events));
    let mut pusher = open(&steward, &stream, &session).await;
    pusher.picture(0, true).await;
    assert_eq!(next_event(&outbox).await, "stream_added");
    drop(pusher);
    assert_eq!(next_event(&outbox).await, "stream_stalled");
    telling.abort();
}

#[tokio::test]
async fn a_publisher_without_media_makes_no_stream_live() {
    let started = start();
    let steward = &started.steward;
    let (_place, outbox, session, stream) = publish(&started).await;
    let mut pusher = open(steward, &stream, &session).await;
    listed(steward, false).await;
    compare_once(steward).await;
    assert_eq!(live(steward).await, [], "nobody could see anything yet");
    pusher.picture(0, true).await;
    listed(steward, true).await;
    compare_once(steward).await;
    assert_eq!(next_event(&outbox).await, "stream_added");
}

#[tokio::test]
async fn another_connection_than_the_rooms_is_not_its_publisher() {
    let started = start();
    let steward = &started.steward;
    let (place, outbox, session, stream) = publish(&started).await;
    let other = ConnectionId(u64::MAX);
    let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection: other };
    assert_eq!(steward.engine.submit(&place, Input::Media { node: NODE, news }).await, Ok(()));
    assert_eq!(next_event(&outbox).await, "stream_added");
    let mut pusher = open(steward, &stream, &session).await;
    pusher.picture(0, true).await;
    let pushed = listed(steward, true).await;
    let expected = live(steward).await;
    let found = steward.compare(&expected).await.expect("the rooms answer").expect("a list");
    assert_eq!(live(steward).await, [], "the room's publisher is gone");
    assert_eq!(next_event(&outbox).await, "stream_stalled");
    for pushed in ledger::pushed(&expected, found) {
        steward.judge(pushed).await.expect("the rooms answer");
    }
    assert_eq!(next_event(&outbox).await, "stream_recovered");
    let connection = pushed.publisher.expect("a publisher");
    assert_eq!(live(steward).await, [LivePublication { stream, generation: 1, connection }]);
    compare_once(steward).await;
    assert_eq!(live(steward).await.len(), 1, "both are of one mind");
}

/// Rooms that do not answer while `is_out` says so.
struct Flaky {
    engine: Arc<dyn Engine>,
    is_out: AtomicBool,
}

impl Flaky {
    fn reached(&self) -> Result<&dyn Engine, Unavailable> {
        if self.is_out.load(Ordering::Relaxed) { Err(Unavailable("as told".into())) } else { Ok(&*self.engine) }
    }
}

#[async_trait]
impl Engine for Flaky {
    async fn submit(&self, place: &Place, input: Input) -> Result<(), Unavailable> {
        self.reached()?.submit(place, input).await
    }

    async fn may_push(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        self.reached().map_err(|_| Denied::Unavailable)?.may_push(ticket).await
    }

    async fn may_play(&self, ticket: &MediaTicket) -> Result<Tracks, Denied> {
        self.reached().map_err(|_| Denied::Unavailable)?.may_play(ticket).await
    }

    async fn knows_stream(&self, stream: &StreamId, generation: u32) -> Result<bool, Unavailable> {
        self.reached()?.knows_stream(stream, generation).await
    }

    async fn live_publications(&self) -> Result<Vec<LivePublication>, Unavailable> {
        self.reached()?.live_publications().await
    }

    async fn rooms(&self) -> Result<Vec<RoomSummary>, Unavailable> {
        self.reached()?.rooms().await
    }

    async fn view(&self, name: &RoomName) -> Result<Option<RoomView>, Unavailable> {
        self.reached()?.view(name).await
    }

    async fn heed_clock(&self) {
        self.engine.heed_clock().await;
    }

    fn counts(&self) -> Counts {
        self.engine.counts()
    }
}

#[tokio::test]
async fn while_the_rooms_do_not_answer_no_stream_is_ended() {
    let started = start();
    let (_place, outbox, session, stream) = publish(&started).await;
    let mut pusher = open(&started.steward, &stream, &session).await;
    pusher.picture(0, true).await;
    listed(&started.steward, true).await;
    compare_once(&started.steward).await;
    assert_eq!(next_event(&outbox).await, "stream_added");

    let flaky = Arc::new(Flaky { engine: Arc::clone(&started.steward.engine), is_out: AtomicBool::new(true) });
    let steward = Steward { engine: Arc::clone(&flaky) as Arc<dyn Engine>, ..started.steward.clone() };
    assert!(steward.reconcile_once().await.is_err());
    assert_eq!(steward.media.health().await.publishers, 1, "a live stream goes on");
    flaky.is_out.store(false, Ordering::Relaxed);
    compare_once(&steward).await;
    assert_eq!((steward.media.health().await.publishers, live(&steward).await.len()), (1, 1));
}
