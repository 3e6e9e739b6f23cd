//! A receiver that lies: whatever it sends, nothing panics and the estimate stays within its limits.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::congestion::pacer::Class;
use crate::congestion::sent::Purpose;
use crate::congestion::{Bandwidth, Feedback, Limits};

const LIMITS: Limits = Limits {
    start_bps: 600_000,
    min_bps: 30_000,
    max_bps: 5_000_000,
};

/// One lie.
#[derive(Clone, Debug)]
enum Lie {
    /// Any bytes.
    Bytes(Vec<u8>),
    /// Feedback in form: how far its base lies behind the newest number, its reference time, and per packet its delta in ticks.
    Feedback(u16, u32, Vec<Option<i16>>),
    Remb(u64),
}

fn lie() -> impl Strategy<Value = Lie> {
    // The deltas of most lies are such as browsers send.
    let delta = prop_oneof![0..400i16, any::<i16>()];
    let deltas = vec(proptest::option::weighted(0.9, delta), 1..120);
    prop_oneof![
        1 => vec(any::<u8>(), 0..200).prop_map(Lie::Bytes),
        8 => (0u16..300, any::<u32>(), deltas)
            .prop_map(|(behind, reference, deltas)| Lie::Feedback(behind, reference, deltas)),
        1 => (any::<u64>(), 0..64u32).prop_map(|(bps, shift)| Lie::Remb(bps >> shift)),
    ]
}

fn body(base: u16, reference: u32, deltas: &[Option<i16>]) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend_from_slice(&base.to_be_bytes());
    body.extend_from_slice(&(deltas.len() as u16).to_be_bytes());
    body.extend_from_slice(&(reference << 8).to_be_bytes());
    for chunk in deltas.chunks(7) {
        let symbols = chunk.iter().enumerate();
        let symbols = symbols.map(|(place, delta)| u16::from(delta.is_some()) << (13 - 2 * place));
        body.extend_from_slice(&(0xc000 | symbols.sum::<u16>()).to_be_bytes());
    }
    for delta in deltas.iter().flatten() {
        body.extend_from_slice(&delta.to_be_bytes());
    }
    body
}

fn tell(bandwidth: &mut Bandwidth, lie: &Lie, now: Instant) {
    let bytes = match lie {
        Lie::Remb(bps) => return bandwidth.on_remb(*bps, now),
        Lie::Bytes(bytes) => bytes.clone(),
        Lie::Feedback(behind, reference, deltas) => {
            let base = bandwidth.next_sequence().wrapping_sub(*behind);
            body(base, *reference, deltas)
        }
    };
    if let Ok(feedback) = Feedback::parse(&bytes) {
        bandwidth.on_feedback(&feedback, now);
    } else {
        assert!(matches!(lie, Lie::Bytes(_)), "feedback in form is read");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_feedback_leaves_the_estimate_within_its_limits(
        lies in vec((lie(), 0..50usize, 0..200u64), 1..80),
    ) {
        let mut now = Instant::now();
        let mut bandwidth = Bandwidth::new(LIMITS, now);
        for (n, (lie, packets, ms)) in lies.iter().enumerate() {
            for packet in 0..*packets {
                let bytes = packet * 131 % 1_300;
                bandwidth.admit(bytes, Class::Video, now);
                bandwidth.on_sent(bytes, Purpose::Media, now);
            }
            now += Duration::from_millis(*ms);
            tell(&mut bandwidth, lie, now);
            if n % 30 == 29 {
                bandwidth.reset(now);
            }
            bandwidth.tick(now);
            for _ in 0..1_000 {
                let Some(request) = bandwidth.padding(now) else { break };
                prop_assert!(request.bytes <= 1_200);
                bandwidth.on_sent(request.bytes, Purpose::Padding, now);
            }
            prop_assert!(bandwidth.padding(now).is_none(), "padding has an end");
            let estimate = bandwidth.estimate_bps(now);
            prop_assert!((LIMITS.min_bps..=LIMITS.max_bps).contains(&estimate), "{estimate}");
            prop_assert!(bandwidth.path().loss <= 1.0);
        }
    }
}
