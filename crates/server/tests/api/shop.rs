//! A shop to test: a store, the simulated provider, a clock that tests move, and a catalog of a few things.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::coordinator::{Coordinator, Driven};
use sellonce_checkout::id::{ApiKeyId, ApiSecret, CauseId, Ids, ProductId, Uuid};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::{CallbackReader, Capture, PaymentProvider};
use sellonce_checkout::simulated_book::{Booking, SimulatedBook};
use sellonce_checkout::store::accounts::ApiKey;
use sellonce_checkout::store::catalog::PutProduct;
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::{self, Failure, Store};
use sellonce_checkout::totals::{Pricing, Tables};
use sellonce_cluster::Database;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::callbacks::{Callbacks, Reader, Tells};
use sellonce_payments::simulated::{self, Simulated};
use sellonce_payments::standard_webhooks::Secret;
use sellonce_server::accept::Tasks;
use sellonce_server::app::{ActionPage, App, Parts, Settings, Simulated as ShownProvider};
use sellonce_server::router::router;
use sellonce_store::{PostgresSettings, PostgresStore, SqliteStore, TimeSource};
use tempfile::TempDir;
use tower::ServiceExt;

/// The stores that a shop can stand on.
#[derive(Clone, Copy)]
pub(crate) enum StoreKind {
    Memory,
    Sqlite,
    Postgres,
}

/// A store, the simulated provider's book, and the files that go with them.
struct Opened {
    store: Arc<dyn Store>,
    book: Arc<dyn SimulatedBook>,
    place: Place,
}

/// Where a store keeps what it remembers; it is removed when it is dropped.
enum Place {
    Nowhere,
    Files(#[expect(dead_code, reason = "it is held, not read")] TempDir),
    Database(#[expect(dead_code, reason = "it is held, not read")] Database),
}

impl StoreKind {
    fn open(self, shop: store::Shop, clock: Arc<dyn Clock>) -> Opened {
        match self {
            Self::Memory => Opened {
                store: Arc::new(MemoryStore::new(shop, Arc::clone(&clock))),
                book: Arc::new(MemoryBook::new(clock)),
                place: Place::Nowhere,
            },
            Self::Sqlite => {
                let files = tempfile::tempdir().unwrap();
                let settings = sellonce_store::Settings { shop, clock };
                let store = Arc::new(SqliteStore::open(&files.path().join("shop.db"), settings).unwrap());
                Opened { store: Arc::<SqliteStore>::clone(&store), book: store, place: Place::Files(files) }
            }
            Self::Postgres => {
                let database = Database::new();
                let (url, time) = (database.url(), TimeSource::OwnClock);
                let settings = PostgresSettings { url, shop, clock, time };
                let store = Arc::new(PostgresStore::open(settings).unwrap());
                let place = Place::Database(database);
                Opened { store: Arc::<PostgresStore>::clone(&store), book: store, place }
            }
        }
    }
}

/// What the simulated provider signs its callbacks with.
pub(crate) fn secret() -> Secret {
    Secret::from_bytes([7; 32])
}

/// The simulated provider's page.
struct ShownPage(Simulated);

#[async_trait]
impl ActionPage for ShownPage {
    async fn payment(&self, attempt_key: &str) -> Result<Option<Booking>, Failure> {
        self.0.payment(attempt_key).await
    }

    async fn act(&self, attempt_key: &str, succeed: bool) -> Result<Option<Booking>, Failure> {
        self.0.act(attempt_key, succeed).await
    }
}

/// How a shop differs from the usual one.
pub(crate) struct Plan {
    pub(crate) times: Times,
    pub(crate) settings: Settings,
    pub(crate) pricing: Arc<dyn Pricing>,
    pub(crate) simulated_is_on: bool,
    pub(crate) capture: Capture,
    pub(crate) providers: BTreeMap<String, Arc<dyn PaymentProvider>>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            times: Times::default(),
            settings: Settings::new("Test shop", "http://shop.example"),
            pricing: Arc::new(Tables::plain(usd())),
            simulated_is_on: true,
            capture: Capture::Automatic,
            providers: BTreeMap::new(),
        }
    }
}

