//! Orders and bookings of a batch, on their way out.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::outbox;
use sellonce_checkout::simulated_book::PlannedCallback;

use crate::postgres::batch::bulk::Bulk;
use crate::postgres::batch::write::Writes;
use crate::sql::values;

/// Orders that are placed, with their lines, their events and their deliveries (I13).
pub(super) fn orders<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut orders = Bulk::new(
        "INSERT INTO orders (number, id, token, checkout_id, cart_id, saga_id, status, total, version, created_at, \
         updated_at) SELECT * FROM unnest(?1::bigint[], ?2::uuid[], ?3::bytea[], ?4::uuid[], ?5::uuid[], ?6::uuid[], \
         ?7::text[], ?8::bigint[], ?9::bigint[], ?10::timestamptz[], ?11::timestamptz[])",
    );
    let mut lines = Bulk::new(
        "INSERT INTO order_lines (order_id, number, position, sku, location, quantity) \
         SELECT * FROM unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::text[], ?5::text[], ?6::bigint[])",
    );
    let mut events = Bulk::new(
        "INSERT INTO order_events (order_id, sequence, id, from_status, to_status, actor, reason, at) \
         SELECT * FROM unnest(?1::uuid[], ?2::bigint[], ?3::uuid[], ?4::text[], ?5::text[], ?6::text[], ?7::text[], \
         ?8::timestamptz[])",
    );
    let mut deliveries = Bulk::new(
        "INSERT INTO deliveries (event_id, consumer, order_id, sequence, next_at, lease_until) \
         SELECT * FROM unnest(?1::uuid[], ?2::text[], ?3::uuid[], ?4::bigint[], ?5::timestamptz[], ?6::timestamptz[])",
    );
    for order in &writes.orders {
        let id = order.id.0.as_bytes();
        orders.push(values![
            order.number,
            id,
            &order.token.0,
            order.checkout.0.as_bytes(),
            order.cart.as_ref().map(|cart| cart.0.as_bytes()),
            order.saga.0.as_bytes(),
            order.status.as_str(),
            order.total.minor(),
            order.version,
            order.created_at.millis(),
            order.updated_at.millis(),
        ]);
        for (line, position) in order.lines.iter().zip(1_i64..) {
            let (sku, location) = (line.sku.as_str(), line.location.as_str());
            lines.push(values![id, line.number, position, sku, location, line.quantity]);
        }
        for event in &order.events {
            let (event_id, at) = (event.id.0.as_bytes(), event.at.millis());
            let from = event.from.map(|status| status.as_str());
            let to = event.to.as_str();
            events.push(values![id, event.sequence, event_id, from, to, &event.actor, &event.reason, at]);
            for consumer in outbox::consumers(event.to) {
                deliveries.push(values![event_id, *consumer, id, event.sequence, at, at]);
            }
        }
    }
    bulks.extend([orders, lines, events, deliveries]);
}

/// The simulated provider's book.
pub(super) fn bookings<'a>(writes: &'a Writes, now: i64, bulks: &mut Vec<Bulk<'a>>) {
    let mut new = Bulk::new(
        "INSERT INTO simulated_payments (attempt_key, token, amount, currency, status, decline_code, created_at) \
         SELECT * FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::text[], ?5::text[], ?6::text[], \
         ?7::timestamptz[])",
    );
    for entry in &writes.bookings_new {
        let (amount, currency) = (entry.amount.minor(), entry.amount.currency().code());
        let (key, code) = (&entry.attempt_key, entry.decline_code);
        new.push(values![key, &entry.token, amount, currency, entry.status, code, now]);
    }
    let mut changed = Bulk::new(
        "UPDATE simulated_payments p SET asked = w.asked, status = w.status, decline_code = w.code \
         FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::bigint[], ?5::text[], ?6::text[]) \
         AS w (attempt_key, status_was, asked_was, asked, status, code) \
         WHERE p.attempt_key = w.attempt_key AND p.status = w.status_was AND p.asked = w.asked_was",
    );
    for (was, is) in &writes.bookings {
        let (key, code) = (&is.attempt_key, is.decline_code.as_ref());
        changed.push(values![key, &was.status, was.asked, is.asked, &is.status, code]);
    }
    let mut refunded = Bulk::new(
        "UPDATE simulated_payments p SET refunded = p.refunded + w.amount \
         FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[]) AS w (attempt_key, amount, refunded_was) \
         WHERE p.attempt_key = w.attempt_key AND p.status = 'captured' AND p.refunded = w.refunded_was \
         AND p.refunded + w.amount <= p.amount",
    );
    let mut refunds = Bulk::new(
        "INSERT INTO simulated_refunds (attempt_key, refund_key, amount, created_at) \
         SELECT * FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::timestamptz[])",
    );
    for (was, refund_key, amount) in &writes.refunds {
        let key = &was.attempt_key;
        refunded.push(values![key, amount.minor(), was.refunded.minor()]);
        refunds.push(values![key, refund_key, amount.minor(), now]);
    }
    bulks.extend([new, changed, refunded, refunds]);
}

/// What the simulated provider owes the shop.
pub(super) fn callbacks<'a>(writes: &'a Writes, now: Timestamp, bulks: &mut Vec<Bulk<'a>>) {
    let mut owed = Bulk::new(
        "INSERT INTO simulated_callbacks (id, copy, attempt_key, event, forged, due_at) \
         SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::text[], ?4::text[], ?5::bigint[], ?6::timestamptz[])",
    );
    for (attempt_key, PlannedCallback { id, copy, event, delay_ms, forged }) in &writes.callbacks {
        let due_at = now.plus_ms(*delay_ms).millis();
        owed.push(values![id, *copy, attempt_key, *event, i64::from(*forged), due_at]);
    }
    bulks.push(owed);
}
