//! The rate at which data arrives at the other end: samples over short windows, each believed the less the further it lies
//! from what is known (a Kalman filter of one number; draft-ietf-rmcat-gcc-02 §5.7 calls it R_hat).

/// The first sample, and each later one, is taken over this time, in µs.
const FIRST_WINDOW_US: i64 = 500_000;
const WINDOW_US: i64 = 150_000;
/// How much the rate may wander between two samples, as a variance.
const WANDER: f64 = 5.0;
/// The variance before anything is known.
const UNKNOWN: f64 = 50.0;
/// The variance while the rate changes on purpose.
const CHANGING: f64 = 200.0;
/// How fast trust in a sample falls with its distance from the estimate.
const DOUBT: f64 = 10.0;

/// Estimates the acknowledged bitrate.
#[derive(Debug)]
pub(super) struct Acknowledged {
    last_us: Option<i64>,
    window_us: i64,
    bytes: usize,
    estimate_bps: Option<f64>,
    variance: f64,
}

impl Default for Acknowledged {
    fn default() -> Self {
        Self {
            last_us: None,
            window_us: 0,
            bytes: 0,
            estimate_bps: None,
            variance: UNKNOWN,
        }
    }
}

impl Acknowledged {
    /// Bits per second; `None` before the first half second.
    pub(super) fn bps(&self) -> Option<f64> {
        self.estimate_bps
    }

    /// The rate is about to change by much: the next samples are believed.
    pub(super) fn expect_change(&mut self) {
        self.variance = CHANGING;
    }

    /// A packet arrived. Call in the order of arrival.
    pub(super) fn add(&mut self, arrived_us: i64, bytes: usize) {
        let length_us = match self.estimate_bps {
            None => FIRST_WINDOW_US,
            Some(_) => WINDOW_US,
        };
        let passed_us = arrived_us - self.last_us.unwrap_or(arrived_us);
        self.last_us = Some(arrived_us);
        if passed_us < 0 {
            // An older feedback packet, or the receiver's clock was set.
            self.window_us = 0;
            self.bytes = 0;
        } else if passed_us > length_us {
            // Nothing was sent for a while: that is not the path's rate.
            self.window_us = 0;
            self.bytes = 0;
        } else {
            self.window_us += passed_us;
        }
        if self.window_us >= length_us {
            self.sample(self.bytes as f64 * 8e6 / self.window_us as f64);
            self.window_us = 0;
            self.bytes = 0;
        }
        self.bytes += bytes;
    }

    fn sample(&mut self, sample_bps: f64) {
        let Some(estimate) = self.estimate_bps else {
            self.estimate_bps = Some(sample_bps);
            return;
        };
        let doubt = DOUBT * (estimate - sample_bps).abs() / estimate.max(1.0);
        let sample_variance = doubt * doubt;
        let predicted = self.variance + WANDER;
        let sum = sample_variance + predicted;
        self.estimate_bps = Some((sample_variance * estimate + predicted * sample_bps) / sum);
        self.variance = sample_variance * predicted / sum;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    #[test]
    fn a_steady_rate_is_found_and_a_new_one_followed() {
        let mut acknowledged = Acknowledged::default();
        for n in 0..49 {
            acknowledged.add(n * 10_000, 1_250);
        }
        assert_eq!(acknowledged.bps(), None);
        for n in 49..200 {
            acknowledged.add(n * 10_000, 1_250);
        }
        assert!((acknowledged.bps().unwrap() - 1e6).abs() < 1e4);
        for n in 200..300 {
            acknowledged.add(n * 10_000, 500);
        }
        assert!((acknowledged.bps().unwrap() - 4e5).abs() < 4e4);
    }

    #[test]
    fn a_pause_is_not_a_rate() {
        let mut acknowledged = Acknowledged::default();
        for n in 0..100 {
            acknowledged.add(n * 10_000, 1_250);
        }
        let before = acknowledged.bps();
        acknowledged.add(60_000_000, 1_250);
        assert_eq!(acknowledged.bps(), before);
    }
}
