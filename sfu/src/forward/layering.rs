//! The sizes and speeds of pictures within one stream: which a frame belongs to, which need it, and where a receiver may
//! change from one to another. Read from the dependency descriptor, else from what VP8 and VP9 say themselves.

use super::dependency::{Descriptor, Indication, Structure};
use super::{vp8, vp9};
use crate::ids::Codec;

/// Speeds and sizes that are told apart.
pub const MAX_LEVELS: u8 = 4;

/// A size and a speed of pictures, with all that is smaller and slower. Ordered as they are given up: speed before size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Level {
    /// Size: 0 is the smallest.
    pub spatial: u8,
    /// Pictures a second: 0 is the fewest.
    pub temporal: u8,
}

impl Level {
    /// As much as there is.
    pub const TOP: Self = Self {
        spatial: MAX_LEVELS - 1,
        temporal: MAX_LEVELS - 1,
    };

    fn bit(self) -> u16 {
        let place =
            self.spatial.min(MAX_LEVELS - 1) * MAX_LEVELS + self.temporal.min(MAX_LEVELS - 1);
        1 << place
    }
}

/// A set of levels.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Levels(u16);

impl Levels {
    /// Adds a level.
    pub fn add(&mut self, level: Level) {
        self.0 |= level.bit();
    }

    /// Whether a level is in it.
    pub fn has(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    /// All of them, the smallest and slowest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Level> {
        let all = (0..MAX_LEVELS * MAX_LEVELS).map(|place| Level {
            spatial: place / MAX_LEVELS,
            temporal: place % MAX_LEVELS,
        });
        all.filter(move |level| self.has(*level))
    }

    /// Whether there is anything to choose.
    pub fn is_choice(self) -> bool {
        self.0.count_ones() > 1
    }

    /// The best that is no more than `most`; else the least there is.
    pub fn best(self, most: Level) -> Option<Level> {
        let fits = |level: &Level| level.spatial <= most.spatial && level.temporal <= most.temporal;
        self.iter().rfind(fits).or_else(|| self.iter().next())
    }
}

/// What a packet's frame is to the levels of its stream. The default is a stream of one level.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Layering {
    /// The frame's own.
    pub level: Level,
    /// What can be received.
    pub exist: Levels,
    /// What needs the frame.
    pub needed: Levels,
    /// What can be begun with it, as far as what it needs was received.
    pub switches: Levels,
    /// The first packet of the frame.
    pub begins: bool,
    /// The last packet of the frame.
    pub ends: bool,
    /// Its number, and how far before it those lie that it needs; see [`super::dependency::Frame::needs`].
    pub number: Option<u16>,
    /// See there.
    pub needs: u64,
    /// Needs what nobody can say: nothing can be begun with it.
    pub needs_far: bool,
    /// How many decode targets the descriptor knows.
    pub targets: u8,
    /// The level of each, four bits of it, the first target lowest.
    places: u64,
}

/// What one stream said of its levels so far.
#[derive(Debug, Default)]
pub struct Reader {
    structure: Option<Box<Structure>>,
    seen: Levels,
}

impl Reader {
    /// Lines of the pictures of a size, where the sender says it.
    pub fn lines(&self, spatial: u8) -> Option<u16> {
        let lines = self.structure.as_ref()?.lines(spatial);
        (lines > 0).then_some(lines)
    }

    /// Reads what a packet says. `dependencies` is the value of its dependency descriptor.
    pub fn read(
        &mut self,
        codec: Codec,
        payload: &[u8],
        marker: bool,
        dependencies: Option<&[u8]>,
    ) -> Layering {
        let described =
            dependencies.and_then(|value| Descriptor::parse(value, self.structure.as_deref()));
        if let Some(mut descriptor) = described {
            if let Some(structure) = descriptor.structure.take() {
                self.structure = Some(structure);
            }
            return self.described(&descriptor);
        }
        let layering = match codec {
            Codec::Vp8 => {
                vp8::Descriptor::parse(payload).and_then(|of| self.vp8(&of, payload, marker))
            }
            Codec::Vp9 => vp9::Descriptor::parse(payload).and_then(|of| self.vp9(&of)),
            _ => None,
        };
        layering.unwrap_or_default()
    }

