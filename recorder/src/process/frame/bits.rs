//! Reads single bits, as the headers of VP9, H264 and AV1 are written. Past the end there is nothing: every read may say `None`.

/// A reader of bits, highest first.
#[derive(Clone, Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    /// From the first bit.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// One bit.
    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// `count` bits, at most 32.
    pub(super) fn number(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u64;
        for _ in 0..count.min(32) {
            value = value << 1 | u64::from(self.flag()?);
        }
        Some(value as u32)
    }

    /// Exponential-Golomb, unsigned (H.264, 9.1).
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = u64::from(self.number(zeros)?);
        Some(((1u64 << zeros) - 1 + rest) as u32)
    }

    /// Exponential-Golomb, signed; only its length matters to us.
    pub(super) fn skip_signed_golomb(&mut self) -> Option<()> {
        self.golomb().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_golomb_codes_are_read() {
        let mut bits = Bits::new(&[0b1010_0011, 0]);
        assert_eq!(bits.golomb(), Some(0));
        assert_eq!(bits.golomb(), Some(1));
        assert_eq!(bits.golomb(), Some(5));
        assert_eq!(bits.number(3), Some(0));
        assert_eq!(bits.golomb(), None, "past the end");
        assert_eq!(Bits::new(&[0; 9]).golomb(), None, "no code is that long");
    }
}
