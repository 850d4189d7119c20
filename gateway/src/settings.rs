//! The [`Settings`] of a gateway, complete and checked.

use std::net::SocketAddr;

use crate::admin::AdminSecret;
use crate::admission::Apps;
use crate::engine::StoreAddress;
use crate::lobby::LobbyLimits;
use crate::media::{HttpScheme, IceServer, TicketKeys, WebAddress};
use crate::node::SocketPolicy;
use crate::room::RoomPolicy;
use crate::tls::Tls;
use crate::webhooks::WebhookSettings;

/// Everything a gateway is told before it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where WebSockets and HTTP listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The applications served.
    pub apps: Apps,
    /// The media server.
    pub media: MediaSettings,
    /// Limits and times of rooms.
    pub room: RoomPolicy,
    /// What WebSockets and HTTP-FLV show to those who connect; `None` where they speak plain HTTP.
    pub tls: Option<Tls>,
    /// What one socket may do.
    pub socket: SocketPolicy,
    /// How many connections may wait that have proven nothing yet.
    pub lobby: LobbyLimits,
    /// The admin API; `None` where there is none.
    pub admin: Option<AdminSettings>,
    /// Where Prometheus asks for metrics; port 0 takes any free one. `None` where it cannot.
    pub metrics_listen: Option<SocketAddr>,
    /// Who is told what happens, by application.
    pub webhooks: Vec<WebhookSettings>,
    /// With whom the rooms are shared; `None` where nobody else has them.
    pub cluster: Option<ClusterSettings>,
}

/// What the admin API is told.
#[derive(Clone, Debug)]
pub struct AdminSettings {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What opens it.
    pub secret: AdminSecret,
}

/// How rooms are shared with other gateways.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// Where Redis is.
    pub address: StoreAddress,
    /// By whom the certificates of Redis are signed, in PEM form; `None` where the system knows them. Only for TLS.
    pub authorities: Option<Vec<u8>>,
    /// What the names of all keys begin with.
    pub prefix: String,
    /// How many logs there are: the same in all gateways.
    pub partitions: u16,
    /// For how many milliseconds a gateway that does not speak is taken to live.
    pub lease_ms: u32,
    /// Entries of a log between two snapshots.
    pub snapshot_every: u32,
}

/// What the media server is told.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// Where RTMP listens; port 0 takes any free one.
    pub rtmp_listen: SocketAddr,
    /// Where HTTP-FLV listens; port 0 takes any free one.
    pub http_flv_listen: SocketAddr,
    /// The host that clients reach this gateway by.
    pub public_host: String,
    /// `host:port` of RTMP URLs, where it is not `public_host` and the port listened on.
    pub rtmp_public: Option<String>,
    /// `host:port` of HTTP-FLV URLs, where it is not `public_host` and the port listened on.
    pub http_flv_public: Option<String>,
    /// Scheme of HTTP-FLV URLs.
    pub http_flv_scheme: HttpScheme,
    /// How web users are served; `None`: they are not.
    pub web: Option<WebSettings>,
    /// What signs media URLs.
    pub keys: TicketKeys,
    /// Seconds for which a media URL may be used to connect.
    pub lease_s: u32,
    /// Milliseconds between two comparisons of rooms and media server.
    pub reconcile_ms: u32,
    /// Connections that push or play at once.
    pub connections: u32,
    /// Connections that play one stream.
    pub players_per_stream: u32,
    /// Of these, with the addresses of one subscriber.
    pub players_per_subscriber: u32,
    /// Bytes of the largest media message, a key frame for instance.
    pub message_bytes: u32,
    /// Bytes of pictures since the last key frame that are kept for late players, for each stream; 0 keeps none.
    pub cache_bytes: u32,
    /// Bytes of media that the process may hold, of all publishers.
    pub held_bytes: u32,
}

/// How web users are served, over the port of HTTP-FLV.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Where their packets are listened for, by UDP and TCP; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The addresses by which browsers reach that; none stands for those of the public host.
    pub public: Vec<WebAddress>,
    /// The operator's STUN and TURN servers.
    pub ice_servers: Vec<IceServer>,
}
