//! The cart's page, and the forms that add, change and remove its lines.
//!
//! Decides where each form leads. Leaves what a cart may hold to checkout.

use askama::Template;
use axum::http::StatusCode;
use sellonce_checkout::cart::{self, CartChange, CartRefusal};
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::id::{Capability, CartId, CartLineId};
use sellonce_checkout::limits;
use sellonce_checkout::money::Money;
use sellonce_checkout::store::carts::{ChangeCart, ChangeCartRefusal, CreateCart};
use serde::Deserialize;

use super::form::Form;
use super::shell::{Page, Shell, go_to, page};
use super::visit::{Visit, remember_cart};
use crate::extract::Path;
use crate::problem::{Code, Problem};

const CART_PATH: &str = "/cart";

#[derive(Template)]
#[template(path = "cart.html")]
struct CartPage {
    shell: Shell,
    lines: Vec<CartLine>,
    subtotal: Money,
    quantity_max: u32,
}

/// A line of the cart, as pages show it.
pub(super) struct CartLine {
    pub(super) id: CartLineId,
    pub(super) title: String,
    pub(super) quantity: u32,
    pub(super) unit_price: Money,
    pub(super) amount: Money,
}

/// The lines of a cart and their sum.
pub(super) fn lines(cart: Option<&cart::Cart>, visit: &Visit) -> Result<(Vec<CartLine>, Money), CartRefusal> {
    let subtotal = cart.map(cart::Cart::subtotal).transpose()?.flatten();
    let line = |line: &cart::CartLine| {
        Ok(CartLine {
            id: line.id,
            title: line.title.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            amount: line.unit_price.times(line.quantity)?,
        })
    };
    let lines =
        cart.into_iter().flat_map(|cart| &cart.lines).map(line).collect::<Result<_, CartRefusal>>()?;
    Ok((lines, subtotal.unwrap_or_else(|| Money::zero(visit.app.currency()))))
}

/// What is in the cart.
pub(super) async fn show_cart(visit: Visit) -> Page {
    let (lines, subtotal) = lines(visit.open_cart().map(|held| &held.cart), &visit)?;
    let cart = CartPage { shell: visit.shell(), lines, subtotal, quantity_max: limits::LINE_QUANTITY_MAX };
    page(StatusCode::OK, &cart)
}

/// Units to be put into the cart.
#[derive(Deserialize)]
pub(super) struct Addition {
    #[serde(default)]
    sku: String,
    #[serde(default)]
    quantity: String,
}

/// Puts units into the visitor's cart, or into a new one.
pub(super) async fn add_to_cart(visit: Visit, Form(addition): Form<Addition>) -> Page {
    let app = &visit.app;
    let sku = Sku::parse(&addition.sku).map_err(|_| {
        Problem::new(Code::UnknownSku, "Choose what you would like to have, then put it into the cart.")
    })?;
    let quantity = quantity(&addition.quantity)?;
    let change = CartChange::Add { line: CartLineId(app.ids.uuid()), sku, quantity };
    if let Some(held) = visit.open_cart() {
        match app.store.change_cart(change_of(&held.capability, change.clone())).await? {
            Ok(_) => return go_to(CART_PATH),
            // Ordered or gone since it was looked at: a new cart is begun.
            Err(ChangeCartRefusal::NotFound | ChangeCartRefusal::Refused(CartRefusal::Ordered)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let capability = Capability::draw(app.ids.as_ref());
    let call = CreateCart { id: CartId(capability.uuid), secret: capability.hash(), changes: vec![change] };
    app.store.create_cart(call).await??;
    let mut answer = go_to(CART_PATH)?;
    remember_cart(&mut answer, &capability, app);
    Ok(answer)
}

/// Another number of units of a line.
#[derive(Deserialize)]
pub(super) struct NewQuantity {
    #[serde(default)]
    quantity: String,
}

/// Changes how many units of a line are wanted; none removes it.
pub(super) async fn change_line(
    visit: Visit,
    Path(line): Path<String>,
    Form(wanted): Form<NewQuantity>,
) -> Page {
    let line = CartLineId::parse(&line).ok_or_else(Problem::not_found)?;
    let change = match wanted.quantity.trim() {
        "0" => CartChange::Remove { line },
        text => CartChange::SetQuantity { line, quantity: quantity(text)? },
    };
    change_cart(&visit, change).await
}

/// A form without fields.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// Removes a line.
pub(super) async fn remove_line(visit: Visit, Path(line): Path<String>, _: Form<Nothing>) -> Page {
    let line = CartLineId::parse(&line).ok_or_else(Problem::not_found)?;
    change_cart(&visit, CartChange::Remove { line }).await
}

async fn change_cart(visit: &Visit, change: CartChange) -> Page {
    let Some(held) = visit.open_cart() else { return go_to(CART_PATH) };
    match visit.app.store.change_cart(change_of(&held.capability, change)).await? {
        // A line that is gone was removed in another tab, or by the first of two clicks.
        Ok(_) | Err(ChangeCartRefusal::Refused(CartRefusal::UnknownLine)) => go_to(CART_PATH),
        Err(refusal) => Err(refusal.into()),
    }
}

fn change_of(capability: &Capability, change: CartChange) -> ChangeCart {
    ChangeCart { id: CartId(capability.uuid), secret: capability.hash(), expected_version: None, change }
}

/// Reads a number of units; how many a line may have is the cart's to say.
fn quantity(text: &str) -> Result<u32, Problem> {
    Ok(text.trim().parse().map_err(|_| CartRefusal::BadQuantity)?)
}
