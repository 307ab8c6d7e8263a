//! What a merchant's transition writes: stock, money set aside and history together, or nothing at all.

use std::collections::BTreeMap;

use sellonce_checkout::book::{Book, Cause, Changes};
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{
    ApiKeyId, CauseId, CheckoutId, EventId, OrderId, OrderToken, RefundId, SagaId, SecretHash,
};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::inventory::{Counters, Kind, Policy, Stock};
use sellonce_checkout::order::change::{Change, called_off, decide, paid};
use sellonce_checkout::order::money::{refund_refused, refunded};
use sellonce_checkout::order::{HistoryEvent, Illegal, Line, Order, Status};
use sellonce_checkout::payment::{self, Attempt, Capture};
use sellonce_checkout::price_lock::{LockRequest, WantedLine, lock};
use sellonce_checkout::session::{self, Buyer, Checkout};
use sellonce_checkout::store::orders::{ChangeOrderRefusal, OrderView, TransitionOrder};
use sellonce_checkout::totals::Tables;

use Status::{Cancelled, Delivered, Paid, Pending, Processing, Refunded, Shipped};

use crate::schedule::run;
use crate::{at, cents, location, offer, place, sku, usd, uuid};

pub(crate) fn order_id() -> OrderId {
    OrderId(uuid(3))
}

/// The checkout of 5 units at 2.00, whose order has them from two locations.
fn checkout() -> Checkout {
    let lines = [WantedLine { sku: sku("A"), quantity: 5, price_seen: None, title_seen: String::new() }];
    let offers = BTreeMap::from([(sku("A"), offer("A", 200))]);
    let request = LockRequest {
        lines: &lines,
        offers: &offers,
        discount: None,
        address: None,
        shipping_method: None,
        currency: usd(),
        now: at(0),
    };
    Checkout {
        id: CheckoutId(uuid(1)),
        secret: SecretHash::of(b"secret"),
        cart: None,
        status: session::Status::Completed,
        buyer: Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: None,
            customer_reference: None,
        },
        discount_code: None,
        lock: lock(&request, &Tables::plain(usd())).expect("it can be locked"),
        confirmed_at: None,
        expires_at: at(1_000),
        order: Some(order_id()),
        version: 3,
        created_at: at(0),
    }
}

fn line(at_location: &str, quantity: i64) -> Line {
    let (sku, location) = (sku("A"), location(at_location));
    Line { number: 1, sku, location, quantity, cancelled: 0, shipped: 0, returned: 0 }
}

fn event(sequence: i64, from: Option<Status>, to: Status) -> HistoryEvent {
    let id = EventId(uuid(100 + u128::try_from(sequence).expect("positive")));
    HistoryEvent { id, sequence, from, to, actor: "engine".to_owned(), reason: String::new(), at: at(10) }
}

/// An order of 3 units in the east and 2 in the west, paid with 10.00.
pub(crate) fn view(status: Status) -> OrderView {
    let zero = cents(0);
    let order = Order {
        id: order_id(),
        number: 1001,
        token: OrderToken([1; 32]),
        checkout: CheckoutId(uuid(1)),
        cart: None,
        saga: SagaId(uuid(2)),
        status,
        total: cents(1000),
        lines: vec![line("east", 3), line("west", 2)],
        events: vec![event(1, None, Pending), event(2, Some(Pending), Paid)],
        shipments: Vec::new(),
        returns: Vec::new(),
        version: 4,
        created_at: at(10),
        updated_at: at(10),
    };
    let attempt = Attempt {
        saga: SagaId(uuid(2)),
        provider: "simulated".to_owned(),
        token: "tok".to_owned(),
        amount: cents(1000),
        capture: Capture::Automatic,
        status: payment::Status::Captured,
        captured: cents(1000),
        refunded: zero,
        refund_pending: zero,
        provider_reference: None,
        unknown_since: None,
    };
    OrderView { order, checkout: checkout(), attempt: Some(attempt) }
}

/// An order whose money is set aside.
pub(crate) fn pending() -> OrderView {
    let mut view = view(Pending);
    view.order.events.pop();
    let attempt = view.attempt.as_mut().expect("there is something to pay");
    (attempt.capture, attempt.status, attempt.captured) =
        (Capture::Manual, payment::Status::Authorized, cents(0));
    view
}

