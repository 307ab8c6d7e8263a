//! The servers' own figures: how many requests they hold, as they say themselves.
//!
//! Decides how a figure is found in the text of Prometheus, and keeps the largest one seen.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::dialect::Request;
use crate::wire::{Door, Protocol, Wire};

/// How often the servers are asked.
const LOOK: Duration = Duration::from_millis(100);
/// Stands for "they have not said".
const UNKNOWN: u64 = u64::MAX;

/// Watches how many requests the servers hold at once.
#[derive(Clone)]
pub(crate) struct Watch {
    now: Arc<AtomicU64>,
    most: Arc<AtomicU64>,
}

impl Watch {
    /// Begins to watch; the watcher lives in the set.
    pub(crate) fn start(servers: &[SocketAddr], tasks: &mut JoinSet<()>) -> Self {
        let watch = Self { now: Arc::new(AtomicU64::new(UNKNOWN)), most: Arc::new(AtomicU64::new(UNKNOWN)) };
        if servers.is_empty() {
            return watch;
        }
        let door =
            |address: &SocketAddr| Door { address: *address, host: address.to_string(), base: String::new() };
        let wires: Vec<Wire> =
            servers.iter().map(|server| Wire::new(vec![door(server)], Protocol::Http1, 1, &[])).collect();
        let watching = watch.clone();
        tasks.spawn(async move {
            loop {
                let mut sum = 0;
                for wire in &wires {
                    sum += held(wire).await.unwrap_or_default();
                }
                watching.now.store(sum, Ordering::Relaxed);
                let most = watching.most().unwrap_or_default().max(sum);
                watching.most.store(most, Ordering::Relaxed);
                sleep(LOOK).await;
            }
        });
        watch
    }

    /// How many they held when they were asked last.
    pub(crate) fn now(&self) -> Option<u64> {
        Some(self.now.load(Ordering::Relaxed)).filter(|held| *held != UNKNOWN)
    }

    /// The most that they held.
    pub(crate) fn most(&self) -> Option<u64> {
        Some(self.most.load(Ordering::Relaxed)).filter(|held| *held != UNKNOWN)
    }
}

async fn held(wire: &Wire) -> Option<u64> {
    let request = Request {
        method: "GET".to_owned(),
        path: "/metrics".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        key: None,
    };
    let answer = wire.send(0, &request, None).await.answer.ok()?;
    figure(&String::from_utf8_lossy(&answer.body), "sellonce_http_requests_in_flight")
}

/// A figure without labels.
fn figure(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let value: f64 = line.trim().parse().ok()?;
    (value >= 0.0).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_by_its_whole_name() {
        let text = "# TYPE held gauge\nheld_most 9\nheld{a=\"b\"} 3\nheld 12\n";
        assert_eq!(figure(text, "held"), Some(12));
        assert_eq!(figure(text, "hel"), None);
    }
}
