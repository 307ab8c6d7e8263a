//! The store in memory: the model that both databases are compared with, and the store of tests.
//!
//! Decides nothing, as no store does: it reads rows from maps, calls the pure decisions, and writes what they say, one
//! call at a time under one lock. Forgets everything when it is dropped.

mod callbacks;
mod carts;
mod catalog;
mod checkouts;
mod facts;
mod inventory;
mod orders;
mod others;
mod sagas;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::audit::{Auditor, Past, Report, Reserved};
use crate::book::{Book, LimitUse, Movement};
use crate::cart::Cart;
use crate::catalog::{Listing, Location, Offer, Product, Sku, Variant};
use crate::clock::{Clock, Timestamp};
use crate::discount::{Discount, DiscountCode};
use crate::id::{CartId, CheckoutId, EventId, OrderId, OwnerId, ProductId, RefundId, SagaId};
use crate::idempotency::{BodyHash, Key, Scope, WorkDone};
use crate::inventory::Stock;
use crate::order::Order;
use crate::payment;
use crate::purchase_limit::{Identity, LimitKey, Uses};
use crate::refund::Refund;
use crate::saga;
use crate::schedule::Schedule;
use crate::session::{self, Checkout};
use crate::store::accounts::ApiKey;
use crate::store::checkouts::{CheckoutView, OrderReference};
use crate::store::orders::OrderView;
use crate::store::sagas::Run;
use crate::store::{Books, Failure, Shop};

/// A store that lives as long as the process.
pub struct MemoryStore {
    shop: Shop,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// Everything that it remembers.
#[derive(Default)]
struct State {
    products: BTreeMap<ProductId, Product>,
    /// Variants that their product has no more: known, and not on sale.
    removed: BTreeMap<Sku, Variant>,
    stock: BTreeMap<Sku, BTreeMap<Location, StockRow>>,
    movements: Vec<Movement>,
    carts: BTreeMap<CartId, Cart>,
    checkouts: BTreeMap<CheckoutId, CheckoutRow>,
    sagas: BTreeMap<SagaId, SagaRow>,
    orders: BTreeMap<OrderId, Order>,
    deliveries: BTreeMap<(OrderId, i64, String), DeliveryRow>,
    refunds: BTreeMap<RefundId, RefundRow>,
    /// When each callback came first, by its provider and id.
    callbacks: BTreeMap<(String, String), Timestamp>,
    keys: BTreeMap<(Scope, Key), KeyRow>,
    discounts: BTreeMap<DiscountCode, (Discount, Uses)>,
    purchase_limits: BTreeMap<Sku, i64>,
    purchases: BTreeMap<(Sku, Identity), Uses>,
    api_keys: Vec<ApiKey>,
    orders_placed: i64,
}

#[derive(Clone, Copy)]
struct StockRow {
    stock: Stock,
    ever_continued: bool,
}

struct CheckoutRow {
    checkout: Checkout,
    history: Vec<Past<session::Status>>,
}

struct SagaRow {
    run: Run,
    history: Vec<Past<saga::State>>,
    payment_history: Vec<Past<payment::Status>>,
    schedule: Schedule,
    reservation: Reserved,
}

struct DeliveryRow {
    event: EventId,
    next_at: Timestamp,
    lease_until: Timestamp,
    tries: u32,
    over: bool,
}

struct RefundRow {
    refund: Refund,
    lease_until: Timestamp,
}

struct KeyRow {
    body: BodyHash,
    work: WorkDone,
    request_id: String,
}

impl MemoryStore {
    /// An empty shop.
    pub fn new(shop: Shop, clock: Arc<dyn Clock>) -> Self {
        Self { shop, clock, state: Mutex::default() }
    }

