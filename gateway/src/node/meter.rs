//! Meters: [`TokenBucket`] says whether something comes too soon, [`PerMinute`] whether it happens too often. Times are
//! milliseconds of any clock that never goes back.

/// Thousandths of a token: at one token a second, what a millisecond brings.
const PARTS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;

/// Lets `burst` things happen at once and `per_second` in the long run.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    per_second: u64,
    most: u64,
    parts: u64,
    filled_ms: u64,
}

impl TokenBucket {
    /// A full bucket. Both numbers count as 1 at least.
    pub fn new(per_second: u32, burst: u32, now_ms: u64) -> Self {
        let most = u64::from(burst.max(1)) * PARTS;
        Self { per_second: per_second.max(1).into(), most, parts: most, filled_ms: now_ms }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// In how many milliseconds there is one.
    pub fn take(&mut self, now_ms: u64) -> Result<(), u64> {
        let elapsed = now_ms.saturating_sub(self.filled_ms);
        self.parts = self.parts.saturating_add(elapsed.saturating_mul(self.per_second)).min(self.most);
        self.filled_ms = now_ms;
        if self.parts < PARTS {
            return Err((PARTS - self.parts).div_ceil(self.per_second));
        }
        self.parts -= PARTS;
        Ok(())
    }
}

/// Counts what happens in one minute.
#[derive(Clone, Debug)]
pub struct PerMinute {
    limit: u32,
    count: u32,
    since_ms: u64,
}

impl PerMinute {
    /// Nothing has happened yet.
    pub fn new(limit: u32, now_ms: u64) -> Self {
        Self { limit, count: 0, since_ms: now_ms }
    }

    /// Counts one more and says whether that is too many.
    pub fn exceeds(&mut self, now_ms: u64) -> bool {
        if now_ms.saturating_sub(self.since_ms) >= MINUTE_MS {
            (self.count, self.since_ms) = (0, now_ms);
        }
        self.count = self.count.saturating_add(1);
        self.count > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::{PerMinute, TokenBucket};

    #[test]
    fn a_bucket_allows_a_burst_and_then_its_rate() {
        let mut bucket = TokenBucket::new(10, 3, 1_000);
        assert_eq!([(); 3].map(|()| bucket.take(1_000)), [Ok(()); 3]);
        assert_eq!(bucket.take(1_000), Err(100));
        assert_eq!(bucket.take(1_100), Ok(()));
        assert_eq!(bucket.take(1_101), Err(99));
        assert_eq!([(); 3].map(|()| bucket.take(61_000)), [Ok(()); 3]);
        assert!(bucket.take(61_000).is_err(), "a pause fills it no further than its burst");
    }

    #[test]
    fn a_minute_forgets_the_one_before() {
        let mut minute = PerMinute::new(2, 5_000);
        assert_eq!([(); 3].map(|()| minute.exceeds(5_000)), [false, false, true]);
        assert!(!minute.exceeds(65_000));
    }
}
