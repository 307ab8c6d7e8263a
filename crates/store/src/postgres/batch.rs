//! Many calls at once: their rows read with one statement per table, and written with one statement per table.
//!
//! Decides how calls that are written row by row come to share statements. A batch first lets every call run on the rows
//! that are in memory; what a call misses is noted, and the call breaks off with [`Trouble::NotYet`]. What all of them
//! miss is read together, and all run again, until none misses anything: deciding is pure and cheap, a round trip is
//! not. Then what they wrote goes out together. Leaves reading to `load` and writing to `write`.
//!
//! A row that a call has written is not shown to the calls after it: the batch ends before them, is written, and they
//! form the next one. Stock and counters are the exception; many calls change them, and the book adds them up.

mod bulk;
mod load;
mod write;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use sellonce_checkout::audit::Reserved;
use sellonce_checkout::book::{Book, LimitUse};
use sellonce_checkout::cart::Cart;
use sellonce_checkout::catalog::{Offer, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::discount::{Discount, DiscountCode};
use sellonce_checkout::id::{CartId, CheckoutId, OwnerId, SagaId};
use sellonce_checkout::idempotency::{Claim, Key, Scope, WorkDone};
use sellonce_checkout::inventory::{Place, Policy};
use sellonce_checkout::money::Money;
use sellonce_checkout::order::Order;
use sellonce_checkout::payment::Attempt;
use sellonce_checkout::purchase_limit::{LimitKey, Uses};
use sellonce_checkout::schedule::Schedule;
use sellonce_checkout::session::Checkout;
use sellonce_checkout::simulated_book::{BookEntry, Booking, PlannedCallback};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::sagas::Run;

use crate::direct::Contended;
use crate::job::Job;
use crate::postgres::link::Link;
use crate::sql::Statements;
use crate::tables::{Held, KnownKey, Tables};
use crate::trouble::Trouble;
use load::{Rows, Wanted};
use write::Writes;

/// A row, or rows that are read together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Thing {
    Cart(CartId),
    /// Which sagas of a cart are unfinished.
    SagasOfCart(CartId),
    Checkout(CheckoutId),
    Saga(SagaId),
    Key(Scope, Key),
    Booking(String),
}

/// The calls of one transaction that run at once, and what they have in memory.
pub(super) struct Batch {
    shop: Arc<Shop>,
    now: Timestamp,
    /// The rows as they were read.
    rows: Rows,
    /// The rows that calls have missed.
    wanted: Wanted,
    book: Book,
    /// What the calls so far have written.
    writes: Writes,
    /// What calls before the present one have written.
    written_before: HashSet<Thing>,
    /// What the present call has written.
    written: HashSet<Thing>,
    order_numbers_drawn: usize,
    /// Whether the present call needs what a call before it has written.
    is_blocked: bool,
}

impl Batch {
    /// A batch of a transaction at an instant.
    pub(super) fn new(shop: Arc<Shop>, now: Timestamp) -> Self {
        Self {
            shop,
            now,
            rows: Rows::default(),
            wanted: Wanted::default(),
            book: Book::default(),
            writes: Writes::default(),
            written_before: HashSet::new(),
            written: HashSet::new(),
            order_numbers_drawn: 0,
            is_blocked: false,
        }
    }

    /// Runs jobs from the first on, writes what they did, and returns how many of them it was: the next one needs what
    /// these have written.
    pub(super) fn run(&mut self, link: &Link, jobs: &mut [Job]) -> Result<usize, Trouble> {
        let mut end = jobs.len();
        loop {
            let (these, _) = jobs.split_at_mut(end);
            let pass = self.pass(these);
            if let Some(cut) = pass.cut {
                end = cut;
            }
            if !self.wanted.is_empty() {
                let wanted = std::mem::take(&mut self.wanted);
                self.rows.load(link, &self.shop, wanted)?;
            } else if let Some(trouble) = pass.trouble {
                return Err(trouble);
            } else if pass.cut.is_none() {
                break;
            }
        }
        self.write(link)?;
        Ok(end)
    }

    /// Lets every job run once, from the rows as they were read.
    fn pass(&mut self, jobs: &mut [Job]) -> Pass {
        self.restart();
        let (mut cut, mut trouble) = (None, None);
        for (number, job) in jobs.iter_mut().enumerate() {
            match job.run(self) {
                Ok(()) | Err(Trouble::NotYet) if self.is_blocked => {
                    cut = Some(number);
                    break;
                }
                Ok(()) | Err(Trouble::NotYet) => {}
                // While rows are missing, what a job makes of the others means nothing yet.
                Err(other) => trouble = trouble.or(Some(other)),
            }
            self.written_before.extend(self.written.drain());
        }
        Pass { cut, trouble }
    }

    fn restart(&mut self) {
        self.book = Book::default();
        for (sku, rows) in &self.rows.stock {
            self.book.put_stock(sku.clone(), rows.iter().cloned());
        }
        self.writes = Writes::default();
        self.written_before.clear();
        self.written.clear();
        self.order_numbers_drawn = 0;
        self.is_blocked = false;
    }

