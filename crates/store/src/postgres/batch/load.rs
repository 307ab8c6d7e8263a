//! The rows of a batch: what was read, what is wanted, and reading what is wanted with one statement per table.
//!
//! Decides what is read along because it will be asked for next: with a saga its checkout, with a checkout its cart and
//! the stock of its lines. Leaves reading columns to `rows`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::Allocation;
use sellonce_checkout::cart::{Cart, CartLine};
use sellonce_checkout::catalog::{Location, Offer, Sku};
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{CartId, CheckoutId, SagaId, Uuid};
use sellonce_checkout::idempotency::{Key, Scope};
use sellonce_checkout::inventory::Stock;
use sellonce_checkout::money::Currency;
use sellonce_checkout::price_lock::LockedLine;
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::Booking;
use sellonce_checkout::store::Shop;
use tokio_postgres::Row;

use crate::postgres::batch::bulk;
use crate::postgres::link::Link;
use crate::postgres::values::RowColumns;
use crate::rows::orders::booking_columns;
use crate::rows::sagas::{allocation_columns, run_columns, schedule_columns};
use crate::rows::shopping::{cart_columns, cart_line_columns, checkout_columns, locked_line_columns};
use crate::rows::stock::{discount_columns, stock_columns};
use crate::rows::{Columns, catalog, orders, sagas, shopping, stock};
use crate::sql::Value;
use crate::tables::{Held, KnownKey};
use crate::trouble::Trouble;

/// The rows that calls have missed, by their keys.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) keys: BTreeSet<(Scope, Key)>,
    pub(super) carts: BTreeSet<CartId>,
    pub(super) sagas_of_carts: BTreeSet<CartId>,
    pub(super) checkouts: BTreeSet<CheckoutId>,
    pub(super) sagas: BTreeSet<SagaId>,
    pub(super) stock: BTreeSet<Sku>,
    pub(super) offers: BTreeSet<Sku>,
    pub(super) discounts: BTreeSet<DiscountCode>,
    pub(super) purchase_max: BTreeSet<Sku>,
    pub(super) purchases: BTreeSet<(Sku, Identity)>,
    pub(super) bookings: BTreeSet<String>,
    pub(super) refunds: BTreeSet<(String, String)>,
    pub(super) order_numbers: u32,
}

/// The rows as they were read; what is not there is `None`, what was not asked for is absent.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) keys: HashMap<(Scope, Key), Option<KnownKey>>,
    pub(super) carts: HashMap<CartId, Option<Cart>>,
    /// The checkouts of a cart whose sagas are unfinished.
    pub(super) sagas_of_carts: HashMap<CartId, Vec<CheckoutId>>,
    pub(super) checkouts: HashMap<CheckoutId, Option<Checkout>>,
    pub(super) sagas: HashMap<SagaId, Option<Held>>,
    pub(super) stock: BTreeMap<Sku, Vec<(Location, Stock)>>,
    pub(super) offers: HashMap<Sku, Option<Offer>>,
    pub(super) discounts: HashMap<DiscountCode, Option<(Discount, Uses)>>,
    pub(super) purchase_max: HashMap<Sku, Option<i64>>,
    pub(super) purchases: HashMap<(Sku, Identity), Option<Uses>>,
    pub(super) bookings: HashMap<String, Option<Booking>>,
    pub(super) refunds: HashMap<(String, String), bool>,
    pub(super) order_numbers: Vec<i64>,
}

impl Wanted {
    /// Whether nothing is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
            && self.carts.is_empty()
            && self.sagas_of_carts.is_empty()
            && self.checkouts.is_empty()
            && self.sagas.is_empty()
            && self.stock.is_empty()
            && self.offers.is_empty()
            && self.discounts.is_empty()
            && self.purchase_max.is_empty()
            && self.purchases.is_empty()
            && self.bookings.is_empty()
            && self.refunds.is_empty()
            && self.order_numbers == 0
    }
}

impl Rows {
    /// The counters that were read.
    pub(super) fn counters(&self) -> BTreeSet<LimitKey> {
        let discounts = self.discounts.keys().cloned().map(LimitKey::Discount);
        let purchases =
            self.purchases.keys().cloned().map(|(sku, identity)| LimitKey::Purchase(sku, identity));
        discounts.chain(purchases).collect()
    }

