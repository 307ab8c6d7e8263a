//! The part of the store that keeps the outbox: one delivery per event and consumer.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::id::{EventId, OwnerId};
use crate::order::HistoryEvent;
use crate::store::Failure;
use crate::store::orders::OrderView;

/// The consumer that sends mail to buyers.
pub const MAIL: &str = "mail";

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Who is told.
    pub consumer: String,
    /// What is told.
    pub event: HistoryEvent,
    /// The order that it happened to.
    pub view: OrderView,
    /// How often it was tried.
    pub tries: u32,
}

/// How a try of a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryResult {
    /// It arrived.
    Delivered,
    /// It did not; try again then.
    Retry {
        /// When.
        at: Timestamp,
        /// What went wrong.
        problem: String,
    },
    /// It never will; an operator sees it.
    Dead {
        /// What went wrong.
        problem: String,
    },
}

/// The part of the store that keeps the outbox.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Takes over deliveries to a consumer that are due and nobody's; of one order only the earliest.
    async fn claim_deliveries(&self, consumer: &str, owner: OwnerId, limit: u32)
    -> Result<Vec<Due>, Failure>;
    /// Notes how a try ended.
    async fn finish_delivery(
        &self,
        event: EventId,
        consumer: &str,
        result: DeliveryResult,
    ) -> Result<(), Failure>;
}
