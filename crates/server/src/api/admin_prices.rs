//! Prices, as merchants set them.
//!
//! Decides nothing about locks: a lock keeps its price unless the merchant revokes it.

use axum::extract::State;
use sellonce_checkout::catalog::Sku;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::AdminWriter;
use crate::extract::{JsonBody, Path};
use crate::object::read_as_object;
use crate::problem::Problem;
use crate::shape::{self, Money};

/// A new price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"amount": 4999, "currency": "USD"}))]
pub(crate) struct NewPrice {
    /// Minor units of the shop's currency.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    amount: i64,
    /// The shop's currency; another one is refused.
    currency: Option<String>,
    /// Whether open checkouts with this SKU expire; those being completed keep their prices. Else every lock stays.
    #[serde(default)]
    revoke_locks: bool,
}

read_as_object!(NewPrice);

/// A price that was set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Price {
    /// The SKU.
    sku: String,
    /// What one unit costs now.
    price: Money,
    /// What it cost before.
    was: Money,
    /// How many open checkouts were expired.
    locks_revoked: u64,
}

/// Set the price of a SKU.
#[utoipa::path(
    post, path = "/v1/admin/prices/{sku}", tag = "Prices", security(("api_key" = [])), request_body = NewPrice,
    params(("sku" = String, Path, description = "The SKU.")),
    responses((status = 200, description = "The price, and what it was.", body = Price)),
    extensions(("x-problems" = json!(["wrong_currency"]))),
)]
pub(crate) async fn set_price(
    State(app): State<App>,
    _: AdminWriter,
    Path(text): Path<String>,
    JsonBody { value: wanted, .. }: JsonBody<NewPrice>,
) -> Reply<Price> {
    let sku = Sku::parse(&text).map_err(|_| Problem::not_found())?;
    let price = shape::amount(wanted.amount, wanted.currency.as_deref(), app.currency(), "")?;
    let set = app.store.set_price(&sku, price, wanted.revoke_locks).await?;
    let set = set.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(Price {
        sku: sku.to_string(),
        price: set.now.into(),
        was: set.was.into(),
        locks_revoked: set.locks_revoked,
    }))
}