    /// Reads what is wanted, and what will be wanted next because of it.
    pub(super) fn load(&mut self, link: &Link, shop: &Shop, wanted: Wanted) -> Result<(), Trouble> {
        let next = self.load_once(link, shop.currency, wanted)?;
        if next.is_empty() {
            return Ok(());
        }
        let after = self.load_once(link, shop.currency, next)?;
        if after.is_empty() { Ok(()) } else { self.load_once(link, shop.currency, after).map(|_| ()) }
    }

    fn load_once(&mut self, link: &Link, currency: Currency, wanted: Wanted) -> Result<Wanted, Trouble> {
        let questions = questions(&wanted);
        let answers = bulk::query(link, &questions)?;
        let mut reading =
            Reading { currency, wanted: &wanted, parts: Parts::default(), ahead: Wanted::default() };
        for (question, rows) in questions.iter().zip(&answers) {
            self.take(question.subject, rows, &mut reading)?;
        }
        Ok(reading.ahead)
    }

    fn take(&mut self, subject: Subject, rows: &[Row], reading: &mut Reading<'_>) -> Result<(), Trouble> {
        let (wanted, currency) = (reading.wanted, reading.currency);
        match subject {
            Subject::Keys => {
                let found =
                    keyed(rows, |columns| Ok((columns.count::<usize>()?, sagas::known_key(columns)?)))?;
                for (number, key) in (1_usize..).zip(&wanted.keys) {
                    self.keys.insert(key.clone(), found.get(&number).cloned());
                }
            }
            Subject::CartLines => {
                reading.parts.cart_lines =
                    grouped(rows, uuid, |columns| shopping::cart_line(columns, currency))?;
            }
            Subject::Carts => self.take_carts(rows, reading)?,
            Subject::SagasOfCarts => {
                let cart = |columns: &mut dyn Columns| columns.uuid().map(CartId);
                let found = grouped(rows, cart, |columns| columns.uuid().map(CheckoutId))?;
                self.sagas_of_carts.extend(with_none(&wanted.sagas_of_carts, found));
            }
            Subject::LockedLines => {
                reading.parts.locked_lines =
                    grouped(rows, uuid, |columns| shopping::locked_line(columns, currency))?;
            }
            Subject::Checkouts => self.take_checkouts(rows, reading)?,
            Subject::Reservations => {
                reading.parts.reservations = grouped(rows, uuid, sagas::allocation)?;
            }
            Subject::Sagas => self.take_sagas(rows, reading)?,
            Subject::Stock => {
                self.stock.extend(with_none(&wanted.stock, grouped(rows, stock::sku, stock::stock)?));
            }
            Subject::Offers
            | Subject::Discounts
            | Subject::PurchaseMax
            | Subject::Purchases
            | Subject::Bookings
            | Subject::Refunds
            | Subject::OrderNumbers => self.take_plain(subject, rows, reading)?,
        }
        Ok(())
    }

    /// Rows to which no others belong.
    fn take_plain(&mut self, subject: Subject, rows: &[Row], reading: &Reading<'_>) -> Result<(), Trouble> {
        let (wanted, currency) = (reading.wanted, reading.currency);
        match subject {
            Subject::Offers => {
                let found = keyed(rows, |columns| {
                    let offer = catalog::offer(columns, currency)?;
                    Ok((offer.sku.clone(), offer))
                })?;
                self.offers.extend(each_found(&wanted.offers, found));
            }
            Subject::Discounts => {
                let found = keyed(rows, |columns| {
                    let (discount, uses) = stock::discount(columns, currency)?;
                    Ok((discount.code.clone(), (discount, uses)))
                })?;
                self.discounts.extend(each_found(&wanted.discounts, found));
            }
            Subject::PurchaseMax => {
                let found = keyed(rows, |columns| Ok((stock::sku(columns)?, columns.integer()?)))?;
                self.purchase_max.extend(each_found(&wanted.purchase_max, found));
            }
            Subject::Purchases => {
                let found = keyed(rows, |columns| {
                    let counter = (stock::sku(columns)?, Identity(columns.bytes()?));
                    Ok((counter, Uses { held: columns.integer()?, used: columns.integer()?, max: None }))
                })?;
                self.purchases.extend(each_found(&wanted.purchases, found));
            }
            Subject::Bookings => {
                let found = keyed(rows, |columns| {
                    let booking = orders::booking(columns)?;
                    Ok((booking.attempt_key.clone(), booking))
                })?;
                self.bookings.extend(each_found(&wanted.bookings, found));
            }
            Subject::Refunds => {
                let found = keyed(rows, |columns| Ok(((columns.string()?, columns.string()?), ())))?;
                let each = wanted.refunds.iter().map(|refund| (refund.clone(), found.contains_key(refund)));
                self.refunds.extend(each);
            }
            Subject::OrderNumbers => {
                let found = keyed(rows, |columns| Ok((columns.integer()?, ())))?;
                self.order_numbers.extend(found.into_keys());
            }
            Subject::Keys
            | Subject::CartLines
            | Subject::Carts
            | Subject::SagasOfCarts
            | Subject::LockedLines
            | Subject::Checkouts
            | Subject::Reservations
            | Subject::Sagas
            | Subject::Stock => {}
        }
        Ok(())
    }