    /// The rows that other processes may want as well.
    pub(super) fn contended(&self) -> Contended {
        let skus: BTreeSet<Sku> = self.rows.stock.keys().cloned().collect();
        Contended { skus, limits: self.rows.counters() }
    }

    /// A thing can be looked at unless a call before this one has written it.
    fn free(&mut self, thing: &Thing) -> Result<(), Trouble> {
        if self.written_before.contains(thing) {
            self.is_blocked = true;
            return Err(Trouble::NotYet);
        }
        Ok(())
    }

    /// Notes that the present call writes a thing.
    fn take(&mut self, thing: Thing) -> Result<(), Trouble> {
        self.free(&thing)?;
        self.written.insert(thing);
        Ok(())
    }
}

/// What came of letting every job run once.
struct Pass {
    /// The first job that needs what jobs before it have written.
    cut: Option<usize>,
    /// The first trouble, which counts only if nothing was missing.
    trouble: Option<Trouble>,
}

/// What was read of a thing, or a note that it is wanted.
macro_rules! found {
    ($self:ident.$things:ident, $key:expr) => {
        match $self.rows.$things.get($key) {
            Some(found) => Ok(found.clone()),
            None => {
                $self.wanted.$things.insert($key.clone());
                Err(Trouble::NotYet)
            }
        }
    };
}

impl Tables for Batch {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn shop(&self) -> Arc<Shop> {
        Arc::clone(&self.shop)
    }

    fn sql(&self) -> Result<&dyn Statements, Trouble> {
        Err(Trouble::call("a call with statements of its own was run together with others"))
    }

    fn book(&mut self) -> &mut Book {
        &mut self.book
    }

    fn expect_stock(&mut self, skus: &mut dyn Iterator<Item = &Sku>) {
        for sku in skus {
            if !self.rows.stock.contains_key(sku) {
                self.wanted.stock.insert(sku.clone());
            }
        }
    }

    fn expect_offers(&mut self, skus: &mut dyn Iterator<Item = &Sku>) {
        for sku in skus {
            if !self.rows.offers.contains_key(sku) {
                self.wanted.offers.insert(sku.clone());
            }
        }
    }

    fn expect_checkout(&mut self, id: CheckoutId) {
        if !self.rows.checkouts.contains_key(&id) {
            self.wanted.checkouts.insert(id);
        }
    }

    fn read_stock(&mut self, sku: &Sku) -> Result<(), Trouble> {
        found!(self.stock, sku).map(|_| ())
    }

    fn read_limits(&mut self, limits: &[LimitUse]) -> Result<(), Trouble> {
        let mut missing = false;
        for LimitUse { key, .. } in limits {
            if self.book.knows_limit(key) {
                continue;
            }
            match self.counter(key) {
                Ok(Some(uses)) => self.book.put_limit(key.clone(), uses),
                Ok(None) => {}
                Err(_) => missing = true,
            }
        }
        if missing { Err(Trouble::NotYet) } else { Ok(()) }
    }

    fn write_book(&mut self) -> Result<(), Trouble> {
        Err(Trouble::call("a call that changes the catalog was run together with others"))
    }

    fn insert_stock(&mut self, _: &Place, _: Policy) -> Result<(), Trouble> {
        Err(Trouble::call("a call that makes stock rows was run together with others"))
    }

    fn offer(&mut self, sku: &Sku) -> Result<Option<Offer>, Trouble> {
        found!(self.offers, sku)
    }

    fn discount(&mut self, code: &DiscountCode) -> Result<Option<Discount>, Trouble> {
        found!(self.discounts, code).map(|found| found.map(|(discount, _)| discount))
    }

    fn known_key(&mut self, claim: &Claim) -> Result<Option<KnownKey>, Trouble> {
        let key = (claim.scope.clone(), claim.key.clone());
        self.free(&Thing::Key(key.0.clone(), key.1.clone()))?;
        found!(self.keys, &key)
    }

    fn note_key(&mut self, claim: &Claim, work: &WorkDone) -> Result<(), Trouble> {
        self.take(Thing::Key(claim.scope.clone(), claim.key.clone()))?;
        self.writes.keys.push((claim.clone(), work.clone()));
        Ok(())
    }

    fn cart(&mut self, id: CartId) -> Result<Option<Cart>, Trouble> {
        self.free(&Thing::Cart(id))?;
        found!(self.carts, &id)
    }

    fn insert_cart(&mut self, cart: &Cart) -> Result<(), Trouble> {
        self.take(Thing::Cart(cart.id))?;
        self.writes.carts_new.push(cart.clone());
        Ok(())
    }

    fn change_cart(&mut self, was: &Cart, is: &Cart) -> Result<(), Trouble> {
        self.take(Thing::Cart(is.id))?;
        self.writes.carts.push((was.version, is.clone()));
        Ok(())
    }

    fn order_cart(&mut self, cart: CartId, checkout: CheckoutId) -> Result<(), Trouble> {
        self.take(Thing::Cart(cart))?;
        self.writes.carts_ordered.push((cart, checkout));
        Ok(())
    }

