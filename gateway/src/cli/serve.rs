//! `serve`: runs the gateway until it is told to stop.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use miniapp_rtc::protocol::{AppId, Secret};
use miniapp_rtc::token::AppKey;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use super::token::secret;
use crate::admin::AdminSecret;
use crate::admission::Apps;
use crate::config::{AdminSection, ConfigError, ConfigFile, TlsSection, WebhookSection};
use crate::gateway::{Addresses, Gateway};
use crate::host::is_host;
use crate::log::{Lines, LogFormat};
use crate::media::{self, HttpScheme, WebAddress};
use crate::room::{RoomPolicy, SocketLimits};
use crate::settings::{AdminSettings, MediaSettings, Settings, WebSettings};
use crate::tls::{Tls, TlsFiles};
use crate::webhooks::WebhookSettings;

/// Runs the gateway. An argument here counts before its environment variable, both before the configuration file.
#[derive(Args, Debug)]
pub(super) struct Serve {
    /// Where WebSockets and HTTP listen; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, env = "MINIAPP_RTC_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    /// An application to serve: 24 letters and digits; several go into the configuration file
    #[arg(long, env = "MINIAPP_RTC_APP_ID", value_name = "ID")]
    app_id: Option<String>,
    /// The application's key; better given in the environment, where other users of the machine do not see it
    #[arg(long, env = "MINIAPP_RTC_APP_KEY", hide_env_values = true, value_name = "KEY", value_parser = secret)]
    app_key: Option<Secret>,
    /// A TOML file: applications, addresses, limits and times
    #[arg(long, env = "MINIAPP_RTC_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Reads and checks everything that the gateway would start with but opens no port, says whether it is in order, and ends
    #[arg(long)]
    check_config: bool,
    /// Where RTMP listens; port 0 takes any free one [default: 127.0.0.1:1935]
    #[arg(long, env = "MINIAPP_RTC_RTMP_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    rtmp_listen: Option<SocketAddr>,
    /// Where HTTP-FLV listens; port 0 takes any free one [default: 127.0.0.1:8081]
    #[arg(long, env = "MINIAPP_RTC_HTTP_FLV_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    http_flv_listen: Option<SocketAddr>,
    /// Whether web users are served [default: true]
    #[arg(long, env = "MINIAPP_RTC_WEB", value_name = "true|false")]
    web: Option<bool>,
    /// Where the media of web users listens, by UDP and TCP; port 0 takes any free one [default: the address of
    /// --http-flv-listen with port 8082, or any free port if that has port 0]
    #[arg(long, env = "MINIAPP_RTC_WEB_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    web_listen: Option<SocketAddr>,
    /// The IP addresses by which browsers reach --web-listen, with ports if they are others [default: those of the public
    /// host]
    #[arg(long, env = "MINIAPP_RTC_WEB_PUBLIC", value_name = "ADDRESS[:PORT]", value_delimiter = ',')]
    web_public: Option<Vec<WebAddress>>,
    /// The host name or address in media URLs: how clients reach this machine [default: 127.0.0.1]
    #[arg(long, env = "MINIAPP_RTC_PUBLIC_HOST", value_name = "HOST")]
    public_host: Option<String>,
    /// The certificate that WebSockets and HTTP-FLV show, in PEM form with those that lead to its authority [default: they
    /// speak plain HTTP]
    #[arg(long, env = "MINIAPP_RTC_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM form
    #[arg(long, env = "MINIAPP_RTC_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Where the admin API listens; port 0 takes any free one [default: there is no admin API]
    #[arg(long, env = "MINIAPP_RTC_ADMIN_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    admin_listen: Option<SocketAddr>,
    /// What opens the admin API, 16 bytes at least; better given in the environment, where other users of the machine do not
    /// see it
    #[arg(long, env = "MINIAPP_RTC_ADMIN_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = secret)]
    admin_secret: Option<Secret>,
    /// Where Prometheus asks for metrics; port 0 takes any free one [default: nowhere]
    #[arg(long, env = "MINIAPP_RTC_METRICS_LISTEN", value_name = "ADDRESS:PORT", value_parser = listen_address)]
    metrics_listen: Option<SocketAddr>,
    /// Shares the rooms with other gateways through this Redis: redis://[[user]:password@]host[:port][/database] or
    /// sentinel://[[user]:password@]host[:port],.../master[/database]; better given in the environment
    #[arg(long, env = "MINIAPP_RTC_REDIS", hide_env_values = true, value_name = "URL", value_parser = secret)]
    redis: Option<Secret>,
    /// What is logged to stderr: a level (error, warn, info, debug, trace), or levels by module
    #[arg(long, env = "MINIAPP_RTC_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
    /// How a line of the log is written: text for people, or one JSON object
    #[arg(long, env = "MINIAPP_RTC_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

/// The one line on stdout that says where the gateway is reached.
#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    #[serde(flatten)]
    addresses: &'a Addresses,
}

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode, String> {
        start_log(&self.log, self.log_format)?;
        let is_check = self.check_config;
        let settings = self.settings().map_err(|error| error.to_string())?;
        if is_check {
            media::check(&settings.media).map_err(|error| error.to_string())?;
            let mut stdout = std::io::stdout().lock();
            let apps = settings.apps.len();
            writeln!(stdout, "the configuration is in order ({apps} applications)")
                .map_err(|error| error.to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("the runtime did not start: {error}"))?;
        let result = runtime.block_on(serve(settings));
        runtime.shutdown_background();
        result
    }

    fn settings(self) -> Result<Settings, ConfigError> {
        let mut file = self.config.as_deref().map(ConfigFile::read).transpose()?.unwrap_or_default();
        let apps = apps(&file, self.app_id, self.app_key)?;
        let admin = admin(&file.admin, self.admin_listen, self.admin_secret)?;
        let webhooks = webhooks(&file.webhooks, &apps)?;
        let tls = tls(file.tls.take(), self.tls_certificate, self.tls_key)?;
        file.check(tls.is_some())?;
        let cluster = file.cluster.settings(self.redis)?;
        if cluster.is_some() && file.media.url_secret.is_none() {
            let rule =
                "gateways that share rooms sign media URLs for each other: give all of them the same media.url_secret";
            return Err(ConfigError::Rules(rule.into()));
        }
        let keys = file.media.read_keys()?;
        let media = file.media;
        let public_host = self.public_host.or(media.public_host).unwrap_or_else(|| "127.0.0.1".into());
        if !is_host(&public_host) {
            let rule = "the public host (--public-host, media.public_host) must be a host name or an IP address without scheme, \
                        port and path; for other ports give media.rtmp_public and media.http_flv_public";
            return Err(ConfigError::Rules(rule.into()));
        }
        let http_flv_listen = self.http_flv_listen.or(media.http_flv_listen).unwrap_or_else(|| loopback(8081));
        let web_port = if http_flv_listen.port() == 0 { 0 } else { 8082 };
        let web_listen = SocketAddr::new(http_flv_listen.ip(), web_port);
        Ok(Settings {
            listen: self.listen.or(file.listen).unwrap_or_else(|| loopback(8080)),
            apps,
            media: MediaSettings {
                rtmp_listen: self.rtmp_listen.or(media.rtmp_listen).unwrap_or_else(|| loopback(1935)),
                http_flv_listen,
                public_host,
                rtmp_public: media.rtmp_public,
                http_flv_public: media.http_flv_public,
                http_flv_scheme: if tls.is_some() { HttpScheme::Https } else { media.http_flv_scheme },
                web: self.web.unwrap_or(media.web).then(|| WebSettings {
                    listen: self.web_listen.or(media.web_listen).unwrap_or(web_listen),
                    public: self.web_public.or(media.web_public).unwrap_or_default(),
                    ice_servers: media.ice_servers,
                }),
                keys,
                lease_s: media.lease_s,
                reconcile_ms: media.reconcile_ms,
                connections: media.connections,
                players_per_stream: media.players_per_stream,
                players_per_subscriber: media.players_per_subscriber,
                message_bytes: media.message_bytes,
                cache_bytes: media.cache_bytes,
                held_bytes: media.held_bytes,
            },
            room: RoomPolicy { limits: file.room, times: file.times, socket: SocketLimits::default() },
            tls,
            socket: file.socket,
            lobby: file.lobby,
            admin,
            webhooks,
            metrics_listen: self.metrics_listen.or(file.metrics.listen),
            cluster,
        })
    }
}

