//! What each refusal of the domain is called to a client.
//!
//! Decides the code, and the machine fields that the code promises. Leaves deciding the refusals to checkout.

use sellonce_checkout::book::Shortage;
use sellonce_checkout::cart::CartRefusal;
use sellonce_checkout::limits;
use sellonce_checkout::price_lock::{Lock, LockRefusal};
use sellonce_checkout::purchase_limit::LimitKey;
use sellonce_checkout::session::{Checkout, NotCompletable, Status};
use sellonce_checkout::store::carts::ChangeCartRefusal;
use sellonce_checkout::store::checkouts::{CancelRefusal, ConfirmRefusal, OpenRefusal};
use sellonce_checkout::store::sagas::ReserveRefusal;
use sellonce_checkout::totals::PricingProblem;

use crate::extract;
use crate::fault::Faults;
use crate::problem::{Code, Problem};
use crate::shape;

/// When it is worth asking again for a checkout that is being completed.
const ASK_AGAIN_MS: i64 = 1_000;

/// A checkout, or its key, is under way.
pub(crate) fn in_progress() -> Problem {
    Problem::new(Code::CompletionInProgress, "The checkout is being completed at this moment.")
        .retry_after_ms(ASK_AGAIN_MS)
}

/// The key came with another body.
pub(crate) fn key_reused() -> Problem {
    Problem::new(Code::IdempotencyKeyReused, "This `Idempotency-Key` came with another body before.")
}

fn cart_ordered() -> Problem {
    Problem::new(Code::CartAlreadyOrdered, "An order was placed from this cart.")
}

/// A value of the request that the domain refuses although it could be read.
fn invalid(pointer: &str, message: String) -> Problem {
    let mut faults = Faults::default();
    faults.add(pointer, message);
    faults.into_problem()
}

impl From<CartRefusal> for Problem {
    fn from(refusal: CartRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            CartRefusal::UnknownSku(_) => Self::new(Code::UnknownSku, sentence(&message)),
            CartRefusal::UnknownLine => Self::not_found(),
            CartRefusal::BadQuantity => invalid("/quantity", message),
            CartRefusal::TooManyLines => invalid("/lines", message),
            CartRefusal::Ordered => cart_ordered(),
            CartRefusal::Money(_) => Self::new(Code::AmountOutOfRange, sentence(&message)),
        }
    }
}

