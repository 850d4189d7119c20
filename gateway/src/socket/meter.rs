//! Meters: [`TokenBucket`] says whether a frame comes too soon, [`PerMinute`] whether something happens too often.

use std::time::{Duration, Instant};

/// Lets `burst` things happen at once and `per_second` in the long run.
#[derive(Debug)]
pub(super) struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
}

impl TokenBucket {
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second.max(1)), burst, tokens: burst, filled_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// How long until there is one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
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
pub(super) struct PerMinute {
    limit: u32,
    count: u32,
    since: Instant,
}

impl PerMinute {
    pub(super) fn new(limit: u32, now: Instant) -> Self {
        Self { limit, count: 0, since: now }
    }

    /// Counts one more and says whether that is too many.
    pub(super) fn exceeds(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(60) {
            (self.count, self.since) = (0, now);
        }
        self.count = self.count.saturating_add(1);
        self.count > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, PerMinute, TokenBucket};

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
}
