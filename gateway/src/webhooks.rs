//! [`Webhooks`] tell an application's own server what happens in its rooms: who joins and leaves, which streams start and stop.
//!
//! | file | what it is |
//! | --- | --- |
//! | `notice` | `Notice`: one thing that has happened, as it is told; pure |
//! | `lane` | tells the notices of some rooms one after the other, again and again until each is heard |
//! | `post` | one HTTP request |
//! | `address` | which addresses may be told |

mod address;
mod lane;
mod notice;
mod post;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::Uri;
use miniapp_rtc::protocol::{AppId, Secret};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::meter::Seldom;
use crate::room::{Effect, Moment, RoomName};
use crate::watch::Watch;
use lane::Lane;
use notice::Notice;

/// Whom to tell of the rooms of one application.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// The application.
    pub app: AppId,
    /// Where its server listens.
    pub url: WebhookUrl,
    /// What signs the notices.
    pub secret: Secret,
    /// Whether the server may be at an address of a private network.
    pub allow_private: bool,
}

/// Where a webhook goes: `https`, or `http`, with a host. Prints without its path, which may hold a secret.
#[derive(Clone, Eq, PartialEq)]
pub struct WebhookUrl(Uri);

/// Not a URL that can be told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("give an http or https URL with a host and without a user")]
pub struct BadWebhookUrl;

impl WebhookUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`BadWebhookUrl`].
    pub fn parse(text: &str) -> Result<Self, BadWebhookUrl> {
        let url: Uri = text.parse().map_err(|_| BadWebhookUrl)?;
        let authority = url.authority().ok_or(BadWebhookUrl)?;
        let is_known = matches!(url.scheme_str(), Some("http" | "https"));
        if !is_known || authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(BadWebhookUrl);
        }
        Ok(Self(url))
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        write!(formatter, "{scheme}://{}/…", self.0.authority().map_or("", |authority| authority.as_str()))
    }
}

/// Tells what happens. Clones are one; the default tells nobody.
#[derive(Clone, Default)]
pub struct Webhooks(Arc<Lanes>);

#[derive(Default)]
struct Lanes {
    by_app: HashMap<AppId, Vec<mpsc::Sender<Notice>>>,
    hasher: RandomState,
    counts: Arc<WebhookCounts>,
    complaints: Seldom,
}

/// What has become of notices.
#[derive(Debug, Default)]
pub(crate) struct WebhookCounts {
    /// Heard by the application's server.
    pub(crate) delivered: AtomicU64,
    /// Not heard at an attempt, and told again.
    pub(crate) retried: AtomicU64,
    /// Given up.
    pub(crate) dropped: AtomicU64,
}

impl Webhooks {
    /// Starts the lanes, in `tasks` and watched, until `stop`.
    pub fn start(settings: Vec<WebhookSettings>, watch: &Watch, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let counts = Arc::new(WebhookCounts::default());
        let mut by_app = HashMap::new();
        for settings in settings {
            let app = settings.app.clone();
            let settings = Arc::new(settings);
            let lanes = (0..LANES).map(|_| {
                let (sender, waiting) = mpsc::channel(WAITING);
                let lane = Lane::new(Arc::clone(&settings), Arc::clone(&counts));
                watch.run("webhooks", tasks, stop.clone(), lane.run(waiting, stop.clone()));
                sender
            });
            by_app.insert(app, lanes.collect());
        }
        Self(Arc::new(Lanes { by_app, hasher: RandomState::new(), counts, complaints: Seldom::default() }))
    }

    /// Tells what the effects of an input mean to the application's server. Never waits: to be called in the order of the
    /// room's events, which is the order in which they are told.
    pub fn hear(&self, room: &RoomName, effects: &[Effect], now: Moment) {
        let lanes = &*self.0;
        let Some(of_app) = lanes.by_app.get(&room.app) else { return };
        let count = u64::try_from(of_app.len()).unwrap_or(u64::MAX).max(1);
        let index = usize::try_from(lanes.hasher.hash_one(room) % count).unwrap_or_default();
        let Some(lane) = of_app.get(index) else { return };
        for notice in effects.iter().filter_map(|effect| Notice::of(room, effect, now.unix_ms)) {
            if lane.try_send(notice).is_err() {
                lanes.counts.dropped.fetch_add(1, Ordering::Relaxed);
                if let Some(left_out) = lanes.complaints.says() {
                    warn!(%room, left_out, "too many notices wait for the application's server; some are lost");
                }
            }
        }
    }

    /// What has become of notices.
    pub(crate) fn counts(&self) -> &WebhookCounts {
        &self.0.counts
    }
}

/// How many rooms of an application can be told of at once; all notices of one room go one after the other.
const LANES: usize = 16;
/// How many notices may wait in a lane.
const WAITING: usize = 1_024;
