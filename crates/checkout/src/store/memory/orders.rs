//! Orders and refunds in memory.

use async_trait::async_trait;

use super::{KeyRow, MemoryStore, RefundRow, State, lease};
use crate::book::Book;
use crate::id::{OrderId, OwnerId, RefundId};
use crate::idempotency::{Claim, WorkDone};
use crate::order::change::{self, Change};
use crate::order::{goods, money};
use crate::payment::Attempt;
use crate::refund::{self, Refund};
use crate::store::orders::{
    ChangeOrderRefusal, ChangedOrder, DueRefund, OrderView, Orders, RefundOrder, ReturnOrder, ShipOrder,
    TransitionOrder,
};
use crate::store::{Answer, Books, Failure, Page};

#[async_trait]
impl Orders for MemoryStore {
    async fn order(&self, id: OrderId) -> Result<Option<OrderView>, Failure> {
        Ok(self.state().order_view(id))
    }

    async fn orders(&self, after: Option<OrderId>, limit: u32) -> Result<Page<OrderView>, Failure> {
        let state = self.state();
        let ids = state.orders.keys().rev().filter(|id| after.is_none_or(|after| **id < after));
        let rows = ids.filter_map(|id| state.order_view(*id));
        Ok(Page::of(rows.collect(), limit))
    }

    async fn transition_order(&self, call: TransitionOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        let now = self.now();
        let decide = |view: &OrderView, book: &mut Book| change::decide(&call, view, book, now);
        Ok(self.state().change_order(&call.claim, call.id, "transition", decide))
    }

    async fn refund_order(&self, call: RefundOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        let now = self.now();
        let decide = |view: &OrderView, _: &mut Book| money::refund(&call, view, now);
        Ok(self.state().change_order(&call.claim, call.id, "refund", decide))
    }

    async fn ship_order(&self, call: ShipOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        let now = self.now();
        let decide = |view: &OrderView, book: &mut Book| goods::ship(&call, view, book, now);
        Ok(self.state().change_order(&call.claim, call.id, "shipment", decide))
    }

    async fn return_order(&self, call: ReturnOrder) -> Answer<ChangedOrder, ChangeOrderRefusal> {
        let now = self.now();
        let decide = |view: &OrderView, book: &mut Book| goods::take_back(&call, view, book, now);
        Ok(self.state().change_order(&call.claim, call.id, "return", decide))
    }

    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<DueRefund>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let State { refunds, sagas, .. } = &mut *state;
        let due = |row: &&mut RefundRow| {
            let refund = &row.refund;
            refund.state == refund::State::Pending && refund.next_at <= now && row.lease_until <= now
        };
        let mut claimed = Vec::new();
        for row in refunds.values_mut().filter(due).take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            row.lease_until = lease(owner, now, &self.shop);
            let refund = row.refund.clone();
            let attempt = sagas.get(&refund.saga).and_then(|saga| saga.run.attempt.clone());
            let attempt =
                attempt.ok_or_else(|| Failure::Broken(format!("{} is of no payment", refund.id)))?;
            claimed.push(DueRefund { refund, attempt });
        }
        Ok(claimed)
    }

    async fn finish_refund(&self, id: RefundId, outcome: refund::Outcome) -> Result<bool, Failure> {
        let now = self.now();
        let mut state = self.state();
        let pending = |row: &&RefundRow| row.refund.state == refund::State::Pending;
        let Some(row) = state.refunds.get(&id).filter(pending) else { return Ok(false) };
        let refund = row.refund.clone();
        let attempt = state.sagas.get(&refund.saga).and_then(|saga| saga.run.attempt.clone());
        let view = refund.order.and_then(|order| state.order_view(order));
        let finished = attempt
            .and_then(|attempt| refund.finish(&outcome, &attempt, view.as_ref(), now, &self.shop.times));
        let finished = finished.ok_or_else(|| Failure::Broken(format!("{id} is more than was set aside")))?;
        state.refunds.insert(id, RefundRow { refund: finished.refund, lease_until: now });
        if let Some(attempt) = finished.attempt {
            state.write_attempt(attempt);
        }
        if let Some(change) = finished.change {
            state.write_change(change);
        }
        Ok(true)
    }

    async fn stuck_refunds(&self, after: Option<RefundId>, limit: u32) -> Result<Page<Refund>, Failure> {
        let state = self.state();
        let behind = state.refunds.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let stuck = behind.filter(|(_, row)| row.refund.stuck_since.is_some());
        Ok(Page::of(stuck.map(|(_, row)| row.refund.clone()).collect(), limit))
    }
}

impl State {
    /// Changes an order as a merchant asks for, once per key.
    fn change_order(
        &mut self,
        claim: &Claim,
        id: OrderId,
        what: &str,
        decide: impl FnOnce(&OrderView, &mut Book) -> Result<Change, ChangeOrderRefusal>,
    ) -> Result<ChangedOrder, ChangeOrderRefusal> {
        let key = (claim.scope.clone(), claim.key.clone());
        let view = self.order_view(id).ok_or(ChangeOrderRefusal::NotFound)?;
        if let Some(row) = self.keys.get(&key) {
            if row.body != claim.body {
                return Err(ChangeOrderRefusal::KeyReused);
            }
            return Ok(ChangedOrder::of(view, row.request_id.clone(), true));
        }
        let skus: Vec<_> = view.order.lines.iter().map(|line| line.sku.clone()).collect();
        let mut book = self.book(&skus, &[]);
        let change = decide(&view, &mut book)?;
        self.write(book);
        let view = self.write_change(change);
        let (body, request_id) = (claim.body, claim.request_id.clone());
        let work = WorkDone::Admin(format!("{what} {id}"));
        self.keys.insert(key, KeyRow { body, work, request_id: request_id.clone() });
        Ok(ChangedOrder::of(view, request_id, false))
    }

    pub(super) fn write_change(&mut self, change: Change) -> OrderView {
        let Change { view, events, refund, .. } = change;
        self.orders.insert(view.order.id, view.order.clone());
        if let Some(attempt) = &view.attempt {
            self.write_attempt(attempt.clone());
        }
        for event in events {
            self.tell(view.order.id, &event);
        }
        if let Some(refund) = refund {
            self.begin_refund(refund);
        }
        view
    }

    fn write_attempt(&mut self, attempt: Attempt) {
        if let Some(row) = self.sagas.get_mut(&attempt.saga) {
            row.run.attempt = Some(attempt);
        }
    }

    /// A refund begins; those of its payment that were refused are settled by it.
    pub(super) fn begin_refund(&mut self, refund: Refund) {
        for row in self.refunds.values_mut().filter(|row| row.refund.saga == refund.saga) {
            if row.refund.state == refund::State::Refused {
                row.refund.stuck_since = None;
            }
        }
        let lease_until = refund.created_at;
        self.refunds.insert(refund.id, RefundRow { refund, lease_until });
    }
}
