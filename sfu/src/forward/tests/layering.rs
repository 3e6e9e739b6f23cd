//! Facts about levels.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use super::super::dependency::tests::{L3T3, bytes, two_speeds};
use super::*;

fn level(spatial: u8, temporal: u8) -> Level {
    Level { spatial, temporal }
}

/// What a sieve lets through of frames with two speeds; each is a template and a number.
fn passed(sieve: &mut Sieve, reader: &mut Reader, frames: &[(u8, u16)]) -> Vec<u16> {
    let mut judged = Vec::new();
    for &(template, number) in frames {
        let value = two_speeds(template, number);
        let layering = reader.read(Codec::Av1, &[0, 0], true, Some(&value));
        if sieve.judge(&layering).needed {
            judged.push(number);
        }
    }
    judged
}

#[test]
fn what_a_descriptor_says_is_what_each_level_needs() {
    let mut reader = Reader::default();
    let layering = reader.read(Codec::Av1, &[0, 0], false, Some(&bytes(L3T3)));
    assert_eq!(layering.exist.iter().count(), 9);
    assert_eq!(layering.exist.best(Level::TOP), Some(level(2, 2)));
    assert_eq!(layering.exist.best(level(1, 3)), Some(level(1, 2)));
    assert!(
        layering
            .exist
            .iter()
            .all(|one| layering.needed.has(one) && layering.switches.has(one))
    );
    assert_eq!(layering.mask(Level::TOP), 0x1ff);
    assert_eq!(layering.mask(level(0, 1)).count_ones(), 2);
    assert!(reader.lines(0) < reader.lines(1) && reader.lines(1) < reader.lines(2));
}

#[test]
fn the_fast_pictures_are_left_out_at_once_and_come_back_where_they_need_nothing_that_is_missing() {
    let (mut sieve, mut reader) = (Sieve::default(), Reader::default());
    sieve.wanted = level(0, 3);
    assert_eq!(
        passed(&mut sieve, &mut reader, &[(10, 1), (12, 2), (11, 3)]),
        [1, 2, 3]
    );
    sieve.wanted.temporal = 0;
    assert_eq!(
        passed(
            &mut sieve,
            &mut reader,
            &[(12, 4), (11, 5), (12, 6), (11, 7)]
        ),
        [5, 7]
    );
    assert!(!sieve.needs_keyframe(), "a speed needs none");
    sieve.wanted.temporal = 1;
    assert_eq!(
        passed(&mut sieve, &mut reader, &[(12, 8), (11, 9), (12, 10)]),
        [9, 10]
    );
}

#[test]
fn a_slow_picture_that_was_lost_is_no_place_to_begin() {
    let (mut sieve, mut reader) = (Sieve::default(), Reader::default());
    sieve.wanted = level(0, 0);
    assert_eq!(
        passed(&mut sieve, &mut reader, &[(10, 65_534), (11, 0)]),
        [65_534, 0]
    );
    sieve.wanted.temporal = 1;
    assert_eq!(
        passed(&mut sieve, &mut reader, &[(11, 4), (12, 5)]),
        [4],
        "2 never came"
    );
    assert_eq!(passed(&mut sieve, &mut reader, &[(11, 6), (12, 7)]), [6, 7]);
}

#[test]
fn another_size_waits_for_a_keyframe_and_the_last_packet_of_it_ends_the_picture() {
    let mut sieve = Sieve::default();
    let mut exist = Levels::default();
    exist.add(level(0, 0));
    exist.add(level(1, 0));
    let frame = |spatial: u8, number: u16, needs: u64| {
        let mut layering = Layering {
            level: level(spatial, 0),
            exist,
            begins: true,
            ends: true,
            number: Some(number),
            needs,
            ..Layering::default()
        };
        layering.needed.add(level(1, 0));
        if spatial == 0 {
            layering.needed.add(level(0, 0));
            layering.switches.add(level(0, 0));
        }
        if needs == 0 {
            layering.switches.add(level(1, 0));
        }
        layering
    };
    sieve.wanted = level(0, 3);
    sieve.restart(&frame(0, 1, 0));
    let key = sieve.judge(&frame(0, 1, 0));
    assert!(key.needed && key.last);
    assert!(!sieve.judge(&frame(1, 2, 1)).needed);
    sieve.wanted = Level::TOP;
    assert!(sieve.needs_keyframe());
    assert!(sieve.judge(&frame(0, 3, 0b10)).last);
    assert!(!sieve.judge(&frame(1, 4, 0b11)).needed, "2 did not go out");
    assert!(
        !sieve.judge(&frame(0, 5, 0)).last,
        "a keyframe: more of it follows"
    );
    let large = sieve.judge(&frame(1, 6, 1));
    assert!(large.needed && large.last && !sieve.needs_keyframe());
}

#[test]
fn vp8_says_its_speeds_itself() {
    let mut reader = Reader::default();
    let mut read = |speed: u8, inter: u8| {
        let payload = [0x90, 0xe0, 0x80, 1, 1, speed, inter, 0, 0];
        reader.read(Codec::Vp8, &payload, true, None)
    };
    assert_eq!(read(0x00, 0).exist.best(Level::TOP), Some(level(0, 0)));
    let fast = read(0x60, 1);
    assert_eq!(
        (fast.level, fast.exist.best(Level::TOP)),
        (level(0, 1), Some(level(0, 1)))
    );
    assert!(fast.switches.has(level(0, 1)) && !fast.needed.has(level(0, 0)));
    let slow = read(0x00, 1);
    assert!(slow.needed.has(level(0, 0)) && slow.needed.has(level(0, 1)));
    assert_eq!(slow.switches, Levels::default());
}

#[test]
fn vp9_says_its_sizes_itself() {
    let mut reader = Reader::default();
    let mut read =
        |first: u8, layer: u8| reader.read(Codec::Vp9, &[first, 0x81, 2, layer, 0, 9], true, None);
    read(0xa8, 0b0000_0000);
    let large = read(0xac, 0b0000_0011);
    assert_eq!((large.level, large.ends), (level(1, 0), true));
    let alone = read(0xe9, 0b0000_0000);
    assert!(
        alone.needed.has(level(0, 0)) && !alone.needed.has(level(1, 0)),
        "no larger needs it"
    );
    let key = read(0xa8, 0b0000_0000);
    assert!(key.switches.has(level(1, 0)) && key.switches.has(level(0, 0)));
}
