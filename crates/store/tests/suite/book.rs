//! The simulated provider's book on a database: the suites of the payments crate, run on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sellonce_checkout::clock::Clock;
use sellonce_checkout::id::{Ids, Uuid};
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment::{Capture, PaymentProvider};
use sellonce_checkout::simulated_book::SimulatedBook;
use sellonce_cluster::Database;
use sellonce_payments::contract::{self, Tokens};
use sellonce_payments::simulated::{Settings, Simulated};
use sellonce_store::SqliteStore;

use crate::stores::{HandClock, postgres_at, shop, usd};

/// Ids in a row.
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn uuid(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
    }

    fn secret16(&self) -> [u8; 16] {
        [0; 16]
    }

    fn secret32(&self) -> [u8; 32] {
        [0; 32]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_in_sqlite_keeps_the_contract_of_books_and_of_providers() {
    let clock = HandClock::new();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let settings = sellonce_store::Settings { shop: shop(Capture::Automatic), clock: clock.clone() };
    let store = SqliteStore::open(&folder.path().join("shop.db"), settings).expect("an empty shop opens");
    keeps_its_contracts(Arc::new(store), clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_in_postgres_keeps_the_contract_of_books_and_of_providers() {
    let (database, clock) = (Database::new(), HandClock::new());
    keeps_its_contracts(postgres_at(&database.url(), &clock), clock).await;
}

async fn keeps_its_contracts(book: Arc<dyn SimulatedBook>, clock: Arc<HandClock>) {
    let ids: Arc<dyn Ids> = Arc::new(CountedIds(1.into()));
    // The shop has one currency and its book no other, so that a foreign one is never booked.
    let other_currency = Currency::parse("EUR").expect("EUR is a currency");
    let subject = contract::book::Subject {
        book: book.as_ref(),
        ids: ids.as_ref(),
        clock: clock.as_ref(),
        currency: usd(),
        other_currency,
    };
    contract::book::check(&subject).await;
    let server = || -> Arc<dyn PaymentProvider> {
        let clock = clock.clone() as Arc<dyn Clock>;
        Arc::new(Simulated::new(Arc::clone(&book), clock, Settings::new("http://localhost")))
    };
    let servers = [server(), server()];
    let (currency, tokens) = (usd(), Tokens::SIMULATED);
    contract::check(&contract::Subject { servers, ids, currency, other_currency, tokens }).await;
}
