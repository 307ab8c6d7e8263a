//! Planted defects that show to careless clients, to the shop's own people and at the provider: each is found by the
//! invariant that it breaks, and by no other.

use sellonce_surge::books::Movement;
use sellonce_surge::history::{Act, Care, Deed, Event, Line, Step, Told};

use crate::day::Day;
use crate::model::exchange;
use crate::planted::{busy, check, roomy};

const REUSED: &str = "idempotency_key_reused";

/// A request of the first buyer with an order, after everything else.
fn later(day: &mut Day, step: Step, key: &str, told: Told) {
    let last = day.history.events.last().map_or(0, Event::at_ns);
    let number = day.acks()[0].purchase;
    day.happens([exchange(number, (0, step, Some(key)), (last + 1, last + 2), told)]);
}

fn broken(as_success: bool) -> Told {
    Told::Broken { what: "200 {\"code\": \"out_of_stock\"}".to_owned(), as_success }
}

#[test]
fn i7_a_key_that_stands_for_whatever_is_asked() {
    let misuse = |told: Told| move |day: &mut Day| later(day, Step::Misuse, "a", told);
    let refused = |code: &str| Told::Refused { code: code.to_owned() };
    check(busy(), misuse(refused(REUSED)), &[]);
    check(busy(), misuse(refused("checkout_completed")), &["I7"]);
    check(busy(), misuse(broken(true)), &["I7"]);
    check(busy(), misuse(Told::Declined { reason: String::new(), body_hash: 1, replayed: true }), &["I7"]);
    let the_first_answer = |day: &mut Day| {
        let told = day.acks()[0].told.clone();
        later(day, Step::Misuse, "a", told);
    };
    check(busy(), the_first_answer, &["I7"]);
    // No answer says nothing of the key, and neither does one that is an error.
    check(busy(), misuse(Told::Lost { why: "cut".to_owned(), unsent: false }), &[]);
    check(busy(), misuse(broken(false)), &[]);
}

#[test]
fn i12_a_refusal_that_looks_like_success() {
    check(busy(), |day| later(day, Step::Complete, "other", broken(true)), &["I12"]);
    check(busy(), |day| later(day, Step::Complete, "other", broken(false)), &[]);
}

/// What a clerk does about the first order.
fn cared(day: &mut Day, care: Care, confirmed: bool) {
    let order = day.orders()[0].id.clone();
    let deed = Deed::Care { order, care, confirmed };
    day.happens([Event::Act(Act { began_ns: 1, ended_ns: 2, deed })]);
}

/// What is booked as given back for an order.
#[derive(Clone, Copy, Default)]
struct Back {
    shop: i64,
    /// On its way, by the shop's book.
    pending: i64,
    provider: i64,
}

/// Books it for the first order.
fn back(day: &mut Day, Back { shop, pending, provider }: Back) {
    let payment = day.orders()[0].payment.as_mut().unwrap();
    (payment.refunded, payment.refund_pending) = (shop, pending);
    let key = payment.id.clone();
    day.payments().iter_mut().find(|payment| payment.id == key).unwrap().refunded = provider;
}

#[test]
fn i4_a_refund_that_is_posted_twice_or_never() {
    let none = Back::default();
    let given = Back { shop: 100, provider: 100, ..none };
    let begun = Back { pending: 100, ..none };
    let refund = |confirmed: bool, booked: Back| {
        move |day: &mut Day| {
            cared(day, Care::Refund(100), confirmed);
            back(day, booked);
        }
    };
    check(busy(), refund(true, given), &[]);
    check(busy(), refund(true, begun), &[]);
    // The provider has made it, and the shop has not noted that yet.
    check(busy(), refund(true, Back { provider: 100, ..begun }), &[]);
    check(busy(), refund(true, Back { provider: 200, ..given }), &["I4"]);
    check(busy(), refund(true, Back { provider: 0, ..given }), &["I4"]);
    check(busy(), refund(true, none), &["I4"]);
    check(busy(), refund(true, Back { shop: 200, provider: 200, ..none }), &["I4"]);
    // Nobody told the clerk whether it was begun.
    check(busy(), refund(false, given), &[]);
    check(busy(), refund(false, none), &[]);
    check(busy(), |day| back(day, given), &["I4"]);
}

#[test]
fn i6_a_payment_that_is_waited_for_although_it_was_made() {
    let status = |status: &'static str| {
        move |day: &mut Day| day.orders()[0].payment.as_mut().unwrap().status = status.to_owned()
    };
    check(busy(), status("requires_action"), &["I6"]);
    // A shop that does not say is not judged by it.
    check(busy(), status(""), &[]);
}

