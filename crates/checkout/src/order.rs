//! The order: its statuses, the table of their edges, and what each edge asks for and brings with it.
//!
//! Decides which transitions are legal and what follows from them. Leaves writing them, as a compare-and-set on the
//! status with the event in the same transaction (I6, I13), to the store. The schema's guard is generated from the
//! same table.

pub mod change;
pub mod goods;
pub mod money;

use crate::catalog::{Location, Sku};
use crate::clock::Timestamp;
use crate::id::{CartId, CheckoutId, EventId, OrderId, OrderToken, SagaId};
use crate::money::Money;
use crate::payment;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Placed; the authorized payment is being captured.
    Pending,
    /// Paid (or nothing to pay).
    Paid,
    /// Being packed.
    Processing,
    /// Every unit has left the house or was cancelled.
    Shipped,
    /// It arrived.
    Delivered,
    /// Called off before anything shipped.
    Cancelled,
    /// All of the money went back.
    Refunded,
}

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The payment was captured.
    Pay,
    /// Packing begins.
    Process,
    /// The last unit leaves the house.
    Ship,
    /// It arrives.
    Deliver,
    /// It is called off.
    Cancel,
    /// The last of the money is back.
    Refund,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Paid,
        Self::Processing,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }

    /// Reads [`Status::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 6] =
        [Self::Pay, Self::Process, Self::Ship, Self::Deliver, Self::Cancel, Self::Refund];

    /// The event that leads to a status; nothing leads to `pending`.
    pub fn leading_to(status: Status) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.target() == status)
    }

    /// The status that it leads to.
    pub fn target(self) -> Status {
        match self {
            Self::Pay => Status::Paid,
            Self::Process => Status::Processing,
            Self::Ship => Status::Shipped,
            Self::Deliver => Status::Delivered,
            Self::Cancel => Status::Cancelled,
            Self::Refund => Status::Refunded,
        }
    }
}

/// The table: every legal edge.
pub const TRANSITIONS: &[(Status, Event, Status)] = {
    use Event::*;
    use Status::*;
    &[
        (Pending, Pay, Paid),
        (Pending, Cancel, Cancelled),
        (Paid, Process, Processing),
        (Paid, Cancel, Cancelled),
        (Paid, Refund, Refunded),
        (Processing, Ship, Shipped),
        (Processing, Cancel, Cancelled),
        (Processing, Refund, Refunded),
        (Shipped, Deliver, Delivered),
        (Shipped, Refund, Refunded),
        (Delivered, Refund, Refunded),
        (Cancelled, Refund, Refunded),
    ]
};

/// What an edge brings with it, written in its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A line is added to the order's history.
    AppendEvent,
    /// The consumers that must be told get a delivery each.
    Tell,
    /// What has not shipped goes back to stock: `cancel`.
    CancelStock,
    /// What has not shipped leaves the house: `ship`.
    ShipStock,
    /// What was captured and not given back yet is refunded.
    RefundRest,
}

/// What an edge is decided from, besides the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Circumstances {
    /// Whether a unit has left the house.
    pub any_shipped: bool,
    /// Whether money was captured for it. Money that comes after it was called off is its saga's to give back.
    pub was_paid: bool,
    /// Whether all that was captured went back.
    pub all_refunded: bool,
}

/// Why an order does not go where it was asked to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// The table has no such edge.
    #[error("an order cannot go from {} to {}", from.as_str(), to.as_str())]
    NoEdge {
        /// Where it stands.
        from: Status,
        /// Where it was asked to go.
        to: Status,
    },
    /// It cannot be cancelled because something has shipped.
    #[error("an order of which something has shipped cannot be cancelled; record a return instead")]
    AlreadyShipped,
    /// A pending order is moved by the saga that captures its payment, and by nobody else.
    #[error("the payment of the order is being taken; to call it off, resolve its saga")]
    PaymentUnderWay,
    /// It becomes refunded when all of the money is back, not before.
    #[error("the order was not paid, or not all of the money is back yet")]
    NotRefunded,
}

/// The status after an event and what it brings with it, or why it is illegal.
pub fn transition(
    status: Status,
    event: Event,
    circumstances: Circumstances,
) -> Result<(Status, &'static [Effect]), Illegal> {
    let edge = TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (status, event));
    let (_, _, to) = edge.ok_or(Illegal::NoEdge { from: status, to: event.target() })?;
    let effects: &[Effect] = match event {
        Event::Pay | Event::Deliver => &[Effect::AppendEvent, Effect::Tell],
        Event::Process => &[Effect::AppendEvent],
        Event::Ship => &[Effect::AppendEvent, Effect::ShipStock, Effect::Tell],
        Event::Cancel if circumstances.any_shipped => return Err(Illegal::AlreadyShipped),
        Event::Cancel => &[Effect::AppendEvent, Effect::CancelStock, Effect::RefundRest, Effect::Tell],
        Event::Refund if !(circumstances.was_paid && circumstances.all_refunded) => {
            return Err(Illegal::NotRefunded);
        }
        Event::Refund => &[Effect::AppendEvent, Effect::Tell],
    };
    Ok((*to, effects))
}

