//! The verdict of a tally and the auditor's findings.
//!
//! Pure. Decides when a run is `ok`: every invariant that could be judged holds, at least one was judged, and the shop
//! answered somebody definitely.

use crate::history::Opening;
use crate::tally::Tally;
use crate::verdict::{Cost, Findings, Verdict};

/// What an oversold unit costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Costs {
    /// Major units of the currency.
    pub(crate) per_oversell: i64,
    /// Three letters of ISO 4217.
    pub(crate) currency: String,
}

/// Puts the verdict together.
pub(crate) fn verdict(opening: &Opening, tally: &Tally, findings: Findings, costs: &Costs) -> Verdict {
    let judged = findings.invariants.iter().filter(|invariant| invariant.skipped.is_none());
    let holds = judged.clone().all(|invariant| invariant.ok);
    let ok = holds && judged.count() > 0 && tally.gave_up < tally.attempts;
    let per_second = tally.attempts as f64 / tally.duration_s.max(1e-9);
    Verdict {
        seed: opening.seed,
        target: opening.target.clone(),
        workload: opening.workload.clone(),
        buyers: opening.buyers,
        attempts: tally.attempts,
        stock: tally.stock,
        sold: findings.sold,
        sold_out: tally.sold_out,
        declined: tally.declined,
        shed: tally.shed,
        gave_up: tally.gave_up,
        errors: tally.errors,
        oversold: findings.oversold,
        false_sold_out: findings.false_sold_out,
        orphaned_payments: findings.orphaned_payments,
        duplicate_orders: findings.duplicate_orders,
        lost_acknowledgements: findings.lost_acknowledgements,
        wrong_amounts: findings.wrong_amounts,
        invariants: findings.invariants,
        duration_s: tally.duration_s,
        checkouts_per_s: per_second,
        latency_ms: tally.latency_ms,
        cost: cost(findings.oversold.unwrap_or_default(), costs),
        ok,
    }
}

fn cost(oversold: i64, costs: &Costs) -> Cost {
    let minor_units = minor_units(&costs.currency);
    let amount = oversold.saturating_mul(costs.per_oversell).saturating_mul(minor_units);
    Cost { amount, currency: costs.currency.clone() }
}

/// How many minor units make one of the currency, by ISO 4217; 100 where it is not known.
pub(crate) fn minor_units(currency: &str) -> i64 {
    let exponent = iso_currency::Currency::from_code(currency).and_then(iso_currency::Currency::exponent);
    10_i64.pow(u32::from(exponent.unwrap_or(2)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Invariant;

    fn opening() -> Opening {
        Opening {
            seed: 1,
            target: "test".to_owned(),
            workload: "flash-sale".to_owned(),
            buyers: 1,
            began_at: String::new(),
            goods: Vec::new(),
            all_must_sell: false,
            answers_within_ms: None,
            limits: None,
        }
    }

    fn invariant(ok: bool, skipped: Option<&str>) -> Invariant {
        let skipped = skipped.map(ToOwned::to_owned);
        Invariant {
            id: "I1".to_owned(),
            ok,
            checked: 1,
            violated: u64::from(!ok),
            violations: Vec::new(),
            skipped,
        }
    }

    fn findings(invariants: Vec<Invariant>) -> Findings {
        Findings {
            sold: 0,
            oversold: Some(3),
            false_sold_out: None,
            orphaned_payments: None,
            duplicate_orders: None,
            lost_acknowledgements: None,
            wrong_amounts: None,
            invariants,
        }
    }

    fn judge(invariants: Vec<Invariant>, attempts: u64, gave_up: u64) -> bool {
        let tally = Tally { attempts, gave_up, ..Tally::default() };
        let costs = Costs { per_oversell: 250, currency: "USD".to_owned() };
        verdict(&opening(), &tally, findings(invariants), &costs).ok
    }

    #[test]
    fn a_run_is_fine_only_if_something_was_judged_and_all_of_it_holds() {
        let (holds, fails, skipped) =
            (invariant(true, None), invariant(false, None), invariant(false, Some("no book")));
        assert!(judge(vec![holds.clone(), skipped.clone()], 5, 1));
        assert!(!judge(vec![holds.clone(), fails], 5, 0));
        assert!(!judge(vec![skipped], 5, 0), "nothing was judged");
        assert!(!judge(vec![holds.clone()], 5, 5), "nobody got an answer");
        assert!(!judge(vec![holds], 0, 0), "nobody asked");
    }

    #[test]
    fn oversold_units_cost_major_units_of_any_currency() {
        for (currency, expect) in [("USD", 75_000), ("JPY", 750), ("KWD", 750_000)] {
            let costs = Costs { per_oversell: 250, currency: currency.to_owned() };
            assert_eq!(cost(3, &costs).amount, expect, "{currency}");
        }
    }
}
