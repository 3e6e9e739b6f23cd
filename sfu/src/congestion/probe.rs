//! Probing: short clusters of packets at a rate above the estimate, and what their arrival says of the path.
//!
//! When: at the start and on a new path (three times the estimate, then twice what was found); every few seconds while the
//! allocator could use more than the estimate; soon after a large drop. One cluster at a time. What is sent anyway during a
//! cluster is part of it; padding only fills it up.

use std::time::{Duration, Instant};

use super::Limits;
use super::sent::{ClusterId, PacketResult};

/// How long a cluster lasts, and the packets it has at least: the less, the less queue it builds; the more, the less jitter
/// matters.
const DURATION: Duration = Duration::from_millis(30);
const MIN_PACKETS: u32 = 5;
const MAX_PACKET_BYTES: usize = 1_200;
const MIN_PACKET_BYTES: usize = 200;
/// A cluster that could not be sent within this is given up; one whose feedback takes longer, too.
const SENDING: Duration = Duration::from_millis(250);
const ANSWERING: Duration = Duration::from_secs(1);
/// The rates of probes, compared with the estimate.
const FIRST: f64 = 3.0;
const FURTHER: f64 = 2.0;
/// A probe that shows this share of what it tried has not met the end of the path.
const SUCCESS: f64 = 0.7;
/// What the allocator can use is probed with this much to spare.
const SPARE: f64 = 1.1;
/// Between probes for more, after one that found it and after one that did not.
const INTERVAL: Duration = Duration::from_secs(3);
const INTERVAL_IN_VAIN: Duration = Duration::from_secs(5);
/// Before one that showed nothing is repeated, once.
const INTERVAL_UNCLEAR: Duration = Duration::from_secs(1);
/// A fall to less than this share is a large drop; after it the path is probed when it was calm for a while, to this share of
/// what was before.
const DROP: f64 = 0.66;
const AFTER_DROP: Duration = Duration::from_millis(1_500);
const BACK_TO: f64 = 0.85;
/// How much of a cluster must arrive, and how much faster than it was sent it may seem to.
const MIN_ARRIVED: f64 = 0.8;
const MAX_SPEEDUP: f64 = 2.0;
/// Arriving slower than this share of how it was sent, it found the capacity, of which a little is left free.
const SATURATED: f64 = 0.9;
const UNSATURATED: f64 = 0.95;

/// Bytes that should leave now, beside what leaves anyway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaddingRequest {
    /// How many, at most one packet's worth: a packet sent again is best, padding will do.
    pub bytes: usize,
    /// The probe they are part of. [`super::Bandwidth::on_sent`] knows it by itself.
    pub cluster: ClusterId,
}

/// What the allocator could use.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// The estimate at which the next layer would be sent, in bit/s; `None`: nothing is missing.
    pub next_bps: Option<u64>,
    /// The estimate at which everything would be sent, in bit/s.
    pub all_bps: u64,
}

/// A cluster on its way. Constant size: sums instead of packets.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    id: ClusterId,
    bps: f64,
    /// When its first packet left; `None` before.
    begun: Option<Instant>,
    planned: Instant,
    packets: u32,
    bytes: usize,
    last_index: u64,
    complete: bool,
    arrived: Arrived,
}

/// What arrived of a cluster.
#[derive(Clone, Copy, Default, Debug)]
struct Arrived {
    packets: u32,
    bytes: usize,
    /// First and last by departure, with bytes of the last.
    sent: Option<(Instant, Instant, usize)>,
    /// First and last by arrival, with bytes of the first.
    came_us: Option<(i64, i64, usize)>,
}

impl Arrived {
    fn add(&mut self, result: &PacketResult, arrived_us: i64) {
        self.packets += 1;
        self.bytes += result.bytes;
        let (mut first, mut last, mut bytes) =
            self.sent
                .unwrap_or((result.sent, result.sent, result.bytes));
        first = first.min(result.sent);
        if result.sent >= last {
            (last, bytes) = (result.sent, result.bytes);
        }
        self.sent = Some((first, last, bytes));
        let (mut first, mut last, mut bytes) =
            self.came_us
                .unwrap_or((arrived_us, arrived_us, result.bytes));
        last = last.max(arrived_us);
        if arrived_us < first {
            (first, bytes) = (arrived_us, result.bytes);
        }
        self.came_us = Some((first, last, bytes));
    }

