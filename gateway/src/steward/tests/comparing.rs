//! The comparison of rooms and media server, one round at a time, with publishers that do as told.

use super::*;

#[allow(clippy::duplicate_mod, dead_code, missing_docs, unreachable_pub)]
#[path = "../../../tests/media_support/raw_pusher.rs"]
mod raw_pusher;

use raw_pusher::RawPusher;

async fn open(steward: &Steward, stream: &StreamId, session: &str) -> RawPusher {
    let lease = steward.media.issue(&LeaseRequest {
        operation: Operation::Publish,
        stream: media::StreamId::parse(stream.as_str()).expect("stream id"),
        generation: 1,
        session: media::SessionId::parse(session).expect("session id"),
    });
    RawPusher::open(lease.url(Transport::Rtmp).expect("rtmp").expose()).await
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
    let expected = steward.engine.live_publications().await;
    let found = steward.compare(expected.clone()).await.expect("a list");
    steward.tell_unheard(&expected, &found).await;
}

#[tokio::test]
async fn a_publisher_without_media_makes_no_stream_live() {
    let (steward, _commands) = start();
    let (_place, outbox, session, stream) = publish(&steward).await;
    let mut pusher = open(&steward, &stream, &session).await;
    listed(&steward, false).await;
    compare_once(&steward).await;
    assert_eq!(steward.engine.live_publications().await, [], "nobody could see anything yet");
    pusher.picture(0, true).await;
    listed(&steward, true).await;
    compare_once(&steward).await;
    assert_eq!(next_event(&outbox).await, "stream_added");
}

#[tokio::test]
async fn another_connection_than_the_rooms_is_not_its_publisher() {
    let (steward, _commands) = start();
    let (place, outbox, session, stream) = publish(&steward).await;
    let other = ConnectionNumber(u64::MAX);
    let news = MediaNews::Started { stream: stream.clone(), generation: 1, connection: other };
    steward.engine.submit(&place, Input::Media(news), None).await;
    assert_eq!(next_event(&outbox).await, "stream_added");
    let mut pusher = open(&steward, &stream, &session).await;
    pusher.picture(0, true).await;
    let live = listed(&steward, true).await;
    let expected = steward.engine.live_publications().await;
    let found = steward.compare(expected.clone()).await.expect("a list");
    assert_eq!(steward.engine.live_publications().await, [], "the room's publisher is gone");
    assert_eq!(next_event(&outbox).await, "stream_stalled");
    steward.tell_unheard(&expected, &found).await;
    assert_eq!(next_event(&outbox).await, "stream_recovered");
    let connection = ConnectionNumber(live.publisher.expect("a publisher").id.0);
    assert_eq!(steward.engine.live_publications().await, [LivePublication { stream, generation: 1, connection }]);
    compare_once(&steward).await;
    assert_eq!(steward.engine.live_publications().await.len(), 1, "both are of one mind");
}
