//! The rate that loss allows (draft-ietf-rmcat-gcc-02 §6): above 10 % down, below 2 % up, between them as it is.
//!
//! A full queue loses what does not fit: with a queue that stands, loss means that the rate is above the capacity, and the way
//! to empty the queue is to go below what arrives.
//!
//! A radio loses packets whatever the rate. So without such a queue each decrease is an experiment: when the rate has fallen by
//! as much as was lost and the loss is still there, it was not ours. Then the decrease is undone, and that much loss is
//! expected from there on.

use std::time::{Duration, Instant};

const HIGH: f64 = 0.10;
const LOW: f64 = 0.02;
/// Growth in a second.
const GROWTH: f64 = 1.08;
/// A window is closed when it has both.
const WINDOW_PACKETS: i64 = 20;
const WINDOW: Duration = Duration::from_millis(250);
/// Weight of a new window.
const NEW: f64 = 0.4;
/// More loss than this is never taken for the path's nature.
const MAX_NATURAL: f64 = 0.25;
/// A queue that stands higher than this is in the way.
const STANDING: Duration = Duration::from_millis(80);
/// What is left of the arriving rate where a full queue loses packets.
const BETA: f64 = 0.85;
/// What is left after each half second without feedback, and how long the first may be.
const SILENCE: f64 = 0.7;
/// A limit this far above the rest limits nothing.
const FREE: f64 = 1.5;

/// The rate is lowered because of loss: does that help?
#[derive(Clone, Copy, Debug)]
struct Experiment {
    /// The rate and the loss before.
    bps: f64,
    loss: f64,
    /// When the rate was lowered last, and what was counted since that could show.
    lowered: Instant,
    arrived: i64,
    lost: i64,
}

impl Experiment {
    fn new(bps: f64, loss: f64, now: Instant) -> Self {
        Self {
            bps,
            loss,
            lowered: now,
            arrived: 0,
            lost: 0,
        }
    }

    /// At this rate congestion would be over.
    fn target_bps(&self) -> f64 {
        self.bps * (1.0 - self.loss)
    }

    /// The loss since the rate was lowered, once there is enough of it to tell.
    fn outcome(&self) -> Option<f64> {
        let total = self.arrived + self.lost;
        (total >= 3 * WINDOW_PACKETS).then(|| self.lost as f64 / total as f64)
    }
}

/// What the others know when conclusions are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathState {
    /// The rate in force, in bit/s.
    pub(super) estimate_bps: f64,
    /// What the others allow, in bit/s.
    pub(super) free_bps: f64,
    /// What arrives, in bit/s.
    pub(super) acknowledged_bps: Option<f64>,
    /// The round trip.
    pub(super) rtt: Duration,
    /// The queue that stands.
    pub(super) standing: Duration,
}

/// Counts losses and limits the rate.
#[derive(Debug)]
pub(super) struct LossControl {
    arrived: i64,
    lost: i64,
    since: Instant,
    /// Share of packets lost, smoothed over about a second.
    loss: Option<f64>,
    /// The share that is lost whatever the rate.
    natural: f64,
    limit_bps: Option<f64>,
    experiment: Option<Experiment>,
}

