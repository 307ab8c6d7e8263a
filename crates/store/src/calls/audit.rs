//! The facts of an audit, read from one snapshot in the order that the auditor asks for.
//!
//! Decides how facts are gathered: some hundred things at a time with the rows that belong to them, so that rows need no
//! more memory for a million orders than for a thousand, and no statement each. Leaves judging to
//! `sellonce_checkout::audit`.

use std::collections::BTreeMap;

use sellonce_checkout::audit::{Auditor, DeliveryFact, Fact, RefundFact, Report, Reserved, SagaFact};
use sellonce_checkout::book::{Allocation, Movement};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::clock::Clock;
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::id::{CheckoutId, EventId, SagaId, Uuid};
use sellonce_checkout::inventory::{Counters, Place, Stock};
use sellonce_checkout::money::Currency;
use sellonce_checkout::order::{HistoryEvent, Line, Order, Return, Shipment};
use sellonce_checkout::payment::{self, Attempt};
use sellonce_checkout::price_lock::LockedLine;
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};
use sellonce_checkout::saga;
use sellonce_checkout::session::{self, Checkout};
use sellonce_checkout::store::Shop;
use sellonce_checkout::store::orders::OrderView;

use crate::rows::goods::{self, return_columns, shipment_columns};
use crate::rows::orders::{booking_columns, event_columns, order_columns, order_line_columns};
use crate::rows::refunds::{self, refund_columns};
use crate::rows::sagas::{allocation_columns, attempt_columns, run_columns};
use crate::rows::shopping::{checkout_columns, locked_line_columns};
use crate::rows::stock::movement_columns;
use crate::rows::{Columns, history, orders, sagas, shopping, stock};
use crate::sql::{Statements, values};
use crate::trouble::Trouble;

/// How many things are read at once.
const CHUNK: i64 = 500;
/// How many rows that nothing belongs to are read at once.
const ROWS: i64 = 10_000;

/// Takes facts one by one.
type Take<'a> = dyn FnMut(Fact) + 'a;

/// Judges what one snapshot holds.
pub(super) fn audit(sql: &dyn Statements, shop: &Shop, clock: &dyn Clock) -> Result<Report, Trouble> {
    // The first read opens the snapshot; nothing in it is later than the instant drawn after it.
    sql.any("SELECT id FROM shop", &[])?;
    let mut auditor = Auditor::new(clock.now(), shop.times);
    let take: &mut Take<'_> = &mut |fact| auditor.take(fact);
    movements(sql, take)?;
    stock_rows(sql, take)?;
    all_checkouts(sql, shop.currency, take)?;
    all_sagas(sql, shop.currency, take)?;
    lost_keys(sql, take)?;
    all_orders(sql, shop.currency, take)?;
    bookings(sql, take)?;
    limits(sql, take)?;
    Ok(auditor.finish())
}

fn movements(sql: &dyn Statements, take: &mut Take<'_>) -> Result<(), Trouble> {
    let page = concat!(
        "SELECT ",
        movement_columns!(),
        " FROM movements WHERE (sku, location, version) > (?1, ?2, ?3) ORDER BY sku, location, version LIMIT ?4"
    );
    let mut last: Option<(Sku, Location, i64)> = None;
    loop {
        let (sku, location, version) = last
            .as_ref()
            .map_or(("", "", 0), |(sku, location, version)| (sku.as_str(), location.as_str(), *version));
        let rows: Vec<Movement> = sql.many(page, values![sku, location, version, ROWS], stock::movement)?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = Some((end.place.sku.clone(), end.place.location.clone(), end.version));
        rows.into_iter().for_each(|movement| take(Fact::Movement(movement)));
    }
}