    /// With its lines, which came before it.
    fn take_carts(&mut self, rows: &[Row], reading: &mut Reading<'_>) -> Result<(), Trouble> {
        let found = keyed(rows, |columns| {
            let mut cart = shopping::cart(columns)?;
            cart.lines = reading.parts.cart_lines.remove(&cart.id.0).unwrap_or_default();
            Ok((cart.id, cart))
        })?;
        self.carts.extend(each_found(&reading.wanted.carts, found));
        Ok(())
    }

    /// With a checkout its cart, the stock of its lines and what limits them will be asked for.
    fn take_checkouts(&mut self, rows: &[Row], reading: &mut Reading<'_>) -> Result<(), Trouble> {
        let found = keyed(rows, |columns| {
            let mut checkout = shopping::checkout(columns, reading.currency)?;
            checkout.lock.lines = reading.parts.locked_lines.remove(&checkout.id.0).unwrap_or_default();
            Ok((checkout.id, checkout))
        })?;
        for checkout in found.values() {
            if let Some(cart) = checkout.cart {
                self.want_cart(cart, &mut reading.ahead);
            }
            if let Some(code) = &checkout.discount_code
                && !self.discounts.contains_key(code)
            {
                reading.ahead.discounts.insert(code.clone());
            }
            checkout.lock.sold().for_each(|(line, _)| self.want_sku(&line.sku, &mut reading.ahead));
        }
        self.checkouts.extend(each_found(&reading.wanted.checkouts, found));
        Ok(())
    }

    /// With a saga its checkout and the stock that it holds will be asked for.
    fn take_sagas(&mut self, rows: &[Row], reading: &mut Reading<'_>) -> Result<(), Trouble> {
        let found = keyed(rows, |columns| {
            let (owner, schedule) = sagas::schedule(columns)?;
            let mut run = sagas::run(columns, reading.currency)?;
            let held = reading.parts.reservations.remove(&run.saga.id.0).unwrap_or_default();
            let (allocations, reservation) = held.into_iter().unzip();
            run.saga.hold.allocations = allocations;
            Ok((run.saga.id, Held { run, reservation, schedule, owner }))
        })?;
        for held in found.values() {
            let saga = &held.run.saga;
            if !self.checkouts.contains_key(&saga.checkout) {
                reading.ahead.checkouts.insert(saga.checkout);
            }
            if let Some(cart) = saga.cart {
                self.want_cart(cart, &mut reading.ahead);
            }
            let held = saga.hold.allocations.iter();
            held.for_each(|held| self.want_sku(&held.place.sku, &mut reading.ahead));
        }
        self.sagas.extend(each_found(&reading.wanted.sagas, found));
        Ok(())
    }

    fn want_cart(&self, cart: CartId, ahead: &mut Wanted) {
        if !self.carts.contains_key(&cart) {
            ahead.carts.insert(cart);
        }
        if !self.sagas_of_carts.contains_key(&cart) {
            ahead.sagas_of_carts.insert(cart);
        }
    }

    fn want_sku(&self, sku: &Sku, ahead: &mut Wanted) {
        if !self.stock.contains_key(sku) {
            ahead.stock.insert(sku.clone());
        }
        if !self.purchase_max.contains_key(sku) {
            ahead.purchase_max.insert(sku.clone());
        }
    }
}

/// What is read together: the rows that belong to things before the things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Keys,
    CartLines,
    Carts,
    SagasOfCarts,
    LockedLines,
    Checkouts,
    Reservations,
    Sagas,
    Stock,
    Offers,
    Discounts,
    PurchaseMax,
    Purchases,
    Bookings,
    Refunds,
    OrderNumbers,
}

/// The reading of one round.
struct Reading<'a> {
    currency: Currency,
    wanted: &'a Wanted,
    parts: Parts,
    /// What will be asked for next.
    ahead: Wanted,
}