impl From<ChangeCartRefusal> for Problem {
    fn from(refusal: ChangeCartRefusal) -> Self {
        match refusal {
            ChangeCartRefusal::NotFound => Self::not_found(),
            ChangeCartRefusal::Changed => extract::changed(),
            ChangeCartRefusal::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<OpenRefusal> for Problem {
    fn from(refusal: OpenRefusal) -> Self {
        match refusal {
            OpenRefusal::CartNotFound => Self::not_found(),
            OpenRefusal::CartOrdered => cart_ordered(),
            OpenRefusal::UnknownDiscount => {
                Self::new(Code::UnknownDiscount, "There is no such discount code.")
            }
            OpenRefusal::Lock(refusal) => refusal.into(),
        }
    }
}

impl From<LockRefusal> for Problem {
    fn from(refusal: LockRefusal) -> Self {
        let message = refusal.to_string();
        let code = match refusal {
            LockRefusal::BadQuantity => return invalid("/lines", message),
            LockRefusal::TooManyLines => return invalid("/lines", message),
            LockRefusal::WrongCurrency(shop) => return shape::wrong_currency(shop),
            LockRefusal::UnknownSku(_) => Code::UnknownSku,
            LockRefusal::NothingToSell => Code::NothingToSell,
            LockRefusal::Discount(_) => Code::DiscountNotApplicable,
            LockRefusal::Money(_) => Code::AmountOutOfRange,
            LockRefusal::Pricing(problem) => match problem {
                PricingProblem::AddressRequired => Code::AddressRequired,
                PricingProblem::UnknownShippingMethod { .. } => Code::UnknownShippingMethod,
                PricingProblem::NotShippedThere => Code::NotShippedThere,
                PricingProblem::Money(_) => Code::AmountOutOfRange,
            },
        };
        Self::new(code, sentence(&message))
    }
}

impl From<ConfirmRefusal> for Problem {
    fn from(refusal: ConfirmRefusal) -> Self {
        match refusal {
            ConfirmRefusal::NotFound => Self::not_found(),
            ConfirmRefusal::OtherChanges => Self::new(
                Code::PriceHashMismatch,
                "This `price_hash` belongs to other price changes than this checkout has.",
            ),
            ConfirmRefusal::NotOpen(status) => not_open(status),
        }
    }
}

impl From<CancelRefusal> for Problem {
    fn from(refusal: CancelRefusal) -> Self {
        match refusal {
            CancelRefusal::NotFound => Self::not_found(),
            CancelRefusal::InProgress => in_progress(),
            CancelRefusal::Completed => not_open(Status::Completed),
        }
    }
}

fn not_open(status: Status) -> Problem {
    match status {
        Status::Completed => Problem::new(Code::CheckoutCompleted, "This checkout became an order."),
        Status::Cancelled => Problem::new(Code::CheckoutExpired, "This checkout was cancelled."),
        Status::Expired => Problem::new(Code::CheckoutExpired, "The time of this checkout has run out."),
        Status::Open | Status::Processing | Status::RequiresAction => in_progress(),
    }
}

impl From<ReserveRefusal> for Problem {
    fn from(refusal: ReserveRefusal) -> Self {
        match refusal {
            ReserveRefusal::NotFound => Self::not_found(),
            ReserveRefusal::Open(refusal) => refusal.into(),
            ReserveRefusal::NotCompletable { why, checkout } => not_completable(&why, &checkout),
            ReserveRefusal::CartOrdered => cart_ordered(),
            ReserveRefusal::CartInProgress => Self::new(
                Code::CompletionInProgress,
                "Another checkout of this cart is being completed at this moment.",
            )
            .retry_after_ms(ASK_AGAIN_MS),
            ReserveRefusal::PaymentMissing => {
                Self::new(Code::PaymentMissing, "There is something to pay: send `payment`.")
            }
            ReserveRefusal::Shortage(shortage) => shortage.into(),
        }
    }
}

fn not_completable(why: &NotCompletable, checkout: &Checkout) -> Problem {
    let changed = |detail: &str| {
        let lock: &Lock = &checkout.lock;
        Problem::new(Code::PriceChanged, detail).with(|facts| {
            facts.price_changes = Some(shape::price_changes(lock));
            facts.price_hash = Some(lock.price_hash().reveal());
            facts.totals = Some(lock.totals.into());
        })
    };
    match why {
        NotCompletable::Completed(_) => not_open(Status::Completed),
        NotCompletable::InProgress => in_progress(),
        NotCompletable::Over(status) => not_open(*status),
        NotCompletable::Unconfirmed => {
            changed("Prices changed since the buyer saw them, and the buyer has not confirmed the changes.")
        }
        NotCompletable::OtherTotal => {
            changed(&format!("The total is {}, not what was expected.", checkout.lock.totals.total))
        }
    }
}

impl From<Shortage> for Problem {
    fn from(shortage: Shortage) -> Self {
        match shortage {
            Shortage::OutOfStock(lines) => {
                let told: Vec<String> = lines
                    .iter()
                    .map(|line| format!("{}: {} wanted, {} left", line.sku, line.requested, line.available))
                    .collect();
                Self::new(Code::OutOfStock, sentence(&told.join("; ")))
                    .with(|facts| facts.lines = Some(lines.into_iter().map(Into::into).collect()))
            }
            Shortage::LimitReached(LimitKey::Discount(code)) => {
                Self::new(Code::DiscountExhausted, format!("The discount `{code}` has no uses left."))
            }
            Shortage::LimitReached(LimitKey::Purchase(sku, _)) => {
                Self::new(Code::PurchaseLimitReached, format!("One buyer cannot have so many of `{sku}`."))
                    .with(|facts| facts.sku = Some(sku.to_string()))
            }
        }
    }
}

/// The fault of a quantity that no line can have.
pub(crate) fn quantity_message() -> String {
    format!("must be between 1 and {}", limits::LINE_QUANTITY_MAX)
}

/// A message of the domain as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str())
}
