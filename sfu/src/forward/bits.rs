//! Reads and writes bits, the highest of each byte first. Never past the end.

/// Bits that are read one field after another.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// From the first bit on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bits were read.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next `count` bits (at most 32) as a number; `None` where there are fewer.
    pub fn read(&mut self, count: usize) -> Option<u32> {
        debug_assert!(count <= 32);
        if self.at + count > self.bytes.len() * 8 {
            return None;
        }
        let mut value = 0;
        for at in self.at..self.at + count {
            let bit = self.bytes[at / 8] >> (7 - at % 8) & 1;
            value = value << 1 | u32::from(bit);
        }
        self.at += count;
        Some(value)
    }

    /// Passes over `count` bits; `None` where there are fewer.
    pub fn skip(&mut self, count: usize) -> Option<()> {
        let at = self.at + count;
        (at <= self.bytes.len() * 8).then(|| self.at = at)
    }

    /// The next bit.
    pub fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// A number below `n` with no more bits than it needs (AV1 bitstream specification §4.10.7).
    pub fn below(&mut self, n: u32) -> Option<u32> {
        let width = (u32::BITS - n.leading_zeros()) as usize;
        let short = (1u32 << width) - n;
        let value = self.read(width.checked_sub(1)?)?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + self.read(1)?)
    }
}

/// Bits that are written into a buffer of a fixed size.
#[derive(Debug)]
pub struct BitWriter<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    /// From the first bit on; the buffer is zeroed.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        bytes.fill(0);
        Self { bytes, at: 0 }
    }

    /// Appends the lowest `count` bits of a number; `None` where there is no room.
    pub fn write(&mut self, value: u32, count: usize) -> Option<()> {
        if self.at + count > self.bytes.len() * 8 {
            return None;
        }
        for place in (0..count).rev() {
            let bit = (value >> place & 1) as u8;
            self.bytes[self.at / 8] |= bit << (7 - self.at % 8);
            self.at += 1;
        }
        Some(())
    }

    /// Appends all bits of `from` up to position `end`; `None` where there are too few, or no room.
    pub fn copy(&mut self, from: &mut Bits<'_>, end: usize) -> Option<()> {
        while from.position() < end {
            let count = (end - from.position()).min(32);
            let value = from.read(count)?;
            self.write(value, count)?;
        }
        Some(())
    }

    /// How many bytes were begun.
    pub fn len(&self) -> usize {
        self.at.div_ceil(8)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.at == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_over_the_borders_of_bytes() {
        let mut bits = Bits::new(&[0b1010_0110, 0b1000_0001]);
        assert_eq!(bits.read(3), Some(0b101));
        assert_eq!(bits.read(7), Some(0b0001_1010));
        assert_eq!(bits.flag(), Some(false));
        assert_eq!(bits.position(), 11);
        assert_eq!(bits.read(6), None, "five are left");
        assert_eq!(bits.read(5), Some(1));
    }

    #[test]
    fn a_number_below_five_takes_two_or_three_bits() {
        let mut bits = Bits::new(&[0b0001_1011, 0b1110_0000]);
        let read: Vec<_> = (0..5).map(|_| bits.below(5)).collect();
        assert_eq!(read, [Some(0), Some(1), Some(2), Some(4), Some(3)]);
        assert_eq!(Bits::new(&[]).below(1), Some(0), "no bit at all");
    }

    #[test]
    fn what_is_copied_is_the_same() {
        let from = [0xde, 0xad, 0xbe, 0xef, 0x42, 0x17];
        let mut out = [0; 6];
        let mut writer = BitWriter::new(&mut out);
        let mut bits = Bits::new(&from);
        assert_eq!(writer.copy(&mut bits, 37), Some(()));
        assert_eq!(writer.copy(&mut bits, 48), Some(()));
        assert_eq!((writer.len(), writer.write(1, 1)), (6, None));
        assert_eq!(out, from);
    }
}
