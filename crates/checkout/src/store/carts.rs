//! The part of the store that keeps carts.

use async_trait::async_trait;

use crate::cart::{Cart, CartChange, CartRefusal};
use crate::id::{CartId, SecretHash};
use crate::store::{Answer, Failure};

/// A cart to be made, with what is added at once; if one line is refused, there is no cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateCart {
    /// Its id.
    pub id: CartId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// Its first lines.
    pub changes: Vec<CartChange>,
}

/// A change of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCart {
    /// Which cart.
    pub id: CartId,
    /// The hash of the secret that its holder has.
    pub secret: SecretHash,
    /// The version that the client saw, if it said (`If-Match`).
    pub expected_version: Option<i64>,
    /// What to change.
    pub change: CartChange,
}

/// Why a cart was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeCartRefusal {
    /// There is no such cart, or the secret is another: the two look the same.
    NotFound,
    /// It changed since the client saw it.
    Changed,
    /// The change itself is refused.
    Refused(CartRefusal),
}

/// The part of the store that keeps carts.
#[async_trait]
pub trait Carts: Send + Sync {
    /// Makes a cart; prices are those of the transaction's instant.
    async fn create_cart(&self, call: CreateCart) -> Answer<Cart, CartRefusal>;
    /// Changes a cart.
    async fn change_cart(&self, call: ChangeCart) -> Answer<Cart, ChangeCartRefusal>;
    /// A cart as it stands; who may see it is the caller's question.
    async fn cart(&self, id: CartId) -> Result<Option<Cart>, Failure>;
}