/// Rows that belong to things, by whose they are.
#[derive(Default)]
struct Parts {
    cart_lines: HashMap<Uuid, Vec<CartLine>>,
    locked_lines: HashMap<Uuid, Vec<LockedLine>>,
    reservations: HashMap<Uuid, Vec<(Allocation, Reserved)>>,
}

/// A statement that reads what is wanted of one subject.
pub(super) struct Question<'a> {
    subject: Subject,
    pub(super) sql: &'static str,
    pub(super) columns: Vec<Vec<Value<'a>>>,
}

fn questions(wanted: &Wanted) -> Vec<Question<'_>> {
    let carts = || uuids(wanted.carts.iter().map(|id| &id.0));
    let checkouts = || uuids(wanted.checkouts.iter().map(|id| &id.0));
    let sagas = || uuids(wanted.sagas.iter().map(|id| &id.0));
    let numbers = Value::Integer(i64::from(wanted.order_numbers));
    let all = [
        (
            Subject::Keys,
            KEYS,
            vec![
                wanted.keys.iter().map(|(scope, _)| Value::Bytes(&scope.0)).collect(),
                texts(&wanted.keys, |(_, key)| key.as_str()),
            ],
        ),
        (Subject::CartLines, CART_LINES, vec![carts()]),
        (Subject::Carts, CARTS, vec![carts()]),
        (Subject::SagasOfCarts, SAGAS_OF_CARTS, vec![uuids(wanted.sagas_of_carts.iter().map(|id| &id.0))]),
        (Subject::LockedLines, LOCKED_LINES, vec![checkouts()]),
        (Subject::Checkouts, CHECKOUTS, vec![checkouts()]),
        (Subject::Reservations, RESERVATIONS, vec![sagas()]),
        (Subject::Sagas, SAGAS, vec![sagas()]),
        (Subject::Stock, STOCK, vec![texts(&wanted.stock, Sku::as_str)]),
        (Subject::Offers, OFFERS, vec![texts(&wanted.offers, Sku::as_str)]),
        (Subject::Discounts, DISCOUNTS, vec![texts(&wanted.discounts, DiscountCode::as_str)]),
        (Subject::PurchaseMax, PURCHASE_MAX, vec![texts(&wanted.purchase_max, Sku::as_str)]),
        (
            Subject::Purchases,
            PURCHASES,
            vec![
                texts(&wanted.purchases, |(sku, _)| sku.as_str()),
                wanted.purchases.iter().map(|(_, identity)| Value::Bytes(&identity.0)).collect(),
            ],
        ),
        (Subject::Bookings, BOOKINGS, vec![texts(&wanted.bookings, |key| key)]),
        (
            Subject::Refunds,
            REFUNDS,
            vec![
                texts(&wanted.refunds, |(attempt, _)| attempt),
                texts(&wanted.refunds, |(_, refund)| refund),
            ],
        ),
        (Subject::OrderNumbers, ORDER_NUMBERS, vec![vec![numbers; usize::from(wanted.order_numbers > 0)]]),
    ];
    let asked =
        all.into_iter().filter(|(_, _, columns): &(_, _, Vec<Vec<_>>)| !columns.iter().any(Vec::is_empty));
    asked.map(|(subject, sql, columns)| Question { subject, sql, columns }).collect()
}

const KEYS: &str = "SELECT w.number, k.body, k.saga_id, k.work, k.request_id \
    FROM unnest(?1::bytea[], ?2::text[]) WITH ORDINALITY AS w (scope, key, number) \
    JOIN idempotency_keys k ON k.scope = w.scope AND k.key = w.key";
const CART_LINES: &str = concat!(
    "SELECT cart_id, ",
    cart_line_columns!(),
    " FROM cart_lines WHERE cart_id = ANY(?1::uuid[]) ORDER BY cart_id, position"
);
const CARTS: &str = concat!("SELECT ", cart_columns!(), " FROM carts WHERE id = ANY(?1::uuid[])");
const SAGAS_OF_CARTS: &str =
    "SELECT cart_id, checkout_id FROM sagas WHERE cart_id = ANY(?1::uuid[]) AND ended_at IS NULL";
