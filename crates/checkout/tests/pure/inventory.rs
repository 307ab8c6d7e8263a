//! The movement table, written out a second time, against every small row and every small quantity.

use sellonce_checkout::inventory::{Counters, Kind, Policy, Refused, Stock, apply};
use sellonce_checkout::limits::{COUNTER_MAX, MOVEMENT_QUANTITY_MAX};

use crate::shelf;

const POLICIES: [Policy; 2] = [Policy::Deny, Policy::Continue];

fn counters([available, reserved, committed, backordered]: [i64; 4]) -> Counters {
    Counters { available, reserved, committed, backordered }
}

/// Every row whose counters are all small.
fn small_rows() -> impl Iterator<Item = [i64; 4]> {
    let digits = |number: i64| [number % 4, number / 4 % 4, number / 16 % 4, number / 64];
    (0..256).map(digits)
}

/// What comes in pays the backorders first.
fn comes_in([available, reserved, committed, backordered]: [i64; 4], n: i64) -> [i64; 4] {
    let debt = if backordered < n { backordered } else { n };
    [available + n - debt, reserved, committed, backordered - debt]
}

/// The table of the design, read line by line.
fn table(kind: Kind, n: i64, row: [i64; 4], policy: Policy) -> Result<[i64; 4], Refused> {
    let [available, reserved, committed, backordered] = row;
    let on_hand = available + reserved + committed - backordered;
    if n == 0 || (n < 0 && kind != Kind::Adjust) {
        return Err(Refused::BadQuantity);
    }
    match kind {
        Kind::Receive | Kind::Return => Ok(comes_in(row, n)),
        Kind::Adjust if n > 0 => Ok(comes_in(row, n)),
        Kind::Adjust if available >= -n => Ok([available + n, reserved, committed, backordered]),
        Kind::Adjust => Err(Refused::NotAvailable),
        Kind::Reserve if available >= n => Ok([available - n, reserved + n, committed, backordered]),
        Kind::Reserve if policy == Policy::Continue => {
            Ok([0, reserved + n, committed, backordered + (n - available)])
        }
        Kind::Reserve => Err(Refused::NotAvailable),
        Kind::Release if reserved >= n => Ok(comes_in([available, reserved - n, committed, backordered], n)),
        Kind::Release => Err(Refused::NotReserved),
        Kind::Commit if reserved >= n => Ok([available, reserved - n, committed + n, backordered]),
        Kind::Commit => Err(Refused::NotReserved),
        Kind::Cancel if committed >= n => Ok(comes_in([available, reserved, committed - n, backordered], n)),
        Kind::Cancel => Err(Refused::NotCommitted),
        Kind::Ship if committed < n => Err(Refused::NotCommitted),
        Kind::Ship if on_hand < n => Err(Refused::NotOnHand),
        Kind::Ship => Ok([available, reserved, committed - n, backordered]),
    }
}

