//! The judgements of the audit, one subject a function.
//!
//! Decides what a movement, a stock row, a checkout, a saga, an order and a counter must satisfy. Leaves payments and
//! refunds to `judge_money`, what orders did to the stock to `judge_goods`, counting and listing to `audit`.

use crate::audit::{Auditor, Fact, Invariant, Ledger, Past, Reserved, SagaFact, violation};
use crate::book::Movement;
use crate::id::CheckoutId;
use crate::inventory::{self, Counters, Kind, Place, Policy, Stock};
use crate::money::Money;
use crate::order;
use crate::outbox;
use crate::price_lock::Lock;
use crate::purchase_limit::{LimitKey, Uses};
use crate::saga;
use crate::session::{self, Checkout};
use crate::store::orders::OrderView;
use crate::totals::Totals;

use Invariant::*;

impl Auditor {
    /// Judges one fact.
    pub fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Movement(movement) => self.judge_movement(&movement),
            Fact::Stock { place, stock, ever_continued, reserved, committed } => {
                self.judge_stock(&place, &stock, ever_continued);
                self.judge_promises(&place, &stock, reserved, committed);
            }
            Fact::Checkout { checkout, history } => self.judge_checkout(&checkout, &history),
            Fact::Saga(fact) => self.judge_saga(&fact),
            Fact::LostKey { saga, request_id } => self.check(I7, false, || {
                violation(format!("the key of request {request_id}"), saga, "no such saga")
            }),
            Fact::Order { view, deliveries, cart_ordered_by } => {
                self.judge_order(&view);
                self.judge_goods(&view);
                self.judge_refunded(&view);
                self.judge_uniqueness(&view, cart_ordered_by);
                self.judge_order_price(&view);
                self.judge_deliveries(&view, &deliveries);
            }
            Fact::Booking(booking) => self.judge_booking(&booking),
            Fact::Limit { key, uses } => self.judge_limit(&key, uses),
        }
    }

    /// I2: versions 1..n without a gap, and each row follows from the one before.
    fn judge_movement(&mut self, movement: &Movement) {
        self.note_moved(movement);
        let place = &movement.place;
        let start = Ledger { last: Counters::default(), version: 0, flow: 0 };
        let ledger = self.ledgers.get(place).copied().unwrap_or(start);
        let what = || format!("movement {} of {} at {}", movement.version, place.sku, place.location);
        let next = ledger.version.saturating_add(1);
        self.check(I2, movement.version == next, || {
            violation(what(), format!("version {next}"), movement.version)
        });
        // The policy of the time is not in the ledger: a backorder is legal here and judged at the stock row.
        let before = Stock { counters: ledger.last, version: ledger.version, policy: Policy::Continue };
        let follows = inventory::apply(movement.kind, movement.quantity, &before);
        self.check(I2, follows == Ok(movement.after), || {
            let expected = follows.map_or_else(|refused| refused.to_string(), |after| format!("{after:?}"));
            violation(what(), expected, format!("{:?}", movement.after))
        });
        let moved = match movement.kind {
            Kind::Receive | Kind::Return | Kind::Adjust => movement.quantity,
            Kind::Ship => movement.quantity.saturating_neg(),
            Kind::Reserve | Kind::Release | Kind::Commit | Kind::Cancel => 0,
        };
        let flow = ledger.flow.saturating_add(moved);
        let ledger = Ledger { last: movement.after, version: movement.version, flow };
        self.ledgers.insert(place.clone(), ledger);
    }

    /// I1 and I2 of a row by itself: no counter below zero, and the last movement is the row.
    fn judge_stock(&mut self, place: &Place, stock: &Stock, ever_continued: bool) {
        let row = || format!("stock of {} at {}", place.sku, place.location);
        let counters = stock.counters;
        let all = [counters.available, counters.reserved, counters.committed, counters.backordered];
        self.check(I1, all.iter().all(|counter| *counter >= 0), || {
            violation(row(), "no counter below zero", format!("{counters:?}"))
        });
        let may_owe = counters.backordered == 0 || ever_continued;
        self.check(I1, may_owe, || {
            violation(row(), "no backorder, for its policy never was `continue`", counters.backordered)
        });
        let start = Ledger { last: Counters::default(), version: 0, flow: 0 };
        let ledger = self.ledgers.remove(place).unwrap_or(start);
        self.check(I1, ledger.flow == counters.on_hand(), || {
            let expected = format!("{} on hand: received + returned + adjusted - shipped", ledger.flow);
            violation(row(), expected, counters.on_hand())
        });
        let is_last = ledger.version == stock.version && ledger.last == counters;
        self.check(I2, is_last, || {
            let expected = format!("version {} with {:?}, as its last movement", ledger.version, ledger.last);
            violation(row(), expected, format!("version {} with {counters:?}", stock.version))
        });
    }

    /// I1 of a row against what was promised from it.
    fn judge_promises(&mut self, place: &Place, stock: &Stock, reserved: i64, committed: i64) {
        let row = || format!("stock of {} at {}", place.sku, place.location);
        self.check(I1, stock.counters.reserved == reserved, || {
            violation(
                row(),
                format!("{reserved} reserved: its open reservation lines"),
                stock.counters.reserved,
            )
        });
        self.check(I1, stock.counters.committed == committed, || {
            let expected = format!("{committed} committed: order lines neither cancelled nor shipped");
            violation(row(), expected, stock.counters.committed)
        });
    }

    /// I5 of the lock by itself, I6 of the checkout.
    fn judge_checkout(&mut self, checkout: &Checkout, history: &[Past<session::Status>]) {
        let what = || checkout.id.to_string();
        let sums = add_up(&checkout.lock);
        self.check(I5, sums == Some(checkout.lock.totals), || {
            violation(what(), format!("totals that add up: {sums:?}"), format!("{:?}", checkout.lock.totals))
        });
        let completed = checkout.status == session::Status::Completed;
        let confirmed = !checkout.lock.requires_confirmation() || checkout.confirmed_at.is_some();
        self.check(I5, !completed || confirmed, || {
            violation(what(), "price changes confirmed before it was completed", "no confirmation")
        });
        let walked = walked(history, session::Status::Open, session::is_edge);
        self.check(I6, walked == Some(checkout.status), || {
            violation(
                format!("{} history", what()),
                format!("legal moves that end in {}", checkout.status.as_str()),
                trail(history, session::Status::as_str),
            )
        });
        self.check(I7, completed == checkout.order.is_some(), || {
            violation(what(), "an order if and only if it is completed", format!("{:?}", checkout.order))
        });
        if let Some(order) = checkout.order {
            self.completed_checkouts.insert(checkout.id, order);
        }
    }

    fn judge_saga(&mut self, fact: &SagaFact) {
        let saga = &fact.run.saga;
        let what = || saga.id.to_string();
        let walked_to = walked(&fact.history, saga::State::Reserved, saga::is_edge);
        self.check(I6, walked_to == Some(saga.state), || {
            violation(
                format!("{} history", what()),
                format!("legal moves that end in {}", saga.state.as_str()),
                trail(&fact.history, saga::State::as_str),
            )
        });
        let fences = fact.history.windows(2).all(|pair| matches!(pair, [a, b] if a.fence <= b.fence));
        let last = fact.history.last().is_none_or(|last| last.fence <= saga.fence);
        self.check(I14, fences && last, || {
            let found: Vec<i64> = fact.history.iter().map(|step| step.fence).collect();
            violation(
                what(),
                format!("fences that never decrease, up to {}", saga.fence),
                format!("{found:?}"),
            )
        });
        self.check(I7, fact.keys == 1, || violation(what(), "one idempotency key", fact.keys));
        let orders = u64::from(matches!(saga.state, saga::State::Placed | saga::State::Ordered));
        // A voided order was placed before its capture was refused; it is cancelled, and still there.
        let expected = if saga.order.is_some() { 1 } else { orders };
        self.check(I7, fact.orders == expected, || {
            violation(what(), format!("{expected} orders"), fact.orders)
        });
        if saga.state == saga::State::Ordered {
            self.capturing.insert(saga.id);
        }
        self.judge_attempt(fact);
        self.judge_refunds(fact);
        self.judge_progress(fact);
        self.judge_reservation(fact);
        self.note_limits(fact);
    }

    /// I9: a saga that has work left has a live lease or a next run, and stands on the stuck list when it is old.
    fn judge_progress(&mut self, fact: &SagaFact) {
        let saga = &fact.run.saga;
        if !saga.has_work() {
            self.check(I9, true, || violation("", "", ""));
            return;
        }
        let leased = fact.lease_until.is_some_and(|until| !self.at_rest(until));
        let due = fact.next_run_at.is_some_and(|next| !self.at_rest(next));
        self.check(I9, leased || due, || {
            let found = format!("lease until {:?}, next run {:?}", fact.lease_until, fact.next_run_at);
            violation(saga.id, "a live lease or a next run", found)
        });
        let limit_ms = self.times.stuck_ms.saturating_add(self.times.hold_ms);
        // After the end, its age is that of the question without an answer.
        let unknown_since = fact.run.attempt.as_ref().and_then(|attempt| attempt.unknown_since);
        let since = if saga.state.is_end() { unknown_since } else { Some(saga.created_at) };
        // Each move takes it off the list; if it is stuck again, it is listed when it is let go of.
        let moved = fact.history.last().is_none_or(|last| !self.at_rest(last.at));
        let old = since.is_some_and(|since| self.at_rest(since.plus_ms(limit_ms))) && !moved;
        self.check(I9, !old || fact.stuck_since.is_some(), || {
            violation(saga.id, "on the stuck list, for it is older than its limit", saga.state.as_str())
        });
    }

    /// I11: a reservation ends once, as its saga does.
    fn judge_reservation(&mut self, fact: &SagaFact) {
        let saga = &fact.run.saga;
        let expected = match saga.state {
            saga::State::Reserved | saga::State::AwaitingBuyer | saga::State::Cancelling => Reserved::Open,
            saga::State::Ordered | saga::State::Placed => Reserved::Committed,
            saga::State::Voiding | saga::State::Released | saga::State::Refunding if saga.order.is_some() => {
                Reserved::Committed
            }
            saga::State::Voiding | saga::State::Released | saga::State::Refunding => Reserved::Released,
        };
        let as_expected =
            fact.reservation.iter().all(|line| *line == expected) && !fact.reservation.is_empty();
        self.check(I11, as_expected, || {
            let found: Vec<_> = fact.reservation.iter().map(|line| line.as_str()).collect();
            violation(saga.id, format!("every line {}", expected.as_str()), format!("{found:?}"))
        });
        let overdue = expected == Reserved::Open && self.at_rest(saga.hold_until);
        let excused = fact.stuck_since.is_some()
            || saga.state == saga::State::Cancelling
            || fact.run.attempt.as_ref().is_some_and(|attempt| attempt.unknown_since.is_some());
        self.check(I11, !overdue || excused, || {
            violation(saga.id, "no stock held beyond its time", format!("held until {}", saga.hold_until))
        });
    }

    /// Sums up what sagas hold and have used of the counters, for I10.
    fn note_limits(&mut self, fact: &SagaFact) {
        let saga = &fact.run.saga;
        for limit in &saga.hold.limits {
            let uses = self.limits.entry(limit.key.clone()).or_default();
            match fact.reservation.first() {
                Some(Reserved::Open) => uses.held = uses.held.saturating_add(limit.quantity),
                Some(Reserved::Committed) => uses.used = uses.used.saturating_add(limit.quantity),
                Some(Reserved::Released) | None => {}
            }
        }
    }

    /// I3 and I6 of an order.
    fn judge_order(&mut self, view: &OrderView) {
        let order = &view.order;
        let paid_for = match (&view.attempt, order.total.is_zero()) {
            (None, true) => true,
            (Some(attempt), false) => attempt.saga == order.saga && attempt.captured == order.total,
            (None | Some(_), _) => false,
        };
        // An order that was cancelled before its capture was never paid, and need not be.
        let was_paid = order.events.iter().any(|event| event.to == order::Status::Paid);
        let must_be_paid = match order.status {
            order::Status::Pending => false,
            order::Status::Cancelled => was_paid,
            order::Status::Paid
            | order::Status::Processing
            | order::Status::Shipped
            | order::Status::Delivered
            | order::Status::Refunded => true,
        };
        self.check(I3, !must_be_paid || paid_for, || {
            let captured = view.attempt.as_ref().map(|attempt| attempt.captured.to_string());
            violation(order.id, format!("{} captured", order.total), format!("{captured:?}"))
        });
        let mut at: Option<order::Status> = None;
        let mut legal = true;
        for (event, sequence) in order.events.iter().zip(1_i64..) {
            let edge = match (event.from, at) {
                (None, None) => event.to == order::Status::Pending,
                (Some(from), Some(now)) => {
                    let by_table = order::TRANSITIONS.iter().any(|(f, _, t)| (*f, *t) == (from, event.to));
                    from == now && by_table
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
            legal = legal && edge && event.sequence == sequence;
            at = Some(event.to);
        }
        self.check(I6, legal && at == Some(order.status), || {
            let trail: Vec<_> = order.events.iter().map(|event| event.to.as_str()).collect();
            let expected = format!("legal moves that end in {}", order.status.as_str());
            violation(format!("{} history", order.id), expected, trail.join(" > "))
        });
        let pending = order.status == order::Status::Pending;
        let capturing = self.capturing.remove(&order.saga);
        self.check(I9, pending == capturing, || {
            let expected = if pending { "a saga that captures its payment" } else { "no capture under way" };
            violation(order.id, expected, order.status.as_str())
        });
    }

    /// I7: one order per checkout and per cart.
    fn judge_uniqueness(&mut self, view: &OrderView, cart_ordered_by: Option<CheckoutId>) {
        let order = &view.order;
        let first = self.ordered_checkouts.insert(order.checkout);
        self.check(I7, first, || violation(order.id, "the only order of its checkout", order.checkout));
        let named = self.completed_checkouts.get(&order.checkout) == Some(&order.id);
        self.check(I7, named, || {
            violation(order.id, "its checkout names it", format!("{:?}", view.checkout.order))
        });
        if let Some(cart) = order.cart {
            let first = self.ordered_carts.insert(cart);
            self.check(I7, first, || violation(order.id, "the only order of its cart", cart));
            self.check(I7, cart_ordered_by == Some(order.checkout), || {
                violation(cart, format!("ordered by {}", order.checkout), format!("{cart_ordered_by:?}"))
            });
        }
    }

    /// I5: the order is sold at the lock's prices.
    fn judge_order_price(&mut self, view: &OrderView) {
        let order = &view.order;
        let locked = view.checkout.lock.totals.total;
        self.check(I5, order.total == locked, || {
            violation(order.id, format!("a total of {locked}"), order.total)
        });
        let mut expected = std::collections::BTreeMap::new();
        for (line, number) in view.checkout.lock.lines.iter().zip(1_u32..) {
            if line.unit_price.is_some() {
                expected.insert((number, line.sku.clone()), i64::from(line.quantity));
            }
        }
        let mut found = std::collections::BTreeMap::new();
        for line in &order.lines {
            let sum = found.entry((line.number, line.sku.clone())).or_insert(0_i64);
            *sum = sum.saturating_add(line.quantity);
        }
        self.check(I5, expected == found, || {
            violation(order.id, format!("the lines of its lock: {expected:?}"), format!("{found:?}"))
        });
    }

    /// I13: what must be told has its deliveries; I8: they are made.
    fn judge_deliveries(&mut self, view: &OrderView, deliveries: &[super::DeliveryFact]) {
        for event in &view.order.events {
            for consumer in outbox::consumers(event.to) {
                let delivery =
                    deliveries.iter().find(|fact| fact.event == event.id && fact.consumer == *consumer);
                self.check(I13, delivery.is_some(), || {
                    let what = format!("{} event {}", view.order.id, event.sequence);
                    violation(what, format!("a delivery to {consumer}"), "none")
                });
                let Some(delivery) = delivery else { continue };
                let overdue = !delivery.over && self.at_rest(delivery.next_at);
                self.check(I8, !overdue, || {
                    let what = format!("{} event {}", view.order.id, event.sequence);
                    violation(what, format!("told to {consumer}"), format!("due since {}", delivery.next_at))
                });
            }
        }
    }

    /// I10: a counter is what sagas and orders hold and have used, and within its limit.
    fn judge_limit(&mut self, key: &LimitKey, uses: Uses) {
        let counted = self.limits.remove(key).unwrap_or_default();
        self.check(I10, (uses.held, uses.used) == (counted.held, counted.used), || {
            let expected = format!("{} held, {} used", counted.held, counted.used);
            violation(describe(key), expected, format!("{} held, {} used", uses.held, uses.used))
        });
        // A limit that was lowered below what is used already forbids more, and undoes nothing; what counts is that
        // the counters never passed the limit of their time, which the condition of the write guards. A discount's
        // limit never changes, so it can be judged afterwards.
        let within = match (key, uses.max) {
            (LimitKey::Discount(_), Some(max)) => uses.held.saturating_add(uses.used) <= max,
            (LimitKey::Discount(_) | LimitKey::Purchase(..), _) => true,
        };
        self.check(I10, within && uses.held >= 0 && uses.used >= 0, || {
            violation(describe(key), format!("0 to {:?} uses", uses.max), format!("{uses:?}"))
        });
    }

    /// What only shows when all facts are in.
    pub(super) fn judge_what_is_missing(&mut self) {
        for (place, ledger) in std::mem::take(&mut self.ledgers) {
            self.check(I2, false, || {
                let what = format!("stock of {} at {}", place.sku, place.location);
                violation(what, format!("a row at version {}", ledger.version), "movements without a row")
            });
        }
        for (checkout, order) in std::mem::take(&mut self.completed_checkouts) {
            let placed = self.ordered_checkouts.contains(&checkout);
            self.check(I7, placed, || violation(checkout, format!("its order {order}"), "no such order"));
        }
        self.judge_moved_for_nobody();
        for saga in std::mem::take(&mut self.capturing) {
            self.check(I9, false, || violation(saga, "a pending order", "no such order"));
        }
        for (key, uses) in std::mem::take(&mut self.limits) {
            let counted_nowhere = uses.held == 0 && uses.used == 0;
            self.check(I10, counted_nowhere, || {
                violation(describe(&key), "a counter", format!("none, for {uses:?}"))
            });
        }
    }
}

/// The totals that a lock's own lines add up to.
fn add_up(lock: &Lock) -> Option<Totals> {
    let zero = Money::zero(lock.totals.total.currency());
    let (mut subtotal, mut discount, mut tax) = (zero, zero, zero);
    for (line, price) in lock.sold() {
        subtotal = subtotal.plus(price.times(line.quantity).ok()?).ok()?;
        discount = discount.plus(line.discount).ok()?;
        tax = tax.plus(line.tax).ok()?;
    }
    let tax_added = lock.totals.tax_added;
    let added_or_contained = tax_added == tax || tax_added.is_zero();
    let shipping = lock.totals.shipping;
    let total = subtotal.minus(discount).ok()?.plus(shipping).ok()?.plus(tax_added).ok()?;
    added_or_contained.then_some(Totals { subtotal, discount, shipping, tax, tax_added, total })
}

/// Where a history ends, if it begins at `start` and every move is an edge.
pub(super) fn walked<S: Copy + PartialEq>(
    history: &[Past<S>],
    start: S,
    is_edge: fn(S, S) -> bool,
) -> Option<S> {
    let first = history.first()?;
    let legal = history.windows(2).all(|pair| matches!(pair, [a, b] if is_edge(a.to, b.to) && a.at <= b.at));
    (first.to == start && legal).then_some(history.last()?.to)
}

pub(super) fn trail<S: Copy>(history: &[Past<S>], name: fn(S) -> &'static str) -> String {
    let names: Vec<_> = history.iter().map(|step| name(step.to)).collect();
    if names.is_empty() { "no history".to_owned() } else { names.join(" > ") }
}

fn describe(key: &LimitKey) -> String {
    match key {
        LimitKey::Discount(code) => format!("discount {code}"),
        LimitKey::Purchase(sku, identity) => {
            let digits: String = identity.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format!("purchases of {sku} by {digits}")
        }
    }
}