    /// The rate that the path carried, in bit/s.
    fn bps(&self) -> Option<f64> {
        let ((first, last, last_bytes), (first_us, last_us, first_bytes)) =
            (self.sent?, self.came_us?);
        let sent_s = last.duration_since(first).as_secs_f64();
        let came_s = last_us.saturating_sub(first_us) as f64 / 1e6;
        if sent_s <= 0.0 || came_s <= 0.0 || came_s > 1.0 {
            return None;
        }
        let sent = self.bytes.saturating_sub(last_bytes) as f64 * 8.0 / sent_s;
        let came = self.bytes.saturating_sub(first_bytes) as f64 * 8.0 / came_s;
        if came > sent * MAX_SPEEDUP {
            return None;
        }
        Some(if came < SATURATED * sent {
            UNSATURATED * came
        } else {
            came.min(sent)
        })
    }
}

impl Cluster {
    fn packet_bytes(&self) -> usize {
        let share = self.bytes_wanted() / MIN_PACKETS as usize;
        share.clamp(MIN_PACKET_BYTES, MAX_PACKET_BYTES)
    }

    fn bytes_wanted(&self) -> usize {
        (self.bps * DURATION.as_secs_f64() / 8.0) as usize
    }

    /// Bytes that are behind the cluster's rate at this moment.
    fn missing(&self, now: Instant) -> usize {
        let passed = self
            .begun
            .map_or(Duration::ZERO, |begun| now.duration_since(begun));
        let due = (self.bps * passed.as_secs_f64() / 8.0) as usize + self.packet_bytes();
        due.saturating_sub(self.bytes)
    }

    fn arrived_enough(&self) -> bool {
        f64::from(self.arrived.packets) >= MIN_ARRIVED * f64::from(self.packets)
            && self.arrived.bytes as f64 >= MIN_ARRIVED * self.bytes as f64
    }
}

/// Decides when to probe, fills clusters, reads their results.
#[derive(Debug)]
pub struct Prober {
    limits: Limits,
    wanted: Wanted,
    /// The rate of the next cluster, which begins with the next packet.
    planned: Option<f64>,
    cluster: Option<Cluster>,
    next_id: ClusterId,
    /// Whether anything was sent on this path: before that, no probe can be.
    open: bool,
    /// Whether each success leads to the next step at once.
    searching: bool,
    /// Whether the last cluster repeated one that showed nothing.
    repeated: bool,
    /// When to look for more again.
    next: Instant,
    /// The highest estimate since the last drop was dealt with, and since when the path is calm after a drop.
    high_bps: f64,
    calm_since: Option<Instant>,
}

impl Prober {
    /// Begins with a probe at three times the estimate.
    pub fn new(limits: Limits, estimate_bps: f64, now: Instant) -> Self {
        Self {
            limits,
            wanted: Wanted::default(),
            planned: Some(FIRST * estimate_bps),
            cluster: None,
            next_id: ClusterId::FIRST,
            open: false,
            searching: true,
            repeated: false,
            next: now + INTERVAL,
            high_bps: estimate_bps,
            calm_since: None,
        }
    }

    /// Another path: begins anew.
    pub fn reset(&mut self, estimate_bps: f64, now: Instant) {
        *self = Self {
            wanted: self.wanted,
            next_id: self.next_id.next(),
            ..Self::new(self.limits, estimate_bps, now)
        };
    }

    /// The allocator says what it could use.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    /// Plans a probe when there is reason to, and the path is calm. Call at every tick and after every feedback.
    pub fn plan(&mut self, estimate_bps: f64, calm: bool, now: Instant) {
        self.give_up(now);
        self.note(estimate_bps, calm, now);
        let wants_more = self
            .wanted
            .next_bps
            .is_some_and(|bps| bps as f64 > estimate_bps);
        if self.cluster.is_some() || self.planned.is_some() || !calm || !wants_more {
            return;
        }
        if let Some(since) = self.calm_since
            && now >= since + AFTER_DROP
        {
            self.planned = Some((BACK_TO * self.high_bps).min(FIRST * estimate_bps));
            self.high_bps = estimate_bps;
            self.calm_since = None;
        } else if now >= self.next {
            self.planned = Some(FURTHER * estimate_bps);
        }
        if let Some(bps) = self.planned {
            let next = self.wanted.next_bps.unwrap_or(0) as f64 * SPARE;
            self.planned = Some(bps.max(next).min(FIRST * estimate_bps).min(self.most()));
            self.searching = true;
            self.next = now + INTERVAL;
        }
    }

    /// No probe goes beyond what could be used, nor beyond the configured limit.
    fn most(&self) -> f64 {
        let wanted = match self.wanted.all_bps {
            0 => f64::MAX,
            all => (all as f64 * SPARE).max(self.limits.start() * FIRST),
        };
        wanted.min(self.limits.max())
    }