/// The first order is sent, and what that does to the stock.
fn ship(day: &mut Day) {
    let order = &mut day.orders()[0];
    order.statuses.extend(["processing".to_owned(), "shipped".to_owned()]);
    order.status = "shipped".to_owned();
    order.shipped = order.lines.clone();
    let (cause, lines) = (order.id.clone(), order.lines.clone());
    for Line { sku, quantity, .. } in lines {
        let last = day.movements().iter().rev().find(|movement| movement.sku == sku).unwrap().clone();
        let (version, committed) = (last.version + 1, last.committed - quantity);
        let (kind, cause) = ("ship".to_owned(), cause.clone());
        let place = day.movements().iter().rposition(|movement| movement.sku == sku).unwrap() + 1;
        day.movements().insert(place, Movement { version, kind, quantity, committed, cause, ..last });
        (day.stock().version, day.stock().committed) = (Some(version), Some(committed));
    }
}

#[test]
fn i1_units_that_left_the_house_are_not_committed_any_more() {
    check(busy(), ship, &[]);
    let one_short = |day: &mut Day| {
        ship(day);
        day.orders()[0].shipped[0].quantity -= 1;
    };
    check(busy(), one_short, &["I1"]);
}

#[test]
fn i12_what_a_clerk_was_told_was_done() {
    let told = |care: Care, confirmed: bool| move |day: &mut Day| cared(day, care, confirmed);
    for care in [Care::Ship, Care::Cancel] {
        check(busy(), told(care, true), &["I12"]);
        check(busy(), told(care, false), &[]);
    }
    let shipped = |day: &mut Day| {
        cared(day, Care::Ship, true);
        ship(day);
    };
    check(busy(), shipped, &[]);
    let forgotten = |day: &mut Day| {
        let deed = Deed::Care { order: "ord_gone".to_owned(), care: Care::Ship, confirmed: true };
        day.happens([Event::Act(Act { began_ns: 1, ended_ns: 2, deed })]);
    };
    check(busy(), forgotten, &["I12"]);
}

/// The first order is called off, and its money is back.
fn call_off(day: &mut Day) -> i64 {
    cared(day, Care::Cancel, true);
    let order = &mut day.orders()[0];
    order.statuses.extend(["cancelled".to_owned(), "refunded".to_owned()]);
    order.status = "refunded".to_owned();
    let total = order.totals.as_ref().unwrap().total;
    let units: i64 = order.lines.iter().map(|line| line.quantity).sum();
    back(day, Back { shop: total, provider: total, ..Back::default() });
    units
}

#[test]
fn i11_units_of_an_order_that_was_called_off_are_on_sale_again() {
    let plant = |day: &mut Day| {
        let units = call_off(day);
        day.stock().available += units;
    };
    check(roomy().plain(), plant, &[]);
    check(roomy().plain(), |day| _ = call_off(day), &["I11"]);
}

#[test]
fn i14_two_hands_that_ask_for_one_payment() {
    let asked = |limit_ms: Option<u64>, token: &'static str| {
        move |day: &mut Day| {
            day.history.opening.answers_within_ms = limit_ms;
            for payment in day.payments() {
                (payment.asked, payment.token) = (2, Some(token.to_owned()));
            }
        }
    };
    check(busy(), asked(Some(8_000), "tok_ok"), &["I14"]);
    check(busy(), asked(Some(8_000), "tok_slow"), &["I14"]);
    // Its first answer is lost, so one hand asks twice.
    check(busy(), asked(Some(8_000), "tok_timeout"), &[]);
    // Nobody knows when a call is given up; or every call may have been.
    check(busy(), asked(None, "tok_ok"), &[]);
    check(busy(), asked(Some(0), "tok_ok"), &[]);
    let once = |day: &mut Day| day.history.opening.answers_within_ms = Some(8_000);
    check(busy(), once, &[]);
}

#[test]
fn i14_one_hand_does_again_what_a_full_shops_database_refused_to_note() {
    let plant = |day: &mut Day| {
        day.history.opening.answers_within_ms = Some(8_000);
        day.payments().iter_mut().for_each(|payment| payment.asked = 2);
        let mut shed = (*day.acks()[0]).clone();
        (shed.sent_ns, shed.answered_ns) = (shed.answered_ns + 1, shed.answered_ns + 2);
        (shed.step, shed.key) = (Step::Browse, None);
        (shed.status, shed.told) = (Some(503), Told::Shed { retry_after_ms: 1_000 });
        day.happens(vec![Event::Exchange(shed)]);
    };
    check(busy(), plant, &[]);
}

#[test]
fn i14_is_judged_only_where_one_request_had_the_order() {
    // Every buyer had asked before under that key, and that answer was lost: another hand may have been at work.
    let plant = |day: &mut Day| {
        day.history.opening.answers_within_ms = Some(8_000);
        day.payments().iter_mut().for_each(|payment| payment.asked = 2);
        let asks: Vec<Event> = day
            .acks()
            .iter()
            .map(|ack| {
                let mut ask = (**ack).clone();
                (ask.sent_ns, ask.answered_ns) = (ask.sent_ns - 2, ask.sent_ns - 1);
                (ask.status, ask.told) = (None, Told::Lost { why: "cut".to_owned(), unsent: false });
                Event::Exchange(ask)
            })
            .collect();
        day.happens(asks);
    };
    check(busy(), plant, &[]);
}
