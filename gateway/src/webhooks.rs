//! [`Webhooks`] tell an application's own server what happens in its rooms: who joins and leaves, which streams start and stop.
//!
//! | file | what it is |
//! | --- | --- |
//! | `notice` | `Notice`: one thing that has happened, as it is told; pure |
//! | `lane` | tells the notices of some rooms one after the other, again and again until each is heard |
//! | `post` | one HTTP request |
//! | `address` | which addresses may be told |
//! | `settings` | where an application's server listens |
//! | `counts` | how many notices were heard |

mod address;
mod counts;
mod lane;
mod notice;
mod post;
mod settings;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use miniapp_rtc::protocol::AppId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::meter::Seldom;
use crate::room::{Effect, Moment, RoomName};
use crate::watch::Watch;
use lane::Lane;
use notice::Notice;

pub(crate) use counts::WebhookCounts;
pub use settings::{BadWebhookUrl, WebhookSettings, WebhookUrl};

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
