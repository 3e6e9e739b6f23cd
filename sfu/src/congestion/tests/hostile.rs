//! A receiver that lies: whatever it sends, nothing panics and the estimate stays within its limits.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::congestion::pacer::Class;
use crate::congestion::sent::Purpose;
use crate::congestion::{Bandwidth, Feedback, Limits};

/// Bytes that go through the parser more often than chance: a base near what was sent, a plausible count.
fn feedback_like() -> impl Strategy<Value = Vec<u8>> {
    (vec(any::<u8>(), 16..200), any::<bool>()).prop_map(|(mut bytes, plausible)| {
        if plausible {
            bytes[8] = 0;
            bytes[10] = 0;
            bytes[11] %= 64;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_feedback_leaves_the_estimate_within_its_limits(
        bodies in vec(feedback_like(), 1..60),
        remb in any::<u64>(),
    ) {
        let limits = Limits { start_bps: 600_000, min_bps: 30_000, max_bps: 5_000_000 };
        let mut now = Instant::now();
        let mut bandwidth = Bandwidth::new(limits, now);
        for (n, body) in bodies.iter().enumerate() {
            for byte in &body[..8] {
                bandwidth.admit(usize::from(*byte) * 10, Class::Video, now);
                bandwidth.on_sent(usize::from(*byte) * 10, Purpose::Media, now);
                now += Duration::from_micros(u64::from(*byte) * 30);
            }
            if let Ok(feedback) = Feedback::parse(body) {
                bandwidth.on_feedback(&feedback, now);
            }
            if n % 20 == 7 {
                bandwidth.on_remb(remb >> (n % 60), now);
            }
            if n % 30 == 29 {
                bandwidth.reset(now);
            }
            bandwidth.tick(now);
            for _ in 0..100 {
                let Some(request) = bandwidth.padding(now) else { break };
                prop_assert!(request.bytes <= 1_200);
                bandwidth.on_sent(request.bytes, Purpose::Padding, now);
            }
            prop_assert!(bandwidth.padding(now).is_none(), "padding has an end");
            let estimate = bandwidth.estimate_bps(now);
            prop_assert!((limits.min_bps..=limits.max_bps).contains(&estimate), "{estimate}");
        }
    }
}
