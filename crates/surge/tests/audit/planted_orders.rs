//! Planted defects of orders, money and mails: each is found by the invariants that it breaks, and by no other.

use sellonce_surge::books::{Book, Judged, Order, Payment, Unfinished};
use sellonce_surge::history::{Acknowledged, End, Event, Exchange, Step, Told};
use sellonce_surge::verdict::Violation;

use crate::day::Day;
use crate::model::{dollars, exchange, mail};
use crate::planted::{busy, check, plain_flash, roomy, sell_to_refused};

fn captured(day: &mut Day) -> &mut Payment {
    day.payments().iter_mut().find(|payment| payment.status == "captured").expect("something was sold")
}

fn other_payment(id: &str) -> Payment {
    let (id, status, token) = (id.to_owned(), "captured".to_owned(), Some("tok_ok".to_owned()));
    Payment { id, status, amount: dollars(500), refunded: 0, asked: 1, token }
}

fn unfinished(day: &mut Day, state: &str) {
    let (id, state) = ("sag_other".to_owned(), state.to_owned());
    day.books.unfinished = Book::Read(vec![Unfinished { id, state, problem: String::new() }]);
}

#[test]
fn i3_an_order_that_nobody_paid() {
    check(busy(), |day| captured(day).status = "declined".to_owned(), &["I3"]);
    let forgotten = |day: &mut Day| {
        let id = captured(day).id.clone();
        day.payments().retain(|payment| payment.id != id);
    };
    check(busy(), forgotten, &["I3"]);
    check(busy(), |day| captured(day).amount.amount -= 1, &["I3", "I5", "wrong 1"]);
    check(roomy().plain(), |day| day.orders()[0].payment = None, &["I3", "I4", "orphaned 1"]);
}

#[test]
fn i3_two_orders_with_one_payment() {
    let plant = |day: &mut Day| {
        let first = day.orders()[0].payment.clone();
        day.orders()[1].payment = first;
    };
    // The second order's own payment has nobody left, and what was charged is not what it costs.
    check(plain_flash(), plant, &["I3", "I4", "orphaned 1"]);
}

#[test]
fn i4_money_without_an_order() {
    check(busy(), |day| day.payments().push(other_payment("pay_other")), &["I4", "orphaned 1"]);
    let given_back =
        |day: &mut Day| day.payments().push(Payment { refunded: 500, ..other_payment("pay_other") });
    check(busy(), given_back, &[]);
    let on_its_way = |day: &mut Day| {
        day.payments().push(other_payment("pay_other"));
        unfinished(day, "refunding");
    };
    // Being given back is no orphan; but at rest it should be over.
    check(busy(), on_its_way, &["I9"]);
    let twice = |day: &mut Day| {
        let again = captured(day).clone();
        day.payments().push(again);
    };
    check(busy(), twice, &["I4"]);
    let at_the_second_try = |place: usize| {
        move |day: &mut Day| {
            let declined = Payment { status: "declined".to_owned(), ..captured(day).clone() };
            let place = if place == 0 { 0 } else { day.payments().len() };
            day.payments().insert(place, declined);
        }
    };
    check(busy(), at_the_second_try(0), &[]);
    check(busy(), at_the_second_try(1), &[]);
}

#[test]
fn i4_an_order_called_off_that_keeps_its_money() {
    let call_off = |order: &mut Order| {
        order.status = "cancelled".to_owned();
        order.statuses.push("cancelled".to_owned());
    };
    let plant = move |day: &mut Day| {
        let units: i64 = day.orders()[0].lines.iter().map(|line| line.quantity).sum();
        call_off(&mut day.orders()[0]);
        day.stock().available += units;
    };
    check(roomy().plain(), plant, &["I4", "orphaned 1"]);
    let with_refund = move |day: &mut Day| {
        plant(day);
        let payment = day.orders()[0].payment.as_mut().unwrap();
        payment.refunded = payment.captured;
    };
    // By the shop's word it went back, by the provider's it did not.
    check(roomy().plain(), with_refund, &["I4"]);
    let and_back = move |day: &mut Day| {
        with_refund(day);
        let payment = day.orders()[0].payment.clone().unwrap();
        let booked = day.payments().iter_mut().find(|booked| booked.id == payment.id).unwrap();
        booked.refunded = payment.refunded;
    };
    check(roomy().plain(), and_back, &[]);
}

