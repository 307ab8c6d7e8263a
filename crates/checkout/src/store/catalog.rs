//! The part of the store that keeps the catalog.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::catalog::{Handle, ImportedProduct, Location, Product, Sku};
use crate::id::{CauseId, ProductId};
use crate::money::Money;
use crate::store::{Answer, Failure, Page};

/// A product to be put into the catalog, whether it is new or known by its handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutProduct {
    /// The product's id if it is new.
    pub id: ProductId,
    /// The product.
    pub product: ImportedProduct,
    /// Where its stock is.
    pub location: Location,
    /// Whether to set the stock of known SKUs to the given quantities, as an `adjust`.
    pub set_stock: bool,
    /// What its stock movements name as their cause.
    pub cause: CauseId,
}

/// What putting a product did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutOutcome {
    /// Whether the product is new.
    pub created: bool,
    /// Whether anything about a known product changed.
    pub changed: bool,
    /// SKUs that are new.
    pub skus_created: u32,
    /// SKUs whose stock was moved.
    pub stock_moved: u32,
}

/// Why a product was not put.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutRefusal {
    /// A SKU belongs to another product.
    #[error("SKU `{sku}` belongs to product `{owner}`")]
    SkuTaken {
        /// The SKU.
        sku: Sku,
        /// The product that has it.
        owner: Handle,
    },
    /// A price is in another currency than the shop's.
    #[error("the prices are not in the shop's currency")]
    WrongCurrency,
    /// The stock cannot be set to what was given: fewer units are available than would be taken away.
    #[error("the stock of SKU `{0}` cannot be set: more units than are available would be taken away")]
    StockNotAvailable(Sku),
}

/// A product with what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// The units of each SKU that can be sold now; `None` where more can be promised than is there.
    pub available: BTreeMap<Sku, Option<i64>>,
}

/// Which products a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductQuery {
    /// Words that all must occur in it; the beginning of a word is enough.
    pub search: Option<String>,
    /// Products behind this one, in the order of their ids.
    pub after: Option<ProductId>,
    /// How many at most.
    pub limit: u32,
}

/// What a price was changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceSet {
    /// What it was.
    pub was: Money,
    /// What it is.
    pub now: Money,
    /// How many open checkouts were expired because their locks were revoked.
    pub locks_revoked: u64,
}

/// The part of the store that keeps the catalog.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Puts a product; putting the same again changes nothing.
    async fn put_product(&self, call: PutProduct) -> Answer<PutOutcome, PutRefusal>;
    /// Published products in the order of their ids.
    async fn products(&self, query: ProductQuery) -> Result<Page<ProductView>, Failure>;
    /// A published product by its handle.
    async fn product(&self, handle: &Handle) -> Result<Option<ProductView>, Failure>;
    /// Changes a price; `None` if there is no such SKU. Locks stay unless revoked, which expires open checkouts with
    /// that SKU; those under way keep theirs.
    async fn set_price(
        &self,
        sku: &Sku,
        price: Money,
        revoke_locks: bool,
    ) -> Result<Option<PriceSet>, Failure>;
}
