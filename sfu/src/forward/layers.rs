//! Which layer of a simulcast track a slot shows, and which layers anybody needs. Pure: measurements in, decisions out.
//!
//! A layer is a number: 0 is the smallest picture. A track without simulcast has layer 0 alone.

use std::time::{Duration, Instant};

/// Layers of one track that are taken.
pub const MAX_LAYERS: usize = 3;
/// Speeds of pictures of one layer that are told apart.
pub const MAX_SPEEDS: usize = 3;
/// How long a layer that nobody needs is still asked of its sender: a tile that is resized, a viewer who comes back.
pub const LET_GO_AFTER: Duration = Duration::from_secs(1);

/// Bits per second of a layer that was never measured, the smallest first, as browsers send them by default.
const NOMINAL: [u64; MAX_LAYERS] = [150_000, 500_000, 1_700_000];
/// Lines of the largest layer of a track whose pictures do not say their size.
const NOMINAL_LINES: u16 = 720;

/// What is known of one layer.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct LayerState {
    /// It is sent.
    pub runs: bool,
    /// Bits per second over the last second; 0: not measured.
    pub bitrate: u64,
    /// Lines of its pictures; 0: not known.
    pub lines: u16,
    /// How many speeds of pictures it has; 0 and 1: one.
    pub speeds: u8,
    /// Bits per second at each but the fastest, the slowest first.
    pub slower: [u64; MAX_SPEEDS - 1],
}

/// The layers of one track, the smallest first.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Layers {
    /// What is known of each.
    pub states: [LayerState; MAX_LAYERS],
    /// How many there are: 1 without simulcast.
    pub count: u8,
    /// They are sizes within one stream, not streams of their own.
    pub within: bool,
}

/// What a slot's viewer can use.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wish {
    /// Lines of the tile in device pixels; `None`: as many as there are.
    pub lines: Option<u16>,
    /// The largest layer that its network carries for this slot; `None`: not known, so any.
    pub most: Option<u8>,
}

/// The decision for one slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The layer that would be best; it may have to be switched on first.
    pub desired: u8,
    /// The layer to switch to now.
    pub target: u8,
}

impl Layers {
    /// Decides for one slot that shows layer `current` now. Going up takes a picture that is too small by a quarter, so that
    /// nothing swings between two layers.
    pub fn choose(&self, wish: Wish, current: Option<u8>) -> Choice {
        let most = wish.most.unwrap_or(u8::MAX);
        let desired = self.by_size(wish.lines, current).min(most);
        let runs = |layer: &u8| self.states[usize::from(*layer)].runs;
        let above = desired + 1..self.count.min(most.saturating_add(1));
        let target = (0..=desired).rev().chain(above).find(runs);
        Choice {
            desired,
            target: target.unwrap_or(desired),
        }
    }

    /// The smallest layer whose picture fills the tile.
    fn by_size(&self, lines: Option<u16>, current: Option<u8>) -> u8 {
        let top = self.count.saturating_sub(1);
        let Some(wanted) = lines.map(u32::from) else {
            return top;
        };
        let fills = |layer: &u8| {
            let lines = self.lines(*layer);
            // A picture may be stretched by a quarter, but a larger one that is shown is not given up for that.
            let stretched = if current.is_some_and(|current| current > *layer) {
                lines
            } else {
                lines + lines / 4
            };
            stretched >= wanted
        };
        (0..top).find(fills).unwrap_or(top)
    }

    /// Lines of a layer: measured, else by another layer's (each is twice the one below), else the usual ones.
    fn lines(&self, layer: u8) -> u32 {
        let scaled = |from: u8, lines: u32| {
            if from > layer {
                lines >> (from - layer)
            } else {
                lines << (layer - from)
            }
        };
        let known = |from: &u8| self.states[usize::from(*from)].lines > 0;
        let nearest = (0..self.count)
            .filter(known)
            .min_by_key(|from| from.abs_diff(layer));
        match nearest {
            Some(from) => scaled(from, u32::from(self.states[usize::from(from)].lines)),
            None => scaled(self.count.saturating_sub(1), u32::from(NOMINAL_LINES)),
        }
    }

    /// How many speeds a layer has, at least one.
    pub fn speeds(&self, layer: u8) -> u8 {
        let known = self.states[usize::from(layer)].speeds;
        known.clamp(1, MAX_SPEEDS as u8)
    }

    /// Bits per second of a layer at a speed: measured, else as much as at the fastest.
    pub fn bitrate_at(&self, layer: u8, speed: u8) -> u64 {
        let state = &self.states[usize::from(layer)];
        let all = self.bitrate(layer);
        let slower = state.slower.get(usize::from(speed)).copied();
        match slower.filter(|_| speed + 1 < self.speeds(layer) && state.runs) {
            Some(measured @ 1..) => measured.min(all),
            _ => all,
        }
    }

    /// Bits per second of a layer: measured, else what browsers send by default; see [`MAX_LAYERS`].
    pub fn bitrate(&self, layer: u8) -> u64 {
        match self.states[usize::from(layer)] {
            LayerState {
                runs: true,
                bitrate: measured @ 1..,
                ..
            } => measured,
            _ => {
                let skipped = MAX_LAYERS - usize::from(self.count.max(1));
                NOMINAL[(skipped + usize::from(layer)).min(MAX_LAYERS - 1)]
            }
        }
    }
}

/// Which layers of one track its sender should send, and what it was told.
#[derive(Clone, Copy, Default, Debug)]
pub struct Wanted {
    told: Option<u8>,
    idle_since: [Option<Instant>; MAX_LAYERS],
}

