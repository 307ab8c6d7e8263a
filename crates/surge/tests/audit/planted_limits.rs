//! Planted defects of limits: a discount that is used too often, a buyer who has too much.

use sellonce_surge::audit::audit;
use sellonce_surge::books::Book;
use sellonce_surge::history::{Acknowledged, Exchange, Limits, Step, Told, second_email};

use crate::day::Day;
use crate::model::sku;
use crate::planted::{check, found, roomy};

/// A day on which two orders used the discount, and no buyer bought more than four units of the first SKU.
fn limited() -> Day {
    let mut day = roomy();
    day.history.opening.limits =
        Some(Limits { code: "SURGE-9".to_owned(), uses_max: 2, sku: sku(0), units_max: 4 });
    reduce(&mut day, 0);
    reduce(&mut day, 1);
    day
}

/// Takes something off an order, wherever its total stands.
fn reduce(day: &mut Day, place: usize) {
    let order = &mut day.orders()[place];
    let number = order.number.unwrap().cast_unsigned();
    let totals = order.totals.as_mut().unwrap();
    totals.discount = totals.subtotal / 10;
    totals.total -= totals.discount;
    let (payment, amount) = (order.payment.as_mut().unwrap(), totals.total);
    payment.captured = amount;
    let payment = payment.id.clone();
    for booked in day.payments().iter_mut().filter(|booked| booked.id == payment) {
        booked.amount.amount = amount;
    }
    let is_told = |exchange: &Exchange| {
        exchange.purchase == number && matches!(exchange.step, Step::Open | Step::Complete)
    };
    for exchange in day.exchanges(is_told) {
        if let Told::Opened { total: Some(total), .. }
        | Told::Ordered(Acknowledged { total: Some(total), .. }) = &mut exchange.told
        {
            total.amount = amount;
        }
    }
}

/// What I10 says of the day.
fn checks(day: &Day) -> (u64, Option<String>) {
    let limits = audit(&day.history, &day.books).invariants.swap_remove(9);
    assert_eq!(limits.id, "I10");
    (limits.checked, limits.skipped)
}

#[test]
fn i10_uses_and_units_are_counted() {
    let mut day = limited();
    day.books.audit = Book::Missing { reason: "this shop has none".to_owned() };
    let buyers = |day: &mut Day| {
        day.orders().iter().filter(|order| order.lines.iter().any(|line| line.sku == sku(0))).count()
    };
    let buyers = u64::try_from(buyers(&mut day)).unwrap();
    assert!(buyers > 0);
    assert_eq!(checks(&day), (2 + buyers, None));
    day.history.opening.limits = None;
    let (checked, skipped) = checks(&day);
    assert!(checked == 0 && skipped.is_some_and(|reason| reason.contains("sets no limits")));
}

#[test]
fn i10_a_discount_that_is_used_too_often() {
    check(limited(), |day| reduce(day, 2), &["I10"]);
    // The shop forgot that the order had one, and its buyer did not.
    let forgotten = |day: &mut Day| {
        reduce(day, 2);
        let totals = day.orders()[2].totals.as_mut().unwrap();
        totals.subtotal = totals.total;
        totals.discount = 0;
        for line in &mut day.orders()[2].lines {
            line.unit_price = None;
        }
    };
    check(limited(), forgotten, &["I10"]);
    // The shop forgot the whole order.
    let lost = |day: &mut Day| {
        reduce(day, 2);
        day.orders().remove(2);
    };
    let mut day = limited();
    lost(&mut day);
    let found = found(&day);
    assert!(found.contains(&"I10".to_owned()) && found.contains(&"lost 1".to_owned()), "{found:?}");
}

#[test]
fn i10_a_buyer_who_has_too_much() {
    let plant = |day: &mut Day| {
        let seed = day.history.opening.seed;
        let has = |order: &sellonce_surge::books::Order| {
            order.lines.iter().find(|line| line.sku == sku(0)).map_or(0, |line| line.quantity)
        };
        let orders = day.orders();
        // Two purchases beside each other, which together have more than four units of the first SKU.
        let pair = orders.iter().find_map(|order| {
            let second =
                orders.iter().find(|second| second.number == order.number.map(|number| number + 1))?;
            (has(order) + has(second) > 4).then_some(second.number?)
        });
        let number = pair.expect("the day has such neighbours");
        let email = second_email(seed, number.cast_unsigned());
        for order in day.orders().iter_mut().filter(|order| order.number == Some(number)) {
            order.email.clone_from(&email);
        }
        for mail in day.mails().iter_mut().filter(|mail| mail.order == Some(format!("ord_{number}"))) {
            mail.to.clone_from(&email);
        }
    };
    check(limited(), plant, &["I10"]);
    // Without a limit the same buyer may have as much as they want.
    let unlimited = |day: &mut Day| {
        plant(day);
        day.history.opening.limits.as_mut().unwrap().units_max = 6;
    };
    check(limited(), unlimited, &[]);
}
