//! Carts: made, changed and read by who has their id.
//!
//! Decides how a cart looks to a client. Leaves its rules to checkout.

use axum::extract::State;
use sellonce_checkout::cart::{self, CartChange};
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::id::{Capability, CartId, CartLineId};
use sellonce_checkout::limits;
use sellonce_checkout::money;
use sellonce_checkout::store::carts::{ChangeCart, CreateCart};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refusal;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::extract::{IfMatch, JsonBody, Path};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::Problem;
use crate::shape::{self, Money};

/// A cart. It holds no stock and locks no price.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cart {
    /// Its id, which is its secret: who has it may read, change and order the cart.
    #[schema(example = "crt_01ja2b3c4d5e6f7g8h9j0k1m2n3p4q5r6s7t8v9w0x1y2z3a4b5c")]
    id: String,
    /// `open`, or `ordered` once an order was placed from it.
    status: &'static str,
    /// Its lines in the order they were added.
    lines: Vec<CartLine>,
    /// What the lines cost at the prices seen.
    subtotal: Money,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A line of a cart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CartLine {
    /// Its id.
    id: String,
    /// What is wanted.
    sku: String,
    /// The title that the buyer saw.
    title: String,
    /// How many units.
    quantity: u32,
    /// What one unit cost when the buyer added it.
    unit_price: Money,
    /// When the buyer saw that price.
    #[schema(format = DateTime)]
    price_seen_at: String,
}

impl Cart {
    fn of(cart: cart::Cart, capability: &Capability, shop: money::Currency) -> Result<Self, Problem> {
        let subtotal = cart.subtotal()?.unwrap_or_else(|| money::Money::zero(shop));
        let line = |line: cart::CartLine| CartLine {
            id: line.id.to_string(),
            sku: line.sku.to_string(),
            title: line.title,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            price_seen_at: shape::time(line.price_seen_at),
        };
        Ok(Self {
            id: capability.reveal(CartId::PREFIX),
            status: if cart.ordered_by.is_some() { "ordered" } else { "open" },
            lines: cart.lines.into_iter().map(line).collect(),
            subtotal: subtotal.into(),
            updated_at: shape::time(cart.updated_at),
        })
    }
}

/// A new cart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct NewCart {
    /// What is added at once.
    #[serde(default)]
    #[schema(max_items = 100)]
    lines: Vec<NewCartLine>,
}

read_as_object!(NewCart);

/// Units of a SKU. The server knows its price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"sku": "SHIRT-BLUE-M", "quantity": 1}))]
pub(crate) struct NewCartLine {
    /// The SKU.
    #[schema(min_length = 1, max_length = 255)]
    sku: String,
    /// How many units; a line of that SKU grows by them.
    #[schema(minimum = 1, maximum = 10_000)]
    quantity: i64,
}

read_as_object!(NewCartLine);

impl NewCartLine {
    fn parse(&self, app: &App, at: &str, faults: &mut Faults) -> Option<CartChange> {
        let sku = faults.keep(format!("{at}/sku"), Sku::parse(&self.sku));
        let quantity = quantity(self.quantity, &format!("{at}/quantity"), faults);
        Some(CartChange::Add { line: CartLineId(app.ids.uuid()), sku: sku?, quantity: quantity? })
    }
}

/// Another number of units.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({"quantity": 2}))]
pub(crate) struct ChangedCartLine {
    /// How many units.
    #[schema(minimum = 1, maximum = 10_000)]
    quantity: i64,
}

read_as_object!(ChangedCartLine);

/// Reads the units of a line.
pub(crate) fn quantity(given: i64, pointer: &str, faults: &mut Faults) -> Option<u32> {
    let quantity = u32::try_from(given).ok().filter(|units| (1..=limits::LINE_QUANTITY_MAX).contains(units));
    if quantity.is_none() {
        faults.add(pointer, refusal::quantity_message());
    }
    quantity
}

/// Reads the id of a cart; what is no id opens nothing.
fn capability(id: &str) -> Result<Capability, Problem> {
    Capability::parse(CartId::PREFIX, id).ok_or_else(Problem::not_found)
}

