//! How often one may try: buckets of tries that fill slowly, by network address, by card, by account, by right. What is
//! counted is what fails. A try is taken before something is checked and given back when it was honest, so that a hundred at
//! once are a hundred tries; a whole city behind one address signs in without noticing. Beginnings are counted, too, but so
//! wide that only a flood meets the end.
//!
//! Nobody learns from a refusal whether a card or an account exists: what is counted is what was typed, and who has no try left
//! is refused before anything is checked, the right answer like a wrong one. In memory, bounded, under hashes with a key of this
//! process; nothing of it is written anywhere.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::AccountId;

/// Buckets of one kind that are remembered. When there are more, those that are full again are forgotten; if there are none,
/// all of this kind are: better a moment without limits than memory without end.
const BUCKETS: usize = 100_000;

/// What is limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope<'a> {
    /// Requests about signing in from one network address, whatever comes of them.
    Asking(IpAddr),
    /// Sign-ins from one network address that fail.
    Failing(IpAddr),
    /// Wrong PINs of one card, from wherever, whether there is such a card or not.
    Card(&'a str),
    /// Requests of one account for rights that are not given.
    Issuing(AccountId),
    /// Residents with whom one worker begins to act.
    Assisting(AccountId),
    /// Codes that a terminal begins to show, from one network address.
    Showing(IpAddr),
    /// Codes of terminals that are looked for and not there, from one network address.
    Guessing(IpAddr),
    /// Tokens that are no good, from one network address for one right.
    Spending(IpAddr, &'a str),
}

/// How many tries at once, and the microseconds for one more.
struct Rate {
    burst: i64,
    refill_us: i64,
}

impl Scope<'_> {
    fn rate(self) -> Rate {
        let (burst, refill_us) = match self {
            // 500 sign-ins a minute of three requests each are 25 a second.
            Scope::Asking(_) => (3_000, 20_000),
            // A class at school, a library, a mobile network shares an address: some of them mistype.
            Scope::Failing(_) => (120, 500_000),
            Scope::Card(_) => (10, 60_000_000),
            Scope::Issuing(_) => (60, 2_000_000),
            Scope::Spending(..) => (30, 1_000_000),
            // All terminals of the city may share an address.
            Scope::Showing(_) => (60, 2_000_000),
            // Some mistype; a guess finds one of 500 codes among 25 thousand million.
            Scope::Guessing(_) => (30, 5_000_000),
            // A busy counter has one every few minutes.
            Scope::Assisting(_) => (20, 60_000_000),
        };
        Rate { burst, refill_us }
    }

    fn kind(self) -> usize {
        match self {
            Scope::Asking(_) => 0,
            Scope::Failing(_) => 1,
            Scope::Card(_) => 2,
            Scope::Issuing(_) => 3,
            Scope::Spending(..) => 4,
            Scope::Assisting(_) => 5,
            Scope::Showing(_) => 6,
            Scope::Guessing(_) => 7,
        }
    }

    fn key(self, hasher: &RandomState) -> u64 {
        match self {
            Scope::Asking(address)
            | Scope::Failing(address)
            | Scope::Showing(address)
            | Scope::Guessing(address) => hasher.hash_one(network(address)),
            Scope::Card(card) => hasher.hash_one(plain(card)),
            Scope::Issuing(account) | Scope::Assisting(account) => hasher.hash_one(account),
            Scope::Spending(address, right) => hasher.hash_one((network(address), right)),
        }
    }
}

/// When each bucket would be full again, in µs since the Unix epoch; one map for each kind.
type Buckets = [HashMap<u64, i64>; 8];

/// The buckets.
#[derive(Debug, Default)]
pub struct Limits {
    full_at: Mutex<Buckets>,
    hasher: RandomState,
}

