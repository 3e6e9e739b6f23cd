//! How often one network address may begin or end a sign-in: a bucket of tries that fills slowly. In memory, bounded, by
//! the address's network alone; nothing of it is written anywhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Tries at once: a class at school, a library, shares an address.
const BURST: i64 = 120;
/// Microseconds for one more try.
const REFILL_US: i64 = 500_000;
/// Addresses that are remembered. When there are more, those whose bucket is full again are forgotten; if there are none,
/// all are: better a moment without limits than memory without end.
const ADDRESSES: usize = 20_000;

/// The buckets.
#[derive(Debug, Default)]
pub struct Limits {
    /// When each bucket would be full again, in µs since the Unix epoch.
    full_at: Mutex<HashMap<IpAddr, i64>>,
}

impl Limits {
    /// Takes one try of this address; `false`: there is none left.
    pub fn take(&self, address: IpAddr, now: Timestamp) -> bool {
        let now_us = now.as_microsecond();
        // A panic while it is held is impossible; what the map says would still be right.
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, full_at| *full_at > now_us);
            if buckets.len() >= ADDRESSES {
                buckets.clear();
            }
        }
        let full_at = buckets.entry(network(address)).or_insert(now_us);
        let next = (*full_at).max(now_us) + REFILL_US;
        if next - now_us > BURST * REFILL_US {
            return false;
        }
        *full_at = next;
        true
    }
}

/// A household has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (limits, now) = (Limits::default(), Timestamp::UNIX_EPOCH);
        let address = "192.0.2.1".parse().unwrap();
        for _ in 0..BURST {
            assert!(limits.take(address, now));
        }
        assert!(!limits.take(address, now));
        assert!(limits.take("192.0.2.2".parse().unwrap(), now));
        let later = Timestamp::from_microsecond(REFILL_US).unwrap();
        assert!(limits.take(address, later));
        assert!(!limits.take(address, later));
    }

    #[test]
    fn a_household_shares_a_bucket() {
        let one = network("2001:db8:1:2:aaaa::1".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:bbbb::9".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::1".parse().unwrap()));
    }
}
