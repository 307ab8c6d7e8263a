//! Stock, as merchants see and move it.
//!
//! Decides how rows and movements look. Leaves the movement table to checkout.

use axum::extract::State;
use sellonce_checkout::address::typed_text;
use sellonce_checkout::book;
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::id::CauseId;
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy, Refused};
use sellonce_checkout::store::inventory::{MoveRefusal, MoveStock, StockView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{self, Part};
use super::refusal;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential::{AdminMove, AdminReader};
use crate::extract::{JsonBody, Path, Query};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::status::MovementKind;
use crate::shape::{self, Page};

/// The stock of a SKU over all locations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Inventory {
    /// The SKU.
    sku: String,
    /// Units that can still be sold.
    available: i64,
    /// Units held for checkouts under way.
    reserved: i64,
    /// Units sold, not yet shipped.
    committed: i64,
    /// Units promised beyond what is there.
    backordered: i64,
    /// What a stock count finds: available + reserved + committed - backordered.
    on_hand: i64,
    /// The sum of the locations' versions.
    version: i64,
    /// Each location.
    locations: Vec<LocationStock>,
}

/// The stock of a SKU at one location.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LocationStock {
    /// The location.
    location: String,
    /// Units that can still be sold.
    available: i64,
    /// Units held for checkouts under way.
    reserved: i64,
    /// Units sold, not yet shipped.
    committed: i64,
    /// Units promised beyond what is there.
    backordered: i64,
    /// What a stock count finds here.
    on_hand: i64,
    /// How many movements the row has seen.
    version: i64,
    /// `deny`: nothing is sold that is not there; `continue`: the rest is promised.
    policy: &'static str,
}

impl From<StockView> for Inventory {
    fn from(view: StockView) -> Self {
        let sum = |count: fn(&Counters) -> i64| {
            view.rows.iter().fold(0_i64, |sum, (_, stock)| sum.saturating_add(count(&stock.counters)))
        };
        let row = |(location, stock): &(Location, sellonce_checkout::inventory::Stock)| LocationStock {
            location: location.to_string(),
            available: stock.counters.available,
            reserved: stock.counters.reserved,
            committed: stock.counters.committed,
            backordered: stock.counters.backordered,
            on_hand: stock.counters.on_hand(),
            version: stock.version,
            policy: match stock.policy {
                Policy::Deny => "deny",
                Policy::Continue => "continue",
            },
        };
        Self {
            sku: view.sku.to_string(),
            available: sum(|counters| counters.available),
            reserved: sum(|counters| counters.reserved),
            committed: sum(|counters| counters.committed),
            backordered: sum(|counters| counters.backordered),
            on_hand: sum(Counters::on_hand),
            version: view.rows.iter().fold(0, |sum, (_, stock)| sum.saturating_add(stock.version)),
            locations: view.rows.iter().map(row).collect(),
        }
    }
}

/// One line of the inventory journal; never changed, never deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Movement {
    /// What it was made for: a merchant's call (`mov_`), a checkout's saga (`sag_`) or an order (`ord_`).
    cause: String,
    /// The SKU.
    sku: String,
    /// The location.
    location: String,
    /// Its number in that row, from 1.
    version: i64,
    /// What kind of change it was.
    kind: MovementKind,
    /// How many units it moved; only `adjust` may be negative.
    quantity: i64,
    /// The row after it.
    after: After,
    /// Why, in the merchant's words; empty for the engine's own movements.
    reason: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// The counters of a row after a movement.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct After {
    /// Units that can still be sold.
    available: i64,
    /// Units held for checkouts under way.
    reserved: i64,
    /// Units sold, not yet shipped.
    committed: i64,
    /// Units promised beyond what is there.
    backordered: i64,
    /// What a stock count finds.
    on_hand: i64,
}

impl From<book::Movement> for Movement {
    fn from(movement: book::Movement) -> Self {
        let after = movement.after;
        Self {
            cause: match movement.cause {
                book::Cause::Saga(id) => id.to_string(),
                book::Cause::Order(id) => id.to_string(),
                book::Cause::Merchant(id) => id.to_string(),
            },
            sku: movement.place.sku.to_string(),
            location: movement.place.location.to_string(),
            version: movement.version,
            kind: MovementKind(movement.kind),
            quantity: movement.quantity,
            after: After {
                available: after.available,
                reserved: after.reserved,
                committed: after.committed,
                backordered: after.backordered,
                on_hand: after.on_hand(),
            },
            reason: movement.reason,
            at: shape::time(movement.at),
        }
    }
}

fn sku(text: &str) -> Result<Sku, Problem> {
    Sku::parse(text).map_err(|_| Problem::not_found())
}

/// List the stock of all SKUs, in their order.
#[utoipa::path(
    get, path = "/v1/admin/inventory", tag = "Inventory", security(("api_key" = [])), params(Part),
    responses((status = 200, description = "One page of stock.", body = Page<Inventory>)),
)]
pub(crate) async fn list_inventory(
    State(app): State<App>,
    _: AdminReader,
    Query(part): Query<Part>,
) -> Reply<Page<Inventory>> {
    let (after, limit) = part.parse(|key| Sku::parse(key).ok())?;
    let page = app.store.stocks(after.as_ref(), limit).await?;
    Ok(Answer::ok(Page::of(page, |view| list::cursor(view.sku.as_str()), Inventory::from)))
}

