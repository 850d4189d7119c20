//! The rules of a configuration: what is legal TOML, but nothing could work with.

use miniapp_rtc::protocol::limits::{FRAME_BYTES, REQUESTS_IN_FLIGHT};

use super::{ConfigError, ConfigFile};
use crate::host::is_host;
use crate::media::{HttpScheme, MIN_SECRET_BYTES};

impl ConfigFile {
    /// Checks all values. `speaks_tls` says whether the gateway has a certificate of its own.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] names each key that must be changed, and what is allowed.
    pub fn check(&self, speaks_tls: bool) -> Result<(), ConfigError> {
        let (media, room) = (&self.media, &self.room);
        let rules = [
            (self.times.ping_ms < 100, "times.ping_ms must be 100 at least"),
            (self.socket.frame_bytes < 1024, "socket.frame_bytes must be 1024 at least: a join holds a token"),
            (self.socket.frame_bytes > FRAME_BYTES, "socket.frame_bytes must be 65536 at most, as the protocol says"),
            (self.socket.in_flight == 0, "socket.in_flight must be 1 at least"),
            (self.socket.in_flight > REQUESTS_IN_FLIGHT, "socket.in_flight must be 32 at most, as the protocol says"),
            (self.socket.frames_per_second == 0, "socket.frames_per_second must be 1 at least"),
            (self.socket.queue_frames < 8, "socket.queue_frames must be 8 at least"),
            (self.socket.frames_burst == 0, "socket.frames_burst must be 1 at least"),
            (self.socket.queue_bytes < 1024, "socket.queue_bytes must be 1024 at least"),
            (self.socket.held_bytes < 1 << 20, "socket.held_bytes must be 1048576 at least"),
            (self.socket.join_ms < 100, "socket.join_ms must be 100 at least"),
            (self.socket.join_bytes < 1024, "socket.join_bytes must be 1024 at least: a join holds a token"),
            (self.lobby.connections < 8, "lobby.connections must be 8 at least"),
            (self.lobby.per_address < 8, "lobby.per_address must be 8 at least"),
            (media.connections < 2, "media.connections must be 2 at least: who pushes and who plays"),
            (media.players_per_stream == 0, "media.players_per_stream must be 1 at least"),
            (media.players_per_subscriber == 0, "media.players_per_subscriber must be 1 at least"),
            (self.times.resume_ms < 100, "times.resume_ms must be 100 at least"),
            (room.publishers == 0, "room.publishers must be 1 at least"),
            (room.log_events == 0, "room.log_events must be 1 at least"),
            (!is_authority(&media.rtmp_public), "media.rtmp_public must be host:port, without scheme and path"),
            (!is_authority(&media.http_flv_public), "media.http_flv_public must be host:port, without scheme and path"),
            (self.socket.sockets == 0, "socket.sockets must be 1 at least"),
            (room.visible_members == 0, "room.visible_members must be 1 at least"),
            (
                media.rtmp_public.is_some() != media.http_flv_public.is_some(),
                "media.rtmp_public and media.http_flv_public go together: give both",
            ),
            (
                media.http_flv_scheme == HttpScheme::Https && media.http_flv_public.is_none() && !speaks_tls,
                "media.http_flv_scheme = \"https\" needs media.http_flv_public: the host and port of the proxy",
            ),
            (
                media.url_secret.as_ref().is_some_and(|secret| secret.reveal().len() < MIN_SECRET_BYTES),
                "media.url_secret must be 16 bytes at least: give a longer random secret, or none",
            ),
            (media.lease_s < 10, "media.lease_s must be 10 at least"),
            (
                !(65_536..=16_777_215).contains(&media.message_bytes),
                "media.message_bytes must be 65536 at least, and 16777215 at most: RTMP can say no more",
            ),
            (media.held_bytes < 16 << 20, "media.held_bytes must be 16777216 at least"),
            (media.cache_bytes > 64 << 20, "media.cache_bytes must be 67108864 at most"),
            (media.reconcile_ms < 100, "media.reconcile_ms must be 100 at least"),
            (room.subscribed_streams == 0, "room.subscribed_streams must be 1 at least"),
            (room.subscriptions_per_user == 0, "room.subscriptions_per_user must be 1 at least"),
            (self.times.media_grace_ms < 1000, "times.media_grace_ms must be 1000 at least: media needs time to begin"),
        ];
        let mut broken: Vec<String> = rules
            .iter()
            .chain(&self.cluster.rules())
            .filter(|(broken, _)| *broken)
            .map(|(_, rule)| (*rule).to_owned())
            .collect();
        let servers = media.ice_servers.iter().enumerate().filter(|(_, server)| !server.is_sound());
        broken.extend(servers.map(|(index, _)| format!("media.ice_servers[{index}]: {ICE_SERVER_RULE}")));
        if broken.is_empty() { Ok(()) } else { Err(ConfigError::Rules(broken.join("\n"))) }
    }
}

const ICE_SERVER_RULE: &str = "url must begin with stun:, turn: or turns:, username and credential go together, and none of \
                               them may hold a space, a quotation mark, a backslash or an angle bracket";

/// Whether nothing is given, or a host and a port.
fn is_authority(text: &Option<String>) -> bool {
    let Some(text) = text else { return true };
    text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0))
}
