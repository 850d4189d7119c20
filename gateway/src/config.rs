//! The [`ConfigFile`]: the TOML file that tells a gateway what the command line does not.

mod cluster;
mod error;
mod place;
mod rules;
mod secret;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use miniapp_rtc::protocol::{AppId, Secret};
use miniapp_rtc::token::AppKey;
use serde::Deserialize;

use crate::admin::AdminSecret;
use crate::admission::AppKeys;
use crate::lobby::LobbyLimits;
use crate::media::{HttpScheme, IceServer, MIN_SECRET_BYTES, TicketKeys, WebAddress};
use crate::node::SocketPolicy;
use crate::random::random_text;
use crate::room::{RoomLimits, RoomTimes};
use crate::webhooks::{WebhookSettings, WebhookUrl};
pub use cluster::ClusterSection;
pub use error::ConfigError;
use secret::SecretPlaces;

/// What the file may hold. Everything may be left out; nothing else may be there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigFile {
    /// Address and port of the socket that takes WebSockets, `/healthz` and the pages' HTTP; `None` for `127.0.0.1:8080`.
    pub listen: Option<SocketAddr>,
    /// The applications whose tokens are good here; one more may come from the command line. There must be one at least.
    pub apps: Vec<AppSection>,
    /// Addresses, limits and secret of the embedded media server.
    pub media: MediaSection,
    /// The most members, streams and events that a room holds.
    pub room: RoomLimits,
    /// How many milliseconds a room waits for sockets, media and answers.
    pub times: RoomTimes,
    /// How much and how often one socket may send, and how much may wait to be sent to it.
    pub socket: SocketPolicy,
    /// How many connections may wait that have proven nothing yet.
    pub lobby: LobbyLimits,
    /// Where operators see and order, and with what secret. Left out, there is no admin API.
    pub admin: AdminSection,
    /// Where Prometheus asks. Left out, nowhere.
    pub metrics: MetricsSection,
    /// TLS of WebSockets and HTTP-FLV; `None` where they speak plain HTTP.
    pub tls: Option<TlsSection>,
    /// Who is told what happens in rooms; empty for nobody.
    pub webhooks: Vec<WebhookSection>,
    /// The Redis through which gateways share their rooms. Left out, this gateway keeps its rooms alone.
    pub cluster: ClusterSection,
}

/// Who is told what happens in the rooms of one application. Its secret stands here, or in a file or environment variable
/// that is named here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// The application whose rooms the notices are about; one of those served.
    pub app: AppId,
    /// The `http` or `https` address that notices are posted to. A secret, because its query may hold one.
    pub url: Secret,
    /// The key of the notices' signatures, 16 bytes at least; `None` where a file or an environment variable holds it.
    pub secret: Option<Secret>,
    /// Name of the environment variable that holds the key; `None` where it is elsewhere.
    pub secret_env: Option<String>,
    /// The file that holds the key, white space around it cut; `None` where it is elsewhere.
    pub secret_file: Option<PathBuf>,
    /// Whether the server may be at an address of a private network, and need not speak TLS.
    #[serde(default)]
    pub allow_private: bool,
}

/// TLS of WebSockets and HTTP-FLV.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    /// The certificate with those that lead to its authority, in PEM form.
    pub certificate_file: PathBuf,
    /// Its private key, in PEM form.
    pub key_file: PathBuf,
}

/// One application. Its keys stand here, or in files or environment variables that are named here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppSection {
    /// The app id: 24 letters and digits.
    pub id: AppId,
    /// The app key; `None` where it is named by a file or an environment variable instead.
    pub key: Option<Secret>,
    /// Name of the environment variable that holds the key; `None` where it is elsewhere.
    pub key_env: Option<String>,
    /// The file that holds the key, white space around it cut; `None` where it is elsewhere.
    pub key_file: Option<PathBuf>,
    /// The key that it had before, whose tokens are still taken; `None` where there is none, or it is named instead.
    pub old_key: Option<Secret>,
    /// The environment variable that holds the old key.
    pub old_key_env: Option<String>,
    /// The file that holds the old key; white space around it is cut.
    pub old_key_file: Option<PathBuf>,
}

