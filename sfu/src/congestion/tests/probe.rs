//! Facts about when the path is probed, and what is learnt from it.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
use super::*;
use crate::congestion::sent::Purpose;

/// A prober, and a path that carries so much.
struct Trial {
    prober: Prober,
    now: Instant,
    index: u64,
    estimate: f64,
    carries: f64,
    lose_every: u64,
}

impl Trial {
    fn new(carries: f64) -> Self {
        let now = Instant::now();
        let mut prober = Prober::new(Limits::default(), 600e3, now);
        assert_eq!(prober.next_padding(now), None, "nothing was sent yet");
        assert_eq!(prober.on_sent(0, 100, now), None);
        Self {
            prober,
            now,
            index: 1,
            estimate: 600e3,
            carries,
            lose_every: u64::MAX,
        }
    }

    fn want(&mut self, next: u64, all: u64) {
        self.prober.want(Wanted {
            next_bps: Some(next),
            all_bps: all,
        });
    }

    fn wait(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.prober.plan(self.estimate, true, self.now);
    }

    /// Fills the next cluster and has it answered: what it cost in bytes, and what it showed.
    fn cluster(&mut self) -> Option<(usize, Option<f64>)> {
        self.prober.plan(self.estimate, true, self.now);
        let mut results = Vec::new();
        let mut bytes = 0;
        let mut free_at = self.now;
        let epoch = self.now;
        while self.prober.is_sending() {
            while let Some(request) = self.prober.next_padding(self.now) {
                let cluster = self.prober.on_sent(self.index, request.bytes, self.now);
                assert_eq!(cluster, Some(request.cluster));
                bytes += request.bytes;
                let took = request.bytes as f64 * 8.0 / self.carries;
                free_at = free_at.max(self.now) + Duration::from_secs_f64(took);
                let arrived = free_at.duration_since(epoch).as_micros() as i64;
                results.push(PacketResult {
                    index: self.index,
                    sent: self.now,
                    bytes: request.bytes,
                    purpose: Purpose::Padding,
                    cluster,
                    arrived_us: (!self.index.is_multiple_of(self.lose_every)).then_some(arrived),
                    was_lost: false,
                });
                self.index += 1;
            }
            self.now += Duration::from_millis(5);
        }
        if results.is_empty() {
            return None;
        }
        self.now += Duration::from_millis(100);
        let found = self.prober.on_results(&results, self.now);
        if let Some(found) = found {
            self.estimate = self.estimate.max(found);
        }
        Some((bytes, found))
    }

    /// What the following clusters showed, until none is planned any more.
    fn clusters(&mut self) -> Vec<f64> {
        std::iter::from_fn(|| self.cluster())
            .map(|(_, found)| found.unwrap_or(0.0))
            .collect()
    }
}

fn near(value: f64, expected: f64) -> bool {
    (value / expected - 1.0).abs() < 0.15
}

#[test]
fn the_start_is_probed_at_three_and_six_times_the_estimate() {
    let mut trial = Trial::new(50e6);
    let found = trial.clusters();
    assert_eq!(found.len(), 2);
    assert!(near(found[0], 1.8e6) && near(found[1], 3.6e6), "{found:?}");
}

#[test]
fn a_probe_beyond_the_capacity_shows_the_capacity_and_is_the_last() {
    let mut trial = Trial::new(900e3);
    let found = trial.clusters();
    assert_eq!(found.len(), 1);
    assert!(near(found[0], 900e3), "{found:?}");
}

#[test]
fn a_cluster_has_at_least_five_packets_and_no_more_bytes_than_its_rate_in_30_ms() {
    let mut trial = Trial::new(50e6);
    let (bytes, _) = trial.cluster().unwrap();
    assert!(trial.index > 5);
    assert!((6_750..8_000).contains(&bytes), "{bytes}");
}

#[test]
fn nothing_is_probed_while_nobody_wants_more() {
    let mut trial = Trial::new(50e6);
    trial.clusters();
    for _ in 0..100 {
        trial.wait(1_000);
        assert_eq!(trial.cluster(), None);
    }
}