/// Make a cart.
#[utoipa::path(
    post, path = "/v1/carts", tag = "Carts", request_body = NewCart,
    responses((status = 201, description = "The cart; its `ETag` is its version.", body = Cart)),
    extensions(("x-problems" = json!(["unknown_sku", "amount_out_of_range"]))),
)]
pub(crate) async fn create_cart(State(app): State<App>, body: JsonBody<NewCart>) -> Reply<Cart> {
    let mut faults = Faults::default();
    let lines = body.value.lines;
    if lines.len() > limits::LINES_MAX {
        faults.add("/lines", format!("must have at most {} lines", limits::LINES_MAX));
        return Err(faults.into_problem());
    }
    let each = lines.iter().enumerate();
    let changes: Vec<_> =
        each.filter_map(|(index, line)| line.parse(&app, &format!("/lines/{index}"), &mut faults)).collect();
    faults.none()?;
    let capability = Capability::draw(app.ids.as_ref());
    let call = CreateCart { id: CartId(capability.uuid), secret: capability.hash(), changes };
    let cart = app.store.create_cart(call).await??;
    let version = cart.version;
    let cart = Cart::of(cart, &capability, app.currency())?;
    let location = format!("/v1/carts/{}", cart.id);
    Ok(Answer::created(cart).version(version).location(&location))
}

/// Read a cart.
#[utoipa::path(
    get, path = "/v1/carts/{id}", tag = "Carts",
    params(("id" = String, Path, description = "The cart's id.")),
    responses((status = 200, description = "The cart; its `ETag` is its version.", body = Cart)),
)]
pub(crate) async fn read_cart(State(app): State<App>, Path(id): Path<String>) -> Reply<Cart> {
    let capability = capability(&id)?;
    let cart = app.store.cart(CartId(capability.uuid)).await?;
    let cart = cart.filter(|cart| cart.secret.matches(&capability.hash())).ok_or_else(Problem::not_found)?;
    let version = cart.version;
    Ok(Answer::ok(Cart::of(cart, &capability, app.currency())?).version(version))
}

/// Add units of a SKU.
///
/// A SKU has at most one line: adding it again makes the line grow, at today's price.
#[utoipa::path(
    post, path = "/v1/carts/{id}/lines", tag = "Carts", request_body = NewCartLine,
    params(
        ("id" = String, Path, description = "The cart's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The cart as it is now.", body = Cart)),
    extensions(("x-problems" = json!(["unknown_sku", "amount_out_of_range", "cart_already_ordered"]))),
)]
pub(crate) async fn add_cart_line(
    State(app): State<App>,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: JsonBody<NewCartLine>,
) -> Reply<Cart> {
    let capability = capability(&id)?;
    let mut faults = Faults::default();
    let change = body.value.parse(&app, "", &mut faults);
    change_cart(&app, &capability, if_match, faults.end(change)?).await
}

/// Change the quantity of a line.
///
/// The price stays as the buyer saw it.
#[utoipa::path(
    patch, path = "/v1/carts/{id}/lines/{line_id}", tag = "Carts", request_body = ChangedCartLine,
    params(
        ("id" = String, Path, description = "The cart's id."),
        ("line_id" = String, Path, description = "The line's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The cart as it is now.", body = Cart)),
    extensions(("x-problems" = json!(["amount_out_of_range", "cart_already_ordered"]))),
)]
pub(crate) async fn change_cart_line(
    State(app): State<App>,
    Path((id, line)): Path<(String, String)>,
    if_match: IfMatch,
    body: JsonBody<ChangedCartLine>,
) -> Reply<Cart> {
    let capability = capability(&id)?;
    let line = CartLineId::parse(&line).ok_or_else(Problem::not_found)?;
    let mut faults = Faults::default();
    let quantity = quantity(body.value.quantity, "/quantity", &mut faults);
    let quantity = faults.end(quantity)?;
    change_cart(&app, &capability, if_match, CartChange::SetQuantity { line, quantity }).await
}

/// Remove a line.
#[utoipa::path(
    delete, path = "/v1/carts/{id}/lines/{line_id}", tag = "Carts",
    params(
        ("id" = String, Path, description = "The cart's id."),
        ("line_id" = String, Path, description = "The line's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The cart as it is now.", body = Cart)),
    extensions(("x-problems" = json!(["cart_already_ordered"]))),
)]
pub(crate) async fn remove_cart_line(
    State(app): State<App>,
    Path((id, line)): Path<(String, String)>,
    if_match: IfMatch,
) -> Reply<Cart> {
    let capability = capability(&id)?;
    let line = CartLineId::parse(&line).ok_or_else(Problem::not_found)?;
    change_cart(&app, &capability, if_match, CartChange::Remove { line }).await
}

async fn change_cart(
    app: &App,
    capability: &Capability,
    if_match: IfMatch,
    change: CartChange,
) -> Reply<Cart> {
    let call = ChangeCart {
        id: CartId(capability.uuid),
        secret: capability.hash(),
        expected_version: if_match.0,
        change,
    };
    let cart = app.store.change_cart(call).await??;
    let version = cart.version;
    Ok(Answer::ok(Cart::of(cart, capability, app.currency())?).version(version))
}