#[test]
fn i5_another_amount_than_the_buyer_saw() {
    check(busy(), |day| captured(day).amount.amount += 1, &["I5", "wrong 1"]);
    check(busy(), |day| captured(day).amount.currency = "EUR".to_owned(), &["I5", "wrong 1"]);
    let told = |day: &mut Day| {
        if let Told::Ordered(Acknowledged { total, .. }) = &mut day.acks()[0].told {
            *total = Some(dollars(1));
        }
    };
    check(busy(), told, &["I5", "wrong 1"]);
    let shown = |day: &mut Day| {
        let number = day.acks()[0].purchase;
        let opened = |exchange: &Exchange| exchange.purchase == number && exchange.step == Step::Open;
        for exchange in day.exchanges(opened) {
            if let Told::Opened { total, .. } = &mut exchange.told {
                *total = Some(dollars(1));
            }
        }
    };
    check(busy(), shown, &["I5", "wrong 1"]);
    let sum = |day: &mut Day| day.orders()[0].totals.as_mut().unwrap().discount = 1;
    check(busy(), sum, &["I5", "wrong 1"]);
    let lines = |day: &mut Day| day.orders()[0].lines[0].unit_price = Some(dollars(1));
    check(busy(), lines, &["I5", "wrong 1"]);
}

#[test]
fn i5_more_back_than_was_taken() {
    let plant = |day: &mut Day| {
        let payment = captured(day);
        payment.refunded = payment.amount.amount + 1;
    };
    check(busy(), plant, &["I4", "I5", "wrong 1"]);
}

#[test]
fn i5_changed_prices_that_nobody_confirmed() {
    let ask = |day: &mut Day| {
        let number = day.acks()[0].purchase;
        let opened = |exchange: &Exchange| exchange.purchase == number && exchange.step == Step::Open;
        for exchange in day.exchanges(opened) {
            if let Told::Opened { requires_confirmation, .. } = &mut exchange.told {
                *requires_confirmation = true;
            }
        }
        number
    };
    check(busy(), |day| _ = ask(day), &["I5"]);
    let confirmed = |day: &mut Day| {
        let number = ask(day);
        let paying = |exchange: &Exchange| exchange.purchase == number && exchange.step == Step::Complete;
        let sent_ns = day.exchanges(paying)[0].sent_ns;
        day.happens([exchange(number, (0, Step::Confirm, None), (sent_ns - 1, sent_ns), Told::Fine)]);
    };
    check(busy(), confirmed, &[]);
}

#[test]
fn i6_a_way_that_the_table_does_not_have() {
    let walk = |ways: &'static [&str]| {
        move |day: &mut Day| {
            day.orders()[0].statuses = ways.iter().map(|way| (*way).to_owned()).collect();
            day.orders()[0].status = (*ways.last().unwrap()).to_owned();
        }
    };
    check(busy(), walk(&["paid", "processing", "shipped", "delivered", "refunded"]), &[]);
    check(busy(), walk(&["paid", "shipped"]), &["I6"]);
    check(busy(), walk(&["processing"]), &["I6"]);
    check(busy(), |day| day.orders()[0].status = "processing".to_owned(), &["I6"]);
}

/// An exchange after the first acknowledgement, in the same tab.
fn then(day: &mut Day, key: &str, told: Told) {
    let last = day.history.events.last().map_or(0, Event::at_ns);
    let number = day.acks()[0].purchase;
    day.happens([exchange(number, (0, Step::Complete, Some(key)), (last + 1, last + 2), told)]);
}

fn declined() -> Told {
    Told::Declined { reason: "card_declined".to_owned(), body_hash: 2, replayed: false }
}

#[test]
fn i6_an_order_that_is_taken_back() {
    check(busy(), |day| then(day, "other", declined()), &["I6"]);
    check(busy(), |day| then(day, "other", Told::UnderWay { status: "processing".to_owned() }), &["I6"]);
    check(busy(), |day| then(day, "other", Told::Refused { code: "checkout_expired".to_owned() }), &[]);
}

#[test]
fn i7_a_key_that_is_answered_in_two_ways() {
    check(busy(), |day| then(day, "a", declined()), &["I7"]);
    check(busy(), |day| then(day, "a", Told::SoldOut { lines: Vec::new() }), &["I7"]);
    let another_body = |day: &mut Day| {
        let Told::Ordered(mut told) = day.acks()[0].told.clone() else { panic!("an acknowledgement") };
        (told.body_hash, told.replayed) = (77, true);
        then(day, "a", Told::Ordered(told));
    };
    check(busy(), another_body, &["I7"]);
    let first_declined = |day: &mut Day| {
        let number = day.first(End::Declined).purchase;
        let last = day.history.events.last().map_or(0, Event::at_ns);
        let told = Told::Declined { reason: "other".to_owned(), body_hash: 2, replayed: true };
        day.happens([exchange(number, (0, Step::Complete, Some("a")), (last + 1, last + 2), told)]);
    };
    check(busy(), first_declined, &["I7"]);
}

