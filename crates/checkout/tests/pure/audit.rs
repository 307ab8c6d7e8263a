//! The audit: clean books are clean, and each violation that is planted in them gives exactly its finding.

use std::collections::BTreeSet;

use sellonce_checkout::audit::{Auditor, Fact, Invariant, Past, RefundFact, Report, Reserved};
use sellonce_checkout::book::{Cause, LimitUse, Movement};
use sellonce_checkout::id::{CartId, CheckoutId, EventId, OrderId, RefundId, SagaId};
use sellonce_checkout::inventory::{Counters, Kind, Policy, Stock};
use sellonce_checkout::limits::{Times, VIOLATIONS_LISTED_MAX};
use sellonce_checkout::order;
use sellonce_checkout::payment;
use sellonce_checkout::refund::Refund;
use sellonce_checkout::saga::State;
use sellonce_checkout::session;
use sellonce_checkout::simulated_book::Booking;

use Invariant::{I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12, I13, I14};

use crate::{at, cents, place, uuid};

mod books;
mod goods;
mod money;

use books::{Books, NOW_MS, THEN_MS, clean};

pub(super) const SALE: usize = 0;
pub(super) const DECLINED: usize = 1;
const UNDER_WAY: usize = 2;

fn violated(report: &Report) -> BTreeSet<Invariant> {
    report.findings.iter().filter(|finding| finding.violated > 0).map(|finding| finding.invariant).collect()
}

/// Plants something in clean books; exactly these invariants must be found violated.
pub(super) fn check(expect: &[Invariant], plant: impl FnOnce(&mut Books)) {
    let mut books = clean();
    plant(&mut books);
    let report = books.audit();
    assert_eq!(violated(&report), expect.iter().copied().collect(), "{report:#?}");
    assert_eq!(report.ok(), expect.is_empty());
    for finding in report.findings.iter().filter(|finding| finding.violated > 0) {
        let first = finding.violations.first().expect("what is counted is listed");
        assert!(!first.what.is_empty() && first.expected != first.found, "{first:?}");
    }
}

#[test]
fn books_in_which_nothing_is_wrong_are_clean() {
    let report = clean().audit();
    assert!(report.ok(), "{report:#?}");
    for finding in &report.findings {
        let judged = finding.invariant != I12;
        assert_eq!(finding.checked > 0, judged, "{}", finding.invariant.id());
        assert_eq!(finding.skipped.is_none(), judged, "{}", finding.invariant.id());
    }
    assert_eq!(report.findings.len(), Invariant::ALL.len());
    assert_eq!(report.checked_at, at(NOW_MS));
    assert!(Auditor::new(at(0), Times::default()).finish().ok(), "an empty shop is clean");
}

#[test]
fn i1_units_that_are_held_sold_or_owed_and_are_not_are_found() {
    check(&[I1], |books| books.stock.reserved += 1);
    check(&[I1], |books| books.stock.reserved -= 1);
    check(&[I1], |books| books.stock.committed += 1);
    check(&[I1], |books| books.stock.committed = 0);
    // A counter below zero is no movement's doing either.
    check(&[I1, I2], |books| books.stock.stock.counters.available = -1);
    // Ten came in; a row that has eleven has one from nowhere.
    check(&[I1, I2], |books| books.stock.stock.counters.available += 1);
    check(&[I1], |books| owe(books, false));
    check(&[], |books| owe(books, true));
}

/// Sells 20 of the 5 that are left, and notes whether that was ever allowed.
fn owe(books: &mut Books, ever_continued: bool) {
    let Counters { available, reserved, committed, .. } = books.stock.stock.counters;
    let backordered = 20 - available;
    books.stock.stock.counters = Counters { available: 0, reserved: reserved + 20, committed, backordered };
    books.stock.stock.version += 1;
    let version = books.stock.stock.version;
    books.movements.push(movement(version, Kind::Reserve, 20, books.stock.stock.counters));
    books.stock.reserved += 20;
    books.stock.ever_continued = ever_continued;
}

pub(super) fn movement(version: i64, kind: Kind, quantity: i64, after: Counters) -> Movement {
    let by_order = matches!(kind, Kind::Cancel | Kind::Ship | Kind::Return);
    let cause = if by_order { Cause::Order(OrderId(uuid(40))) } else { Cause::Saga(SagaId(uuid(3))) };
    Movement {
        place: place("A", "main"),
        version,
        kind,
        quantity,
        after,
        cause,
        reason: String::new(),
        at: at(0),
    }
}

