//! How many connections each address has open.
//!
//! Decides whether one more is let in; what happens to a refused one is the accept loop's.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The count of open connections by address.
pub(super) struct Addresses {
    connections_max: Option<usize>,
    limit_loopback: bool,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One counted connection; it is counted until it is dropped.
pub(super) struct Counted {
    address: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Addresses {
    pub(super) fn new(connections_max: Option<usize>, limit_loopback: bool) -> Self {
        Self { connections_max, limit_loopback, open: Arc::default() }
    }

    /// Counts a connection; `None` when its address has too many.
    ///
    /// The inner option is empty for an address without a limit.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Option<Counted>> {
        let Some(connections_max) =
            self.connections_max.filter(|_| self.limit_loopback || !address.is_loopback())
        else {
            return Some(None);
        };
        let address = subscriber(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= connections_max {
            return None;
        }
        *count += 1;
        Some(Some(Counted { address, open: Arc::clone(&self.open) }))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// The address that stands for one subscriber: an IPv6 subscriber has a whole /64 network to call from.
fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(whole) => {
            let [a, b, c, d, ..] = whole.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit_loopback: bool, addresses: [&str; 2], both_let_in: bool) {
        let counts = Addresses::new(Some(1), limit_loopback);
        let [first, second] = addresses.map(|address| counts.enter(address.parse().unwrap()));
        assert!(first.is_some());
        assert_eq!(second.is_some(), both_let_in, "{addresses:?}");
        drop(first);
        assert!(
            counts.enter(addresses[0].parse().unwrap()).is_some() || second.is_some(),
            "the count goes down"
        );
    }

    #[test]
    fn one_subscriber_gets_one_share_of_the_connections() {
        check(false, ["192.0.2.1", "192.0.2.1"], false);
        check(false, ["192.0.2.1", "192.0.2.2"], true);
        check(false, ["2001:db8::1", "2001:db8::2"], false);
        check(false, ["2001:db8::1", "2001:db8:0:1::1"], true);
        check(false, ["127.0.0.1", "127.0.0.1"], true);
        check(false, ["::1", "::1"], true);
        check(true, ["127.0.0.1", "127.0.0.1"], false);
    }

    #[test]
    fn addresses_without_connections_are_forgotten() {
        let counts = Addresses::new(Some(2), false);
        let both = ["192.0.2.1", "192.0.2.1"].map(|address| counts.enter(address.parse().unwrap()));
        assert_eq!(counts.open.lock().unwrap().len(), 1);
        drop(both);
        assert!(counts.open.lock().unwrap().is_empty());
    }
}