#[test]
fn i7_two_orders_for_one_purchase() {
    // Both are in the shop's book; there are units enough, and the second was paid too.
    let booked = |day: &mut Day| {
        let mut second = day.orders()[0].clone();
        let units: i64 = second.lines.iter().map(|line| line.quantity).sum();
        let total = second.totals.as_ref().unwrap().total;
        (second.id, second.checkout) = ("ord_second".to_owned(), Some("chk_second".to_owned()));
        second.payment.as_mut().unwrap().id = "pay_second".to_owned();
        day.orders().push(second);
        day.payments().push(Payment { amount: dollars(total), ..other_payment("pay_second") });
        day.stock().available -= units;
    };
    check(roomy().plain(), booked, &["I7", "duplicate 1"]);
    // Or told to the buyer only, who lost one of them.
    let told = |day: &mut Day| {
        let Told::Ordered(mut told) = day.acks()[0].told.clone() else { panic!("an acknowledgement") };
        told.order = "ord_second".to_owned();
        then(day, "a", Told::Ordered(told));
    };
    check(roomy().plain(), told, &["I7", "I12", "duplicate 1", "lost 1"]);
}

#[test]
fn i7_two_orders_from_one_checkout() {
    let plant = |day: &mut Day| {
        let first = day.orders()[0].checkout.clone();
        day.orders()[1].checkout = first;
    };
    check(busy(), plant, &["I7"]);
}

#[test]
fn i8_an_order_that_nobody_is_told_of_and_a_mail_that_lies() {
    check(busy(), |day| drop(day.mails().pop()), &["I8"]);
    let lie = |day: &mut Day| {
        let order = Order { id: "ord_other".to_owned(), ..day.orders()[0].clone() };
        day.mails().push(mail(&order));
    };
    check(busy(), lie, &["I8"]);
    let two_contents = |day: &mut Day| {
        let mut again = day.mails()[0].clone();
        again.body_hash += 1;
        day.mails().push(again);
    };
    check(busy(), two_contents, &["I8"]);
    let told_twice = |day: &mut Day| {
        let again = day.mails()[0].clone();
        day.mails().push(again);
    };
    check(busy(), told_twice, &[]);
}

#[test]
fn i9_a_checkout_that_never_ends() {
    check(busy(), |day| unfinished(day, "reserved"), &["I9"]);
    check(busy(), |day| unfinished(day, "AwaitingBuyer"), &[]);
    let asked_for_ever = |day: &mut Day| {
        let number = day.first(End::GaveUp).purchase;
        let last = day.history.events.last().map_or(0, Event::at_ns);
        let told = Told::UnderWay { status: "processing".to_owned() };
        day.happens([exchange(number, (0, Step::Complete, Some("a")), (last + 1, last + 2), told)]);
    };
    check(roomy().plain(), asked_for_ever, &["I9"]);
}

/// Forgets an order, as if it and everything that belongs to it had never been.
fn forget(day: &mut Day) {
    let gone = day.acks()[0].purchase;
    let units: i64 = {
        let order = day.orders().iter().find(|order| order.id == format!("ord_{gone}")).unwrap();
        order.lines.iter().map(|line| line.quantity).sum()
    };
    day.orders().retain(|order| order.id != format!("ord_{gone}"));
    day.payments().retain(|payment| payment.id != format!("pay_{gone}"));
    day.stock().available += units;
}

#[test]
fn i12_an_order_that_was_acknowledged_and_is_gone() {
    check(roomy().plain(), forget, &["I12", "lost 1"]);
    let other_goods = |day: &mut Day| {
        if let Told::Ordered(told) = &mut day.acks()[0].told {
            told.lines[0].quantity += 1;
        }
    };
    check(roomy().plain(), other_goods, &["I12"]);
}

#[test]
fn i12_an_order_of_a_buyer_who_was_refused() {
    let plant = |day: &mut Day| {
        sell_to_refused(day);
        let number = day.orders().last().unwrap().number;
        assert!(number.is_some());
        let order = day.orders().last().unwrap().id.clone();
        let gone: u64 = order.strip_prefix("ord_").unwrap().parse().unwrap();
        // The shop has the order, but the buyer was told that nothing is left.
        for exchange in day.exchanges(|exchange| exchange.purchase == gone && exchange.step == Step::Complete)
        {
            exchange.told = Told::SoldOut { lines: Vec::new() };
        }
        for event in &mut day.history.events {
            if let Event::Ended(ended) = event
                && ended.purchase == gone
            {
                ended.end = End::SoldOut;
            }
        }
    };
    check(plain_flash(), plant, &["I1", "I12", "oversold 1"]);
}

#[test]
fn what_the_shop_finds_of_itself_is_heard() {
    for number in 1..=14 {
        let id = format!("I{number}");
        let plant = |day: &mut Day| {
            let violation = Violation {
                what: "a row".to_owned(),
                expected: "right".to_owned(),
                found: "wrong".to_owned(),
            };
            let violations = vec![violation];
            let judged =
                Judged { id: id.clone(), ok: false, checked: 1, violated: 1, violations, skipped: None };
            day.books.audit = Book::Read(vec![judged]);
        };
        check(busy(), plant, &[id.as_str()]);
    }
}
