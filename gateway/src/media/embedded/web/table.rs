//! A [`PeerTable`] tells for which peer a packet is: all peers share one port.

use std::collections::HashMap;
use std::net::SocketAddr;

use str0m::net::Protocol;

use super::stun;

/// Where packets come from.
pub(super) type PacketSource = (Protocol, SocketAddr);

/// The peers by name, and the sources that are theirs. `Inbox` takes a peer's packets.
///
/// A binding request says for whom it is; everything else is known by its source. A source becomes a peer's when the peer's
/// ICE has answered it, so nobody takes a source who does not know the peer's password. What is for nobody costs a look here.
pub(super) struct PeerTable<Inbox> {
    peers: HashMap<String, PeerEntry<Inbox>>,
    names: HashMap<PacketSource, String>,
}

struct PeerEntry<Inbox> {
    inbox: Inbox,
    sources: Vec<PacketSource>,
}

impl<Inbox> Default for PeerTable<Inbox> {
    fn default() -> Self {
        Self { peers: HashMap::new(), names: HashMap::new() }
    }
}

impl<Inbox> PeerTable<Inbox> {
    /// Takes in a peer whose name no other has.
    pub(super) fn enter(&mut self, name: String, inbox: Inbox) {
        self.peers.insert(name, PeerEntry { inbox, sources: Vec::new() });
    }

    /// Forgets a peer; gives the sources that were its own.
    pub(super) fn leave(&mut self, name: &str) -> Vec<PacketSource> {
        let sources = self.peers.remove(name).map(|peer| peer.sources).unwrap_or_default();
        for source in &sources {
            self.names.remove(source);
        }
        sources
    }

    /// Notes that a peer has answered a source. Whether the source is the peer's from now on, or was already: it is not if
    /// it belongs to another one, or if the peer has as many as it may have.
    pub(super) fn claim(&mut self, name: &str, source: PacketSource) -> bool {
        if let Some(owner) = self.names.get(&source) {
            return owner == name;
        }
        let Some(peer) = self.peers.get_mut(name).filter(|peer| peer.sources.len() < SOURCES) else { return false };
        peer.sources.push(source);
        self.names.insert(source, name.to_owned());
        true
    }

    /// Who gets a packet.
    pub(super) fn route(&self, source: PacketSource, packet: &[u8]) -> Option<&Inbox> {
        let name = stun::addressee(packet).or_else(|| self.names.get(&source).map(String::as_str))?;
        self.peers.get(name).map(|peer| &peer.inbox)
    }
}

/// A browser checks from each of its addresses, and a phone changes its network now and then.
const SOURCES: usize = 64;

#[cfg(test)]
mod tests {
    use str0m::net::Protocol;

    use super::{PacketSource, PeerTable, SOURCES};
    use crate::media::embedded::web::stun::tests::request;

    const MEDIA: &[u8] = &[0x80, 96, 0, 1];

    fn source(port: u16) -> PacketSource {
        (Protocol::Udp, ([10, 0, 0, 1], port).into())
    }

    fn table() -> PeerTable<&'static str> {
        let mut table = PeerTable::default();
        table.enter("ann".into(), "to ann");
        table.enter("bob".into(), "to bob");
        table
    }

    #[test]
    fn requests_go_by_name_and_media_by_a_source_that_was_answered() {
        let mut table = table();
        assert_eq!(table.route(source(1), &request("ann:x")), Some(&"to ann"));
        assert_eq!(table.route(source(1), MEDIA), None, "a request alone proves nothing");
        assert!(table.claim("ann", source(1)));
        assert!(table.claim("ann", source(1)), "again");
        assert_eq!(table.route(source(1), MEDIA), Some(&"to ann"));
        assert_eq!(table.route((Protocol::Tcp, source(1).1), MEDIA), None, "another protocol");
        assert_eq!(table.route(source(1), &request("bob:x")), Some(&"to bob"));
        assert_eq!(table.route(source(1), &request("eve:x")), None);
    }

    #[test]
    fn a_source_stays_with_its_peer_until_the_peer_leaves() {
        let mut table = table();
        assert!(table.claim("ann", source(1)));
        assert!(!table.claim("bob", source(1)), "it is not for the taking");
        assert_eq!(table.route(source(1), MEDIA), Some(&"to ann"));
        assert_eq!(table.leave("ann"), [source(1)]);
        assert_eq!(table.route(source(1), MEDIA), None);
        assert_eq!(table.route(source(1), &request("ann:x")), None);
        assert!(table.claim("bob", source(1)));
        assert!(!table.claim("ann", source(2)), "she has left");
    }

    #[test]
    fn a_peer_has_a_bounded_number_of_sources() {
        let mut table = table();
        let taken = (0..1_000).filter(|port| table.claim("ann", source(*port))).count();
        assert_eq!((taken, table.names.len()), (SOURCES, SOURCES));
        assert_eq!(table.leave("ann").len(), SOURCES);
        assert!(table.names.is_empty());
    }
}
