//! A [`WebAddress`] is where browsers send the packets of web media: an IP address, with its port where that is another one
//! than is listened on.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::Deserialize;

/// An IP address with a port, or without.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct WebAddress {
    ip: IpAddr,
    port: Option<u16>,
}

/// A text that is no address of web media.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no IP address, with or without a port, as 203.0.113.5, 203.0.113.5:8082 or [2001:db8::1]:8082")]
pub struct InvalidWebAddress(String);

impl WebAddress {
    /// With the port that is listened on, where it has none of its own.
    pub fn at(self, listened: u16) -> SocketAddr {
        SocketAddr::new(self.ip, self.port.unwrap_or(listened))
    }
}

impl From<IpAddr> for WebAddress {
    fn from(ip: IpAddr) -> Self {
        Self { ip, port: None }
    }
}

impl FromStr for WebAddress {
    type Err = InvalidWebAddress;

    fn from_str(text: &str) -> Result<Self, InvalidWebAddress> {
        let with_port = |address: SocketAddr| Self { ip: address.ip(), port: Some(address.port()) };
        let address = text.parse::<IpAddr>().map(Self::from).or_else(|_| text.parse().map(with_port));
        let is_usable = |it: &Self| !it.ip.is_unspecified() && !it.ip.is_multicast() && it.port != Some(0);
        address.ok().filter(is_usable).ok_or_else(|| InvalidWebAddress(text.to_owned()))
    }
}

impl TryFrom<String> for WebAddress {
    type Error = InvalidWebAddress;

    fn try_from(text: String) -> Result<Self, InvalidWebAddress> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::WebAddress;

    #[test]
    fn an_address_has_its_own_port_or_the_one_listened_on() {
        for (text, expected) in [
            ("203.0.113.5", "203.0.113.5:9"),
            ("203.0.113.5:8082", "203.0.113.5:8082"),
            ("2001:db8::1", "[2001:db8::1]:9"),
            ("[2001:db8::1]:8082", "[2001:db8::1]:8082"),
        ] {
            assert_eq!(text.parse::<WebAddress>().expect(text).at(9).to_string(), expected);
        }
    }

    #[test]
    fn what_no_packet_can_be_sent_to_is_refused() {
        for text in ["", "rtc.example.com", "0.0.0.0", "[::]:8082", "203.0.113.5:0", "224.0.0.1", "203.0.113.5:x"] {
            let error = text.parse::<WebAddress>().expect_err(text);
            assert!(error.to_string().contains("203.0.113.5:8082"), "{error}");
        }
    }
}
