//! Inventory: the movement table. What each kind of movement does to the four counters of a stock row, and when it
//! is refused.
//!
//! Decides every change of stock, as a pure function. Leaves storing the outcome, under the condition that the row is
//! still the one that was read, to the store; and combining many calls to `book`.

use crate::catalog::{Location, Sku};
use crate::limits;
#[cfg(feature = "sabotage")]
use crate::sabotage::{self, Sabotage};

/// What happens when a buyer wants more than is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The buyer is refused: nothing is sold that is not there.
    Deny,
    /// The rest is promised as a backorder.
    Continue,
}

impl Policy {
    /// How many units are owed if so many are not there; `None` if nothing can be sold then.
    pub fn owed(self, missing: i64) -> Option<i64> {
        #[cfg(feature = "sabotage")]
        if self == Self::Deny && sabotage::is(Sabotage::UpdateWithoutCondition) {
            return Some(0);
        }
        (missing == 0 || self == Self::Continue).then_some(missing)
    }
}

/// The four counters of one SKU at one location; none is ever below zero (I1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// Units that can still be sold.
    pub available: i64,
    /// Units held for checkouts under way.
    pub reserved: i64,
    /// Units sold, not yet shipped.
    pub committed: i64,
    /// Units promised beyond what is there.
    pub backordered: i64,
}

impl Counters {
    /// What a stock count finds: available + reserved + committed - backordered.
    pub fn on_hand(&self) -> i64 {
        self.available
            .saturating_add(self.reserved)
            .saturating_add(self.committed)
            .saturating_sub(self.backordered)
    }
}

/// One row of the inventory: a SKU at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// What is there.
    pub counters: Counters,
    /// How many movements the row has seen; the next one is numbered one higher (I2).
    pub version: i64,
    /// Whether more can be promised than is there.
    pub policy: Policy,
}

/// Where a stock row stands. Ordered by SKU, then location: the order in which rows are touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The SKU.
    pub sku: Sku,
    /// The location.
    pub location: Location,
}

/// The kinds of stock movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Goods arrived.
    Receive,
    /// A shipped unit came back and can be sold again.
    Return,
    /// A stock count found more, or fewer.
    Adjust,
    /// Units are held for a checkout.
    Reserve,
    /// Held units are given back.
    Release,
    /// Held units are sold.
    Commit,
    /// Sold units are given back before they shipped.
    Cancel,
    /// Sold units left the house.
    Ship,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Receive,
        Self::Return,
        Self::Adjust,
        Self::Reserve,
        Self::Release,
        Self::Commit,
        Self::Cancel,
        Self::Ship,
    ];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Return => "return",
            Self::Adjust => "adjust",
            Self::Reserve => "reserve",
            Self::Release => "release",
            Self::Commit => "commit",
            Self::Cancel => "cancel",
            Self::Ship => "ship",
        }
    }

    /// Reads [`Kind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Why a movement is refused; nothing changes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Fewer units are available than the movement takes.
    #[error("not enough units are available")]
    NotAvailable,
    /// Fewer units are reserved than the movement gives back or sells.
    #[error("not so many units are reserved")]
    NotReserved,
    /// Fewer units are committed than the movement cancels or ships.
    #[error("not so many units are committed")]
    NotCommitted,
    /// The units were promised but have not arrived: they cannot be shipped.
    #[error("not so many units are on hand; backordered units must arrive first")]
    NotOnHand,
    /// The quantity is zero, negative where it must not be, or beyond the limits.
    #[error(
        "the quantity must be a number of units between 1 and {} (adjust: also negative)",
        limits::MOVEMENT_QUANTITY_MAX
    )]
    BadQuantity,
}

/// The counters after a movement, or why it is refused: the movement table, one kind a line.
pub fn apply(kind: Kind, quantity: i64, stock: &Stock) -> Result<Counters, Refused> {
    let before = stock.counters;
    let limit = limits::MOVEMENT_QUANTITY_MAX;
    let in_range = match kind {
        Kind::Adjust => quantity != 0 && quantity >= limit.saturating_neg() && quantity <= limit,
        Kind::Receive
        | Kind::Return
        | Kind::Reserve
        | Kind::Release
        | Kind::Commit
        | Kind::Cancel
        | Kind::Ship => quantity >= 1 && quantity <= limit,
    };
    if !in_range {
        return Err(Refused::BadQuantity);
    }
    let after = match kind {
        Kind::Receive | Kind::Return => take_in(before, quantity),
        Kind::Adjust if quantity > 0 => take_in(before, quantity),
        Kind::Adjust => Counters {
            // The quantity is negative here; this takes units away.
            available: at_least_zero(before.available.saturating_add(quantity), Refused::NotAvailable)?,
            ..before
        },
        Kind::Reserve => {
            let taken = before.available.min(quantity);
            let owed = stock.policy.owed(quantity.saturating_sub(taken)).ok_or(Refused::NotAvailable)?;
            Counters {
                available: before.available.saturating_sub(taken),
                reserved: before.reserved.saturating_add(quantity),
                backordered: before.backordered.saturating_add(owed),
                ..before
            }
        }
        Kind::Release => {
            let reserved = at_least_zero(before.reserved.saturating_sub(quantity), Refused::NotReserved)?;
            take_in(Counters { reserved, ..before }, quantity)
        }
        Kind::Commit => Counters {
            reserved: at_least_zero(before.reserved.saturating_sub(quantity), Refused::NotReserved)?,
            committed: before.committed.saturating_add(quantity),
            ..before
        },
        Kind::Cancel => {
            let committed = at_least_zero(before.committed.saturating_sub(quantity), Refused::NotCommitted)?;
            take_in(Counters { committed, ..before }, quantity)
        }
        Kind::Ship => {
            let committed = at_least_zero(before.committed.saturating_sub(quantity), Refused::NotCommitted)?;
            if before.on_hand() < quantity {
                return Err(Refused::NotOnHand);
            }
            Counters { committed, ..before }
        }
    };
    let within = [after.available, after.reserved, after.committed, after.backordered]
        .into_iter()
        .all(|counter| (0..=limits::COUNTER_MAX).contains(&counter));
    if within { Ok(after) } else { Err(Refused::BadQuantity) }
}

/// Units come in: they pay the backorder debt first, the rest can be sold.
fn take_in(before: Counters, quantity: i64) -> Counters {
    let debt_paid = before.backordered.min(quantity);
    Counters {
        backordered: before.backordered.saturating_sub(debt_paid),
        available: before.available.saturating_add(quantity.saturating_sub(debt_paid)),
        ..before
    }
}

fn at_least_zero(counter: i64, refused: Refused) -> Result<i64, Refused> {
    if counter >= 0 { Ok(counter) } else { Err(refused) }
}