const LOCKED_LINES: &str = concat!(
    "SELECT checkout_id, ",
    locked_line_columns!(),
    " FROM checkout_lines WHERE checkout_id = ANY(?1::uuid[]) ORDER BY checkout_id, number"
);
const CHECKOUTS: &str = concat!("SELECT ", checkout_columns!(), " FROM checkouts WHERE id = ANY(?1::uuid[])");
const RESERVATIONS: &str = concat!(
    "SELECT saga_id, ",
    allocation_columns!(),
    " FROM reservations WHERE saga_id = ANY(?1::uuid[]) ORDER BY saga_id, number"
);
const SAGAS: &str = concat!(
    "SELECT ",
    schedule_columns!(),
    ", ",
    run_columns!(),
    " FROM sagas s LEFT JOIN payments p ON p.saga_id = s.id WHERE s.id = ANY(?1::uuid[])"
);
const STOCK: &str = concat!(
    "SELECT sku, ",
    stock_columns!(),
    " FROM inventory WHERE sku = ANY(?1::text[]) ORDER BY sku, location"
);
const OFFERS: &str = "SELECT v.sku, p.title, p.listing, v.title, v.price, v.removed FROM variants v \
    JOIN products p ON p.id = v.product_id WHERE v.sku = ANY(?1::text[])";
const DISCOUNTS: &str =
    concat!("SELECT ", discount_columns!(), " FROM discounts WHERE code = ANY(?1::text[])");
const PURCHASE_MAX: &str = "SELECT sku, quantity_max FROM purchase_limits WHERE sku = ANY(?1::text[])";
const PURCHASES: &str = "SELECT c.sku, c.identity, c.held, c.used \
    FROM unnest(?1::text[], ?2::bytea[]) AS w (sku, identity) \
    JOIN purchase_counters c ON c.sku = w.sku AND c.identity = w.identity";
const BOOKINGS: &str =
    concat!("SELECT ", booking_columns!(), " FROM simulated_payments WHERE attempt_key = ANY(?1::text[])");
const REFUNDS: &str = "SELECT r.attempt_key, r.refund_key \
    FROM unnest(?1::text[], ?2::text[]) AS w (attempt_key, refund_key) \
    JOIN simulated_refunds r ON r.attempt_key = w.attempt_key AND r.refund_key = w.refund_key";
const ORDER_NUMBERS: &str =
    "SELECT nextval('order_numbers') FROM generate_series(1, (SELECT max(n) FROM unnest(?1::bigint[]) AS n))";

/// A column of UUIDs.
fn uuids<'a>(ids: impl Iterator<Item = &'a Uuid>) -> Vec<Value<'a>> {
    ids.map(|id| Value::Bytes(id.as_bytes())).collect()
}

/// A column of texts.
fn texts<T>(things: &BTreeSet<T>, text: impl Fn(&T) -> &str) -> Vec<Value<'_>> {
    things.iter().map(|thing| Value::Text(text(thing))).collect()
}

fn uuid(columns: &mut dyn Columns) -> Result<Uuid, Trouble> {
    columns.uuid()
}

/// Things by their keys.
fn keyed<K: Ord, T>(
    rows: &[Row],
    mut read: impl FnMut(&mut dyn Columns) -> Result<(K, T), Trouble>,
) -> Result<BTreeMap<K, T>, Trouble> {
    rows.iter().map(|row| read(&mut RowColumns::new(row))).collect()
}

/// Rows by whose they are, in their order; their first column says so.
fn grouped<K: Eq + Hash, T>(
    rows: &[Row],
    owner: impl Fn(&mut dyn Columns) -> Result<K, Trouble>,
    mut read: impl FnMut(&mut dyn Columns) -> Result<T, Trouble>,
) -> Result<HashMap<K, Vec<T>>, Trouble> {
    let mut found: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        let columns: &mut dyn Columns = &mut RowColumns::new(row);
        let owner = owner(columns)?;
        found.entry(owner).or_default().push(read(columns)?);
    }
    Ok(found)
}

/// Every wanted thing with what was found of it.
fn each_found<K: Ord + Clone, T>(
    wanted: &BTreeSet<K>,
    mut found: BTreeMap<K, T>,
) -> impl Iterator<Item = (K, Option<T>)> {
    wanted.iter().map(move |key| (key.clone(), found.remove(key)))
}

/// Every wanted thing with the rows that belong to it, which may be none.
fn with_none<K: Eq + Hash + Clone, T>(
    wanted: &BTreeSet<K>,
    mut found: HashMap<K, Vec<T>>,
) -> impl Iterator<Item = (K, Vec<T>)> {
    wanted.iter().map(move |key| (key.clone(), found.remove(key).unwrap_or_default()))
}
