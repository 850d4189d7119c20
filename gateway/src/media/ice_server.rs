//! An [`IceServer`] is a TURN server of the operator, which browsers are told of (RFC 9725, §4.6).

use miniapp_rtc::protocol::Secret;
use serde::Deserialize;

/// A STUN or TURN server that browsers may use where they do not reach the media server by themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IceServer {
    /// Its address, as `turn:turn.example.com:3478?transport=udp`, `turns:…` or `stun:…`.
    pub url: String,
    /// Who may use it.
    pub username: Option<String>,
    /// The user's password. Every browser that may push or play learns it.
    pub credential: Option<Secret>,
}

impl IceServer {
    /// Whether a browser can be told of it: a scheme that browsers know, user and password together, and no character that
    /// would end its place in a header.
    pub fn is_sound(&self) -> bool {
        let has_scheme = ["stun:", "turn:", "turns:"].iter().any(|scheme| self.url.starts_with(scheme));
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
        let credential = self.credential.as_ref().map(|credential| credential.reveal());
        has_scheme
            && is_plain(&self.url)
            && self.username.as_deref().is_none_or(is_plain)
            && credential.is_none_or(is_plain)
            && self.username.is_some() == credential.is_some()
    }

    /// The value of a `Link` header; holds the password.
    #[cfg(any(feature = "web", test))]
    pub(super) fn link(&self) -> Secret {
        let mut link = format!("<{}>; rel=\"ice-server\"", self.url);
        if let (Some(username), Some(credential)) = (&self.username, &self.credential) {
            let credential = credential.reveal();
            link += &format!("; username=\"{username}\"; credential=\"{credential}\"; credential-type=\"password\"");
        }
        Secret::new(link)
    }
}

#[cfg(test)]
mod tests {
    use super::{IceServer, Secret};

    fn server(url: &str, username: Option<&str>, credential: Option<&str>) -> IceServer {
        IceServer { url: url.into(), username: username.map(str::to_owned), credential: credential.map(Secret::new) }
    }

    #[test]
    fn a_link_tells_of_a_server_and_its_user() {
        let turn = server("turn:turn.example.com?transport=udp", Some("ann"), Some("pass-word"));
        assert!(turn.is_sound());
        assert_eq!(
            turn.link().reveal(),
            "<turn:turn.example.com?transport=udp>; rel=\"ice-server\"; username=\"ann\"; credential=\"pass-word\"; \
             credential-type=\"password\""
        );
        assert_eq!(server("stun:a.test", None, None).link().reveal(), "<stun:a.test>; rel=\"ice-server\"");
        assert!(!format!("{turn:?}").contains("pass-word"));
    }

    #[test]
    fn what_no_header_can_hold_is_unsound() {
        for (url, username, credential) in [
            ("https://turn.example.com", None, None),
            ("turn:a>; rel=x", None, None),
            ("turn:a.test", Some("ann"), None),
            ("turn:a.test", None, Some("password")),
            ("turn:a.test", Some("a\"b"), Some("password")),
            ("turn:a.test", Some("ann"), Some("two\r\nlines")),
        ] {
            assert!(!server(url, username, credential).is_sound(), "{url} {username:?}");
        }
    }
}
