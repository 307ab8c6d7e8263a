//! The checkout itself: from the moment the buyer begins to pay until it is completed, cancelled or expired.
//!
//! Decides its statuses, and whether it can be completed now. Leaves prices to `price_lock` and what happens after
//! `complete` to the saga. (The file is not named `checkout` because the crate is.)

use crate::address::Address;
use crate::clock::Timestamp;
use crate::discount::DiscountCode;
use crate::email::Email;
use crate::id::{CartId, CheckoutId, OrderId, SecretHash};
use crate::money::Money;
use crate::price_lock::{Lock, PriceHash};
use crate::purchase_limit::Identity;

/// Where a checkout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Its prices are locked; it can be completed until it expires.
    Open,
    /// A saga is completing it.
    Processing,
    /// Its saga waits for the buyer.
    RequiresAction,
    /// It became an order.
    Completed,
    /// Its time ran out.
    Expired,
    /// Its buyer called it off.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Processing, Self::RequiresAction, Self::Completed, Self::Expired, Self::Cancelled];

    /// The name in tables, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Processing => "processing",
            Self::RequiresAction => "requires_action",
            Self::Completed => "completed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Status::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The table: every legal move of a checkout (I6).
pub const TRANSITIONS: &[(Status, Status)] = &[
    (Status::Open, Status::Processing),
    (Status::Open, Status::Expired),
    (Status::Open, Status::Cancelled),
    (Status::Processing, Status::RequiresAction),
    (Status::Processing, Status::Completed),
    (Status::Processing, Status::Open),
    (Status::Processing, Status::Expired),
    (Status::Processing, Status::Cancelled),
    (Status::RequiresAction, Status::Processing),
    (Status::RequiresAction, Status::Completed),
    (Status::RequiresAction, Status::Open),
    (Status::RequiresAction, Status::Expired),
    (Status::RequiresAction, Status::Cancelled),
];

/// Whether a checkout may move so.
pub fn is_edge(from: Status, to: Status) -> bool {
    TRANSITIONS.contains(&(from, to))
}

/// A checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Its id, without the secret.
    pub id: CheckoutId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// The cart that it was opened from, if any.
    pub cart: Option<CartId>,
    /// Where it stands.
    pub status: Status,
    /// Who buys.
    pub buyer: Buyer,
    /// The discount code that was asked for.
    pub discount_code: Option<DiscountCode>,
    /// The prices it is charged by.
    pub lock: Lock,
    /// When the buyer confirmed the price changes.
    pub confirmed_at: Option<Timestamp>,
    /// When the lock expires.
    pub expires_at: Timestamp,
    /// The order that it became (I7).
    pub order: Option<OrderId>,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was opened.
    pub created_at: Timestamp,
}

/// Who buys, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Where the confirmation goes.
    pub email: Email,
    /// Where the goods go.
    pub address: Option<Address>,
    /// The merchant's own name of the buyer, vouched for by a secret key.
    pub customer_reference: Option<String>,
}

impl Buyer {
    /// The identities that a purchase limit counts; all must pass.
    pub fn identities(&self) -> Vec<Identity> {
        let by_email = Identity::email(&self.email);
        let by_reference = self.customer_reference.as_deref().map(Identity::customer);
        std::iter::once(by_email).chain(by_reference).collect()
    }
}

/// Why a checkout cannot be completed now. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCompletable {
    /// It became an order before.
    Completed(OrderId),
    /// A saga is completing it.
    InProgress,
    /// Its time has run out, or its buyer called it off.
    Over(Status),
    /// Prices changed and the buyer has not confirmed.
    Unconfirmed,
    /// The buyer expects another total.
    OtherTotal,
}

impl Checkout {
    /// Whether it can be completed at the instant `now`, by a buyer who expects to pay `expected_total`.
    ///
    /// This is the only place where the lock's expiry is looked at: a saga under way finishes, however late.
    pub fn completable(&self, expected_total: Option<Money>, now: Timestamp) -> Result<(), NotCompletable> {
        match self.status {
            Status::Completed => match self.order {
                Some(order) => return Err(NotCompletable::Completed(order)),
                None => return Err(NotCompletable::InProgress),
            },
            Status::Processing | Status::RequiresAction => return Err(NotCompletable::InProgress),
            Status::Expired | Status::Cancelled => return Err(NotCompletable::Over(self.status)),
            Status::Open if self.expires_at <= now => return Err(NotCompletable::Over(Status::Expired)),
            Status::Open => {}
        }
        if self.lock.requires_confirmation() && self.confirmed_at.is_none() {
            return Err(NotCompletable::Unconfirmed);
        }
        if expected_total.is_some_and(|expected| expected != self.lock.totals.total) {
            return Err(NotCompletable::OtherTotal);
        }
        Ok(())
    }

    /// The status that it shows: an open one whose time has run out is expired, noted or not.
    pub fn shown_status(&self, now: Timestamp) -> Status {
        if self.status == Status::Open && self.expires_at <= now { Status::Expired } else { self.status }
    }

    /// Whether `hash` confirms exactly the price changes that were shown.
    pub fn confirms(&self, hash: &PriceHash) -> bool {
        self.lock.price_hash() == *hash
    }
}
