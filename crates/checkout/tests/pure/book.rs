//! The book of one transaction: reservations whole or not at all, lines split over locations, counters, and undoing.

use sellonce_checkout::book::{Book, Cause, Changes, Depleted, Hold, LimitUse, Settlement, Shortage};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{CauseId, OrderId, SagaId};
use sellonce_checkout::inventory::{Counters, Kind, Policy, Refused};
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};

use Policy::{Continue, Deny};

use crate::{at, location, place, shelf, sku, uuid};

fn saga() -> Cause {
    Cause::Saga(SagaId(uuid(1)))
}

/// A book of rows, each one of a SKU at a location.
fn book(rows: &[(&str, &str, i64, Policy)]) -> Book {
    let mut book = Book::default();
    for (name, ..) in rows {
        let own = rows.iter().filter(|(each, ..)| each == name);
        book.put_stock(
            sku(name),
            own.map(|(_, place, units, policy)| (location(place), shelf(*units, *policy))),
        );
    }
    book
}

fn wanted(lines: &[(&str, i64)]) -> Vec<(Sku, i64)> {
    lines.iter().map(|(name, units)| (sku(name), *units)).collect()
}

fn locations(names: &[&str]) -> Vec<Location> {
    names.iter().copied().map(location).collect()
}

fn reserve(book: &mut Book, lines: &[(&str, i64)], order: &[&str]) -> Result<Hold, Shortage> {
    book.reserve(saga(), at(5), &wanted(lines), &[], &locations(order))
}

fn parts(hold: &Hold) -> Vec<(&str, &str, i64)> {
    hold.allocations
        .iter()
        .map(|part| (part.place.sku.as_str(), part.place.location.as_str(), part.quantity))
        .collect()
}

fn counters(book: &Book, name: &str, place_name: &str) -> [i64; 4] {
    let stock = book.stock(&place(name, place_name)).expect("the book has the row");
    let Counters { available, reserved, committed, backordered } = stock.counters;
    [available, reserved, committed, backordered]
}

#[test]
fn a_line_is_taken_from_the_locations_in_their_order_and_may_be_split() {
    let check = |rows: &[(&str, &str, i64, Policy)], units: i64, order: &[&str], expect: &[(&str, i64)]| {
        let mut book = book(rows);
        let hold = reserve(&mut book, &[("A", units)], order).expect("enough is there");
        let expected: Vec<_> = expect.iter().map(|(place, units)| ("A", *place, *units)).collect();
        assert_eq!(parts(&hold), expected, "{units} of {rows:?}");
        for (place, units) in expect {
            assert_eq!(counters(&book, "A", place)[1], *units);
        }
    };
    let both = [("A", "east", 3, Deny), ("A", "west", 3, Deny)];
    check(&both, 2, &["east", "west"], &[("east", 2)]);
    check(&both, 3, &["east", "west"], &[("east", 3)]);
    check(&both, 4, &["east", "west"], &[("east", 3), ("west", 1)]);
    check(&both, 4, &["west", "east"], &[("west", 3), ("east", 1)]);
    check(&both, 6, &["east", "west"], &[("east", 3), ("west", 3)]);
    check(&both, 3, &["west"], &[("west", 3)]);
    check(&[("A", "east", 0, Deny), ("A", "west", 2, Deny)], 2, &["east", "west"], &[("west", 2)]);
    // A location that the SKU has no row at is passed over.
    check(&[("A", "west", 2, Deny)], 1, &["north", "west"], &[("west", 1)]);
}

#[test]
fn what_is_promised_beyond_what_is_there_is_owed_by_the_first_location_that_may_owe() {
    let check = |rows: &[(&str, &str, i64, Policy)], units: i64, expect: &[(&str, [i64; 4])]| {
        let mut book = book(rows);
        reserve(&mut book, &[("A", units)], &["east", "north", "west"]).expect("more can be promised");
        for (place, expected) in expect {
            assert_eq!(counters(&book, "A", place), *expected, "{place} of {rows:?}");
        }
    };
    check(&[("A", "east", 0, Continue)], 2, &[("east", [0, 2, 0, 2])]);
    check(&[("A", "east", 1, Continue)], 3, &[("east", [0, 3, 0, 2])]);
    let mixed = [("A", "east", 1, Deny), ("A", "north", 0, Continue), ("A", "west", 2, Continue)];
    // Every unit that is there goes first, wherever it is; only then somebody owes.
    check(&mixed, 3, &[("east", [0, 1, 0, 0]), ("north", [0, 0, 0, 0]), ("west", [0, 2, 0, 0])]);
    check(&mixed, 5, &[("east", [0, 1, 0, 0]), ("north", [0, 2, 0, 2]), ("west", [0, 2, 0, 0])]);
}