    /// The state; each call holds it from its beginning to its end.
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic inside a call is a defect that its caller sees; the calls after it must still be answered.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Books for MemoryStore {
    fn shop(&self) -> &Shop {
        &self.shop
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ping(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn audit(&self) -> Result<Report, Failure> {
        let mut auditor = Auditor::new(self.now(), self.shop.times);
        self.state().facts(&mut |fact| auditor.take(fact));
        Ok(auditor.finish())
    }
}

impl State {
    /// A book of the rows of some SKUs and counters.
    fn book<'a>(&self, skus: impl IntoIterator<Item = &'a Sku>, limits: &[LimitUse]) -> Book {
        let mut book = Book::default();
        for sku in skus {
            let rows = self.stock.get(sku).into_iter().flatten();
            book.put_stock(sku.clone(), rows.map(|(location, row)| (location.clone(), row.stock)));
        }
        for limit in limits {
            book.put_limit(limit.key.clone(), self.uses(&limit.key));
        }
        book
    }

    fn uses(&self, key: &LimitKey) -> Uses {
        match key {
            LimitKey::Discount(code) => self.discounts.get(code).map(|(_, uses)| *uses).unwrap_or_default(),
            LimitKey::Purchase(sku, identity) => {
                let uses = self.purchases.get(&(sku.clone(), *identity)).copied().unwrap_or_default();
                Uses { max: self.purchase_limits.get(sku).copied(), ..uses }
            }
        }
    }

    /// Writes what a book says.
    fn write(&mut self, book: Book) {
        let changes = book.into_changes();
        for change in changes.stock {
            let row =
                self.stock.get_mut(&change.place.sku).and_then(|rows| rows.get_mut(&change.place.location));
            let row = row.expect("a row that was read is there");
            assert_eq!(row.stock, change.read, "I1: the row is as it was read");
            row.stock = change.after;
        }
        for change in changes.limits {
            match change.key {
                LimitKey::Discount(code) => {
                    if let Some((_, uses)) = self.discounts.get_mut(&code) {
                        *uses = change.after;
                    }
                }
                LimitKey::Purchase(sku, identity) => {
                    self.purchases.insert((sku, identity), change.after);
                }
            }
        }
        self.movements.extend(changes.movements);
    }

    /// Today's offer of a SKU.
    fn offer(&self, sku: &Sku) -> Option<Offer> {
        let on_sale = self.products.values().find_map(|product| {
            let variant = product.variants.iter().find(|variant| variant.sku == *sku)?;
            let title = match variant.title.as_str() {
                "" => product.details.title.clone(),
                variant_title => format!("{} - {variant_title}", product.details.title),
            };
            Some(Offer { sku: sku.clone(), title, price: variant.price, listing: product.details.listing })
        });
        on_sale.or_else(|| {
            let variant = self.removed.get(sku)?;
            let (title, price) = (variant.title.clone(), variant.price);
            Some(Offer { sku: sku.clone(), title, price, listing: Listing::Hidden })
        })
    }

    /// The units of a SKU that can be sold now; `None` where more can be promised than is there.
    fn available(&self, sku: &Sku, locations: &[Location]) -> Option<i64> {
        let mut sum = 0_i64;
        for location in locations {
            let Some(row) = self.stock.get(sku).and_then(|rows| rows.get(location)) else { continue };
            if row.stock.policy == crate::inventory::Policy::Continue {
                return None;
            }
            sum = sum.saturating_add(row.stock.counters.available);
        }
        Some(sum)
    }

    fn checkout_view(&self, id: CheckoutId, locations: &[Location]) -> Option<CheckoutView> {
        let checkout = self.checkouts.get(&id)?.checkout.clone();
        let skus = checkout.lock.lines.iter().map(|line| line.sku.clone());
        let available = skus.map(|sku| (sku.clone(), self.available(&sku, locations))).collect();
        let order = checkout.order.and_then(|order| self.orders.get(&order)).map(|order| OrderReference {
            id: order.id,
            number: order.number,
            token: order.token,
        });
        Some(CheckoutView { checkout, available, order })
    }

    fn order_view(&self, id: OrderId) -> Option<OrderView> {
        let order = self.orders.get(&id)?.clone();
        let checkout = self.checkouts.get(&order.checkout)?.checkout.clone();
        let attempt = self.sagas.get(&order.saga)?.run.attempt.clone();
        Some(OrderView { order, checkout, attempt })
    }

    /// Moves a checkout, noting it in its history; the move must be an edge.
    fn move_checkout(&mut self, id: CheckoutId, to: session::Status, fence: i64, at: Timestamp) {
        let Some(row) = self.checkouts.get_mut(&id) else { return };
        if row.checkout.status == to {
            return;
        }
        assert!(session::is_edge(row.checkout.status, to), "I6: a checkout walks its table");
        row.checkout.status = to;
        row.checkout.version = row.checkout.version.saturating_add(1);
        row.history.push(Past { to, fence, at });
    }

    /// Writes the deliveries of an event (I13).
    fn tell(&mut self, order: OrderId, event: &crate::order::HistoryEvent) {
        for consumer in crate::outbox::consumers(event.to) {
            let row = DeliveryRow {
                event: event.id,
                next_at: event.at,
                lease_until: event.at,
                tries: 0,
                over: false,
            };
            self.deliveries.insert((order, event.sequence, (*consumer).to_owned()), row);
        }
    }
}

/// Who leases a row is of no interest to a store with one process; only until when.
fn lease(_owner: OwnerId, now: Timestamp, shop: &Shop) -> Timestamp {
    now.plus_ms(shop.times.lease_ms)
}
