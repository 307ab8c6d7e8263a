//! The checkout's form, and opening a checkout with what was typed into it.
//!
//! Decides what the form shows again after a mistake. Leaves prices, shipping and discounts to the lock.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use sellonce_checkout::id::{Capability, CartId, CheckoutId};
use sellonce_checkout::money::Money;
use sellonce_checkout::store::checkouts::{Goods, OpenCheckout};
use sellonce_checkout::totals::ShippingMethod;

use super::cart::{self, CartLine};
use super::countries::COUNTRIES;
use super::details::{self, Field, Mistakes, SHIPPING_METHOD, Typed};
use super::form::Form;
use super::review;
use super::shell::{Page, Shell, go_to, page, secret_page};
use super::visit::Visit;
use crate::extract::{MayOpenCheckout, Path};

/// The address of the empty form.
const FORM_PATH: &str = "/checkout";

#[derive(Template)]
#[template(path = "checkout.html")]
struct CheckoutPage {
    shell: Shell,
    path: String,
    is_wrong: bool,
    contact: Vec<Field>,
    address: Vec<Field>,
    discount: Vec<Field>,
    address_required: bool,
    address_given: bool,
    methods: Vec<Method>,
    method_error: String,
    countries: &'static [(&'static str, &'static str)],
    lines: Vec<CartLine>,
    subtotal: Money,
}

/// A way of shipping that can be chosen.
struct Method {
    code: String,
    title: String,
    price: String,
    remark: String,
    is_chosen: bool,
}

/// The empty form.
pub(super) async fn show_form(visit: Visit) -> Page {
    form(&visit, FORM_PATH, &Typed::default(), &Mistakes::new())
}

/// The form as it was filled in for a checkout.
pub(super) async fn show_details(visit: Visit, Path(id): Path<String>) -> Page {
    let (capability, view) = review::read(&visit.app, &id).await?;
    form(&visit, &details_path(&capability), &Typed::of(&view.checkout), &Mistakes::new())
}

/// Opens a checkout of the visitor's cart: its prices are locked.
pub(super) async fn open_checkout(visit: Visit, _: MayOpenCheckout, Form(typed): Form<Typed>) -> Page {
    open(&visit, FORM_PATH, &typed).await
}

/// Opens another checkout, with details like those of one before.
pub(super) async fn change_details(
    visit: Visit,
    Path(id): Path<String>,
    _: MayOpenCheckout,
    Form(typed): Form<Typed>,
) -> Page {
    let (capability, _) = review::read(&visit.app, &id).await?;
    open(&visit, &details_path(&capability), &typed).await
}

fn details_path(capability: &Capability) -> String {
    format!("{}/details", review::path(capability))
}

async fn open(visit: &Visit, path: &str, typed: &Typed) -> Page {
    let app = &visit.app;
    // One that has been ordered too: the visitor is told so.
    let Some(held) = &visit.cart else { return go_to("/cart") };
    let details = match typed.read(app.settings.address_required) {
        Ok(details) => details,
        Err(mistakes) => return form(visit, path, typed, &mistakes),
    };
    let id = Capability::draw(app.ids.as_ref());
    let call = OpenCheckout {
        id: CheckoutId(id.uuid),
        secret: id.hash(),
        goods: Goods::Cart { id: CartId(held.capability.uuid), secret: held.capability.hash() },
        buyer: details.buyer,
        shipping_method: details.shipping_method,
        discount_code: details.discount_code,
        pricing: Arc::clone(&app.pricing),
    };
    match app.store.open_checkout(call).await? {
        Ok(_) => go_to(&review::path(&id)),
        Err(refusal) => match details::blame(&refusal) {
            Some(mistakes) => form(visit, path, typed, &mistakes),
            None => Err(refusal.into()),
        },
    }
}

/// The form at one of its addresses; it is sent to the address that it is shown at.
fn form(visit: &Visit, path: &str, typed: &Typed, mistakes: &Mistakes) -> Page {
    let Some(held) = visit.open_cart().filter(|held| !held.cart.lines.is_empty()) else {
        return go_to("/cart");
    };
    let (lines, subtotal) = cart::lines(Some(&held.cart), visit)?;
    let settings = &visit.app.settings;
    let address_given = typed.has_any(details::ADDRESS);
    let address_required = settings.address_required;
    let fields = |kinds, required| details::fields(kinds, typed, mistakes, required);
    let form = CheckoutPage {
        shell: visit.shell(),
        path: path.to_owned(),
        is_wrong: !mistakes.is_empty(),
        contact: fields(details::CONTACT, true),
        address: fields(details::ADDRESS, address_required),
        discount: fields(details::DISCOUNT, false),
        address_required,
        address_given,
        methods: methods(&settings.shipping_methods, typed.text(SHIPPING_METHOD)),
        method_error: mistakes.get(SHIPPING_METHOD).cloned().unwrap_or_default(),
        countries: COUNTRIES,
        lines,
        subtotal,
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    if path == FORM_PATH { page(status, &form) } else { secret_page(status, &form) }
}

fn methods(methods: &[ShippingMethod], chosen: &str) -> Vec<Method> {
    let is_known = methods.iter().any(|method| method.code == chosen);
    let method = |(index, method): (usize, &ShippingMethod)| {
        let free_from = method.free_from.map(|least| format!("free from {least}"));
        let countries: Vec<String> = method.countries.iter().map(ToString::to_string).collect();
        let countries = (!countries.is_empty()).then(|| format!("only to {}", countries.join(", ")));
        let remarks: Vec<String> = free_from.into_iter().chain(countries).collect();
        Method {
            code: method.code.clone(),
            title: method.title.clone(),
            price: if method.amount.is_zero() { "Free".to_owned() } else { method.amount.to_string() },
            remark: remarks.join("; "),
            is_chosen: if is_known { method.code == chosen } else { index == 0 },
        }
    };
    methods.iter().enumerate().map(method).collect()
}
