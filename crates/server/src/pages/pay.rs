//! Paying: the one form that moves stock and money.
//!
//! Decides in which words each end of the saga is told. Leaves running the saga to the coordinator, in a task of its
//! own, so that a buyer who closes the page leaves nothing half-way.
//!
//! The form carries a key that was drawn when it was shown. Two clicks, a reload and the back button all send the same
//! key, so they all lead to the same order.

use std::sync::Arc;

use axum::http::StatusCode;
use sellonce_checkout::book::{Depleted, Shortage};
use sellonce_checkout::coordinator::{Complete, Completed};
use sellonce_checkout::id::{Capability, CheckoutId};
use sellonce_checkout::idempotency::{BodyHash, Claim, Key, Scope};
use sellonce_checkout::limits;
use sellonce_checkout::purchase_limit::LimitKey;
use sellonce_checkout::saga::Ending;
use sellonce_checkout::session::NotCompletable;
use sellonce_checkout::store::sagas::{PaymentChoice, ReserveRefusal, Target};
use serde::Deserialize;

use super::form::Form;
use super::problem::{Short, Trouble, Way};
use super::review::{self, Notice};
use super::shell::{Page, go_to, secret_page};
use super::visit::Visit;
use super::{orders, review::title};
use crate::app::App;
use crate::extract::{Path, RequestId};
use crate::problem::{Code, Problem};

/// The provider whose test tokens can be chosen.
const SIMULATED: &str = "simulated";

/// A way to pay that the page offers.
pub(super) struct Method {
    pub(super) token: &'static str,
    pub(super) name: &'static str,
    pub(super) effect: &'static str,
}

/// What each test token is to a buyer.
const METHODS: &[Method] = &[
    Method { token: "tok_ok", name: "A card that works", effect: "The payment goes through at once." },
    Method { token: "tok_slow", name: "A slow bank", effect: "The payment goes through after two seconds." },
    Method {
        token: "tok_declined",
        name: "A card that is declined",
        effect: "Nothing is charged and nothing is held; you can choose again.",
    },
    Method {
        token: "tok_insufficient_funds",
        name: "An account without money",
        effect: "Declined for lack of funds; you can choose again.",
    },
    Method {
        token: "tok_timeout",
        name: "A lost answer",
        effect: "The bank charges you, but its answer gets lost. The shop asks again, and you are charged once.",
    },
    Method {
        token: "tok_timeout_not_charged",
        name: "A lost request",
        effect: "The bank never hears of the payment at first. The shop asks again, and you are charged once.",
    },
    Method {
        token: "tok_requires_action",
        name: "A bank that asks back",
        effect: "You confirm the payment on the bank's page, or refuse it there.",
    },
    Method {
        token: "tok_flaky",
        name: "A bad line",
        effect: "A request and then an answer get lost. You are still charged once.",
    },
];

/// The ways to pay that this shop has switched on.
pub(super) fn methods(app: &App) -> &'static [Method] {
    if app.coordinator.provider_names().any(|name| name == SIMULATED) { METHODS } else { &[] }
}

/// What the buyer pays with.
#[derive(Deserialize)]
pub(super) struct Payment {
    #[serde(default)]
    key: String,
    #[serde(default)]
    token: String,
}

/// Completes a checkout.
pub(super) async fn pay(
    visit: Visit,
    Path(id): Path<String>,
    RequestId(request_id): RequestId,
    Form(payment): Form<Payment>,
) -> Page {
    let app = &visit.app;
    let capability = Capability::parse(CheckoutId::PREFIX, &id).ok_or_else(Problem::not_found)?;
    let call = payment.call(&capability, request_id)?;
    let coordinator = Arc::clone(&app.coordinator);
    let work = app.tasks.run_to_end(async move { coordinator.complete(call).await });
    match work.await.map_err(|_| Problem::internal())?? {
        Ok(completed) => tell(&visit, &capability, completed).await,
        Err(refusal) => refuse(&visit, &capability, refusal).await,
    }
}

impl Payment {
    fn call(self, capability: &Capability, request_id: String) -> Result<Complete, Problem> {
        let key = Key::parse(&self.key).ok_or_else(|| {
            Problem::new(Code::IdempotencyKeyInvalid, "The form is not as this shop has written it.")
        })?;
        if self.token.len() > limits::PAYMENT_TOKEN_BYTES_MAX {
            return Err(Problem::new(Code::PaymentMissing, "This is nothing to pay with."));
        }
        let id = CheckoutId(capability.uuid);
        let claim =
            Claim { scope: Scope::checkout(id), key, body: BodyHash::of(self.token.as_bytes()), request_id };
        let given = !self.token.is_empty();
        let payment = given.then(|| PaymentChoice { provider: SIMULATED.to_owned(), token: self.token });
        let target = Target::Open { id, secret: capability.hash() };
        Ok(Complete { claim, target, expected_total: None, payment })
    }
}

