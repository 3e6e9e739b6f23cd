//! How many messages one socket may send: a token bucket that is told the time.

use std::time::Duration;

use tokio::time::Instant;

/// Messages a second, on average.
const PER_SECOND: f64 = 50.0;

/// Messages at once, after a silence.
const BURST: f64 = 200.0;

/// What one socket has left.
pub(crate) struct Rate {
    left: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            at: now,
        }
    }

    /// Takes one message's worth; `false` when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.at);
        self.left = (self.left + since.as_secs_f64() * PER_SECOND).min(BURST);
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
