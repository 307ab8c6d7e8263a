//! Discount codes: what they take off, and when they apply.
//!
//! Decides the amount. Leaves counting limited uses to `book` and spreading the amount over lines to `totals`.

use std::fmt;

use crate::catalog::Malformed;
use crate::clock::Timestamp;
use crate::limits;
use crate::money::{BasisPoints, Money, MoneyError};

/// A discount code in its normal form: upper case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscountCode(Box<str>);

impl DiscountCode {
    /// Reads a code; case and surrounding spaces do not matter to the buyer.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let code = text.trim().to_uppercase();
        let chars = code.chars().count();
        let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '%' | '.');
        if chars == 0 || chars > limits::DISCOUNT_CODE_CHARS_MAX || !code.chars().all(allowed) {
            let problem =
                format!("must be 1 to {} letters, digits or any of - _ % .", limits::DISCOUNT_CODE_CHARS_MAX);
            return Err(Malformed { what: "discount code", problem });
        }
        Ok(Self(code.into()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DiscountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a discount takes off the subtotal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// A share of the subtotal, rounded half up.
    Percentage(BasisPoints),
    /// An amount, at most the subtotal.
    Fixed(Money),
}

/// A discount that buyers ask for by its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// Its code.
    pub code: DiscountCode,
    /// What it takes off.
    pub reduction: Reduction,
    /// The least subtotal that it applies to.
    pub subtotal_min: Option<Money>,
    /// When it begins, if not at once.
    pub starts_at: Option<Timestamp>,
    /// When it ends, if ever.
    pub ends_at: Option<Timestamp>,
    /// How often it can be used over all orders; `None` is unlimited.
    pub uses_max: Option<i64>,
}

/// Why a discount does not apply to a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApplicable {
    /// It has not begun or has ended.
    #[error("this discount code is not valid at this time")]
    OutsideItsTime,
    /// The subtotal is too small.
    #[error("this discount needs a subtotal of at least {0}")]
    SubtotalTooSmall(Money),
    /// The amount cannot be calculated.
    #[error("the discount cannot be calculated")]
    Amount,
}

impl From<MoneyError> for NotApplicable {
    fn from(_: MoneyError) -> Self {
        Self::Amount
    }
}

impl Discount {
    /// What it takes off `subtotal` at the instant `now`; never more than the subtotal.
    pub fn amount(&self, subtotal: Money, now: Timestamp) -> Result<Money, NotApplicable> {
        let begun = self.starts_at.is_none_or(|start| start <= now);
        let ended = self.ends_at.is_some_and(|end| end <= now);
        if !begun || ended {
            return Err(NotApplicable::OutsideItsTime);
        }
        if let Some(least) = self.subtotal_min
            && subtotal.minor() < least.minor()
        {
            return Err(NotApplicable::SubtotalTooSmall(least));
        }
        match self.reduction {
            Reduction::Percentage(rate) => Ok(subtotal.share(rate)?),
            Reduction::Fixed(amount) => Ok(amount.at_most(subtotal)?),
        }
    }
}