/// The admin API. Its secret stands here, or in a file or environment variable that is named here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminSection {
    /// Address and port of the API; `None` where there is no API.
    pub listen: Option<SocketAddr>,
    /// What requests must show, 16 bytes at least; `None` where a file or an environment variable holds it.
    pub secret: Option<Secret>,
    /// Name of the environment variable that holds the secret; `None` where it is elsewhere.
    pub secret_env: Option<String>,
    /// The file that holds the secret, white space around it cut; `None` where it is elsewhere.
    pub secret_file: Option<PathBuf>,
}

/// What the gateway counts, for Prometheus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSection {
    /// Address and port of `/metrics`; `None` where nobody can ask.
    pub listen: Option<SocketAddr>,
}

/// Addresses, limits and secret of the embedded media server.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaSection {
    /// Address and TCP port of RTMP; `None` for `127.0.0.1:1935`.
    pub rtmp_listen: Option<SocketAddr>,
    /// Address and TCP port of HTTP-FLV, WHIP and WHEP; `None` for `127.0.0.1:8081`.
    pub http_flv_listen: Option<SocketAddr>,
    /// Host name or IP address, without a port, that media URLs name; `None` for `127.0.0.1`.
    pub public_host: Option<String>,
    /// `host:port` of RTMP URLs; `None` for `public_host` with the port listened on.
    pub rtmp_public: Option<String>,
    /// `host:port` of HTTP-FLV, WHIP and WHEP URLs; `None` for `public_host` with the port listened on.
    pub http_flv_public: Option<String>,
    /// Scheme of HTTP-FLV, WHIP and WHEP URLs: `https` behind a proxy with TLS. A gateway with TLS of its own always says
    /// `https`.
    pub http_flv_scheme: HttpScheme,
    /// Whether web pages may publish and play; `false` opens no port for them.
    pub web: bool,
    /// Address and port, of UDP and of TCP, of the web users' media; `None` for the address of `http_flv_listen` with port
    /// 8082.
    pub web_listen: Option<SocketAddr>,
    /// The IP addresses by which browsers reach `web_listen`; `None` for those of `public_host`.
    pub web_public: Option<Vec<WebAddress>>,
    /// STUN and TURN servers that browsers are told of; empty for none.
    pub ice_servers: Vec<IceServer>,
    /// Signs media URLs; `None` for a random secret at each start, which ends older URLs.
    pub url_secret: Option<Secret>,
    /// Seconds for which a media URL may be used to connect.
    pub lease_s: u32,
    /// Milliseconds between two comparisons of rooms and media server.
    pub reconcile_ms: u32,
    /// Connections that push or play at once.
    pub connections: u32,
    /// Connections that play one stream.
    pub players_per_stream: u32,
    /// Connections that play one stream with the addresses of one subscriber.
    pub players_per_subscriber: u32,
    /// Bytes of the largest media message, a key frame for instance.
    pub message_bytes: u32,
    /// Bytes of pictures since the last key frame that are kept for late players, for each stream.
    pub cache_bytes: u32,
    /// Bytes of media that the process may hold, of all publishers.
    pub held_bytes: u32,
}

