//! Carts and checkouts of a batch, on their way out.

use sellonce_checkout::clock::Timestamp;

use crate::postgres::batch::bulk::Bulk;
use crate::postgres::batch::write::{Change, NewCheckout, Writes};
use crate::sql::values;

pub(super) fn carts<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut new = Bulk::new(
        "INSERT INTO carts (id, secret, version, created_at, updated_at) \
         SELECT * FROM unnest(?1::uuid[], ?2::bytea[], ?3::bigint[], ?4::timestamptz[], ?5::timestamptz[])",
    );
    let mut changed = Bulk::new(
        "UPDATE carts c SET version = w.version, updated_at = w.updated_at \
         FROM unnest(?1::uuid[], ?2::bigint[], ?3::bigint[], ?4::timestamptz[]) AS w (id, was, version, updated_at) \
         WHERE c.id = w.id AND c.version = w.was AND c.ordered_by IS NULL",
    );
    let mut emptied = Bulk::unchecked("DELETE FROM cart_lines WHERE cart_id = ANY(?1::uuid[])");
    let mut lines = Bulk::new(
        "INSERT INTO cart_lines (cart_id, position, id, sku, title, quantity, unit_price, price_seen_at) \
         SELECT * FROM unnest(?1::uuid[], ?2::bigint[], ?3::uuid[], ?4::text[], ?5::text[], ?6::bigint[], ?7::bigint[], \
         ?8::timestamptz[])",
    );
    let mut ordered = Bulk::new(
        "UPDATE carts c SET ordered_by = w.checkout_id FROM unnest(?1::uuid[], ?2::uuid[]) AS w (id, checkout_id) \
         WHERE c.id = w.id AND c.ordered_by IS NULL",
    );
    for cart in &writes.carts_new {
        let (created_at, updated_at) = (cart.created_at.millis(), cart.updated_at.millis());
        new.push(values![cart.id.0.as_bytes(), &cart.secret.0, cart.version, created_at, updated_at]);
    }
    for (was, cart) in &writes.carts {
        changed.push(values![cart.id.0.as_bytes(), *was, cart.version, cart.updated_at.millis()]);
        emptied.push(values![cart.id.0.as_bytes()]);
    }
    for cart in writes.carts_new.iter().chain(writes.carts.iter().map(|(_, cart)| cart)) {
        for (line, position) in cart.lines.iter().zip(1_i64..) {
            let (cart, id, sku) = (cart.id.0.as_bytes(), line.id.0.as_bytes(), line.sku.as_str());
            let (price, seen_at) = (line.unit_price.minor(), line.price_seen_at.millis());
            lines.push(values![cart, position, id, sku, &line.title, line.quantity, price, seen_at]);
        }
    }
    for (cart, checkout) in &writes.carts_ordered {
        ordered.push(values![cart.0.as_bytes(), checkout.0.as_bytes()]);
    }
    bulks.extend([new, changed, emptied, lines, ordered]);
}

pub(super) fn checkouts_opened<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut new = Bulk::new(
        "INSERT INTO checkouts (id, secret, cart_id, status, email, customer_reference, address_name, address_line1, \
         address_line2, address_city, address_region, address_postal_code, address_country, address_phone, \
         discount_code, shipping_method, subtotal, discount, shipping, tax, tax_added, total, expires_at, version, \
         history, created_at) SELECT * FROM unnest(?1::uuid[], ?2::bytea[], ?3::uuid[], ?4::text[], ?5::text[], \
         ?6::text[], ?7::text[], ?8::text[], ?9::text[], ?10::text[], ?11::text[], ?12::text[], ?13::text[], \
         ?14::text[], ?15::text[], ?16::text[], ?17::bigint[], ?18::bigint[], ?19::bigint[], ?20::bigint[], \
         ?21::bigint[], ?22::bigint[], ?23::timestamptz[], ?24::bigint[], ?25::text[], ?26::timestamptz[])",
    );
    let mut lines = Bulk::new(
        "INSERT INTO checkout_lines (checkout_id, number, sku, title, quantity, price_seen, unit_price, discount, tax) \
         SELECT * FROM unnest(?1::uuid[], ?2::bigint[], ?3::text[], ?4::text[], ?5::bigint[], ?6::bigint[], \
         ?7::bigint[], ?8::bigint[], ?9::bigint[])",
    );
    for NewCheckout { checkout, history } in &writes.checkouts_new {
        let (buyer, totals) = (&checkout.buyer, &checkout.lock.totals);
        let address = buyer.address.as_ref();
        new.push(values![
            checkout.id.0.as_bytes(),
            &checkout.secret.0,
            checkout.cart.as_ref().map(|id| id.0.as_bytes()),
            checkout.status.as_str(),
            buyer.email.as_str(),
            buyer.customer_reference.as_ref(),
            address.map(|address| &address.name),
            address.map(|address| &address.line1),
            address.and_then(|address| address.line2.as_ref()),
            address.map(|address| &address.city),
            address.and_then(|address| address.region.as_ref()),
            address.map(|address| &address.postal_code),
            address.map(|address| address.country.as_str()),
            address.and_then(|address| address.phone.as_ref()),
            checkout.discount_code.as_ref().map(|code| code.as_str()),
            &checkout.lock.shipping_method,
            totals.subtotal.minor(),
            totals.discount.minor(),
            totals.shipping.minor(),
            totals.tax.minor(),
            totals.tax_added.minor(),
            totals.total.minor(),
            checkout.expires_at.millis(),
            checkout.version,
            history,
            checkout.created_at.millis(),
        ]);
        for (line, number) in checkout.lock.lines.iter().zip(1_i64..) {
            lines.push(values![
                checkout.id.0.as_bytes(),
                number,
                line.sku.as_str(),
                &line.title,
                line.quantity,
                line.price_seen.map(|price| price.minor()),
                line.unit_price.map(|price| price.minor()),
                line.discount.minor(),
                line.tax.minor(),
            ]);
        }
    }
    bulks.extend([new, lines]);
}

pub(super) fn checkouts_changed<'a>(writes: &'a Writes, bulks: &mut Vec<Bulk<'a>>) {
    let mut changed = Bulk::new(
        "UPDATE checkouts c SET status = w.status, order_id = w.order_id, confirmed_at = w.confirmed_at, \
         version = w.version, history = c.history || w.step \
         FROM unnest(?1::uuid[], ?2::text[], ?3::bigint[], ?4::text[], ?5::uuid[], ?6::timestamptz[], ?7::bigint[], \
         ?8::text[]) AS w (id, status_was, version_was, status, order_id, confirmed_at, version, step) \
         WHERE c.id = w.id AND c.status = w.status_was AND c.version = w.version_was",
    );
    for Change { was, is, step } in &writes.checkouts {
        changed.push(values![
            is.id.0.as_bytes(),
            was.status.as_str(),
            was.version,
            is.status.as_str(),
            is.order.as_ref().map(|id| id.0.as_bytes()),
            is.confirmed_at.map(Timestamp::millis),
            is.version,
            step,
        ]);
    }
    bulks.push(changed);
}
