//! A checkout as its buyer sees it: its locked prices, what has changed, and how it stands.
//!
//! Decides which page a checkout has in each status. Leaves paying to `pay`, and every amount to the lock.

use askama::Template;
use axum::http::StatusCode;
use sellonce_checkout::catalog::Sku;
use sellonce_checkout::id::{self, Capability, CheckoutId};
use sellonce_checkout::money::Money;
use sellonce_checkout::price_lock::{Lock, LockedLine, PriceHash};
use sellonce_checkout::session::{Checkout, Status};
use sellonce_checkout::store::checkouts::{CheckoutView, ConfirmRefusal};
use sellonce_checkout::store::sagas::ReserveRefusal;
use serde::Deserialize;

use super::form::Form;
use super::orders;
use super::pay::{self, Method};
use super::shell::{Page, Shell, go_to, secret_page};
use super::summary::{Buyer, Summary};
use super::visit::Visit;
use crate::app::App;
use crate::extract::{Path, Query};
use crate::problem::{Code, Problem};

/// Something that must be noticed before anything else on a page.
pub(super) struct Notice {
    pub(super) tone: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    shell: Shell,
    path: String,
    notice: Option<Notice>,
    must_confirm: bool,
    changes: Vec<Change>,
    price_hash: String,
    summary: Summary,
    buyer: Buyer,
    is_free: bool,
    methods: &'static [Method],
    key: String,
    kept_for: String,
}

/// A price that is not what the buyer saw.
struct Change {
    title: String,
    was: Option<Money>,
    now: Option<Money>,
}

#[derive(Template)]
#[template(path = "processing.html")]
struct ProcessingPage {
    shell: Shell,
    path: String,
    /// Where the buyer has to act, if the payment waits for them.
    action_url: Option<String>,
}

/// The address of a checkout's page.
pub(super) fn path(capability: &Capability) -> String {
    format!("/checkout/{}", capability.reveal(CheckoutId::PREFIX))
}

/// The checkout that an address opens.
pub(super) async fn read(app: &App, id: &str) -> Result<(Capability, CheckoutView), Problem> {
    let capability = Capability::parse(CheckoutId::PREFIX, id).ok_or_else(Problem::not_found)?;
    let view = app.store.checkout(CheckoutId(capability.uuid)).await?;
    let view = view.filter(|view| view.checkout.secret.matches(&capability.hash()));
    Ok((capability, view.ok_or_else(Problem::not_found)?))
}

/// Where the visitor comes from.
#[derive(Deserialize)]
pub(super) struct Origin {
    /// A payment was under way when the page was left.
    paid: Option<String>,
}

/// A checkout in whatever status it is.
pub(super) async fn show_checkout(
    visit: Visit,
    Path(id): Path<String>,
    Query(origin): Query<Origin>,
) -> Page {
    let (capability, view) = read(&visit.app, &id).await?;
    // Only a payment that was refused leads from "under way" back to an open checkout.
    let notice = origin.paid.map(|_| pay::declined(""));
    show(&visit, &capability, view, StatusCode::OK, notice).await
}

/// The page of a checkout; status and notice are of its page while it is open.
pub(super) async fn show(
    visit: &Visit,
    capability: &Capability,
    view: CheckoutView,
    status: StatusCode,
    notice: Option<Notice>,
) -> Page {
    match (view.checkout.shown_status(visit.app.store.now()), &view.order) {
        (Status::Open, _) => {
            cart_is_open(&visit.app, &view.checkout).await?;
            review(visit, capability, &view, status, notice)
        }
        (Status::Completed, Some(order)) => go_to(&orders::path(order.id, &order.token)),
        (shown @ (Status::Processing | Status::RequiresAction | Status::Completed), _) => {
            let (shell, path) = (visit.shell(), path(capability));
            let waits = shown == Status::RequiresAction;
            let action_url = if waits { action_url(&visit.app, view.checkout.id).await? } else { None };
            secret_page(StatusCode::OK, &ProcessingPage { shell, path, action_url })
        }
        (Status::Expired | Status::Cancelled, _) => Err(over()),
    }
}

