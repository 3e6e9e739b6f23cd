//! Shares the estimate among the slots of one subscriber: sound first, then a picture for everyone, then better pictures.
//!
//! In each step the speaker comes before the pinned, and these before the rest, who share evenly. Where there is not enough
//! for everyone, the last get no picture. Of a slot's layers the fluent ones are given up before the sharp ones, and a shared
//! screen is sharp from the first step on.

use std::time::{Duration, Instant};

/// Reserved for a sound slot whose rate is not measured.
pub const AUDIO_BPS: u64 = 40_000;
/// Something better is taken only where this share of it is to spare.
const HEADROOM: f64 = 1.15;
/// And only when the slot has not been lowered for this long.
const CALM: Duration = Duration::from_secs(2);

/// One layer: more of `spatial` is sharper, more of `temporal` is more fluent. Ordered as they are given up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Layer {
    /// Size: 0 is the smallest.
    pub spatial: u8,
    /// Pictures a second: 0 is the fewest.
    pub temporal: u8,
}

/// What it costs to send a layer, with all that it needs below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerRate {
    /// Which.
    pub layer: Layer,
    /// Measured, in bit/s; 0: nothing comes of it now.
    pub bitrate_bps: u64,
}

/// Who comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Priority {
    /// Who speaks, and what is shown to all.
    Speaker,
    /// Who was pinned by this subscriber.
    Pinned,
    /// Everyone else.
    Rest,
}

/// One video slot, as the allocator sees it.
#[derive(Clone, Copy, Debug)]
pub struct VideoSlot<'a> {
    /// Who comes first.
    pub priority: Priority,
    /// A shared screen: sharp before smooth.
    pub screen: bool,
    /// The sharpest layer that its tile can show: see [`sharpest_for_tile`].
    pub max_spatial: u8,
    /// What its source sends, in any order. Empty: nothing to show.
    pub layers: &'a [LayerRate],
}

/// The smallest layer that fills a tile, of layers with these heights (index: spatial layer); the largest where none does. A
/// tenth too small is good enough.
pub fn sharpest_for_tile(tile_height: u16, layer_heights: &[u16]) -> u8 {
    let enough = |&height: &u16| u32::from(height) * 10 >= u32::from(tile_height) * 9;
    let place = layer_heights.iter().position(enough);
    place.unwrap_or(layer_heights.len().saturating_sub(1)) as u8
}

/// What was decided for all slots together.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Shares {
    /// Sound and pictures, in bit/s.
    pub used_bps: u64,
    /// The estimate at which some slot would get its next layer, in bit/s; `None`: nothing is missing.
    pub next_bps: Option<u64>,
    /// The estimate at which every slot would get its best layer, in bit/s.
    pub all_bps: u64,
}

#[derive(Clone, Copy, Default, Debug)]
struct Choice {
    /// What is sent now, decided last time.
    current: Option<Layer>,
    lowered: Option<Instant>,
    chosen: Option<LayerRate>,
}

impl Choice {
    /// What must be free for a layer: more than its rate if it is better than the current one.
    fn need_bps(&self, rate: &LayerRate) -> f64 {
        if Some(rate.layer) > self.current {
            rate.bitrate_bps as f64 * HEADROOM
        } else {
            rate.bitrate_bps as f64
        }
    }

    fn may_rise_to(&self, layer: Layer, now: Instant) -> bool {
        Some(layer) <= self.current || self.lowered.is_none_or(|at| now >= at + CALM)
    }

    fn chosen_bps(&self) -> f64 {
        self.chosen.map_or(0.0, |rate| rate.bitrate_bps as f64)
    }
}

/// Remembers what each slot is sent, so that layers do not flap.
#[derive(Debug, Default)]
pub struct Allocator {
    choices: Vec<Choice>,
    order: Vec<usize>,
}

impl Allocator {
    /// The layer a slot is sent, as decided last; `None`: paused.
    pub fn layer(&self, slot: usize) -> Option<Layer> {
        self.choices.get(slot)?.current
    }

    /// A slot shows somebody else from now on: what was before says nothing.
    pub fn forget(&mut self, slot: usize) {
        if let Some(choice) = self.choices.get_mut(slot) {
            *choice = Choice::default();
        }
    }