/// Stock rows with what is promised from them; a promise without a row shows as an empty row that owes it.
fn stock_rows(sql: &dyn Statements, take: &mut Take<'_>) -> Result<(), Trouble> {
    let all = "WITH held AS (
                   SELECT sku, location, CAST(sum(quantity) AS BIGINT) AS units FROM reservations
                   WHERE state = 'open' GROUP BY sku, location
               ), sold AS (
                   SELECT sku, location, CAST(sum(quantity - cancelled - shipped) AS BIGINT) AS units
                   FROM order_lines GROUP BY sku, location
               ), places AS (
                   SELECT sku, location FROM inventory UNION SELECT sku, location FROM held
                   UNION SELECT sku, location FROM sold
               )
               SELECT p.sku, p.location, coalesce(i.available, 0), coalesce(i.reserved, 0),
                   coalesce(i.committed, 0), coalesce(i.backordered, 0), coalesce(i.version, 0),
                   coalesce(i.policy, 'deny'), coalesce(i.ever_continued, 0), coalesce(h.units, 0),
                   coalesce(s.units, 0)
               FROM places p
               LEFT JOIN inventory i ON i.sku = p.sku AND i.location = p.location
               LEFT JOIN held h ON h.sku = p.sku AND h.location = p.location
               LEFT JOIN sold s ON s.sku = p.sku AND s.location = p.location
               ORDER BY p.sku, p.location";
    let facts = sql.many(all, &[], |columns| {
        let place = Place { sku: stock::sku(columns)?, location: stock::location(columns)? };
        let counters = Counters {
            available: columns.integer()?,
            reserved: columns.integer()?,
            committed: columns.integer()?,
            backordered: columns.integer()?,
        };
        let stock = Stock { counters, version: columns.integer()?, policy: stock::policy(columns)? };
        let ever_continued = columns.flag()?;
        let (reserved, committed) = (columns.integer()?, columns.integer()?);
        Ok(Fact::Stock { place, stock, ever_continued, reserved, committed })
    })?;
    facts.into_iter().for_each(take);
    Ok(())
}

/// Things in the order of their ids, some hundred at a time; `show` sees each chunk with its first and last id.
fn in_chunks<T>(
    sql: &dyn Statements,
    page: &'static str,
    read: fn(&mut dyn Columns, Currency) -> Result<T, Trouble>,
    (currency, id): (Currency, fn(&T) -> Uuid),
    mut show: impl FnMut(Vec<T>, Range) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut after = Uuid::nil();
    loop {
        let things = sql.many(page, values![after.as_bytes(), CHUNK], |columns| read(columns, currency))?;
        let (Some(first), Some(last)) = (things.first().map(id), things.last().map(id)) else {
            return Ok(());
        };
        after = last;
        show(things, Range { first, last })?;
    }
}

/// The ids of a chunk, both ends included.
struct Range {
    first: Uuid,
    last: Uuid,
}