impl LossControl {
    /// Nothing lost yet, no limit.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            arrived: 0,
            lost: 0,
            since: now,
            loss: None,
            natural: 0.0,
            limit_bps: None,
            experiment: None,
        }
    }

    /// The limit in bit/s; `None`: loss limits nothing.
    pub(super) fn limit_bps(&self) -> Option<f64> {
        self.limit_bps
    }

    /// Share of packets lost lately.
    pub(super) fn loss(&self) -> f64 {
        self.loss.unwrap_or(0.0)
    }

    /// A probe showed that the path carries this much.
    pub(super) fn raise(&mut self, bps: f64) {
        if let Some(limit) = &mut self.limit_bps {
            *limit = limit.max(bps);
            self.experiment = None;
        }
    }

    /// One packet arrived, or was lost.
    pub(super) fn count(&mut self, arrived: bool, was_lost: bool) {
        self.arrived += i64::from(arrived);
        self.lost += i64::from(!arrived) - i64::from(was_lost);
    }

    /// Every so often without any feedback: nobody knows what arrives.
    pub(super) fn on_silence(&mut self, estimate_bps: f64) {
        self.lower(estimate_bps, SILENCE);
        self.experiment = None;
    }

    /// Whether there is enough to draw conclusions from: then [`Self::update`].
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.arrived + self.lost >= WINDOW_PACKETS && now.duration_since(self.since) >= WINDOW
    }

    /// Draws conclusions from what was counted.
    pub(super) fn update(&mut self, path: &PathState, now: Instant) {
        let PathState {
            estimate_bps, rtt, ..
        } = *path;
        let total = self.arrived + self.lost;
        let passed = now.duration_since(self.since);
        let sample = (self.lost as f64 / total as f64).clamp(0.0, 1.0);
        let loss = self
            .loss
            .map_or(sample, |loss| loss + NEW * (sample - loss));
        self.loss = Some(loss);
        self.observe(rtt, now);
        (self.arrived, self.lost, self.since) = (0, 0, now);
        self.natural = self.natural.min(self.natural + 0.1 * (loss - self.natural));
        if path.standing > STANDING && loss.min(sample) > LOW {
            self.experiment = None;
            self.natural = 0.0;
            let arriving = path.acknowledged_bps.unwrap_or(estimate_bps) * BETA;
            let kept = estimate_bps * (1.0 - loss);
            self.lower(if loss > HIGH { arriving } else { kept }, 1.0);
        } else if loss > self.natural + HIGH {
            self.experiment(loss, estimate_bps, now);
        } else if loss < self.natural + LOW {
            let step_s = passed.as_secs_f64().min(1.0);
            self.limit_bps = self
                .limit_bps
                .map(|limit| limit * GROWTH.powf(step_s) + 1_000.0 * step_s)
                .filter(|&limit| limit < FREE * path.free_bps);
        } else if self.experiment.is_none() {
            self.lower(estimate_bps, 1.0);
        }
    }

    fn lower(&mut self, estimate_bps: f64, factor: f64) {
        let limit = self.limit_bps.unwrap_or(estimate_bps).min(estimate_bps);
        self.limit_bps = Some(limit * factor);
    }

    /// Lowers the rate step by step, to where congestion would be over and no further.
    fn experiment(&mut self, loss: f64, estimate_bps: f64, now: Instant) {
        let begun = Experiment::new(estimate_bps, loss, now);
        let experiment = *self.experiment.get_or_insert(begun);
        if estimate_bps > experiment.target_bps() {
            self.lower(estimate_bps, 1.0 - loss / 2.0);
            self.experiment = Some(Experiment::new(experiment.bps, experiment.loss, now));
        }
    }

    /// Counts what shows the effect of the last step, and ends the experiment when there is enough of it.
    fn observe(&mut self, rtt: Duration, now: Instant) {
        let Some(experiment) = &mut self.experiment else {
            return;
        };
        if now.duration_since(experiment.lowered) < 2 * WINDOW + rtt {
            return;
        }
        experiment.arrived += self.arrived;
        experiment.lost += self.lost;
        let experiment = *experiment;
        let (Some(outcome), Some(limit)) = (experiment.outcome(), self.limit_bps) else {
            return;
        };
        if outcome < experiment.loss / 2.0 {
            self.experiment = None;
        } else if outcome < experiment.loss * 1.5 {
            self.experiment = None;
            self.natural = outcome.min(MAX_NATURAL);
            self.limit_bps = Some(limit.max(experiment.bps));
        } else {
            // It became worse meanwhile: another experiment, from here.
            self.experiment = Some(Experiment::new(limit.min(experiment.bps), outcome, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    /// Runs for some seconds at 100 packets a second; `loss` says the share that is lost at a rate.
    fn run(
        control: &mut LossControl,
        start: Instant,
        seconds: u64,
        loss: impl Fn(f64) -> f64,
    ) -> f64 {
        run_behind(Duration::ZERO, control, start, seconds, loss)
    }

    fn run_behind(
        standing: Duration,
        control: &mut LossControl,
        start: Instant,
        seconds: u64,
        loss: impl Fn(f64) -> f64,
    ) -> f64 {
        let free = 1e6;
        let mut owed = 0.0;
        for n in 0..seconds * 100 {
            let now = start + Duration::from_millis(10 * n);
            let estimate = control.limit_bps().unwrap_or(free).min(free);
            owed += loss(estimate);
            control.count(owed < 1.0, false);
            owed -= owed.floor();
            if control.is_due(now) {
                let path = PathState {
                    estimate_bps: estimate,
                    free_bps: free,
                    acknowledged_bps: Some(estimate * (1.0 - loss(estimate))),
                    rtt: RTT,
                    standing,
                };
                control.update(&path, now);
            }
        }
        control.limit_bps().unwrap_or(free).min(free)
    }

    #[test]
    fn loss_of_less_than_two_percent_limits_nothing() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        run(&mut control, start, 20, |_| 0.01);
        assert_eq!(control.limit_bps(), None);
    }

    #[test]
    fn loss_between_two_and_ten_percent_holds_the_rate() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        assert_eq!(run(&mut control, start, 20, |_| 0.06), 1e6);
        assert_eq!(control.limit_bps(), Some(1e6));
    }

    #[test]
    fn loss_from_too_high_a_rate_lowers_it() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        let policed = |rate: f64| (1.0 - 500e3 / rate).max(0.0);
        let rate = run(&mut control, start, 20, policed);
        assert!((480e3..580e3).contains(&rate), "{rate}");
    }

    #[test]
    fn loss_that_stays_whatever_the_rate_does_not_lower_it_for_long() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        assert!(run(&mut control, start, 20, |_| 0.15) > 950e3);
    }

    #[test]
    fn loss_behind_a_full_queue_goes_below_what_arrives() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        let full = |rate: f64| (1.0 - 500e3 / rate).max(0.0);
        let queue = Duration::from_millis(300);
        let rate = run_behind(queue, &mut control, start, 3, full);
        assert!(rate < 500e3, "{rate}");
    }

    #[test]
    fn the_limit_is_gone_some_time_after_the_loss() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        let policed = |rate: f64| (1.0 - 500e3 / rate).max(0.0);
        run(&mut control, start, 20, policed);
        assert_eq!(
            run(&mut control, start + Duration::from_secs(20), 20, |_| 0.0),
            1e6
        );
        assert_eq!(control.limit_bps(), None);
    }

    #[test]
    fn silence_lowers_the_rate_and_a_probe_raises_it_again() {
        let start = Instant::now();
        let mut control = LossControl::new(start);
        control.on_silence(1e6);
        control.on_silence(0.7e6);
        assert!((control.limit_bps().unwrap_or(0.0) - 490e3).abs() < 1.0);
        control.raise(900e3);
        assert_eq!(control.limit_bps(), Some(900e3));
    }
}
