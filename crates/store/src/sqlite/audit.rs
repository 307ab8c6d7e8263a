//! The facts of an audit, read from one snapshot in the order that the auditor asks for.
//!
//! Decides how facts are gathered, one row at a time, so that an audit of a million orders needs no more memory for
//! rows than one of ten. Leaves judging to `sellonce_checkout::audit`.

use rusqlite::Connection;
use sellonce_checkout::audit::{Auditor, DeliveryFact, Fact, Report, SagaFact};
use sellonce_checkout::clock::Clock;
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::id::{EventId, OrderId};
use sellonce_checkout::inventory::{Counters, Place, Stock};
use sellonce_checkout::money::Currency;
use sellonce_checkout::payment;
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};
use sellonce_checkout::saga;
use sellonce_checkout::session;
use sellonce_checkout::store::Shop;

use crate::rows::orders::booking_columns;
use crate::rows::sagas::run_columns;
use crate::rows::shopping::{checkout_columns, locked_line_columns};
use crate::rows::stock::movement_columns;
use crate::rows::{Columns, history, orders as order_rows, sagas as saga_rows, shopping, stock};
use crate::sqlite::statements::{each, many, one};
use crate::sqlite::{carts, orders, sagas};
use crate::trouble::Trouble;

/// Judges what one snapshot holds.
pub(super) fn audit(connection: &Connection, shop: &Shop, clock: &dyn Clock) -> Result<Report, Trouble> {
    // The first read opens the snapshot; nothing in it is later than the instant drawn after it.
    one(connection, "SELECT id FROM shop", [], |_| Ok(()))?;
    let mut auditor = Auditor::new(clock.now(), shop.times);
    let take = &mut |fact| auditor.take(fact);
    movements(connection, take)?;
    stock_rows(connection, take)?;
    checkouts(connection, shop.currency, take)?;
    all_sagas(connection, shop.currency, take)?;
    all_orders(connection, shop.currency, take)?;
    bookings(connection, take)?;
    limits(connection, take)?;
    Ok(auditor.finish())
}

fn movements(connection: &Connection, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = concat!("SELECT ", movement_columns!(), " FROM movements ORDER BY sku, location, version");
    each(connection, sql, [], |columns| {
        take(Fact::Movement(stock::movement(columns)?));
        Ok(())
    })
}

/// Stock rows with what is promised from them; a promise without a row shows as an empty row that owes it.
fn stock_rows(connection: &Connection, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = "WITH held AS (
                   SELECT sku, location, sum(quantity) AS units FROM reservations WHERE state = 'open'
                   GROUP BY sku, location
               ), sold AS (
                   SELECT sku, location, sum(quantity - cancelled - shipped) AS units FROM order_lines
                   GROUP BY sku, location
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
    each(connection, sql, [], |columns| {
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
        take(Fact::Stock { place, stock, ever_continued, reserved, committed });
        Ok(())
    })
}

fn checkouts(connection: &Connection, currency: Currency, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = concat!("SELECT ", checkout_columns!(), ", history FROM checkouts ORDER BY id");
    each(connection, sql, [], |columns| {
        let mut checkout = Box::new(shopping::checkout(columns, currency)?);
        let history = history::read(columns.text()?, session::Status::parse)?;
        let sql = concat!(
            "SELECT ",
            locked_line_columns!(),
            " FROM checkout_lines WHERE checkout_id = ?1 ORDER BY number"
        );
        let id = [checkout.id.0.as_bytes()];
        checkout.lock.lines = many(connection, sql, id, |columns| shopping::locked_line(columns, currency))?;
        take(Fact::Checkout { checkout, history });
        Ok(())
    })
}

fn all_sagas(connection: &Connection, currency: Currency, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = concat!(
        "SELECT s.history, p.history, s.lease_until, s.next_run_at, s.stuck_since, coalesce(k.keys, 0), \
         (SELECT count(*) FROM orders o WHERE o.saga_id = s.id), ",
        run_columns!(),
        " FROM sagas s LEFT JOIN payments p ON p.saga_id = s.id \
         LEFT JOIN (SELECT saga_id, count(*) AS keys FROM idempotency_keys GROUP BY saga_id) k ON k.saga_id = s.id \
         ORDER BY s.id"
    );
    each(connection, sql, [], |columns| {
        let history = history::read(columns.text()?, saga::State::parse)?;
        let payment_history = match columns.maybe_text()? {
            Some(text) => history::read(text, payment::Status::parse)?,
            None => Vec::new(),
        };
        let (lease_until, next_run_at) = (columns.maybe_time()?, columns.maybe_time()?);
        let stuck_since = columns.maybe_time()?;
        let (keys, orders) = (columns.count()?, columns.count()?);
        let run = saga_rows::run(columns, currency)?;
        let sagas::Held { run, reservation } = sagas::with_hold(connection, run)?;
        take(Fact::Saga(Box::new(SagaFact {
            run,
            history,
            payment_history,
            lease_until,
            next_run_at,
            stuck_since,
            reservation,
            keys,
            orders,
        })));
        Ok(())
    })
}

fn all_orders(
    connection: &Connection,
    currency: Currency,
    take: &mut dyn FnMut(Fact),
) -> Result<(), Trouble> {
    each(connection, "SELECT id FROM orders ORDER BY id", [], |columns| {
        let view = Box::new(orders::load_named(connection, currency, OrderId(columns.uuid()?))?);
        let mut deliveries = Vec::new();
        for event in &view.order.events {
            let sql = "SELECT consumer, done_at IS NOT NULL OR dead_at IS NOT NULL, next_at FROM deliveries \
                       WHERE event_id = ?1";
            deliveries.extend(many(connection, sql, [event.id.0.as_bytes()], |columns| {
                delivery(columns, event.id)
            })?);
        }
        let cart = match view.order.cart {
            Some(cart) => carts::load(connection, currency, cart)?,
            None => None,
        };
        take(Fact::Order { view, deliveries, cart_ordered_by: cart.and_then(|cart| cart.ordered_by) });
        Ok(())
    })
}

fn delivery(columns: &mut dyn Columns, event: EventId) -> Result<DeliveryFact, Trouble> {
    Ok(DeliveryFact { event, consumer: columns.string()?, over: columns.flag()?, next_at: columns.time()? })
}

fn bookings(connection: &Connection, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = concat!("SELECT ", booking_columns!(), " FROM simulated_payments ORDER BY attempt_key");
    each(connection, sql, [], |columns| {
        take(Fact::Booking(order_rows::booking(columns)?));
        Ok(())
    })
}

fn limits(connection: &Connection, take: &mut dyn FnMut(Fact)) -> Result<(), Trouble> {
    let sql = "SELECT code, held, used, uses_max FROM discounts ORDER BY code";
    each(connection, sql, [], |columns| {
        let key = LimitKey::Discount(columns.value(|text| DiscountCode::parse(text).ok())?);
        take(Fact::Limit { key, uses: uses(columns)? });
        Ok(())
    })?;
    let sql = "SELECT c.sku, c.identity, c.held, c.used, l.quantity_max FROM purchase_counters c \
               LEFT JOIN purchase_limits l ON l.sku = c.sku ORDER BY c.sku, c.identity";
    each(connection, sql, [], |columns| {
        let key = LimitKey::Purchase(stock::sku(columns)?, Identity(columns.bytes()?));
        take(Fact::Limit { key, uses: uses(columns)? });
        Ok(())
    })
}

fn uses(columns: &mut dyn Columns) -> Result<Uses, Trouble> {
    Ok(Uses { held: columns.integer()?, used: columns.integer()?, max: columns.maybe_integer()? })
}
