//! What goods that leave the house or come back write of their order: units per line and location, stock, a record.
//!
//! Decides from which locations the units of a line go and to which they return. Counts only grow. Leaves money to
//! `order::money`: goods that come back bring none with them.

use std::collections::BTreeMap;

use crate::book::{Book, Cause};
use crate::clock::Timestamp;
use crate::inventory::{Kind, Place};
use crate::order::change::{Change, Hand, expect_version, no_edge, stock_moves};
use crate::order::{Line, Return, Shipment, Status, Units};
use crate::store::orders::{
    ChangeOrderRefusal, LineUnits, OrderView, ReturnOrder, ShipOrder, TransitionOrder,
};

/// Decides a shipment of some units; if it is refused, the book is as before. The book has the rows of the order's lines.
///
/// The first shipment of a paid order is the beginning of its processing, and the last unit of an order makes it shipped.
pub fn ship(
    call: &ShipOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, ChangeOrderRefusal> {
    expect_version(view, call.expected_version)?;
    if !matches!(view.order.status, Status::Paid | Status::Processing) {
        return Err(no_edge(view, Status::Shipped));
    }
    let mut change = Change::of(view);
    let [processing, shipped] = call.events;
    if view.order.status == Status::Paid {
        let hand = Hand { event: processing, actor: &call.actor, reason: "" };
        change.append(&hand, Status::Processing, now);
    }
    let units = pick(&mut change.view.order.lines, &call.lines, OUT)?;
    let shipment =
        book.all_or_nothing(|book| send(&mut change.view, units, &call.tracking, &call.actor, book, now))?;
    change.shipment = Some(shipment);
    if change.view.order.lines.iter().all(|line| line.outstanding() == 0) {
        let hand = Hand { event: shipped, actor: &call.actor, reason: &call.tracking };
        change.append(&hand, Status::Shipped, now);
    }
    Ok(change.done(now))
}

/// Ships all that is outstanding.
pub(super) fn ship_rest(
    call: &TransitionOrder,
    view: &mut OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Shipment, ChangeOrderRefusal> {
    let mut units = Vec::new();
    for line in &mut view.order.lines {
        let quantity = line.outstanding();
        if quantity > 0 {
            line.shipped = line.shipped.saturating_add(quantity);
            units.push(Units { line: line.number, location: line.location.clone(), quantity });
        }
    }
    send(view, units, &call.reason, &call.actor, book, now)
}

/// Takes units out of the house; the lines have counted them already.
fn send(
    view: &mut OrderView,
    units: Vec<Units>,
    tracking: &str,
    actor: &str,
    book: &mut Book,
    now: Timestamp,
) -> Result<Shipment, ChangeOrderRefusal> {
    if tracking.is_empty() {
        return Err(ChangeOrderRefusal::TrackingMissing);
    }
    move_stock(view, &units, Kind::Ship, "", book, now)?;
    let number = i64::try_from(view.order.shipments.len()).unwrap_or(i64::MAX).saturating_add(1);
    let (tracking, actor) = (tracking.to_owned(), actor.to_owned());
    let shipment = Shipment { number, units, tracking, actor, at: now };
    view.order.shipments.push(shipment.clone());
    Ok(shipment)
}

/// Decides a return of units that have shipped; if it is refused, the book is as before. The book has the rows of the
/// order's lines.
pub fn take_back(
    call: &ReturnOrder,
    view: &OrderView,
    book: &mut Book,
    now: Timestamp,
) -> Result<Change, ChangeOrderRefusal> {
    expect_version(view, call.expected_version)?;
    let mut change = Change::of(view);
    let units = pick(&mut change.view.order.lines, &call.lines, BACK)?;
    if call.restock {
        let reason = &call.reason;
        book.all_or_nothing(|book| move_stock(&change.view, &units, Kind::Return, reason, book, now))?;
    }
    let order = &mut change.view.order;
    let number = i64::try_from(order.returns.len()).unwrap_or(i64::MAX).saturating_add(1);
    let (reason, actor) = (call.reason.clone(), call.actor.clone());
    let returned = Return { number, units, restocked: call.restock, reason, actor, at: now };
    order.returns.push(returned.clone());
    change.returned = Some(returned);
    Ok(change.done(now))
}

/// A count of a line that units are added to.
#[derive(Clone, Copy)]
struct Count {
    /// How many units can still be added to it.
    left: fn(&Line) -> i64,
    /// The count.
    of: fn(&mut Line) -> &mut i64,
}

/// Units that leave the house.
const OUT: Count = Count { left: Line::outstanding, of: |line| &mut line.shipped };
/// Units that come back to where they were sent from.
const BACK: Count =
    Count { left: |line| line.shipped.saturating_sub(line.returned), of: |line| &mut line.returned };

/// Counts the named units on their lines, from the locations in the order of the lines; or says which line has too few.
fn pick(lines: &mut [Line], named: &[LineUnits], count: Count) -> Result<Vec<Units>, ChangeOrderRefusal> {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for LineUnits { line, quantity } in named {
        if *quantity < 1 {
            return Err(ChangeOrderRefusal::NoUnits);
        }
        let sum = sums.entry(*line).or_default();
        *sum = sum.saturating_add(*quantity);
    }
    if sums.is_empty() {
        return Err(ChangeOrderRefusal::NoUnits);
    }
    let mut units = Vec::new();
    for (number, wanted) in sums {
        let mut missing = wanted;
        let mut known = false;
        for line in lines.iter_mut().filter(|line| line.number == number) {
            known = true;
            let quantity = (count.left)(line).min(missing);
            if quantity > 0 {
                let counted = (count.of)(line);
                *counted = counted.saturating_add(quantity);
                missing = missing.saturating_sub(quantity);
                units.push(Units { line: number, location: line.location.clone(), quantity });
            }
        }
        if !known {
            return Err(ChangeOrderRefusal::UnknownLine(number));
        }
        if missing > 0 {
            let left = wanted.saturating_sub(missing);
            return Err(ChangeOrderRefusal::TooMany { line: number, left });
        }
    }
    Ok(units)
}

/// Moves the stock of some units, each at its location.
fn move_stock(
    view: &OrderView,
    units: &[Units],
    kind: Kind,
    reason: &str,
    book: &mut Book,
    now: Timestamp,
) -> Result<(), ChangeOrderRefusal> {
    for Units { line, location, quantity } in units {
        let sku = view.order.lines.iter().find(|each| each.number == *line).map(|each| each.sku.clone());
        let sku = sku.ok_or(ChangeOrderRefusal::UnknownLine(*line))?;
        let place = Place { sku, location: location.clone() };
        stock_moves(book.change(&place, kind, *quantity, Cause::Order(view.order.id), reason, now))?;
    }
    Ok(())
}
