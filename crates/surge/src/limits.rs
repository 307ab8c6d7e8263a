//! Limits of a run: a discount code with few uses, and few units of the most wanted SKU per buyer.
//!
//! Decides how few they are, who asks for the code, and who comes a second time. Limits are set on servers of the run's
//! own, because a code takes money off whatever a shop sells. Leaves counting uses and units to the auditor.

use serde_json::json;

use crate::admin::{Admin, AdminError};
use crate::chance::Chance;
use crate::history::{Good, Limits};

/// What the code takes off, in hundredths of a percent.
const BASIS_POINTS: i64 = 1_000;
/// For how long it is valid: longer than a run.
const VALID: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// One use for so many buyers, so that it runs out among many.
const BUYERS_PER_USE: u64 = 8;
/// The fewest uses and the most.
const USES: (u64, u64) = (3, 500);
/// The most units per buyer: one cart has them soon, and two carts sooner.
const UNITS_MAX: i64 = 3;
/// How many of a hundred purchases ask for the code.
const CODE_PERCENT: u64 = 15;
/// How many of a hundred purchases with an odd number are their neighbour's second one.
const AGAIN_PERCENT: u64 = 50;

/// How a purchase runs into limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asks {
    /// Whether it asks for the discount.
    pub(crate) discount: bool,
    /// Whether its buyer has another purchase, the one before it.
    pub(crate) again: bool,
}

impl Asks {
    /// As the seed says.
    pub(crate) fn of(seed: u64, purchase: u64) -> Self {
        let mut chance = Chance::of(seed, "limits", purchase);
        let discount = chance.percent(CODE_PERCENT);
        Self { discount, again: purchase % 2 == 1 && chance.percent(AGAIN_PERCENT) }
    }
}

/// The limits of a run with these goods and so many buyers.
pub(crate) fn of_run(seed: u64, goods: &[Good], buyers: u64) -> Option<Limits> {
    let uses = (buyers / BUYERS_PER_USE).clamp(USES.0, USES.1);
    Some(Limits {
        code: format!("SURGE-{seed}"),
        uses_max: i64::try_from(uses).unwrap_or(i64::MAX),
        sku: goods.first()?.sku.clone(),
        units_max: UNITS_MAX,
    })
}

/// Sets them in the shop.
///
/// # Errors
/// When the shop refuses them or does not answer.
pub(crate) async fn set(admin: &Admin, limits: &Limits) -> Result<(), AdminError> {
    let ends_at = (jiff::Timestamp::now() + VALID).to_string();
    let Limits { code, uses_max, sku, units_max } = limits;
    let discount =
        json!({"code": code, "basis_points": BASIS_POINTS, "uses_max": uses_max, "ends_at": ends_at});
    admin.post("/v1/admin/discounts", &discount).await?;
    admin.post("/v1/admin/limits", &json!({"sku": sku, "quantity_max": units_max})).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_ask_for_the_discount_and_some_come_again() {
        let asks: Vec<Asks> = (0..2_000).map(|purchase| Asks::of(7, purchase)).collect();
        assert_eq!(asks, (0..2_000).map(|purchase| Asks::of(7, purchase)).collect::<Vec<_>>());
        let discounts = asks.iter().filter(|asks| asks.discount).count();
        assert!((240..360).contains(&discounts), "{discounts}");
        let again = asks.iter().filter(|asks| asks.again).count();
        assert!((430..570).contains(&again), "{again}");
        // Whose purchase is again has one before it, and that one is not again.
        assert!(asks.iter().step_by(2).all(|asks| !asks.again));
    }

    #[test]
    fn a_run_has_few_uses() {
        let price = crate::history::Money { amount: 100, currency: "USD".to_owned() };
        let goods = [Good { sku: "surge-7-0".to_owned(), stock: 9, price }];
        for (buyers, uses) in [(0, 3), (100, 12), (50_000, 500)] {
            assert_eq!(of_run(7, &goods, buyers).map(|limits| limits.uses_max), Some(uses));
        }
        assert_eq!(of_run(7, &[], 100), None);
    }
}
