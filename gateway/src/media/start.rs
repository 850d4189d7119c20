//! Starts the media server that the settings name.

use std::net::SocketAddr;
use std::sync::Arc;

use super::MediaStartError;
use super::server::{Authorise, MediaEvents, MediaServer};
use crate::clock::Clock;
use crate::lobby::Lobby;
use crate::settings::MediaSettings;
use crate::tls::Tls;
use crate::watch::Watch;

/// What a media server of this process works with.
pub struct MediaSurroundings {
    /// Who may push and play.
    pub policy: Arc<dyn Authorise>,
    /// Runs its tasks.
    pub watch: Watch,
    /// Where its connections wait until they are authorised.
    pub lobby: Lobby,
    /// The clock of its leases.
    pub clock: Clock,
    /// What HTTP-FLV shows to those who connect; `None` where it speaks plain HTTP.
    pub tls: Option<Tls>,
}

/// A media server that serves.
pub struct StartedMedia {
    /// The media server, as rooms command it.
    pub server: Arc<dyn MediaServer>,
    /// What it tells.
    pub events: MediaEvents,
    /// Where RTMP listens.
    pub rtmp: SocketAddr,
    /// Where HTTP-FLV listens.
    pub flv: SocketAddr,
    /// By which address browsers reach the packets of web media, UDP and TCP; `None` where web users are not served.
    pub web: Option<SocketAddr>,
}

/// Finds what [`start`] would refuse and can be found without listening. Asks the system's resolver for the public host.
///
/// # Errors
/// [`MediaStartError::WebPublic`].
#[cfg(feature = "web")]
pub fn check(media: &MediaSettings) -> Result<(), MediaStartError> {
    let Some(web) = &media.web else { return Ok(()) };
    super::embedded::EmbeddedMedia::check(web, &media.public_host)
}

/// Without web users, only a build without a media server is found.
///
/// # Errors
/// [`MediaStartError::Absent`].
#[cfg(not(feature = "web"))]
pub fn check(_media: &MediaSettings) -> Result<(), MediaStartError> {
    if cfg!(feature = "embedded-media") { Ok(()) } else { Err(MediaStartError::Absent) }
}

/// Starts the media server that the settings name. Must be called in a tokio runtime.
///
/// # Errors
/// [`MediaStartError`] says what to do.
#[cfg(feature = "embedded-media")]
pub fn start(media: &MediaSettings, around: MediaSurroundings) -> Result<StartedMedia, MediaStartError> {
    use super::embedded::{EmbeddedConfig, EmbeddedMedia};
    use super::url::PublicAddresses;

    let MediaSurroundings { policy, watch, lobby, clock, tls } = around;
    let mut config =
        EmbeddedConfig::new(media.rtmp_listen, media.http_flv_listen, &media.public_host, media.keys.clone());
    config.ticket_lifetime_seconds = media.lease_s;
    config.watch = watch;
    config.clock = Arc::new(move || clock.now().unix());
    config.lobby = lobby;
    config.tls = tls;
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    config.limits.connections = size(media.connections);
    config.limits.players_per_stream = size(media.players_per_stream);
    config.limits.players_per_subscriber = size(media.players_per_subscriber);
    config.limits.message_bytes = size(media.message_bytes);
    config.limits.cache_bytes = size(media.cache_bytes);
    config.limits.held_bytes = size(media.held_bytes);
    if let (Some(rtmp), Some(http_flv)) = (&media.rtmp_public, &media.http_flv_public) {
        let http_flv_scheme = media.http_flv_scheme;
        let (rtmp, http_flv) = (rtmp.clone(), http_flv.clone());
        config.public_addresses = Some(PublicAddresses { rtmp, http_flv, http_flv_scheme, serves_web: false });
    }
    config.web = media.web.clone();
    let (server, events) = EmbeddedMedia::start(config, policy)?;
    let (rtmp, flv, web) = (server.rtmp_address(), server.http_flv_address(), server.web_address());
    Ok(StartedMedia { server: Arc::new(server), events, rtmp, flv, web })
}

/// This build has none to start.
///
/// # Errors
/// [`MediaStartError::Absent`].
#[cfg(not(feature = "embedded-media"))]
pub fn start(_media: &MediaSettings, _around: MediaSurroundings) -> Result<StartedMedia, MediaStartError> {
    Err(MediaStartError::Absent)
}
