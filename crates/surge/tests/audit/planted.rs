//! Planted defects of stock and ledger: each is found by the invariants that it breaks, and by no other.

use sellonce_surge::audit::audit;
use sellonce_surge::books::{Book, Movement, Unfinished};
use sellonce_surge::history::{Act, Deed, End, Event, Exchange, Short, Step, Told};

use crate::clean::shape;
use crate::day::Day;
use crate::model::{Shape, acknowledged, day, exchange, sku};

/// Some of everything: sold, sold out, declined, abandoned, lost and repeated.
pub(crate) fn busy() -> Day {
    day(shape(9))
}

/// A day with more units than anybody wants.
pub(crate) fn roomy() -> Day {
    day(Shape { stock: 1_000, ..shape(9) })
}

/// Forty units, sixty buyers of one each; the shop shows its orders and what is left, no more.
pub(crate) fn plain_flash() -> Day {
    day(Shape { flash: true, stock: 40, ..shape(5) }).plain()
}

/// The invariants that are violated, and the figures that are not 0.
pub(crate) fn found(day: &Day) -> Vec<String> {
    let findings = audit(&day.history, &day.books);
    let violated = findings.invariants.iter().filter(|invariant| {
        assert_eq!(invariant.violated > 0, !invariant.violations.is_empty(), "{invariant:#?}");
        invariant.violated > 0
    });
    let violated: Vec<String> = violated.map(|invariant| invariant.id.clone()).collect();
    let figures = [
        ("oversold", findings.oversold.unwrap_or(0)),
        ("false sold-out", findings.false_sold_out.unwrap_or(0)),
        ("orphaned", findings.orphaned_payments.unwrap_or(0).cast_signed()),
        ("duplicate", findings.duplicate_orders.unwrap_or(0).cast_signed()),
        ("lost", findings.lost_acknowledgements.unwrap_or(0).cast_signed()),
        ("wrong", findings.wrong_amounts.unwrap_or(0).cast_signed()),
    ];
    let figures = figures.iter().filter(|(_, figure)| *figure != 0);
    violated.into_iter().chain(figures.map(|(name, figure)| format!("{name} {figure}"))).collect()
}

/// A clean day, one defect, and what must be found of it.
#[track_caller]
pub(crate) fn check(mut day: Day, plant: impl FnOnce(&mut Day), expected: &[&str]) {
    assert_eq!(found(&day), Vec::<String>::new(), "the day is not clean");
    plant(&mut day);
    assert_eq!(found(&day), expected);
}

/// Turns the first refused buyer into one with an order, and gives its number.
pub(crate) fn sell_to_refused(day: &mut Day) -> u64 {
    let refused = day.first(End::SoldOut);
    refused.end = End::Ordered;
    let (number, lines) = (refused.purchase, refused.wanted.clone());
    let told = Told::Ordered(acknowledged(number, &lines, false));
    let is_refusal = |exchange: &Exchange| matches!(exchange.told, Told::SoldOut { .. });
    for exchange in day.exchanges(|exchange| exchange.purchase == number && is_refusal(exchange)) {
        exchange.told = told.clone();
    }
    let mut order = day.orders()[0].clone();
    let mut payment = day.payments()[0].clone();
    (order.id, order.checkout) = (format!("ord_{number}"), Some(format!("chk_{number}")));
    order.email = sellonce_surge::history::email(day.history.opening.seed, number);
    payment.id = format!("pay_{number}");
    order.payment.as_mut().unwrap().id.clone_from(&payment.id);
    day.orders().push(order);
    day.payments().push(payment);
    number
}

#[test]
fn i1_a_unit_that_two_buyers_have() {
    // Stock and orders agree with each other, and both are wrong.
    check(plain_flash(), |day| _ = sell_to_refused(day), &["I1", "oversold 1"]);
    // The shop forgot the order, but the buyer did not.
    check(
        plain_flash(),
        |day| {
            sell_to_refused(day);
            day.orders().pop();
            day.payments().pop();
        },
        &["I1", "I12", "oversold 1", "lost 1"],
    );
}

#[test]
fn i1_units_on_sale_that_are_sold() {
    check(plain_flash(), |day| day.stock().available += 1, &["I1"]);
    check(
        plain_flash(),
        |day| {
            day.stock().available -= 1;
            day.stock().reserved += 1;
        },
        &["I1"],
    );
    check(busy(), |day| *day.stock().committed.as_mut().unwrap() += 1, &["I1", "I2"]);
}

