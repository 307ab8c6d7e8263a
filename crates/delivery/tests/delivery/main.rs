//! What a buyer is told, and how it gets into the folder.

use sellonce_checkout::address::{Address, Country};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{CheckoutId, EventId, OrderId, OrderToken, SagaId, SecretHash, Uuid};
use sellonce_checkout::money::{Currency, Money};
use sellonce_checkout::order::{self, HistoryEvent, Order, Status};
use sellonce_checkout::payment::{self, Attempt};
use sellonce_checkout::price_lock::{Lock, LockedLine};
use sellonce_checkout::session::{self, Buyer, Checkout};
use sellonce_checkout::store::deliveries::{Due, MAIL};
use sellonce_checkout::store::orders::OrderView;
use sellonce_checkout::totals::{Tax, Totals};
use sellonce_delivery::mail;

mod folder;
mod mails;

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency")).expect("a small amount")
}

/// 2026-11-27T09:30:00Z, the morning of a Black Friday.
const MORNING: Timestamp = Timestamp::from_millis(1_795_771_800_000);

fn settings() -> mail::Settings {
    mail::Settings {
        shop_name: "Harbour Goods".to_owned(),
        from: Email::parse("shop@harbour.example").expect("an address"),
        public_url: "https://harbour.example/".to_owned(),
    }
}

fn locked_line(sku: &str, title: &str, quantity: u32, unit_price: Option<i64>) -> LockedLine {
    LockedLine {
        sku: Sku::parse(sku).expect("a SKU"),
        title: title.to_owned(),
        quantity,
        price_seen: None,
        unit_price: unit_price.map(money),
        discount: money(0),
        tax: money(0),
    }
}

fn checkout() -> Checkout {
    let lines = vec![
        locked_line("MUG-BLUE", "Mug, blue", 2, Some(1_250)),
        locked_line("HOOK-7", "Coat hook \"No. 7\" <brass> & screws", 1, Some(499)),
        locked_line("GONE", "Sold out long ago", 1, None),
    ];
    let totals = Totals::sum_up(money(2_999), money(300), money(590), Tax::Added(money(216)));
    let address = Address {
        name: "Ada Example".to_owned(),
        line1: "12 Pier Road".to_owned(),
        line2: Some("Flat 3".to_owned()),
        city: "Portsmouth".to_owned(),
        region: Some("NH".to_owned()),
        postal_code: "03801".to_owned(),
        country: Country::parse("US").expect("a country"),
        phone: Some("+1 555 0100".to_owned()),
    };
    Checkout {
        id: CheckoutId(Uuid::from_u128(2)),
        secret: SecretHash([0; 32]),
        cart: None,
        status: session::Status::Completed,
        buyer: Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: Some(address),
            customer_reference: None,
        },
        discount_code: None,
        lock: Lock { lines, totals: totals.expect("small amounts"), shipping_method: "standard".to_owned() },
        confirmed_at: None,
        expires_at: MORNING,
        order: Some(OrderId(Uuid::from_u128(1))),
        version: 3,
        created_at: MORNING,
    }
}

fn order_of(checkout: &Checkout) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(1)),
        number: 1001,
        token: OrderToken([7; 32]),
        checkout: checkout.id,
        cart: None,
        saga: SagaId(Uuid::from_u128(4)),
        status: Status::Paid,
        total: checkout.lock.totals.total,
        lines: Vec::new(),
        events: Vec::new(),
        shipments: Vec::new(),
        returns: Vec::new(),
        version: 1,
        created_at: MORNING,
        updated_at: MORNING,
    }
}

/// The delivery of an order's event.
fn due(from: Status, to: Status, reason: &str) -> Due {
    let checkout = checkout();
    let event = HistoryEvent {
        id: EventId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001)),
        sequence: 2,
        from: Some(from),
        to,
        actor: "engine".to_owned(),
        reason: reason.to_owned(),
        at: MORNING,
    };
    let view = OrderView { order: order_of(&checkout), checkout, attempt: None };
    Due { consumer: MAIL.to_owned(), event, view, tries: 0 }
}

fn confirmation() -> Due {
    due(Status::Pending, Status::Paid, "")
}

/// The same delivery after the order has gone on: shipped, partly returned, refunded.
fn later(mut due: Due) -> Due {
    let view = &mut due.view;
    view.order.status = Status::Refunded;
    view.order.version = 9;
    view.order.updated_at = MORNING.plus_ms(86_400_000);
    view.order.events.push(due.event.clone());
    view.order.lines.push(order::Line {
        number: 1,
        sku: Sku::parse("MUG-BLUE").expect("a SKU"),
        location: Location::main(),
        quantity: 2,
        cancelled: 0,
        shipped: 2,
        returned: 1,
    });
    view.attempt = Some(Attempt {
        saga: view.order.saga,
        provider: "simulated".to_owned(),
        token: "tok_ok".to_owned(),
        amount: view.order.total,
        capture: payment::Capture::Automatic,
        status: payment::Status::Captured,
        captured: view.order.total,
        refunded: view.order.total,
        refund_pending: money(0),
        provider_reference: None,
        unknown_since: None,
    });
    due.tries = 3;
    due
}
