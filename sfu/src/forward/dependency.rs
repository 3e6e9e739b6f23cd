//! The dependency descriptor, an RTP header extension (AV1 RTP specification, appendix A): which frames a frame needs, and
//! for which decode targets (a size and a speed of pictures) it is needed. Written by strangers: everything is bounded.

use super::bits::{BitWriter, Bits};

/// Longest descriptor that is taken.
pub const MAX_BYTES: usize = 120;
/// Decode targets and templates that are taken; three sizes by three speeds have 9 and about 20.
const MAX_TARGETS: usize = 16;
const MAX_TEMPLATES: usize = 64;
const MAX_CHAINS: usize = 16;
/// Sizes whose lines are noted.
const MAX_SPATIAL: usize = 4;

/// What a frame is to one decode target (A.8.1: decode target indication).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Indication {
    /// It is not for it.
    #[default]
    NotPresent,
    /// Nothing else of it needs this frame.
    Discardable,
    /// Who can decode this frame can decode all that follows of the target.
    Switch,
    /// Others of it need this frame.
    Required,
}

impl Indication {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        Some(match bits.read(2)? {
            0 => Self::NotPresent,
            1 => Self::Discardable,
            2 => Self::Switch,
            _ => Self::Required,
        })
    }
}

/// What a template, or a frame, says.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Frame {
    /// Its size: 0 is the smallest.
    pub spatial: u8,
    /// Its speed: 0 is the slowest.
    pub temporal: u8,
    /// What it is to each decode target.
    pub targets: [Indication; MAX_TARGETS],
    /// How far before it the frames lie that it needs: bit 0 is the one just before it.
    pub needs: u64,
    /// It needs one that lies further back than can be said.
    pub needs_far: bool,
}

impl Frame {
    fn need(&mut self, back: u32) {
        match back {
            1..=64 => self.needs |= 1 << (back - 1),
            _ => self.needs_far = true,
        }
    }
}

/// What a sender's descriptors refer to: it comes with a keyframe and holds until the next that has one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Structure {
    offset: u8,
    templates: Vec<Frame>,
    targets: u8,
    chains: u8,
    /// Size and speed of each decode target.
    places: [(u8, u8); MAX_TARGETS],
    /// Lines of each size; 0: not said.
    lines: [u16; MAX_SPATIAL],
}

/// One packet's descriptor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// The first packet of its frame.
    pub begins: bool,
    /// The last packet of its frame.
    pub ends: bool,
    /// The frame's number.
    pub number: u16,
    /// What the frame is.
    pub frame: Frame,
    /// A new structure, which it refers to itself.
    pub structure: Option<Box<Structure>>,
}

impl Structure {
    /// Size and speed of each decode target.
    pub fn targets(&self) -> &[(u8, u8)] {
        &self.places[..usize::from(self.targets)]
    }

    /// Lines of the pictures of a size; 0: not said.
    pub fn lines(&self, spatial: u8) -> u16 {
        self.lines.get(usize::from(spatial)).copied().unwrap_or(0)
    }

    /// A.8.2: `template_dependency_structure`.
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let offset = bits.read(6)? as u8;
        let targets = bits.read(5)? as u8 + 1;
        if usize::from(targets) > MAX_TARGETS {
            return None;
        }
        let mut structure = Self {
            offset,
            templates: read_layers(bits)?,
            targets,
            chains: 0,
            places: [(0, 0); MAX_TARGETS],
            lines: [0; MAX_SPATIAL],
        };
        for template in &mut structure.templates {
            for target in &mut template.targets[..usize::from(targets)] {
                *target = Indication::read(bits)?;
            }
        }
        for template in &mut structure.templates {
            while bits.flag()? {
                let back = bits.read(4)? + 1;
                template.need(back);
            }
        }
        structure.read_chains(bits)?;
        structure.place_targets();
        if bits.flag()? {
            let sizes = structure.templates.iter().map(|template| template.spatial);
            for size in 0..=sizes.max().unwrap_or(0) {
                let (_width, lines) = (bits.read(16)?, bits.read(16)? + 1);
                if let Some(known) = structure.lines.get_mut(usize::from(size)) {
                    *known = u16::try_from(lines).unwrap_or(u16::MAX);
                }
            }
        }
        Some(structure)
    }

    fn read_chains(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let chains = bits.below(u32::from(self.targets) + 1)?;
        if chains == 0 {
            return Some(());
        }
        for _ in 0..self.targets {
            bits.below(chains)?;
        }
        for _ in 0..self.templates.len() * chains as usize {
            bits.read(4)?;
        }
        self.chains = u8::try_from(chains)
            .ok()
            .filter(|chains| usize::from(*chains) <= MAX_CHAINS)?;
        Some(())
    }

    /// A.8.2: `decode_target_layers`.
    fn place_targets(&mut self) {
        for (target, place) in self
            .places
            .iter_mut()
            .enumerate()
            .take(usize::from(self.targets))
        {
            for template in &self.templates {
                if template.targets[target] != Indication::NotPresent {
                    *place = (
                        place.0.max(template.spatial),
                        place.1.max(template.temporal),
                    );
                }
            }
        }
    }
}

