//! Opus (RFC 6716, RFC 7587): a packet is a frame of a file as it is. What is missing is filled with packets that say so.

use bytes::Bytes;

/// How long a packet sounds (RFC 6716, 3.1 and 3.2), in µs; `None` for one that is malformed.
pub(crate) fn duration_us(packet: &[u8]) -> Option<u64> {
    let toc = *packet.first()?;
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(*packet.get(1)? & 0x3f),
    };
    let total = frames * frame_us(toc);
    (1..=120_000).contains(&total).then_some(total)
}

/// A packet that lets the decoder conceal one lost frame of the stream whose last packet began with this byte (RFC 6716, 3.2.1:
/// a frame of no length), and how long that is.
pub(crate) fn concealment(toc: u8) -> (Bytes, u64) {
    (Bytes::copy_from_slice(&[toc & !3]), frame_us(toc))
}

fn frame_us(toc: u8) -> u64 {
    match toc >> 3 {
        config @ 0..12 => [10_000, 20_000, 40_000, 60_000][usize::from(config & 3)],
        config @ 12..16 => [10_000, 20_000][usize::from(config & 1)],
        config => [2_500, 5_000, 10_000, 20_000][usize::from(config & 3)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_follow_the_first_byte() {
        // CELT fullband 20 ms: config 31.
        assert_eq!(duration_us(&[0xfc, 1, 2]), Some(20_000));
        // SILK wideband 60 ms: config 11, two frames of equal size: 120 ms.
        assert_eq!(duration_us(&[0x59, 1, 2]), Some(120_000));
        // Code 3 with 6 frames of 20 ms.
        assert_eq!(duration_us(&[0xff, 6]), Some(120_000));
        assert_eq!(duration_us(&[0xff, 7]), None, "longer than any packet");
        assert_eq!(duration_us(&[0xff, 0]), None, "no frame");
        assert_eq!(duration_us(&[0xff]), None);
        assert_eq!(duration_us(&[]), None);
        assert_eq!(concealment(0xff).1, 20_000);
        assert_eq!(duration_us(&concealment(0xff).0), Some(20_000));
    }
}
