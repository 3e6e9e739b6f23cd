//! A simulated path: a bottleneck with a queue, propagation delay, random loss, jitter, and perhaps somebody else's flow. The
//! same seed gives the same run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// SplitMix64 (G. Steele et al., OOPSLA 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Whose packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    /// Ours, with its transport-wide sequence number.
    Call(u16),
    /// Somebody else's.
    Rival,
}

#[derive(Clone, Copy, Debug)]
struct Queued {
    flow: Flow,
    bytes: usize,
    at: Instant,
}

/// What the path is made of.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// From second to bit/s: steps, in order. The first is at 0.
    pub(super) rate: Vec<(f64, f64)>,
    /// Whether the rate goes evenly from one step to the next.
    pub(super) ramp: bool,
    pub(super) propagation: Duration,
    pub(super) queue: Duration,
    pub(super) loss: f64,
    /// Added evenly between nothing and this; the order stays.
    pub(super) jitter: Duration,
}

impl Path {
    /// A constant rate, 25 ms each way, 300 ms of queue, nothing lost.
    pub(super) fn steady(bps: f64) -> Self {
        Self::steps(&[(0.0, bps)])
    }

    pub(super) fn steps(rate: &[(f64, f64)]) -> Self {
        Self {
            rate: rate.to_vec(),
            ramp: false,
            propagation: Duration::from_millis(25),
            queue: Duration::from_millis(300),
            loss: 0.0,
            jitter: Duration::ZERO,
        }
    }

    pub(super) fn bps(&self, second: f64) -> f64 {
        let place = self.rate.partition_point(|step| step.0 <= second);
        let (from, bps) = self.rate[place - 1];
        match self.rate.get(place) {
            Some((to, next)) if self.ramp => bps + (next - bps) * (second - from) / (to - from),
            _ => bps,
        }
    }
}

/// The path at work.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) path: Path,
    pub(super) dice: Dice,
    epoch: Instant,
    queue: VecDeque<Queued>,
    queued_bytes: usize,
    free_at: Instant,
    on_the_way: VecDeque<(Instant, Flow, usize)>,
    /// How long the last packet waited in the queue.
    pub(super) wait: Duration,
}

impl Network {
    pub(super) fn new(path: Path, seed: u64, epoch: Instant) -> Self {
        Self {
            path,
            dice: Dice(seed),
            epoch,
            queue: VecDeque::new(),
            queued_bytes: 0,
            free_at: epoch,
            on_the_way: VecDeque::new(),
            wait: Duration::ZERO,
        }
    }

    fn bps(&self, at: Instant) -> f64 {
        self.path.bps(at.duration_since(self.epoch).as_secs_f64())
    }

    /// A packet enters; `false`: the queue is full.
    pub(super) fn send(&mut self, flow: Flow, bytes: usize, now: Instant) -> bool {
        let most = self.bps(now) * self.path.queue.as_secs_f64() / 8.0;
        if (self.queued_bytes + bytes) as f64 > most.max(3_000.0) {
            return false;
        }
        self.queued_bytes += bytes;
        self.queue.push_back(Queued {
            flow,
            bytes,
            at: now,
        });
        true
    }

    /// What arrived by now, in order.
    pub(super) fn arrived(&mut self, now: Instant) -> Vec<(Instant, Flow, usize)> {
        while let Some(&packet) = self.queue.front() {
            let begin = self.free_at.max(packet.at);
            if begin > now {
                break;
            }
            self.queue.pop_front();
            self.queued_bytes -= packet.bytes;
            let carried = packet.bytes as f64 * 8.0 / self.bps(begin);
            self.free_at = begin + Duration::from_secs_f64(carried);
            self.wait = begin.duration_since(packet.at);
            if self.dice.share() < self.path.loss {
                continue;
            }
            let jitter = self.path.jitter.mul_f64(self.dice.share());
            let before = self.on_the_way.back().map_or(begin, |last| last.0);
            let at = (self.free_at + self.path.propagation + jitter).max(before);
            self.on_the_way.push_back((at, packet.flow, packet.bytes));
        }
        let ready = self.on_the_way.partition_point(|packet| packet.0 <= now);
        self.on_the_way.drain(..ready).collect()
    }
}

/// A flow that fills the queue: a window that grows by a packet a round trip, and is halved by loss (RFC 5681 §3.1, without
/// slow start).
#[derive(Debug)]
pub(super) struct Rival {
    window: f64,
    in_flight: f64,
    halved: Instant,
    acknowledgements: VecDeque<Instant>,
    pub(super) arrived_bytes: usize,
}

impl Rival {
    const BYTES: usize = 1_200;

    pub(super) fn new(now: Instant) -> Self {
        Self {
            window: 4.0,
            in_flight: 0.0,
            halved: now,
            acknowledgements: VecDeque::new(),
            arrived_bytes: 0,
        }
    }

    pub(super) fn send(&mut self, network: &mut Network, now: Instant) {
        while self.acknowledgements.front().is_some_and(|at| *at <= now) {
            self.acknowledgements.pop_front();
            self.in_flight -= 1.0;
            self.window += 1.0 / self.window;
        }
        while self.in_flight + 1.0 <= self.window {
            if network.send(Flow::Rival, Self::BYTES, now) {
                self.in_flight += 1.0;
            } else {
                if now >= self.halved + Duration::from_millis(200) {
                    self.window = (self.window / 2.0).max(2.0);
                    self.halved = now;
                }
                return;
            }
        }
    }

    /// A packet arrived; its acknowledgement takes as long to come back.
    pub(super) fn on_arrival(&mut self, path: &Path, now: Instant) {
        self.arrived_bytes += Self::BYTES;
        self.acknowledgements.push_back(now + path.propagation);
    }
}
