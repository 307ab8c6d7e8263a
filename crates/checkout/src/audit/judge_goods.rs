//! The judgements of the audit on the goods of orders: what was cancelled, left the house or came back.
//!
//! Decides what lines and their records must satisfy. Leaves counting and listing to `audit`.

use std::collections::BTreeMap;

use crate::audit::{Auditor, Invariant, violation};
use crate::catalog::Location;
use crate::store::orders::OrderView;

use Invariant::{I6, I13};

impl Auditor {
    /// I6 of an order's lines, and I13: what left the house or came back has its record.
    pub(super) fn judge_goods(&mut self, view: &OrderView) {
        let order = &view.order;
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