/// The statuses that an order could be asked to go to, in the table's order.
pub fn available_transitions(status: Status, circumstances: Circumstances) -> Vec<Status> {
    let possible = |event: Event| match event {
        // Of a pending order only its saga knows whether the money is taken at this moment.
        Event::Cancel => !circumstances.any_shipped && status != Status::Pending,
        // A merchant asks for the refund; the order gets there when the money is back.
        Event::Refund => circumstances.was_paid && !circumstances.all_refunded,
        // Only the payment makes an order paid.
        Event::Pay => false,
        Event::Process | Event::Ship | Event::Deliver => true,
    };
    TRANSITIONS
        .iter()
        .filter(|(from, event, _)| *from == status && possible(*event))
        .map(|(_, _, to)| *to)
        .collect()
}

/// An order as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Its number for people.
    pub number: i64,
    /// What shows it to its buyer.
    pub token: OrderToken,
    /// The checkout that placed it, with the prices it was locked at; an order has exactly one (I7).
    pub checkout: CheckoutId,
    /// The cart it was placed from, if any.
    pub cart: Option<CartId>,
    /// The saga that placed it, and so the payment attempt that paid it.
    pub saga: SagaId,
    /// Where it stands.
    pub status: Status,
    /// What the buyer pays: the locked total (I5).
    pub total: Money,
    /// Its lines, one per SKU line and location.
    pub lines: Vec<Line>,
    /// Its history, oldest first.
    pub events: Vec<HistoryEvent>,
    /// What left the house, in its order.
    pub shipments: Vec<Shipment>,
    /// What came back, in its order.
    pub returns: Vec<Return>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A line of an order at one location. Each count only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which line of the checkout it is, from 1.
    pub number: u32,
    /// The SKU.
    pub sku: Sku,
    /// The location that it is taken from.
    pub location: Location,
    /// How many units were sold.
    pub quantity: i64,
    /// How many of them were cancelled.
    pub cancelled: i64,
    /// How many of them have shipped.
    pub shipped: i64,
    /// How many of them came back.
    pub returned: i64,
}

impl Line {
    /// The units that are neither cancelled nor shipped.
    pub fn outstanding(&self) -> i64 {
        self.quantity.saturating_sub(self.cancelled).saturating_sub(self.shipped)
    }
}

/// Units of a line at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// Which line of the checkout, from 1.
    pub line: u32,
    /// From where, or back to where.
    pub location: Location,
    /// How many.
    pub quantity: i64,
}

/// Units that left the house together; never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Its number in the order, from 1.
    pub number: i64,
    /// What it took with it.
    pub units: Vec<Units>,
    /// Under which its carrier knows it, or `none`.
    pub tracking: String,
    /// Who sent it: an API key's id.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Units that came back together; never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// Its number in the order, from 1.
    pub number: i64,
    /// What came back.
    pub units: Vec<Units>,
    /// Whether it can be sold again.
    pub restocked: bool,
    /// Why, in the merchant's words.
    pub reason: String,
    /// Who took it back: an API key's id.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// One line of an order's history; never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// Its id; deliveries of it carry this id and equal content (I8).
    pub id: EventId,
    /// Its number in the order, from 1.
    pub sequence: i64,
    /// The status before; `None` for the first.
    pub from: Option<Status>,
    /// The status after.
    pub to: Status,
    /// Who did it: `buyer`, `engine` or an API key's id.
    pub actor: String,
    /// Why, in the merchant's words; a tracking reference for `shipped`.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// How the money of an order stands; derived, never stored.
pub fn payment_status(status: Status, payment: Option<&payment::Attempt>) -> &'static str {
    let Some(attempt) = payment else {
        return if status == Status::Pending { "pending" } else { "paid" };
    };
    match attempt.status {
        payment::Status::Captured if attempt.refunded == attempt.captured => "refunded",
        payment::Status::Captured if !attempt.refunded.is_zero() => "partially_refunded",
        payment::Status::Captured if !attempt.refund_pending.is_zero() => "refund_pending",
        payment::Status::Captured => "paid",
        payment::Status::Authorized => "authorized",
        payment::Status::Voided | payment::Status::Cancelled | payment::Status::Declined => "voided",
        payment::Status::Created | payment::Status::RequiresAction => "pending",
    }
}

/// How the goods of an order stand; derived, never stored.
pub fn fulfillment_status(status: Status, lines: &[Line]) -> &'static str {
    let sum =
        |count: fn(&Line) -> i64| lines.iter().map(count).fold(0_i64, |sum, each| sum.saturating_add(each));
    let (shipped, returned) = (sum(|line| line.shipped), sum(|line| line.returned));
    if shipped == 0 {
        return if status == Status::Cancelled { "cancelled" } else { "unfulfilled" };
    }
    if returned == shipped {
        "returned"
    } else if sum(Line::outstanding) > 0 {
        "partially_shipped"
    } else if status == Status::Delivered {
        "delivered"
    } else {
        "shipped"
    }
}

/// The circumstances that an order's lines, history and payment make.
pub fn circumstances(order: &Order, payment: Option<&payment::Attempt>) -> Circumstances {
    let became_paid = order.events.iter().any(|event| event.to == Status::Paid);
    Circumstances {
        any_shipped: order.lines.iter().any(|line| line.shipped > 0),
        was_paid: became_paid && payment.is_some_and(|attempt| !attempt.captured.is_zero()),
        all_refunded: payment.is_some_and(|attempt| attempt.refunded == attempt.captured),
    }
}
