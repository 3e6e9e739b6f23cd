//! How many messages one socket, or requests one ticket, may send: a token bucket that is told the time.

use std::time::Duration;

use tokio::time::Instant;

/// Messages a second, on average.
const PER_SECOND: f64 = 50.0;

/// Messages at once, after a silence.
const BURST: f64 = 200.0;

/// What one sender has left.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
    left: f64,
    at: Instant,
}

impl Rate {
    /// A socket's.
    pub(crate) fn new(now: Instant) -> Self {
        Self::of(PER_SECOND, BURST, now)
    }

    /// So many a second on average, and so many at once after a silence.
    pub(crate) fn of(per_second: f64, burst: f64, now: Instant) -> Self {
        Self {
            per_second,
            burst,
            left: burst,
            at: now,
        }
    }

    /// Takes one message's worth; `false` when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.at);
        self.left = (self.left + since.as_secs_f64() * self.per_second).min(self.burst);
        self.at = now;
        let allowed = self.left >= 1.0;
        if allowed {
            self.left -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hundred_at_once_then_fifty_a_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        let allowed = |rate: &mut Rate, now| (0..1_000).filter(|_| rate.take(now)).count();
        assert_eq!(allowed(&mut rate, start), 200);
        let later = start + Duration::from_secs(1);
        assert_eq!(allowed(&mut rate, later), 50);
        let much_later = start + Duration::from_secs(3_600);
        assert_eq!(allowed(&mut rate, much_later), 200);
    }
}
