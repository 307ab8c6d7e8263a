//! Money: integer minor units with a currency, checked in every operation.
//!
//! Decides how amounts add, multiply, round and divide. Leaves to others what an amount means (`totals`) and how it
//! is written down in JSON or on a page (the server).

use std::cmp::Reverse;
use std::fmt;

use crate::limits;

/// A currency of ISO 4217, as `USD`. A shop has exactly one, fixed when its database is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads the three-letter code; letters of either case are taken.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(&code.to_ascii_uppercase())
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(16).collect()))
    }

    /// The three-letter code, as `USD`.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits follow the decimal point: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What can go wrong with an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The code is not one of ISO 4217, or that currency has no minor unit (gold, testing codes).
    #[error("`{0}` is not a currency code; use a three-letter code of ISO 4217 such as USD")]
    UnknownCurrency(String),
    /// The result would leave the range of [`limits::AMOUNT_MAX`].
    #[error("the amount is too large; the most a single amount can be is {}", limits::AMOUNT_MAX)]
    TooLarge,
    /// The amount would be below zero.
    #[error("the amount would be below zero")]
    Negative,
    /// Two currencies met in one calculation.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// A decimal text that is not an amount of the currency.
    #[error("`{0}` is not an amount: write digits, with at most {1} after a point")]
    NotAnAmount(String, u32),
}

/// An amount of money: 0 or more minor units of one currency.
///
/// Amounts are never negative; what is taken away is named (a discount, a refund) and stored as what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// An amount from minor units; refuses negative amounts and those above [`limits::AMOUNT_MAX`].
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        match minor {
            ..0 => Err(MoneyError::Negative),
            limits::AMOUNT_BEYOND.. => Err(MoneyError::TooLarge),
            0.. => Ok(Self { minor, currency }),
        }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a decimal text such as `50`, `49.9` or `1250.00`: a point, no thousands separators, no sign.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let wrong = || MoneyError::NotAnAmount(text.chars().take(32).collect(), currency.exponent());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = usize::try_from(currency.exponent()).map_err(|_| wrong())?;
        // Trailing zeros beyond the exponent carry no value: Shopify writes yen as `500.00`.
        let (kept, rest) = fraction.split_at_checked(digits.min(fraction.len())).ok_or_else(wrong)?;
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !all_digits(whole)
            || !all_digits(kept)
            || rest.bytes().any(|byte| byte != b'0')
        {
            return Err(wrong());
        }
        let text = format!("{whole}{kept:0<digits$}");
        let minor: i64 = text.parse().map_err(|_| MoneyError::TooLarge)?;
        Self::new(minor, currency)
    }

    /// The amount in minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Self::new(minor, self.currency)
    }

    /// What is left after taking `other` away; refuses to go below zero.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Negative)?;
        Self::new(minor, self.currency)
    }

    /// The smaller of both.
    pub fn at_most(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(if other.minor < self.minor { other } else { self })
    }

    /// The amount `count` times.
    pub fn times(self, count: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(count)).ok_or(MoneyError::TooLarge)?;
        Self::new(minor, self.currency)
    }

    /// The share of `rate` of this amount, rounded half up: 1999 at 750 basis points is 150.
    pub fn share(self, rate: BasisPoints) -> Result<Self, MoneyError> {
        self.fraction(i128::from(rate.0), 10_000)
    }

    /// The part of this amount that is a tax of `rate` contained in it, rounded half up: 1190 at 1900 is 190.
    pub fn contained(self, rate: BasisPoints) -> Result<Self, MoneyError> {
        let rate = i128::from(rate.0);
        self.fraction(rate, rate.checked_add(10_000).ok_or(MoneyError::TooLarge)?)
    }

    /// `minor * numerator / denominator`, rounded half up; both parts are positive.
    fn fraction(self, numerator: i128, denominator: i128) -> Result<Self, MoneyError> {
        let twice = i128::from(self.minor)
            .checked_mul(numerator)
            .and_then(|product| product.checked_mul(2))
            .and_then(|twice| twice.checked_add(denominator))
            .ok_or(MoneyError::TooLarge)?;
        let halves = denominator.checked_mul(2).ok_or(MoneyError::TooLarge)?;
        let rounded = twice.checked_div(halves).ok_or(MoneyError::TooLarge)?;
        Self::new(i64::try_from(rounded).map_err(|_| MoneyError::TooLarge)?, self.currency)
    }

    /// Divides the amount over `weights` by largest remainder, so that the parts always add up to it.
    ///
    /// A part is never larger than its weight as long as the amount is not larger than their sum. If all weights are
    /// zero, every part is zero. Of equal remainders the heavier weight comes first, then the earlier one: the order of
    /// lines then changes no total. The method is the one parliaments use for seats (Hamilton, 1792).
    pub fn spread(self, weights: &[Self]) -> Result<Vec<Self>, MoneyError> {
        let mut total = Self::zero(self.currency);
        for weight in weights {
            total = total.plus(*weight)?;
        }
        if total.is_zero() {
            return Ok(vec![Self::zero(self.currency); weights.len()]);
        }
        let whole = i128::from(total.minor);
        let mut parts = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let mut left = self.minor;
        for (index, weight) in weights.iter().enumerate() {
            let product =
                i128::from(self.minor).checked_mul(i128::from(weight.minor)).ok_or(MoneyError::TooLarge)?;
            let part = i64::try_from(product.div_euclid(whole)).map_err(|_| MoneyError::TooLarge)?;
            left = left.checked_sub(part).ok_or(MoneyError::Negative)?;
            parts.push(part);
            remainders.push((Reverse(product.rem_euclid(whole)), Reverse(weight.minor), index));
        }
        remainders.sort_unstable();
        // At most one unit per part is left over: each part lost less than one unit to rounding down.
        for (_, _, index) in remainders.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            if let Some(part) = parts.get_mut(index) {
                *part = part.checked_add(1).ok_or(MoneyError::TooLarge)?;
            }
        }
        parts.into_iter().map(|minor| Self::new(minor, self.currency)).collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

/// `49.99 USD`, `500 JPY`: for people and logs; the API has integers.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::try_from(self.currency.exponent()).unwrap_or(0);
        let text = format!("{:0>width$}", self.minor, width = digits.saturating_add(1));
        let (whole, fraction) = text.split_at(text.len().saturating_sub(digits));
        if fraction.is_empty() {
            write!(f, "{whole} {}", self.currency)
        } else {
            write!(f, "{whole}.{fraction} {}", self.currency)
        }
    }
}

/// A rate in hundredths of a percent: 750 is 7.5%.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BasisPoints(u32);

impl BasisPoints {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A rate from 0 to 100%.
    pub fn new(value: u32) -> Option<Self> {
        (value <= 10_000).then_some(Self(value))
    }

    /// The number of hundredths of a percent.
    pub fn value(self) -> u32 {
        self.0
    }
}
