//! What the memory store tells the audit, in the order that the audit asks for.

use std::collections::BTreeMap;

use super::State;
use crate::audit::{DeliveryFact, Fact, RefundFact, Reserved, SagaFact};
use crate::id::SagaId;
use crate::idempotency::WorkDone;
use crate::inventory::Place;
use crate::purchase_limit::LimitKey;

impl State {
    pub(super) fn facts(&self, take: &mut dyn FnMut(Fact)) {
        let mut movements = self.movements.clone();
        movements.sort_by_key(|movement| (movement.place.clone(), movement.version));
        movements.into_iter().for_each(|movement| take(Fact::Movement(movement)));
        self.stock_facts(take);
        for row in self.checkouts.values() {
            let checkout = Box::new(row.checkout.clone());
            take(Fact::Checkout { checkout, history: row.history.clone() });
        }
        let mut refunds: BTreeMap<SagaId, Vec<RefundFact>> = BTreeMap::new();
        for row in self.refunds.values() {
            let fact = RefundFact { refund: row.refund.clone(), lease_until: row.lease_until };
            refunds.entry(row.refund.saga).or_default().push(fact);
        }
        for row in self.sagas.values() {
            let id = row.run.saga.id;
            let keys = self.keys.values().filter(|key| key.work == WorkDone::Saga(id)).count();
            let orders = self.orders.values().filter(|order| order.saga == id).count();
            take(Fact::Saga(Box::new(SagaFact {
                run: row.run.clone(),
                history: row.history.clone(),
                payment_history: row.payment_history.clone(),
                lease_until: Some(row.schedule.lease_until),
                next_run_at: Some(row.schedule.next_run_at),
                stuck_since: row.schedule.stuck_since,
                reservation: row.run.saga.hold.allocations.iter().map(|_| row.reservation).collect(),
                refunds: refunds.remove(&id).unwrap_or_default(),
                keys: u64::try_from(keys).unwrap_or(u64::MAX),
                orders: u64::try_from(orders).unwrap_or(u64::MAX),
            })));
        }
        for key in self.keys.values() {
            let WorkDone::Saga(saga) = key.work else { continue };
            if !self.sagas.contains_key(&saga) {
                take(Fact::LostKey { saga, request_id: key.request_id.clone() });
            }
        }
        for id in self.orders.keys() {
            let Some(view) = self.order_view(*id) else { continue };
            let deliveries = self.deliveries.iter().filter(|((order, ..), _)| order == id);
            let deliveries = deliveries.map(|((_, _, consumer), row)| DeliveryFact {
                event: row.event,
                consumer: consumer.clone(),
                over: row.over,
                next_at: row.next_at,
            });
            let cart_ordered_by =
                view.order.cart.and_then(|cart| self.carts.get(&cart)).and_then(|cart| cart.ordered_by);
            take(Fact::Order { view: Box::new(view), deliveries: deliveries.collect(), cart_ordered_by });
        }
        for (code, (_, uses)) in &self.discounts {
            take(Fact::Limit { key: LimitKey::Discount(code.clone()), uses: *uses });
        }
        for (sku, identity) in self.purchases.keys() {
            let key = LimitKey::Purchase(sku.clone(), *identity);
            let uses = self.uses(&key);
            take(Fact::Limit { key, uses });
        }
    }

    fn stock_facts(&self, take: &mut dyn FnMut(Fact)) {
        let (mut reserved, mut committed): (BTreeMap<Place, i64>, BTreeMap<Place, i64>) = Default::default();
        for row in self.sagas.values().filter(|row| row.reservation == Reserved::Open) {
            for allocation in &row.run.saga.hold.allocations {
                let sum = reserved.entry(allocation.place.clone()).or_default();
                *sum = sum.saturating_add(allocation.quantity);
            }
        }
        for line in self.orders.values().flat_map(|order| &order.lines) {
            let place = Place { sku: line.sku.clone(), location: line.location.clone() };
            let sum = committed.entry(place).or_default();
            *sum = sum.saturating_add(line.outstanding());
        }
        for (sku, rows) in &self.stock {
            for (location, row) in rows {
                let place = Place { sku: sku.clone(), location: location.clone() };
                take(Fact::Stock {
                    stock: row.stock,
                    ever_continued: row.ever_continued,
                    reserved: reserved.get(&place).copied().unwrap_or_default(),
                    committed: committed.get(&place).copied().unwrap_or_default(),
                    place,
                });
            }
        }
    }
}
