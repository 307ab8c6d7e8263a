//! The part of the store that keeps discounts and purchase limits with their counters.

use async_trait::async_trait;

use crate::catalog::Sku;
use crate::discount::{Discount, DiscountCode};
use crate::purchase_limit::{PurchaseLimit, Uses};
use crate::store::{Failure, Page};

/// A discount with its counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountView {
    /// The discount.
    pub discount: Discount,
    /// What its counter stands at.
    pub uses: Uses,
}

/// The part of the store that keeps discounts and purchase limits.
#[async_trait]
pub trait Discounts: Send + Sync {
    /// Makes a discount; `false` if the code is taken.
    async fn create_discount(&self, discount: Discount) -> Result<bool, Failure>;
    /// Discounts in the order of their codes, behind one.
    async fn discounts(
        &self,
        after: Option<&DiscountCode>,
        limit: u32,
    ) -> Result<Page<DiscountView>, Failure>;
    /// Sets how many units of a SKU one buyer may have; `false` if there is no such SKU.
    async fn set_purchase_limit(&self, limit: PurchaseLimit) -> Result<bool, Failure>;
    /// Purchase limits in the order of their SKUs, behind one.
    async fn purchase_limits(&self, after: Option<&Sku>, limit: u32) -> Result<Page<PurchaseLimit>, Failure>;
}
