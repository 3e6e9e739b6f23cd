//! The rate that the delay allows: up while the queue stays, down to below what arrives when it grows
//! (draft-ietf-rmcat-gcc-02 §5.5; multiplicative far from the known capacity, additive near it).

use std::time::{Duration, Instant};

use super::Limits;
use super::standing::StandingQueue;
use super::trendline::Usage;

/// What is left of the arriving rate after over-use (the draft's beta).
const BETA: f64 = 0.85;
/// Growth in a second, far from capacity (the draft's eta).
const GROWTH: f64 = 1.08;
/// The estimate may be so far above what arrives, and no further, unless a probe showed more.
const AHEAD: f64 = 1.5;
const AHEAD_BPS: f64 = 10_000.0;
/// Least additive growth, per second.
const MIN_GROWTH_BPS: f64 = 4_000.0;
/// Pictures a second, and the size of a packet, from which the additive step is reckoned.
const PICTURES: f64 = 30.0;
const PACKET_BITS: f64 = 1200.0 * 8.0;
/// Time the path needs to show the effect of a change, beside its round trip.
const RESPONSE: Duration = Duration::from_millis(100);
/// The longest time one step of growth stands for.
const MAX_STEP: Duration = Duration::from_secs(1);
/// For so long after a decrease the rate stays while a queue is in the way; for longer if it empties, but not for ever.
const WAITING: Duration = Duration::from_millis(1_500);
const EMPTYING: Duration = Duration::from_secs(4);
/// Least time between two decreases is the round trip, within these.
const MIN_BETWEEN: Duration = Duration::from_millis(10);
const MAX_BETWEEN: Duration = Duration::from_millis(200);

/// What is known of the path's capacity, from the rates that arrived when it was over-used.
#[derive(Clone, Copy, Debug)]
struct Capacity {
    bps: f64,
    /// Variance, divided by the rate, in kbit/s.
    variance: f64,
}

impl Capacity {
    const WEIGHT: f64 = 0.05;

    fn first(bps: f64) -> Self {
        Self { bps, variance: 0.4 }
    }

    fn learn(&mut self, bps: f64) {
        let error_kbps = (self.bps - bps) / 1e3;
        self.bps += Self::WEIGHT * (bps - self.bps);
        let normed = error_kbps * error_kbps / (self.bps / 1e3).max(1.0);
        self.variance =
            ((1.0 - Self::WEIGHT) * self.variance + Self::WEIGHT * normed).clamp(0.4, 2.5);
    }

    /// Three standard deviations.
    fn spread(&self) -> f64 {
        3e3 * (self.variance * self.bps / 1e3).sqrt()
    }
}

/// Additive increase near the known capacity, multiplicative increase far from it, multiplicative decrease.
#[derive(Debug)]
pub(super) struct RateControl {
    limits: Limits,
    bps: f64,
    capacity: Option<Capacity>,
    /// Since when the rate has been growing.
    growing_since: Option<Instant>,
    decreased: Option<Instant>,
}

impl RateControl {
    /// Begins with `bps`.
    pub(super) fn new(limits: Limits, bps: f64) -> Self {
        Self {
            limits,
            bps,
            capacity: None,
            growing_since: None,
            decreased: None,
        }
    }

    /// The rate that the delay allows, in bit/s.
    pub(super) fn bps(&self) -> f64 {
        self.bps
    }

    /// A probe, or the receiver, showed that the path carries this much.
    pub(super) fn raise(&mut self, bps: f64) {
        self.bps = self.bps.max(bps).min(self.limits.max());
    }

    /// Takes what the last feedback told.
    pub(super) fn update(
        &mut self,
        usage: Usage,
        acknowledged_bps: Option<f64>,
        rtt: Duration,
        queue: &StandingQueue,
        now: Instant,
    ) {
        match usage {
            Usage::Over => {
                self.growing_since = None;
                if self.may_decrease(acknowledged_bps, rtt, now) {
                    self.decrease(acknowledged_bps);
                    self.decreased = Some(now);
                }
            }
            Usage::Under => self.growing_since = None,
            Usage::Normal if self.waits_for(queue, now) => self.growing_since = None,
            Usage::Normal => {
                if let Some(since) = self.growing_since.replace(now) {
                    let step = now.duration_since(since).min(MAX_STEP);
                    self.increase(acknowledged_bps, rtt, step.as_secs_f64());
                }
            }
        }
        self.bps = self.bps.clamp(self.limits.min(), self.limits.max());
    }

    /// Whether the rate should stay, so that the queue which led to the last decrease empties. Somebody else's queue does not
    /// when this sender yields, and is not waited for.
    pub(super) fn waits_for(&self, queue: &StandingQueue, now: Instant) -> bool {
        let patience = if queue.is_emptying() {
            EMPTYING
        } else {
            WAITING
        };
        let decreased = self
            .decreased
            .is_some_and(|decreased| now < decreased + patience);
        queue.is_in_the_way() && decreased
    }

