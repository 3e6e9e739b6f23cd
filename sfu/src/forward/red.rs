//! Sound with earlier packets repeated in front of it (RED, RFC 2198): where the newest begins, and its payload types.

/// Repetitions that one packet may hold; browsers send one or two.
const MAX_BLOCKS: usize = 8;

/// Where the newest sound begins in a payload whose blocks all have this payload type; `None` when it is something else, or
/// cut.
pub fn primary_at(payload: &[u8], payload_type: u8) -> Option<usize> {
    let (mut header, mut repeated) = (0, 0);
    for _ in 0..=MAX_BLOCKS {
        let first = *payload.get(header)?;
        if first & 0x7f != payload_type {
            return None;
        }
        if first & 0x80 == 0 {
            let at = header + 1 + repeated;
            return (at < payload.len()).then_some(at);
        }
        let lengths = payload.get(header + 2..header + 4)?;
        repeated += usize::from(u16::from_be_bytes([lengths[0], lengths[1]]) & 0x3ff);
        header += 4;
    }
    None
}

/// Gives all blocks of a payload that [`primary_at`] took another payload type.
pub fn retype(payload: &mut [u8], payload_type: u8) {
    let mut header = 0;
    while let Some(first) = payload.get_mut(header) {
        let last = *first & 0x80 == 0;
        *first = *first & 0x80 | payload_type & 0x7f;
        if last {
            return;
        }
        header += 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One repetition of three bytes, 960 ticks older, and a primary of two.
    const ONE: [u8; 10] = [0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2, 3, 8, 9];

    #[test]
    fn the_newest_sound_lies_behind_the_repeated() {
        assert_eq!(primary_at(&ONE, 111), Some(8));
        assert_eq!(primary_at(&[0x6f, 8, 9], 111), Some(1), "nothing repeated");
    }

    #[test]
    fn what_is_cut_or_of_another_type_is_refused() {
        for cut in 0..=8 {
            assert_eq!(primary_at(&ONE[..cut], 111), None, "{cut} bytes");
        }
        assert_eq!(primary_at(&ONE, 109), None);
        assert_eq!(primary_at(&[0xef, 0, 0, 0].repeat(20), 111), None);
    }

    #[test]
    fn each_receiver_gets_its_own_payload_type() {
        let mut payload = ONE;
        retype(&mut payload, 109);
        assert_eq!(primary_at(&payload, 109), Some(8));
        retype(&mut payload, 111);
        assert_eq!(payload, ONE);
    }
}