/// Tells what came of it.
async fn tell(visit: &Visit, capability: &Capability, completed: Completed) -> Page {
    match completed {
        Completed::Placed { view, .. } | Completed::AlreadyPlaced(view) => {
            go_to(&orders::path(view.order.id, &view.order.token))
        }
        Completed::UnderWay(_) | Completed::InProgress => {
            go_to(&format!("{}?paid", review::path(capability)))
        }
        Completed::Ended { ending, .. } => {
            let notice = match ending {
                Ending::Declined(code) => declined(&code),
                Ending::NeverOrder => Notice {
                    tone: "is-bad",
                    title: "The order could not be placed",
                    text: "The payment was given back in full. Nothing is charged.".to_owned(),
                },
                Ending::Expired | Ending::Cancelled => return Err(review::over()),
            };
            again(visit, capability, StatusCode::PAYMENT_REQUIRED, notice).await
        }
        Completed::KeyReused => {
            let notice = Notice {
                tone: "is-warn",
                title: "Please choose once more",
                text: "This form had been sent before with another choice. It was not sent again.".to_owned(),
            };
            again(visit, capability, StatusCode::UNPROCESSABLE_ENTITY, notice).await
        }
    }
}

/// The checkout as it stands, with a new form if it can be paid.
async fn again(visit: &Visit, capability: &Capability, status: StatusCode, notice: Notice) -> Page {
    let (_, view) = review::read(&visit.app, &capability.reveal(CheckoutId::PREFIX)).await?;
    review::show(visit, capability, view, status, Some(notice)).await
}

/// What is told of a payment that was refused with this code; the code may be unknown.
pub(super) fn declined(code: &str) -> Notice {
    let why = match code {
        "card_declined" => "The bank has declined the card. ",
        "insufficient_funds" => "There is not enough money on the account. ",
        "authentication_failed" => "The payment was not confirmed. ",
        _ => "",
    };
    let text =
        format!("{why}Nothing was charged, and nothing is held for you. You can choose another way to pay.");
    Notice { tone: "is-bad", title: "The payment did not go through", text }
}

/// Tells why nothing was begun.
async fn refuse(visit: &Visit, capability: &Capability, refusal: ReserveRefusal) -> Page {
    match refusal {
        ReserveRefusal::NotCompletable { why: NotCompletable::InProgress, .. } => {
            go_to(&format!("{}?paid", review::path(capability)))
        }
        // The page of the checkout shows the changes, and the button that accepts them.
        ReserveRefusal::NotCompletable { why: NotCompletable::Unconfirmed, .. } => {
            go_to(&review::path(capability))
        }
        ReserveRefusal::PaymentMissing => {
            let notice = Notice {
                tone: "is-bad",
                title: "Choose how you pay",
                text: "Nothing was charged yet.".to_owned(),
            };
            again(visit, capability, StatusCode::UNPROCESSABLE_ENTITY, notice).await
        }
        ReserveRefusal::Shortage(shortage) => short(visit, capability, shortage).await,
        refusal @ (ReserveRefusal::NotFound
        | ReserveRefusal::Open(_)
        | ReserveRefusal::NotCompletable { .. }
        | ReserveRefusal::CartOrdered
        | ReserveRefusal::CartInProgress) => Err(refusal.into()),
    }
}

/// The page of a buyer who cannot have what they want: nothing was held or charged.
async fn short(visit: &Visit, capability: &Capability, shortage: Shortage) -> Page {
    let (_, view) = review::read(&visit.app, &capability.reveal(CheckoutId::PREFIX)).await?;
    let lock = &view.checkout.lock;
    let back = Way { href: review::path(capability), label: "Back to the checkout" };
    let to_cart = Way { href: "/cart".to_owned(), label: "Change the cart" };
    let without_code = Way { href: format!("{}/details", back.href), label: "Go on without the code" };
    let line = |line: Depleted| Short {
        title: title(lock, &line.sku),
        requested: line.requested,
        available: line.available,
    };
    let (heading, text, short, ways) = match shortage {
        Shortage::OutOfStock(lines) => (
            "There is not enough left",
            "Somebody else was quicker. Nothing was charged and nothing is held for you.".to_owned(),
            lines.into_iter().map(line).collect(),
            vec![to_cart, back],
        ),
        Shortage::LimitReached(LimitKey::Purchase(sku, _)) => (
            "That is more than one buyer can have",
            format!(
                "“{}” is limited to a few for each buyer, over all orders. Nothing was charged.",
                title(lock, &sku)
            ),
            Vec::new(),
            vec![to_cart, back],
        ),
        Shortage::LimitReached(LimitKey::Discount(code)) => (
            "The discount is used up",
            format!("Others have used the code {code} as often as it can be used. Nothing was charged."),
            Vec::new(),
            vec![without_code, back],
        ),
    };
    let request_id = String::new();
    let title = heading.to_owned();
    secret_page(StatusCode::CONFLICT, &Trouble { shell: visit.shell(), title, text, short, ways, request_id })
}
