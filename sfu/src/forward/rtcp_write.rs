//! RTCP that goes out. Every function appends one packet to the caller's buffer; together they make a compound.

use super::rtcp::{ReportBlock, SenderInfo};

/// SR without report blocks (RFC 3550 §6.4.1).
pub fn sender_report(out: &mut Vec<u8>, ssrc: u32, info: &SenderInfo) {
    let start = begin(out, 0, 200);
    words(out, &[ssrc, (info.ntp >> 32) as u32, info.ntp as u32]);
    words(out, &[info.rtp, info.packets, info.octets]);
    end(out, start);
}

/// SDES with a CNAME of at most 255 bytes (RFC 3550 §6.5.1); the rest of a longer one is left out.
pub fn sdes_cname(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let start = begin(out, 1, 202);
    words(out, &[ssrc]);
    let name = &cname.as_bytes()[..cname.len().min(255)];
    out.extend_from_slice(&[1, name.len() as u8]);
    out.extend_from_slice(name);
    // One zero ends the list of items, more fill the word.
    out.push(0);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    end(out, start);
}

/// RR with at most 31 blocks (RFC 3550 §6.4.2); the rest is left out: call again with it.
pub fn receiver_report(out: &mut Vec<u8>, ssrc: u32, blocks: &[ReportBlock]) {
    let blocks = &blocks[..blocks.len().min(31)];
    let start = begin(out, blocks.len() as u8, 201);
    words(out, &[ssrc]);
    for block in blocks {
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
        words(
            out,
            &[block.ssrc, u32::from(block.fraction_lost) << 24 | lost],
        );
        words(out, &[block.highest, block.jitter]);
        words(out, &[block.last_sr, block.delay_since_last_sr]);
    }
    end(out, start);
}

/// Generic NACK (RFC 4585 §6.2.1) for sequence numbers in ascending order (modulo wrap). Nothing for an empty list.
pub fn nack(out: &mut Vec<u8>, sender: u32, media: u32, lost: &[u16]) {
    let Some((&first, rest)) = lost.split_first() else {
        return;
    };
    let start = begin(out, 1, 205);
    words(out, &[sender, media]);
    let (mut base, mut mask) = (first, 0u16);
    for &sequence in rest {
        match sequence.wrapping_sub(base) {
            0 => {}
            ahead @ 1..=16 => mask |= 1 << (ahead - 1),
            _ => {
                words(out, &[u32::from(base) << 16 | u32::from(mask)]);
                (base, mask) = (sequence, 0);
            }
        }
    }
    words(out, &[u32::from(base) << 16 | u32::from(mask)]);
    end(out, start);
}

/// Picture loss indication (RFC 4585 §6.3.1).
pub fn pli(out: &mut Vec<u8>, sender: u32, media: u32) {
    let start = begin(out, 1, 206);
    words(out, &[sender, media]);
    end(out, start);
}

/// Appends a header whose length [`end`] fills in; `count` is the report count or the feedback format.
pub(crate) fn begin(out: &mut Vec<u8>, count: u8, kind: u8) -> usize {
    out.extend_from_slice(&[0x80 | count, kind, 0, 0]);
    out.len() - 4
}

/// Fills in the length of the packet that began at `start`.
pub(crate) fn end(out: &mut [u8], start: usize) {
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

/// Appends words, big end first.
pub(crate) fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::super::rtcp::{Rtcp, packets};
    use super::*;

    #[test]
    fn a_sender_report_with_its_name_is_read_back() {
        let info = SenderInfo {
            ntp: 0x0102_0304_0506_0708,
            rtp: 9,
            packets: 10,
            octets: 11,
        };
        let mut out = Vec::new();
        sender_report(&mut out, 77, &info);
        sdes_cname(&mut out, 77, "sfu");
        assert_eq!(
            out[28..],
            [
                0x81, 202, 0, 3, 0, 0, 0, 77, 1, 3, b's', b'f', b'u', 0, 0, 0
            ]
        );
        let all: Vec<_> = packets(&out).map(Result::unwrap).collect();
        assert!(
            matches!(&all[0], Rtcp::SenderReport { ssrc: 77, info: read, .. } if *read == info)
        );
        assert!(matches!(all[1], Rtcp::Other(202)));
    }

    #[test]
    fn a_name_that_ends_on_a_word_still_has_its_zero() {
        let mut out = Vec::new();
        sdes_cname(&mut out, 1, "ab");
        assert_eq!(
            out,
            [0x81, 202, 0, 3, 0, 0, 0, 1, 1, 2, b'a', b'b', 0, 0, 0, 0]
        );
    }

    #[test]
    fn a_receiver_report_is_read_back() {
        let block = ReportBlock {
            ssrc: 1,
            fraction_lost: 2,
            cumulative_lost: -3,
            highest: 4,
            jitter: 5,
            last_sr: 6,
            delay_since_last_sr: 7,
        };
        let mut out = Vec::new();
        receiver_report(&mut out, 8, &[block; 2]);
        let Some(Ok(Rtcp::ReceiverReport { ssrc, blocks })) = packets(&out).next() else {
            panic!("an RR");
        };
        assert_eq!(ssrc, 8);
        assert_eq!(blocks.collect::<Vec<_>>(), [block; 2]);
    }

    #[test]
    fn a_nack_packs_what_lies_within_sixteen() {
        let mut out = Vec::new();
        nack(&mut out, 1, 2, &[65_535, 0, 15, 16]);
        assert_eq!(
            out,
            [
                0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0x80, 0x01, 0, 16, 0, 0
            ]
        );
    }
}
