//! Facts about the dependency descriptor.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use proptest::prelude::*;

use super::*;

/// A keyframe's first packet from Chromium: three sizes at three speeds each (L3T3), sizes in pixels at the end.
pub(crate) const L3T3: &str = "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601df010d";

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// Two speeds: template 10 is a keyframe, 11 the slow frame (needs the one two before it), 12 the fast (needs the one
/// before it, and nothing needs it); sizes are not said.
pub(crate) fn two_speeds(template: u8, number: u16) -> Vec<u8> {
    let mut out = [0; 32];
    let mut bits = BitWriter::new(&mut out);
    let mut put = |value: u32, count: usize| bits.write(value, count).unwrap();
    put(0b11, 2);
    put(u32::from(template), 6);
    put(u32::from(number), 16);
    if template == 10 {
        put(0b10000, 5);
        put(10, 6);
        put(1, 5);
        // Layers: the same, one faster, the end.
        put(0b000111, 6);
        // What each is to the slow and to the fast target.
        put(0b101010100001, 12);
        // Needs: nothing; two back; one back.
        put(0b0100010100000, 13);
        // No chains, no sizes.
        put(0, 2);
    }
    let len = bits.len();
    out[..len].to_vec()
}

#[test]
fn what_chromium_sends_is_read() {
    let descriptor = Descriptor::parse(&bytes(L3T3), None).unwrap();
    assert!(descriptor.begins && descriptor.ends);
    assert_eq!(descriptor.number, 0x0172);
    let structure = descriptor.structure.unwrap();
    let all: Vec<_> = (0..3)
        .flat_map(|size| (0..3).map(move |speed| (size, speed)))
        .collect();
    let mut targets = structure.targets().to_vec();
    targets.sort_unstable();
    assert_eq!(targets, all);
    let lines = [0, 1, 2].map(|size| structure.lines(size));
    assert!(
        lines[0] > 0 && lines[0] < lines[1] && lines[1] < lines[2],
        "{lines:?}"
    );
    assert_eq!(
        (descriptor.frame.needs, descriptor.frame.needs_far),
        (0, false)
    );
}

#[test]
fn what_refers_to_nothing_known_is_refused() {
    assert_eq!(Descriptor::parse(&[0xc1, 0, 1], None), None);
    let mut long = bytes(L3T3);
    long.resize(MAX_BYTES + 1, 0);
    assert_eq!(Descriptor::parse(&long, None), None);
    for cut in 0..bytes(L3T3).len() - 13 {
        assert_eq!(
            Descriptor::parse(&bytes(L3T3)[..cut], None),
            None,
            "{cut} bytes"
        );
    }
}

#[test]
fn a_mask_is_put_in_or_replaced_and_nothing_else_changes() {
    let key = bytes(L3T3);
    let known = Descriptor::parse(&key, None).unwrap().structure;
    let mut out = [0; MAX_BYTES + 8];
    for value in [&key[..], &[0x82, 1, 2], &[0x42, 1, 2, 0b0000_0000]] {
        let len = with_mask(value, 0b101010011, 9, &mut out).unwrap();
        let masked = out[..len].to_vec();
        let before = Descriptor::parse(value, known.as_deref()).unwrap();
        assert_eq!(Descriptor::parse(&masked, known.as_deref()), Some(before));
        let len = with_mask(&masked, 0b101010011, 9, &mut out).unwrap();
        assert_eq!(
            out[..len.min(masked.len())],
            masked[..],
            "again is the same"
        );
    }
}

#[test]
fn a_frame_number_is_shifted_in_place() {
    let mut value = [0x81, 0xff, 0xfe];
    shift_number(&mut value, 3);
    assert_eq!(value, [0x81, 0, 1]);
}

proptest! {
    #[test]
    fn whatever_the_bytes_it_is_read_or_refused(spoilt in proptest::collection::vec((0usize..95, any::<u8>()), 0..6), cut in 0usize..95) {
        let mut value = bytes(L3T3);
        for (at, byte) in spoilt {
            let len = value.len();
            value[at % len] = byte;
        }
        value.truncate(value.len() - cut.min(value.len()));
        crate::fuzz::dependencies(&value);
    }
}