    fn may_decrease(&self, acknowledged_bps: Option<f64>, rtt: Duration, now: Instant) -> bool {
        let Some(decreased) = self.decreased else {
            return true;
        };
        let between = rtt.clamp(MIN_BETWEEN, MAX_BETWEEN);
        now.duration_since(decreased) >= between
            || acknowledged_bps.is_some_and(|bps| bps < self.bps / 2.0)
    }

    fn decrease(&mut self, acknowledged_bps: Option<f64>) {
        let Some(acknowledged) = acknowledged_bps else {
            self.bps /= 2.0;
            return;
        };
        let mut to = BETA * acknowledged;
        if to > self.bps {
            // More arrives than is thought possible: what was learnt counts.
            to = self.capacity.map_or(to, |capacity| BETA * capacity.bps);
        }
        self.bps = self.bps.min(to);
        match &mut self.capacity {
            Some(capacity) if acknowledged >= capacity.bps - capacity.spread() => {
                capacity.learn(acknowledged);
            }
            capacity => *capacity = Some(Capacity::first(acknowledged)),
        }
    }

    fn increase(&mut self, acknowledged_bps: Option<f64>, rtt: Duration, step_s: f64) {
        if let (Some(capacity), Some(acknowledged)) = (self.capacity, acknowledged_bps)
            && acknowledged > capacity.bps + capacity.spread()
        {
            self.capacity = None;
        }
        let grown = match self.capacity {
            Some(_) => self.bps + self.additive_bps(rtt) * step_s,
            None => (self.bps * GROWTH.powf(step_s)).max(self.bps + 1_000.0 * step_s),
        };
        let most = acknowledged_bps.map_or(f64::MAX, |bps| AHEAD * bps + AHEAD_BPS);
        self.bps = self.bps.max(grown.min(most));
    }

    /// One packet of average size per response time.
    fn additive_bps(&self, rtt: Duration) -> f64 {
        let picture_bits = self.bps / PICTURES;
        let packet_bits = picture_bits / (picture_bits / PACKET_BITS).ceil().max(1.0);
        let response_s = 2.0 * (rtt + RESPONSE).as_secs_f64();
        (packet_bits / response_s).max(MIN_GROWTH_BPS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn run(control: &mut RateControl, usage: Usage, acknowledged: f64, ms: std::ops::Range<u64>) {
        let epoch = epoch();
        let queue = StandingQueue::new(epoch);
        for at in ms.step_by(50) {
            let now = epoch + Duration::from_millis(at);
            control.update(usage, Some(acknowledged), RTT, &queue, now);
        }
    }

    fn epoch() -> Instant {
        thread_local!(static EPOCH: Instant = Instant::now());
        EPOCH.with(|epoch| *epoch)
    }

    #[test]
    fn growth_is_eight_percent_a_second_far_from_capacity() {
        let mut control = RateControl::new(Limits::default(), 600e3);
        run(&mut control, Usage::Normal, 600e3, 0..2_001);
        assert!((control.bps() / (600e3 * 1.08 * 1.08) - 1.0).abs() < 0.01);
    }

    #[test]
    fn over_use_goes_below_what_arrives_and_then_growth_is_slow() {
        let mut control = RateControl::new(Limits::default(), 1_200e3);
        run(&mut control, Usage::Over, 1_000e3, 0..50);
        assert_eq!(control.bps(), 850e3);
        run(&mut control, Usage::Under, 1_000e3, 50..500);
        assert_eq!(control.bps(), 850e3);
        run(&mut control, Usage::Normal, 850e3, 500..1_501);
        assert!((854e3..900e3).contains(&control.bps()), "{}", control.bps());
    }

    #[test]
    fn the_rate_does_not_run_away_from_what_is_sent_nor_sink_to_it() {
        let mut control = RateControl::new(Limits::default(), 600e3);
        run(&mut control, Usage::Normal, 500e3, 0..60_000);
        assert_eq!(control.bps(), 760e3);
        run(&mut control, Usage::Normal, 50e3, 60_000..120_000);
        assert_eq!(control.bps(), 760e3);
        control.raise(2e6);
        assert_eq!(control.bps(), 2e6);
    }

    #[test]
    fn growth_is_fast_again_when_more_arrives_than_was_thought_possible() {
        let mut control = RateControl::new(Limits::default(), 450e3);
        run(&mut control, Usage::Over, 400e3, 0..50);
        run(&mut control, Usage::Normal, 900e3, 100..1_101);
        assert!(control.bps() > 340e3 * 1.075);
    }
}
