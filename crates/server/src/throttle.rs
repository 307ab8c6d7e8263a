//! How often one address may ask: requests, and checkouts that it opens.
//!
//! Decides whether a request comes too early, by one instant per address (the generic cell rate algorithm): the
//! instant at which its bucket is full again. Leaves the answer to the caller, and connections to `accept`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use sellonce_checkout::clock::Timestamp;

/// The most addresses that are remembered; beyond it new ones are let through until others have been forgotten.
const ADDRESSES_MAX: usize = 100_000;
/// Full buckets are thrown away at most this often once there are too many.
const FORGET_MS: i64 = 1_000;

/// How often one address (IPv6: one /64 network) may ask. Behind a proxy that brings all buyers from one address,
/// `None` is right.
#[derive(Clone, Debug)]
pub struct Rates {
    /// All requests.
    pub requests: Option<Rate>,
    /// Checkouts that are opened. The default lets an address have about a hundred open at once, because a checkout
    /// is open for 15 minutes.
    pub checkouts: Option<Rate>,
    /// Whether loopback addresses are counted too.
    pub limit_loopback: bool,
}

/// So many at once, and refilled evenly over a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// In which time that many are allowed again, in milliseconds.
    pub refill_ms: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            requests: Some(Rate { burst: 200, refill_ms: 4_000 }),
            checkouts: Some(Rate { burst: 100, refill_ms: 900_000 }),
            limit_loopback: false,
        }
    }
}

/// What was counted.
pub(crate) struct Throttle {
    requests: Option<Buckets>,
    checkouts: Option<Buckets>,
    limit_loopback: bool,
}

/// It comes too early; after so many milliseconds it would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooEarly {
    pub(crate) retry_after_ms: i64,
}

impl Throttle {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            requests: rates.requests.map(Buckets::new),
            checkouts: rates.checkouts.map(Buckets::new),
            limit_loopback: rates.limit_loopback,
        }
    }

    /// Counts a request.
    pub(crate) fn request(&self, address: IpAddr, now: Timestamp) -> Result<(), TooEarly> {
        self.count(self.requests.as_ref(), address, now)
    }

    /// Counts a checkout that is about to be opened.
    pub(crate) fn checkout(&self, address: IpAddr, now: Timestamp) -> Result<(), TooEarly> {
        self.count(self.checkouts.as_ref(), address, now)
    }

    fn count(&self, buckets: Option<&Buckets>, address: IpAddr, now: Timestamp) -> Result<(), TooEarly> {
        match buckets {
            Some(buckets) if self.limit_loopback || !address.is_loopback() => {
                buckets.take(subscriber(address), now.millis())
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// One bucket per address. All times are microseconds, so that fast rates keep their precision.
struct Buckets {
    /// How much fuller a bucket gets per token.
    step: i64,
    /// How far the instant of being full may lie ahead.
    depth: i64,
    full_at: Mutex<FullAt>,
}

#[derive(Default)]
struct FullAt {
    by_address: HashMap<IpAddr, i64>,
    forgot_at: i64,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        let depth = i64::from(rate.refill_ms) * 1_000;
        Self { step: depth / i64::from(rate.burst.max(1)), depth, full_at: Mutex::default() }
    }

    fn take(&self, address: IpAddr, now_ms: i64) -> Result<(), TooEarly> {
        let now = now_ms.saturating_mul(1_000);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let before = full_at.by_address.get(&address).copied().unwrap_or(now).max(now);
        let after = before.saturating_add(self.step);
        let over = after - now - self.depth;
        if over > 0 {
            return Err(TooEarly { retry_after_ms: over.div_euclid(1_000) + 1 });
        }
        full_at.remember(address, after, now);
        Ok(())
    }
}

impl FullAt {
    fn remember(&mut self, address: IpAddr, full_at: i64, now: i64) {
        if self.by_address.len() >= ADDRESSES_MAX && now - self.forgot_at >= FORGET_MS * 1_000 {
            self.by_address.retain(|_, full_at| *full_at > now);
            self.forgot_at = now;
        }
        // Too many addresses at once: who is known stays counted, and the accept loop bounds all of them together.
        if self.by_address.len() < ADDRESSES_MAX || self.by_address.contains_key(&address) {
            self.by_address.insert(address, full_at);
        }
    }
}

/// What one subscriber of a network has: an IPv4 address, or an IPv6 network of 64 bits.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));

    #[test]
    fn a_burst_passes_and_the_next_request_is_told_when_to_come() {
        let buckets = Buckets::new(Rate { burst: 4, refill_ms: 1_000 });
        for _ in 0..4 {
            assert_eq!(buckets.take(ADDRESS, 0), Ok(()));
        }
        let early = buckets.take(ADDRESS, 0).unwrap_err();
        assert!((250..=251).contains(&early.retry_after_ms), "{early:?}");
        assert_eq!(buckets.take(ADDRESS, early.retry_after_ms), Ok(()));
        assert!(buckets.take(ADDRESS, early.retry_after_ms).is_err());
    }

    #[test]
    fn a_neighbour_is_not_counted_but_the_same_ipv6_network_is() {
        let rates = Rates {
            requests: Some(Rate { burst: 1, refill_ms: 1_000 }),
            checkouts: None,
            limit_loopback: false,
        };
        let throttle = Throttle::new(rates);
        let now = Timestamp::from_millis(5);
        let ask = |address: &str| throttle.request(address.parse().unwrap(), now).is_ok();
        assert!(ask("2001:db8::1") && !ask("2001:db8::2") && ask("2001:db8:0:1::1"));
        assert!(ask("192.0.2.1") && !ask("::ffff:192.0.2.1") && ask("192.0.2.2"));
        assert!(ask("127.0.0.1") && ask("127.0.0.1"), "loopback is not counted");
    }

    #[test]
    fn memory_stays_bounded_however_many_addresses_come() {
        let buckets = Buckets::new(Rate { burst: 2, refill_ms: 60_000 });
        let address = |number: usize| IpAddr::V4(std::net::Ipv4Addr::from(u32::try_from(number).unwrap()));
        for number in 0..ADDRESSES_MAX + 500 {
            buckets.take(address(number), 0).unwrap();
        }
        assert_eq!(buckets.full_at.lock().unwrap().by_address.len(), ADDRESSES_MAX);
        buckets.take(address(0), 0).unwrap();
        assert!(buckets.take(address(0), 0).is_err(), "who is known stays counted");
        buckets.take(address(ADDRESSES_MAX + 1), 120_000).unwrap();
        assert_eq!(buckets.full_at.lock().unwrap().by_address.len(), 1);
    }
}
