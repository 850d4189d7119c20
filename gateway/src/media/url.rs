//! A [`MediaLease`] is the list of signed URLs, one per transport, by which one session may push or play one stream.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ids::{SessionId, StreamId};
use super::ticket::{MediaTicket, Operation, TICKET_PARAMETER, TicketKeys};

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

/// What a lease is wanted for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeaseRequest {
    /// Push or play.
    pub operation: Operation,
    /// The stream.
    pub stream: StreamId,
    /// The stream's generation.
    pub generation: u32,
    /// The signaling session that will connect.
    pub session: SessionId,
}

/// The URLs of one permission. It ends nothing by itself: an open connection lives until it is kicked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaLease {
    /// One URL per transport, best first.
    pub urls: Vec<MediaUrl>,
    /// Unix time in seconds up to which a connection may start.
    pub connect_by: u32,
    /// Unix time in seconds at which a URL that is not connected should be replaced (60 % of the lifetime).
    pub renew_at: u32,
}

impl MediaLease {
    /// The URL of a transport.
    pub fn url(&self, transport: Transport) -> Option<&SignedUrl> {
        self.urls.iter().find(|entry| entry.transport == transport).map(|entry| &entry.url)
    }
}

/// One URL of a lease.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaUrl {
    /// How media travels by this URL.
    pub transport: Transport,
    /// The URL.
    pub url: SignedUrl,
}

/// A URL with a signature in it. It prints without its query; [`SignedUrl::expose`] gives all of it.
#[derive(Clone, Eq, PartialEq)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// The whole URL, for the one client it was made for. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SignedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.split('?').next().unwrap_or_default();
        write!(formatter, "{path}?***")
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Where clients reach this media server: `host:port` per transport.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicAddresses {
    /// Authority of RTMP URLs.
    pub rtmp: String,
    /// Authority of HTTP-FLV, WHIP and WHEP URLs.
    pub http_flv: String,
    /// `https` when a TLS proxy stands in front of HTTP-FLV, else `http`.
    pub http_flv_scheme: &'static str,
    /// Whether WHIP and WHEP are served where HTTP-FLV is.
    pub serves_web: bool,
}