async fn serve(settings: Settings) -> Result<ExitCode, String> {
    let running = Gateway::start(settings).await.map_err(|error| error.to_string())?;
    let ready = Ready { ready: true, addresses: running.addresses() };
    let line = serde_json::to_string(&ready).map_err(|error| error.to_string())?;
    {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| format!("stdout: {error}"))?;
    }
    let watch = running.watch();
    let dead = tokio::select! {
        signal = wait_for_signal() => {
            signal.map_err(|error| format!("signals cannot be awaited: {error}"))?;
            None
        }
        task = watch.found_dead() => Some(task),
    };
    running.stop().await;
    match dead {
        None => Ok(ExitCode::SUCCESS),
        Some(task) => Err(format!("the task '{task}' has died, and nothing works without it: start the gateway again")),
    }
}

#[cfg(unix)]
async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A single word that is none of these would be taken for the name of a module, and silence everything else.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What stands on WebRTC tells of every packet and key exchange; who wants to read that names these crates.
const QUIET: &str = ",str0m=warn,is=warn,dimpl=warn,sctp_proto=warn";

fn start_log(filter: &str, format: LogFormat) -> Result<(), String> {
    let is_word = filter.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_word && !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(filter)) {
        return Err(format!("--log: {filter} is no level; give one of {}", LEVELS.join(", ")));
    }
    let quiet =
        if is_word && !["off", "error"].iter().any(|level| level.eq_ignore_ascii_case(filter)) { QUIET } else { "" };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}")).map_err(|error| format!("--log: {error}"))?;
    let lines = Lines::to_stderr(format).map_err(|error| format!("logging did not start: {error}"))?;
    // The standard hook writes to standard error itself, and would wait where nobody reads.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines).log_internal_errors(false);
    match format {
        LogFormat::Text => subscriber.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    }
    .map_err(|error| format!("logging did not start: {error}"))
}