    /// Watches for large drops, and for calm after them.
    fn note(&mut self, estimate_bps: f64, calm: bool, now: Instant) {
        self.high_bps = self.high_bps.max(estimate_bps);
        if estimate_bps > DROP * self.high_bps {
            if self.calm_since.is_some() {
                self.calm_since = None;
                self.high_bps = estimate_bps;
            }
        } else if calm {
            self.calm_since.get_or_insert(now);
        } else {
            self.calm_since = Some(now);
        }
    }

    /// A packet is sent: the cluster it is part of.
    pub fn on_sent(&mut self, index: u64, bytes: usize, now: Instant) -> Option<ClusterId> {
        self.open = true;
        let cluster = self.cluster.as_mut().filter(|cluster| !cluster.complete)?;
        cluster.begun.get_or_insert(now);
        cluster.packets += 1;
        cluster.bytes += bytes;
        cluster.last_index = index;
        cluster.complete =
            cluster.packets >= MIN_PACKETS && cluster.bytes >= cluster.bytes_wanted();
        Some(cluster.id)
    }

    /// What should be sent now to fill a cluster. Ask until it says `None`.
    pub fn next_padding(&mut self, now: Instant) -> Option<PaddingRequest> {
        if self.cluster.is_none() && self.open {
            let bps = self.planned.take()?;
            let id = self.next_id;
            self.next_id = id.next();
            self.cluster = Some(Cluster {
                id,
                bps,
                begun: None,
                planned: now,
                packets: 0,
                bytes: 0,
                last_index: 0,
                complete: false,
                arrived: Arrived::default(),
            });
        }
        let cluster = self.cluster.as_ref().filter(|cluster| !cluster.complete)?;
        let missing = cluster.missing(now);
        (missing >= cluster.packet_bytes().min(MIN_PACKET_BYTES)).then(|| PaddingRequest {
            bytes: missing.clamp(MIN_PACKET_BYTES, MAX_PACKET_BYTES),
            cluster: cluster.id,
        })
    }

    /// Whether [`Self::next_padding`] should be asked every few milliseconds.
    pub fn is_sending(&self) -> bool {
        (self.open && self.planned.is_some())
            || self.cluster.is_some_and(|cluster| !cluster.complete)
    }

    /// Takes feedback. Gives the rate that a probe showed, in bit/s, once per cluster.
    pub fn on_results(&mut self, results: &[PacketResult], now: Instant) -> Option<f64> {
        let cluster = self.cluster.as_mut()?;
        let mut passed = false;
        for result in results {
            if result.cluster == Some(cluster.id)
                && let Some(arrived_us) = result.arrived_us
            {
                cluster.arrived.add(result, arrived_us);
            }
            passed |= result.index >= cluster.last_index;
        }
        let all = cluster.arrived.packets >= cluster.packets;
        if !cluster.complete || !(passed || all) {
            return None;
        }
        let cluster = *cluster;
        let found = cluster.arrived.bps().filter(|_| cluster.arrived_enough());
        self.finish(cluster.bps, found, now);
        found
    }

    fn finish(&mut self, tried_bps: f64, found_bps: Option<f64>, now: Instant) {
        self.cluster = None;
        let repeat = found_bps.is_none() && !self.repeated;
        self.repeated = repeat;
        match found_bps {
            Some(found) if found >= SUCCESS * tried_bps => {
                self.next = now + INTERVAL;
                let further = (FURTHER * found).min(self.most());
                // Without anybody wanting more, the first two steps are enough to begin with.
                let first = tried_bps < FURTHER * FIRST * self.limits.start();
                let useful = further > found * SPARE && (first || self.wanted.all_bps > 0);
                self.searching &= useful;
                self.planned = self.searching.then_some(further);
            }
            _ => {
                self.searching = false;
                self.next = now
                    + if repeat {
                        INTERVAL_UNCLEAR
                    } else {
                        INTERVAL_IN_VAIN
                    };
            }
        }
    }

    /// Gives up a cluster that cannot be sent, or is not answered.
    fn give_up(&mut self, now: Instant) {
        if let Some(cluster) = &self.cluster {
            let since = cluster.begun.unwrap_or(cluster.planned);
            let lifetime = if cluster.complete { ANSWERING } else { SENDING };
            if now >= since + lifetime {
                self.finish(cluster.bps, None, now);
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/probe.rs"]
mod tests;
