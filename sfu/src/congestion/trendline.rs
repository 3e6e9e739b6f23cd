//! Whether the queue on the path grows: a line through the delays of the last groups, compared with a threshold that learns
//! (draft-ietf-rmcat-gcc-02 §5.3–5.5; the line instead of the Kalman filter: G. Carlucci et al., "Congestion Control for Web
//! Real-Time Communication", IEEE/ACM Transactions on Networking 25(5), 2017, and what browsers do since).

use super::grouping::Distance;

/// Groups the line is drawn through.
const WINDOW: usize = 20;
/// How much of the smoothed delay is the old one.
const SMOOTHING: f64 = 0.9;
/// Makes the slope comparable with a threshold in ms.
const GAIN: f64 = 4.0;
/// Groups after which the slope counts in full.
const FULL_WEIGHT: u64 = 60;
/// The threshold at the start, and its bounds, in ms.
const THRESHOLD_MS: f64 = 12.5;
const THRESHOLD_MIN_MS: f64 = 6.0;
const THRESHOLD_MAX_MS: f64 = 600.0;
/// How fast the threshold rises to a slope above it, and falls to one below it, per ms. Browsers fall at 0.039, and yield to
/// whoever fills the queue; the draft falls at 0.00018, and starves others. Between them is an even share.
const RISE: f64 = 0.0087;
const FALL: f64 = 0.003;
/// A slope that far above the threshold is an outlier: the threshold does not learn from it.
const OUTLIER_MS: f64 = 15.0;
/// The longest step the threshold learns in.
const MAX_STEP_MS: f64 = 100.0;
/// Over-use is believed when it lasted longer than this.
const OVERUSE_MS: f64 = 10.0;

/// How the path is used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Usage {
    /// Its queue shrinks.
    Under,
    /// Its queue stays.
    #[default]
    Normal,
    /// Its queue grows.
    Over,
}

/// Draws the line and judges it.
#[derive(Debug)]
pub(super) struct Trendline {
    /// Time of arrival and smoothed delay, in ms; a ring.
    points: [(f64, f64); WINDOW],
    groups: u64,
    first_us: Option<i64>,
    last_ms: f64,
    delay_ms: f64,
    smoothed_ms: f64,
    slope: f64,
    threshold_ms: f64,
    /// For how long the slope has been above the threshold, and in how many groups.
    over: Option<(f64, u32)>,
    usage: Usage,
}

impl Default for Trendline {
    fn default() -> Self {
        Self {
            points: [(0.0, 0.0); WINDOW],
            groups: 0,
            first_us: None,
            last_ms: 0.0,
            delay_ms: 0.0,
            smoothed_ms: 0.0,
            slope: 0.0,
            threshold_ms: THRESHOLD_MS,
            over: None,
            usage: Usage::Normal,
        }
    }
}

impl Trendline {
    /// How the path is used, as far as the groups so far tell.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Another group arrived.
    pub(super) fn add(&mut self, distance: &Distance) -> Usage {
        let first_us = *self.first_us.get_or_insert(distance.at_us);
        let at_ms = distance.at_us.saturating_sub(first_us) as f64 / 1e3;
        self.delay_ms += distance.arrived_ms - distance.sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        self.points[self.groups as usize % WINDOW] = (at_ms, self.smoothed_ms);
        self.groups += 1;
        let before = self.slope;
        if self.groups >= WINDOW as u64 {
            self.slope = slope(&self.points).unwrap_or(self.slope);
        }
        self.judge(before, distance.sent_ms, at_ms);
        self.usage
    }

    fn judge(&mut self, before: f64, sent_ms: f64, at_ms: f64) {
        let trend_ms = self.groups.min(FULL_WEIGHT) as f64 * self.slope * GAIN;
        if trend_ms > self.threshold_ms {
            let (lasted, groups) = match self.over {
                None => (sent_ms / 2.0, 1),
                Some((lasted, groups)) => (lasted + sent_ms, groups + 1),
            };
            self.over = Some((lasted, groups));
            if lasted > OVERUSE_MS && groups > 1 && self.slope >= before {
                self.over = Some((0.0, 0));
                self.usage = Usage::Over;
            }
        } else {
            self.over = None;
            self.usage = if trend_ms < -self.threshold_ms {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.learn(trend_ms.abs(), at_ms);
    }

    fn learn(&mut self, trend_ms: f64, at_ms: f64) {
        let step_ms = (at_ms - self.last_ms).clamp(0.0, MAX_STEP_MS);
        self.last_ms = at_ms;
        let beyond = trend_ms - self.threshold_ms;
        if beyond > OUTLIER_MS {
            return;
        }
        let speed = if beyond < 0.0 { FALL } else { RISE };
        self.threshold_ms = (self.threshold_ms + speed * beyond * step_ms)
            .clamp(THRESHOLD_MIN_MS, THRESHOLD_MAX_MS);
    }
}

/// The least-squares slope; `None` when all points share one time.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / n;
    let (mut top, mut bottom) = (0.0, 0.0);
    for (x, y) in points {
        top += (x - mean_x) * (y - mean_y);
        bottom += (x - mean_x) * (x - mean_x);
    }
    (bottom > 0.0).then(|| top / bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups 20 ms apart, each `growth_ms` later than the one before.
    fn run(trendline: &mut Trendline, from: i64, groups: i64, growth_ms: f64) -> Usage {
        let mut usage = trendline.usage();
        for n in from..from + groups {
            usage = trendline.add(&Distance {
                sent_ms: 20.0,
                arrived_ms: 20.0 + growth_ms,
                at_us: 20_000 * n,
            });
        }
        usage
    }

    #[test]
    fn a_growing_queue_is_over_use_and_a_shrinking_one_under_use() {
        let mut trendline = Trendline::default();
        assert_eq!(run(&mut trendline, 0, 60, 0.0), Usage::Normal);
        assert_eq!(run(&mut trendline, 60, 15, 4.0), Usage::Over);
        assert_eq!(run(&mut trendline, 75, 30, -4.0), Usage::Under);
        assert_eq!(run(&mut trendline, 105, 120, 0.0), Usage::Normal);
    }

    #[test]
    fn the_threshold_rises_where_delays_swing() {
        let mut trendline = Trendline::default();
        let mut last = 0.0;
        for n in 0..200i64 {
            let delay = (n as f64 / 8.0).sin() * 24.0;
            run(&mut trendline, n, 1, delay - last);
            last = delay;
        }
        let swung = trendline.threshold_ms;
        assert!((10.0..30.0).contains(&swung), "{swung}");
        run(&mut trendline, 200, 300, 0.0);
        assert_eq!(trendline.threshold_ms, THRESHOLD_MIN_MS);
    }

    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        assert_eq!(slope(&[(0.0, 1.0), (2.0, 2.0), (4.0, 3.0)]), Some(0.5));
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None);
    }
}