    fn described(&self, descriptor: &Descriptor) -> Layering {
        let frame = &descriptor.frame;
        let mut layering = Layering {
            level: Level {
                spatial: frame.spatial,
                temporal: frame.temporal,
            },
            begins: descriptor.begins,
            ends: descriptor.ends,
            number: Some(descriptor.number),
            needs: frame.needs,
            needs_far: frame.needs_far,
            ..Layering::default()
        };
        let targets = self
            .structure
            .as_ref()
            .map_or(&[][..], |known| known.targets());
        layering.targets = targets.len() as u8;
        for (target, (&(spatial, temporal), indication)) in
            targets.iter().zip(frame.targets).enumerate()
        {
            let level = Level { spatial, temporal };
            layering.exist.add(level);
            if indication != Indication::NotPresent {
                layering.needed.add(level);
            }
            if indication == Indication::Switch {
                layering.switches.add(level);
            }
            let place = spatial.min(MAX_LEVELS - 1) * MAX_LEVELS + temporal.min(MAX_LEVELS - 1);
            layering.places |= u64::from(place) << (4 * target);
        }
        layering
    }

    /// RFC 7741 §4.2: TID and Y.
    fn vp8(&mut self, of: &vp8::Descriptor, payload: &[u8], marker: bool) -> Option<Layering> {
        let temporal = of.temporal?;
        self.seen.add(Level {
            spatial: 0,
            temporal,
        });
        let keyframe = of.begins_frame && payload.get(of.len).is_some_and(|header| header & 1 == 0);
        let mut layering = self.undescribed(Level {
            spatial: 0,
            temporal,
        });
        for level in self.seen.iter() {
            if level.temporal >= temporal {
                layering.needed.add(level);
            }
            if keyframe || (of.synchronises && level.temporal == temporal) {
                layering.switches.add(level);
            }
        }
        (layering.begins, layering.ends) = (of.begins_frame, marker);
        Some(layering)
    }

    /// RFC 9628 §4.2: SID, TID, U, P, B, E, Z.
    fn vp9(&mut self, of: &vp9::Descriptor) -> Option<Layering> {
        let level = Level {
            spatial: of.spatial_layer,
            temporal: of.temporal?,
        };
        self.seen.add(level);
        let mut layering = self.undescribed(level);
        for other in self.seen.iter() {
            let alone = of.needed_by_no_larger && other.spatial > level.spatial;
            if other.spatial >= level.spatial && other.temporal >= level.temporal && !alone {
                layering.needed.add(other);
            }
            let first = !of.predicted && level.spatial == 0;
            if first
                || (of.may_rise
                    && other.spatial == level.spatial
                    && other.temporal > level.temporal)
            {
                layering.switches.add(other);
            }
        }
        (layering.begins, layering.ends) = (of.begins_frame, of.ends_frame);
        Some(layering)
    }

    fn undescribed(&self, level: Level) -> Layering {
        Layering {
            level,
            exist: self.seen,
            ..Layering::default()
        }
    }
}

impl Layering {
    /// The descriptor's mask of the decode targets that remain for a receiver of this level.
    pub fn mask(&self, level: Level) -> u32 {
        (0..self.targets).fold(0, |mask, target| {
            let place = (self.places >> (4 * target) & 15) as u8;
            let active =
                place / MAX_LEVELS <= level.spatial && place % MAX_LEVELS <= level.temporal;
            mask | u32::from(active) << target
        })
    }
}

/// What a slot receives of the levels of the stream it shows.
#[derive(Clone, Copy, Debug)]
pub struct Sieve {
    /// What the receiver should get.
    pub wanted: Level,
    on: Level,
    exist: Levels,
    /// The newest frame that came, and which of it and the 63 before it went out: bit 0 is the newest.
    newest: Option<u16>,
    went_out: u64,
    changed: bool,
}

