//! The auditor: judges the fourteen invariants by three books that know nothing of each other.
//!
//! The books are what buyers were told (the history), what the payment provider has booked, and what the shop says of
//! itself. Decides, from these alone, what was violated; it is a pure function and linear but for a few sorts. Leaves
//! gathering the books to others. What cannot be judged for lack of a book is skipped with its reason, never passed.
//! What the shop's own audit finds is added to each invariant, as one more witness.

mod aftermath;
mod care;
mod finding;
mod hands;
mod instants;
mod ledger;
mod limits;
mod money;
mod once;
mod shelves;
mod sold_out;
mod testimony;
mod units;

use crate::books::Books;
use crate::history::History;
use crate::verdict::Findings;

use finding::Report;
use instants::Witnesses;
use ledger::Ledgers;
use shelves::Shelves;
use testimony::Testimony;

/// Everything that is judged, arranged for looking things up.
struct Case<'a> {
    history: &'a History,
    books: &'a Books,
    testimony: Testimony<'a>,
    shelves: Shelves<'a>,
    ledgers: Result<Ledgers<'a>, &'a str>,
}

/// Judges a run by its history and the books that were read after it.
pub fn audit(history: &History, books: &Books) -> Findings {
    let testimony = Testimony::of(history);
    let shelves = Shelves::of(history, &testimony, books);
    let ledgers = books.movements.get().map(|movements| Ledgers::replay(movements));
    let case = Case { history, books, testimony, shelves, ledgers };
    let witnesses = Witnesses::of_case(&case);
    let mut report = Report::default();
    let units = units::judge(&case, &mut report);
    ledger::judge(&case, &witnesses, &mut report);
    let false_sold_out = sold_out::judge(&case, &witnesses, &mut report);
    let money = money::judge(&case, &mut report);
    let once = once::judge(&case, &mut report);
    limits::judge(&case, &mut report);
    aftermath::judge(&case, &mut report);
    care::judge(&case, &mut report);
    hands::judge(&case, &mut report);
    if let Ok(own) = books.audit.get() {
        report.hear(own);
    }
    Findings {
        sold: units.sold,
        oversold: Some(units.oversold),
        false_sold_out,
        orphaned_payments: money.orphaned,
        duplicate_orders: Some(once.duplicates),
        lost_acknowledgements: once.lost,
        wrong_amounts: Some(money.wrong),
        invariants: report.invariants(),
    }
}
