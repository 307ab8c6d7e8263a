//! The part of the store that keeps stock apart from checkouts: what merchants move.

use async_trait::async_trait;

use crate::book::Movement;
use crate::catalog::{Location, Sku};
use crate::id::CauseId;
use crate::idempotency::Claim;
use crate::inventory::{Kind, Place, Refused, Stock};
use crate::store::{Answer, Failure, Page};

/// A movement that a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveStock {
    /// The request's key.
    pub claim: Claim,
    /// What the movement names as its cause.
    pub cause: CauseId,
    /// Which row.
    pub place: Place,
    /// `receive`, `adjust` or `return`.
    pub kind: Kind,
    /// How many units; `adjust` may be negative.
    pub quantity: i64,
    /// Why.
    pub reason: String,
}

/// A movement that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The journal's line.
    pub movement: Movement,
    /// The id of the request that made it.
    pub request_id: String,
    /// Whether an earlier request with the same key made it.
    pub replayed: bool,
}

/// Why a movement was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveRefusal {
    /// There is no such SKU.
    UnknownSku,
    /// The shop has no such location.
    UnknownLocation,
    /// The key came with another body before.
    KeyReused,
    /// The movement table refuses it.
    Refused(Refused),
}

/// The rows of one SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockView {
    /// The SKU.
    pub sku: Sku,
    /// Its row at each location, in the order of their names.
    pub rows: Vec<(Location, Stock)>,
}

/// The part of the store that keeps stock.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// Moves stock for a merchant.
    async fn move_stock(&self, call: MoveStock) -> Answer<Moved, MoveRefusal>;
    /// The rows of a SKU; `None` if there is no such SKU.
    async fn stock(&self, sku: &Sku) -> Result<Option<StockView>, Failure>;
    /// The rows of all SKUs in their order, behind one.
    async fn stocks(&self, after: Option<&Sku>, limit: u32) -> Result<Page<StockView>, Failure>;
    /// The journal of a SKU in the order of its rows and versions, behind a row's version.
    async fn movements(
        &self,
        sku: &Sku,
        after: Option<(Location, i64)>,
        limit: u32,
    ) -> Result<Page<Movement>, Failure>;
}