#[test]
fn i2_a_journal_that_does_not_lead_to_the_row_is_found() {
    // The row has seen one movement more than were written.
    check(&[I2], |books| books.stock.stock.version += 1);
    check(&[I2], |books| books.movements[2].version += 1);
    check(&[I2], |books| books.movements[1].after.available += 1);
    check(&[I2], |books| books.movements[1].quantity += 1);
    check(&[I2], |books| books.movements[1].kind = Kind::Commit);
    check(&[I2], |books| books.movements.swap(1, 2));
    check(&[I2], |books| {
        books.movements.remove(1);
    });
    check(&[I1, I2], |books| books.movements.clear());
    check(&[I2], |books| {
        let elsewhere = Movement { place: place("A", "showroom"), ..books.movements[0].clone() };
        books.movements.push(elsewhere);
    });
}

#[test]
fn i3_an_order_that_nobody_paid_is_found() {
    check(&[I3], |books| books.orders[0].view.attempt.as_mut().expect("paid").captured = cents(0));
    check(&[I3], |books| books.orders[0].view.attempt.as_mut().expect("paid").captured = cents(1899));
    check(&[I3], |books| books.orders[0].view.attempt = None);
    check(&[I3], |books| books.orders[0].view.attempt.as_mut().expect("paid").saga = SagaId(uuid(2)));
    // Cancelling an order does not make it paid.
    check(&[I3], |books| {
        cancel(books);
        books.orders[0].view.attempt = None;
    });
    check(&[], cancel);
}

/// Cancels the sale's order as a merchant does, with its money set aside and its mail delivered.
pub(super) fn cancel(books: &mut Books) {
    let fact = &mut books.orders[0];
    let order = &mut fact.view.order;
    let mut event = order.events[1].clone();
    (event.id, event.sequence) = (EventId(uuid(43)), 3);
    (event.from, event.to) = (Some(order::Status::Paid), order::Status::Cancelled);
    order.status = event.to;
    let mut delivery = fact.deliveries[0].clone();
    delivery.event = event.id;
    fact.deliveries.push(delivery);
    order.events.push(event);
    order.lines[0].cancelled = 2;
    let attempt = books.sagas[SALE].run.attempt.as_mut().expect("paid");
    let refund = Refund::begin(RefundId(uuid(70)), attempt, attempt.captured, at(NOW_MS));
    attempt.refund_pending = attempt.captured;
    fact.view.attempt = Some(attempt.clone());
    books.sagas[SALE].refunds = vec![RefundFact { refund, lease_until: at(NOW_MS) }];
    let before = books.stock.stock.counters;
    let after = Counters { available: before.available + 2, committed: 0, ..before };
    let version = books.stock.stock.version + 1;
    books.stock.stock = Stock { counters: after, version, policy: Policy::Deny };
    books.movements.push(movement(version, Kind::Cancel, 2, after));
    books.stock.committed = 0;
}

#[test]
fn i4_money_that_was_taken_and_has_no_order_is_found() {
    check(&[I4], |books| take_for_nothing(books, 0));
    check(&[], |books| take_for_nothing(books, 900));
    // The provider's book says something else than the shop's.
    check(&[I4], |books| books.bookings[SALE].status = "declined".to_owned());
    check(&[I4], |books| books.bookings[SALE].amount = cents(1899));
    check(&[I4], |books| books.bookings[SALE].refunded = cents(1900));
    check(&[I4], |books| books.bookings[DECLINED].status = "captured".to_owned());
    check(&[], |books| {
        books.bookings[DECLINED].status = "captured".to_owned();
        // The provider is still to be asked about it.
        let fact = &mut books.sagas[DECLINED];
        (fact.run.saga.late_check, fact.next_run_at) = (true, Some(at(NOW_MS)));
    });
    // A payment that the shop has never heard of, and one that went back whole.
    let stranger = |refunded: i64| {
        move |books: &mut Books| {
            let attempt_key = SagaId(uuid(77)).attempt_key();
            let refunded = cents(refunded);
            books.bookings.push(Booking { attempt_key, refunded, ..books.bookings[SALE].clone() });
        }
    };
    check(&[I4], stranger(0));
    check(&[], stranger(1900));
    // Twice the same: the second has no payment attempt of its own.
    check(&[I4], |books| books.bookings.push(books.bookings[SALE].clone()));
}

