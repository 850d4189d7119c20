//! Meters: [`TokenBucket`] says whether something comes too soon, [`PerMinute`] whether it happens too often, [`Seldom`]
//! whether it is to be logged.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines that [`Seldom`] lets through before it counts: enough for an operator who tries something out.
const LINES_AT_ONCE: u32 = 20;

/// Lets `burst` things happen at once and `per_second` in the long run.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second.max(1)), burst, tokens: burst, filled_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// How long until there is one.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.burst);
        self.filled_at = now;
        if self.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

/// Counts what happens in one minute.
#[derive(Debug)]
pub(crate) struct PerMinute {
    limit: u32,
    count: u32,
    since: Instant,
}

impl PerMinute {
    pub(crate) fn new(limit: u32, now: Instant) -> Self {
        Self { limit, count: 0, since: now }
    }

    /// Counts one more and says whether that is too many.
    pub(crate) fn exceeds(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(60) {
            (self.count, self.since) = (0, now);
        }
        self.count = self.count.saturating_add(1);
        self.count > self.limit
    }
}

/// Lets a few lines of a log through at once and one a second in the long run, for what anybody can cause. Counts the rest.
#[derive(Debug)]
pub(crate) struct Seldom(Mutex<(TokenBucket, u64)>);

impl Default for Seldom {
    fn default() -> Self {
        Self(Mutex::new((TokenBucket::new(1, LINES_AT_ONCE, Instant::now()), 0)))
    }
}

impl Seldom {
    /// Whether a line is to be written, and then how many were left out before it.
    pub(crate) fn says(&self) -> Option<u64> {
        self.says_at(Instant::now())
    }

    fn says_at(&self, now: Instant) -> Option<u64> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (bucket, left_out) = &mut *guard;
        if bucket.take(now).is_err() {
            *left_out += 1;
            return None;
        }
        Some(std::mem::take(left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, PerMinute, Seldom, TokenBucket};

    #[test]
    fn a_bucket_allows_a_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, 3, start);
        assert_eq!([(); 3].map(|()| bucket.take(start)), [Ok(()); 3]);
        assert_eq!(bucket.take(start), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(start + Duration::from_millis(101)), Ok(()));
        assert!(bucket.take(start + Duration::from_millis(102)).is_err());
        let later = start + Duration::from_secs(60);
        assert_eq!([(); 3].map(|()| bucket.take(later)), [Ok(()); 3]);
        assert!(bucket.take(later).is_err(), "a pause fills it no further than its burst");
    }

    #[test]
    fn a_minute_forgets_the_one_before() {
        let start = Instant::now();
        let mut minute = PerMinute::new(2, start);
        assert_eq!([(); 3].map(|()| minute.exceeds(start)), [false, false, true]);
        assert!(!minute.exceeds(start + Duration::from_secs(60)));
    }

    #[test]
    fn lines_that_anybody_can_cause_are_few_and_the_rest_is_counted() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        let said = (0..1_000).filter(|_| seldom.says_at(start).is_some()).count();
        assert_eq!(said, 20);
        assert_eq!(seldom.says_at(start + Duration::from_secs(2)), Some(980));
        assert_eq!(seldom.says_at(start + Duration::from_secs(2)), Some(0));
    }
}
