//! [`PublicAddresses`] make leases: the signed URLs, one per transport, by which one session may push or play one stream.

use std::sync::atomic::{AtomicU32, Ordering};

use miniapp_rtc::protocol::{Lease, MediaUrl, Role, Secret};
use serde::{Deserialize, Serialize};

use super::http_scheme::HttpScheme;
use super::ids::StreamId;
use super::ticket::{MediaTicket, TICKET_PARAMETER, TicketKeys};
use crate::room::Grant;

/// The RTMP application name, the first path segment of every media URL.
pub const APPLICATION: &str = "live";

/// How media travels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Transport {
    /// RTMP: push and play.
    Rtmp,
    /// HTTP-FLV: play only.
    HttpFlv,
    /// WHIP: push only, by WebRTC.
    Whip,
    /// WHEP: play only, by WebRTC.
    Whep,
}

impl Transport {
    /// The name in a lease's list of URLs (`docs/protocol.md`, MediaUrl).
    pub fn name(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::HttpFlv => "flv",
            Self::Whip => "whip",
            Self::Whep => "whep",
        }
    }
}

/// Where clients reach this media server: `host:port` per transport.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PublicAddresses {
    /// Authority of RTMP URLs.
    pub rtmp: String,
    /// Authority of HTTP-FLV, WHIP and WHEP URLs.
    pub http_flv: String,
    /// `https` when a TLS proxy stands in front of HTTP-FLV, else `http`.
    pub http_flv_scheme: HttpScheme,
    /// Whether WHIP and WHEP are served where HTTP-FLV is.
    pub serves_web: bool,
}

impl PublicAddresses {
    /// Signs a lease: to push by RTMP or WHIP, to play by RTMP, HTTP-FLV or WHEP. `now` is Unix time in seconds. A URL that
    /// is not connected should be replaced after 60 % of its lifetime.
    pub fn lease(&self, keys: &TicketKeys, grant: &Grant, now: u32, lifetime_seconds: u32) -> Lease {
        let Grant { node: _, role, stream, generation, session } = grant.clone();
        let path = format!("{APPLICATION}/{}", stream_name(&stream, generation));
        let connect_by = now.saturating_add(lifetime_seconds);
        let ticket = keys.sign(&MediaTicket { role, stream: stream.clone(), generation, session, connect_by });
        // A page that is given the address it has sees no change, and its pusher or player would not begin anew.
        let number = NEXT_LEASE.fetch_add(1, Ordering::Relaxed);
        let query = format!("lease={number}&{TICKET_PARAMETER}={ticket}");
        let http = format!("{}://{}", self.http_flv_scheme.name(), self.http_flv);
        let url = |transport: Transport| {
            let name = transport.name();
            let url = match transport {
                Transport::Rtmp => format!("rtmp://{}/{path}?{query}", self.rtmp),
                Transport::HttpFlv => format!("{http}/{path}.flv?{query}"),
                Transport::Whip | Transport::Whep => format!("{http}/{path}/{name}?{query}"),
            };
            MediaUrl { transport: name.to_owned(), url: Secret::new(url) }
        };
        let (always, web): (&[Transport], _) = match role {
            Role::Player => (&[Transport::Rtmp, Transport::HttpFlv], Transport::Whep),
            Role::Pusher => (&[Transport::Rtmp], Transport::Whip),
        };
        let urls = always.iter().copied().chain(self.serves_web.then_some(web)).map(url).collect();
        Lease { stream, generation, urls, expires_in: lifetime_seconds, renew_in: lifetime_seconds / 5 * 3 }
    }
}

/// The last path segment of a media URL: `{stream}-{generation}`.
pub(super) fn stream_name(stream: &StreamId, generation: u32) -> String {
    format!("{stream}-{generation}")
}

/// The ticket in a URL query (`a=b&ticket=…`), without a leading `?`.
pub(super) fn ticket_of_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix(TICKET_PARAMETER)?.strip_prefix('='))
}

/// Numbers the leases of this process.
static NEXT_LEASE: AtomicU32 = AtomicU32::new(1);

#[cfg(test)]
mod tests {
    use miniapp_rtc::protocol::SessionId;

    use super::*;
    use crate::room::NodeId;

    #[test]
    fn a_lease_lists_signed_urls_that_do_not_print() {
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let addresses = PublicAddresses {
            rtmp: "media.example:1935".to_owned(),
            http_flv: "media.example".to_owned(),
            http_flv_scheme: HttpScheme::Https,
            serves_web: false,
        };
        let lease = addresses.lease(&keys, &grant(Role::Player), 1_000, 300);
        assert_eq!((lease.expires_in, lease.renew_in), (300, 180));
        let rtmp = lease.url("rtmp").expect("rtmp").reveal();
        let flv = lease.url("flv").expect("flv").reveal();
        assert!(rtmp.starts_with("rtmp://media.example:1935/live/s1-4?lease="), "{rtmp}");
        assert!(flv.starts_with("https://media.example/live/s1-4.flv?lease="), "{flv}");
        assert!(
            rtmp.contains("&ticket=v1.k1.v.s1.4.u1.1300.") && flv.contains("&ticket=v1.k1.v.s1.4.u1.1300."),
            "{rtmp}"
        );
        let again = addresses.lease(&keys, &grant(Role::Player), 1_000, 300);
        assert_ne!(again.url("rtmp"), lease.url("rtmp"), "a page must see that its address changed");
        let ticket = ticket_of_query(flv.split_once('?').expect("query").1).expect("ticket");
        assert!(keys.verify(ticket).is_ok());
        let printed = format!("{lease:?}");
        assert!(printed.contains("flv") && !printed.contains(ticket), "{printed}");

        let push = addresses.lease(&keys, &grant(Role::Pusher), 0, 300);
        assert_eq!(transports(&push), ["rtmp"]);
        assert_eq!(transports(&lease), ["rtmp", "flv"]);
    }

    #[test]
    fn whip_and_whep_are_in_a_lease_where_they_are_served() {
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let addresses = PublicAddresses {
            rtmp: "media.example:1935".to_owned(),
            http_flv: "media.example".to_owned(),
            http_flv_scheme: HttpScheme::Https,
            serves_web: true,
        };
        for (role, names, transport, start) in [
            (Role::Pusher, ["rtmp", "whip"].as_slice(), "whip", "https://media.example/live/s1-4/whip?lease="),
            (Role::Player, &["rtmp", "flv", "whep"], "whep", "https://media.example/live/s1-4/whep?lease="),
        ] {
            let lease = addresses.lease(&keys, &grant(role), 1_000, 300);
            assert_eq!(transports(&lease), names);
            let url = lease.url(transport).expect("an address").reveal();
            assert!(url.starts_with(start), "{url}");
            let ticket = ticket_of_query(url.split_once('?').expect("query").1).expect("ticket");
            assert_eq!(keys.verify(ticket).expect("a good ticket").role, role);
        }
    }

    fn grant(role: Role) -> Grant {
        let (stream, session) = (StreamId::parse("s1").expect("stream"), SessionId::parse("u1").expect("session"));
        Grant { node: NodeId(1), role, stream, generation: 4, session }
    }

    fn transports(lease: &Lease) -> Vec<&str> {
        lease.urls.iter().map(|url| url.transport.as_str()).collect()
    }

    #[test]
    fn the_ticket_is_found_among_other_parameters() {
        assert_eq!(ticket_of_query("a=b&ticket=x.y&c"), Some("x.y"));
        assert_eq!(ticket_of_query("tickets=x"), None);
        assert_eq!(ticket_of_query(""), None);
    }
}
