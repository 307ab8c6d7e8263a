//! Checkouts: opened with locked prices, confirmed, read, cancelled.
//!
//! Decides how a checkout looks to its buyer. Leaves prices to the lock and completing to `complete`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sellonce_checkout::address::typed_text;
use sellonce_checkout::catalog::{Malformed, Sku};
use sellonce_checkout::coordinator::Cancelled;
use sellonce_checkout::discount::DiscountCode;
use sellonce_checkout::email::Email;
use sellonce_checkout::id::{Capability, CartId, CheckoutId};
use sellonce_checkout::limits;
use sellonce_checkout::price_lock::{LockedLine, PriceHash, WantedLine};
use sellonce_checkout::session::Buyer;
use sellonce_checkout::store::checkouts::{CancelRefusal, CheckoutView, Goods, OpenCheckout};
use sellonce_checkout::{clock, money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::carts::quantity;
use super::complete::{self, Completed, Completion};
use super::orders::Order;
use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::credential;
use crate::extract::{IdempotencyKey, IfMatch, JsonBody, MayOpenCheckout, Path, RequestId};
use crate::fault::Faults;
use crate::object::read_as_object;
use crate::problem::{Code, Problem};
use crate::shape::status::CheckoutStatus;
use crate::shape::{self, Address, Money, PriceChange, Totals};

/// A checkout: locked lines, prices and totals. It holds no stock until it is being completed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checkout {
    /// Its id, which is its secret: who has it may read, complete and cancel the checkout.
    #[schema(example = "chk_01ja2b3c4d5e6f7g8h9j0k1m2n3p4q5r6s7t8v9w0x1y2z3a4b5c")]
    id: String,
    /// Where it stands.
    status: CheckoutStatus,
    /// The lines that are sold, at the unit prices that are charged.
    lines: Vec<CheckoutLine>,
    /// The locked amounts; the total is what is charged.
    totals: Totals,
    /// The unit prices that differ from what the buyer saw.
    price_changes: Vec<PriceChange>,
    /// Whether the buyer must confirm the price changes before the checkout can be completed.
    requires_confirmation: bool,
    /// What confirms exactly these price changes.
    price_hash: String,
    /// The buyer's e-mail address.
    email: String,
    /// Where the goods go.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shipping_address: Option<Address>,
    /// The code of the shipping method.
    shipping_method: String,
    /// The discount code that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    discount_code: Option<String>,
    /// When the lock expires.
    #[schema(format = DateTime)]
    expires_at: String,
    /// The order that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<OrderReference>,
}

/// A line of a checkout.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckoutLine {
    /// What is sold.
    sku: String,
    /// Its title at the lock.
    title: String,
    /// How many units.
    quantity: u32,
    /// The unit price that is charged.
    unit_price: Money,
    /// The line's part of the discount.
    discount: Money,
    /// The line's tax, added or contained.
    tax: Money,
    /// The units that could be sold when this was answered; null where more can be promised than is there.
    #[schema(required)]
    available_now: Option<i64>,
}

/// The order that a checkout became.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderReference {
    /// Its id.
    id: String,
    /// Its number for people.
    number: i64,
    /// What shows it to its buyer: the bearer token of `GET /v1/orders/{id}`.
    token: String,
}

impl Checkout {
    fn of(view: CheckoutView, capability: &Capability, now: clock::Timestamp) -> Self {
        let CheckoutView { checkout, available, order } = view;
        let line = |(line, unit_price): (&LockedLine, money::Money)| CheckoutLine {
            sku: line.sku.to_string(),
            title: line.title.clone(),
            quantity: line.quantity,
            unit_price: unit_price.into(),
            discount: line.discount.into(),
            tax: line.tax.into(),
            available_now: available.get(&line.sku).copied().unwrap_or(Some(0)),
        };
        Self {
            id: capability.reveal(CheckoutId::PREFIX),
            status: CheckoutStatus(checkout.shown_status(now)),
            lines: checkout.lock.sold().map(line).collect(),
            totals: checkout.lock.totals.into(),
            price_changes: shape::price_changes(&checkout.lock),
            requires_confirmation: checkout.lock.requires_confirmation() && checkout.confirmed_at.is_none(),
            price_hash: checkout.lock.price_hash().reveal(),
            email: checkout.buyer.email.to_string(),
            shipping_address: checkout.buyer.address.as_ref().map(Address::from),
            shipping_method: checkout.lock.shipping_method.clone(),
            discount_code: checkout.discount_code.as_ref().map(ToString::to_string),
            expires_at: shape::time(checkout.expires_at),
            order: order.map(|order| OrderReference {
                id: order.id.to_string(),
                number: order.number,
                token: order.token.reveal(),
            }),
        }
    }