#[test]
fn every_movement_of_every_small_row_is_that_of_the_table() {
    for kind in Kind::ALL {
        for row in small_rows() {
            for policy in POLICIES {
                for n in -5..=5 {
                    let stock = Stock { counters: counters(row), version: 3, policy };
                    let expected = table(kind, n, row, policy).map(counters);
                    assert_eq!(
                        apply(kind, n, &stock),
                        expected,
                        "{} {n} of {row:?}, {policy:?}",
                        kind.as_str()
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_on_hand_changes_only_when_goods_come_or_go() {
    for kind in Kind::ALL {
        for row in small_rows() {
            for n in -5..=5 {
                let stock = Stock { counters: counters(row), version: 3, policy: Policy::Continue };
                let Ok(after) = apply(kind, n, &stock) else { continue };
                let moved = after.on_hand() - stock.counters.on_hand();
                let expected = match kind {
                    Kind::Receive | Kind::Return | Kind::Adjust => n,
                    Kind::Ship => -n,
                    Kind::Reserve | Kind::Release | Kind::Commit | Kind::Cancel => 0,
                };
                assert_eq!(moved, expected, "{} {n} of {row:?}", kind.as_str());
            }
        }
    }
}

#[test]
fn no_movement_takes_a_counter_below_zero() {
    for kind in Kind::ALL {
        for row in small_rows() {
            for policy in POLICIES {
                for n in -5..=5 {
                    let stock = Stock { counters: counters(row), version: 3, policy };
                    let Ok(after) = apply(kind, n, &stock) else { continue };
                    let all = [after.available, after.reserved, after.committed, after.backordered];
                    assert!(all.iter().all(|counter| *counter >= 0), "{} {n} of {row:?}", kind.as_str());
                }
            }
        }
    }
}

#[test]
fn under_policy_deny_nothing_is_ever_promised_that_is_not_there() {
    for row in small_rows() {
        for n in 1..=5 {
            let stock = Stock { counters: counters(row), version: 3, policy: Policy::Deny };
            let Ok(after) = apply(Kind::Reserve, n, &stock) else { continue };
            assert_eq!(after.backordered, row[3], "an old debt stays, a new one is not made");
            assert!(row[0] >= n);
        }
    }
}

#[test]
fn what_is_held_and_given_back_leaves_the_row_as_it_was() {
    for row in small_rows() {
        // A row that has units to sell and owes some at once is legal after a change of policy; the debt is paid first.
        if row[0] > 0 && row[3] > 0 {
            continue;
        }
        for policy in POLICIES {
            for n in 1..=5 {
                let stock = Stock { counters: counters(row), version: 3, policy };
                let Ok(held) = apply(Kind::Reserve, n, &stock) else { continue };
                let back = apply(Kind::Release, n, &Stock { counters: held, ..stock });
                assert_eq!(back, Ok(stock.counters), "{n} of {row:?}, {policy:?}");
            }
        }
    }
}

#[test]
fn a_quantity_is_one_of_a_shop_and_not_of_an_attack() {
    let full = Stock { counters: counters([COUNTER_MAX / 2; 4]), version: 1, policy: Policy::Continue };
    for kind in Kind::ALL {
        for n in [0, MOVEMENT_QUANTITY_MAX + 1, -MOVEMENT_QUANTITY_MAX - 1, i64::MAX, i64::MIN] {
            assert_eq!(apply(kind, n, &full), Err(Refused::BadQuantity), "{} {n}", kind.as_str());
        }
        assert!(apply(kind, MOVEMENT_QUANTITY_MAX, &full).is_ok(), "{}", kind.as_str());
        let negative = apply(kind, -MOVEMENT_QUANTITY_MAX, &full);
        assert_eq!(negative.is_ok(), kind == Kind::Adjust, "{}", kind.as_str());
    }
}

#[test]
fn a_counter_does_not_grow_without_end() {
    let check = |kind: Kind, row: [i64; 4], policy: Policy, expect: Result<[i64; 4], Refused>| {
        let stock = Stock { counters: counters(row), version: 1, policy };
        assert_eq!(apply(kind, 1, &stock), expect.map(counters), "{} of {row:?}", kind.as_str());
    };
    const MAX: i64 = COUNTER_MAX;
    let refused = Err(Refused::BadQuantity);
    check(Kind::Receive, [MAX, 0, 0, 0], Policy::Deny, refused);
    check(Kind::Receive, [MAX, 0, 0, 1], Policy::Deny, Ok([MAX, 0, 0, 0]));
    check(Kind::Return, [MAX, 0, 0, 0], Policy::Deny, refused);
    check(Kind::Adjust, [MAX, 0, 0, 0], Policy::Deny, refused);
    check(Kind::Reserve, [1, MAX, 0, 0], Policy::Deny, refused);
    check(Kind::Reserve, [0, 0, 0, MAX], Policy::Continue, refused);
    check(Kind::Release, [MAX, 1, 0, 0], Policy::Deny, refused);
    check(Kind::Commit, [0, 1, MAX, 0], Policy::Deny, refused);
    check(Kind::Cancel, [MAX, 0, 1, 0], Policy::Deny, refused);
    check(Kind::Ship, [0, 0, MAX, 0], Policy::Deny, Ok([0, 0, MAX - 1, 0]));
}

#[test]
fn what_arrives_pays_the_backorders_before_it_is_sold() {
    let mut stock = shelf(1, Policy::Continue);
    let walk = [
        (Kind::Reserve, 4, [0, 4, 0, 3]),
        (Kind::Commit, 4, [0, 0, 4, 3]),
        (Kind::Ship, 1, [0, 0, 3, 3]),
        (Kind::Receive, 2, [0, 0, 3, 1]),
        (Kind::Ship, 2, [0, 0, 1, 1]),
        (Kind::Receive, 5, [4, 0, 1, 0]),
        (Kind::Ship, 1, [4, 0, 0, 0]),
        (Kind::Return, 1, [5, 0, 0, 0]),
    ];
    for (kind, n, expected) in walk {
        stock.counters = apply(kind, n, &stock).expect("the table allows it");
        assert_eq!(stock.counters, counters(expected), "after {} {n}", kind.as_str());
    }
    // Nothing is on hand of what is owed, so nothing of it can leave the house.
    let owed = Stock { counters: counters([0, 0, 2, 2]), ..stock };
    assert_eq!(apply(Kind::Ship, 1, &owed), Err(Refused::NotOnHand));
}

#[test]
fn when_policy_continue_ends_nothing_more_is_sold_past_zero_and_the_debt_is_still_paid() {
    let owes = Stock { counters: counters([0, 1, 1, 2]), version: 5, policy: Policy::Deny };
    assert_eq!(apply(Kind::Reserve, 1, &owes), Err(Refused::NotAvailable));
    assert_eq!(apply(Kind::Commit, 1, &owes), Ok(counters([0, 0, 2, 2])));
    assert_eq!(apply(Kind::Release, 1, &owes), Ok(counters([0, 0, 1, 1])));
    assert_eq!(apply(Kind::Receive, 3, &owes), Ok(counters([1, 1, 1, 0])));
}
