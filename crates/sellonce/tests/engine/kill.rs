//! kill -9 at random moments under load, while a client outside keeps what it was told (I12).
//!
//! `SELLONCE_KILLS` sets how often; the seed is printed and can be given back as `SELLONCE_SEED`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::StatusCode;

use crate::harness::{Answer, Http, Shop, complete, get, http, open};

/// What a buyer was told of an order.
struct Acknowledged {
    id: String,
    token: String,
    key: String,
    checkout: String,
    bytes: hyper::body::Bytes,
}

const BUYERS: u64 = 24;
const UNITS: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_order_is_lost_by_killing_the_server() {
    let kills = number("SELLONCE_KILLS").unwrap_or(10);
    #[expect(clippy::disallowed_methods, reason = "a test draws its seed from the clock and prints it")]
    let drawn =
        || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |now| now.as_secs());
    let seed = number("SELLONCE_SEED").unwrap_or_else(drawn);
    println!("seed {seed}, {kills} kills");
    let mut random = Random(seed | 1);
    let mut shop = Shop::with_stock("thing", UNITS);
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let (stop, attempts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (url, stop) = (shop.url(), Arc::clone(&stop));
            let (acknowledged, attempts) = (Arc::clone(&acknowledged), Arc::clone(&attempts));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let attempt = attempts.fetch_add(1, Ordering::Relaxed);
                    buy(&url, number, attempt, &stop, &acknowledged).await;
                }
            })
        })
        .collect();
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(100 + random.below(500))).await;
        shop.kill();
        #[expect(clippy::disallowed_methods, reason = "the time to be ready again is what is measured")]
        let killed = Instant::now();
        shop.start();
        ready(&shop).await;
        let down = killed.elapsed();
        assert!(down < Duration::from_secs(1), "ready again after {down:?}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::Relaxed);
    for buyer in buyers {
        buyer.await.expect("a buyer does not panic");
    }
    shop.assert_audit_ok();
    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("no buyer panicked"));
    println!("{} orders acknowledged in {} attempts", acknowledged.len(), attempts.load(Ordering::Relaxed));
    assert!(acknowledged.len() > 10, "the load was no load");
    assert_all_kept(&shop, &acknowledged).await;
}

/// One buyer's way: repeats with the same key whatever happens, as the API asks clients to do.
async fn buy(
    url: &str,
    number: u64,
    attempt: u64,
    stop: &AtomicBool,
    acknowledged: &Mutex<Vec<Acknowledged>>,
) {
    let http = http();
    let email = format!("buyer-{number}@example.com");
    let Ok(checkout) = open(&http, url, "thing", 1, &email).await else {
        tokio::time::sleep(Duration::from_millis(10)).await;
        return;
    };
    let token = ["tok_ok", "tok_ok", "tok_declined", "tok_timeout", "tok_timeout_not_charged"];
    let token = token[usize::try_from(attempt % 5).expect("a small number")];
    let key = format!("attempt-{attempt}");
    let mut tries = 0;
    while tries < 200 && !(stop.load(Ordering::Relaxed) && tries > 100) {
        tries += 1;
        let Ok(answer) = complete(&http, url, &checkout, &key, token).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        match answer.status {
            StatusCode::CREATED => {
                note(answer, key, checkout, acknowledged);
                return;
            }
            StatusCode::PAYMENT_REQUIRED => return,
            StatusCode::ACCEPTED | StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => panic!("{other} {}", answer.body),
        }
    }
}

fn note(answer: Answer, key: String, checkout: String, acknowledged: &Mutex<Vec<Acknowledged>>) {
    let (id, token) = (answer.text("/id").to_owned(), answer.text("/token").to_owned());
    let mut acknowledged = acknowledged.lock().expect("no buyer panicked");
    acknowledged.push(Acknowledged { id, token, key, checkout, bytes: answer.bytes });
}

/// I12: each order is there, and its key is still answered with the same bytes.
async fn assert_all_kept(shop: &Shop, acknowledged: &[Acknowledged]) {
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

async fn ready(shop: &Shop) {
    let http = http();
    for _ in 0..200 {
        if get(&http, &format!("{}/readyz", shop.url()), &[])
            .await
            .is_ok_and(|answer| answer.status.is_success())
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server is not ready");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A small generator for moments to kill at (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }
}