pub(crate) fn with_money(status: Status, refunded: i64, refund_pending: i64) -> OrderView {
    let mut view = view(status);
    let attempt = view.attempt.as_mut().expect("it was paid");
    (attempt.refunded, attempt.refund_pending) = (cents(refunded), cents(refund_pending));
    view
}

/// A book with the order's rows, each [available, reserved, committed, backordered].
pub(crate) fn book(east: [i64; 4], west: [i64; 4]) -> Book {
    let stock = |[available, reserved, committed, backordered]: [i64; 4]| Stock {
        counters: Counters { available, reserved, committed, backordered },
        version: 7,
        policy: Policy::Deny,
    };
    let mut book = Book::default();
    book.put_stock(sku("A"), [(location("east"), stock(east)), (location("west"), stock(west))]);
    book
}

pub(crate) fn counters(book: &Book) -> [[i64; 4]; 2] {
    ["east", "west"].map(|at_location| {
        let stock = book.stock(&place("A", at_location)).expect("the book has the row");
        let Counters { available, reserved, committed, backordered } = stock.counters;
        [available, reserved, committed, backordered]
    })
}

pub(crate) fn call(to: Status) -> TransitionOrder {
    TransitionOrder {
        claim: Claim {
            scope: Scope::admin(ApiKeyId(uuid(8)), "/v1/orders"),
            key: Key::parse("key").expect("a key"),
            body: BodyHash::of(b"body"),
            request_id: "req-1".to_owned(),
        },
        id: order_id(),
        to,
        reason: "because".to_owned(),
        actor: "key_1".to_owned(),
        expected_version: None,
        event: EventId(uuid(50)),
        refund: RefundId(uuid(51)),
        cause: CauseId(uuid(52)),
        restock: true,
    }
}

fn minor(change: &Change) -> (i64, i64, Option<i64>) {
    let attempt = change.view.attempt.as_ref().expect("it was paid");
    (
        attempt.refunded.minor(),
        attempt.refund_pending.minor(),
        change.refund.as_ref().map(|refund| refund.amount.minor()),
    )
}

