//! The judgements of the audit on the goods of orders: what was cancelled, left the house or came back.
//!
//! Decides what lines and their records must satisfy. Leaves counting and listing to `audit`.

use std::collections::BTreeMap;

use crate::audit::{Auditor, Invariant, violation};
use crate::book::{Cause, Movement};
use crate::catalog::Location;
use crate::inventory::{Kind, Place};
use crate::store::orders::OrderView;

use Invariant::{I6, I13};

/// What an order did to the stock of a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    cancelled: i64,
    shipped: i64,
    restocked: i64,
}

impl Auditor {
    /// Notes what a movement did for an order, until the order is judged.
    pub(super) fn note_moved(&mut self, movement: &Movement) {
        let Cause::Order(order) = movement.cause else { return };
        let count: fn(&mut Moved) -> &mut i64 = match movement.kind {
            Kind::Cancel => |moved| &mut moved.cancelled,
            Kind::Ship => |moved| &mut moved.shipped,
            Kind::Return => |moved| &mut moved.restocked,
            // What is cancelled and not restocked is taken out of what is there; that may be less.
            Kind::Receive | Kind::Reserve | Kind::Release | Kind::Commit | Kind::Adjust => return,
        };
        let places = self.moved.entry(order).or_default();
        let sum = count(places.entry(movement.place.clone()).or_default());
        *sum = sum.saturating_add(movement.quantity);
    }

    /// I13: every unit that an order cancelled, sent or took back to be sold again moved in the journal, and no other.
    fn judge_moved(&mut self, view: &OrderView) {
        let order = &view.order;
        let mut expected: BTreeMap<Place, Moved> = BTreeMap::new();
        for line in &order.lines {
            let place = Place { sku: line.sku.clone(), location: line.location.clone() };
            let moved = expected.entry(place).or_default();
            moved.cancelled = moved.cancelled.saturating_add(line.cancelled);
            moved.shipped = moved.shipped.saturating_add(line.shipped);
        }
        for units in order.returns.iter().filter(|back| back.restocked).flat_map(|back| &back.units) {
            let line = order.lines.iter().find(|line| line.number == units.line);
            let place = line.map(|line| Place { sku: line.sku.clone(), location: units.location.clone() });
            if let Some(moved) = place.map(|place| expected.entry(place).or_default()) {
                moved.restocked = moved.restocked.saturating_add(units.quantity);
            }
        }
        let found = self.moved.remove(&order.id).unwrap_or_default();
        expected.retain(|place, moved| found.contains_key(place) || *moved != Moved::default());
        self.check(I13, expected == found, || {
            let what = format!("{} in the journal", order.id);
            violation(what, format!("{expected:?}, as its lines and returns"), format!("{found:?}"))
        });
    }

    /// I13: what moved for orders that are not there.
    pub(super) fn judge_moved_for_nobody(&mut self) {
        for (order, places) in std::mem::take(&mut self.moved) {
            self.check(I13, false, || {
                violation(order, "an order for which stock moved", format!("no such order: {places:?}"))
            });
        }
    }

    /// I6 of an order's lines, and I13: what left the house or came back has its record.
    pub(super) fn judge_goods(&mut self, view: &OrderView) {
        let order = &view.order;
        self.judge_moved(view);
        let mut records: BTreeMap<(u32, &Location), (i64, i64)> = BTreeMap::new();
        for units in order.shipments.iter().flat_map(|shipment| &shipment.units) {
            let (shipped, _) = records.entry((units.line, &units.location)).or_default();
            *shipped = shipped.saturating_add(units.quantity);
        }
        for units in order.returns.iter().flat_map(|returned| &returned.units) {
            let (_, returned) = records.entry((units.line, &units.location)).or_default();
            *returned = returned.saturating_add(units.quantity);
        }
        for line in &order.lines {
            let what = || format!("{} line {} at {}", order.id, line.number, line.location);
            let whole = line.outstanding() >= 0 && line.returned <= line.shipped && line.returned >= 0;
            self.check(I6, whole, || {
                violation(what(), "cancelled + shipped <= quantity, returned <= shipped", format!("{line:?}"))
            });
            let recorded = records.remove(&(line.number, &line.location)).unwrap_or_default();
            self.check(I13, recorded == (line.shipped, line.returned), || {
                let expected = format!("{} shipped, {} returned, as its records", recorded.0, recorded.1);
                violation(what(), expected, format!("{} shipped, {} returned", line.shipped, line.returned))
            });
        }
    }
}
