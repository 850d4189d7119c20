//! [`WebhookCounts`]: how many notices were heard.

use std::sync::atomic::AtomicU64;

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
