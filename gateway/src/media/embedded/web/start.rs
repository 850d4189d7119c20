//! [`StartedWeb`]: the sockets of web media, and by which addresses browsers reach them.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use tokio::net::{TcpListener, UdpSocket};

use super::Web;
use crate::media::embedded::listener::listen;
use crate::media::{MediaStartError, WebAddress};
use crate::settings::WebSettings;

/// Web media that listens, and is not served yet.
pub(in crate::media::embedded) struct StartedWeb {
    pub(in crate::media::embedded) web: Arc<Web>,
    /// Where TCP comes in.
    pub(in crate::media::embedded) listener: TcpListener,
}

impl StartedWeb {
    /// Listens by UDP and TCP on one port. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// [`MediaStartError`] says what to do.
    pub(in crate::media::embedded) fn start(settings: &WebSettings, host: &str) -> Result<Self, MediaStartError> {
        let unlistened = |source| MediaStartError::Listen { what: WHAT, address: settings.listen, source };
        let (listener, udp) = pair(settings.listen)?;
        let listened = udp.local_addr().map_err(unlistened)?;
        let public = public(settings, host, listened)?;
        let public: Vec<SocketAddr> = public.into_iter().map(|address| address.at(listened.port())).collect();
        tracing::info!(web = %listened, ?public, "web media listens");
        let web = Web::new(udp, public, &settings.ice_servers).map_err(|error| unlistened(io::Error::other(error)))?;
        Ok(Self { web: Arc::new(web), listener })
    }

    /// Finds what [`StartedWeb::start`] would refuse, without listening.
    ///
    /// # Errors
    /// [`MediaStartError::WebPublic`].
    pub(in crate::media::embedded) fn check(settings: &WebSettings, host: &str) -> Result<(), MediaStartError> {
        public(settings, host, settings.listen).map(drop)
    }

    /// The address that browsers are told of first.
    pub(in crate::media::embedded) fn address(&self) -> Option<SocketAddr> {
        self.web.negotiator.public().first().copied()
    }
}

/// Both sockets with the same port number.
fn pair(address: SocketAddr) -> Result<(TcpListener, UdpSocket), MediaStartError> {
    let mut attempt = 1;
    loop {
        let listener = listen(WHAT, address)?;
        let unlistened = |source| MediaStartError::Listen { what: WHAT, address, source };
        let port = listener.local_addr().map_err(unlistened)?.port();
        let bound = std::net::UdpSocket::bind(SocketAddr::new(address.ip(), port)).and_then(|udp| {
            udp.set_nonblocking(true)?;
            UdpSocket::from_std(udp)
        });
        match bound {
            Ok(udp) => return Ok((listener, udp)),
            // Another program has the UDP port of that number.
            Err(_) if address.port() == 0 && attempt < ATTEMPTS => attempt += 1,
            Err(source) => return Err(unlistened(source)),
        }
    }
}

/// The addresses that browsers are told of.
fn public(settings: &WebSettings, host: &str, listened: SocketAddr) -> Result<Vec<WebAddress>, MediaStartError> {
    if settings.public.is_empty() { found(host, listened) } else { Ok(settings.public.clone()) }
}

/// The addresses of the public host that a socket like this one can be reached by, one of each kind.
fn found(host: &str, listened: SocketAddr) -> Result<Vec<WebAddress>, MediaStartError> {
    let unfound = |reason: String| MediaStartError::WebPublic { host: host.to_owned(), reason };
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let all = (bare, listened.port()).to_socket_addrs().map_err(|error| unfound(error.to_string()))?;
    let (ipv4, ipv6): (Vec<_>, Vec<_>) = all.map(|address| address.ip()).partition(|ip| ip.is_ipv4());
    let ipv6 = ipv6.into_iter().next().filter(|_| listened.is_ipv6());
    let found: Vec<WebAddress> = ipv4.into_iter().next().into_iter().chain(ipv6).map(WebAddress::from).collect();
    if found.is_empty() { Err(unfound("it has no address of the kind that is listened on".into())) } else { Ok(found) }
}

const WHAT: &str = "web media (UDP and TCP)";
/// How often any free port is tried.
const ATTEMPTS: u32 = 16;