#[test]
fn equal_skus_are_summed_before_they_are_checked() {
    let mut short = book(&[("A", "main", 5, Deny)]);
    let depleted = Depleted { sku: sku("A"), requested: 6, available: 5, stock_version: 1 };
    let refused = reserve(&mut short, &[("A", 3), ("A", 3)], &["main"]);
    assert_eq!(refused, Err(Shortage::OutOfStock(vec![depleted])), "each line alone would fit");
    let hold = reserve(&mut short, &[("A", 2), ("A", 3)], &["main"]).expect("five are there");
    assert_eq!(parts(&hold), [("A", "main", 5)]);
}

#[test]
fn several_skus_are_held_all_or_nothing_and_every_short_one_is_named() {
    let mut book = book(&[("A", "main", 5, Deny), ("B", "main", 1, Deny), ("C", "main", 0, Deny)]);
    let refused = reserve(&mut book, &[("C", 1), ("A", 5), ("B", 2)], &["main"]);
    let depleted =
        |name, requested, available| Depleted { sku: sku(name), requested, available, stock_version: 1 };
    assert_eq!(refused, Err(Shortage::OutOfStock(vec![depleted("B", 2, 1), depleted("C", 1, 0)])));
    assert_eq!(book.into_changes(), Changes::default(), "nothing is held");
}

#[test]
fn a_sku_without_stock_rows_is_out_of_stock() {
    let mut empty = Book::default();
    let depleted = Depleted { sku: sku("A"), requested: 1, available: 0, stock_version: 0 };
    let refused = Err(Shortage::OutOfStock(vec![depleted]));
    assert_eq!(reserve(&mut empty, &[("A", 1)], &["main"]), refused);
    let mut elsewhere = book(&[("A", "showroom", 9, Continue)]);
    assert_eq!(reserve(&mut elsewhere, &[("A", 1)], &["main"]), refused, "nothing is sold from there");
}

#[test]
fn what_is_left_is_told_over_all_sellable_locations_with_the_version_it_was_true_at() {
    let mut two = book(&[("A", "east", 2, Deny), ("A", "west", 3, Deny), ("A", "showroom", 50, Deny)]);
    let depleted = Depleted { sku: sku("A"), requested: 6, available: 5, stock_version: 2 };
    let refused = reserve(&mut two, &[("A", 6)], &["east", "west"]);
    assert_eq!(refused, Err(Shortage::OutOfStock(vec![depleted])));
}

#[test]
fn the_last_unit_goes_to_the_first_caller() {
    let mut book = book(&[("A", "main", 1, Deny)]);
    assert!(reserve(&mut book, &[("A", 1)], &["main"]).is_ok());
    assert!(reserve(&mut book, &[("A", 1)], &["main"]).is_err());
    assert_eq!(counters(&book, "A", "main"), [0, 1, 0, 0]);
}

#[test]
fn every_change_writes_its_line_of_the_journal_and_one_change_per_row() {
    let mut book = book(&[("A", "main", 5, Deny), ("B", "main", 5, Deny)]);
    let merchant = Cause::Merchant(CauseId(uuid(7)));
    let hold = reserve(&mut book, &[("A", 2)], &["main"]).expect("enough is there");
    book.change(&place("A", "main"), Kind::Receive, 10, merchant, "delivery", at(6)).expect("goods arrive");
    book.settle(&hold, Settlement::Commit, saga(), at(7)).expect("what is held can be sold");
    let changes = book.into_changes();
    assert_eq!(changes.stock.len(), 1, "B was read and not changed");
    let [change] = changes.stock.as_slice() else { panic!("one row changed") };
    assert_eq!((change.read, change.read.version), (shelf(5, Deny), 1));
    assert_eq!((change.after.version, change.after.counters.available), (4, 13));
    let lines: Vec<_> =
        changes.movements.iter().map(|line| (line.version, line.kind, line.quantity)).collect();
    assert_eq!(lines, [(2, Kind::Reserve, 2), (3, Kind::Receive, 10), (4, Kind::Commit, 2)]);
    let last = changes.movements.last().expect("there are three");
    assert_eq!(last.after, change.after.counters, "the row is its last movement");
    let told: Vec<_> =
        changes.movements.iter().map(|line| (line.cause, line.reason.as_str(), line.at)).collect();
    assert_eq!(told, [(saga(), "", at(5)), (merchant, "delivery", at(6)), (saga(), "", at(7))]);
}

