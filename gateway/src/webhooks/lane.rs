//! A [`Lane`] tells the notices of some rooms one after the other. What is not heard is told again, later and later, and is
//! given up in the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::counts::WebhookCounts;
use super::notice::Notice;
use super::post::{PostError, post};
use super::settings::WebhookSettings;
use crate::random::random_number;

pub(super) struct Lane {
    settings: Arc<WebhookSettings>,
    counts: Arc<WebhookCounts>,
}

/// What is to become of a notice after an attempt.
#[derive(Debug, Eq, PartialEq)]
enum Verdict {
    Delivered,
    Again,
    GivenUp,
}

impl Lane {
    pub(super) fn new(settings: Arc<WebhookSettings>, counts: Arc<WebhookCounts>) -> Self {
        Self { settings, counts }
    }

    /// Tells what comes, until the gateway stops.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Notice>, stop: CancellationToken) {
        let telling = async {
            while let Some(notice) = waiting.recv().await {
                self.tell(&notice).await;
            }
        };
        tokio::select! {
            () = telling => {}
            () = stop.cancelled() => {}
        }
    }

    async fn tell(&self, notice: &Notice) {
        for attempt in 1..=ATTEMPTS {
            let result = post(&self.settings, notice).await;
            let verdict = if attempt == ATTEMPTS { judge_last(&result) } else { judge(&result) };
            match verdict {
                Verdict::Delivered => {
                    self.counts.delivered.fetch_add(1, Ordering::Relaxed);
                    return debug!(app = %self.settings.app, id = notice.id, "a webhook was heard");
                }
                Verdict::Again => {
                    self.counts.retried.fetch_add(1, Ordering::Relaxed);
                    debug!(app = %self.settings.app, id = notice.id, attempt, ?result, "a webhook was not heard");
                    tokio::time::sleep(pause(attempt)).await;
                }
                Verdict::GivenUp => {
                    self.counts.dropped.fetch_add(1, Ordering::Relaxed);
                    let why = result.map_or_else(|error| error.to_string(), |status| format!("answer {status}"));
                    return warn!(app = %self.settings.app, id = notice.id, attempt, why, "a webhook is given up");
                }
            }
        }
    }
}

/// A server that refuses a notice will do so again; one that is overloaded, or cannot be reached, may not.
fn judge(result: &Result<StatusCode, PostError>) -> Verdict {
    match result {
        Ok(status) if status.is_success() => Verdict::Delivered,
        Ok(StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS) => Verdict::Again,
        Ok(status) if status.is_server_error() => Verdict::Again,
        Ok(_) => Verdict::GivenUp,
        Err(PostError::Connection(_) | PostError::Late) => Verdict::Again,
        Err(PostError::NoAddress { .. }) => Verdict::GivenUp,
        #[cfg(not(feature = "tls"))]
        Err(PostError::NoTls) => Verdict::GivenUp,
    }
}

fn judge_last(result: &Result<StatusCode, PostError>) -> Verdict {
    match judge(result) {
        Verdict::Again => Verdict::GivenUp,
        verdict @ (Verdict::Delivered | Verdict::GivenUp) => verdict,
    }
}

/// From half to all of a time that doubles at each attempt.
fn pause(attempt: u32) -> Duration {
    let longest = FIRST_PAUSE_MS.saturating_mul(1 << attempt.saturating_sub(1).min(10));
    let half = longest / 2;
    Duration::from_millis(half + u64::from(random_number().unwrap_or_default()) % half.max(1))
}

/// With the pauses, a minute at most: the notices of other rooms wait behind this one.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE_MS: u64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_heard_later_is_told_again_and_the_rest_is_not() {
        let answer = |code: u16| judge(&Ok(StatusCode::from_u16(code).expect("a status")));
        assert_eq!([200, 202, 204].map(answer), [(); 3].map(|()| Verdict::Delivered));
        assert_eq!([408, 425, 429, 500, 503].map(answer), [(); 5].map(|()| Verdict::Again));
        assert_eq!([301, 307, 400, 401, 404, 410].map(answer), [(); 6].map(|()| Verdict::GivenUp));
        assert_eq!(judge(&Err(PostError::Late)), Verdict::Again);
        assert_eq!(judge(&Err(PostError::NoAddress { host: "h".into() })), Verdict::GivenUp);
        assert_eq!(judge_last(&Err(PostError::Late)), Verdict::GivenUp);
    }

    #[test]
    fn pauses_grow_and_all_attempts_take_about_a_minute() {
        let all: Duration = (1..ATTEMPTS).map(pause).sum();
        assert!((Duration::from_secs(31)..=Duration::from_secs(64)).contains(&all), "{all:?}");
        assert!(pause(7) > pause(1));
    }
}
