//! [`Seldom`] says whether something that anybody can cause is to be logged.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::node::TokenBucket;

/// Lines that [`Seldom`] lets through before it counts: enough for an operator who tries something out.
const LINES_AT_ONCE: u32 = 20;

/// Lets a few lines of a log through at once and one a second in the long run, for what anybody can cause. Counts the rest.
#[derive(Debug)]
pub(crate) struct Seldom {
    since: Instant,
    inside: Mutex<(TokenBucket, u64)>,
}

impl Default for Seldom {
    fn default() -> Self {
        Self { since: Instant::now(), inside: Mutex::new((TokenBucket::new(1, LINES_AT_ONCE, 0), 0)) }
    }
}

impl Seldom {
    /// Whether a line is to be written, and then how many were left out before it.
    pub(crate) fn says(&self) -> Option<u64> {
        self.says_at(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn says_at(&self, now_ms: u64) -> Option<u64> {
        let mut guard = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, left_out) = &mut *guard;
        if bucket.take(now_ms).is_err() {
            *left_out += 1;
            return None;
        }
        Some(std::mem::take(left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::Seldom;

    #[test]
    fn lines_that_anybody_can_cause_are_few_and_the_rest_is_counted() {
        let seldom = Seldom::default();
        let said = (0..1_000).filter(|_| seldom.says_at(0).is_some()).count();
        assert_eq!(said, 20);
        assert_eq!(seldom.says_at(2_000), Some(980));
        assert_eq!(seldom.says_at(2_000), Some(0));
    }
}