#[test]
fn cancelling_gives_the_units_back_and_sets_the_money_aside() {
    for status in [Paid, Processing] {
        let mut book = book([0, 0, 3, 0], [10, 1, 2, 0]);
        let change = decide(&call(Cancelled), &view(status), &mut book, at(99)).expect("nothing has shipped");
        assert_eq!(counters(&book), [[3, 0, 0, 0], [12, 1, 0, 0]]);
        let order = &change.view.order;
        assert_eq!((order.status, order.version, order.updated_at), (Cancelled, 5, at(99)));
        assert_eq!(order.lines.iter().map(|line| line.cancelled).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(minor(&change), (0, 1000, Some(1000)));
        let [appended] = change.events.as_slice() else { panic!("the status moved once") };
        assert_eq!((appended.sequence, appended.from, appended.to), (3, Some(status), Cancelled));
        assert_eq!((appended.actor.as_str(), appended.reason.as_str()), ("key_1", "because"));
        assert_eq!((appended.id, appended.at), (EventId(uuid(50)), at(99)));
        assert_eq!(order.events.last(), Some(appended));
        let kinds: Vec<_> =
            book.into_changes().movements.iter().map(|line| (line.kind, line.cause)).collect();
        assert_eq!(kinds, [(Kind::Cancel, Cause::Order(order_id())); 2]);
    }
}

#[test]
fn what_is_cancelled_and_not_restocked_leaves_the_shop() {
    let check = |east: [i64; 4], west: [i64; 4], expect: [[i64; 4]; 2]| {
        let mut book = book(east, west);
        let call = TransitionOrder { restock: false, ..call(Cancelled) };
        decide(&call, &view(Paid), &mut book, at(99)).expect("nothing has shipped");
        assert_eq!(counters(&book), expect, "{east:?}, {west:?}");
    };
    check([0, 0, 3, 0], [10, 1, 2, 0], [[0, 0, 0, 0], [10, 1, 0, 0]]);
    // What pays a backorder was never there, so it cannot be taken out.
    check([0, 2, 3, 2], [0, 0, 2, 0], [[0, 2, 0, 0], [0, 0, 0, 0]]);
    check([0, 0, 3, 3], [0, 0, 2, 2], [[0, 0, 0, 0], [0, 0, 0, 0]]);
}

#[test]
fn cancelling_gives_back_only_what_has_not_gone_back_yet() {
    let check = |view: OrderView, expect: (i64, i64, Option<i64>)| {
        let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
        let change = decide(&call(Cancelled), &view, &mut book, at(99)).expect("nothing has shipped");
        assert_eq!(minor(&change), expect);
    };
    check(with_money(Paid, 0, 0), (0, 1000, Some(1000)));
    check(with_money(Paid, 300, 0), (300, 700, Some(700)));
    check(with_money(Paid, 300, 200), (300, 700, Some(500)));
    check(with_money(Paid, 0, 1000), (0, 1000, None));
    check(with_money(Paid, 1000, 0), (1000, 0, None));
}

#[test]
fn an_order_with_nothing_to_pay_is_cancelled_without_a_refund() {
    let mut free = view(Paid);
    free.attempt = None;
    let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
    let change = decide(&call(Cancelled), &free, &mut book, at(99)).expect("nothing has shipped");
    assert_eq!((&change.refund, change.view.order.status), (&None, Cancelled));
    assert_eq!(change.view.attempt, None);
    assert_eq!(counters(&book), [[3, 0, 0, 0], [2, 0, 0, 0]]);
}

#[test]
fn shipping_takes_what_is_outstanding_out_of_the_house() {
    let mut book = book([1, 0, 3, 0], [0, 0, 5, 3]);
    let mut partly = view(Processing);
    partly.order.lines[0].shipped = 1;
    let change = decide(&call(Shipped), &partly, &mut book, at(99)).expect("it is on hand");
    assert_eq!(counters(&book), [[1, 0, 1, 0], [0, 0, 3, 3]]);
    assert_eq!(change.view.order.lines.iter().map(|line| line.shipped).collect::<Vec<_>>(), [3, 2]);
    assert_eq!((change.view.order.status, &change.refund), (Shipped, &None));
    assert_eq!(change.events.iter().map(|event| event.to).collect::<Vec<_>>(), [Shipped]);
}

#[test]
fn what_was_promised_and_has_not_arrived_cannot_be_shipped() {
    // The first line could go; the second is owed, so neither does.
    let mut book = book([0, 0, 3, 0], [0, 0, 2, 1]);
    let refused = decide(&call(Shipped), &view(Processing), &mut book, at(99));
    assert_eq!(refused, Err(ChangeOrderRefusal::NotOnHand));
    assert_eq!(book.into_changes(), Changes::default(), "the book is as before");
}

#[test]
fn processing_and_delivering_move_no_goods_and_no_money() {
    for (from, to) in [(Paid, Processing), (Shipped, Delivered)] {
        let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
        let before = view(from);
        let change = decide(&call(to), &before, &mut book, at(99)).expect("the table has the edge");
        assert_eq!((change.view.order.status, &change.refund), (to, &None));
        assert_eq!((&change.view.order.lines, &change.view.attempt), (&before.order.lines, &before.attempt));
        assert_eq!(book.into_changes(), Changes::default());
    }
}

#[test]
fn asking_for_a_refund_sets_the_rest_aside_once_and_leaves_the_status() {
    for status in [Paid, Processing, Shipped, Delivered, Cancelled] {
        let mut book = book([0; 4], [0; 4]);
        let once = decide(&call(Refunded), &view(status), &mut book, at(99)).expect("it was paid");
        assert_eq!(minor(&once), (0, 1000, Some(1000)));
        assert_eq!((once.view.order.status, once.events.len(), once.view.order.version), (status, 0, 5));
        let twice = decide(&call(Refunded), &once.view, &mut book, at(99)).expect("it is still on its way");
        assert_eq!(minor(&twice), (0, 1000, None), "the same money does not go back twice");
        assert_eq!(book.into_changes(), Changes::default(), "goods come back by a return");
    }
}

#[test]
fn what_is_not_allowed_changes_nothing_and_is_told_with_what_is() {
    let targets = [Pending, Paid, Processing, Shipped, Delivered, Cancelled, Refunded];
    let allowed = |status: Status| match status {
        // Only its saga knows whether its money is being taken at this moment.
        Pending => vec![],
        Paid => vec![Processing, Cancelled, Refunded],
        Processing => vec![Shipped, Cancelled, Refunded],
        Shipped => vec![Delivered, Refunded],
        Delivered | Cancelled => vec![Refunded],
        Refunded => vec![],
    };
    for from in Status::ALL {
        let allowed = allowed(from);
        for to in targets {
            let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
            let decided = decide(&call(to), &view(from), &mut book, at(99));
            if allowed.contains(&to) {
                assert!(decided.is_ok(), "{from:?} to {to:?}: {decided:?}");
                continue;
            }
            let Err(ChangeOrderRefusal::Illegal { from: told_from, allowed: told, .. }) = decided else {
                panic!("{from:?} to {to:?}: {decided:?}");
            };
            assert_eq!((told_from, &told), (from, &allowed), "{from:?} to {to:?}");
            assert_eq!(book.into_changes(), Changes::default(), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn the_reason_of_a_refusal_is_the_one_that_stands_in_the_way() {
    let why = |view: &OrderView, to: Status| {
        let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
        match decide(&call(to), view, &mut book, at(99)) {
            Err(ChangeOrderRefusal::Illegal { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    };
    let mut partly_shipped = view(Processing);
    partly_shipped.order.lines[1].shipped = 1;
    assert_eq!(why(&partly_shipped, Cancelled), Illegal::AlreadyShipped);
    assert_eq!(why(&view(Shipped), Cancelled), Illegal::NoEdge { from: Shipped, to: Cancelled });
    assert_eq!(why(&view(Paid), Pending), Illegal::NoEdge { from: Paid, to: Pending });
    assert_eq!(why(&view(Delivered), Delivered), Illegal::NoEdge { from: Delivered, to: Delivered });
    // Only the payment makes an order paid, whatever a merchant asks for.
    assert_eq!(why(&view(Pending), Paid), Illegal::NoEdge { from: Pending, to: Paid });
    assert_eq!(why(&pending(), Cancelled), Illegal::PaymentUnderWay);
    let mut free = view(Delivered);
    free.attempt = None;
    assert_eq!(why(&free, Refunded), Illegal::NotRefunded);
}

#[test]
fn an_order_that_changed_since_it_was_seen_is_left_alone() {
    let decided = |expected_version: Option<i64>| {
        let mut book = book([0, 0, 3, 0], [0, 0, 2, 0]);
        let decided =
            decide(&TransitionOrder { expected_version, ..call(Cancelled) }, &view(Paid), &mut book, at(99));
        (decided.map(|change| change.view.order.version), book.into_changes() == Changes::default())
    };
    assert_eq!(decided(Some(3)), (Err(ChangeOrderRefusal::Changed), true));
    assert_eq!(decided(Some(5)), (Err(ChangeOrderRefusal::Changed), true));
    assert_eq!(decided(Some(4)), (Ok(5), false));
    assert_eq!(decided(None), (Ok(5), false));
}

#[test]
fn an_order_is_refunded_with_the_last_of_its_money_and_not_before() {
    let check = |before: OrderView, amount: i64, expect: Option<(Status, i64, i64)>| {
        let change = refunded(&before, cents(amount), EventId(uuid(60)), at(99));
        let found = change.as_ref().map(|change| {
            let attempt = change.view.attempt.as_ref().expect("it was paid");
            (change.view.order.status, attempt.refunded.minor(), attempt.refund_pending.minor())
        });
        assert_eq!(found, expect, "{amount} of {:?}", before.attempt);
        let Some(change) = change else { return };
        let moved = change.view.order.status != before.order.status;
        assert_eq!(change.events.len(), usize::from(moved));
        if let Some(event) = change.events.first() {
            assert_eq!((event.from, event.to, event.sequence), (Some(before.order.status), Refunded, 3));
            assert_eq!((event.id, event.actor.as_str()), (EventId(uuid(60)), "engine"));
        }
        assert_eq!(change.view.order.version, 5);
    };
    check(with_money(Cancelled, 0, 1000), 1000, Some((Refunded, 1000, 0)));
    for status in [Paid, Processing, Shipped, Delivered] {
        check(with_money(status, 0, 1000), 1000, Some((Refunded, 1000, 0)));
        check(with_money(status, 0, 400), 400, Some((status, 400, 0)));
        check(with_money(status, 600, 400), 400, Some((Refunded, 1000, 0)));
        check(with_money(status, 0, 1000), 400, Some((status, 400, 600)));
    }
    // More than was set aside was never asked for.
    check(with_money(Paid, 0, 400), 401, None);
    check(with_money(Paid, 0, 0), 1, None);
    let mut free = view(Paid);
    free.attempt = None;
    assert_eq!(refunded(&free, cents(1), EventId(uuid(60)), at(99)), None);
}

#[test]
fn a_refused_refund_is_the_payments_again() {
    let change =
        refund_refused(&with_money(Cancelled, 300, 700), cents(700), at(99)).expect("it was set aside");
    assert_eq!(minor(&change), (300, 0, None));
    assert_eq!((change.view.order.status, change.events.len(), change.view.order.version), (Cancelled, 0, 5));
    assert_eq!(refund_refused(&with_money(Cancelled, 300, 0), cents(1), at(99)), None);
    // And it can be asked for again.
    let mut book = book([0; 4], [0; 4]);
    let again =
        decide(&call(Refunded), &with_money(Cancelled, 300, 0), &mut book, at(99)).expect("it was paid");
    assert_eq!(minor(&again), (300, 700, Some(700)));
}

#[test]
fn a_captured_payment_makes_a_pending_order_paid_and_nothing_else() {
    let mut before = pending();
    let attempt = before.attempt.as_mut().expect("there is something to pay");
    (attempt.status, attempt.captured) = (payment::Status::Captured, cents(1000));
    let change = paid(&before, &run().saga, EventId(uuid(60)), at(99)).expect("it is pending");
    let [event] = change.events.as_slice() else { panic!("the status moved once") };
    assert_eq!((event.id, event.sequence, event.from, event.to), (EventId(uuid(60)), 2, Some(Pending), Paid));
    assert_eq!((event.actor.as_str(), event.at), ("engine", at(99)));
    let order = &change.view.order;
    assert_eq!((order.status, order.version, order.updated_at), (Paid, 5, at(99)));
    assert_eq!(
        (&order.lines, &change.view.attempt, change.refund),
        (&before.order.lines, &before.attempt, None)
    );
    for status in Status::ALL.into_iter().filter(|status| *status != Pending) {
        assert_eq!(paid(&view(status), &run().saga, EventId(uuid(60)), at(99)), None, "{status:?}");
    }
}

#[test]
#[should_panic(expected = "I3")]
fn an_order_whose_payment_was_not_captured_does_not_become_paid() {
    let _unpaid = paid(&pending(), &run().saga, EventId(uuid(60)), at(99));
}

#[test]
fn an_order_whose_payment_cannot_be_captured_gives_its_units_back() {
    let mut stock = book([0, 0, 3, 0], [10, 1, 2, 0]);
    let change =
        called_off(&pending(), &run().saga, EventId(uuid(60)), &mut stock, at(99)).expect("it is pending");
    assert_eq!(counters(&stock), [[3, 0, 0, 0], [12, 1, 0, 0]]);
    let [event] = change.events.as_slice() else { panic!("the status moved once") };
    assert_eq!((event.sequence, event.from, event.to), (2, Some(Pending), Cancelled));
    assert_eq!((event.actor.as_str(), event.at), ("engine", at(99)));
    let order = &change.view.order;
    assert_eq!((order.status, order.version), (Cancelled, 5));
    assert_eq!(order.lines.iter().map(|line| line.cancelled).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(
        (&change.view.attempt, change.refund),
        (&pending().attempt, None),
        "its saga sees to the money"
    );
    let kinds: Vec<_> = stock.into_changes().movements.iter().map(|line| (line.kind, line.cause)).collect();
    assert_eq!(kinds, [(Kind::Cancel, Cause::Order(order_id())); 2]);
    for status in Status::ALL.into_iter().filter(|status| *status != Pending) {
        let mut stock = book([0, 0, 3, 0], [0, 0, 2, 0]);
        assert_eq!(
            called_off(&view(status), &run().saga, EventId(uuid(60)), &mut stock, at(99)),
            None,
            "{status:?}"
        );
        assert_eq!(stock.into_changes(), Changes::default());
    }
}

#[test]
fn an_order_is_told_again_as_it_was_when_it_was_paid() {
    for (capture, version) in [(Capture::Automatic, 1), (Capture::Manual, 2)] {
        let mut view = with_money(Refunded, 1000, 0);
        view.attempt.as_mut().expect("it was paid").capture = capture;
        view.order.events[1].at = at(20);
        view.order.events.extend([event(3, Some(Paid), Cancelled), event(4, Some(Cancelled), Refunded)]);
        view.order.lines[0].cancelled = 3;
        let told = view.clone().as_first_told();
        assert_eq!((told.order.status, told.order.version, told.order.updated_at), (Paid, version, at(20)));
        assert_eq!(told.order.events, view.order.events[..2]);
        assert!(told.order.lines.iter().all(|line| line.cancelled == 0));
        assert_eq!(told.attempt.map(|attempt| attempt.refunded), Some(cents(0)));
    }
}
