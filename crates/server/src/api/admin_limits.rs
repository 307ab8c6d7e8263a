//! Purchase limits, as merchants set them.
//!
//! Decides how a limit is written down. Leaves counting buyers to checkout.

use axum::extract::State;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::limits;
use sellonce_checkout::purchase_limit::PurchaseLimit;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{self, Part};
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::{AdminReader, AdminWriter};
use crate::extract::{JsonBody, Query};
use crate::fault::Faults;
use crate::object::{read_as_object, write_as_object};
use crate::problem::{Code, Problem};
use crate::shape::Page;

/// How many units of a SKU one buyer may have, over all orders.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"sku": "SHIRT-BLUE-M", "quantity_max": 2}))]
pub(crate) struct Limit {
    /// The SKU.
    #[schema(min_length = 1, max_length = 255)]
    sku: String,
    /// The most units per buyer, who is known by the e-mail address and, if the merchant vouches for it, `customer_ref`.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    quantity_max: i64,
}

read_as_object!(Limit);
write_as_object!(Limit);

impl From<PurchaseLimit> for Limit {
    fn from(limit: PurchaseLimit) -> Self {
        Self { sku: limit.sku.to_string(), quantity_max: limit.quantity_max }
    }
}

impl Limit {
    fn parse(&self) -> Result<PurchaseLimit, Problem> {
        let mut faults = Faults::default();
        let sku = faults.keep("/sku".to_owned(), Sku::parse(&self.sku));
        let quantity_max = self.quantity_max;
        if !(1..=limits::MOVEMENT_QUANTITY_MAX).contains(&quantity_max) {
            faults.add("/quantity_max", format!("must be between 1 and {}", limits::MOVEMENT_QUANTITY_MAX));
        }
        faults.end(sku.map(|sku| PurchaseLimit { sku, quantity_max }))
    }
}

/// Set how many units of a SKU one buyer may have.
///
/// Again replaces it.
#[utoipa::path(
    post, path = "/v1/admin/limits", tag = "Limits", security(("api_key" = [])), request_body = Limit,
    responses((status = 200, description = "The limit.", body = Limit)),
    extensions(("x-problems" = json!(["unknown_sku"]))),
)]
pub(crate) async fn set_limit(
    State(app): State<App>,
    _: AdminWriter,
    JsonBody { value: wanted, .. }: JsonBody<Limit>,
) -> Reply<Limit> {
    let limit = wanted.parse()?;
    if !app.store.set_purchase_limit(limit.clone()).await? {
        return Err(Problem::new(Code::UnknownSku, format!("There is no SKU `{}`.", limit.sku)));
    }
    Ok(Answer::ok(limit.into()))
}

/// List purchase limits, in the order of their SKUs.
#[utoipa::path(
    get, path = "/v1/admin/limits", tag = "Limits", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of limits.", body = Page<Limit>)),
)]
pub(crate) async fn list_limits(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<Limit>> {
    let (after, limit) = part.parse(|key| Sku::parse(key).ok())?;
    let page = app.store.purchase_limits(after.as_ref(), limit).await?;
    Ok(Answer::ok(Page::of(page, |row| list::cursor(row.sku.as_str()), Limit::from)))
}
