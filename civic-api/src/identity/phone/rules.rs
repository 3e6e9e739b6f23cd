//! What a terminal's code looks like, which numbers are to be compared, and how long anything lasts. Pure.

use jiff::{SignedDuration, Timestamp};

/// Seconds for which a code may be confirmed.
pub const VALID_S: i64 = 5 * 60;
/// Seconds within which the terminal must come for a confirmed sign-in.
pub const TAKE_S: i64 = 60;
/// Seconds for which a terminal's session lasts at most.
pub const SESSION_S: i64 = 15 * 60;
/// Seconds after which one that nobody uses ends.
pub const IDLE_S: i64 = 60;
/// Seconds after which the page asks whether somebody is there.
pub const ASK_S: i64 = 40;
/// Codes that wait at once, in the whole city: more are refused, so that a guess stays hopeless.
pub const MOST_WAITING: i64 = 500;

/// RFC 8628, section 6.1: no vowels, so that no words arise, and no digits that look like letters. 8 of 20 signs are 34 bits.
const SIGNS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_SIGNS: usize = 8;

/// The numbers of one sign-in: the terminal shows one, the phone all three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbers {
    /// From 10 to 99, all different.
    pub all: [i64; 3],
    /// Which of them the terminal shows.
    pub right: i64,
}

/// A code from random bytes. Each byte above the last multiple of 20 is passed over, so that every sign is equally likely;
/// `None`: too few bytes were left.
pub fn code(random: &[u8]) -> Option<String> {
    let mut signs = random
        .iter()
        .filter(|byte| **byte < 240)
        .map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
    let code: String = signs.by_ref().take(CODE_SIGNS).collect();
    (code.len() == CODE_SIGNS).then_some(code)
}

/// As it is shown: `WDJB-MJHT`.
pub fn shown(code: &str) -> String {
    match code.split_at_checked(CODE_SIGNS / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => code.to_owned(),
    }
}

/// A code as someone has typed it: small letters, spaces and dashes make no difference.
pub fn plain_code(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_code = plain.len() == CODE_SIGNS && plain.bytes().all(|b| SIGNS.contains(&b));
    is_code.then_some(plain)
}

/// Three different numbers from random bytes, and which of them is the right one.
pub fn numbers(random: &[u8]) -> Option<Numbers> {
    let mut found = Vec::with_capacity(3);
    // 180 is two times 90: every number is equally likely.
    for byte in random.iter().filter(|byte| **byte < 180) {
        let number = 10 + i64::from(byte % 90);
        if found.len() < 3 && !found.contains(&number) {
            found.push(number);
        }
    }
    let all: [i64; 3] = found.try_into().ok()?;
    let which = random.iter().rev().find(|byte| **byte < 255)?;
    Some(Numbers {
        all,
        right: all[usize::from(which % 3)],
    })
}

/// When a terminal's session that is used now ends.
pub fn ends(now: Timestamp, until: Timestamp) -> Timestamp {
    (now + SignedDuration::from_secs(IDLE_S)).min(until)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_code_has_no_vowels_and_is_read_back_however_it_is_typed() {
        let bytes: Vec<u8> = (0..32).collect();
        let made = code(&bytes).unwrap();
        assert_eq!(made, "BCDFGHJK");
        assert_eq!(shown(&made), "BCDF-GHJK");
        for typed in ["BCDF-GHJK", "bcdf ghjk", " bcdf–ghjk ", "BCDFGHJK"] {
            assert_eq!(plain_code(typed).as_deref(), Some("BCDFGHJK"), "{typed}");
        }
        for wrong in [
            "",
            "BCDF",
            "BCDF-GHJA",
            "BCDF-GHJKL",
            "žžžž",
            &"B".repeat(65),
        ] {
            assert_eq!(plain_code(wrong), None, "{wrong}");
        }
        assert_eq!(code(&[255; 32]), None);
        assert!(!SIGNS.iter().any(|sign| b"AEIOUY01".contains(sign)));
    }

    #[test]
    fn numbers_are_three_different_ones_of_two_digits() {
        let mut right = [0; 3];
        for n in 0..=254_u8 {
            let random = [n, n.wrapping_mul(7).wrapping_add(13), 5, 77, 150, 99, n];
            let made = numbers(&random).unwrap();
            assert!(made.all.iter().all(|number| (10..=99).contains(number)));
            assert!(
                made.all[0] != made.all[1]
                    && made.all[1] != made.all[2]
                    && made.all[0] != made.all[2]
            );
            right[made
                .all
                .iter()
                .position(|number| *number == made.right)
                .unwrap()] += 1;
        }
        assert_eq!(right, [85, 85, 85]);
        assert_eq!(numbers(&[7; 16]), None);
    }

    #[test]
    fn a_session_slides_up_to_its_end_and_not_beyond() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(ends(at(0), at(SESSION_S)), at(IDLE_S));
        assert_eq!(ends(at(SESSION_S - 10), at(SESSION_S)), at(SESSION_S));
    }
}
