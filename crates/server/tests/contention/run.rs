//! The run: a server on a socket, two hundred buyers, and what they were told.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use sellonce_checkout::catalog::{
    Details, Handle, ImportedProduct, ImportedVariant, Listing, Location, Sku, Variant,
};
use sellonce_checkout::clock::{Clock, Timestamp};
use sellonce_checkout::coordinator::Coordinator;
use sellonce_checkout::id::{CauseId, Ids, ProductId, Uuid};
use sellonce_checkout::inventory::Policy;
use sellonce_checkout::limits::Times;
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::payment::PaymentProvider;
use sellonce_checkout::store::catalog::{Catalog, PutProduct};
use sellonce_checkout::store::memory::MemoryStore;
use sellonce_checkout::store::{Shop, Store};
use sellonce_checkout::totals::Tables;
use sellonce_payments::memory_book::MemoryBook;
use sellonce_payments::simulated::{self, Simulated};
use sellonce_server::accept::{self, Tasks};
use sellonce_server::app::{App, Parts, Settings};
use serde_json::{Value, json};

/// What the buyers were told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) placed: u32,
    pub(crate) sold_out: u32,
    pub(crate) other: u32,
}

impl Tally {
    /// Whether exactly the stock was sold and everybody else was told so.
    pub(crate) fn verdict(&self, stock: u32) -> Result<(), String> {
        let exact = self.placed == stock && self.sold_out == 200 - stock && self.other == 0;
        if exact { Ok(()) } else { Err(format!("{stock} units, but {self:?}")) }
    }
}

struct TokioClock {
    started: tokio::time::Instant,
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(1_700_000_000_000).plus_ms(passed)
    }

    async fn sleep_ms(&self, ms: i64) {
        tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }
}

/// Ids in a row: nothing here depends on their being unpredictable.
struct CountedIds(std::sync::atomic::AtomicU64);

impl CountedIds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

impl Ids for CountedIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(self.next()))
    }

    fn secret16(&self) -> [u8; 16] {
        u128::from(self.next()).to_le_bytes()
    }

    fn secret32(&self) -> [u8; 32] {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock { started: tokio::time::Instant::now() })
}

fn usd() -> Currency {
    Currency::parse("USD").expect("USD is a currency")
}

pub(crate) fn sku() -> Sku {
    Sku::parse("last-ones").expect("a SKU")
}

pub(crate) fn memory_store() -> MemoryStore {
    let (locations, capture) = (vec![Location::main()], sellonce_checkout::payment::Capture::Automatic);
    let shop = Shop { currency: usd(), locations, capture, times: Times::default() };
    MemoryStore::new(shop, clock())
}

/// Puts the one product with its stock; `endless` lets more be promised than is there.
pub(crate) async fn put_stock(store: &(impl Catalog + ?Sized), units: i64, endless: bool) {
    let variant = Variant {
        sku: sku(),
        title: String::new(),
        option_values: Vec::new(),
        price: Money::new(4999, usd()).expect("an amount"),
        compare_at: None,
        image_src: None,
        grams: 0,
        barcode: String::new(),
        policy: if endless { Policy::Continue } else { Policy::Deny },
    };
    let details = Details {
        handle: Handle::parse("last-ones").expect("a handle"),
        title: "The last ones".to_owned(),
        body_html: String::new(),
        vendor: String::new(),
        product_type: String::new(),
        tags: Vec::new(),
        listing: Listing::Published,
        options: Vec::new(),
        images: Vec::new(),
    };
    let variants = vec![ImportedVariant { variant, quantity: Some(units) }];
    let call = PutProduct {
        id: ProductId(Uuid::from_u128(1)),
        product: ImportedProduct { details, variants },
        location: Location::main(),
        set_stock: false,
        cause: CauseId(Uuid::from_u128(2)),
    };
    store.put_product(call).await.expect("the store answers").expect("the product is put");
}

/// Serves a store and lets two hundred buyers want one unit each, all at once.
pub(crate) async fn two_hundred_buyers(store: Arc<dyn Store>) -> Tally {
    let url = serve(store).await;
    let buyers: Vec<_> = (0..200).map(|number| tokio::spawn(buy(url.clone(), number))).collect();
    let mut tally = Tally::default();
    for buyer in buyers {
        match buyer.await.expect("a buyer does not panic") {
            (StatusCode::CREATED, _) => tally.placed += 1,
            (StatusCode::CONFLICT, body) if body["code"] == "out_of_stock" => tally.sold_out += 1,
            _ => tally.other += 1,
        }
    }
    tally
}

async fn serve(store: Arc<dyn Store>) -> String {
    let ids: Arc<dyn Ids> = Arc::new(CountedIds(1_000.into()));
    let simulated = Simulated::new(
        Arc::new(MemoryBook::new(clock())),
        clock(),
        simulated::Settings::new("http://localhost"),
    );
    let providers =
        BTreeMap::from([("simulated".to_owned(), Arc::new(simulated) as Arc<dyn PaymentProvider>)]);
    let coordinator = Arc::new(Coordinator::new(Arc::clone(&store), providers, clock(), Arc::clone(&ids)));
    let tasks = Tasks::default();
    let app = App::new(Parts {
        store,
        coordinator,
        ids,
        pricing: Arc::new(Tables::plain(usd())),
        callbacks: BTreeMap::new(),
        simulated: None,
        tasks: tasks.clone(),
        settings: Settings::new("Shop", "http://localhost"),
    });
    let listener = accept::bind(([127, 0, 0, 1], 0).into()).expect("there is a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    let router = sellonce_server::router::router(app);
    tokio::spawn(async move {
        let never = std::future::pending();
        accept::serve(vec![listener], router, accept::Settings::default(), &tasks, never).await
    });
    url
}

async fn buy(url: String, number: u32) -> (StatusCode, Value) {
    let email = format!("buyer-{number}@example.com");
    let lines = json!([{"sku": sku().as_str(), "quantity": 1}]);
    let opened = post(&format!("{url}/v1/checkouts"), json!({"lines": lines, "email": email})).await;
    let checkout = opened.1["id"].as_str().unwrap_or_else(|| panic!("no checkout: {opened:?}")).to_owned();
    let payment = json!({"provider": "simulated", "token": "tok_ok"});
    post(&format!("{url}/v1/checkouts/{checkout}/complete"), json!({"payment": payment})).await
}

async fn post(url: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .header("content-type", "application/json")
        .header("idempotency-key", "once")
        .body(Full::new(Bytes::from(body.to_string())))
        .expect("the request is well-formed");
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("the server answers");
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("the answer is whole").to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}
