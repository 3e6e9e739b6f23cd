//! What one subscriber's path carries: the least of what delay, loss and the receiver's own word allow
//! (Google Congestion Control: draft-ietf-rmcat-gcc-02).

use std::time::{Duration, Instant};

use super::Limits;
use super::acknowledged::Acknowledged;
use super::grouping::Grouping;
use super::loss::{LossControl, PathState};
use super::rate_control::RateControl;
use super::sent::PacketResult;
use super::standing::StandingQueue;
use super::trendline::{Trendline, Usage};

/// The round trip before one was measured.
const ASSUMED_RTT: Duration = Duration::from_millis(100);
const MAX_RTT: Duration = Duration::from_secs(2);
/// Packets that are unanswered for this long beyond the round trip are silence; every so often again.
const SILENCE: Duration = Duration::from_millis(500);
/// From here on a path is taken for too narrow.
const PRESSING_LOSS: f64 = 0.05;
const PRESSING_QUEUE: Duration = Duration::from_millis(200);
/// Of what arrives, so much is certainly carried.
const CARRIED: f64 = 0.9;
/// The least that every packet waits when there is a queue.
const A_QUEUE: Duration = Duration::from_millis(8);
/// For so long beyond the round trip, what a probe showed counts as arriving.
const SHOWN: Duration = Duration::from_millis(500);
/// What counts of a probe when there is a queue to empty.
const BESIDE_A_QUEUE: f64 = 0.9;
/// A receiver that says REMB says it every second or so; its word is forgotten after this.
const REMB_LIFETIME: Duration = Duration::from_secs(10);

/// The send-side estimate.
#[derive(Debug)]
pub struct Estimator {
    limits: Limits,
    grouping: Grouping,
    trendline: Trendline,
    acknowledged: Acknowledged,
    standing: StandingQueue,
    rate: RateControl,
    loss: LossControl,
    remb: Option<(f64, Instant)>,
    /// What the last probe showed, and when.
    shown: Option<(f64, Instant)>,
    rtt: Option<Duration>,
    /// The first packet since the last feedback, or the last time its silence was punished.
    unanswered: Option<Instant>,
    /// Whether there ever was transport-wide feedback.
    heard: bool,
}

impl Estimator {
    /// Nothing is known but where to begin.
    pub fn new(limits: Limits, now: Instant) -> Self {
        Self::starting_at(limits, limits.start(), now)
    }

    fn starting_at(limits: Limits, bps: f64, now: Instant) -> Self {
        Self {
            limits,
            grouping: Grouping::default(),
            trendline: Trendline::default(),
            acknowledged: Acknowledged::default(),
            standing: StandingQueue::new(now),
            rate: RateControl::new(limits, bps),
            loss: LossControl::new(now),
            remb: None,
            shown: None,
            rtt: None,
            unanswered: None,
            heard: false,
        }
    }

    /// Another path: what was learnt of the old one is forgotten, except that more than the start is not assumed.
    pub fn reset(&mut self, now: Instant) {
        let bps = self.bps(now).min(self.limits.start());
        *self = Self::starting_at(self.limits, bps, now);
    }

    /// The estimate in bit/s, within the limits.
    pub fn bps(&self, now: Instant) -> f64 {
        let remb = self.remb.filter(|(_, at)| now < *at + REMB_LIFETIME);
        let remb = remb.map_or(f64::MAX, |(bps, _)| bps);
        let loss = self.loss.limit_bps().unwrap_or(f64::MAX);
        let least = self.rate.bps().min(loss).min(remb);
        least.clamp(self.limits.min(), self.limits.max())
    }

    /// How the path is used.
    pub fn usage(&self) -> Usage {
        self.trendline.usage()
    }

    /// Whether the queue neither grows, nor shrinks, nor should: the time for a probe. Never before there was feedback: without
    /// it a probe tells nothing.
    pub fn is_calm(&self, now: Instant) -> bool {
        self.heard && self.usage() == Usage::Normal && !self.rate.waits_for(&self.standing, now)
    }

    /// Whether the path shows that it is too narrow: packets are lost, all of them wait, or the receiver says so.
    pub fn is_pressed(&self, now: Instant) -> bool {
        let told = self.remb.is_some_and(|(_, at)| now < at + REMB_LIFETIME);
        told || self.loss() > PRESSING_LOSS || self.queue() > PRESSING_QUEUE
    }

