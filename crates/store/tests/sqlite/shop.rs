//! A shop in a folder of its own: a store on a fresh file, a clock that stands still, ids that count, and the calls of
//! a sale with everything that a test does not care about filled in.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use rusqlite::Connection;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    CauseId, CheckoutId, EventId, OrderId, OrderToken, OwnerId, ProductId, SagaId, SecretHash, Uuid,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{self, Capture};
use sellonce_checkout::price_lock::WantedLine;
use sellonce_checkout::session::Buyer;
use sellonce_checkout::simulated_book::{BookEntry, SimulatedBook};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::catalog::{Catalog, PutProduct};
use sellonce_checkout::store::checkouts::{Checkouts, Goods, OpenCheckout};
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::store::sagas::{
    Begun, From, Moved, PaymentChoice, PaymentNews, PlaceOrder, Reserve, ReserveRefusal, Run, Sagas, Target,
};
use sellonce_checkout::totals::Tables;
use sellonce_store::{Settings, SqliteStore};

/// A clock that a test moves by hand; sleeping moves it, too.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn at(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_ms(&self, ms: i64) {
        self.advance(ms);
    }
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").expect("a currency")
}

pub(crate) fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a SKU")
}

/// What every sale of these tests costs a unit.
pub(crate) fn price() -> Money {
    Money::new(5_000, usd()).expect("an amount")
}

pub(crate) struct TestShop {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) folder: tempfile::TempDir,
    drawn: AtomicU64,
}

impl TestShop {
    /// A new shop with the usual times.
    pub(crate) fn new() -> Self {
        Self::with_times(Times::default())
    }

