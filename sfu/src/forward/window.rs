//! A sliding window over extended sequence numbers: has this one been here before?

/// How far back the window remembers, in packets: 4 s of the fastest video that is sent.
pub const WINDOW: u64 = 4096;

/// What the window says of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Not here before.
    New,
    /// Here before.
    Before,
    /// So far behind that the window does not know.
    TooOld,
}

/// The last [`WINDOW`] numbers, one bit each. 520 bytes, never more.
#[derive(Clone, Debug)]
pub struct Window {
    highest: Option<u64>,
    bits: [u64; WINDOW as usize / 64],
}

impl Default for Window {
    fn default() -> Self {
        Self {
            highest: None,
            bits: [0; WINDOW as usize / 64],
        }
    }
}

impl Window {
    /// The highest number noted.
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Whether a number was noted.
    pub fn look(&self, index: u64) -> Seen {
        match self.highest {
            None => Seen::New,
            Some(highest) if index > highest => Seen::New,
            Some(highest) if highest - index >= WINDOW => Seen::TooOld,
            Some(_) if self.bits[word(index)] & bit(index) != 0 => Seen::Before,
            Some(_) => Seen::New,
        }
    }

    /// Notes a number, and says what was known of it before.
    pub fn note(&mut self, index: u64) -> Seen {
        let seen = self.look(index);
        if seen != Seen::New {
            return seen;
        }
        match self.highest {
            Some(highest) if index > highest => {
                if index - highest >= WINDOW {
                    self.bits.fill(0);
                } else {
                    for skipped in highest + 1..index {
                        self.bits[word(skipped)] &= !bit(skipped);
                    }
                }
                self.highest = Some(index);
            }
            None => self.highest = Some(index),
            Some(_) => {}
        }
        self.bits[word(index)] |= bit(index);
        Seen::New
    }
}

fn word(index: u64) -> usize {
    (index % WINDOW / 64) as usize
}

fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

/// Extends a 16-bit sequence number to the nearest number around `highest` (RFC 3711 §3.3.1). The first is put one turn above
/// zero, so that what was sent just before it has a number too.
pub fn extend(highest: Option<u64>, sequence: u16) -> u64 {
    match highest {
        None => 0x1_0000 + u64::from(sequence),
        Some(highest) => {
            let ahead = sequence.wrapping_sub(highest as u16) as i16;
            // Never wraps for what began above zero; a number below zero cannot be, so it becomes the highest there is and
            // is refused by every window.
            highest.wrapping_add_signed(i64::from(ahead))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_new_once() {
        let mut window = Window::default();
        assert_eq!(window.note(70_000), Seen::New);
        assert_eq!(window.note(70_000), Seen::Before);
        assert_eq!(window.note(70_002), Seen::New);
        assert_eq!(window.note(70_001), Seen::New, "late is not a duplicate");
        assert_eq!(window.note(70_001), Seen::Before);
    }

    #[test]
    fn what_fell_out_of_the_window_is_refused() {
        let mut window = Window::default();
        window.note(100_000);
        window.note(100_000 + WINDOW);
        assert_eq!(window.look(100_000), Seen::TooOld);
        assert_eq!(window.look(100_001), Seen::New);
    }

    #[test]
    fn a_jump_forgets_what_lay_before_it() {
        let mut window = Window::default();
        for index in 0..2 * WINDOW {
            window.note(index);
        }
        window.note(10 * WINDOW);
        for index in 9 * WINDOW + 1..10 * WINDOW {
            assert_eq!(window.look(index), Seen::New);
        }
    }

    #[test]
    fn numbers_extend_over_the_wrap_both_ways() {
        let first = extend(None, 65_534);
        let after = extend(Some(first), 1);
        assert_eq!(after - first, 3);
        assert_eq!(extend(Some(after), 65_535), first + 1);
        assert_eq!(extend(None, 0) - extend(Some(extend(None, 0)), 65_535), 1);
    }
}
