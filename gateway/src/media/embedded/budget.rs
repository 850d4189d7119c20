//! The [`Budget`] is how many bytes of media this process may hold. Each message is counted from its first byte until nobody
//! holds it any more: neither its connection, nor a cache, nor a player's queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// What all publishers may hold together. Clones are one budget.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<Total>);

#[derive(Debug)]
struct Total {
    limit: usize,
    held: AtomicUsize,
    publishers: AtomicUsize,
}

/// What one connection has sent and somebody still holds. Clones are one account.
#[derive(Clone, Debug)]
pub(super) struct Account(Arc<Holder>);

#[derive(Debug)]
struct Holder {
    total: Arc<Total>,
    held: AtomicUsize,
    publishes: AtomicUsize,
}

/// The budget is used up, and the connection holds more than an even share of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the media server holds as many bytes as it may ({limit}), and this connection more than its share")]
pub(super) struct OverBudget {
    limit: usize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Total { limit, held: AtomicUsize::new(0), publishers: AtomicUsize::new(0) }))
    }

    /// An account for another connection.
    pub(super) fn account(&self) -> Account {
        let total = Arc::clone(&self.0);
        Account(Arc::new(Holder { total, held: AtomicUsize::new(0), publishes: AtomicUsize::new(0) }))
    }

    /// Bytes that are held now.
    pub(super) fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }
}

impl Account {
    /// Notes that the connection publishes: the budget is for one more to share.
    pub(super) fn share(&self) {
        if self.0.publishes.fetch_max(1, Ordering::Relaxed) == 0 {
            self.0.total.publishers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts bytes. Who holds less than an even share is never refused: a call does not suffer for what others send.
    fn take(&self, bytes: usize) -> Result<(), OverBudget> {
        let Holder { total, held, .. } = &*self.0;
        let of_all = total.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let of_this = held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let share = total.limit / total.publishers.load(Ordering::Relaxed).max(1);
        if of_all > total.limit && of_this > share {
            self.give(bytes);
            return Err(OverBudget { limit: total.limit });
        }
        Ok(())
    }

    fn give(&self, bytes: usize) {
        self.0.total.held.fetch_sub(bytes, Ordering::Relaxed);
        self.0.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Default for Account {
    /// An account without a limit.
    fn default() -> Self {
        Budget::new(usize::MAX).account()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.total.publishers.fetch_sub(self.publishes.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// A message, or its beginning, that is counted in an account while anybody holds it.
#[derive(Debug)]
pub(super) struct Held {
    data: Vec<u8>,
    counted: usize,
    account: Account,
}

impl Held {
    pub(super) fn new(account: &Account) -> Self {
        Self { data: Vec::new(), counted: 0, account: account.clone() }
    }

    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// Adds the next bytes of a message that will have `whole` bytes.
    pub(super) fn extend(&mut self, bytes: &[u8], whole: usize) -> Result<(), OverBudget> {
        let needed = self.data.len() + bytes.len();
        if needed > self.counted {
            let room = needed.max(2 * self.counted).max(RESERVED_BYTES).min(whole.max(needed));
            self.account.take(room - self.counted)?;
            self.counted = room;
            self.data.reserve_exact(room - self.data.len());
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.account.give(self.counted);
    }
}

/// A message's length is only a claim: memory is reserved up to here, the rest when bytes come.
const RESERVED_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Account, Budget, Held, OverBudget};

    fn hold(account: &Account, bytes: usize) -> Result<Bytes, OverBudget> {
        let mut held = Held::new(account);
        held.extend(&vec![0; bytes], bytes)?;
        Ok(held.freeze())
    }

    #[test]
    fn what_is_held_is_counted_until_its_last_holder_drops_it() {
        let budget = Budget::new(1_000);
        let account = budget.account();
        let (first, second) = (hold(&account, 300).expect("room"), hold(&account, 200).expect("room"));
        let part = first.slice(10..20);
        assert_eq!(budget.held(), 500);
        drop(first);
        assert_eq!(budget.held(), 500, "a part keeps the whole");
        drop((part, second));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn who_holds_more_than_a_share_is_refused_and_the_others_are_not() {
        let budget = Budget::new(1_000);
        let (greedy, modest) = (budget.account(), budget.account());
        greedy.share();
        modest.share();
        let all = hold(&greedy, 1_000).expect("nobody else wants it");
        assert_eq!(hold(&greedy, 1), Err(OverBudget { limit: 1_000 }));
        let modest_part = hold(&modest, 500).expect("its share");
        assert_eq!(hold(&modest, 1), Err(OverBudget { limit: 1_000 }));
        drop((all, greedy));
        let rest = hold(&modest, 500).expect("there is room again");
        drop((modest_part, rest));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn a_message_takes_what_came_of_it_not_what_it_claims() {
        let budget = Budget::new(usize::MAX);
        let mut held = Held::new(&budget.account());
        held.extend(&[0; 100], 4 << 20).expect("room");
        assert_eq!(budget.held(), 16 << 10);
        for _ in 0..3 {
            held.extend(&[0; 10_000], 4 << 20).expect("room");
        }
        assert_eq!(budget.held(), 32 << 10);
        held.extend(&vec![0; (4 << 20) - 30_100], 4 << 20).expect("room");
        assert_eq!((budget.held(), held.data.capacity()), (4 << 20, 4 << 20));
    }
}