    pub(crate) fn with_times(times: Times) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(HandClock::at(1_700_000_000_000));
        let (locations, capture) = (vec![Location::main()], Capture::Automatic);
        let shop = Shop { currency: usd(), locations, capture, times };
        let settings = Settings { shop, clock: clock.clone() };
        let store = SqliteStore::open(&folder.path().join("shop.db"), settings).expect("a new file opens");
        Self { store: Arc::new(store), clock, folder, drawn: AtomicU64::new(1) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    /// A foreign hand on the file.
    pub(crate) fn hand(&self) -> Connection {
        let connection = Connection::open(self.path()).expect("the file opens");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("a timeout");
        connection
    }

    /// Ids are drawn in order and never twice.
    pub(crate) fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.drawn.fetch_add(1, Ordering::SeqCst)) | 1 << 100)
    }

    /// Puts a product of one variant on sale.
    pub(crate) async fn stock(&self, name: &str, quantity: i64, policy: Policy) {
        let call = self.product(name, &[(name, quantity)], policy);
        self.store.put_product(call).await.expect("the store answers").expect("the product is put");
    }

    /// A call that puts a product.
    pub(crate) fn product(&self, handle: &str, variants: &[(&str, i64)], policy: Policy) -> PutProduct {
        let details = Details {
            handle: Handle::parse(handle).expect("a handle"),
            title: format!("The {handle}"),
            body_html: "<p>Fine.</p>".to_owned(),
            vendor: "Ocean".to_owned(),
            product_type: "Shirt".to_owned(),
            tags: vec!["blue".to_owned(), "cotton".to_owned()],
            listing: Listing::Published,
            options: vec!["Size".to_owned()],
            images: Vec::new(),
        };
        let variant = |(name, quantity): &(&str, i64)| ImportedVariant {
            variant: Variant {
                sku: sku(name),
                title: String::new(),
                option_values: vec![(*name).to_owned()],
                price: price(),
                compare_at: None,
                image_src: None,
                grams: 200,
                barcode: String::new(),
                policy,
            },
            quantity: Some(*quantity),
        };
        PutProduct {
            id: ProductId(self.uuid()),
            product: ImportedProduct { details, variants: variants.iter().map(variant).collect() },
            location: Location::main(),
            set_stock: false,
            cause: CauseId(self.uuid()),
        }
    }

    /// A call that opens a checkout of some units.
    pub(crate) fn opening(&self, name: &str, quantity: u32) -> OpenCheckout {
        let line = WantedLine { sku: sku(name), quantity, price_seen: None, title_seen: String::new() };
        self.opening_of(Goods::Lines(vec![line]))
    }

    pub(crate) fn opening_of(&self, goods: Goods) -> OpenCheckout {
        let uuid = self.uuid();
        let email =
            Email::parse(&format!("buyer-{}@example.com", uuid.as_u128() & 0xffff)).expect("an address");
        OpenCheckout {
            id: CheckoutId(uuid),
            secret: SecretHash::of(uuid.as_bytes()),
            goods,
            buyer: Buyer { email, address: None, customer_reference: None },
            shipping_method: None,
            discount_code: None,
            pricing: Arc::new(Tables::plain(usd())),
        }
    }

    /// A call that completes what a call opens, under a key of its own.
    pub(crate) fn reserving(&self, open: OpenCheckout) -> Reserve {
        self.reserving_target(Scope::checkout(open.id), Target::New(Box::new(open)))
    }

    pub(crate) fn reserving_target(&self, scope: Scope, target: Target) -> Reserve {
        let key = Key::parse(&self.uuid().to_string()).expect("a key");
        let body = BodyHash::of(b"{}");
        Reserve {
            saga: SagaId(self.uuid()),
            owner: OwnerId(Uuid::from_u128(7)),
            claim: Claim { scope, key, body, request_id: "req-1".to_owned() },
            target,
            expected_total: None,
            payment: Some(PaymentChoice { provider: "simulated".to_owned(), token: "tok_ok".to_owned() }),
        }
    }

    /// T1 of some units, which must be granted.
    pub(crate) async fn reserve(&self, name: &str, quantity: u32) -> Run {
        self.try_reserve(name, quantity).await.expect("the units are held")
    }

    pub(crate) async fn try_reserve(&self, name: &str, quantity: u32) -> Result<Run, ReserveRefusal> {
        let call = self.reserving(self.opening(name, quantity));
        match self.store.reserve(call).await.expect("the store answers")? {
            Begun::New(run) => Ok(*run),
            Begun::Known { .. } => panic!("the key is new"),
        }
    }

    /// Opens a checkout and completes it in a second call, as a buyer with a page in between does.
    pub(crate) async fn open_then_reserve(&self, open: OpenCheckout) -> Run {
        let (id, secret) = (open.id, open.secret);
        self.store.open_checkout(open).await.expect("the store answers").expect("it opens");
        let call = self.reserving_target(Scope::checkout(id), Target::Open { id, secret });
        match self.store.reserve(call).await.expect("the store answers").expect("the units are held") {
            Begun::New(run) => *run,
            Begun::Known { .. } => panic!("the key is new"),
        }
    }

    pub(crate) fn placing(&self, run: &Run) -> PlaceOrder {
        PlaceOrder {
            from: from(run),
            payment: captured(),
            order: OrderId(self.uuid()),
            token: OrderToken([7; 32]),
            events: [EventId(self.uuid()), EventId(self.uuid())],
        }
    }

    /// Books the payment at the simulated provider and places the order.
    pub(crate) async fn place(&self, run: &Run) -> OrderView {
        let entry = BookEntry {
            attempt_key: run.saga.id.attempt_key(),
            token: "tok_ok".to_owned(),
            amount: run.attempt.as_ref().expect("something to pay").amount,
            status: "captured",
            decline_code: None,
            only_from: &[],
            callbacks: Vec::new(),
        };
        self.store.book(entry).await.expect("the book answers");
        match self.store.place_order(self.placing(run)).await.expect("the store answers") {
            Moved::Done(view) => *view,
            Moved::Lost => panic!("nobody else moves the saga"),
        }
    }

    /// A whole sale.
    pub(crate) async fn sell(&self, name: &str, quantity: u32) -> OrderView {
        let run = self.reserve(name, quantity).await;
        self.place(&run).await
    }
}

pub(crate) fn from(run: &Run) -> From {
    From { saga: run.saga.id, state: run.saga.state, fence: run.saga.fence }
}

pub(crate) fn captured() -> PaymentNews {
    let reference = Some("sim-1".to_owned());
    PaymentNews { status: Some(payment::Status::Captured), reference, ..PaymentNews::default() }
}