/// The declined payment was captured after all, and so much of its 9.00 went back, in both books.
pub(super) fn take_for_nothing(books: &mut Books, refunded: i64) {
    let fact = &mut books.sagas[DECLINED];
    fact.payment_history[1].to = payment::Status::Captured;
    let attempt = fact.run.attempt.as_mut().expect("there was something to pay");
    (attempt.status, attempt.captured, attempt.refunded) =
        (payment::Status::Captured, cents(900), cents(refunded));
    books.bookings[DECLINED].status = "captured".to_owned();
    books.bookings[DECLINED].refunded = cents(refunded);
}

#[test]
fn i4_money_on_its_way_is_not_judged_before_it_arrives() {
    check(&[], |books| {
        let booking = &books.bookings[SALE];
        let attempt_key = books.sagas[UNDER_WAY].run.saga.id.attempt_key();
        books.bookings.push(Booking { attempt_key, amount: cents(2900), ..booking.clone() });
    });
}

#[test]
fn i5_a_wrong_price_is_found() {
    let completed = |books: &mut Books, spoil: fn(&mut session::Checkout)| {
        spoil(&mut books.checkouts[SALE].checkout);
    };
    check(&[I5], |books| completed(books, |checkout| checkout.lock.totals.total = cents(1)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.totals.subtotal = cents(1)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.totals.discount = cents(99)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.totals.tax = cents(1)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.totals.tax_added = cents(1)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.lines[0].discount = cents(0)));
    check(&[I5], |books| completed(books, |checkout| checkout.lock.lines[0].quantity = 3));
    check(&[I5], |books| completed(books, |checkout| checkout.confirmed_at = None));
    // Who is still thinking about it has nothing to confirm yet.
    check(&[], |books| books.checkouts[DECLINED].checkout.confirmed_at = None);
    // An order of another total, or of other lines, than its lock.
    check(&[I5], |books| books.orders[0].view.checkout.lock.totals.total = cents(1901));
    check(&[I5], |books| books.orders[0].view.order.lines[0].quantity = 3);
    check(&[I5], |books| books.orders[0].view.order.lines[0].number = 2);
    check(&[I5], |books| books.orders[0].view.order.lines.clear());
    // More was given back than was taken, or other than the locked total was taken.
    let attempt = |books: &mut Books, spoil: fn(&mut payment::Attempt)| {
        spoil(books.sagas[SALE].run.attempt.as_mut().expect("paid"));
    };
    check(&[I4, I5], |books| attempt(books, |attempt| attempt.refund_pending = cents(1901)));
    check(&[I4, I5], |books| attempt(books, |attempt| attempt.captured = cents(1899)));
    check(&[I5], |books| books.sagas[UNDER_WAY].run.attempt.as_mut().expect("to pay").captured = cents(2900));
}

#[test]
fn i6_a_history_that_no_table_allows_is_found() {
    check(&[I6], |books| books.checkouts[SALE].history.clear());
    check(&[I6], |books| {
        books.checkouts[SALE].history.remove(1);
    });
    check(&[I6], |books| books.checkouts[SALE].history[0].to = session::Status::Processing);
    check(&[I6], |books| books.checkouts[SALE].history[1].at = at(THEN_MS + 1));
    check(&[I6], |books| books.checkouts[DECLINED].checkout.status = session::Status::Cancelled);
    check(&[I6], |books| {
        books.sagas[SALE].history.pop();
    });
    check(&[I6], |books| {
        books.sagas[SALE].history.insert(1, Past { to: State::Released, fence: 1, at: at(THEN_MS) })
    });
    check(&[I6], |books| books.sagas[SALE].payment_history[0].to = payment::Status::Authorized);
    check(&[I6], |books| {
        books.sagas[DECLINED].payment_history.pop();
    });
    let order = |books: &mut Books, spoil: fn(&mut order::Order)| spoil(&mut books.orders[0].view.order);
    check(&[I6], |books| order(books, |order| order.status = order::Status::Processing));
    check(&[I6], |books| order(books, |order| order.events[1].sequence = 3));
    check(&[I6], |books| order(books, |order| order.events[1].from = None));
    check(&[I6], |books| order(books, |order| order.events[0].to = order::Status::Processing));
    // What nobody recorded is found besides.
    check(&[I6, I13], |books| order(books, |order| order.lines[0].cancelled = 3));
    check(&[I6, I13], |books| order(books, |order| order.lines[0].returned = 1));
    check(&[I6, I13], |books| {
        order(books, |order| (order.lines[0].cancelled, order.lines[0].shipped) = (1, 2))
    });
}

