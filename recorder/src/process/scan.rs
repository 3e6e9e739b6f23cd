//! Reads how far a WebM or Matroska file of ours goes: where its last whole block ends, and when that is. A file that was cut off by a
//! crash is cut there before it is remuxed. Reads element headers only (RFC 8794, RFC 9559).

use std::io::{self, BufReader, Read, Seek, SeekFrom};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const DURATION: u32 = 0x4489;
const CLUSTER: u32 = 0x1F43_B675;
const TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;

/// How far a file goes. Times are milliseconds: the time unit in which our files are written.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Extent {
    /// Where the last whole element ends.
    pub(crate) end: u64,
    /// Whole blocks.
    pub(crate) blocks: u64,
    /// The time of the newest whole block.
    pub(crate) last_ms: u64,
    /// What the header says, in a finished file.
    pub(crate) duration_ms: Option<f64>,
}

/// Walks through a file. Garbage ends the walk; only the disk's errors are errors.
pub(crate) fn scan(file: impl Read + Seek) -> io::Result<Extent> {
    let mut file = BufReader::new(file);
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut walk = Walk {
        file,
        at: 0,
        length,
        cluster_ms: 0,
        extent: Extent::default(),
    };
    match walk.run() {
        Ok(()) => Ok(walk.extent),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(walk.extent),
        Err(error) => Err(error),
    }
}

struct Walk<F> {
    file: BufReader<F>,
    at: u64,
    length: u64,
    cluster_ms: u64,
    extent: Extent,
}

impl<F: Read + Seek> Walk<F> {
    fn run(&mut self) -> io::Result<()> {
        while self.at < self.length {
            let (id, size) = self.header()?;
            if matches!(id, SEGMENT | CLUSTER | INFO) {
                self.extent.end = self.at;
                continue;
            }
            let Some(end) = size
                .and_then(|size| self.at.checked_add(size))
                .filter(|end| *end <= self.length)
            else {
                return Ok(());
            };
            self.element(id, end)?;
            // An element inside of this one claimed to be longer than it.
            let Some(left) = end.checked_sub(self.at) else {
                return Ok(());
            };
            self.file.seek_relative(left as i64)?;
            self.at = end;
            self.extent.end = end;
        }
        Ok(())
    }

    /// Looks into one whole element that ends at `end`.
    fn element(&mut self, id: u32, end: u64) -> io::Result<()> {
        match id {
            TIMESTAMP if end - self.at <= 8 => {
                self.cluster_ms = 0;
                while self.at < end {
                    self.cluster_ms = self.cluster_ms << 8 | u64::from(self.byte()?);
                }
            }
            DURATION if end - self.at == 8 => {
                let mut bytes = [0; 8];
                for byte in &mut bytes {
                    *byte = self.byte()?;
                }
                let duration = f64::from_be_bytes(bytes);
                self.extent.duration_ms = Some(duration).filter(|ms| (0.0..1e12).contains(ms));
            }
            SIMPLE_BLOCK => self.block(end)?,
            BLOCK_GROUP => {
                while self.at < end {
                    let (id, size) = self.header()?;
                    let Some(size) = size.filter(|size| *size <= end.saturating_sub(self.at))
                    else {
                        return Ok(());
                    };
                    if id == BLOCK {
                        return self.block(self.at + size);
                    }
                    self.file.seek_relative(size as i64)?;
                    self.at += size;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Track number, then the time since the cluster's as a signed 16-bit number.
    fn block(&mut self, end: u64) -> io::Result<()> {
        if end.saturating_sub(self.at) < 4 {
            return Ok(());
        }
        let first = self.byte()?;
        let more = first.leading_zeros().min(7);
        if end - self.at < u64::from(more) + 2 {
            return Ok(());
        }
        for _ in 0..more {
            self.byte()?;
        }
        let offset = i16::from_be_bytes([self.byte()?, self.byte()?]);
        let at_ms = self.cluster_ms.saturating_add_signed(i64::from(offset));
        self.extent.blocks += 1;
        self.extent.last_ms = self.extent.last_ms.max(at_ms);
        Ok(())
    }

    /// An element's id and size; no size means "to the end of what is around it".
    fn header(&mut self) -> io::Result<(u32, Option<u64>)> {
        let first = self.byte()?;
        let mut id = u32::from(first);
        if first.leading_zeros() > 3 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for _ in 0..first.leading_zeros() {
            id = id << 8 | u32::from(self.byte()?);
        }
        let first = self.byte()?;
        let more = first.leading_zeros();
        if more > 7 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut size = u64::from(first) & (0x7f >> more);
        for _ in 0..more {
            size = size << 8 | u64::from(self.byte()?);
        }
        let unknown = (1u64 << (7 * (more + 1))) - 1;
        Ok((id, (size != unknown).then_some(size)))
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.file.read_exact(&mut byte)?;
        self.at += 1;
        Ok(byte[0])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    /// A segment and a cluster of unknown size at 1,000 ms, with blocks at +0 and +500 ms.
    fn file() -> Vec<u8> {
        let mut bytes = vec![0x1a, 0x45, 0xdf, 0xa3, 0x81, 0x00];
        bytes.extend([
            0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255,
        ]);
        bytes.extend([0x1f, 0x43, 0xb6, 0x75, 0xff, 0xe7, 0x82, 0x03, 0xe8]);
        bytes.extend([0xa3, 0x85, 0x81, 0x00, 0x00, 0x80, 7]);
        bytes.extend([0xa0, 0x87, 0xa1, 0x85, 0x81, 0x01, 0xf4, 0x00, 7]);
        bytes
    }

    #[test]
    fn whole_blocks_are_counted() {
        let bytes = file();
        let extent = scan(Cursor::new(&bytes)).unwrap();
        assert_eq!((extent.blocks, extent.last_ms), (2, 1500));
        assert_eq!(extent.end, bytes.len() as u64);
    }

    #[test]
    fn a_block_that_was_cut_off_does_not_count() {
        let bytes = file();
        let cut = scan(Cursor::new(&bytes[..bytes.len() - 1])).unwrap();
        assert_eq!((cut.blocks, cut.last_ms), (1, 1000));
        assert_eq!(cut.end, bytes.len() as u64 - 9);
    }

    #[test]
    fn a_block_that_claims_to_be_longer_than_it_is_does_not_count() {
        let mut bytes = file();
        let whole = scan(Cursor::new(&bytes)).unwrap();
        // A track number of eight bytes in a block of four; a group whose inner header is longer than the group.
        bytes.extend([0xa3, 0x84, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let extent = scan(Cursor::new(&bytes)).unwrap();
        assert_eq!((extent.blocks, extent.last_ms), (2, 1500));
        let mut bytes = file();
        bytes.extend([0xa0, 0x81, 0x1f, 0x43, 0xb6, 0x75, 0x80, 0, 0, 0]);
        assert_eq!(scan(Cursor::new(&bytes)).unwrap(), whole);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), whole: bool) {
            if whole {
                bytes = [file(), bytes].concat();
            }
            let extent = scan(Cursor::new(&bytes)).unwrap();
            prop_assert!(extent.end <= bytes.len() as u64);
        }
    }
}
