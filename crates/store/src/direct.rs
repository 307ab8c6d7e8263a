//! The tables row by row: each question and each change is a statement of its own.
//!
//! Decides the order of things within a transaction: each call reads and writes its own rows in turn, and the stock and
//! counter rows, which many calls touch, are written once at the end under the condition that they are as read. This
//! is how SQLite runs every call, and PostgreSQL those that are rare.

mod book;
mod orders;
mod sagas;
mod shopping;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Book, LimitUse};
use sellonce_checkout::cart::Cart;
use sellonce_checkout::catalog::{Offer, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{CartId, CheckoutId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{Claim, WorkDone};
use sellonce_checkout::inventory::{Place, Policy};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::order::Order;
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::purchase_limit::LimitKey;
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::{BookEntry, Booking, PlannedCallback};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::sagas::Run;

use crate::load;
use crate::sql::Statements;
use crate::tables::{Held, KnownKey, Tables};
use crate::trouble::Trouble;
pub(crate) use orders::append as append_event;

/// A connection within a transaction, and what the transaction has in memory.
pub(crate) struct Direct<S> {
    sql: S,
    shop: Arc<Shop>,
    now: Timestamp,
    /// The stock and counter rows that calls have read so far, and what they made of them.
    book: Book,
    /// The purchase limits that were read, by SKU; most SKUs have none.
    purchase_max: HashMap<Sku, Option<i64>>,
    /// The offers that were read.
    offers: HashMap<Sku, Option<Offer>>,
    /// The number of the next order, once one was placed and where the shop's row counts them.
    next_order_number: Option<i64>,
    /// The rows that other processes may want as well, as far as the present try has come.
    contended: Contended,
}

/// The rows of a transaction that other processes may want as well, in the order in which they are locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contended {
    /// Stock, at all locations.
    pub(crate) skus: BTreeSet<Sku>,
    /// Counters.
    pub(crate) limits: BTreeSet<LimitKey>,
}

impl Contended {
    /// Adds others.
    pub(crate) fn extend(&mut self, others: Self) {
        self.skus.extend(others.skus);
        self.limits.extend(others.limits);
    }
}

impl<S: Statements> Direct<S> {
    /// The tables of a connection, as long as no transaction is under way.
    pub(crate) fn new(sql: S, shop: Arc<Shop>) -> Self {
        Self {
            sql,
            shop,
            now: Timestamp::default(),
            book: Book::default(),
            purchase_max: HashMap::new(),
            offers: HashMap::new(),
            next_order_number: None,
            contended: Contended::default(),
        }
    }

    /// The rows that the present try has read so far and that other processes may want as well.
    pub(crate) fn contended(&self) -> &Contended {
        &self.contended
    }

    /// Notes that such rows were read in another way.
    pub(crate) fn note_contended(&mut self, others: Contended) {
        self.contended.extend(others);
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &S {
        &self.sql
    }

    /// Begins with nothing in memory.
    pub(crate) fn forget(&mut self) {
        self.forget_rows();
        self.next_order_number = None;
        self.contended = Contended::default();
    }

    /// Turns to the next call.
    pub(crate) fn turn_to(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Writes what the calls have left in memory, at the end of the transaction.
    pub(crate) fn write_rest(&mut self) -> Result<(), Trouble> {
        self.write_book()?;
        self.write_order_number()
    }

    fn currency(&self) -> Currency {
        self.shop.currency
    }

    fn statements(&self) -> &dyn Statements {
        &self.sql
    }

    fn forget_rows(&mut self) {
        self.book = Book::default();
        self.purchase_max.clear();
        self.offers.clear();
    }
}

impl<S: Statements> Tables for Direct<S> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn shop(&self) -> Arc<Shop> {
        Arc::clone(&self.shop)
    }

    fn sql(&self) -> Result<&dyn Statements, Trouble> {
        Ok(&self.sql)
    }

    fn book(&mut self) -> &mut Book {
        &mut self.book
    }

    fn read_stock(&mut self, sku: &Sku) -> Result<(), Trouble> {
        if !self.book.knows_stock(sku) {
            self.contended.skus.insert(sku.clone());
            let rows = load::stock_rows(&self.sql, sku)?;
            self.book.put_stock(sku.clone(), rows);
        }
        Ok(())
    }

    fn read_limits(&mut self, limits: &[LimitUse]) -> Result<(), Trouble> {
        self.read_counters(limits)
    }

    fn write_book(&mut self) -> Result<(), Trouble> {
        let changes = std::mem::take(&mut self.book).into_changes();
        self.forget_rows();
        book::write(self.statements(), &changes)
    }

    fn insert_stock(&mut self, place: &Place, policy: Policy) -> Result<(), Trouble> {
        book::insert_stock(self.statements(), place, policy)
    }

    fn offer(&mut self, sku: &Sku) -> Result<Option<Offer>, Trouble> {
        if let Some(offer) = self.offers.get(sku) {
            return Ok(offer.clone());
        }
        let offer = load::offer(&self.sql, self.currency(), sku)?;
        self.offers.insert(sku.clone(), offer.clone());
        Ok(offer)
    }

    fn discount(&mut self, code: &DiscountCode) -> Result<Option<Discount>, Trouble> {
        Ok(load::discount(&self.sql, self.currency(), code)?.map(|(discount, _)| discount))
    }

    fn known_key(&mut self, claim: &Claim) -> Result<Option<KnownKey>, Trouble> {
        sagas::known_key(self.statements(), claim)
    }

    fn note_key(&mut self, claim: &Claim, work: &WorkDone) -> Result<(), Trouble> {
        sagas::note_key(self.statements(), claim, work, self.now)
    }

    fn cart(&mut self, id: CartId) -> Result<Option<Cart>, Trouble> {
        load::cart(&self.sql, self.currency(), id)
    }

    fn insert_cart(&mut self, cart: &Cart) -> Result<(), Trouble> {
        shopping::insert_cart(self.statements(), cart)
    }

    fn change_cart(&mut self, was: &Cart, is: &Cart) -> Result<(), Trouble> {
        shopping::change_cart(self.statements(), was, is)
    }

    fn order_cart(&mut self, cart: CartId, checkout: CheckoutId) -> Result<(), Trouble> {
        shopping::order_cart(self.statements(), cart, checkout)
    }

    fn cart_in_progress(&mut self, cart: CartId, but: CheckoutId) -> Result<bool, Trouble> {
        shopping::cart_in_progress(self.statements(), cart, but)
    }

    fn checkout(&mut self, id: CheckoutId) -> Result<Option<Checkout>, Trouble> {
        load::checkout(&self.sql, self.currency(), id)
    }

    fn insert_checkout(&mut self, checkout: &Checkout) -> Result<(), Trouble> {
        shopping::insert_checkout(self.statements(), checkout)
    }

    fn change_checkout(&mut self, was: &Checkout, is: &Checkout, fence: i64) -> Result<(), Trouble> {
        shopping::change_checkout(self.statements(), was, is, fence, self.now)
    }

    fn held(&mut self, id: SagaId) -> Result<Option<Held>, Trouble> {
        load::held(&self.sql, self.currency(), id)
    }

    fn insert_run(&mut self, run: &Run, schedule: &Schedule, owner: OwnerId) -> Result<(), Trouble> {
        sagas::insert_run(self.statements(), run, schedule, owner, self.now)
    }

    fn change_saga(&mut self, was: &Held, is: &Held) -> Result<(), Trouble> {
        sagas::change_saga(self.statements(), was, is, self.now)
    }

    fn change_attempt(&mut self, was: &Attempt, is: &Attempt, fence: i64) -> Result<(), Trouble> {
        sagas::change_attempt(self.statements(), was, is, fence, self.now)
    }

    fn end_reservation(&mut self, run: &Run, to: Reserved) -> Result<(), Trouble> {
        sagas::end_reservation(self.statements(), run, to)
    }

    fn draw_order_number(&mut self) -> Result<i64, Trouble> {
        self.next_number()
    }

    fn insert_order(&mut self, order: &Order) -> Result<(), Trouble> {
        orders::insert(self.statements(), order)
    }

    fn booking(&mut self, attempt_key: &str) -> Result<Option<Booking>, Trouble> {
        load::booking(&self.sql, attempt_key)
    }

    fn insert_booking(&mut self, entry: &BookEntry) -> Result<(), Trouble> {
        orders::insert_booking(self.statements(), entry, self.now)
    }

    fn change_booking(&mut self, was: &Booking, is: &Booking) -> Result<(), Trouble> {
        orders::change_booking(self.statements(), was, is)
    }

    fn owe_callbacks(&mut self, attempt_key: &str, callbacks: &[PlannedCallback]) -> Result<(), Trouble> {
        orders::owe_callbacks(self.statements(), attempt_key, callbacks, self.now)
    }

    fn is_refunded(&mut self, attempt_key: &str, refund_key: &str) -> Result<bool, Trouble> {
        orders::is_refunded(self.statements(), attempt_key, refund_key)
    }

    fn book_refund(&mut self, was: &Booking, refund_key: &str, amount: Money) -> Result<(), Trouble> {
        orders::book_refund(self.statements(), was, refund_key, amount, self.now)
    }
}