#[test]
fn i7_what_happened_twice_or_for_no_request_is_found() {
    check(&[I7], |books| books.sagas[SALE].keys = 2);
    check(&[I7], |books| books.sagas[DECLINED].keys = 0);
    check(&[I4, I7], |books| books.sagas[SALE].orders = 2);
    check(&[I4, I7], |books| books.sagas[SALE].orders = 0);
    check(&[I7], |books| books.sagas[DECLINED].orders = 1);
    check(&[I7], |books| books.orders[0].cart_ordered_by = None);
    check(&[I7], |books| books.orders[0].cart_ordered_by = Some(CheckoutId(uuid(2))));
    check(&[I7], |books| books.checkouts[DECLINED].checkout.order = Some(OrderId(uuid(40))));
    check(&[I7], |books| books.checkouts[SALE].checkout.order = None);
    check(&[I7], |books| books.orders.clear());
    // A key whose saga is gone: its retries can be told nothing.
    check(&[I7], |books| books.lost.push(SagaId(uuid(88))));
    // A second order of one checkout, and one of another checkout of the same cart.
    check(&[I7], |books| {
        let twin = copy_of_the_order(books);
        books.orders.push(twin);
    });
    check(&[I7], |books| {
        let mut twin = copy_of_the_order(books);
        twin.view.order.checkout = CheckoutId(uuid(2));
        twin.view.order.cart = Some(CartId(uuid(1)));
        books.orders.push(twin);
    });
}

fn copy_of_the_order(books: &Books) -> books::OrderFact {
    let first = &books.orders[0];
    books::OrderFact {
        view: first.view.clone(),
        deliveries: first.deliveries.clone(),
        cart_ordered_by: first.cart_ordered_by,
    }
}

#[test]
fn i8_a_confirmation_that_nobody_sends_is_found() {
    check(&[I8], |books| books.orders[0].deliveries[0].over = false);
    // One that is due just now is still being sent.
    check(&[], |books| {
        books.orders[0].deliveries[0].over = false;
        books.orders[0].deliveries[0].next_at = at(NOW_MS - 59_999);
    });
    check(&[I8], |books| {
        books.orders[0].deliveries[0].over = false;
        books.orders[0].deliveries[0].next_at = at(NOW_MS - 60_000);
    });
}

#[test]
fn i9_a_saga_that_nobody_will_run_is_found() {
    let idle = |lease_until: Option<i64>, next_run_at: Option<i64>| {
        move |books: &mut Books| {
            books.sagas[UNDER_WAY].lease_until = lease_until.map(at);
            books.sagas[UNDER_WAY].next_run_at = next_run_at.map(at);
        }
    };
    check(&[I9], idle(None, None));
    check(&[I9], idle(Some(THEN_MS), Some(THEN_MS)));
    check(&[], idle(Some(NOW_MS + 1), None));
    check(&[], idle(None, Some(NOW_MS + 1)));
    check(&[], idle(Some(THEN_MS), Some(NOW_MS - 59_999)));
    // An old one must stand on the stuck list, where an operator sees it, unless it moved just now.
    let old = |moved_at: i64, stuck_since: Option<i64>| {
        move |books: &mut Books| {
            let times = Times::default();
            let saga = &mut books.sagas[UNDER_WAY];
            saga.run.saga.created_at = at(NOW_MS - times.stuck_ms - times.hold_ms - times.rest_ms);
            saga.history[0].at = at(moved_at);
            saga.stuck_since = stuck_since.map(at);
        }
    };
    check(&[I9], old(NOW_MS - 60_000, None));
    check(&[], old(NOW_MS - 60_000, Some(NOW_MS - 1)));
    check(&[], old(NOW_MS - 59_999, None));
}

#[test]
fn i9_a_late_check_that_nobody_will_make_or_sees_is_found() {
    let owes = |next_run_at: i64, unknown_since: i64, stuck: bool| {
        move |books: &mut Books| {
            let fact = &mut books.sagas[DECLINED];
            fact.run.saga.late_check = true;
            (fact.lease_until, fact.next_run_at) = (Some(at(THEN_MS)), Some(at(next_run_at)));
            fact.run.attempt.as_mut().expect("it was charged").unknown_since = Some(at(unknown_since));
            fact.stuck_since = stuck.then(|| at(NOW_MS));
        }
    };
    check(&[], owes(NOW_MS, NOW_MS, false));
    check(&[I9], owes(THEN_MS, NOW_MS, false));
    let times = Times::default();
    let old = NOW_MS - times.stuck_ms - times.hold_ms - times.rest_ms;
    check(&[I9], owes(NOW_MS, old, false));
    check(&[], owes(NOW_MS, old, true));
}

