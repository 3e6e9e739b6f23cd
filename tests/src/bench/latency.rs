//! How long packets were under way, from the publisher's send to the kernel's receipt for the subscriber: a sample of them is
//! opened, and says when it was sent.

/// Times of a sample, in µs.
#[derive(Default)]
pub struct Latency {
    samples: Vec<u32>,
}

impl Latency {
    /// A packet sent and received at these times, in ns of the same clock.
    pub fn add(&mut self, sent_ns: u64, received_ns: u64) {
        if received_ns > 0 {
            let us = received_ns.saturating_sub(sent_ns) / 1_000;
            self.samples.push(us.min(u64::from(u32::MAX)) as u32);
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.samples.clear();
    }

    /// Takes another's samples.
    pub fn append(&mut self, other: &Latency) {
        self.samples.extend(&other.samples);
    }

    /// The value that this share of the samples is below, in ms; `None` without samples.
    pub fn quantile_ms(&mut self, share: f64) -> Option<f64> {
        if self.samples.is_empty() {
            return None;
        }
        self.samples.sort_unstable();
        let at = (self.samples.len() - 1) as f64 * share;
        Some(f64::from(self.samples[at as usize]) / 1_000.0)
    }
}
