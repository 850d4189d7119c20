//! The [`HttpScheme`] of media URLs.

use serde::{Deserialize, Serialize};

/// The scheme of HTTP URLs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpScheme {
    /// `http`: without TLS.
    #[default]
    Http,
    /// With TLS: the gateway's own, or that of a proxy in front of it.
    Https,
}

impl HttpScheme {
    /// As in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
