//! The link by which a user joins, and the same as a QR code.

use miniapp_rtc::protocol::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// What a value may hold as it is, behind the `#` of a link: RFC 3986, without what separates values.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'/').remove(b'@');

/// Black on white, whatever the colours of the terminal.
const PAPER: &str = "\x1b[30;107m";
const PLAIN: &str = "\x1b[0m";

/// What a page needs to join.
#[derive(Debug)]
pub(super) struct JoinLink<'a> {
    /// The page's address, `http` or `https`.
    pub(super) page: &'a str,
    /// The gateway's address, `ws` or `wss`.
    pub(super) gateway: &'a str,
    pub(super) app: &'a str,
    pub(super) room: &'a str,
    pub(super) user: &'a str,
    pub(super) token: &'a Secret,
}

impl JoinLink<'_> {
    /// The link: no server sees what follows its `#`.
    pub(super) fn url(&self) -> Result<Secret, String> {
        if !is_address(self.page, &["http://", "https://"]) {
            return Err("--page: an address such as https://example.com/call/, without #".into());
        }
        if !is_address(self.gateway, &["ws://", "wss://"]) {
            return Err("--gateway: an address such as wss://example.com/v1".into());
        }
        if self.room == "*" {
            return Err("--qr: a link leads into one room; name it by --room".into());
        }
        let values = [
            ("gateway", self.gateway),
            ("appId", self.app),
            ("room", self.room),
            ("user", self.user),
            ("token", self.token.reveal()),
        ];
        let values = values.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)));
        Ok(Secret::new(format!("{}#{}", self.page, values.join("&"))))
    }
}

/// The QR code of a link, two modules in each character.
pub(super) fn qr_code(link: &Secret, on_terminal: bool) -> Result<String, String> {
    let code = QrCode::with_error_correction_level(link.reveal(), EcLevel::L)
        .map_err(|_| "--qr: the link is too long for a QR code".to_owned())?;
    let drawn = code.render::<Dense1x2>().build();
    if !on_terminal {
        return Ok(drawn);
    }
    Ok(drawn.lines().map(|line| format!("{PAPER}{line}{PLAIN}")).collect::<Vec<_>>().join("\n"))
}

fn is_address(text: &str, schemes: &[&str]) -> bool {
    let host = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && host.bytes().all(is_plain))
}
