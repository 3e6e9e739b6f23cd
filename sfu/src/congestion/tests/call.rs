//! A call over the simulated network: a sender that follows its estimate, a receiver that writes real feedback.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::network::{Flow, Network, Path, Rival};
use crate::congestion::allocate::{Allocator, Layer, LayerRate, Priority, Shares, VideoSlot};
use crate::congestion::pacer::{Admission, Class};
use crate::congestion::sent::Purpose;
use crate::congestion::{Bandwidth, Feedback, FeedbackCollector, Limits};

const STEP: Duration = Duration::from_micros(500);
const HEADER_BYTES: usize = 40;

/// What is sent.
#[derive(Clone, Debug)]
pub(super) enum Load {
    /// As much as the estimate allows, up to this many bit/s.
    Elastic(f64),
    /// The best of these layers that the allocator takes, in bit/s.
    Layers(&'static [u64]),
}

/// What was seen in each tenth of a second.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Sample {
    pub(super) estimate: f64,
    /// Bits per second that entered the path, media and padding.
    pub(super) sent: f64,
    /// Bits per second of ours that arrived.
    pub(super) arrived: f64,
    /// The longest wait in the bottleneck's queue.
    pub(super) wait_ms: f64,
    pub(super) layer: Option<Layer>,
}

pub(super) struct Call {
    pub(super) bandwidth: Bandwidth,
    pub(super) network: Network,
    pub(super) rival: Option<Rival>,
    pub(super) load: Load,
    /// No feedback gets through within these seconds.
    pub(super) deaf: std::ops::Range<f64>,
    pub(super) samples: Vec<Sample>,
    /// Packets that the pacer dropped.
    pub(super) dropped: usize,
    pub(super) padding_bytes: usize,
    /// Packets that the queue of the bottleneck had no room for.
    pub(super) overflowed: usize,
    allocator: Allocator,
    collector: FeedbackCollector,
    answers: VecDeque<(Instant, Vec<u8>)>,
    held: VecDeque<(Instant, usize)>,
    epoch: Instant,
    now: Instant,
    next_picture: Instant,
    picture: VecDeque<(Instant, usize)>,
    next_sound: Instant,
    next_tick: Instant,
    next_sample: Instant,
    sample: Sample,
    target: f64,
}

impl Call {
    pub(super) fn new(path: Path, load: Load) -> Self {
        Self::with_seed(path, load, 1)
    }

    pub(super) fn with_seed(path: Path, load: Load, seed: u64) -> Self {
        let epoch = Instant::now();
        Self {
            bandwidth: Bandwidth::new(Limits::default(), epoch),
            network: Network::new(path, seed, epoch),
            rival: None,
            load,
            deaf: 0.0..0.0,
            samples: Vec::new(),
            dropped: 0,
            padding_bytes: 0,
            overflowed: 0,
            allocator: Allocator::default(),
            collector: FeedbackCollector::new(epoch),
            answers: VecDeque::new(),
            held: VecDeque::new(),
            epoch,
            now: epoch,
            next_picture: epoch,
            picture: VecDeque::new(),
            next_sound: epoch,
            next_tick: epoch,
            next_sample: epoch + Duration::from_millis(100),
            sample: Sample::default(),
            target: 0.0,
        }
    }

    /// Runs until this second.
    pub(super) fn run(&mut self, second: f64) {
        while self.second() < second {
            self.now += STEP;
            self.receive();
            self.answer();
            self.produce();
            self.leave();
            if self.now >= self.next_tick {
                self.tick();
            }
            if self.now >= self.next_sample {
                self.note();
            }
        }
    }