    /// The smoothed round trip, the receiver's wait before feedback included.
    pub fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(ASSUMED_RTT)
    }

    /// Share of packets lost lately, 0–1.
    pub fn loss(&self) -> f64 {
        self.loss.loss()
    }

    /// How long even the luckiest packets waited lately.
    pub fn queue(&self) -> Duration {
        self.standing.last()
    }

    /// The rate that arrives, in bit/s; `None` before the first half second.
    pub fn acknowledged_bps(&self) -> Option<f64> {
        self.acknowledged.bps()
    }

    /// A packet was sent.
    pub fn on_sent(&mut self, now: Instant) {
        if self.unanswered.is_none() {
            self.unanswered = Some(now);
        }
    }

    /// Feedback came. Takes its results in any order, and sorts those that arrived by when they did.
    pub fn on_results(&mut self, results: &mut [PacketResult], now: Instant) {
        if results.is_empty() {
            return;
        }
        self.heard = true;
        self.unanswered = None;
        results.sort_unstable_by_key(|result| (result.arrived_us, result.index));
        let mut newest: Option<Instant> = None;
        let mut luckiest = Duration::MAX;
        for result in results.iter() {
            self.loss
                .count(result.arrived_us.is_some(), result.was_lost);
            let Some(arrived_us) = result.arrived_us else {
                continue;
            };
            newest = newest.max(Some(result.sent));
            self.acknowledged.add(arrived_us, result.bytes);
            let waited = self.standing.add(result.sent, arrived_us);
            luckiest = luckiest.min(waited);
            if let Some(distance) = self.grouping.add(result.sent, arrived_us) {
                self.trendline.add(&distance);
            }
        }
        if let Some(sent) = newest {
            let sample = now.duration_since(sent).min(MAX_RTT);
            self.rtt = Some(self.rtt.map_or(sample, |rtt| (rtt * 7 + sample) / 8));
        }
        let rtt = self.rtt();
        // Delays that grow while some packet still does not wait are a busy receiver's, not a queue's.
        let usage = match self.trendline.usage() {
            Usage::Over if luckiest < A_QUEUE => Usage::Normal,
            usage => usage,
        };
        // A probe knows of a new rate before enough of it has arrived.
        let shown = self.shown.filter(|(_, at)| now < *at + SHOWN + rtt);
        let shown = shown.map(|(bps, _)| bps);
        let acknowledged = self
            .acknowledged
            .bps()
            .map(|bps| bps.max(shown.unwrap_or(0.0)));
        self.rate
            .update(usage, acknowledged, rtt, &self.standing, now);
        // What arrives without waiting and without loss is carried, whatever was thought of the path.
        if luckiest < A_QUEUE
            && self.loss() < PRESSING_LOSS
            && let Some(arrives) = self.acknowledged.bps()
            && CARRIED * arrives > self.bps(now)
        {
            self.rate.raise(CARRIED * arrives);
            self.loss.raise(CARRIED * arrives);
        }
        if self.loss.is_due(now) {
            let path = PathState {
                estimate_bps: self.bps(now),
                free_bps: self.rate.bps(),
                acknowledged_bps: acknowledged,
                rtt,
                standing: self.standing.take(),
            };
            self.loss.update(&path, now);
        }
    }

    /// A probe showed that the path carries this much.
    pub fn on_probe(&mut self, bps: f64, now: Instant) {
        let queue = self.standing.is_in_the_way();
        let bps = if queue { BESIDE_A_QUEUE * bps } else { bps };
        self.shown = Some((bps, now));
        self.acknowledged.expect_change();
        self.rate.raise(bps);
        self.loss.raise(bps);
    }

    /// The receiver's own estimate: a cap, and all there is where it sends no transport-wide feedback.
    pub fn on_remb(&mut self, bps: f64, now: Instant) {
        self.remb = Some((bps, now));
        if !self.heard {
            self.rate.raise(bps);
        }
    }

    /// Notices silence. Gives `true` when it lowered the estimate.
    pub fn tick(&mut self, now: Instant) -> bool {
        let silent = self
            .unanswered
            .is_some_and(|since| now >= since + SILENCE + self.rtt());
        if !silent || !self.heard {
            return false;
        }
        self.loss.on_silence(self.bps(now));
        // From here on every half second.
        self.unanswered = now.checked_sub(self.rtt());
        true
    }
}
