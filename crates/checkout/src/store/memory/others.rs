//! API keys, discounts, purchase limits and the outbox in memory.

use async_trait::async_trait;

use super::{MemoryStore, lease};
use crate::catalog::Sku;
use crate::discount::{Discount, DiscountCode};
use crate::id::{ApiKeyId, EventId, OwnerId, SecretHash};
use crate::purchase_limit::{PurchaseLimit, Uses};
use crate::store::accounts::{Accounts, ApiKey};
use crate::store::deliveries::{Deliveries, DeliveryResult, Due};
use crate::store::discounts::{DiscountView, Discounts};
use crate::store::{Books, Failure, Page};

#[async_trait]
impl Accounts for MemoryStore {
    async fn create_api_key(&self, key: ApiKey) -> Result<(), Failure> {
        self.state().api_keys.push(key);
        Ok(())
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, Failure> {
        Ok(self.state().api_keys.clone())
    }

    async fn api_key(&self, secret: SecretHash) -> Result<Option<ApiKey>, Failure> {
        let state = self.state();
        let live = state.api_keys.iter().filter(|key| key.revoked_at.is_none());
        Ok(live.into_iter().find(|key| key.secret.matches(&secret)).cloned())
    }

    async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, Failure> {
        let now = self.now();
        let mut state = self.state();
        let key = state.api_keys.iter_mut().find(|key| key.id == id && key.revoked_at.is_none());
        Ok(key.map(|key| key.revoked_at = Some(now)).is_some())
    }
}

#[async_trait]
impl Discounts for MemoryStore {
    async fn create_discount(&self, discount: Discount) -> Result<bool, Failure> {
        let mut state = self.state();
        if state.discounts.contains_key(&discount.code) {
            return Ok(false);
        }
        let uses = Uses { held: 0, used: 0, max: discount.uses_max };
        state.discounts.insert(discount.code.clone(), (discount, uses));
        Ok(true)
    }

    async fn discounts(
        &self,
        after: Option<&DiscountCode>,
        limit: u32,
    ) -> Result<Page<DiscountView>, Failure> {
        let state = self.state();
        let rows = state
            .discounts
            .values()
            .filter(|(discount, _)| after.is_none_or(|after| discount.code > *after))
            .map(|(discount, uses)| DiscountView { discount: discount.clone(), uses: *uses });
        Ok(Page::of(rows.collect(), limit))
    }

    async fn set_purchase_limit(&self, limit: PurchaseLimit) -> Result<bool, Failure> {
        let mut state = self.state();
        if !state.stock.contains_key(&limit.sku) {
            return Ok(false);
        }
        state.purchase_limits.insert(limit.sku, limit.quantity_max);
        Ok(true)
    }

    async fn purchase_limits(&self, after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure> {
        let state = self.state();
        let rows = state
            .purchase_limits
            .iter()
            .filter(|(sku, _)| after.is_none_or(|after| *sku > after))
            .map(|(sku, quantity_max)| PurchaseLimit { sku: sku.clone(), quantity_max: *quantity_max });
        Ok(Page::of(rows.collect(), limit))
    }
}

#[async_trait]
impl Deliveries for MemoryStore {
    async fn claim_deliveries(
        &self,
        consumer: &str,
        owner: OwnerId,
        limit: u32,
    ) -> Result<Vec<Due>, Failure> {
        let now = self.now();
        let mut state = self.state();
        let mut due = Vec::new();
        let mut blocked = None;
        for ((order, sequence, told), row) in &state.deliveries {
            // Rows are in order of their sequence: the first that is not over holds up those behind it.
            if told != consumer || row.over || blocked == Some(*order) {
                continue;
            }
            blocked = Some(*order);
            if row.next_at <= now && row.lease_until <= now {
                due.push((*order, *sequence));
            }
        }
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut claimed = Vec::new();
        for (order, sequence) in due {
            let view = state.order_view(order);
            let row = state.deliveries.get_mut(&(order, sequence, consumer.to_owned()));
            let (Some(view), Some(row)) = (view, row) else { continue };
            row.lease_until = lease(owner, now, &self.shop);
            let event = view.order.events.iter().find(|event| event.id == row.event).cloned();
            let Some(event) = event else { continue };
            claimed.push(Due { consumer: consumer.to_owned(), event, view, tries: row.tries });
        }
        Ok(claimed)
    }

    async fn finish_delivery(
        &self,
        event: EventId,
        consumer: &str,
        result: DeliveryResult,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut state = self.state();
        let mut rows = state.deliveries.iter_mut();
        let found = rows.find(|((_, _, told), row)| told == consumer && row.event == event && !row.over);
        if let Some((_, row)) = found {
            row.lease_until = now;
            row.tries = row.tries.saturating_add(1);
            match result {
                DeliveryResult::Delivered | DeliveryResult::Dead { .. } => row.over = true,
                DeliveryResult::Retry { at, .. } => row.next_at = at,
            }
        }
        Ok(())
    }
}