/// What becomes of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// It is forwarded.
    pub needed: bool,
    /// It is the last of its picture that is.
    pub last: bool,
}

impl Default for Sieve {
    fn default() -> Self {
        Self {
            wanted: Level::TOP,
            on: Level::TOP,
            exist: Levels::default(),
            newest: None,
            went_out: 0,
            changed: false,
        }
    }
}

impl Sieve {
    /// What it gets.
    pub fn on(&self) -> Level {
        self.on
    }

    /// Another stream begins.
    pub fn restart(&mut self, layering: &Layering) {
        self.exist = layering.exist;
        self.on = layering.exist.best(self.wanted).unwrap_or(Level::TOP);
        (self.newest, self.went_out) = (None, 0);
        self.changed = true;
    }

    /// Whether the size that is wanted can only be begun with a keyframe.
    pub fn needs_keyframe(&self) -> bool {
        let wanted = self.exist.best(self.wanted);
        wanted.is_some_and(|wanted| wanted.spatial != self.on.spatial)
    }

    /// Whether the level changed since this was asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Decides about a packet.
    pub fn judge(&mut self, layering: &Layering) -> Verdict {
        if !layering.exist.is_choice() {
            return Verdict {
                needed: true,
                last: false,
            };
        }
        self.exist = layering.exist;
        if layering.begins {
            self.move_on(layering);
        }
        let needed = layering.needed.has(self.on);
        self.note(layering.number, needed);
        Verdict {
            needed,
            last: layering.ends && layering.level.spatial == self.on.spatial,
        }
    }

    fn move_on(&mut self, layering: &Layering) {
        let Some(wanted) = layering
            .exist
            .best(self.wanted)
            .filter(|wanted| *wanted != self.on)
        else {
            return;
        };
        let before = self.on;
        if wanted.temporal < self.on.temporal {
            // What is slower needs nothing of what is faster.
            self.on.temporal = wanted.temporal;
        }
        let has_all = self.has_all(layering);
        let one_up = Level {
            temporal: self.on.temporal + 1,
            ..self.on
        };
        // What VP8 and VP9 say themselves holds for who receives the frame's own speed, or the one just below.
        let near = layering.number.is_some() || layering.level.temporal <= self.on.temporal;
        if has_all && layering.switches.has(wanted) && (near || wanted == one_up) {
            self.on = wanted;
        } else if has_all && layering.switches.has(one_up) && wanted.temporal > self.on.temporal {
            self.on = one_up;
        }
        self.changed |= self.on != before;
    }

    /// Whether everything that a frame needs went out.
    fn has_all(&self, layering: &Layering) -> bool {
        let Some(number) = layering.number.filter(|_| layering.needs != 0) else {
            return !layering.needs_far;
        };
        let ahead = self.newest.map_or(0, |newest| number.wrapping_sub(newest));
        // Bit n of what it needs is the frame n + 1 before it: bit n + 1 - ahead of what went out.
        if !(1..=63).contains(&ahead) || layering.needs & ((1 << (ahead - 1)) - 1) != 0 {
            return false;
        }
        !layering.needs_far && (layering.needs >> (ahead - 1)) & !self.went_out == 0
    }

    fn note(&mut self, number: Option<u16>, went_out: bool) {
        let Some(number) = number else {
            return;
        };
        let ahead = self.newest.map_or(64, |newest| number.wrapping_sub(newest));
        match ahead {
            0 => self.went_out |= u64::from(went_out),
            1..=0x7fff => {
                self.went_out =
                    self.went_out.checked_shl(u32::from(ahead)).unwrap_or(0) | u64::from(went_out);
                self.newest = Some(number);
            }
            _ => {
                let back = 0u16.wrapping_sub(ahead);
                if back < 64 {
                    self.went_out |= u64::from(went_out) << back;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "tests/layering.rs"]
mod tests;
