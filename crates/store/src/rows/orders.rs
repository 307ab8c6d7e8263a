//! Orders with their lines and events, and the bookings of the simulated provider.

use sellonce_checkout::id::{CartId, CheckoutId, EventId, OrderId, OrderToken, SagaId};
use sellonce_checkout::money::Currency;
use sellonce_checkout::order::{HistoryEvent, Line, Order, Status};
use sellonce_checkout::simulated_book::Booking;

use crate::rows::{Columns, stock};
use crate::trouble::Trouble;

/// The columns of [`order`].
macro_rules! order_columns {
    () => {
        "number, id, token, checkout_id, cart_id, saga_id, status, total, version, created_at, updated_at"
    };
}

/// The columns of [`line()`].
macro_rules! order_line_columns {
    () => {
        "number, sku, location, quantity, cancelled, shipped, returned"
    };
}

/// The columns of [`event`].
macro_rules! event_columns {
    () => {
        "sequence, id, from_status, to_status, actor, reason, at"
    };
}

/// The columns of [`booking`].
macro_rules! booking_columns {
    () => {
        "attempt_key, token, currency, amount, status, decline_code, refunded, asked, created_at"
    };
}

pub(crate) use {booking_columns, event_columns, order_columns, order_line_columns};

/// An order, still without its lines, its events and its parcels.
pub(crate) fn order(columns: &mut dyn Columns, currency: Currency) -> Result<Order, Trouble> {
    Ok(Order {
        number: columns.integer()?,
        id: OrderId(columns.uuid()?),
        token: OrderToken(columns.bytes()?),
        checkout: CheckoutId(columns.uuid()?),
        cart: columns.maybe_uuid()?.map(CartId),
        saga: SagaId(columns.uuid()?),
        status: columns.value(Status::parse)?,
        total: columns.money(currency)?,
        lines: Vec::new(),
        events: Vec::new(),
        shipments: Vec::new(),
        returns: Vec::new(),
        version: columns.integer()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
    })
}

/// A line of an order.
pub(crate) fn line(columns: &mut dyn Columns) -> Result<Line, Trouble> {
    Ok(Line {
        number: columns.count()?,
        sku: stock::sku(columns)?,
        location: stock::location(columns)?,
        quantity: columns.integer()?,
        cancelled: columns.integer()?,
        shipped: columns.integer()?,
        returned: columns.integer()?,
    })
}

/// An event of an order.
pub(crate) fn event(columns: &mut dyn Columns) -> Result<HistoryEvent, Trouble> {
    Ok(HistoryEvent {
        sequence: columns.integer()?,
        id: EventId(columns.uuid()?),
        from: maybe_status(columns)?,
        to: columns.value(Status::parse)?,
        actor: columns.string()?,
        reason: columns.string()?,
        at: columns.time()?,
    })
}

fn maybe_status(columns: &mut dyn Columns) -> Result<Option<Status>, Trouble> {
    let Some(text) = columns.maybe_text()? else { return Ok(None) };
    Status::parse(text).map(Some).ok_or_else(|| Trouble::call(format!("`{text}` is no status of an order")))
}

/// A booking of the simulated provider.
pub(crate) fn booking(columns: &mut dyn Columns) -> Result<Booking, Trouble> {
    let attempt_key = columns.string()?;
    let token = columns.string()?;
    let currency = columns.value(|code| Currency::parse(code).ok())?;
    Ok(Booking {
        attempt_key,
        token,
        amount: columns.money(currency)?,
        status: columns.string()?,
        decline_code: columns.maybe_string()?,
        refunded: columns.money(currency)?,
        asked: columns.integer()?,
        created_at: columns.time()?,
    })
}