#[test]
fn what_is_held_is_sold_or_given_back() {
    let check = |settlement: Settlement, stock: [i64; 4], uses: (i64, i64)| {
        let mut book = book(&[("A", "main", 5, Deny)]);
        let key = LimitKey::Discount(code("SALE"));
        book.put_limit(key.clone(), Uses { held: 0, used: 1, max: Some(9) });
        let limits = [LimitUse { key: key.clone(), quantity: 1 }];
        let hold = book.reserve(saga(), at(5), &wanted(&[("A", 2)]), &limits, &locations(&["main"]));
        book.settle(&hold.expect("enough is there"), settlement, saga(), at(6)).expect("it is held");
        assert_eq!(counters(&book, "A", "main"), stock);
        let changes = book.into_changes();
        let after = changes.limits.first().map_or((0, 1), |change| (change.after.held, change.after.used));
        assert_eq!(after, uses);
    };
    check(Settlement::Commit, [3, 0, 2, 0], (0, 2));
    check(Settlement::Release, [5, 0, 0, 0], (0, 1));
}

#[test]
fn a_hold_is_not_given_back_twice() {
    let mut book = book(&[("A", "main", 5, Deny), ("B", "main", 5, Deny)]);
    let hold = reserve(&mut book, &[("A", 2), ("B", 1)], &["main"]).expect("enough is there");
    book.settle(&hold, Settlement::Release, saga(), at(6)).expect("it is held");
    assert_eq!(book.settle(&hold, Settlement::Release, saga(), at(7)), Err(Refused::NotReserved));
    assert_eq!(book.settle(&hold, Settlement::Commit, saga(), at(7)), Err(Refused::NotReserved));
    assert_eq!(counters(&book, "A", "main"), [5, 0, 0, 0]);
    assert_eq!(book.into_changes().movements.len(), 4);
}

#[test]
fn a_call_that_is_refused_half_way_leaves_the_book_as_it_was() {
    let mut book = book(&[("A", "main", 5, Deny), ("B", "main", 1, Deny)]);
    let key = LimitKey::Discount(code("SALE"));
    book.put_limit(key.clone(), Uses { held: 0, used: 0, max: Some(1) });
    reserve(&mut book, &[("A", 1)], &["main"]).expect("enough is there");
    let before = book.clone().into_changes();
    let refused: Result<(), Refused> = book.all_or_nothing(|book| {
        book.change(&place("A", "main"), Kind::Receive, 3, saga(), "", at(6))?;
        let limits = [LimitUse { key: key.clone(), quantity: 1 }];
        book.reserve(saga(), at(6), &wanted(&[("A", 2)]), &limits, &locations(&["main"])).expect("it fits");
        // A call inside a call undoes itself only once, and what came before it goes with the outer one.
        let inner: Result<(), Refused> = book.all_or_nothing(|book| {
            book.change(&place("B", "main"), Kind::Receive, 1, saga(), "", at(6))?;
            book.change(&place("B", "main"), Kind::Ship, 1, saga(), "", at(6)).map(|_| ())
        });
        assert_eq!(inner, Err(Refused::NotCommitted));
        assert_eq!(counters(book, "B", "main"), [1, 0, 0, 0]);
        book.change(&place("B", "main"), Kind::Reserve, 2, saga(), "", at(6)).map(|_| ())
    });
    assert_eq!(refused, Err(Refused::NotAvailable));
    assert_eq!(book.into_changes(), before);
}

#[test]
fn a_row_that_the_book_does_not_have_cannot_be_moved() {
    let mut book = book(&[("A", "main", 5, Deny)]);
    let mut moved = |at_place| book.change(&at_place, Kind::Receive, 1, saga(), "", at(1)).map(|_| ());
    assert_eq!(moved(place("B", "main")), Err(Refused::NotAvailable));
    assert_eq!(moved(place("A", "showroom")), Err(Refused::NotAvailable));
    assert_eq!(moved(place("A", "main")), Ok(()));
}

#[test]
fn rows_are_put_in_once_and_a_second_reading_does_not_undo_what_was_decided() {
    let mut book = book(&[("A", "main", 5, Deny)]);
    assert!(book.knows_stock(&sku("A")) && !book.knows_stock(&sku("B")));
    reserve(&mut book, &[("A", 5)], &["main"]).expect("enough is there");
    book.put_stock(sku("A"), [(location("main"), shelf(5, Deny))]);
    assert!(reserve(&mut book, &[("A", 1)], &["main"]).is_err());
    let key = LimitKey::Discount(code("SALE"));
    assert!(!book.knows_limit(&key));
    book.put_limit(key.clone(), Uses { held: 1, used: 0, max: Some(1) });
    book.put_limit(key.clone(), Uses { held: 0, used: 0, max: Some(1) });
    assert!(book.knows_limit(&key));
    assert_eq!(use_limit(&mut book, &[(key.clone(), 1)]), Err(Shortage::LimitReached(key)));
}

