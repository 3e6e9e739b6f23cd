//! Packet status chunks of transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.1–3.1.4).

/// How a packet arrived, as two bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Status {
    /// It did not.
    Missing = 0,
    /// Within 63.75 ms after the one before: one byte of delta.
    Small = 1,
    /// Later, or earlier: two bytes of delta.
    Large = 2,
}

impl Status {
    /// From two bits; the reserved value means nothing and is read as missing.
    fn from_bits(bits: u16) -> Self {
        match bits & 3 {
            1 => Self::Small,
            2 => Self::Large,
            _ => Self::Missing,
        }
    }
}

const MAX_RUN: usize = 0x1fff;
const ONE_BIT: usize = 14;
const TWO_BIT: usize = 7;

/// Appends the chunks for a list of statuses: runs where they are shorter, vectors elsewhere.
pub(super) fn write(out: &mut Vec<u8>, statuses: &[Status]) {
    let mut rest = statuses;
    while let Some(&first) = rest.first() {
        let run = rest
            .iter()
            .take(MAX_RUN)
            .take_while(|&&status| status == first)
            .count();
        let narrow = rest.iter().take(ONE_BIT).all(|&s| s != Status::Large);
        let (chunk, taken) = if run == rest.len() || run >= ONE_BIT || (run >= TWO_BIT && !narrow) {
            ((first as u16) << 13 | run as u16, run)
        } else if narrow {
            vector(rest, ONE_BIT, 1, 0x8000)
        } else {
            vector(rest, TWO_BIT, 2, 0xc000)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        rest = &rest[taken..];
    }
}

/// A vector chunk of `places` statuses of `bits` bits; places beyond the list stay "missing".
fn vector(rest: &[Status], places: usize, bits: usize, head: u16) -> (u16, usize) {
    let taken = rest.len().min(places);
    let symbols = rest[..taken]
        .iter()
        .enumerate()
        .map(|(place, &status)| (status as u16) << (14 - bits * (place + 1)));
    (head | symbols.sum::<u16>(), taken)
}

/// The statuses in a list of chunks, endless ones cut by the caller.
#[derive(Clone, Debug)]
pub(super) struct Statuses<'a> {
    chunks: &'a [u8],
    chunk: u16,
    /// Statuses of `chunk` that were not given yet.
    left: usize,
}

impl<'a> Statuses<'a> {
    /// Reads chunks from the front of `chunks`.
    pub(super) fn new(chunks: &'a [u8]) -> Self {
        Self {
            chunks,
            chunk: 0,
            left: 0,
        }
    }

    /// What lies behind the chunks that were begun.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.chunks
    }
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        while self.left == 0 {
            let (&chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = u16::from_be_bytes(chunk);
            self.left = match self.chunk >> 14 {
                2 => ONE_BIT,
                3 => TWO_BIT,
                _ => usize::from(self.chunk & 0x1fff),
            };
        }
        self.left -= 1;
        Some(match self.chunk >> 14 {
            2 => Status::from_bits(self.chunk >> self.left & 1),
            3 => Status::from_bits(self.chunk >> (2 * self.left)),
            _ => Status::from_bits(self.chunk >> 13),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Large, Missing, Small};
    use super::*;

    fn written(statuses: &[Status]) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, statuses);
        let read: Vec<_> = Statuses::new(&out).take(statuses.len()).collect();
        assert_eq!(read, statuses);
        out
    }

    #[test]
    fn the_drafts_own_examples_are_written_byte_for_byte() {
        // §3.1.3: a run of 221 packets not received; §3.1.4: vectors.
        assert_eq!(written(&[Missing; 221]), [0b0000_0000, 0b1101_1101]);
        let mut one_bit = vec![Missing];
        one_bit.extend([Small; 5]);
        one_bit.extend([Missing; 3]);
        one_bit.extend([Small; 3]);
        one_bit.extend([Missing; 2]);
        assert_eq!(written(&one_bit), [0b1001_1111, 0b0001_1100]);
        let two_bit = [Missing, Large, Small, Small, Small, Missing, Missing];
        assert_eq!(written(&two_bit), [0b1100_1001, 0b0101_0000]);
    }

    #[test]
    fn long_runs_are_split_at_thirteen_bits() {
        assert_eq!(written(&[Small; 8200]), [0b0011_1111, 0xff, 0b0010_0000, 9]);
    }

    #[test]
    fn a_run_before_a_large_delta_is_a_run() {
        let mut statuses = vec![Small; 8];
        statuses.push(Large);
        assert_eq!(written(&statuses), [0x20, 8, 0x40, 1]);
    }
}