#[test]
fn i1_a_buyer_goes_without_while_units_are_left() {
    let plant = |day: &mut Day| {
        let last = day.orders().pop().unwrap();
        let number = last.number.unwrap().cast_unsigned();
        day.payments()
            .retain(|payment| Some(&payment.id) != last.payment.as_ref().map(|payment| &payment.id));
        day.stock().available += 1;
        for exchange in
            day.exchanges(|exchange| exchange.purchase == number && exchange.step == Step::Complete)
        {
            exchange.told = Told::Refused { code: "busy".to_owned() };
        }
        for event in &mut day.history.events {
            if let Event::Ended(ended) = event
                && ended.purchase == number
            {
                ended.end = End::Refused;
            }
        }
    };
    // Twenty were told that nothing was left, and each of them could have had that unit.
    check(plain_flash(), plant, &["I1", "false sold-out 20"]);
}

#[test]
fn i11_a_unit_that_nobody_has() {
    check(roomy().plain(), |day| day.stock().available -= 1, &["I11"]);
    let held = |day: &mut Day| {
        day.books.unfinished = Book::Read(Vec::new());
        day.stock().available -= 1;
        day.stock().reserved += 1;
    };
    check(roomy().plain(), held, &["I11"]);
}

/// Appends a movement that follows from the one before, and moves the stock's row along.
fn append(day: &mut Day, kind: &str, quantity: i64, cause: &str) {
    let mut next = day.movements().last().unwrap().clone();
    next.version += 1;
    (next.kind, next.quantity, next.cause) = (kind.to_owned(), quantity, cause.to_owned());
    match kind {
        "reserve" => (next.available, next.reserved) = (next.available - quantity, next.reserved + quantity),
        "release" => (next.available, next.reserved) = (next.available + quantity, next.reserved - quantity),
        "commit" => (next.reserved, next.committed) = (next.reserved - quantity, next.committed + quantity),
        other => panic!("{other}"),
    }
    let row = day.stock();
    (row.available, row.reserved) = (next.available, next.reserved);
    (row.committed, row.version) = (Some(next.committed), Some(next.version));
    day.movements().push(next);
}

#[test]
fn i11_a_reservation_that_never_ends_or_ends_twice() {
    check(roomy(), |day| append(day, "reserve", 1, "sag_other"), &["I11"]);
    let under_way = |day: &mut Day| {
        append(day, "reserve", 1, "sag_other");
        let (id, state) = ("sag_other".to_owned(), "awaiting_buyer".to_owned());
        day.books.unfinished = Book::Read(vec![Unfinished { id, state, problem: String::new() }]);
    };
    check(roomy(), under_way, &[]);
    let twice = |day: &mut Day| {
        let sold = day.movements().iter().find(|movement| movement.kind == "commit").unwrap().clone();
        append(day, "reserve", sold.quantity, "sag_other");
        append(day, "release", sold.quantity, &sold.cause);
    };
    check(roomy(), twice, &["I11"]);
}

#[test]
fn i13_units_that_left_without_an_order() {
    let plant = |day: &mut Day| {
        append(day, "reserve", 1, "sag_other");
        append(day, "commit", 1, "sag_other");
    };
    // Nobody has the unit, the shop's own count of what it sold is wrong, and the movement has no order.
    check(roomy(), plant, &["I1", "I11", "I13"]);
}

#[test]
fn i2_a_movement_that_does_not_follow() {
    check(roomy(), |day| day.movements()[4].available += 1, &["I2"]);
    let unknown = |day: &mut Day| {
        let reserve = day.movements().iter_mut().find(|movement| movement.kind == "reserve").unwrap();
        reserve.kind = "borrow".to_owned();
    };
    check(roomy(), unknown, &["I2", "I11"]);
    check(roomy(), |day| day.stock().version = Some(3), &["I2"]);
}

#[test]
fn i2_a_gap_in_the_versions() {
    let plant = |day: &mut Day| {
        // A pair that cancels itself out, so that only the gap tells.
        let cause = |kind: &str, day: &mut Day| {
            day.movements()
                .iter()
                .find(|movement| movement.kind == kind)
                .map(|movement| movement.cause.clone())
        };
        let declined = cause("release", day).expect("somebody was declined");
        day.movements().retain(|movement| movement.cause != declined);
    };
    check(roomy(), plant, &["I2"]);
}

/// Exchanges the places of two neighbouring reservations of one unit count, whose requests did not overlap.
fn swap(day: &mut Day) {
    let asked: Vec<(u64, u64, u64)> = day
        .acks()
        .iter()
        .filter(|exchange| exchange.tab == 0)
        .map(|exchange| (exchange.purchase, exchange.sent_ns, exchange.answered_ns))
        .collect();
    let of = |cause: &str| {
        let number: u64 = cause.strip_prefix("sag_")?.parse().ok()?;
        asked.iter().find(|(purchase, _, _)| *purchase == number).copied()
    };
    let movements = day.movements();
    let reserves: Vec<usize> =
        (0..movements.len()).filter(|place| movements[*place].kind == "reserve").collect();
    for (place, first) in reserves.iter().enumerate() {
        for second in &reserves[place + 1..] {
            let (a, b) = (&movements[*first], &movements[*second]);
            let (Some((_, _, answered)), Some((_, sent, _))) = (of(&a.cause), of(&b.cause)) else { continue };
            if a.quantity == b.quantity && answered < sent {
                let (a, b) = (a.cause.clone(), b.cause.clone());
                (movements[*first].cause, movements[*second].cause) = (b, a);
                return;
            }
        }
    }
    panic!("the day has no such pair");
}