    fn in_answer(answer: Answer<()>, app: &App, view: CheckoutView, capability: &Capability) -> Answer<Self> {
        let answer = answer.version(view.checkout.version);
        answer.map(|()| Self::of(view, capability, app.store.now()))
    }
}

/// A checkout to be opened: of a cart, or of lines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
#[schema(example = json!({
    "lines": [{"sku": "SHIRT-BLUE-M", "quantity": 1}], "email": "ada@example.com"
}))]
pub(crate) struct NewCheckout {
    /// The cart whose lines are bought. Give this or `lines`.
    cart_id: Option<String>,
    /// What is bought. Give this or `cart_id`.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<NewCheckoutLine>>,
    /// Where the confirmation goes.
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
    /// Where the goods go; needed where shipping or tax depends on it.
    shipping_address: Option<Address>,
    /// The code of a shipping method; the first that serves the address if it is not said.
    shipping_method: Option<String>,
    /// A discount code.
    discount_code: Option<String>,
    /// The merchant's own name of the buyer; only with an API key.
    customer_ref: Option<String>,
    /// Completes the checkout in the same request, which then needs an `Idempotency-Key`.
    complete: Option<Completion>,
}

read_as_object!(NewCheckout);

/// Units of a SKU, with the price that the buyer saw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct NewCheckoutLine {
    /// The SKU.
    #[schema(min_length = 1, max_length = 255)]
    sku: String,
    /// How many units.
    #[schema(minimum = 1, maximum = 10_000)]
    quantity: i64,
    /// The unit price that the buyer saw. It is compared, never charged.
    unit_price_seen: Option<Money>,
}

read_as_object!(NewCheckoutLine);

impl NewCheckout {
    /// Reads everything but `customer_ref`, which has to be vouched for.
    fn parse(&self, app: &App, customer: Option<String>, id: &Capability) -> Result<OpenCheckout, Problem> {
        let mut faults = Faults::default();
        let goods = self.goods(app, &mut faults)?;
        let email = faults.keep("/email".to_owned(), Email::parse(&self.email));
        let address = self.shipping_address.as_ref().and_then(|address| address.parse(&mut faults));
        let shipping_method = self.shipping_method.as_deref().map(|code| typed_text("shipping method", code));
        let shipping_method = faults.keep_some("/shipping_method", shipping_method);
        let discount_code = self.discount_code.as_deref().map(DiscountCode::parse);
        let discount_code = faults.keep_some("/discount_code", discount_code);
        let read = goods.zip(email).map(|(goods, email)| OpenCheckout {
            id: CheckoutId(id.uuid),
            secret: id.hash(),
            goods,
            buyer: Buyer { email, address, customer_reference: customer },
            shipping_method,
            discount_code,
            pricing: Arc::clone(&app.pricing),
        });
        faults.end(read)
    }

    fn goods(&self, app: &App, faults: &mut Faults) -> Result<Option<Goods>, Problem> {
        match (&self.cart_id, &self.lines) {
            (Some(cart), None) => {
                let cart = Capability::parse(CartId::PREFIX, cart).ok_or_else(Problem::not_found)?;
                Ok(Some(Goods::Cart { id: CartId(cart.uuid), secret: cart.hash() }))
            }
            (None, Some(lines)) => Ok(Some(Goods::Lines(wanted_lines(lines, app, faults)?))),
            (Some(_), Some(_)) | (None, None) => {
                faults.missing("/cart_id", "give either `cart_id` or `lines`");
                Ok(None)
            }
        }
    }
}

/// The lines that can be read; each that cannot is a fault.
fn wanted_lines(
    lines: &[NewCheckoutLine],
    app: &App,
    faults: &mut Faults,
) -> Result<Vec<WantedLine>, Problem> {
    if !(1..=limits::LINES_MAX).contains(&lines.len()) {
        faults.add("/lines", format!("must have between 1 and {} lines", limits::LINES_MAX));
        return Ok(Vec::new());
    }
    let mut wanted = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let sku = faults.keep(format!("/lines/{index}/sku"), Sku::parse(&line.sku));
        let quantity = quantity(line.quantity, &format!("/lines/{index}/quantity"), faults);
        let pointer = format!("/lines/{index}/unit_price_seen");
        let price_seen = line.unit_price_seen.as_ref().map(|price| price.parse(app.currency(), &pointer));
        let price_seen = price_seen.transpose()?;
        if let (Some(sku), Some(quantity)) = (sku, quantity) {
            wanted.push(WantedLine { title_seen: sku.to_string(), sku, quantity, price_seen });
        }
    }
    Ok(wanted)
}