    pub(super) fn second(&self) -> f64 {
        self.now.duration_since(self.epoch).as_secs_f64()
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// The samples between two seconds.
    pub(super) fn between(&self, from: f64, to: f64) -> &[Sample] {
        let place = |second: f64| ((second * 10.0) as usize).min(self.samples.len());
        &self.samples[place(from)..place(to)]
    }

    pub(super) fn mean(&self, from: f64, to: f64, what: impl Fn(&Sample) -> f64) -> f64 {
        let samples = self.between(from, to);
        samples.iter().map(what).sum::<f64>() / samples.len() as f64
    }

    pub(super) fn most(&self, from: f64, to: f64, what: impl Fn(&Sample) -> f64) -> f64 {
        self.between(from, to).iter().map(what).fold(0.0, f64::max)
    }

    pub(super) fn least(&self, from: f64, to: f64, what: impl Fn(&Sample) -> f64) -> f64 {
        self.between(from, to)
            .iter()
            .map(what)
            .fold(f64::MAX, f64::min)
    }

    fn receive(&mut self) {
        if let Some(rival) = &mut self.rival {
            rival.send(&mut self.network, self.now);
        }
        for (at, flow, bytes) in self.network.arrived(self.now) {
            match flow {
                Flow::Call(sequence) => {
                    self.collector.received(sequence, at);
                    self.sample.arrived += bytes as f64 * 80.0;
                }
                Flow::Rival => {
                    if let Some(rival) = &mut self.rival {
                        rival.on_arrival(&self.network.path, at);
                    }
                }
            }
        }
        self.sample.wait_ms = self
            .sample
            .wait_ms
            .max(self.network.wait.as_secs_f64() * 1e3);
        let mut packet = Vec::new();
        if self.collector.poll(self.now, 1, 2, &mut packet) && !self.deaf.contains(&self.second()) {
            let back = self.now + self.network.path.propagation;
            self.answers.push_back((back, packet));
        }
    }

    fn answer(&mut self) {
        while self
            .answers
            .front()
            .is_some_and(|answer| answer.0 <= self.now)
        {
            let packet = self.answers.pop_front().expect("there is one").1;
            let feedback =
                Feedback::parse(&packet[4..]).expect("feedback that was written is read");
            self.bandwidth.on_feedback(&feedback, self.now);
        }
    }

    /// Sound 50 times a second; a picture 30 times a second, paced as browsers do.
    fn produce(&mut self) {
        if self.now >= self.next_sound {
            self.next_sound += Duration::from_millis(20);
            let admission = self.bandwidth.admit(120, Class::Audio, self.now);
            assert_eq!(admission, Admission::Send, "sound never waits");
            self.send(120, Purpose::Media);
        }
        if self.now >= self.next_picture {
            self.next_picture += Duration::from_micros(33_333);
            let tremble = 0.7 + 0.6 * self.network.dice.share();
            let bytes = (self.target / 30.0 / 8.0 * tremble) as usize;
            let packets = bytes.div_ceil(1_160);
            for n in 0..packets {
                let at = self.now + Duration::from_millis(13) * n as u32 / packets as u32;
                self.picture.push_back((at, bytes / packets + HEADER_BYTES));
            }
        }
        while self
            .picture
            .front()
            .is_some_and(|packet| packet.0 <= self.now)
        {
            let bytes = self.picture.pop_front().expect("there is one").1;
            match self.bandwidth.admit(bytes, Class::Video, self.now) {
                Admission::Send => self.send(bytes, Purpose::Media),
                Admission::Later(at) => self.held.push_back((at, bytes)),
                Admission::Drop => self.dropped += 1,
            }
        }
    }

    fn leave(&mut self) {
        while self.held.front().is_some_and(|packet| packet.0 <= self.now) {
            let bytes = self.held.pop_front().expect("there is one").1;
            self.send(bytes, Purpose::Media);
        }
    }

    fn send(&mut self, bytes: usize, purpose: Purpose) {
        let sequence = self.bandwidth.next_sequence();
        self.bandwidth.on_sent(bytes, purpose, self.now);
        let entered = self.network.send(Flow::Call(sequence), bytes, self.now);
        self.overflowed += usize::from(!entered);
        self.sample.sent += bytes as f64 * 80.0;
    }

    fn tick(&mut self) {
        self.bandwidth.tick(self.now);
        while let Some(request) = self.bandwidth.padding(self.now) {
            self.padding_bytes += request.bytes;
            self.send(request.bytes, Purpose::Padding);
        }
        let budget = self.bandwidth.budget_bps(self.now);
        let shares = match self.load {
            Load::Elastic(most) => {
                self.target = (budget as f64 - 48e3).clamp(0.0, most);
                let missing = self.target < most;
                Shares {
                    used_bps: self.target as u64,
                    next_bps: missing.then_some(budget + 48_000),
                    all_bps: most as u64,
                }
            }
            Load::Layers(rates) => self.allocate(budget, rates),
        };
        self.bandwidth.shared(&shares);
        self.next_tick = self
            .bandwidth
            .due_at(self.now)
            .min(self.now + Duration::from_millis(50));
    }

    fn allocate(&mut self, budget: u64, rates: &[u64]) -> Shares {
        let layer = |(place, &bitrate_bps): (usize, &u64)| LayerRate {
            layer: Layer {
                spatial: place as u8,
                temporal: 0,
            },
            bitrate_bps,
        };
        let layers: Vec<_> = rates.iter().enumerate().map(layer).collect();
        let slot = VideoSlot {
            priority: Priority::Speaker,
            screen: false,
            max_spatial: 9,
            layers: &layers,
        };
        let shares = self
            .allocator
            .allocate(budget, [Some(48_000)], &[slot], self.now);
        self.sample.layer = self.allocator.layer(0);
        let chosen = self
            .sample
            .layer
            .map(|layer| rates[usize::from(layer.spatial)]);
        self.target = chosen.unwrap_or(0) as f64;
        shares
    }

    fn note(&mut self) {
        self.next_sample += Duration::from_millis(100);
        self.sample.estimate = self.bandwidth.estimate_bps(self.now) as f64;
        self.samples.push(self.sample);
        self.sample = Sample {
            layer: self.sample.layer,
            ..Sample::default()
        };
    }
}