#[test]
fn i10_a_counter_that_nobody_counted_or_that_passed_its_limit_is_found() {
    check(&[I10], |books| books.limits[0].1.held = 0);
    check(&[I10], |books| books.limits[0].1.used = 2);
    check(&[I10], |books| books.limits[0].1.max = Some(1));
    check(&[], |books| books.limits[0].1.max = Some(2));
    check(&[I10], |books| books.limits.clear());
    check(&[I10], |books| {
        let hold = &mut books.sagas[SALE].run.saga.hold;
        let key = hold.limits[0].key.clone();
        hold.limits.push(LimitUse { key, quantity: 1 });
    });
    check(&[I10], |books| (books.limits[0].1.held, books.limits[0].1.used) = (-1, 3));
}

#[test]
fn i11_stock_that_is_held_for_nobody_is_found() {
    check(&[I11], |books| books.sagas[UNDER_WAY].reservation.push(Reserved::Released));
    let first =
        |books: &mut Books, saga: usize, reserved: Reserved| books.sagas[saga].reservation[0] = reserved;
    // A discount's use shares the fate of its reservation, so its counter is off as well.
    check(&[I10, I11], |books| books.sagas[UNDER_WAY].reservation.clear());
    check(&[I10, I11], |books| first(books, SALE, Reserved::Open));
    check(&[I10, I11], |books| first(books, SALE, Reserved::Released));
    check(&[I10, I11], |books| first(books, DECLINED, Reserved::Open));
    check(&[I10, I11], |books| first(books, UNDER_WAY, Reserved::Committed));
    let overdue = |books: &mut Books| books.sagas[UNDER_WAY].run.saga.hold_until = at(NOW_MS - 60_000);
    check(&[I11], overdue);
    check(&[], |books| books.sagas[UNDER_WAY].run.saga.hold_until = at(NOW_MS - 59_999));
    // Held beyond its time, and known why.
    check(&[], |books| {
        overdue(books);
        books.sagas[UNDER_WAY].stuck_since = Some(at(NOW_MS));
    });
    check(&[], |books| {
        overdue(books);
        books.sagas[UNDER_WAY].run.attempt.as_mut().expect("to pay").unknown_since = Some(at(NOW_MS));
    });
    check(&[], |books| {
        overdue(books);
        let saga = &mut books.sagas[UNDER_WAY];
        saga.run.saga.state = State::Cancelling;
        saga.history.push(Past { to: State::Cancelling, fence: 1, at: at(NOW_MS) });
    });
}

#[test]
fn i12_is_left_to_who_was_told() {
    let report = clean().audit();
    let finding = report.finding(I12).expect("every invariant has a finding");
    assert_eq!((finding.checked, finding.violated), (0, 0));
    assert!(finding.skipped.is_some_and(|why| why.contains("client")));
}

#[test]
fn i13_an_event_that_nobody_will_hear_of_is_found() {
    check(&[I13], |books| books.orders[0].deliveries.clear());
    check(&[I13], |books| books.orders[0].deliveries[0].event = EventId(uuid(99)));
    check(&[I13], |books| books.orders[0].deliveries[0].consumer = "nobody".to_owned());
}

#[test]
fn i14_a_hand_that_had_lost_the_saga_and_moved_it_is_found() {
    check(&[I14], |books| books.sagas[SALE].history[0].fence = 2);
    check(&[I14], |books| books.sagas[SALE].history[1].fence = 2);
    check(&[I14], |books| books.sagas[UNDER_WAY].run.saga.fence = 0);
    check(&[], |books| books.sagas[SALE].run.saga.fence = 7);
}

#[test]
fn all_violations_are_counted_and_only_so_many_listed() {
    let mut auditor = Auditor::new(at(NOW_MS), Times::default());
    let stock = Stock { counters: Counters::default(), version: 0, policy: Policy::Deny };
    for number in 0..VIOLATIONS_LISTED_MAX + 5 {
        let place = place(&number.to_string(), "main");
        auditor.take(Fact::Stock { place, stock, ever_continued: false, reserved: 1, committed: 0 });
    }
    let report = auditor.finish();
    let finding = report.finding(I1).expect("every invariant has a finding");
    let listed = u64::try_from(VIOLATIONS_LISTED_MAX).expect("a hundred");
    assert_eq!((finding.violated, finding.violations.len()), (listed + 5, VIOLATIONS_LISTED_MAX));
}