    /// Decides anew, for slots in the same places as before. `audio` has the measured rate of each sound slot in bit/s, if
    /// known. Ask whenever the estimate, a source or a tile changed, and every 100 ms or so. [`Self::layer`] has the outcome.
    pub fn allocate(
        &mut self,
        estimate_bps: u64,
        audio: impl IntoIterator<Item = Option<u64>>,
        slots: &[VideoSlot<'_>],
        now: Instant,
    ) -> Shares {
        self.choices.resize(slots.len(), Choice::default());
        self.order.clear();
        self.order.extend(0..slots.len());
        self.order.sort_by_key(|&slot| slots[slot].priority);
        for choice in &mut self.choices {
            choice.chosen = None;
        }
        let audio_bps: u64 = audio.into_iter().map(|bps| bps.unwrap_or(AUDIO_BPS)).sum();
        let mut free = estimate_bps as f64 - audio_bps as f64;
        for place in 0..self.order.len() {
            let slot = self.order[place];
            free -= self.first(slot, &slots[slot], free, now);
        }
        for priority in [Priority::Speaker, Priority::Pinned, Priority::Rest] {
            free = self.improve(priority, slots, free, now);
        }
        self.settle(slots, now);
        self.shares(audio_bps, slots)
    }

    /// A picture: the cheapest; of a screen the sharpest that there is room for. Gives what it costs.
    fn first(&mut self, slot: usize, source: &VideoSlot<'_>, free: f64, now: Instant) -> f64 {
        let choice = &mut self.choices[slot];
        let fits = |rate: &&LayerRate| {
            choice.need_bps(rate) <= free && choice.may_rise_to(rate.layer, now)
        };
        choice.chosen = if source.screen {
            let fewest = usable(source).map(|rate| rate.layer.temporal).min();
            let still = usable(source).filter(|rate| Some(rate.layer.temporal) == fewest);
            still.filter(fits).max_by_key(|rate| rate.layer).copied()
        } else {
            usable(source)
                .min_by_key(|rate| rate.layer)
                .filter(fits)
                .copied()
        };
        choice.chosen_bps()
    }

    /// Gives one slot after another its next layer, round after round, until nothing fits. Gives what is left.
    fn improve(
        &mut self,
        priority: Priority,
        slots: &[VideoSlot<'_>],
        mut free: f64,
        now: Instant,
    ) -> f64 {
        let mut improved = true;
        while improved {
            improved = false;
            for (source, choice) in slots.iter().zip(&mut self.choices) {
                let (true, Some(chosen)) = (source.priority == priority, choice.chosen) else {
                    continue;
                };
                let room = free + choice.chosen_bps();
                if let Some(next) = above(source, Some(chosen.layer))
                    && choice.need_bps(&next) <= room
                    && choice.may_rise_to(next.layer, now)
                {
                    free = room - next.bitrate_bps as f64;
                    choice.chosen = Some(next);
                    improved = true;
                }
            }
        }
        free
    }

    fn settle(&mut self, slots: &[VideoSlot<'_>], now: Instant) {
        for (source, choice) in slots.iter().zip(&mut self.choices) {
            let layer = choice.chosen.map(|rate| rate.layer);
            // What a smaller tile, or its sender, gave up says nothing about the network.
            let still_there = |layer| usable(source).any(|rate| rate.layer == layer);
            if layer < choice.current && choice.current.is_some_and(still_there) {
                choice.lowered = Some(now);
            }
            choice.current = layer;
        }
    }

    fn shares(&self, audio_bps: u64, slots: &[VideoSlot<'_>]) -> Shares {
        let video: f64 = self.choices.iter().map(Choice::chosen_bps).sum();
        let used = audio_bps as f64 + video;
        let (mut next, mut all) = (None::<f64>, audio_bps as f64);
        for (source, choice) in slots.iter().zip(&self.choices) {
            if let Some(rate) = above(source, choice.current) {
                let estimate = used - choice.chosen_bps() + choice.need_bps(&rate);
                next = Some(next.map_or(estimate, |next| next.min(estimate)));
            }
            let best = usable(source).max_by_key(|rate| rate.layer);
            all += best.map_or(0.0, |rate| rate.bitrate_bps as f64 * HEADROOM);
        }
        Shares {
            used_bps: used as u64,
            next_bps: next.map(|bps| bps.ceil() as u64),
            all_bps: all.ceil() as u64,
        }
    }
}

/// The layers that come, as far as the tile can show them. A tile smaller than the smallest layer gets the smallest.
fn usable<'a>(source: &VideoSlot<'a>) -> impl Iterator<Item = &'a LayerRate> {
    let come = source.layers.iter().filter(|rate| rate.bitrate_bps > 0);
    let smallest = come.clone().map(|rate| rate.layer.spatial).min();
    let most = smallest.unwrap_or(0).max(source.max_spatial);
    come.filter(move |rate| rate.layer.spatial <= most)
}

/// The next layer above one.
fn above(source: &VideoSlot<'_>, layer: Option<Layer>) -> Option<LayerRate> {
    let better = usable(source).filter(|rate| Some(rate.layer) > layer);
    better.min_by_key(|rate| rate.layer).copied()
}

#[cfg(test)]
#[path = "tests/allocate.rs"]
mod tests;