fn code(text: &str) -> DiscountCode {
    DiscountCode::parse(text).expect("a code")
}

fn identity(address: &str) -> Identity {
    Identity::email(&Email::parse(address).expect("an address"))
}

/// Holds only uses of counters; tells which were counted.
fn use_limit(book: &mut Book, wanted: &[(LimitKey, i64)]) -> Result<Vec<(LimitKey, i64)>, Shortage> {
    let limits: Vec<_> =
        wanted.iter().map(|(key, quantity)| LimitUse { key: key.clone(), quantity: *quantity }).collect();
    let hold = book.reserve(saga(), at(5), &[], &limits, &[])?;
    Ok(hold.limits.into_iter().map(|limit| (limit.key, limit.quantity)).collect())
}

#[test]
fn a_counter_is_never_passed() {
    let check = |held: i64, used: i64, max: Option<i64>, wanted: &[i64], expect: Option<i64>| {
        let key = LimitKey::Purchase(sku("A"), identity("ada@example.com"));
        let mut book = Book::default();
        book.put_limit(key.clone(), Uses { held, used, max });
        let wanted: Vec<_> = wanted.iter().map(|quantity| (key.clone(), *quantity)).collect();
        match (use_limit(&mut book, &wanted), expect) {
            (Ok(counted), Some(sum)) => {
                let expected = if max.is_some() { vec![(key, sum)] } else { Vec::new() };
                assert_eq!(counted, expected, "{held} + {used} of {max:?}");
            }
            (refused, None) => {
                assert_eq!(refused, Err(Shortage::LimitReached(key)), "{held} + {used} of {max:?}")
            }
            (refused, Some(_)) => panic!("{held} + {used} of {max:?} is {refused:?}"),
        }
    };
    check(0, 0, Some(1), &[1], Some(1));
    check(0, 1, Some(1), &[1], None);
    check(1, 0, Some(1), &[1], None);
    check(1, 1, Some(3), &[1], Some(1));
    check(1, 1, Some(3), &[2], None);
    check(0, 0, Some(0), &[1], None);
    // Two lines of one SKU count together.
    check(0, 0, Some(3), &[2, 1], Some(3));
    check(0, 0, Some(3), &[2, 2], None);
    // A limit that was lowered below what is used already forbids more, and undoes nothing.
    check(0, 5, Some(2), &[1], None);
    check(0, 0, Some(i64::MAX), &[i64::MAX], Some(i64::MAX));
    // What is unlimited is not counted.
    check(7, 7, None, &[1], Some(0));
}

#[test]
fn every_counter_must_allow_it_or_none_counts_and_no_stock_is_held() {
    let mut book = book(&[("A", "main", 5, Deny)]);
    let (free, full) =
        (LimitKey::Discount(code("FREE")), LimitKey::Purchase(sku("A"), identity("ada@example.com")));
    book.put_limit(free.clone(), Uses { held: 0, used: 0, max: Some(9) });
    book.put_limit(full.clone(), Uses { held: 0, used: 2, max: Some(2) });
    let limits = [LimitUse { key: free, quantity: 1 }, LimitUse { key: full.clone(), quantity: 1 }];
    let refused = book.reserve(saga(), at(5), &wanted(&[("A", 1)]), &limits, &locations(&["main"]));
    assert_eq!(refused, Err(Shortage::LimitReached(full)));
    assert_eq!(book.into_changes(), Changes::default());
}

#[test]
fn a_shortage_of_stock_is_told_before_a_limit() {
    let mut book = book(&[("A", "main", 0, Deny)]);
    let key = LimitKey::Discount(code("SALE"));
    book.put_limit(key.clone(), Uses { held: 0, used: 1, max: Some(1) });
    let limits = [LimitUse { key, quantity: 1 }];
    let refused = book.reserve(saga(), at(5), &wanted(&[("A", 1)]), &limits, &locations(&["main"]));
    assert!(matches!(refused, Err(Shortage::OutOfStock(_))));
}

#[test]
fn a_cause_can_be_stored_and_read_back() {
    for cause in [saga(), Cause::Order(OrderId(uuid(2))), Cause::Merchant(CauseId(uuid(3)))] {
        assert_eq!(Cause::from_parts(cause.kind(), cause.uuid()), Some(cause));
    }
    assert_eq!(Cause::from_parts("buyer", uuid(1)), None);
}
