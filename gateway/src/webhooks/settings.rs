//! [`WebhookSettings`]: where an application's own server listens.

use std::fmt;

use axum::http::Uri;
use miniapp_rtc::protocol::{AppId, Secret};

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
pub struct WebhookUrl(pub(super) Uri);

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