/// A served shop.
pub(crate) struct Shop {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) coordinator: Arc<Coordinator>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) app: App,
    pub(crate) router: Router,
    /// The simulated provider, as its own loops have it.
    pub(crate) provider: Simulated,
    /// A key of each kind of scope, as it is sent.
    pub(crate) admin: String,
    pub(crate) reader: String,
    pub(crate) writer: String,
    _place: Place,
}

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(crate) fn dollars(minor: i64) -> Money {
    Money::new(minor, usd()).unwrap()
}

impl Shop {
    /// The usual shop.
    pub(crate) async fn open(kind: StoreKind) -> Self {
        Self::open_as(kind, Plan::default()).await
    }

    /// A shop that is different.
    pub(crate) async fn open_as(kind: StoreKind, plan: Plan) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_737_600_000)));
        let ids = Arc::new(TestIds::default());
        let locations = vec![Location::main(), Location::parse("cellar").unwrap()];
        let shop = store::Shop { currency: usd(), locations, capture: plan.capture, times: plan.times };
        let Opened { store, book, place } = kind.open(shop, Arc::<TestClock>::clone(&clock));
        let mut providers = plan.providers;
        let settings = simulated::Settings {
            capture: plan.capture,
            callbacks: Some(Callbacks { tells: Tells::Everything, ..Callbacks::new(secret()) }),
            ..simulated::Settings::new("http://shop.example")
        };
        let provider =
            || Simulated::new(Arc::clone(&book), Arc::<TestClock>::clone(&clock), settings.clone());
        if plan.simulated_is_on {
            providers.insert(simulated::NAME.to_owned(), Arc::new(provider()));
        }
        let page = || ShownProvider { book: Arc::clone(&book), page: Arc::new(ShownPage(provider())) };
        let reader = || Arc::new(Reader::new(vec![secret()])) as Arc<dyn CallbackReader>;
        let readers = plan.simulated_is_on.then(|| (simulated::NAME.to_owned(), reader()));
        let coordinator = Arc::new(Coordinator::new(
            Arc::clone(&store),
            providers,
            Arc::<TestClock>::clone(&clock),
            Arc::<TestIds>::clone(&ids),
        ));
        let app = App::new(Parts {
            store: Arc::clone(&store),
            coordinator: Arc::clone(&coordinator),
            ids: Arc::<TestIds>::clone(&ids),
            pricing: plan.pricing,
            callbacks: readers.into_iter().collect(),
            simulated: plan.simulated_is_on.then(page),
            tasks: Tasks::default(),
            settings: plan.settings,
        });
        let admin = make_key(store.as_ref(), ids.as_ref(), &["admin:read", "admin:write"]).await;
        let reader = make_key(store.as_ref(), ids.as_ref(), &["admin:read"]).await;
        let writer = make_key(store.as_ref(), ids.as_ref(), &["admin:write"]).await;
        let router = router(app.clone());
        let provider = provider();
        let shop =
            Self { store, coordinator, clock, app, router, provider, admin, reader, writer, _place: place };
        shop.fill(ids.as_ref()).await;
        shop
    }

    /// Puts the catalog: a mug (5 units, 12.00), a shirt in two sizes (3 and 0 units, 25.00), a poster that is sold
    /// beyond what is there (9.50), a sticker that costs nothing (100 units), and a lamp that is not on sale.
    async fn fill(&self, ids: &TestIds) {
        let deny = Policy::Deny;
        self.put(ids, "mug", Listing::Published, vec![variant("MUG", 1_200, 5, deny)]).await;
        let sizes = vec![variant("SHIRT-S", 2_500, 3, deny), variant("SHIRT-M", 2_500, 0, deny)];
        self.put(ids, "shirt", Listing::Published, sizes).await;
        self.put(ids, "poster", Listing::Published, vec![variant("POSTER", 950, 0, Policy::Continue)]).await;
        self.put(ids, "sticker", Listing::Published, vec![variant("STICKER", 0, 100, deny)]).await;
        self.put(ids, "lamp", Listing::Hidden, vec![variant("LAMP", 8_000, 9, deny)]).await;
    }

    async fn put(&self, ids: &TestIds, handle: &str, listing: Listing, variants: Vec<ImportedVariant>) {
        let details = Details {
            handle: Handle::parse(handle).unwrap(),
            title: handle[..1].to_uppercase() + &handle[1..],
            body_html: format!("<p>A {handle}.</p>"),
            vendor: "Potter".to_owned(),
            product_type: String::new(),
            tags: vec!["gift".to_owned()],
            listing,
            options: Vec::new(),
            images: Vec::new(),
        };
        let call = PutProduct {
            id: ProductId(ids.uuid()),
            product: ImportedProduct { details, variants },
            location: Location::main(),
            set_stock: false,
            cause: CauseId(ids.uuid()),
        };
        self.store.put_product(call).await.unwrap().unwrap();
    }

    /// Changes a price as a merchant does.
    pub(crate) async fn set_price(&self, sku: &str, minor: i64) {
        let sku = Sku::parse(sku).unwrap();
        self.store.set_price(&sku, dollars(minor), false).await.unwrap().unwrap();
    }

    /// What is left of a SKU at all locations.
    pub(crate) async fn available(&self, sku: &str) -> i64 {
        let view = self.store.stock(&Sku::parse(sku).unwrap()).await.unwrap().unwrap();
        view.rows.iter().map(|(_, stock)| stock.counters.available).sum()
    }

    /// Runs what background loops would: every saga and refund that is due.
    pub(crate) async fn run_loops(&self) {
        for run in self.coordinator.claim(100).await.unwrap() {
            let driven = self.coordinator.drive(run, self.clock.now()).await.unwrap();
            assert!(!matches!(driven, Driven::Waits(_)), "the saga comes to its end");
        }
        for due in self.coordinator.claim_refunds(100).await.unwrap() {
            self.coordinator.refund(due).await.unwrap();
        }
    }

    /// Has the provider's callbacks come in at the door, all that are due; how many there were.
    pub(crate) async fn hear_callbacks(&self) -> usize {
        let due = self.provider.due_callbacks(100).await.unwrap();
        for callback in &due {
            let mut request = Request::post("/v1/payments/webhooks/simulated");
            for (name, value) in &callback.headers {
                request = request.header(*name, value);
            }
            let request = request.body(Body::from(callback.body.clone())).unwrap();
            let answer = self.router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            self.provider.called_back(callback, true).await.unwrap();
        }
        due.len()
    }

    /// Every promise that a store can show is kept.
    pub(crate) async fn audit(&self) {
        let report = self.store.audit().await.unwrap();
        assert!(
            report.ok(),
            "{:#?}",
            report.findings.iter().filter(|finding| finding.violated > 0).collect::<Vec<_>>()
        );
    }
}