/// Read the stock of a SKU.
#[utoipa::path(
    get, path = "/v1/admin/inventory/{sku}", tag = "Inventory", security(("api_key" = [])),
    params(("sku" = String, Path, description = "The SKU.")),
    responses((status = 200, description = "Its stock.", body = Inventory)),
)]
pub(crate) async fn read_inventory(
    State(app): State<App>,
    _: AdminReader,
    Path(text): Path<String>,
) -> Reply<Inventory> {
    let view = app.store.stock(&sku(&text)?).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(view.into()))
}

/// List the movements of a SKU, by location and version.
#[utoipa::path(
    get, path = "/v1/admin/inventory/{sku}/movements", tag = "Inventory", security(("api_key" = [])),
    params(("sku" = String, Path, description = "The SKU."), Part),
    responses((status = 200, description = "One page of its journal.", body = Page<Movement>)),
)]
pub(crate) async fn list_movements(
    State(app): State<App>,
    _: AdminReader,
    Path(text): Path<String>,
    Query(part): Query<Part>,
) -> Reply<Page<Movement>> {
    let sku = sku(&text)?;
    let (after, limit) = part.parse(|key| {
        let (version, location) = key.split_once(' ')?;
        Some((Location::parse(location).ok()?, version.parse().ok()?))
    })?;
    if app.store.stock(&sku).await?.is_none() {
        return Err(Problem::not_found());
    }
    let page = app.store.movements(&sku, after, limit).await?;
    let cursor = |row: &book::Movement| list::cursor(&format!("{} {}", row.version, row.place.location));
    Ok(Answer::ok(Page::of(page, cursor, Movement::from)))
}

/// A movement that a merchant makes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"kind": "receive", "quantity": 20, "reason": "delivery 4711"}))]
pub(crate) struct NewMovement {
    /// `receive`: goods arrived; `return`: a shipped unit came back; `adjust`: a stock count found more, or fewer.
    kind: MerchantKind,
    /// How many units; `adjust` may be negative.
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    quantity: i64,
    /// Where; the first location of the shop if it is not said.
    location: Option<String>,
    /// Why.
    #[schema(min_length = 1, max_length = 255)]
    reason: String,
}

read_as_object!(NewMovement);

/// The kinds of movement that a merchant makes; the others belong to checkouts and orders.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MerchantKind {
    /// Goods arrived.
    Receive,
    /// A stock count found more, or fewer.
    Adjust,
    /// A shipped unit came back and can be sold again.
    Return,
}

impl From<MerchantKind> for Kind {
    fn from(kind: MerchantKind) -> Self {
        match kind {
            MerchantKind::Receive => Self::Receive,
            MerchantKind::Adjust => Self::Adjust,
            MerchantKind::Return => Self::Return,
        }
    }
}

/// Move stock.
#[utoipa::path(
    post, path = "/v1/admin/inventory/{sku}/movements", tag = "Inventory", security(("api_key" = [])),
    request_body = NewMovement,
    params(
        ("sku" = String, Path, description = "The SKU."),
        ("Idempotency-Key" = String, Header, description = "One random key for each movement."),
    ),
    responses((status = 201, description = "The journal's line.", body = Movement)),
    extensions(("x-problems" = json!(["stock_not_available", "unknown_location", "idempotency_key_reused"]))),
)]
pub(crate) async fn move_stock(
    State(app): State<App>,
    call: AdminMove,
    Path(text): Path<String>,
    JsonBody { value: wanted, hash }: JsonBody<NewMovement>,
) -> Reply<Movement> {
    let sku = sku(&text)?;
    let mut faults = Faults::default();
    let reason = faults.keep("/reason".to_owned(), typed_text("reason", &wanted.reason));
    let location = match &wanted.location {
        Some(location) => faults.keep("/location".to_owned(), Location::parse(location)),
        None => app.store.shop().locations.first().cloned(),
    };
    let (reason, location) = faults.end(reason.zip(location))?;
    let call = MoveStock {
        claim: call.claim(hash),
        cause: CauseId(app.ids.uuid()),
        place: Place { sku, location },
        kind: wanted.kind.into(),
        quantity: wanted.quantity,
        reason,
    };
    let moved = app.store.move_stock(call).await?.map_err(refused)?;
    Ok(Answer::created(Movement::from(moved.movement)).replayed(moved.replayed))
}

fn refused(refusal: MoveRefusal) -> Problem {
    match refusal {
        MoveRefusal::UnknownSku => Problem::not_found(),
        MoveRefusal::UnknownLocation => Problem::new(Code::UnknownLocation, "The shop has no such location."),
        MoveRefusal::KeyReused => refusal::key_reused(),
        MoveRefusal::Refused(refused) => match refused {
            Refused::BadQuantity => {
                let mut faults = Faults::default();
                faults.add("/quantity", refused.to_string());
                faults.into_problem()
            }
            Refused::NotAvailable | Refused::NotReserved | Refused::NotCommitted | Refused::NotOnHand => {
                Problem::new(Code::StockNotAvailable, "Fewer units are available than would be taken away.")
            }
        },
    }
}
