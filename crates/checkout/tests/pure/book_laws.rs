//! The law that the commit pipeline stands on: calls combined in one book end as they do one by one, each in a book of
//! its own.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sellonce_checkout::book::{Book, Cause, Hold, LimitUse, Movement, Settlement, Shortage};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::id::SagaId;
use sellonce_checkout::inventory::{Kind, Place, Policy, Refused, Stock};
use sellonce_checkout::purchase_limit::{LimitKey, Uses};

use crate::{at, location, shelf, sku, uuid};

const SKUS: [&str; 3] = ["A", "B", "C"];
const LOCATIONS: [&str; 2] = ["east", "west"];

/// What a caller asks of the book.
#[derive(Clone, Debug)]
enum Call {
    Reserve {
        lines: Vec<(usize, i64)>,
        discounts: i64,
    },
    /// Ends the hold of an earlier reservation, whether or not it ended before.
    Settle {
        earlier: usize,
        commit: bool,
    },
    Change {
        row: (usize, usize),
        kind: Kind,
        quantity: i64,
    },
    /// Two changes that stand or fall together.
    Both {
        row: (usize, usize),
        first: (Kind, i64),
        second: (Kind, i64),
    },
}

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Held(Result<Hold, Shortage>),
    Moved(Result<(), Refused>),
}

/// The rows as a database has them between transactions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rows {
    stock: BTreeMap<Sku, BTreeMap<Location, Stock>>,
    limits: BTreeMap<LimitKey, Uses>,
    journal: Vec<Movement>,
}

impl Rows {
    fn book(&self) -> Book {
        let mut book = Book::default();
        for (sku, rows) in &self.stock {
            book.put_stock(sku.clone(), rows.clone());
        }
        for (key, uses) in &self.limits {
            book.put_limit(key.clone(), *uses);
        }
        book
    }

    /// Writes a book, each row under the condition that it is as it was read.
    fn write(&mut self, book: Book) {
        let changes = book.into_changes();
        for change in changes.stock {
            let rows = self.stock.get_mut(&change.place.sku).expect("a row that was read");
            let row = rows.get_mut(&change.place.location).expect("a row that was read");
            assert_eq!(*row, change.read);
            *row = change.after;
        }
        for change in changes.limits {
            let row = self.limits.get_mut(&change.key).expect("a counter that was read");
            assert_eq!(*row, change.read);
            *row = change.after;
        }
        self.journal.extend(changes.movements);
    }
}

fn rows() -> impl Strategy<Value = Rows> {
    let row = (0..8_i64, prop::sample::select(vec![Policy::Deny, Policy::Deny, Policy::Continue]));
    (prop::collection::vec(row, SKUS.len() * LOCATIONS.len()), 0..4_i64).prop_map(|(units, uses_max)| {
        let mut rows = Rows::default();
        let places = SKUS.iter().flat_map(|name| LOCATIONS.iter().map(move |place| (name, place)));
        for ((name, place), (units, policy)) in places.zip(units) {
            rows.stock.entry(sku(name)).or_default().insert(location(place), shelf(units, policy));
        }
        rows.limits.insert(discount(), Uses { held: 0, used: 0, max: Some(uses_max) });
        rows
    })
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let row = || (0..SKUS.len(), 0..LOCATIONS.len());
    let movement = || (prop::sample::select(Kind::ALL.to_vec()), -3..6_i64);
    let call = prop_oneof![
        4 => (prop::collection::vec((0..SKUS.len(), 1..4_i64), 1..4), 0..2_i64)
            .prop_map(|(lines, discounts)| Call::Reserve { lines, discounts }),
        3 => (0..12_usize, any::<bool>()).prop_map(|(earlier, commit)| Call::Settle { earlier, commit }),
        2 => (row(), movement()).prop_map(|(row, (kind, quantity))| Call::Change { row, kind, quantity }),
        1 => (row(), movement(), movement()).prop_map(|(row, first, second)| Call::Both { row, first, second }),
    ];
    prop::collection::vec(call, 1..16)
}

fn discount() -> LimitKey {
    LimitKey::Discount(DiscountCode::parse("SALE").expect("a code"))
}

