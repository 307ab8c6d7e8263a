//! Orders and refunds in memory.

use async_trait::async_trait;

use super::{KeyRow, MemoryStore, RefundRow, State, lease};
use crate::clock::Timestamp;
use crate::id::{OrderId, OwnerId, RefundId};
use crate::idempotency::WorkDone;
use crate::order::change::{self, Change};
use crate::saga;
use crate::store::orders::{
    OrderView, Orders, Refund, RefundResult, TransitionOrder, TransitionRefusal, Transitioned,
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

    async fn transition_order(&self, call: TransitionOrder) -> Answer<Transitioned, TransitionRefusal> {
        let now = self.now();
        Ok(self.state().transition_order(call, now))
    }

    async fn claim_refunds(&self, owner: OwnerId, limit: u32) -> Result<Vec<Refund>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let due = |row: &RefundRow| !row.over && row.next_at <= now && row.lease_until <= now;
        let ids: Vec<RefundId> =
            state.refunds.iter().filter(|(_, row)| due(row)).map(|(id, _)| *id).collect();
        let mut claimed = Vec::new();
        for id in ids.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            let Some(row) = state.refunds.get_mut(&id) else { continue };
            row.lease_until = lease(owner, now, &self.shop);
            let (order, amount, tries) = (row.order, row.amount, row.tries);
            let Some(attempt) = state.order_view(order).and_then(|view| view.attempt) else { continue };
            claimed.push(Refund { id, order, amount, tries, attempt });
        }
        Ok(claimed)
    }

    async fn finish_refund(&self, id: RefundId, result: RefundResult) -> Result<bool, Failure> {
        let now = self.now();
        let times = self.shop.times;
        let mut state = self.state();
        let Some(row) = state.refunds.get_mut(&id).filter(|row| !row.over) else { return Ok(false) };
        let (order, amount) = (row.order, row.amount);
        row.lease_until = now;
        if matches!(result, RefundResult::Unknown(_)) {
            row.next_at = saga::retry_at(now, row.tries, &times);
            row.tries = row.tries.saturating_add(1);
            return Ok(true);
        }
        row.over = true;
        let Some(view) = state.order_view(order) else { return Ok(false) };
        let change = match result {
            RefundResult::Refunded(event) => change::refunded(&view, amount, event, now),
            RefundResult::Refused(_) | RefundResult::Unknown(_) => change::refund_refused(&view, amount, now),
        };
        let change = change.ok_or_else(|| Failure::Broken(format!("{id} is more than was set aside")))?;
        state.write_change(change);
        Ok(true)
    }
}

impl State {
    fn transition_order(
        &mut self,
        call: TransitionOrder,
        now: Timestamp,
    ) -> Result<Transitioned, TransitionRefusal> {
        let key = (call.claim.scope.clone(), call.claim.key.clone());
        let view = self.order_view(call.id).ok_or(TransitionRefusal::NotFound)?;
        if let Some(row) = self.keys.get(&key) {
            if row.body != call.claim.body {
                return Err(TransitionRefusal::KeyReused);
            }
            return Ok(transitioned(view, row.request_id.clone(), true));
        }
        let skus: Vec<_> = view.order.lines.iter().map(|line| line.sku.clone()).collect();
        let mut book = self.book(&skus, &[]);
        let change = change::decide(&call, &view, &mut book, now)?;
        self.write(book);
        if let Some(amount) = change.refund {
            let row =
                RefundRow { order: call.id, amount, tries: 0, next_at: now, lease_until: now, over: false };
            self.refunds.insert(call.refund, row);
        }
        let view = self.write_change(change);
        let request_id = call.claim.request_id;
        let work = WorkDone::Admin(format!("transition {}", call.id));
        self.keys.insert(key, KeyRow { body: call.claim.body, work, request_id: request_id.clone() });
        Ok(transitioned(view, request_id, false))
    }

    pub(super) fn write_change(&mut self, change: Change) -> OrderView {
        let Change { view, event, .. } = change;
        self.orders.insert(view.order.id, view.order.clone());
        if let Some(row) = self.sagas.get_mut(&view.order.saga) {
            row.run.attempt.clone_from(&view.attempt);
        }
        if let Some(event) = event {
            self.tell(view.order.id, &event);
        }
        view
    }
}

fn transitioned(view: OrderView, request_id: String, replayed: bool) -> Transitioned {
    let refund_under_way = view.attempt.as_ref().is_some_and(|attempt| !attempt.refund_pending.is_zero());
    Transitioned { view, refund_under_way, request_id, replayed }
}
