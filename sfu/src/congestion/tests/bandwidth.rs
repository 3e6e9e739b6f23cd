//! Facts about the whole, without a network.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
use super::*;
use crate::congestion::FeedbackCollector;

/// A subscriber on a path that delays by 30 ms and loses nothing.
struct Subscriber {
    bandwidth: Bandwidth,
    collector: FeedbackCollector,
    feedback: Vec<u8>,
    now: Instant,
}

impl Subscriber {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            bandwidth: Bandwidth::new(Limits::default(), now),
            collector: FeedbackCollector::new(now),
            feedback: Vec::with_capacity(2_000),
            now,
        }
    }

    /// One packet, 5 ms after the last one; feedback when it is due.
    fn step(&mut self) {
        self.now += Duration::from_millis(5);
        let sequence = self.bandwidth.next_sequence();
        self.bandwidth.admit(1_000, Class::Video, self.now);
        self.bandwidth.on_sent(1_000, Purpose::Media, self.now);
        self.collector
            .received(sequence, self.now + Duration::from_millis(30));
        self.feedback.clear();
        if self.collector.poll(self.now, 1, 2, &mut self.feedback) {
            let feedback = Feedback::parse(&self.feedback[4..]).unwrap();
            self.bandwidth.on_feedback(&feedback, self.now);
        }
        self.bandwidth.tick(self.now);
        while let Some(request) = self.bandwidth.padding(self.now) {
            let sequence = self.bandwidth.next_sequence();
            self.bandwidth
                .on_sent(request.bytes, Purpose::Padding, self.now);
            self.collector
                .received(sequence, self.now + Duration::from_millis(30));
        }
    }
}

#[test]
fn nothing_is_allocated_in_steady_state() {
    let mut subscriber = Subscriber::new();
    for _ in 0..2_000 {
        subscriber.step();
    }
    let counted = allocation_counter::measure(|| {
        for _ in 0..2_000 {
            subscriber.step();
        }
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn it_is_small() {
    let counted = allocation_counter::measure(|| {
        let bandwidth = Bandwidth::new(Limits::default(), Instant::now());
        assert!(size_of_val(&bandwidth) < 2_000);
    });
    assert!(counted.bytes_total <= 33_000, "{}", counted.bytes_total);
}

#[test]
fn a_number_that_was_not_sent_is_given_out_again() {
    let mut bandwidth = Bandwidth::new(Limits::default(), Instant::now());
    assert_eq!(bandwidth.next_sequence(), bandwidth.next_sequence());
    bandwidth.on_sent(100, Purpose::Media, Instant::now());
    assert_eq!(bandwidth.next_sequence(), 1);
}

#[test]
fn feedback_of_the_old_path_says_nothing_of_the_new_one() {
    let mut subscriber = Subscriber::new();
    for _ in 0..400 {
        subscriber.step();
    }
    assert!(subscriber.bandwidth.path().acknowledged_bps.is_some());
    let mut out = Vec::new();
    subscriber.now += Duration::from_millis(60);
    assert!(subscriber.collector.poll(subscriber.now, 1, 2, &mut out));
    subscriber.bandwidth.reset(subscriber.now);
    let feedback = Feedback::parse(&out[4..]).unwrap();
    subscriber.bandwidth.on_feedback(&feedback, subscriber.now);
    assert_eq!(subscriber.bandwidth.path().acknowledged_bps, None);
    assert_eq!(
        subscriber.bandwidth.path().rtt,
        Duration::from_millis(100),
        "the assumed one"
    );
}

#[test]
fn a_picture_that_had_to_be_dropped_lowers_the_budget_for_a_second() {
    let now = Instant::now();
    let mut bandwidth = Bandwidth::new(Limits::default(), now);
    assert_eq!(bandwidth.budget_bps(now), 600_000);
    while bandwidth.admit(1_200, Class::Video, now) != Admission::Drop {}
    assert_eq!(bandwidth.budget_bps(now), 480_000);
    assert_eq!(bandwidth.estimate_bps(now), 600_000);
    assert_eq!(bandwidth.budget_bps(now + Duration::from_secs(1)), 600_000);
}

#[test]
fn a_receiver_without_transport_wide_feedback_is_believed() {
    let now = Instant::now();
    let mut bandwidth = Bandwidth::new(Limits::default(), now);
    bandwidth.on_sent(1_000, Purpose::Media, now);
    bandwidth.shared(&Shares {
        used_bps: 600_000,
        next_bps: Some(5_000_000),
        all_bps: 5_000_000,
    });
    bandwidth.on_remb(2_000_000, now);
    while let Some(request) = bandwidth.padding(now) {
        bandwidth.on_sent(request.bytes, Purpose::Padding, now);
    }
    assert_eq!(bandwidth.estimate_bps(now), 2_000_000);
    let later = now + Duration::from_secs(5);
    bandwidth.tick(later);
    assert_eq!(bandwidth.padding(later), None, "a probe would tell nothing");
    bandwidth.on_remb(900_000, later);
    assert_eq!(bandwidth.estimate_bps(later), 900_000);
}