/// What opening a checkout answers: the checkout, or what completing it came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Opened {
    /// It is open.
    Checkout(Box<Checkout>),
    /// It was completed in the same request.
    Order(Box<Order>),
}

/// Open a checkout.
///
/// Its prices are locked. Nothing is refused for lack of stock, and nothing is held. With `complete` the checkout is also completed in this one
/// request, which answers as `POST /v1/checkouts/{id}/complete` does.
#[utoipa::path(
    post, path = "/v1/checkouts", tag = "Checkouts", request_body = NewCheckout,
    params(("Idempotency-Key" = Option<String>, Header, description = "Needed with `complete`.")),
    responses(
        (status = 201, description = "The checkout; with `complete` the order.", body = Opened),
        (status = 200, description = "With `complete`: the order that another key placed.", body = Order),
        (status = 202, description = "With `complete`: it goes on.", body = complete::UnderWay),
    ),
    extensions(("x-problems" = json!([
        "forbidden", "not_found", "unknown_sku", "wrong_currency", "nothing_to_sell", "unknown_discount",
        "discount_not_applicable", "address_required", "unknown_shipping_method", "not_shipped_there",
        "amount_out_of_range", "cart_already_ordered", "idempotency_key_missing", "idempotency_key_invalid",
        "idempotency_key_reused", "completion_in_progress", "out_of_stock", "price_changed", "checkout_expired",
        "purchase_limit_reached", "discount_exhausted", "payment_declined", "payment_missing", "unknown_provider"
    ]))),
)]
pub(crate) async fn open_checkout(
    State(app): State<App>,
    _: MayOpenCheckout,
    RequestId(request_id): RequestId,
    headers: HeaderMap,
    body: JsonBody<NewCheckout>,
) -> Result<Response, Problem> {
    let JsonBody { value: wanted, hash } = body;
    let customer = vouched_customer(&app, &headers, wanted.customer_ref.as_deref()).await?;
    let capability = Capability::draw(app.ids.as_ref());
    let call = wanted.parse(&app, customer, &capability)?;
    let Some(completion) = &wanted.complete else {
        let view = app.store.open_checkout(call).await??;
        let location = format!("/v1/checkouts/{}", capability.reveal(CheckoutId::PREFIX));
        let answer = Checkout::in_answer(Answer::created(()).location(&location), &app, view, &capability);
        return Ok(answer.map(|checkout| Opened::Checkout(Box::new(checkout))).into_response());
    };
    let IdempotencyKey(key) = IdempotencyKey::of(&headers)?;
    let asked = complete::Asked { key, body: hash, request_id };
    Ok(match complete::open_and_complete(&app, call, &capability, completion, asked).await? {
        Completed::Order(answer) => answer.map(|order| Opened::Order(Box::new(order))).into_response(),
        Completed::UnderWay(answer) => answer.into_response(),
    })
}

/// A buyer's name is only taken from who proves to be the merchant: purchase limits count it.
async fn vouched_customer(
    app: &App,
    headers: &HeaderMap,
    reference: Option<&str>,
) -> Result<Option<String>, Problem> {
    let Some(reference) = reference else { return Ok(None) };
    if credential::api_key(headers, app).await?.is_none() {
        return Err(Problem::new(
            Code::Forbidden,
            "`customer_ref` is only taken from a request with an API key.",
        ));
    }
    let mut faults = Faults::default();
    let reference = faults.keep("/customer_ref".to_owned(), typed_text("customer reference", reference));
    faults.end(reference).map(Some)
}

/// Reads the id of a checkout; what is no id opens nothing.
pub(crate) fn capability(id: &str) -> Result<Capability, Problem> {
    Capability::parse(CheckoutId::PREFIX, id).ok_or_else(Problem::not_found)
}

async fn read(app: &App, capability: &Capability) -> Result<CheckoutView, Problem> {
    let view = app.store.checkout(CheckoutId(capability.uuid)).await?;
    view.filter(|view| view.checkout.secret.matches(&capability.hash())).ok_or_else(Problem::not_found)
}