/// Where the buyer of a checkout has to act.
async fn action_url(app: &App, id: CheckoutId) -> Result<Option<String>, Problem> {
    Ok(app.store.unfinished_saga(id).await?.and_then(|run| run.saga.action_url))
}

/// A checkout whose cart was ordered by another one cannot be paid, so it is not shown as if it could.
async fn cart_is_open(app: &App, checkout: &Checkout) -> Result<(), Problem> {
    let Some(cart) = checkout.cart else { return Ok(()) };
    let cart = app.store.cart(cart).await?;
    if cart.is_some_and(|cart| cart.ordered_by.is_some()) {
        return Err(ReserveRefusal::CartOrdered.into());
    }
    Ok(())
}

/// The problem of a checkout that has ended without an order.
pub(super) fn over() -> Problem {
    Problem::new(Code::CheckoutExpired, "The time of this checkout has run out, or it was cancelled.")
}

fn review(
    visit: &Visit,
    capability: &Capability,
    view: &CheckoutView,
    status: StatusCode,
    notice: Option<Notice>,
) -> Page {
    let checkout = &view.checkout;
    let app = &visit.app;
    let review = ReviewPage {
        shell: visit.shell(),
        path: path(capability),
        notice,
        must_confirm: checkout.lock.requires_confirmation() && checkout.confirmed_at.is_none(),
        changes: changes(&checkout.lock),
        price_hash: checkout.lock.price_hash().reveal(),
        summary: Summary::of(app, checkout, |_, line| shortage(view, line))?,
        buyer: (&checkout.buyer).into(),
        is_free: checkout.lock.totals.total.is_zero(),
        methods: pay::methods(app),
        // One key for each showing of the form: sent twice, it is one payment.
        key: id::encode(&app.ids.secret16()),
        kept_for: kept_for(checkout.expires_at.ms_since(app.store.now())),
    };
    secret_page(status, &review)
}

fn kept_for(ms: i64) -> String {
    let minutes = ms.max(0) / 60_000;
    match minutes {
        0 => "These prices are kept for less than a minute more.".to_owned(),
        1 => "These prices are kept for another minute.".to_owned(),
        _ => format!("These prices are kept for another {minutes} minutes."),
    }
}

fn changes(lock: &Lock) -> Vec<Change> {
    let changes = lock.price_changes().into_iter();
    let change = |change: sellonce_checkout::price_lock::PriceChange| Change {
        title: title(lock, &change.sku),
        was: change.was,
        now: change.now,
    };
    changes.map(change).collect()
}

/// The title under which a SKU was locked.
pub(super) fn title(lock: &Lock, sku: &Sku) -> String {
    let line = lock.lines.iter().find(|line| line.sku == *sku);
    line.map_or_else(|| sku.to_string(), |line| line.title.clone())
}

/// What is said of a line of which less is left than wanted.
fn shortage(view: &CheckoutView, line: &LockedLine) -> String {
    match view.available.get(&line.sku) {
        Some(Some(..=0)) => "Sold out at this moment".to_owned(),
        Some(Some(left)) if *left < i64::from(line.quantity) => format!("Only {left} left at this moment"),
        Some(_) | None => String::new(),
    }
}

/// The price changes that the buyer accepts.
#[derive(Deserialize)]
pub(super) struct Acceptance {
    #[serde(default)]
    price_hash: String,
}

/// Accepts exactly the price changes that were shown.
pub(super) async fn accept_prices(
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<Acceptance>,
) -> Page {
    let (capability, view) = read(&visit.app, &id).await?;
    // The page shows what there is to be accepted now, be it something else or nothing.
    let Some(hash) = PriceHash::parse(&form.price_hash) else { return go_to(&path(&capability)) };
    match visit.app.store.confirm_prices(view.checkout.id, capability.hash(), hash).await? {
        Ok(_) | Err(ConfirmRefusal::OtherChanges | ConfirmRefusal::NotOpen(_)) => go_to(&path(&capability)),
        Err(refusal @ ConfirmRefusal::NotFound) => Err(refusal.into()),
    }
}