    fn cart_in_progress(&mut self, cart: CartId, but: CheckoutId) -> Result<bool, Trouble> {
        self.free(&Thing::SagasOfCart(cart))?;
        found!(self.sagas_of_carts, &cart).map(|checkouts| checkouts.iter().any(|other| *other != but))
    }

    fn checkout(&mut self, id: CheckoutId) -> Result<Option<Checkout>, Trouble> {
        self.free(&Thing::Checkout(id))?;
        found!(self.checkouts, &id)
    }

    fn insert_checkout(&mut self, checkout: &Checkout) -> Result<(), Trouble> {
        self.take(Thing::Checkout(checkout.id))?;
        self.writes.insert_checkout(checkout);
        Ok(())
    }

    fn change_checkout(&mut self, was: &Checkout, is: &Checkout, fence: i64) -> Result<(), Trouble> {
        self.take(Thing::Checkout(is.id))?;
        self.writes.change_checkout(was, is, fence, self.now);
        Ok(())
    }

    fn held(&mut self, id: SagaId) -> Result<Option<Held>, Trouble> {
        self.free(&Thing::Saga(id))?;
        found!(self.sagas, &id)
    }

    fn insert_run(&mut self, run: &Run, schedule: &Schedule, owner: OwnerId) -> Result<(), Trouble> {
        self.take(Thing::Saga(run.saga.id))?;
        if let Some(cart) = run.saga.cart {
            self.take(Thing::SagasOfCart(cart))?;
        }
        self.writes.insert_run(run, schedule, owner, self.now);
        Ok(())
    }

    fn change_saga(&mut self, was: &Held, is: &Held) -> Result<(), Trouble> {
        self.take(Thing::Saga(is.run.saga.id))?;
        if let Some(cart) = is.run.saga.cart {
            self.take(Thing::SagasOfCart(cart))?;
        }
        self.writes.change_saga(was, is, self.now);
        Ok(())
    }

    fn change_attempt(&mut self, was: &Attempt, is: &Attempt, fence: i64) -> Result<(), Trouble> {
        self.take(Thing::Saga(is.saga))?;
        self.writes.change_attempt(was, is, fence, self.now);
        Ok(())
    }

    fn end_reservation(&mut self, run: &Run, to: Reserved) -> Result<(), Trouble> {
        self.take(Thing::Saga(run.saga.id))?;
        self.writes.reservations.push((run.saga.id, to, run.saga.hold.allocations.len()));
        Ok(())
    }

    fn draw_order_number(&mut self) -> Result<i64, Trouble> {
        let drawn = self.order_numbers_drawn;
        self.order_numbers_drawn += 1;
        match self.rows.order_numbers.get(drawn) {
            Some(number) => Ok(*number),
            None => {
                self.wanted.order_numbers += 1;
                Err(Trouble::NotYet)
            }
        }
    }

    fn insert_order(&mut self, order: &Order) -> Result<(), Trouble> {
        self.writes.orders.push(order.clone());
        Ok(())
    }

    fn booking(&mut self, attempt_key: &str) -> Result<Option<Booking>, Trouble> {
        let key = attempt_key.to_owned();
        self.free(&Thing::Booking(key.clone()))?;
        found!(self.bookings, &key)
    }

    fn insert_booking(&mut self, entry: &BookEntry) -> Result<(), Trouble> {
        self.take(Thing::Booking(entry.attempt_key.clone()))?;
        self.writes.bookings_new.push(entry.clone());
        Ok(())
    }

    fn change_booking(&mut self, was: &Booking, is: &Booking) -> Result<(), Trouble> {
        self.take(Thing::Booking(is.attempt_key.clone()))?;
        self.writes.bookings.push((was.clone(), is.clone()));
        Ok(())
    }

    fn owe_callbacks(&mut self, attempt_key: &str, callbacks: &[PlannedCallback]) -> Result<(), Trouble> {
        let owed = callbacks.iter().map(|planned| (attempt_key.to_owned(), planned.clone()));
        self.writes.callbacks.extend(owed);
        Ok(())
    }

    fn is_refunded(&mut self, attempt_key: &str, refund_key: &str) -> Result<bool, Trouble> {
        let key = (attempt_key.to_owned(), refund_key.to_owned());
        found!(self.refunds, &key)
    }

    fn book_refund(&mut self, was: &Booking, refund_key: &str, amount: Money) -> Result<(), Trouble> {
        self.take(Thing::Booking(was.attempt_key.clone()))?;
        self.writes.refunds.push((was.clone(), refund_key.to_owned(), amount));
        Ok(())
    }
}

impl Batch {
    /// What a counter stands at; `None` if what it counts is not limited.
    fn counter(&mut self, key: &LimitKey) -> Result<Option<Uses>, Trouble> {
        match key {
            LimitKey::Discount(code) => found!(self.discounts, code).map(|found| found.map(|(_, uses)| uses)),
            LimitKey::Purchase(sku, identity) => {
                let Some(max) = found!(self.purchase_max, sku)? else { return Ok(None) };
                let counter = (sku.clone(), *identity);
                let uses = found!(self.purchases, &counter)?.unwrap_or_default();
                Ok(Some(Uses { max: Some(max), ..uses }))
            }
        }
    }
}
