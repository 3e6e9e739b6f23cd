//! Numbers that are left out of a sequence so that what remains has no gap: which, and how the others move up.

/// The last `WORDS` × 64 numbers of one sequence, a bit for each that was left out, and how many were in all. A number that
/// was not seen yet keeps its place: only the newest can be left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Skips<const WORDS: usize> {
    first: u64,
    /// The number after the newest.
    next: u64,
    bits: [u64; WORDS],
    /// Left out so far.
    count: u64,
}

impl<const WORDS: usize> Skips<WORDS> {
    const WINDOW: u64 = WORDS as u64 * 64;

    /// A sequence that begins with `first`.
    pub fn new(first: u64) -> Self {
        Self {
            first,
            next: first,
            bits: [0; WORDS],
            count: 0,
        }
    }

    /// The newest number that was taken or left out.
    pub fn newest(&self) -> Option<u64> {
        (self.next > self.first).then(|| self.next - 1)
    }

    /// Takes a number over; `false`: it was left out.
    pub fn take(&mut self, number: u64) -> bool {
        if number < self.next {
            return !self.is_skipped(number);
        }
        self.advance(number);
        true
    }

    /// Leaves a number out; `false`: too late, something after it was taken already.
    pub fn skip(&mut self, number: u64) -> bool {
        if number < self.next {
            return self.is_skipped(number);
        }
        self.advance(number);
        self.bits[word(number) % WORDS] |= bit(number);
        self.count += 1;
        true
    }

    fn advance(&mut self, number: u64) {
        if number - self.next >= Self::WINDOW {
            self.bits.fill(0);
        } else {
            for fresh in self.next..=number {
                self.bits[word(fresh) % WORDS] &= !bit(fresh);
            }
        }
        self.next = number + 1;
    }

    /// Whether a number was left out. What is older than the window counts as taken.
    pub fn is_skipped(&self, number: u64) -> bool {
        number < self.next
            && number + Self::WINDOW >= self.next
            && self.bits[word(number) % WORDS] & bit(number) != 0
    }

    /// How many before this number were left out; of a number from before the window, all that were before the window.
    pub fn before(&self, number: u64) -> u64 {
        if self.count == 0 || number >= self.next {
            return self.count;
        }
        let oldest = self.next.saturating_sub(Self::WINDOW);
        let from = number.max(oldest).max(self.first);
        self.count - self.count_from(from)
    }

    /// How many of the window, from this number on, were left out.
    fn count_from(&self, from: u64) -> u64 {
        let (first, last) = (word(from), word(self.next - 1));
        let mut count = 0;
        for place in first..=last {
            let mut bits = self.bits[place % WORDS];
            if place == first {
                bits &= u64::MAX << (from % 64);
            }
            if place == last {
                bits &= u64::MAX >> (63 - (self.next - 1) % 64);
            }
            count += u64::from(bits.count_ones());
        }
        count
    }

    /// The taken number that is in this place, counted from the first; `None` when it lies before the window.
    pub fn at_place(&self, place: u64) -> Option<u64> {
        let mut number = self.first + place;
        if self.count == 0 {
            return Some(number);
        }
        // Each step goes on by what is known to be left out before it: as many steps as there are runs of such.
        let oldest = self.next.saturating_sub(Self::WINDOW);
        loop {
            let moved = self.first + place + self.before(number + 1);
            if moved == number {
                return (number >= oldest && !self.is_skipped(number)).then_some(number);
            }
            number = moved;
        }
    }
}

fn word(number: u64) -> usize {
    (number / 64) as usize
}

fn bit(number: u64) -> u64 {
    1 << (number % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_remains_has_no_gap() {
        let mut skips = Skips::<4>::new(1000);
        for number in 1000..1100 {
            if number % 3 == 2 {
                assert!(skips.skip(number));
            } else {
                assert!(skips.take(number));
            }
        }
        let taken = (1000..1100).filter(|number| number % 3 != 2);
        for (place, number) in taken.enumerate() {
            assert_eq!(number - 1000 - skips.before(number), place as u64);
            assert_eq!(skips.at_place(place as u64), Some(number));
        }
    }

    #[test]
    fn a_number_that_is_late_has_kept_its_place() {
        let mut skips = Skips::<4>::new(10);
        assert!(skips.take(10) && skips.take(12));
        assert!(!skips.skip(11), "12 went out as the third");
        assert!(skips.take(11) && skips.skip(13) && !skips.take(13));
        assert_eq!((skips.before(11), skips.before(14)), (0, 1));
    }

    proptest! {
        #[test]
        fn no_two_numbers_get_the_same_place(acts in proptest::collection::vec((0u64..3, any::<bool>()), 1..400)) {
            let mut skips = Skips::<4>::new(500);
            let (mut number, mut places) = (500, Vec::new());
            for (ahead, skip) in acts {
                number += ahead;
                if skip {
                    skips.skip(number);
                } else if skips.take(number) {
                    let place = number - 500 - skips.before(number);
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                    prop_assert_eq!(skips.at_place(place), Some(number));
                }
                number += 1;
            }
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