#[test]
fn i2_a_version_that_was_known_before_an_earlier_one_was_asked_for() {
    check(roomy(), swap, &["I2"]);
}

/// A buyer who comes when everybody else has gone, and is refused.
fn refused_late(day: &mut Day, units: i64, short: Short) {
    let now = day.history.events.last().map_or(0, Event::at_ns) + 10;
    let told = Told::SoldOut { lines: vec![short] };
    let lines = vec![sellonce_surge::history::Line { sku: sku(0), quantity: units, unit_price: None }];
    let ended = sellonce_surge::history::Ended {
        purchase: 9_999,
        at_ns: now + 3,
        due_ns: now,
        waited_ns: 2,
        end: End::SoldOut,
        wanted: lines,
    };
    day.happens([exchange(9_999, (0, Step::Complete, Some("a")), (now, now + 2), told), Event::Ended(ended)]);
}

fn short(units: i64, row: Option<&Movement>) -> Short {
    Short {
        sku: sku(0),
        requested: units,
        available: row.map(|row| row.available),
        stock_version: row.map(|row| row.version),
    }
}

#[test]
fn i1_a_false_sold_out_by_the_version_that_it_names() {
    let plant = |day: &mut Day| {
        let last = day.movements().last().cloned();
        refused_late(day, 2, short(2, last.as_ref()));
    };
    check(roomy(), plant, &["I1", "false sold-out 2"]);
    let mut day = roomy();
    let last = day.movements().last().cloned().unwrap();
    check(roomy(), |day| refused_late(day, 5_000, short(5_000, Some(&last))), &[]);
}

#[test]
fn i1_a_false_sold_out_by_what_was_there_all_the_time() {
    // The answer names no version: the versions that can have been the latest are asked.
    check(roomy(), |day| refused_late(day, 3, short(3, None)), &["I1", "false sold-out 3"]);
    // It names one from before the first delivery, which everybody knew was old. That is old news as well (I2).
    let old = Short { stock_version: Some(0), available: Some(0), ..short(3, None) };
    check(roomy(), |day| refused_late(day, 3, old), &["I1", "I2", "false sold-out 3"]);
}

#[test]
fn i1_a_false_sold_out_without_a_ledger() {
    let mut day = roomy().plain();
    // Nothing may have come back: only those who bought, or were lost, stay.
    let gone: Vec<u64> = day
        .history
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Ended(ended) if matches!(ended.end, End::Declined | End::Abandoned) => {
                Some(ended.purchase)
            }
            Event::Ended(_) | Event::Exchange(_) | Event::Act(_) => None,
        })
        .collect();
    day.history.events.retain(|event| match event {
        Event::Ended(ended) => !gone.contains(&ended.purchase),
        Event::Exchange(exchange) => !gone.contains(&exchange.purchase),
        Event::Act(_) => true,
    });
    let unnamed = Short { requested: 3, ..short(3, None) };
    check(day.clone(), |day| refused_late(day, 3, unnamed), &["I1", "false sold-out 3"]);
    check(day, |day| refused_late(day, 2_000, short(2_000, None)), &[]);
}

#[test]
fn i2_a_sold_out_answer_that_the_ledger_does_not_know() {
    let plant = |day: &mut Day| {
        let mut last = day.movements().last().cloned().unwrap();
        last.available += 1;
        refused_late(day, 5_000, short(5_000, Some(&last)));
    };
    check(roomy(), plant, &["I2"]);
    let plant = |day: &mut Day| {
        let mut last = day.movements().last().cloned().unwrap();
        last.version += 1;
        refused_late(day, 5_000, short(5_000, Some(&last)));
    };
    check(roomy(), plant, &["I2"]);
}

#[test]
fn i12_units_that_were_put_in_and_are_not_there() {
    let plant = |day: &mut Day| {
        let now = day.history.events.last().map_or(0, Event::at_ns) + 10;
        let version = day.movements().last().map(|movement| movement.version);
        let deed = Deed::Stock { sku: sku(0), units: 5, version, confirmed: true };
        day.happens([Event::Act(Act { began_ns: now, ended_ns: now + 1, deed })]);
    };
    // Five units fewer than the shop said there would be, and no movement of them.
    check(roomy(), plant, &["I11", "I12"]);
}
