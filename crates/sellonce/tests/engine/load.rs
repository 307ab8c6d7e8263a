//! Buyers who never give up: they repeat with the same key whatever happens, at whichever server answers, and keep what
//! they were told (I12).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::StatusCode;
use tokio::task::JoinHandle;

use crate::harness::{Answer, Http, Shop, complete, get, http, open, post};

/// What a buyer was told of an order.
pub(crate) struct Acknowledged {
    id: String,
    token: String,
    key: String,
    checkout: String,
    bytes: hyper::body::Bytes,
}

/// How a buyer pays, in turn: well, badly, with answers that get lost, and asked back by the bank.
const TOKENS: [&str; 6] =
    ["tok_ok", "tok_ok", "tok_declined", "tok_timeout", "tok_timeout_not_charged", "tok_requires_action"];

/// Buyers at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    buyers: Vec<JoinHandle<()>>,
}

struct Shared {
    urls: Vec<String>,
    sku: String,
    stop: AtomicBool,
    attempts: AtomicU64,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

impl Load {
    /// Begins with so many buyers of a SKU at servers.
    pub(crate) fn start(urls: Vec<String>, sku: &str, buyers: u64) -> Self {
        let shared = Arc::new(Shared {
            urls,
            sku: sku.to_owned(),
            stop: AtomicBool::new(false),
            attempts: AtomicU64::new(0),
            acknowledged: Mutex::default(),
        });
        let buyer = |number| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                while !shared.stop.load(Ordering::Relaxed) {
                    let attempt = shared.attempts.fetch_add(1, Ordering::Relaxed);
                    shared.buy(number, attempt).await;
                }
            })
        };
        let buyers = (0..buyers).map(buyer).collect();
        Self { shared, buyers }
    }

    /// Waits until buyers have so many orders; for half a minute at most.
    pub(crate) async fn has_sold(&self, orders: usize) {
        for _ in 0..300 {
            if self.shared.acknowledged.lock().expect("no buyer panicked").len() >= orders {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Ends when every buyer has what they were after, and gives what they were told.
    pub(crate) async fn stop(self) -> Vec<Acknowledged> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for buyer in self.buyers {
            buyer.await.expect("a buyer does not panic");
        }
        let acknowledged = std::mem::take(&mut *self.shared.acknowledged.lock().expect("no buyer panicked"));
        let attempts = self.shared.attempts.load(Ordering::Relaxed);
        tell(&format!("{} orders acknowledged in {attempts} attempts", acknowledged.len()));
        assert!(acknowledged.len() > 10, "the load was no load");
        acknowledged
    }
}

impl Shared {
    /// One buyer's way.
    async fn buy(&self, number: u64, attempt: u64) {
        let http = http();
        let email = format!("buyer-{number}@example.com");
        let url = |turn: u64| {
            let servers = u64::try_from(self.urls.len()).expect("a small number");
            &self.urls[usize::try_from((attempt + turn) % servers).expect("a small number")]
        };
        let Ok(checkout) = open(&http, url(0), &self.sku, 1, &email).await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            return;
        };
        let token = TOKENS[usize::try_from(attempt % 6).expect("a small number")];
        let key = format!("attempt-{attempt}");
        let mut tries = 0;
        while tries < 400 && !(self.stop.load(Ordering::Relaxed) && tries > 200) {
            tries += 1;
            // A server that does not answer is left for another one; an answer is asked for where it was begun.
            let Ok(answer) = complete(&http, url(tries / 2), &checkout, &key, token).await else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            match answer.status {
                StatusCode::CREATED => return self.note(answer, key, checkout),
                StatusCode::PAYMENT_REQUIRED => return,
                StatusCode::ACCEPTED | StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {
                    if let Some(page) = answer.body.pointer("/next_action/url").and_then(|url| url.as_str()) {
                        // Four of five confirm. Whether the page answers or not, the shop is asked how it went.
                        let result = if attempt.is_multiple_of(5) { "fail" } else { "succeed" };
                        let acted = post(&http, page, &[], serde_json::json!({"result": result})).await;
                        drop(acted);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("{other} {}", answer.body),
            }
        }
    }

    fn note(&self, answer: Answer, key: String, checkout: String) {
        let (id, token) = (answer.text("/id").to_owned(), answer.text("/token").to_owned());
        let mut acknowledged = self.acknowledged.lock().expect("no buyer panicked");
        acknowledged.push(Acknowledged { id, token, key, checkout, bytes: answer.bytes });
    }
}

/// I12: each order is there, and its key is still answered with the same bytes.
pub(crate) async fn assert_all_kept(shop: &Shop, acknowledged: &[Acknowledged]) {
    let http: Http = http();
    for order in acknowledged {
        let bearer = format!("Bearer {}", order.token);
        let url = format!("{}/v1/orders/{}", shop.url(), order.id);
        let found = get(&http, &url, &[("authorization", &bearer)]).await.expect("the server answers");
        assert_eq!(found.status, StatusCode::OK, "order {} is lost", order.id);
        assert_eq!(found.text("/status"), "paid");
    }
    for order in acknowledged.iter().take(50) {
        let token = "tok_ok";
        let again = complete(&http, &shop.url(), &order.checkout, &order.key, token).await;
        let again = again.expect("the server answers");
        if again.status == StatusCode::CREATED {
            assert!(again.replayed);
            assert_eq!(again.bytes, order.bytes, "a replay is byte for byte the first answer");
        } else {
            // The attempt was made with another token, so the body differs.
            assert_eq!(again.code(), "idempotency_key_reused");
        }
    }
}

/// Waits until a server is ready.
pub(crate) async fn ready(url: &str) {
    let http = http();
    for _ in 0..400 {
        if get(&http, &format!("{url}/readyz"), &[]).await.is_ok_and(|answer| answer.status.is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server at {url} is not ready");
}

/// A small generator for moments to kill at (xorshift64*, Vigna 2016).
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `SELLONCE_SEED`, or by the clock; the seed is printed.
    pub(crate) fn seeded() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test draws its seed from the clock and prints it")]
        let drawn = || {
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |now| now.as_secs())
        };
        let seed = number("SELLONCE_SEED").unwrap_or_else(drawn);
        tell(&format!("seed {seed}"));
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }
}

/// Says what a failed run has to be read with.
#[expect(clippy::print_stdout, reason = "a test's output is shown when it fails")]
fn tell(what: &str) {
    println!("{what}");
}

/// A number that a variable sets.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
