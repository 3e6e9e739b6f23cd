//! When a packet may leave: the generic cell rate algorithm (ITU-T I.371 annex A, as virtual scheduling) at a multiple of the
//! estimate.
//!
//! It holds no packet. [`Pacer::admit`] charges each one and says when it leaves; whoever asked keeps it until then. A burst
//! leaves as it came (the kernel segments it); what would wait longer than [`MAX_WAIT`] is dropped instead.

use std::time::{Duration, Instant};

/// Longest wait of a packet. Pictures that would wait longer are dropped to the next keyframe, and a layer with them.
pub const MAX_WAIT: Duration = Duration::from_millis(50);
/// The pace, compared with the estimate: pictures come in bursts, and keyframes in larger ones.
const PACE: f64 = 2.5;
/// What may leave at once: 10 packets, but at least 5 ms' worth, and no more than is soon made good.
const BURST_BYTES: f64 = 10.0 * 1_200.0;
const MIN_BURST: Duration = Duration::from_millis(5);
const MAX_BURST: Duration = Duration::from_millis(40);

/// What waits for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Sound. Never waits, never dropped.
    Audio,
    /// A packet sent again. Does not wait: it is late already. Dropped where a picture would be.
    Repair,
    /// Part of a keyframe. Waits, but is never dropped: another one would cost as much.
    Keyframe,
    /// Part of another picture. Waits; dropped when the wait is too long.
    Video,
}

/// When a packet leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Now.
    Send,
    /// At that moment, without asking again: its place is taken. In the order of admission.
    Later(Instant),
    /// Not at all: the path is behind. The rest of the picture and all until a keyframe is worth nothing either.
    Drop,
}

/// Paces one subscriber's packets.
#[derive(Clone, Debug)]
pub struct Pacer {
    /// When the path will have carried all that was admitted (the theoretical arrival time).
    free_at: Instant,
    ns_per_byte: u64,
    burst: Duration,
}

impl Pacer {
    /// A pacer for an estimate in bit/s.
    pub fn new(estimate_bps: f64, now: Instant) -> Self {
        let mut pacer = Self {
            free_at: now,
            ns_per_byte: 0,
            burst: MIN_BURST,
        };
        pacer.set_estimate(estimate_bps);
        pacer
    }

    /// Follows the estimate, in bit/s. What was admitted keeps its time.
    pub fn set_estimate(&mut self, estimate_bps: f64) {
        let ns_per_byte = 8e9 / (PACE * estimate_bps.max(1_000.0));
        self.ns_per_byte = ns_per_byte as u64;
        self.burst =
            Duration::from_nanos((BURST_BYTES * ns_per_byte) as u64).clamp(MIN_BURST, MAX_BURST);
    }

    /// Says when a packet of so many bytes leaves, and takes its place.
    pub fn admit(&mut self, bytes: usize, class: Class, now: Instant) -> Admission {
        let start = self.free_at.max(now);
        let wait = start.duration_since(now).saturating_sub(self.burst);
        if wait > MAX_WAIT && matches!(class, Class::Video | Class::Repair) {
            return Admission::Drop;
        }
        // What never is dropped does not make others wait for ever.
        let most = now + self.burst + MAX_WAIT;
        let free_at = start + Duration::from_nanos(self.ns_per_byte * bytes as u64);
        self.free_at = match class {
            Class::Video => free_at,
            _ => free_at.min(most.max(self.free_at)),
        };
        match class {
            Class::Video | Class::Keyframe if !wait.is_zero() => {
                Admission::Later(now + wait.min(MAX_WAIT))
            }
            _ => Admission::Send,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 Mbit/s estimated, so 2.5 Mbit/s paced: 1250 bytes in 4 ms, a burst of 38.4 ms.
    fn pacer(now: Instant) -> Pacer {
        Pacer::new(1e6, now)
    }

    fn at(epoch: Instant, ms: f64) -> Instant {
        epoch + Duration::from_nanos((ms * 1e6) as u64)
    }

    #[test]
    fn ten_packets_leave_at_once_and_the_next_ones_one_after_another() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        for _ in 0..10 {
            assert_eq!(pacer.admit(1_250, Class::Video, now), Admission::Send);
        }
        let next = pacer.admit(1_250, Class::Video, now);
        assert_eq!(next, Admission::Later(at(now, 40.0 - 38.4)));
        let after = pacer.admit(1_250, Class::Video, at(now, 1.0));
        assert_eq!(after, Admission::Later(at(now, 44.0 - 38.4)));
    }

    #[test]
    fn pictures_never_wait_longer_than_fifty_milliseconds() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        let mut last = now;
        let admitted = (0..100)
            .map(|_| pacer.admit(1_250, Class::Video, now))
            .inspect(|admission| {
                if let Admission::Later(when) = admission {
                    last = *when;
                }
            })
            .filter(|admission| *admission != Admission::Drop)
            .count();
        assert!(last <= now + MAX_WAIT);
        assert_eq!(
            admitted, 23,
            "88.4 ms at 4 ms each, and the one that goes over"
        );
        let later = at(now, 60.0);
        assert!(matches!(
            pacer.admit(1_250, Class::Video, later),
            Admission::Send
        ));
    }

    #[test]
    fn sound_leaves_at_once_whatever_waits() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        for _ in 0..100 {
            pacer.admit(1_250, Class::Video, now);
        }
        assert_eq!(pacer.admit(1_250, Class::Video, now), Admission::Drop);
        assert_eq!(pacer.admit(100, Class::Audio, now), Admission::Send);
    }

    #[test]
    fn a_keyframe_leaves_within_fifty_milliseconds_and_what_follows_it_is_not_dropped() {
        let now = Instant::now();
        let mut pacer = Pacer::new(200e3, now);
        for _ in 0..30 {
            match pacer.admit(1_200, Class::Keyframe, now) {
                Admission::Send => {}
                Admission::Later(when) => assert!(when <= now + MAX_WAIT),
                Admission::Drop => panic!("a keyframe was dropped"),
            }
        }
        let next = pacer.admit(600, Class::Video, at(now, 33.0));
        assert!(matches!(next, Admission::Later(_)));
    }

    #[test]
    fn a_pause_earns_one_burst_and_no_more() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        let later = now + Duration::from_secs(60);
        let sent = (0..100)
            .filter(|_| pacer.admit(1_250, Class::Video, later) == Admission::Send)
            .count();
        assert_eq!(sent, 10);
    }
}
