//! Stock rows, journal lines, discounts and counters.

use sellonce_checkout::book::{Cause, LimitUse, Movement};
use sellonce_checkout::catalog::{Location, Sku};
use sellonce_checkout::discount::{Discount, DiscountCode, Reduction};
use sellonce_checkout::inventory::{Counters, Kind, Place, Policy, Stock};
use sellonce_checkout::money::{BasisPoints, Currency};
use sellonce_checkout::purchase_limit::{Identity, LimitKey, Uses};

use crate::rows::Columns;
use crate::trouble::Trouble;

/// The columns of [`stock`].
macro_rules! stock_columns {
    () => {
        "location, available, reserved, committed, backordered, version, policy"
    };
}

/// The columns of [`movement`].
macro_rules! movement_columns {
    () => {
        "sku, location, version, kind, quantity, available, reserved, committed, backordered, cause_kind, cause, \
         reason, at"
    };
}

/// The columns of [`discount`] and its counter.
macro_rules! discount_columns {
    () => {
        "code, percentage, fixed, subtotal_min, starts_at, ends_at, uses_max, held, used"
    };
}

pub(crate) use {discount_columns, movement_columns, stock_columns};

/// A SKU.
pub(crate) fn sku(columns: &mut dyn Columns) -> Result<Sku, Trouble> {
    columns.value(|text| Sku::parse(text).ok())
}

/// A location.
pub(crate) fn location(columns: &mut dyn Columns) -> Result<Location, Trouble> {
    columns.value(|text| Location::parse(text).ok())
}

/// The name of a policy in tables.
pub(crate) fn policy_name(policy: Policy) -> &'static str {
    match policy {
        Policy::Deny => "deny",
        Policy::Continue => "continue",
    }
}

/// A policy.
pub(crate) fn policy(columns: &mut dyn Columns) -> Result<Policy, Trouble> {
    columns.value(|text| [Policy::Deny, Policy::Continue].into_iter().find(|each| policy_name(*each) == text))
}

fn counters(columns: &mut dyn Columns) -> Result<Counters, Trouble> {
    Ok(Counters {
        available: columns.integer()?,
        reserved: columns.integer()?,
        committed: columns.integer()?,
        backordered: columns.integer()?,
    })
}

/// A stock row of a SKU.
pub(crate) fn stock(columns: &mut dyn Columns) -> Result<(Location, Stock), Trouble> {
    let location = location(columns)?;
    let counters = counters(columns)?;
    Ok((location, Stock { counters, version: columns.integer()?, policy: policy(columns)? }))
}

/// A line of the journal.
pub(crate) fn movement(columns: &mut dyn Columns) -> Result<Movement, Trouble> {
    Ok(Movement {
        place: Place { sku: sku(columns)?, location: location(columns)? },
        version: columns.integer()?,
        kind: columns.value(Kind::parse)?,
        quantity: columns.integer()?,
        after: counters(columns)?,
        cause: cause(columns)?,
        reason: columns.string()?,
        at: columns.time()?,
    })
}

fn cause(columns: &mut dyn Columns) -> Result<Cause, Trouble> {
    let kind = columns.string()?;
    let uuid = columns.uuid()?;
    Cause::from_parts(&kind, uuid).ok_or_else(|| Trouble::call(format!("`{kind}` causes no movements")))
}

/// A discount with its counter.
pub(crate) fn discount(columns: &mut dyn Columns, currency: Currency) -> Result<(Discount, Uses), Trouble> {
    let code = columns.value(|text| DiscountCode::parse(text).ok())?;
    let percentage = columns.maybe_integer()?;
    let fixed = columns.maybe_money(currency)?;
    let rate = percentage.and_then(|rate| u32::try_from(rate).ok()).and_then(BasisPoints::new);
    let reduction = match (rate, fixed) {
        (Some(rate), None) => Reduction::Percentage(rate),
        (None, Some(amount)) => Reduction::Fixed(amount),
        (None, None) | (Some(_), Some(_)) => {
            return Err(Trouble::call(format!("discount {code} takes off neither a share nor an amount")));
        }
    };
    let discount = Discount {
        code,
        reduction,
        subtotal_min: columns.maybe_money(currency)?,
        starts_at: columns.maybe_time()?,
        ends_at: columns.maybe_time()?,
        uses_max: columns.maybe_integer()?,
    };
    let uses = Uses { held: columns.integer()?, used: columns.integer()?, max: discount.uses_max };
    Ok((discount, uses))
}

/// What a saga holds of counters, as text: one a line, tabs between the parts; nothing held is no text.
///
/// Neither a SKU nor a code has control characters.
pub(crate) fn limits_text(limits: &[LimitUse]) -> Option<String> {
    let line = |limit: &LimitUse| match &limit.key {
        LimitKey::Discount(code) => format!("discount\t{}\t{code}", limit.quantity),
        LimitKey::Purchase(sku, identity) => {
            let digits: String = identity.0.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("purchase\t{}\t{sku}\t{digits}", limit.quantity)
        }
    };
    (!limits.is_empty()).then(|| limits.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Reads [`limits_text`].
pub(crate) fn limits(text: Option<&str>) -> Result<Vec<LimitUse>, Trouble> {
    let lines = text.into_iter().flat_map(str::lines);
    lines
        .map(|line| limit(line).ok_or_else(|| Trouble::call(format!("`{line}` is no hold of a counter"))))
        .collect()
}

fn limit(line: &str) -> Option<LimitUse> {
    let mut parts = line.split('\t');
    let (kind, quantity, name) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let key = match kind {
        "discount" => LimitKey::Discount(DiscountCode::parse(name).ok()?),
        "purchase" => {
            let digits = parts.next().filter(|digits| digits.len() == 64 && digits.is_ascii())?;
            let mut identity = [0; 32];
            for (byte, at) in identity.iter_mut().zip((0..).step_by(2)) {
                *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
            }
            LimitKey::Purchase(Sku::parse(name).ok()?, Identity(identity))
        }
        _ => return None,
    };
    parts.next().is_none().then_some(LimitUse { key, quantity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_saga_holds_of_counters_reads_as_it_was_written() {
        let code = DiscountCode::parse("summer-10").expect("a code");
        let sku = Sku::parse("red shirt").expect("a SKU");
        let held = vec![
            LimitUse { key: LimitKey::Discount(code), quantity: 1 },
            LimitUse { key: LimitKey::Purchase(sku, Identity([0xA7; 32])), quantity: 3 },
        ];
        assert_eq!(limits(limits_text(&held).as_deref()), Ok(held));
        assert_eq!(limits_text(&[]), None);
        assert_eq!(limits(None), Ok(Vec::new()));
        for nonsense in ["discount", "discount\tx\tA", "purchase\t1\tA", "purchase\t1\tA\tzz", "other\t1\tA"]
        {
            assert!(limits(Some(nonsense)).is_err(), "{nonsense}");
        }
    }
}