impl PublicAddresses {
    /// Signs a lease: to push by RTMP or WHIP, to play by RTMP, HTTP-FLV or WHEP.
    pub fn lease(&self, keys: &TicketKeys, request: &LeaseRequest, now: u32, lifetime_seconds: u32) -> MediaLease {
        let connect_by = now.saturating_add(lifetime_seconds);
        let ticket = keys.sign(&MediaTicket {
            operation: request.operation,
            stream: request.stream.clone(),
            generation: request.generation,
            session: request.session.clone(),
            connect_by,
        });
        let name = stream_name(&request.stream, request.generation);
        // A page that is given the address it has sees no change, and its pusher or player would not begin anew.
        let number = NEXT_LEASE.fetch_add(1, Ordering::Relaxed);
        let query = format!("lease={number}&{TICKET_PARAMETER}={ticket}");
        let http = format!("{}://{}", self.http_flv_scheme, self.http_flv);
        let url = |transport| {
            let path = format!("{APPLICATION}/{name}");
            let url = match transport {
                Transport::Rtmp => format!("rtmp://{}/{path}?{query}", self.rtmp),
                Transport::HttpFlv => format!("{http}/{path}.flv?{query}"),
                Transport::Whip | Transport::Whep => format!("{http}/{path}/{}?{query}", transport.name()),
            };
            MediaUrl { transport, url: SignedUrl(url) }
        };
        let (always, web): (&[Transport], _) = match request.operation {
            Operation::Publish => (&[Transport::Rtmp], Transport::Whip),
            Operation::Play => (&[Transport::Rtmp, Transport::HttpFlv], Transport::Whep),
        };
        let urls = always.iter().copied().chain(self.serves_web.then_some(web)).map(url).collect();
        let renew_after = lifetime_seconds / 5 * 3;
        MediaLease { urls, connect_by, renew_at: now.saturating_add(renew_after) }
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
    use super::{
        LeaseRequest, MediaLease, Operation, PublicAddresses, SessionId, StreamId, TicketKeys, Transport,
        ticket_of_query,
    };

    #[test]
    fn a_lease_lists_signed_urls_that_do_not_print() {
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let addresses = PublicAddresses {
            rtmp: "media.example:1935".to_owned(),
            http_flv: "media.example".to_owned(),
            http_flv_scheme: "https",
            serves_web: false,
        };
        let request = LeaseRequest {
            operation: Operation::Play,
            stream: StreamId::parse("s1").expect("stream"),
            generation: 4,
            session: SessionId::parse("u1").expect("session"),
        };
        let lease = addresses.lease(&keys, &request, 1_000, 300);
        assert_eq!((lease.connect_by, lease.renew_at), (1_300, 1_180));
        let rtmp = lease.url(Transport::Rtmp).expect("rtmp").expose();
        let flv = lease.url(Transport::HttpFlv).expect("flv").expose();
        assert!(rtmp.starts_with("rtmp://media.example:1935/live/s1-4?lease="), "{rtmp}");
        assert!(flv.starts_with("https://media.example/live/s1-4.flv?lease="), "{flv}");
        assert!(
            rtmp.contains("&ticket=v1.k1.v.s1.4.u1.1300.") && flv.contains("&ticket=v1.k1.v.s1.4.u1.1300."),
            "{rtmp}"
        );
        let again = addresses.lease(&keys, &request, 1_000, 300);
        assert_ne!(again.url(Transport::Rtmp), lease.url(Transport::Rtmp), "a page must see that its address changed");
        let ticket = ticket_of_query(flv.split_once('?').expect("query").1).expect("ticket");
        assert!(keys.verify(ticket).is_ok());
        let printed = format!("{lease:?} {}", lease.urls[0].url);
        assert!(printed.contains("/live/s1-4.flv?***") && !printed.contains(ticket), "{printed}");

        let push = addresses.lease(&keys, &LeaseRequest { operation: Operation::Publish, ..request }, 0, 300);
        assert_eq!(transports(&push), ["rtmp"]);
        assert_eq!(transports(&lease), ["rtmp", "flv"]);
    }

    #[test]
    fn whip_and_whep_are_in_a_lease_where_they_are_served() {
        let keys = TicketKeys::new("k1", b"a media secret of the tests").expect("keys");
        let addresses = PublicAddresses {
            rtmp: "media.example:1935".to_owned(),
            http_flv: "media.example".to_owned(),
            http_flv_scheme: "https",
            serves_web: true,
        };
        for (operation, names, transport, start) in [
            (
                Operation::Publish,
                ["rtmp", "whip"].as_slice(),
                Transport::Whip,
                "https://media.example/live/s1-4/whip?lease=",
            ),
            (Operation::Play, &["rtmp", "flv", "whep"], Transport::Whep, "https://media.example/live/s1-4/whep?lease="),
        ] {
            let request = LeaseRequest {
                operation,
                stream: StreamId::parse("s1").expect("stream"),
                generation: 4,
                session: SessionId::parse("u1").expect("session"),
            };
            let lease = addresses.lease(&keys, &request, 1_000, 300);
            assert_eq!(transports(&lease), names);
            let url = lease.url(transport).expect("an address").expose();
            assert!(url.starts_with(start), "{url}");
            let ticket = ticket_of_query(url.split_once('?').expect("query").1).expect("ticket");
            assert_eq!(keys.verify(ticket).expect("a good ticket").operation, operation);
        }
    }

    fn transports(lease: &MediaLease) -> Vec<&'static str> {
        lease.urls.iter().map(|url| url.transport.name()).collect()
    }

    #[test]
    fn the_ticket_is_found_among_other_parameters() {
        assert_eq!(ticket_of_query("a=b&ticket=x.y&c"), Some("x.y"));
        assert_eq!(ticket_of_query("tickets=x"), None);
        assert_eq!(ticket_of_query(""), None);
    }
}