impl Limits {
    /// Takes one try from each of these buckets, or from none; `false`: there is none left in one of them.
    pub fn take(&self, scopes: &[Scope<'_>], now: Timestamp) -> bool {
        let now_us = now.as_microsecond();
        let mut buckets = self.buckets();
        let mut taken = Vec::with_capacity(scopes.len());
        for scope in scopes {
            let Rate { burst, refill_us } = scope.rate();
            let (kind, key) = (scope.kind(), scope.key(&self.hasher));
            let full_at = buckets[kind].get(&key).copied().unwrap_or(now_us);
            let next = full_at.max(now_us) + refill_us;
            if next - now_us > burst * refill_us {
                return false;
            }
            taken.push((kind, key, next));
        }
        for (kind, key, next) in taken {
            let buckets = &mut buckets[kind];
            if buckets.len() >= BUCKETS {
                buckets.retain(|_, full_at| *full_at > now_us);
                if buckets.len() >= BUCKETS {
                    buckets.clear();
                }
            }
            buckets.insert(key, next);
        }
        true
    }

    /// Gives tries back: it was honest.
    pub fn give_back(&self, scopes: &[Scope<'_>]) {
        let mut buckets = self.buckets();
        for scope in scopes {
            let key = scope.key(&self.hasher);
            if let Some(full_at) = buckets[scope.kind()].get_mut(&key) {
                *full_at -= scope.rate().refill_us;
            }
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        // A panic while it is held is impossible; what the maps say would still be right.
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A card's number however it is typed.
fn plain(card: &str) -> String {
    card.chars().filter(char::is_ascii_digit).take(32).collect()
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

    fn at(us: i64) -> Timestamp {
        Timestamp::from_microsecond(us).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn failures_of_an_address_empty_its_bucket_and_it_fills_again() {
        let limits = Limits::default();
        let failing = [Scope::Failing(address("192.0.2.1"))];
        for _ in 0..120 {
            assert!(limits.take(&failing, at(0)));
        }
        assert!(!limits.take(&failing, at(0)));
        assert!(limits.take(&[Scope::Failing(address("192.0.2.2"))], at(0)));
        assert!(limits.take(&failing, at(500_000)));
        assert!(!limits.take(&failing, at(500_000)));
    }

    #[test]
    fn five_hundred_honest_sign_ins_a_minute_come_from_one_address() {
        let limits = Limits::default();
        let city = address("192.0.2.1");
        // Ten minutes; one in twenty mistypes.
        for n in 0..5_000_i64 {
            let now = at(n * 120_000);
            for _begin_post_and_return in 0..3 {
                assert!(limits.take(&[Scope::Asking(city)], now), "{n}");
            }
            assert!(limits.take(&[Scope::Failing(city)], now), "{n}");
            if n % 20 != 0 {
                limits.give_back(&[Scope::Failing(city)]);
            }
        }
    }

    #[test]
    fn a_flood_of_beginnings_meets_an_end() {
        let limits = Limits::default();
        let asking = [Scope::Asking(address("192.0.2.1"))];
        let through = (0..100_000).filter(|n| limits.take(&asking, at(n * 10)));
        assert_eq!(through.count(), 3_000 + 49);
    }

    #[test]
    fn a_card_is_guessed_ten_times_from_wherever_and_then_once_a_minute() {
        let limits = Limits::default();
        let from = |n: u8| Scope::Failing(IpAddr::from([192, 0, 2, n]));
        for n in 0..10 {
            // The number may be written with spaces: it is the same card.
            let card = if n % 2 == 0 {
                "902467000001"
            } else {
                "9024 6700 0001"
            };
            assert!(limits.take(&[from(n), Scope::Card(card)], at(0)));
        }
        let one_more = [from(99), Scope::Card("902467000001")];
        assert!(!limits.take(&one_more, at(0)));
        assert!(limits.take(&[from(99), Scope::Card("902467000002")], at(0)));
        assert!(limits.take(&one_more, at(60_000_000)));
        assert!(!limits.take(&one_more, at(60_000_000)));
    }

    #[test]
    fn what_one_bucket_refuses_is_taken_from_none() {
        let limits = Limits::default();
        let (card, here) = (Scope::Card("1"), Scope::Failing(address("192.0.2.1")));
        while limits.take(&[card], at(0)) {}
        for _ in 0..1_000 {
            assert!(!limits.take(&[here, card], at(0)));
        }
        for _ in 0..120 {
            assert!(limits.take(&[here], at(0)));
        }
    }

    #[test]
    fn nothing_is_won_by_giving_back() {
        let limits = Limits::default();
        let failing = [Scope::Failing(address("192.0.2.1"))];
        for _ in 0..1_000 {
            assert!(limits.take(&failing, at(0)));
            limits.give_back(&failing);
        }
        limits.give_back(&failing);
        let through = (0..1_000).filter(|_| limits.take(&failing, at(0)));
        assert_eq!(through.count(), 120);
    }

    #[test]
    fn a_right_is_closed_to_one_address_and_open_to_others() {
        let limits = Limits::default();
        let spending = |last: u8, right| [Scope::Spending(IpAddr::from([192, 0, 2, last]), right)];
        let through = (0..100).filter(|_| limits.take(&spending(1, "seat/a"), at(0)));
        assert_eq!(through.count(), 30);
        assert!(limits.take(&spending(1, "seat/b"), at(0)));
        assert!(limits.take(&spending(2, "seat/a"), at(0)));
    }

    #[test]
    fn memory_has_an_end() {
        let limits = Limits::default();
        for n in 0..250_000_u32 {
            let household = IpAddr::from((u128::from(n) << 64).to_be_bytes());
            assert!(limits.take(&[Scope::Failing(household)], at(0)));
        }
        assert!(limits.buckets()[1].len() <= BUCKETS);
    }

    #[test]
    fn a_household_shares_a_bucket() {
        let one = network(address("2001:db8:1:2:aaaa::1"));
        assert_eq!(one, network(address("2001:db8:1:2:bbbb::9")));
        assert_ne!(one, network(address("2001:db8:1:3::1")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
    }
}