/// Compares the version that the client saw, if it said so.
///
/// What is confirmed, cancelled or completed is decided by conditions of its own: the hash, the status, the total. So a
/// change between this look and the call does no harm; `If-Match` only spares a client from acting on an old answer.
async fn check_version(app: &App, capability: &Capability, if_match: IfMatch) -> Result<(), Problem> {
    if if_match.0.is_some() {
        if_match.check(read(app, capability).await?.checkout.version)?;
    }
    Ok(())
}

/// Read a checkout.
#[utoipa::path(
    get, path = "/v1/checkouts/{id}", tag = "Checkouts",
    params(("id" = String, Path, description = "The checkout's id.")),
    responses((status = 200, description = "The checkout; its `ETag` is its version.", body = Checkout)),
)]
pub(crate) async fn read_checkout(State(app): State<App>, Path(id): Path<String>) -> Reply<Checkout> {
    let capability = capability(&id)?;
    let view = read(&app, &capability).await?;
    Ok(Checkout::in_answer(Answer::ok(()), &app, view, &capability))
}

/// Cancel a checkout.
///
/// One whose payment waits for its buyer is cancelled at the payment provider first; if it was paid after all, it has
/// become an order. Again is fine.
#[utoipa::path(
    delete, path = "/v1/checkouts/{id}", tag = "Checkouts",
    params(
        ("id" = String, Path, description = "The checkout's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses(
        (status = 200, description = "The checkout as it is now.", body = Checkout),
        (status = 202, description = "The payment provider is still being asked.", body = Checkout),
    ),
    extensions(("x-problems" = json!(["completion_in_progress", "checkout_completed"]))),
)]
pub(crate) async fn cancel_checkout(
    State(app): State<App>,
    Path(id): Path<String>,
    if_match: IfMatch,
) -> Reply<Checkout> {
    let capability = capability(&id)?;
    check_version(&app, &capability, if_match).await?;
    let (coordinator, secret) = (Arc::clone(&app.coordinator), capability.hash());
    let id = CheckoutId(capability.uuid);
    // A cancellation that was begun is finished, whether or not its client still listens.
    let work = app.tasks.run_to_end(async move { coordinator.cancel(id, secret).await });
    match work.await.map_err(|_| Problem::internal())??? {
        Cancelled::Over(view) => Ok(Checkout::in_answer(Answer::ok(()), &app, *view, &capability)),
        Cancelled::Placed(_) => Err(CancelRefusal::Completed.into()),
        Cancelled::UnderWay(_) => {
            let view = read(&app, &capability).await?;
            let answer = Answer::accepted(()).retry_after_s(complete::ASK_AGAIN_S);
            Ok(Checkout::in_answer(answer, &app, view, &capability))
        }
    }
}

/// The price changes that the buyer accepts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// The checkout's `price_hash`, as it was shown with the changes.
    price_hash: String,
}

read_as_object!(Confirmation);

/// Confirm price changes.
///
/// The buyer accepts exactly the changes that were shown. Again is fine.
#[utoipa::path(
    post, path = "/v1/checkouts/{id}/confirm_prices", tag = "Checkouts", request_body = Confirmation,
    params(
        ("id" = String, Path, description = "The checkout's id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change was decided on."),
    ),
    responses((status = 200, description = "The checkout as it is now.", body = Checkout)),
    extensions(("x-problems" = json!([
        "price_hash_mismatch", "checkout_expired", "completion_in_progress", "checkout_completed"
    ]))),
)]
pub(crate) async fn confirm_prices(
    State(app): State<App>,
    Path(id): Path<String>,
    if_match: IfMatch,
    body: JsonBody<Confirmation>,
) -> Reply<Checkout> {
    let capability = capability(&id)?;
    let mut faults = Faults::default();
    let malformed =
        || Malformed { what: "price_hash", problem: "must be the text that was shown".to_owned() };
    let hash = PriceHash::parse(&body.value.price_hash).ok_or_else(malformed);
    let hash = faults.keep("/price_hash".to_owned(), hash);
    let hash = faults.end(hash)?;
    check_version(&app, &capability, if_match).await?;
    let view = app.store.confirm_prices(CheckoutId(capability.uuid), capability.hash(), hash).await??;
    Ok(Checkout::in_answer(Answer::ok(()), &app, view, &capability))
}