impl Default for MediaSection {
    fn default() -> Self {
        Self {
            rtmp_listen: None,
            http_flv_listen: None,
            public_host: None,
            rtmp_public: None,
            http_flv_public: None,
            http_flv_scheme: HttpScheme::default(),
            web: true,
            web_listen: None,
            web_public: None,
            ice_servers: Vec::new(),
            url_secret: None,
            lease_s: 300,
            reconcile_ms: 15_000,
            connections: 500,
            players_per_stream: 100,
            players_per_subscriber: 3,
            message_bytes: 4 << 20,
            cache_bytes: 4 << 20,
            held_bytes: 256 << 20,
        }
    }
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError::Read`] and [`ConfigError::Form`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.into(), source })?;
        toml::from_str(&text).map_err(|error| {
            let span = error.span();
            let key = span.as_ref().and_then(|span| place::key_at(&text, span));
            let line = span.map(|span| text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1);
            let is_secret = key.as_ref().is_some_and(|key| {
                ["key", "old_key", "url_secret", "credential", "secret", "url", "redis"]
                    .iter()
                    .any(|name| key.ends_with(&format!(".{name}")))
            });
            // Its Display quotes the line, which may hold a key; its message at most the value.
            let message = if is_secret { "expected a text".into() } else { in_words(error.message()) };
            let line = line.map_or_else(String::new, |line| format!(", line {line}"));
            let key = key.map_or_else(String::new, |key| format!(", {key}"));
            ConfigError::Form { path: path.into(), message, place: line + &key }
        })
    }
}

/// What TOML's reader says, without names of types.
fn in_words(message: &str) -> String {
    const NUMBER: &str = "a whole number from 0 to 4294967295";
    let message = message.replace("expected u32", &format!("expected {NUMBER}"));
    let message = message.replace("expected usize", &format!("expected {NUMBER}"));
    message.replace("invalid socket address syntax", "expected an IP address and a port, as in 127.0.0.1:8080")
}

impl AppSection {
    /// The application's keys, from wherever they are.
    ///
    /// # Errors
    /// [`ConfigError`] says what is missing.
    pub fn read_keys(&self) -> Result<AppKeys, ConfigError> {
        let owner = format!("the application {}", self.id);
        let read = |places: SecretPlaces<'_>| {
            let key = AppKey::parse(places.read()?.reveal());
            key.map_err(|source| ConfigError::Key { app: self.id.clone(), source })
        };
        let key = read(SecretPlaces {
            owner: &owner,
            name: "key",
            text: self.key.as_ref(),
            variable: self.key_env.as_deref(),
            file: self.key_file.as_deref(),
        })?;
        let old = SecretPlaces {
            owner: &owner,
            name: "old_key",
            text: self.old_key.as_ref(),
            variable: self.old_key_env.as_deref(),
            file: self.old_key_file.as_deref(),
        };
        let old = if old.is_named() { Some(read(old)?) } else { None };
        Ok(AppKeys { key, old })
    }
}

impl AdminSection {
    /// The secret, from wherever it is; `None` where none is given.
    ///
    /// # Errors
    /// [`ConfigError`] says what is missing or too short.
    pub fn read_secret(&self) -> Result<Option<AdminSecret>, ConfigError> {
        let Self { listen: _, secret, secret_env, secret_file } = self;
        let places = SecretPlaces {
            owner: "the admin API",
            name: "secret",
            text: secret.as_ref(),
            variable: secret_env.as_deref(),
            file: secret_file.as_deref(),
        };
        if places.is_named() { Ok(Some(AdminSecret::new(places.read()?)?)) } else { Ok(None) }
    }
}

impl WebhookSection {
    /// What the gateway is told.
    ///
    /// # Errors
    /// [`ConfigError`] says what is missing or wrong.
    pub fn read(&self) -> Result<WebhookSettings, ConfigError> {
        let wrong = |reason: String| ConfigError::Webhook { app: self.app.clone(), reason };
        let url = WebhookUrl::parse(self.url.reveal()).map_err(|error| wrong(error.to_string()))?;
        if !url.is_https() && !self.allow_private {
            return Err(wrong("give an https URL; without TLS only allow_private = true lets it go".into()));
        }
        let owner = format!("the webhook of {}", self.app);
        let places = SecretPlaces {
            owner: &owner,
            name: "secret",
            text: self.secret.as_ref(),
            variable: self.secret_env.as_deref(),
            file: self.secret_file.as_deref(),
        };
        let secret = places.read()?;
        if secret.reveal().len() < MIN_SECRET_BYTES {
            return Err(wrong(format!(
                "its secret must be {MIN_SECRET_BYTES} bytes at least: give a longer random one"
            )));
        }
        Ok(WebhookSettings { app: self.app.clone(), url, secret, allow_private: self.allow_private })
    }
}

impl MediaSection {
    /// The keys that sign media URLs.
    ///
    /// # Errors
    /// [`ConfigError::UrlSecret`] for a short secret, [`ConfigError::Randomness`].
    pub fn read_keys(&self) -> Result<TicketKeys, ConfigError> {
        let secret = match &self.url_secret {
            Some(secret) => secret.clone(),
            None => Secret::new(random_text::<32>()?),
        };
        Ok(TicketKeys::new("k1", secret.reveal().as_bytes())?)
    }
}
