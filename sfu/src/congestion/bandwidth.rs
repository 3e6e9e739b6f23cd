//! One subscriber's bandwidth: what was sent, what came of it, what to send next. Composes the parts of this folder.

use std::time::{Duration, Instant};

use super::Feedback;
use super::allocate::Shares;
use super::estimator::Estimator;
use super::pacer::{Admission, Class, Pacer};
use super::probe::{PaddingRequest, Prober, Wanted};
use super::sent::{History, PacketResult, Purpose};

/// How long a layer less is sent after a picture had to be dropped, and how much less that is.
const RELIEF: Duration = Duration::from_secs(1);
const RELIEVED: f64 = 0.8;
/// How often to ask for padding while a probe is being sent, and to tick otherwise.
const PROBING: Duration = Duration::from_millis(5);
const IDLE: Duration = Duration::from_millis(100);

/// Where the estimate begins, and what it never leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// In bit/s, before anything is known.
    pub start_bps: u64,
    /// In bit/s.
    pub min_bps: u64,
    /// In bit/s.
    pub max_bps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start_bps: 600_000,
            min_bps: 30_000,
            max_bps: 20_000_000,
        }
    }
}

impl Limits {
    pub(super) fn start(&self) -> f64 {
        self.start_bps as f64
    }

    pub(super) fn min(&self) -> f64 {
        self.min_bps as f64
    }

    pub(super) fn max(&self) -> f64 {
        self.max_bps.max(self.min_bps) as f64
    }
}

/// One subscriber's bandwidth. About 40 kB; the only thing that grows is a buffer for the results of the largest feedback.
#[derive(Debug)]
pub struct Bandwidth {
    history: History,
    results: Vec<PacketResult>,
    estimator: Estimator,
    prober: Prober,
    pacer: Pacer,
    relief_until: Option<Instant>,
    /// Since when the path is this one.
    path_since: Instant,
}

impl Bandwidth {
    /// A new connection. Make it when media can flow: the first probe begins with the first packets.
    pub fn new(limits: Limits, now: Instant) -> Self {
        Self {
            history: History::new(now),
            results: Vec::new(),
            estimator: Estimator::new(limits, now),
            prober: Prober::new(limits, limits.start(), now),
            pacer: Pacer::new(limits.start(), now),
            relief_until: None,
            path_since: now,
        }
    }

    /// Says when a packet leaves. Ask before it is written; see [`Admission`] for what to do.
    pub fn admit(&mut self, bytes: usize, class: Class, now: Instant) -> Admission {
        let admission = self.pacer.admit(bytes, class, now);
        if admission == Admission::Drop && class == Class::Video {
            self.relief_until = Some(now + RELIEF);
        }
        admission
    }

    /// The transport-wide sequence number that the next packet carries. Unless [`Self::on_sent`] follows, the next one, too.
    pub fn next_sequence(&self) -> u16 {
        self.history.next_sequence()
    }

    /// The packet with [`Self::next_sequence`] was sent, with so many bytes of RTP.
    pub fn on_sent(&mut self, bytes: usize, purpose: Purpose, now: Instant) {
        let index = self.history.next_index();
        let cluster = self.prober.on_sent(index, bytes, now);
        self.history.on_sent(bytes, purpose, cluster, now);
        self.estimator.on_sent(now);
    }

    /// Transport-wide feedback came.
    pub fn on_feedback(&mut self, feedback: &Feedback<'_>, now: Instant) {
        self.history.on_feedback(feedback, &mut self.results);
        self.results.retain(|result| result.sent >= self.path_since);
        let found = self.prober.on_results(&self.results, now);
        self.estimator.on_results(&mut self.results, now);
        if let Some(bps) = found {
            self.estimator.on_probe(bps, now);
        }
        self.follow(now);
    }

    /// The receiver's own estimate came (REMB).
    pub fn on_remb(&mut self, bitrate_bps: u64, now: Instant) {
        self.estimator.on_remb(bitrate_bps as f64, now);
        self.follow(now);
    }

    /// Another path: what was learnt is forgotten, and the new path is probed.
    pub fn reset(&mut self, now: Instant) {
        self.estimator.reset(now);
        self.prober.reset(self.estimator.bps(now), now);
        self.relief_until = None;
        self.path_since = now;
        self.follow(now);
    }

    /// Notices silence, plans probes. Call at [`Self::due_at`], or every 100 ms.
    pub fn tick(&mut self, now: Instant) {
        self.estimator.tick(now);
        self.follow(now);
    }

    fn follow(&mut self, now: Instant) {
        let bps = self.estimator.bps(now);
        self.prober.plan(bps, self.estimator.is_calm(now), now);
        self.pacer.set_estimate(bps);
    }

    /// What should be sent to fill a probe. Ask at [`Self::due_at`] until it says `None`, sending something after each.
    pub fn padding(&mut self, now: Instant) -> Option<PaddingRequest> {
        self.prober.next_padding(now)
    }

    /// When to tick, and to ask for padding, at the latest.
    pub fn due_at(&self, now: Instant) -> Instant {
        now + if self.prober.is_sending() {
            PROBING
        } else {
            IDLE
        }
    }

    /// The estimate in bit/s: for people to see. The allocator gets [`Self::budget_bps`].
    pub fn estimate_bps(&self, now: Instant) -> u64 {
        self.estimator.bps(now) as u64
    }

    /// What the allocator may share, in bit/s: the estimate, or less while the pacer has to drop.
    pub fn budget_bps(&self, now: Instant) -> u64 {
        let relieved = self.relief_until.is_some_and(|until| now < until);
        (self.estimator.bps(now) * if relieved { RELIEVED } else { 1.0 }) as u64
    }

    /// Whether the path shows that it is too narrow for what is sent: loss, a queue, the receiver's word.
    pub fn is_pressed(&self, now: Instant) -> bool {
        self.estimator.is_pressed(now)
    }

    /// What the allocator decided: whether there is reason to look for more.
    pub fn shared(&mut self, shares: &Shares) {
        self.prober.want(Wanted {
            next_bps: shares.next_bps,
            all_bps: shares.all_bps,
        });
    }

    /// What is known of the path, for people to see.
    pub fn path(&self) -> Path {
        Path {
            rtt: self.estimator.rtt(),
            loss: self.estimator.loss(),
            queue: self.estimator.queue(),
            acknowledged_bps: self.estimator.acknowledged_bps().map(|bps| bps as u64),
        }
    }
}

/// What is known of one subscriber's path.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Path {
    /// Smoothed round trip, the receiver's wait before feedback included.
    pub rtt: Duration,
    /// Share of packets lost lately, 0–1.
    pub loss: f64,
    /// How long even the luckiest packets waited lately.
    pub queue: Duration,
    /// The rate that arrives, in bit/s; `None` before the first half second.
    pub acknowledged_bps: Option<u64>,
}

#[cfg(test)]
#[path = "tests/bandwidth.rs"]
mod tests;