fn variant(sku: &str, minor: i64, quantity: i64, policy: Policy) -> ImportedVariant {
    let variant = Variant {
        sku: Sku::parse(sku).unwrap(),
        title: String::new(),
        option_values: Vec::new(),
        price: dollars(minor),
        compare_at: None,
        image_src: None,
        grams: 300,
        barcode: String::new(),
        policy,
    };
    ImportedVariant { variant, quantity: Some(quantity) }
}

async fn make_key(store: &dyn Store, ids: &TestIds, scopes: &[&str]) -> String {
    let secret = ApiSecret::draw(ids);
    let key = ApiKey {
        id: ApiKeyId(ids.uuid()),
        name: scopes.join(" "),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        secret: secret.hash(),
        created_at: store.now(),
        revoked_at: None,
    };
    store.create_api_key(key).await.unwrap();
    secret.reveal()
}

/// A clock that stands still until it is moved, or until somebody waits: then the time has passed.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_ms(&self, ms: i64) {
        self.pass_ms(ms.max(0));
        tokio::task::yield_now().await;
    }
}

/// Ids and secrets that differ from each other and are the same in every run.
#[derive(Default)]
pub(crate) struct TestIds(AtomicU64);

impl TestIds {
    fn draw(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Ids for TestIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128((0x019a_0000_0000_7000_8000 << 48) + u128::from(self.draw()))
    }

    fn secret16(&self) -> [u8; 16] {
        let [secret, _] = [self.secret32(), [0; 32]];
        secret[..16].try_into().unwrap()
    }

    fn secret32(&self) -> [u8; 32] {
        let number = self.draw();
        std::array::from_fn(|index| {
            let mixed = (number * 31 + u64::try_from(index).unwrap()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed.to_be_bytes()[3]
        })
    }
}
