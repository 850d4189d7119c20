//! A [`HealthyCall`] goes on beside an attack; what it lost is counted.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::common::{Client, Gateway, Player, Pusher};

/// Pictures that its publisher sends in a second.
const PICTURES_PER_SECOND: u64 = 10;
/// How often its publisher switches its microphone, which its viewer must hear of each time.
const EVENT_EVERY: Duration = Duration::from_millis(250);

/// A call of two: one publishes by ffmpeg, the other watches by ffmpeg and hears of every switch.
pub struct HealthyCall {
    /// What its publisher got for its join.
    pub joined: Value,
    /// What its publisher pushes by.
    pub lease: Value,
    _pusher: Pusher,
    seconds: u32,
    pictures: JoinHandle<u64>,
    slowest_event: JoinHandle<Duration>,
    /// Ends the switching.
    over: CancellationToken,
}

impl HealthyCall {
    /// Starts a call whose pictures are watched for so many seconds, and its events to the end of the attack.
    pub async fn start(gateway: &Gateway, seconds: u32) -> Self {
        let (mut alice, joined) = Client::join(gateway, "healthy", "alice").await;
        let pushed = alice.ask("publish", json!({})).await.expect("published");
        let pusher = Pusher::start(&pushed);
        let (mut bob, _) = Client::join(gateway, "healthy", "bob").await;
        let mut lease = Err(json!(null));
        let until = Instant::now() + Duration::from_secs(10);
        while lease.is_err() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
            lease = bob.ask("subscribe", json!({ "user": "alice" })).await;
        }
        let player = Player::start(&lease.expect("the stream is live"), "flv", seconds);
        let pictures = tokio::task::spawn_blocking(move || player.frames(Duration::from_secs(u64::from(seconds) + 3)));
        let over = CancellationToken::new();
        let slowest_event = tokio::spawn(switch(alice, bob, over.clone()));
        Self { joined, lease: pushed, _pusher: pusher, seconds, pictures, slowest_event, over }
    }

    /// Goes on to its end, and checks that neither pictures nor events were lost.
    pub async fn prove_unharmed(self) {
        let pictures = self.pictures.await.expect("the player ends");
        self.over.cancel();
        let slowest = self.slowest_event.await.expect("every switch was heard of");
        let expected = u64::from(self.seconds) * PICTURES_PER_SECOND;
        println!("healthy call: {pictures} of {expected} pictures, slowest event {slowest:?}");
        assert!(pictures * 10 >= expected * 8, "{pictures} of {expected} pictures came");
        assert!(slowest < Duration::from_secs(2), "an event took {slowest:?}");
    }
}

/// Switches the microphone until the call is over; how long the slowest switch took to be heard of.
async fn switch(mut alice: Client, mut bob: Client, over: CancellationToken) -> Duration {
    let mut slowest = Duration::ZERO;
    let mut on = false;
    while !over.is_cancelled() {
        let asked = Instant::now();
        alice.ask("mute_local", json!({ "audio": on, "video": true })).await.expect("switched");
        bob.event("stream_updated").await;
        slowest = slowest.max(asked.elapsed());
        on = !on;
        tokio::time::sleep(EVENT_EVERY).await;
    }
    slowest
}
