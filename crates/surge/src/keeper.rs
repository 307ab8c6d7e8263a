//! Whoever keeps a shop: puts goods on sale, changes prices and stock, reads its books.
//!
//! Decides nothing: a Sellonce is kept through its admin API, any other shop as its target file says.

use crate::admin::{Admin, AdminError, Listing};
use crate::history::{Good, Money};
use crate::target::TargetKeeper;

/// A keeper of one shop or the other.
pub(crate) enum Keeper {
    Sellonce(Admin),
    Target(TargetKeeper),
}

/// What a target refuses, or its file does not describe.
fn refused(what: &str, detail: String) -> AdminError {
    AdminError::Refused { what: what.to_owned(), status: 0, detail, code: String::new() }
}

impl Keeper {
    /// Whether the shop has this SKU already. A target is not asked: what is put on sale there has the seed in its name.
    pub(crate) async fn has(&self, sku: &str) -> Result<bool, AdminError> {
        match self {
            Self::Target(_) => Ok(false),
            Self::Sellonce(admin) => match admin.get(&format!("/v1/admin/inventory/{sku}")).await {
                Ok(_) => Ok(true),
                Err(AdminError::Refused { status: 404, .. }) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }

    /// Puts the goods of a run on sale.
    pub(crate) async fn sell(&self, handle: &str, goods: &[Good], seed: u64) -> Result<(), AdminError> {
        match self {
            Self::Target(keeper) => {
                keeper.sell(goods, seed).await.map_err(|detail| refused("putting goods on sale", detail))
            }
            Self::Sellonce(admin) => {
                admin.put_product(handle, goods, Listing::Published).await?;
                for good in goods {
                    admin.move_stock(&good.sku, good.stock, &format!("{}-stock", good.sku)).await?;
                }
                Ok(())
            }
        }
    }

    /// Moves stock under a key of its own; gives the version of the ledger after it.
    pub(crate) async fn move_stock(
        &self,
        sku: &str,
        units: i64,
        key: &str,
    ) -> Result<Option<i64>, AdminError> {
        match self {
            Self::Sellonce(admin) => admin.move_stock(sku, units, key).await,
            Self::Target(_) => Err(refused("moving stock", "a target's stock is set once".to_owned())),
        }
    }

    /// Sets a price; gives what it was, if the shop says so.
    pub(crate) async fn set_price(&self, sku: &str, price: &Money) -> Result<Option<Money>, AdminError> {
        match self {
            Self::Sellonce(admin) => admin.set_price(sku, price).await,
            Self::Target(keeper) => {
                let set = keeper.set_price(sku, price).await;
                set.map(|()| None).map_err(|detail| refused("setting a price", detail))
            }
        }
    }

    /// Units held for checkouts under way; `None` if that cannot be read.
    pub(crate) async fn held(&self, goods: &[Good]) -> Option<i64> {
        match self {
            Self::Target(keeper) => keeper.held(goods).await,
            Self::Sellonce(admin) => {
                let mut held = 0;
                for good in goods {
                    let stock = admin.get(&format!("/v1/admin/inventory/{}", good.sku)).await.ok()?;
                    held += stock["reserved"].as_i64()?;
                }
                Some(held)
            }
        }
    }

    /// What the shop says its version is.
    pub(crate) async fn version(&self) -> Option<String> {
        match self {
            Self::Target(_) => None,
            Self::Sellonce(admin) => {
                let document = admin.get("/openapi.json").await.ok()?;
                Some(document["info"]["version"].as_str()?.to_owned())
            }
        }
    }
}
