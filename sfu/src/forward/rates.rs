//! Bits per second of one stream, and of each size and speed of pictures in it, measured over half seconds.

use std::time::{Duration, Instant};

use super::layering::{Level, Levels, MAX_LEVELS};

/// Over how long a rate is measured.
const WINDOW: Duration = Duration::from_millis(500);
const LEVELS: usize = (MAX_LEVELS * MAX_LEVELS) as usize;

/// The rates of one stream.
#[derive(Clone, Copy, Default, Debug)]
pub struct Rates {
    since: Option<Instant>,
    all: Rate,
    levels: [Rate; LEVELS],
}

#[derive(Clone, Copy, Default, Debug)]
struct Rate {
    bytes: u64,
    bits_per_second: u64,
}

impl Rates {
    /// A packet of so many bytes came, which these levels need.
    pub fn add(&mut self, needed: Levels, bytes: usize, now: Instant) {
        let passed = now.duration_since(*self.since.get_or_insert(now));
        if passed >= WINDOW {
            for rate in self.levels.iter_mut().chain([&mut self.all]) {
                rate.bits_per_second = rate.bytes * 8_000 / passed.as_millis() as u64;
                rate.bytes = 0;
            }
            self.since = Some(now);
        }
        self.all.bytes += bytes as u64;
        for level in needed.iter() {
            self.levels[place(level)].bytes += bytes as u64;
        }
    }

    /// The rate of the last whole window; 0 before there was one.
    pub fn all(&self) -> u64 {
        self.all.bits_per_second
    }

    /// The same of what a level needs.
    pub fn bits_per_second(&self, level: Level) -> u64 {
        self.levels[place(level)].bits_per_second
    }
}

fn place(level: Level) -> usize {
    let spatial = level.spatial.min(MAX_LEVELS - 1);
    usize::from(spatial * MAX_LEVELS + level.temporal.min(MAX_LEVELS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_half_second() {
        let start = Instant::now();
        let mut rates = Rates::default();
        let (slow, fast) = (
            Level::default(),
            Level {
                spatial: 0,
                temporal: 1,
            },
        );
        for n in 0..=100 {
            let mut needed = Levels::default();
            needed.add(fast);
            if n % 2 == 0 {
                needed.add(slow);
            }
            rates.add(needed, 1_250, start + Duration::from_millis(10 * n));
        }
        let measured = [
            rates.all(),
            rates.bits_per_second(fast),
            rates.bits_per_second(slow),
        ];
        assert_eq!(measured, [1_000_000, 1_000_000, 500_000]);
    }
}