/// A.8.2: `template_layers`.
fn read_layers(bits: &mut Bits<'_>) -> Option<Vec<Frame>> {
    let mut templates = Vec::new();
    let mut frame = Frame::default();
    loop {
        if templates.len() == MAX_TEMPLATES {
            return None;
        }
        templates.push(frame);
        match bits.read(2)? {
            0 => {}
            1 => frame.temporal += 1,
            2 => (frame.spatial, frame.temporal) = (frame.spatial + 1, 0),
            _ => return Some(templates),
        }
        if frame.temporal > 7 || frame.spatial > 3 {
            return None;
        }
    }
}

/// What the flags of a descriptor's second part announce (A.8.2: `extended_descriptor_fields`).
#[derive(Clone, Copy, Default)]
struct Announced {
    structure: bool,
    mask: bool,
    targets: bool,
    needs: bool,
    chains: bool,
}

impl Announced {
    fn read(bits: &mut Bits<'_>, bytes: &[u8]) -> Option<Self> {
        if bytes.len() <= 3 {
            return Some(Self::default());
        }
        Some(Self {
            structure: bits.flag()?,
            mask: bits.flag()?,
            targets: bits.flag()?,
            needs: bits.flag()?,
            chains: bits.flag()?,
        })
    }
}

impl Descriptor {
    /// Reads an extension's value. `known` is what the stream's last structure said; `None` when the value is malformed, or
    /// refers to what is not known.
    pub fn parse(bytes: &[u8], known: Option<&Structure>) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            return None;
        }
        let mut bits = Bits::new(bytes);
        let (begins, ends) = (bits.flag()?, bits.flag()?);
        let (template, number) = (bits.read(6)? as u8, bits.read(16)? as u16);
        let announced = Announced::read(&mut bits, bytes)?;
        let structure = match announced.structure {
            true => Some(Box::new(Structure::read(&mut bits)?)),
            false => None,
        };
        let known = structure.as_deref().or(known)?;
        if announced.mask {
            bits.read(usize::from(known.targets))?;
        }
        let template = usize::from((template + 64 - known.offset) % 64);
        let mut frame = *known.templates.get(template)?;
        if announced.targets {
            for target in &mut frame.targets[..usize::from(known.targets)] {
                *target = Indication::read(&mut bits)?;
            }
        }
        if announced.needs {
            (frame.needs, frame.needs_far) = (0, false);
            loop {
                let size = bits.read(2)? as usize;
                if size == 0 {
                    break;
                }
                let back = bits.read(4 * size)? + 1;
                frame.need(back);
            }
        }
        if announced.chains {
            for _ in 0..known.chains {
                bits.read(8)?;
            }
        }
        Some(Self {
            begins,
            ends,
            number,
            frame,
            structure,
        })
    }
}

/// Whether a descriptor brings a structure of its own.
pub fn has_structure(bytes: &[u8]) -> bool {
    bytes.get(3).is_some_and(|flags| flags & 0x80 != 0)
}

/// The descriptor with this mask of active decode targets (bit 0 is the first of `targets`), written into `out`; gives its
/// length. It is put in where there is none yet. `None`: it cannot be read, or does not fit.
pub fn with_mask(bytes: &[u8], mask: u32, targets: u8, out: &mut [u8]) -> Option<usize> {
    let targets = usize::from(targets);
    let mut bits = Bits::new(bytes);
    let mut writer = BitWriter::new(out);
    writer.copy(&mut bits, 24)?;
    let announced = Announced::read(&mut bits, bytes)?;
    if announced.structure {
        Structure::read(&mut bits)?;
    }
    let end = bits.position();
    let mut bits = Bits::new(bytes);
    bits.skip(24)?;
    // Five flags, of which the second announces the mask.
    let flags = if end > 24 { bits.read(5)? } else { 0 };
    writer.write(flags | 0b01000, 5)?;
    writer.copy(&mut bits, end)?;
    writer.write(mask, targets)?;
    if announced.mask {
        bits.skip(targets)?;
    }
    writer.copy(&mut bits, bytes.len() * 8)?;
    Some(writer.len())
}

/// Adds to the frame number in place.
pub fn shift_number(bytes: &mut [u8], shift: u16) {
    if let [_, high, low, ..] = bytes {
        let number = u16::from_be_bytes([*high, *low]).wrapping_add(shift);
        [*high, *low] = number.to_be_bytes();
    }
}

#[cfg(test)]
#[path = "tests/dependency.rs"]
pub(super) mod tests;
