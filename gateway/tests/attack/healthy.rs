//! A [`HealthyCall`] goes on beside an attack; what it lost is counted.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinHandle;

use crate::common::{Client, Gateway, Player, Pusher};

/// Pictures that its publisher sends in a second.
const PICTURES_PER_SECOND: u64 = 10;
/// How often its publisher switches its microphone, which its viewer must hear of each time.
const EVENT_EVERY: Duration = Duration::from_millis(250);

/// A call of two: one publishes by ffmpeg, the other watches by ffmpeg and counts events.
pub struct HealthyCall {
    alice: Client,
    bob: Client,
    _pusher: Pusher,
    seconds: u32,
    pictures: JoinHandle<u64>,
}

impl HealthyCall {
    /// Starts a call that is watched for so many seconds.
    pub async fn start(gateway: &Gateway, seconds: u32) -> Self {
        let (mut alice, _) = Client::join(gateway, "healthy", "alice").await;
        let lease = alice.ask("publish", json!({})).await.expect("published");
        let pusher = Pusher::start(&lease);
        let (mut bob, _) = Client::join(gateway, "healthy", "bob").await;
        let mut lease = Err(json!(null));
        let until = Instant::now() + Duration::from_secs(10);
        while lease.is_err() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            lease = bob.ask("subscribe", json!({ "user": "alice" })).await;
        }
        let player = Player::start(&lease.expect("the stream is live"), "flv", seconds);
        let pictures = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(u64::from(seconds) + 3)));
        Self { alice, bob, _pusher: pusher, seconds, pictures }
    }

    /// Goes on to its end, and checks that neither pictures nor events were lost.
    pub async fn prove_unharmed(mut self) {
        let until = Instant::now() + Duration::from_secs(self.seconds.into());
        let mut slowest = Duration::ZERO;
        let mut on = false;
        while Instant::now() < until {
            let asked = Instant::now();
            self.alice.ask("mute_local", json!({ "audio": on, "video": true })).await.expect("switched");
            self.bob.event("stream_updated").await;
            slowest = slowest.max(asked.elapsed());
            on = !on;
            tokio::time::sleep(EVENT_EVERY).await;
        }
        let pictures = self.pictures.await.expect("the player ends");
        let expected = u64::from(self.seconds) * PICTURES_PER_SECOND;
        println!("healthy call: {pictures} of {expected} pictures, slowest event {slowest:?}");
        assert!(pictures * 10 >= expected * 8, "{pictures} of {expected} pictures came");
        assert!(slowest < Duration::from_secs(2), "an event took {slowest:?}");
    }
}
