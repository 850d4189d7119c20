//! A [`Held`] is a message, or its beginning, that is counted from its first byte until nobody holds it any more: neither its
//! connection, nor a cache, nor a player's queue.

use bytes::Bytes;

use crate::budget::{Account, OverBudget};

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

    use super::{Account, Held, OverBudget};
    use crate::budget::Budget;

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