#[test]
fn more_is_looked_for_every_few_seconds_while_it_is_wanted_and_only_as_much() {
    let mut trial = Trial::new(50e6);
    trial.clusters();
    trial.want(5_000_000, 9_000_000);
    trial.wait(2_500);
    assert_eq!(trial.cluster(), None);
    trial.wait(500);
    let found = trial.clusters();
    assert!(near(found[0], 7.2e6), "twice the estimate: {found:?}");
    assert!(
        near(*found.last().unwrap(), 9.9e6),
        "a tenth more than all: {found:?}"
    );
    assert!(found.len() <= 3);
}

#[test]
fn a_probe_in_vain_is_repeated_after_five_seconds() {
    let mut trial = Trial::new(900e3);
    trial.want(2_000_000, 3_000_000);
    trial.clusters();
    trial.wait(4_800);
    assert_eq!(trial.cluster(), None);
    trial.wait(200);
    assert!(trial.cluster().is_some());
}

#[test]
fn a_queue_that_grows_is_not_probed() {
    let mut trial = Trial::new(50e6);
    trial.clusters();
    trial.want(5_000_000, 9_000_000);
    trial.now += Duration::from_secs(10);
    trial.prober.plan(trial.estimate, false, trial.now);
    assert!(!trial.prober.is_sending());
}

#[test]
fn after_a_large_drop_the_path_is_probed_soon_towards_what_was_before() {
    let mut trial = Trial::new(50e6);
    trial.clusters();
    trial.want(3_600_000, 3_600_000);
    trial.estimate = 3.5e6;
    trial.wait(3_000);
    trial.clusters();
    trial.estimate = 1.4e6;
    trial.prober.plan(trial.estimate, false, trial.now);
    trial.wait(1_400);
    assert!(!trial.prober.is_sending());
    trial.wait(100);
    let (_, found) = trial.cluster().unwrap();
    // The next layer needs 3.6 Mbit/s: nothing less helps.
    assert!(near(found.unwrap(), 3.96e6), "{found:?}");
}

#[test]
fn a_probe_that_loses_a_tenth_counts_and_one_that_loses_a_third_does_not() {
    let mut trial = Trial::new(50e6);
    trial.lose_every = 10;
    assert!(trial.cluster().unwrap().1.is_some());
    let mut trial = Trial::new(50e6);
    trial.lose_every = 3;
    assert_eq!(trial.cluster().unwrap().1, None);
    // It is repeated soon, but only once.
    trial.want(2_000_000, 2_000_000);
    trial.wait(1_000);
    assert_eq!(trial.cluster().unwrap().1, None);
    trial.wait(1_000);
    assert_eq!(trial.cluster(), None);
    trial.wait(4_000);
    assert!(trial.cluster().is_some());
}

#[test]
fn a_cluster_that_is_not_sent_or_not_answered_is_given_up() {
    let mut trial = Trial::new(50e6);
    assert!(trial.prober.next_padding(trial.now).is_some());
    trial.wait(300);
    assert!(!trial.prober.is_sending(), "nobody sent it");
    let mut trial = Trial::new(50e6);
    while let Some(request) = trial.prober.next_padding(trial.now) {
        trial.prober.on_sent(trial.index, request.bytes, trial.now);
        trial.index += 1;
        trial.now += Duration::from_millis(5);
    }
    trial.want(2_000_000, 2_000_000);
    trial.wait(1_000);
    trial.wait(5_000);
    assert!(trial.prober.is_sending(), "another one, later");
}

#[test]
fn another_path_is_probed_from_the_start() {
    let mut trial = Trial::new(50e6);
    trial.clusters();
    trial.prober.reset(600e3, trial.now);
    trial.estimate = 600e3;
    assert_eq!(
        trial.prober.next_padding(trial.now),
        None,
        "nothing was sent there yet"
    );
    trial.prober.on_sent(trial.index, 100, trial.now);
    trial.index += 1;
    assert_eq!(trial.clusters().len(), 2);
}
