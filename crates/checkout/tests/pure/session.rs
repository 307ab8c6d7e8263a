//! The checkout itself: when it can be completed, what it shows, and the moves that it makes.

use std::collections::BTreeMap;

use sellonce_checkout::email::Email;
use sellonce_checkout::id::{CheckoutId, OrderId, SecretHash};
use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::{Lock, LockRequest, PriceHash, WantedLine, lock};
use sellonce_checkout::session::{Buyer, Checkout, NotCompletable, Status, TRANSITIONS, is_edge};
use sellonce_checkout::totals::Tables;

use crate::{at, cents, currency, offer, sku, usd, uuid};

const BOTH: [bool; 2] = [false, true];

fn lock_of(price_seen: i64) -> Lock {
    let price_seen = Some(cents(price_seen));
    let lines = [WantedLine { sku: sku("A"), quantity: 1, price_seen, title_seen: String::new() }];
    let offers = BTreeMap::from([(sku("A"), offer("A", 1000))]);
    let request = LockRequest {
        lines: &lines,
        offers: &offers,
        discount: None,
        address: None,
        shipping_method: None,
        currency: usd(),
        now: at(0),
    };
    lock(&request, &Tables::plain(usd())).expect("it can be locked")
}

/// A checkout of one unit at 10.00 that expires at 100.
fn checkout(status: Status, price_changed: bool, confirmed: bool) -> Checkout {
    Checkout {
        id: CheckoutId(uuid(1)),
        secret: SecretHash::of(b"secret"),
        cart: None,
        status,
        buyer: Buyer {
            email: Email::parse("ada@example.com").expect("an address"),
            address: None,
            customer_reference: None,
        },
        discount_code: None,
        lock: lock_of(if price_changed { 900 } else { 1000 }),
        confirmed_at: confirmed.then(|| at(50)),
        expires_at: at(100),
        order: (status == Status::Completed).then(|| OrderId(uuid(2))),
        version: 1,
        created_at: at(0),
    }
}

/// The rules in the order in which a buyer is told of them.
fn expected(
    status: Status,
    expired: bool,
    unconfirmed: bool,
    other_total: bool,
) -> Result<(), NotCompletable> {
    if status == Status::Completed {
        return Err(NotCompletable::Completed(OrderId(uuid(2))));
    }
    if status == Status::Processing || status == Status::RequiresAction {
        return Err(NotCompletable::InProgress);
    }
    if status == Status::Expired || status == Status::Cancelled {
        return Err(NotCompletable::Over(status));
    }
    if expired {
        return Err(NotCompletable::Over(Status::Expired));
    }
    if unconfirmed {
        return Err(NotCompletable::Unconfirmed);
    }
    if other_total { Err(NotCompletable::OtherTotal) } else { Ok(()) }
}

#[test]
fn a_checkout_is_completed_only_while_it_is_open_valid_confirmed_and_of_the_expected_total() {
    for status in Status::ALL {
        for expired in BOTH {
            for (price_changed, confirmed) in [(false, false), (false, true), (true, false), (true, true)] {
                for total in [None, Some(cents(1000)), Some(cents(999)), Some(cents(0))] {
                    let now = if expired { at(100) } else { at(99) };
                    let found = checkout(status, price_changed, confirmed).completable(total, now);
                    let other_total = total.is_some_and(|total| total != cents(1000));
                    let expected = expected(status, expired, price_changed && !confirmed, other_total);
                    assert_eq!(found, expected, "{status:?} {expired} {price_changed} {confirmed} {total:?}");
                }
            }
        }
    }
}

#[test]
fn the_same_number_in_another_currency_is_another_total() {
    let yen = Money::new(1000, currency("JPY")).expect("a thousand yen");
    let open = checkout(Status::Open, false, false);
    assert_eq!(open.completable(Some(yen), at(0)), Err(NotCompletable::OtherTotal));
}

#[test]
fn the_lock_expires_at_its_instant_and_not_before() {
    let open = checkout(Status::Open, false, false);
    for (now, status) in
        [(0, Status::Open), (99, Status::Open), (100, Status::Expired), (101, Status::Expired)]
    {
        assert_eq!(open.shown_status(at(now)), status, "at {now}");
        assert_eq!(open.completable(None, at(now)).is_ok(), status == Status::Open, "at {now}");
    }
}

#[test]
fn only_an_open_checkout_shows_that_its_time_ran_out() {
    for status in Status::ALL {
        let expected = if status == Status::Open { Status::Expired } else { status };
        assert_eq!(checkout(status, false, false).shown_status(at(1_000)), expected);
        assert_eq!(checkout(status, false, false).shown_status(at(1)), status);
    }
}

#[test]
fn exactly_the_changes_that_were_shown_are_confirmed() {
    let changed = checkout(Status::Open, true, false);
    assert!(changed.confirms(&lock_of(900).price_hash()));
    assert!(!changed.confirms(&lock_of(901).price_hash()));
    assert!(!changed.confirms(&lock_of(1000).price_hash()), "no change is not these changes");
    assert!(!changed.confirms(&PriceHash([0; 32])));
}

#[test]
fn a_checkout_moves_along_its_table_only() {
    use Status::{Cancelled, Completed, Expired, Open, Processing, RequiresAction};
    let table: [(Status, &[Status]); 6] = [
        (Open, &[Processing, Expired, Cancelled]),
        (Processing, &[RequiresAction, Completed, Open, Expired, Cancelled]),
        (RequiresAction, &[Processing, Completed, Open, Expired, Cancelled]),
        (Completed, &[]),
        (Expired, &[]),
        (Cancelled, &[]),
    ];
    for (from, targets) in table {
        for to in Status::ALL {
            assert_eq!(is_edge(from, to), targets.contains(&to), "{from:?} to {to:?}");
        }
    }
    let edges: usize = table.iter().map(|(_, targets)| targets.len()).sum();
    assert_eq!(TRANSITIONS.len(), edges, "no edge stands there twice");
}