/// The rows that belong to the things of a chunk, by whose they are; their first column says so.
fn belonging<T>(
    sql: &dyn Statements,
    rows: &'static str,
    range: &Range,
    mut read: impl FnMut(&mut dyn Columns) -> Result<T, Trouble>,
) -> Result<BTreeMap<Uuid, Vec<T>>, Trouble> {
    let mut found: BTreeMap<Uuid, Vec<T>> = BTreeMap::new();
    sql.many(rows, values![range.first.as_bytes(), range.last.as_bytes()], |columns| {
        let owner = columns.uuid()?;
        found.entry(owner).or_default().push(read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

fn all_checkouts(sql: &dyn Statements, currency: Currency, take: &mut Take<'_>) -> Result<(), Trouble> {
    let page = concat!(
        "SELECT ",
        checkout_columns!(),
        ", history FROM checkouts WHERE id > ?1 ORDER BY id LIMIT ?2"
    );
    let read = |columns: &mut dyn Columns, currency| {
        let checkout = shopping::checkout(columns, currency)?;
        Ok((checkout, history::read(columns.text()?, session::Status::parse)?))
    };
    let lines = concat!(
        "SELECT checkout_id, ",
        locked_line_columns!(),
        " FROM checkout_lines WHERE checkout_id BETWEEN ?1 AND ?2 ORDER BY checkout_id, number"
    );
    in_chunks(sql, page, read, (currency, |(checkout, _)| checkout.id.0), |checkouts, range| {
        let mut lines = belonging(sql, lines, &range, |columns| shopping::locked_line(columns, currency))?;
        for (mut checkout, history) in checkouts {
            checkout.lock.lines = lines.remove(&checkout.id.0).unwrap_or_default();
            take(Fact::Checkout { checkout: Box::new(checkout), history });
        }
        Ok(())
    })
}

fn all_sagas(sql: &dyn Statements, currency: Currency, take: &mut Take<'_>) -> Result<(), Trouble> {
    let keys = "SELECT saga_id, count(*) FROM idempotency_keys WHERE saga_id IS NOT NULL GROUP BY saga_id";
    let keys = sql.many(keys, &[], |columns| Ok((columns.uuid()?, columns.count::<u64>()?)))?;
    let mut keys: BTreeMap<Uuid, u64> = keys.into_iter().collect();
    let page = concat!(
        "SELECT s.history, p.history, s.lease_until, s.next_run_at, s.stuck_since, \
         (SELECT count(*) FROM orders o WHERE o.saga_id = s.id), ",
        run_columns!(),
        " FROM sagas s LEFT JOIN payments p ON p.saga_id = s.id WHERE s.id > ?1 ORDER BY s.id LIMIT ?2"
    );
    let lines = concat!(
        "SELECT saga_id, ",
        allocation_columns!(),
        " FROM reservations WHERE saga_id BETWEEN ?1 AND ?2 ORDER BY saga_id, number"
    );
    let refunds = concat!(
        "SELECT saga_id, lease_until, ",
        refund_columns!(),
        " FROM refunds WHERE saga_id BETWEEN ?1 AND ?2 ORDER BY saga_id, id"
    );
    in_chunks(sql, page, saga_fact, (currency, |fact| fact.run.saga.id.0), |facts, range| {
        let mut lines = belonging(sql, lines, &range, sagas::allocation)?;
        let mut refunds = belonging(sql, refunds, &range, |columns| {
            let lease_until = columns.time()?;
            Ok(RefundFact { lease_until, refund: refunds::refund(columns, currency)? })
        })?;
        for mut fact in facts {
            let id = fact.run.saga.id.0;
            let lines = lines.remove(&id).unwrap_or_default();
            let (allocations, reservation): (Vec<Allocation>, Vec<Reserved>) = lines.into_iter().unzip();
            fact.run.saga.hold.allocations = allocations;
            fact.reservation = reservation;
            fact.refunds = refunds.remove(&id).unwrap_or_default();
            fact.keys = keys.remove(&id).unwrap_or_default();
            take(Fact::Saga(Box::new(fact)));
        }
        Ok(())
    })
}

/// A saga, still without its reservation, its refunds and its keys.
fn saga_fact(columns: &mut dyn Columns, currency: Currency) -> Result<SagaFact, Trouble> {
    let history = history::read(columns.text()?, saga::State::parse)?;
    let payment_history = match columns.maybe_text()? {
        Some(text) => history::read(text, payment::Status::parse)?,
        None => Vec::new(),
    };
    let (lease_until, next_run_at) = (columns.maybe_time()?, columns.maybe_time()?);
    let stuck_since = columns.maybe_time()?;
    let orders = columns.count()?;
    let run = sagas::run(columns, currency)?;
    let (reservation, refunds, keys) = (Vec::new(), Vec::new(), 0);
    Ok(SagaFact {
        run,
        history,
        payment_history,
        lease_until,
        next_run_at,
        stuck_since,
        reservation,
        refunds,
        keys,
        orders,
    })
}

/// Keys of sagas that are not there.
fn lost_keys(sql: &dyn Statements, take: &mut Take<'_>) -> Result<(), Trouble> {
    let keys = "SELECT k.saga_id, k.request_id FROM idempotency_keys k LEFT JOIN sagas s ON s.id = k.saga_id \
                WHERE k.saga_id IS NOT NULL AND s.id IS NULL ORDER BY k.saga_id, k.request_id";
    let keys = sql.many(keys, &[], |columns| {
        Ok(Fact::LostKey { saga: SagaId(columns.uuid()?), request_id: columns.string()? })
    })?;
    keys.into_iter().for_each(take);
    Ok(())
}

fn all_orders(sql: &dyn Statements, currency: Currency, take: &mut Take<'_>) -> Result<(), Trouble> {
    let page = concat!("SELECT ", order_columns!(), " FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2");
    in_chunks(sql, page, orders::order, (currency, |order| order.id.0), |orders, range| {
        let mut parts = OrderParts::read(sql, currency, &range)?;
        orders.into_iter().try_for_each(|order| {
            take(parts.fact(order)?);
            Ok(())
        })
    })
}

/// The rows that belong to the orders of a chunk, by the order's id.
struct OrderParts {
    lines: BTreeMap<Uuid, Vec<Line>>,
    events: BTreeMap<Uuid, Vec<HistoryEvent>>,
    deliveries: BTreeMap<Uuid, Vec<DeliveryFact>>,
    checkouts: BTreeMap<Uuid, Vec<Checkout>>,
    locked_lines: BTreeMap<Uuid, Vec<LockedLine>>,
    attempts: BTreeMap<Uuid, Vec<Attempt>>,
    carts: BTreeMap<Uuid, Vec<Option<CheckoutId>>>,
    shipments: BTreeMap<Uuid, Vec<Shipment>>,
    returns: BTreeMap<Uuid, Vec<Return>>,
}

/// The orders of a chunk as `x`, with what they name as `k`.
macro_rules! chunk {
    ($named:literal) => {
        concat!("(SELECT id AS for_order, ", $named, " AS k FROM orders WHERE id BETWEEN ?1 AND ?2) x")
    };
}

impl OrderParts {
    fn read(sql: &dyn Statements, currency: Currency, range: &Range) -> Result<Self, Trouble> {
        let lines = concat!(
            "SELECT order_id, ",
            order_line_columns!(),
            " FROM order_lines WHERE order_id BETWEEN ?1 AND ?2 ORDER BY order_id, number, position"
        );
        let events = concat!(
            "SELECT order_id, ",
            event_columns!(),
            " FROM order_events WHERE order_id BETWEEN ?1 AND ?2 ORDER BY order_id, sequence"
        );
        let deliveries = "SELECT e.order_id, e.id, d.consumer, d.done_at IS NOT NULL OR d.dead_at IS NOT NULL, \
                          d.next_at FROM order_events e JOIN deliveries d ON d.event_id = e.id \
                          WHERE e.order_id BETWEEN ?1 AND ?2 ORDER BY e.order_id, e.sequence, d.consumer";
        let checkouts = concat!(
            "SELECT for_order, ",
            checkout_columns!(),
            " FROM ",
            chunk!("checkout_id"),
            " JOIN checkouts ON checkouts.id = x.k"
        );
        let locked_lines = concat!(
            "SELECT for_order, ",
            locked_line_columns!(),
            " FROM ",
            chunk!("checkout_id"),
            " JOIN checkout_lines ON checkout_lines.checkout_id = x.k ORDER BY for_order, number"
        );
        let attempts = concat!(
            "SELECT for_order, k, ",
            attempt_columns!(),
            " FROM ",
            chunk!("saga_id"),
            " JOIN payments ON payments.saga_id = x.k"
        );
        let shipments = concat!(
            "SELECT s.order_id, ",
            shipment_columns!(),
            " WHERE s.order_id BETWEEN ?1 AND ?2 ORDER BY s.order_id, s.number, u.position"
        );
        let returns = concat!(
            "SELECT r.order_id, ",
            return_columns!(),
            " WHERE r.order_id BETWEEN ?1 AND ?2 ORDER BY r.order_id, r.number, u.position"
        );
        let carts =
            concat!("SELECT for_order, ordered_by FROM ", chunk!("cart_id"), " JOIN carts ON carts.id = x.k");
        Ok(Self {
            lines: belonging(sql, lines, range, orders::line)?,
            events: belonging(sql, events, range, orders::event)?,
            deliveries: belonging(sql, deliveries, range, delivery)?,
            checkouts: belonging(sql, checkouts, range, |columns| shopping::checkout(columns, currency))?,
            locked_lines: belonging(sql, locked_lines, range, |columns| {
                shopping::locked_line(columns, currency)
            })?,
            attempts: belonging(sql, attempts, range, |columns| {
                let saga = SagaId(columns.uuid()?);
                sagas::attempt(columns, saga, currency)?
                    .ok_or_else(|| Trouble::call("a payment has no provider"))
            })?,
            shipments: belonging(sql, shipments, range, goods::shipment)?,
            returns: belonging(sql, returns, range, goods::returned)?,
            carts: belonging(sql, carts, range, |columns| Ok(columns.maybe_uuid()?.map(CheckoutId)))?,
        })
    }

    fn fact(&mut self, mut order: Order) -> Result<Fact, Trouble> {
        let id = order.id.0;
        order.lines = self.lines.remove(&id).unwrap_or_default();
        order.events = self.events.remove(&id).unwrap_or_default();
        order.shipments = goods::joined(self.shipments.remove(&id).unwrap_or_default());
        order.returns = goods::joined(self.returns.remove(&id).unwrap_or_default());
        let checkout = self.checkouts.remove(&id).and_then(|mut found| found.pop());
        let mut checkout = checkout.ok_or_else(|| Trouble::call(format!("{} is gone", order.checkout)))?;
        checkout.lock.lines = self.locked_lines.remove(&id).unwrap_or_default();
        let attempt = self.attempts.remove(&id).and_then(|mut found| found.pop());
        let cart_ordered_by = self.carts.remove(&id).and_then(|mut found| found.pop()).flatten();
        let deliveries = self.deliveries.remove(&id).unwrap_or_default();
        let view = Box::new(OrderView { order, checkout, attempt });
        Ok(Fact::Order { view, deliveries, cart_ordered_by })
    }
}

fn delivery(columns: &mut dyn Columns) -> Result<DeliveryFact, Trouble> {
    let event = EventId(columns.uuid()?);
    Ok(DeliveryFact { event, consumer: columns.string()?, over: columns.flag()?, next_at: columns.time()? })
}

fn bookings(sql: &dyn Statements, take: &mut Take<'_>) -> Result<(), Trouble> {
    let page = concat!(
        "SELECT ",
        booking_columns!(),
        " FROM simulated_payments WHERE attempt_key > ?1 ORDER BY attempt_key LIMIT ?2"
    );
    let mut after = String::new();
    loop {
        let rows = sql.many(page, values![&after, ROWS], orders::booking)?;
        let Some(end) = rows.last() else { return Ok(()) };
        after.clone_from(&end.attempt_key);
        rows.into_iter().for_each(|booking| take(Fact::Booking(booking)));
    }
}

fn limits(sql: &dyn Statements, take: &mut Take<'_>) -> Result<(), Trouble> {
    let discounts = "SELECT code, held, used, uses_max FROM discounts ORDER BY code";
    let discounts = sql.many(discounts, &[], |columns| {
        let key = LimitKey::Discount(columns.value(|text| DiscountCode::parse(text).ok())?);
        Ok(Fact::Limit { key, uses: uses(columns)? })
    })?;
    let purchases = "SELECT c.sku, c.identity, c.held, c.used, l.quantity_max FROM purchase_counters c \
                     LEFT JOIN purchase_limits l ON l.sku = c.sku ORDER BY c.sku, c.identity";
    let purchases = sql.many(purchases, &[], |columns| {
        let key = LimitKey::Purchase(stock::sku(columns)?, Identity(columns.bytes()?));
        Ok(Fact::Limit { key, uses: uses(columns)? })
    })?;
    discounts.into_iter().chain(purchases).for_each(take);
    Ok(())
}

fn uses(columns: &mut dyn Columns) -> Result<Uses, Trouble> {
    Ok(Uses { held: columns.integer()?, used: columns.integer()?, max: columns.maybe_integer()? })
}
