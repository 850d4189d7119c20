//! The [`Lobby`] is where connections are that have proven nothing yet: no token, no ticket. It bounds how many these are, so
//! that the places of those who belong to a call stay theirs.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// How many connections may wait. One more is let in, and the one that has waited longest is cut for it: a client that
/// belongs here proves it within a second, and who only holds a place loses it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LobbyLimits {
    /// Connections without a token or ticket.
    pub connections: usize,
    /// Of these, from one address: an IPv4 address, or an IPv6 network of 64 bits.
    pub per_address: usize,
}

impl Default for LobbyLimits {
    fn default() -> Self {
        Self { connections: 2_048, per_address: 512 }
    }
}

/// The connections that have proven nothing yet. Clones are one lobby.
#[derive(Clone, Debug, Default)]
pub struct Lobby(Arc<Newcomers>);

#[derive(Debug, Default)]
struct Newcomers {
    limits: LobbyLimits,
    guests: Mutex<Guests>,
}

#[derive(Debug, Default)]
struct Guests {
    next: u64,
    count: usize,
    /// The one that has waited longest comes first. No list is empty.
    by_address: HashMap<IpAddr, VecDeque<Newcomer>>,
}

#[derive(Debug)]
struct Newcomer {
    number: u64,
    cut: CancellationToken,
}

/// A place in the lobby; dropping it gives it back.
#[derive(Debug)]
pub struct Waiting {
    lobby: Lobby,
    address: IpAddr,
    number: u64,
    cut: CancellationToken,
}

impl Lobby {
    /// An empty lobby.
    pub fn new(limits: LobbyLimits) -> Self {
        Self(Arc::new(Newcomers { limits, guests: Mutex::default() }))
    }

    /// Takes in a connection, at the expense of one that waits already where there are too many.
    pub fn enter(&self, address: IpAddr) -> Waiting {
        let address = network(address);
        let mut guests = self.lock();
        let from_there = guests.by_address.get(&address).map_or(0, VecDeque::len);
        if from_there >= self.0.limits.per_address {
            guests.cut_oldest_of(address);
        } else if guests.count >= self.0.limits.connections {
            guests.cut_one();
        }
        let (number, cut) = (guests.next, CancellationToken::new());
        guests.next += 1;
        guests.count += 1;
        guests.by_address.entry(address).or_default().push_back(Newcomer { number, cut: cut.clone() });
        drop(guests);
        Waiting { lobby: self.clone(), address, number, cut }
    }

    /// Cuts some of those that wait, because the process has no room for others.
    pub(crate) fn make_room(&self, count: usize) {
        let mut guests = self.lock();
        (0..count).for_each(|_| guests.cut_one());
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Guests> {
        self.0.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guests {
    /// Cuts one of the address that has the most; of several such addresses, the one that has waited longest.
    fn cut_one(&mut self) {
        let oldest = |guests: &VecDeque<Newcomer>| guests.front().map_or(u64::MAX, |guest| guest.number);
        let fullest =
            self.by_address.iter().max_by_key(|(_, guests)| (guests.len(), std::cmp::Reverse(oldest(guests))));
        if let Some((address, _)) = fullest {
            self.cut_oldest_of(*address);
        }
    }

    fn cut_oldest_of(&mut self, address: IpAddr) {
        let Some(guests) = self.by_address.get_mut(&address) else { return };
        if let Some(guest) = guests.pop_front() {
            self.count -= 1;
            guest.cut.cancel();
        }
        if guests.is_empty() {
            self.by_address.remove(&address);
        }
    }

    fn forget(&mut self, address: IpAddr, number: u64) {
        let Some(guests) = self.by_address.get_mut(&address) else { return };
        if let Some(index) = guests.iter().position(|guest| guest.number == number) {
            guests.remove(index);
            self.count -= 1;
        }
        if guests.is_empty() {
            self.by_address.remove(&address);
        }
    }
}

impl Waiting {
    /// Returns when the connection has to end, to make room for another.
    pub async fn cut(&self) {
        self.cut.cancelled().await;
    }

    /// Gives the place back: the connection has proven that it belongs here.
    pub fn admit(&self) {
        self.lobby.lock().forget(self.address, self.number);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.admit();
    }
}

/// Who has one IPv6 address has all of its network's: 64 bits are given to a single household.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{IpAddr, Lobby, LobbyLimits, Waiting};

    fn enter(lobby: &Lobby, address: &str) -> Waiting {
        lobby.enter(address.parse::<IpAddr>().expect("an address"))
    }

    fn cut(places: &[Waiting]) -> Vec<bool> {
        places.iter().map(|place| place.cut.is_cancelled()).collect()
    }

    #[test]
    fn one_address_cuts_only_its_own_and_the_oldest_first() {
        let lobby = Lobby::new(LobbyLimits { connections: 100, per_address: 2 });
        let other = enter(&lobby, "10.0.0.2");
        let places: Vec<_> = (0..4).map(|_| enter(&lobby, "10.0.0.1")).collect();
        assert_eq!(cut(&places), [true, true, false, false]);
        assert_eq!((other.cut.is_cancelled(), lobby.waiting()), (false, 3));
        drop((places, other));
        assert_eq!((lobby.waiting(), lobby.lock().by_address.len()), (0, 0));
    }

    #[test]
    fn a_full_lobby_cuts_where_most_come_from() {
        let lobby = Lobby::new(LobbyLimits { connections: 4, per_address: 4 });
        let lonely = enter(&lobby, "10.0.0.1");
        let many: Vec<_> = (0..3).map(|_| enter(&lobby, "10.0.0.2")).collect();
        let newest = enter(&lobby, "10.0.0.3");
        assert_eq!((cut(&many), cut(&[lonely, newest])), (vec![true, false, false], vec![false, false]));
        lobby.make_room(10);
        assert_eq!(lobby.waiting(), 0);
    }

    #[test]
    fn who_is_admitted_has_no_place_here_and_is_not_cut() {
        let lobby = Lobby::new(LobbyLimits { connections: 1, per_address: 1 });
        let first = enter(&lobby, "10.0.0.1");
        first.admit();
        let second = enter(&lobby, "10.0.0.1");
        assert!(!first.cut.is_cancelled());
        drop(first);
        assert_eq!((second.cut.is_cancelled(), lobby.waiting()), (false, 1));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let lobby = Lobby::new(LobbyLimits { connections: 100, per_address: 1 });
        let places = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "::ffff:10.0.0.1", "10.0.0.1"];
        let places = places.map(|address| enter(&lobby, address));
        assert_eq!(cut(&places), [true, false, false, true, false]);
    }
}
