//! An [`EmbeddedConfig`] is what an embedded media server is told when it starts: where it listens, what signs its URLs,
//! and its [`EmbeddedLimits`].

use std::net::SocketAddr;
use std::time::Duration;

use super::outlet::OutletLimits;
use crate::lobby::Lobby;
use crate::media::{PublicAddresses, TicketKeys, UnixClock, system_clock};
use crate::settings::WebSettings;
use crate::tls::Tls;
use crate::watch::Watch;

/// How an embedded media server is set up.
pub struct EmbeddedConfig {
    /// Where RTMP listens; port 0 takes any free one.
    pub rtmp_listen: SocketAddr,
    /// Where HTTP-FLV listens; port 0 takes any free one.
    pub http_flv_listen: SocketAddr,
    /// The host name or address that clients use.
    pub public_host: String,
    /// Authorities of the URLs, when they are not `public_host` with the ports listened on.
    pub public_addresses: Option<PublicAddresses>,
    /// How web users are served; `None` if they are not. Without the feature `web` they never are.
    pub web: Option<WebSettings>,
    /// What signs the URLs.
    pub keys: TicketKeys,
    /// How long a URL may be used to connect, in seconds. It must exceed the retry horizon of the native player.
    pub ticket_lifetime_seconds: u32,
    /// The wall clock.
    pub clock: UnixClock,
    /// Limits and times.
    pub limits: EmbeddedLimits,
    /// Is told when a task of the media server dies.
    pub watch: Watch,
    /// Where connections wait until their push or play is accepted.
    pub lobby: Lobby,
    /// What HTTP-FLV shows to those who connect; `None` where it speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// What an embedded media server allows.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedLimits {
    /// Connections of both transports that push or play; more are refused.
    pub connections: usize,
    /// Players of one stream; more are refused.
    pub players_per_stream: usize,
    /// Of these, with tickets of one session; one more takes the place of the oldest.
    pub players_per_subscriber: usize,
    /// From the socket's opening to an accepted push or play.
    pub handshake: Duration,
    /// A publisher without media for this long is disconnected.
    pub silence: Duration,
    /// A publisher without media for this long gives way to a second connection of the same generation.
    pub stalled_after: Duration,
    /// How long players wait for a lost publisher of the same generation.
    pub publisher_grace: Duration,
    /// How long one write to a player may take.
    pub write: Duration,
    /// How much a player may lag behind.
    pub outlet: OutletLimits,
    /// The largest media message (a key frame is one), in bytes; at most 16,777,215, as RTMP can say no more. A publisher
    /// that sends a larger one is disconnected.
    pub message_bytes: usize,
    /// How much is kept of each stream since its last key frame, in bytes: a new player gets it at once (an immediate but
    /// older picture). A group of pictures that is larger is not kept. 0 keeps none.
    pub cache_bytes: usize,
    /// How many bytes of media the process may hold, of all publishers, in whatever place. A publisher that holds more than
    /// an even share is disconnected when there is no more.
    pub held_bytes: usize,
}

impl Default for EmbeddedLimits {
    fn default() -> Self {
        Self {
            connections: 500,
            players_per_stream: 100,
            players_per_subscriber: 3,
            handshake: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            stalled_after: Duration::from_secs(2),
            publisher_grace: Duration::from_secs(10),
            write: Duration::from_secs(10),
            outlet: OutletLimits::default(),
            message_bytes: 4 << 20,
            cache_bytes: 4 << 20,
            held_bytes: 256 << 20,
        }
    }
}

impl EmbeddedConfig {
    /// A set-up with the default limits, URL lifetime (5 min) and the system's clock.
    pub fn new(rtmp_listen: SocketAddr, http_flv_listen: SocketAddr, public_host: &str, keys: TicketKeys) -> Self {
        Self {
            rtmp_listen,
            http_flv_listen,
            public_host: public_host.to_owned(),
            public_addresses: None,
            web: None,
            keys,
            ticket_lifetime_seconds: 300,
            clock: system_clock(),
            limits: EmbeddedLimits::default(),
            watch: Watch::default(),
            lobby: Lobby::default(),
            tls: None,
        }
    }
}