fn place_of((name, place): (usize, usize)) -> Place {
    Place { sku: sku(SKUS[name]), location: location(LOCATIONS[place]) }
}

/// Makes a call; `told` is what the callers before it were told.
fn make(book: &mut Book, call: &Call, told: &[Told]) -> Told {
    let cause = Cause::Saga(SagaId(uuid(1)));
    match call {
        Call::Reserve { lines, discounts } => {
            let wanted: Vec<_> = lines.iter().map(|(name, units)| (sku(SKUS[*name]), *units)).collect();
            let limits = (*discounts > 0).then(|| LimitUse { key: discount(), quantity: *discounts });
            let limits: Vec<_> = limits.into_iter().collect();
            Told::Held(book.reserve(cause, at(1), &wanted, &limits, &LOCATIONS.map(location)))
        }
        Call::Settle { earlier, commit } => {
            let settlement = if *commit { Settlement::Commit } else { Settlement::Release };
            let hold = match told.get(*earlier) {
                Some(Told::Held(Ok(hold))) => hold.clone(),
                _ => Hold::default(),
            };
            Told::Moved(book.settle(&hold, settlement, cause, at(2)))
        }
        Call::Change { row, kind, quantity } => {
            Told::Moved(book.change(&place_of(*row), *kind, *quantity, cause, "", at(3)).map(|_| ()))
        }
        Call::Both { row, first, second } => Told::Moved(book.all_or_nothing(|book| {
            book.change(&place_of(*row), first.0, first.1, cause, "", at(4))?;
            book.change(&place_of(*row), second.0, second.1, cause, "", at(4)).map(|_| ())
        })),
    }
}

proptest! {
    #[test]
    fn calls_in_one_book_end_as_they_do_one_by_one(rows in rows(), calls in calls()) {
        let mut together = rows.clone();
        let mut book = together.book();
        let mut told_together = Vec::new();
        for call in &calls {
            let told = make(&mut book, call, &told_together);
            told_together.push(told);
        }
        together.write(book);
        let mut one_by_one = rows;
        let mut told_one_by_one = Vec::new();
        for call in &calls {
            let mut book = one_by_one.book();
            let told = make(&mut book, call, &told_one_by_one);
            told_one_by_one.push(told);
            one_by_one.write(book);
        }
        prop_assert_eq!(told_together, told_one_by_one);
        prop_assert_eq!(together, one_by_one);
    }

    #[test]
    fn the_journal_leads_from_the_first_row_to_the_last(rows in rows(), calls in calls()) {
        let mut after = rows.clone();
        let mut book = rows.book();
        let mut told = Vec::new();
        for call in &calls {
            let answer = make(&mut book, call, &told);
            told.push(answer);
        }
        after.write(book);
        let mut stock = rows.stock;
        for line in &after.journal {
            let own = stock.get_mut(&line.place.sku).and_then(|rows| rows.get_mut(&line.place.location));
            let own = own.expect("a row that was read");
            prop_assert_eq!(line.version, own.version + 1, "no version is left out");
            let follows = sellonce_checkout::inventory::apply(line.kind, line.quantity, own);
            prop_assert_eq!(follows, Ok(line.after), "each line follows from the one before");
            own.version = line.version;
            own.counters = line.after;
        }
        prop_assert_eq!(stock, after.stock);
    }

    #[test]
    fn no_buyer_is_promised_a_unit_twice(rows in rows(), calls in calls()) {
        let mut book = rows.book();
        let mut told = Vec::new();
        for call in &calls {
            let answer = make(&mut book, call, &told);
            told.push(answer);
        }
        for (name, own) in &rows.stock {
            for place in own.keys() {
                let place = Place { sku: name.clone(), location: place.clone() };
                let stock = book.stock(&place).expect("a row that was read");
                let all = [
                    stock.counters.available,
                    stock.counters.reserved,
                    stock.counters.committed,
                    stock.counters.backordered,
                ];
                prop_assert!(all.iter().all(|counter| *counter >= 0), "{:?}", stock);
                prop_assert!(stock.policy == Policy::Continue || stock.counters.backordered == 0);
            }
        }
    }
}
