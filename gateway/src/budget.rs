//! The [`Budget`] is how many bytes this process may hold of one kind, of media or of signaling, for all connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What all connections may hold together. Clones are one budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Total>);

#[derive(Debug)]
struct Total {
    limit: usize,
    held: AtomicUsize,
    sharers: AtomicUsize,
}

/// What is held for one connection. Clones are one account; with the last of them, all that it counts is given back.
#[derive(Clone, Debug)]
pub(crate) struct Account(Arc<Holder>);

#[derive(Debug)]
struct Holder {
    total: Arc<Total>,
    held: AtomicUsize,
    shares: AtomicUsize,
}

/// The budget is used up, and the connection holds more than an even share of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("as many bytes are held as may be ({limit}), and for this connection more than its share")]
pub(crate) struct OverBudget {
    pub(crate) limit: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Total { limit, held: AtomicUsize::new(0), sharers: AtomicUsize::new(0) }))
    }

    /// An account for another connection.
    pub(crate) fn account(&self) -> Account {
        let total = Arc::clone(&self.0);
        Account(Arc::new(Holder { total, held: AtomicUsize::new(0), shares: AtomicUsize::new(0) }))
    }

    /// Bytes that are held now.
    pub(crate) fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }
}

impl Account {
    /// Notes that the connection is one of those that share the budget evenly.
    pub(crate) fn share(&self) {
        if self.0.shares.fetch_max(1, Ordering::Relaxed) == 0 {
            self.0.total.sharers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts bytes. Who holds less than an even share is never refused: a call does not suffer for what others send.
    ///
    /// # Errors
    /// [`OverBudget`] where the budget is used up and this account has more than its share: nothing is counted then.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), OverBudget> {
        let Holder { total, held, .. } = &*self.0;
        let of_all = total.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let of_this = held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let share = total.limit / total.sharers.load(Ordering::Relaxed).max(1);
        if of_all > total.limit && of_this > share {
            self.give(bytes);
            return Err(OverBudget { limit: total.limit });
        }
        Ok(())
    }

    /// Gives back what was counted.
    pub(crate) fn give(&self, bytes: usize) {
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
        self.total.held.fetch_sub(self.held.load(Ordering::Relaxed), Ordering::Relaxed);
        self.total.sharers.fetch_sub(self.shares.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn an_account_gives_back_what_it_counts_when_it_ends() {
        let budget = Budget::new(1_000);
        let (first, second) = (budget.account(), budget.account());
        first.share();
        second.share();
        first.take(600).expect("room");
        second.take(300).expect("room");
        second.give(100);
        let clone = first.clone();
        drop(first);
        assert_eq!(budget.held(), 800, "a clone is the same account");
        drop(clone);
        assert_eq!(budget.held(), 200);
        second.take(800).expect("it shares with nobody any more");
        assert!(second.take(1).is_err());
        assert_eq!(budget.held(), 1_000, "what is refused is not counted");
    }
}