impl Wanted {
    /// `used` has a bit for each layer that somebody needs now. Gives the layers to send, as bits, when that is something
    /// else than before. A layer is added at once and taken away after [`LET_GO_AFTER`]; the smallest stays when nobody
    /// looks at all, so that whoever comes sees a picture at once.
    pub fn update(&mut self, used: u8, count: u8, now: Instant) -> Option<u8> {
        let mut wanted = 0;
        for layer in 0..usize::from(count).min(MAX_LAYERS) {
            let idle = &mut self.idle_since[layer];
            let kept = if used & (1 << layer) != 0 {
                *idle = None;
                true
            } else {
                now.duration_since(*idle.get_or_insert(now)) < LET_GO_AFTER
            };
            wanted |= u8::from(kept) << layer;
        }
        let wanted = wanted.max(1);
        (self.told.replace(wanted) != Some(wanted)).then_some(wanted)
    }

    /// The layers that the sender was told to send, as bits; `None`: nothing was said.
    pub fn told(&self) -> Option<u8> {
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three(running: [bool; 3]) -> Layers {
        Layers {
            states: running.map(|runs| LayerState {
                runs,
                ..LayerState::default()
            }),
            count: 3,
            within: false,
        }
    }

    fn lines(lines: u16) -> Wish {
        Wish {
            lines: Some(lines),
            most: None,
        }
    }

    fn most(layer: u8) -> Wish {
        Wish {
            lines: None,
            most: Some(layer),
        }
    }

    #[test]
    fn a_tile_gets_the_smallest_layer_that_fills_it() {
        let layers = three([true; 3]);
        for (tile, layer) in [
            (0, 0),
            (180, 0),
            (225, 0),
            (226, 1),
            (450, 1),
            (451, 2),
            (4000, 2),
        ] {
            let choice = layers.choose(lines(tile), None);
            assert_eq!(
                (choice.desired, choice.target),
                (layer, layer),
                "{tile} lines"
            );
        }
        assert_eq!(layers.choose(Wish::default(), Some(0)).target, 2, "pinned");
    }

    #[test]
    fn measured_sizes_come_before_the_usual_ones() {
        let mut layers = three([true; 3]);
        layers.states[1].lines = 180;
        assert_eq!(
            layers.choose(lines(180), None).target,
            1,
            "the smallest has 90"
        );
        layers.states[0].lines = 180;
        assert_eq!(layers.choose(lines(180), None).target, 0);
    }

    #[test]
    fn a_tile_between_two_layers_does_not_swing() {
        let layers = three([true; 3]);
        for tile in [190, 200, 220] {
            assert_eq!(layers.choose(lines(tile), Some(0)).target, 0);
            assert_eq!(layers.choose(lines(tile), Some(1)).target, 1);
        }
        assert_eq!(layers.choose(lines(180), Some(1)).target, 0);
    }

    #[test]
    fn bandwidth_limits_the_layer() {
        let layers = three([true; 3]);
        for (limit, layer) in [(0, 0), (1, 1), (2, 2), (9, 2)] {
            assert_eq!(layers.choose(most(limit), Some(2)).target, layer);
        }
        let small = Wish {
            most: Some(1),
            ..lines(100)
        };
        assert_eq!(layers.choose(small, Some(1)).target, 0);
    }

    #[test]
    fn a_layer_that_was_never_measured_costs_the_usual() {
        let mut layers = three([true, false, false]);
        layers.states[0].bitrate = 90_000;
        let rates = [0, 1, 2].map(|layer| layers.bitrate(layer));
        assert_eq!(rates, [90_000, 500_000, 1_700_000]);
    }

    #[test]
    fn while_the_best_layer_does_not_run_the_next_smaller_is_shown() {
        let choice = three([true, true, false]).choose(Wish::default(), Some(1));
        assert_eq!((choice.desired, choice.target), (2, 1));
        let choice = three([false, false, true]).choose(lines(100), None);
        assert_eq!((choice.desired, choice.target), (0, 2), "better than none");
        let choice = three([false, false, true]).choose(most(0), None);
        assert_eq!((choice.desired, choice.target), (0, 0), "it does not fit");
        let choice = three([false; 3]).choose(lines(300), None);
        assert_eq!((choice.desired, choice.target), (1, 1));
    }

    #[test]
    fn a_layer_is_wanted_at_once_and_let_go_after_a_second() {
        let start = Instant::now();
        let mut wanted = Wanted::default();
        assert_eq!(wanted.update(0b010, 3, start), Some(0b111));
        let later = start + LET_GO_AFTER / 2;
        assert_eq!(wanted.update(0b010, 3, later), None);
        assert_eq!(
            wanted.update(0b010, 3, start + LET_GO_AFTER),
            Some(0b010),
            "nobody needed the others for a second"
        );
        let later = start + 2 * LET_GO_AFTER;
        assert_eq!(wanted.update(0b100, 3, later), Some(0b110), "at once");
        assert_eq!(wanted.update(0b100, 3, later + LET_GO_AFTER), Some(0b100));
    }

    #[test]
    fn the_smallest_layer_stays_when_nobody_looks() {
        let start = Instant::now();
        let mut wanted = Wanted::default();
        wanted.update(0b100, 3, start);
        wanted.update(0, 3, start);
        assert_eq!(wanted.update(0, 3, start + LET_GO_AFTER), Some(0b001));
    }
}