fn apps(file: &ConfigFile, id: Option<String>, key: Option<Secret>) -> Result<Apps, ConfigError> {
    let mut apps = Apps::default();
    for section in &file.apps {
        if apps.insert(section.id.clone(), section.read_keys()?) {
            return Err(ConfigError::AppTwice(section.id.clone()));
        }
    }
    match (id, key) {
        (Some(id), Some(key)) => {
            let app = AppId::parse(id).map_err(ConfigError::AppId)?;
            let key = AppKey::parse(key.reveal());
            let key = key.map_err(|source| ConfigError::Key { app: app.clone(), source })?;
            apps.insert(app, key);
        }
        (Some(_), None) => return Err(ConfigError::HalfApp("the key")),
        (None, Some(_)) if file.apps.is_empty() => return Err(ConfigError::HalfApp("the id")),
        (None, _) => {}
    }
    if apps.is_empty() { Err(ConfigError::NoApp) } else { Ok(apps) }
}

fn webhooks(sections: &[WebhookSection], apps: &Apps) -> Result<Vec<WebhookSettings>, ConfigError> {
    let mut seen = BTreeSet::new();
    let read = |section: &WebhookSection| {
        let wrong = |reason: &str| ConfigError::Webhook { app: section.app.clone(), reason: reason.into() };
        if !apps.serves(&section.app) {
            return Err(wrong("this gateway does not serve the application"));
        }
        if !seen.insert(section.app.clone()) {
            return Err(wrong("the application has another one already"));
        }
        section.read()
    };
    sections.iter().map(read).collect()
}

fn tls(
    section: Option<TlsSection>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<Tls>, ConfigError> {
    let files = match (certificate, key, section) {
        (Some(certificate), Some(key), _) => TlsFiles { certificate, key },
        (None, None, Some(section)) => TlsFiles { certificate: section.certificate_file, key: section.key_file },
        (None, None, None) => return Ok(None),
        (Some(_), None, _) | (None, Some(_), _) => return Err(ConfigError::HalfTls),
    };
    Ok(Some(Tls::read(files)?))
}

fn admin(
    section: &AdminSection,
    listen: Option<SocketAddr>,
    secret: Option<Secret>,
) -> Result<Option<AdminSettings>, ConfigError> {
    let secret = match secret {
        Some(secret) => Some(AdminSecret::new(secret)?),
        None => section.read_secret()?,
    };
    match (listen.or(section.listen), secret) {
        (Some(listen), Some(secret)) => Ok(Some(AdminSettings { listen, secret })),
        (Some(_), None) => Err(ConfigError::SecretCount { owner: "the admin API".into(), name: "secret" }),
        (None, Some(_)) => Err(ConfigError::AdminUnlistened),
        (None, None) => Ok(None),
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "give an IP address and a port, as 0.0.0.0:8080")
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
