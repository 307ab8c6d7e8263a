//! The day that own servers have: how long they wait, and how their payment provider behaves.
//!
//! Decides which settings a workload needs, so that what happens to a real shop within hours happens within seconds: holds
//! run out, leases change hands, calls to the provider are given up, and its callbacks come in copies, late, out of order
//! or never. What the environment says already stays as it is said.

use std::time::Duration;

use crate::plan::Workload;

/// How long a server waits for its payment provider unless it is said, in milliseconds.
const CALL_MS: u64 = 8_000;
/// How long it waits on a day of everything: not long enough for a slow bank, which takes two seconds.
const SHORT_CALL_MS: u64 = 700;

/// How long units are held for a payment.
const HOLD: &str = "SHOP__HOLD_MS";

/// The longest pause between two tries of a step.
const RETRY_MAX: &str = "SHOP__RETRY_MS_MAX";

/// What stands before each name.
const PREFIX: &str = "SELLONCE_";

/// Settings of own servers for a workload: names of variables, without their prefix, and values.
pub(crate) fn variables(workload: Workload, seed: u64) -> Vec<(&'static str, String)> {
    if workload != Workload::Everything {
        return Vec::new();
    }
    let short_call = SHORT_CALL_MS.to_string();
    let all = [
        (HOLD, "4000"),
        ("SHOP__COMPLETE_WAIT_MS", "100"),
        ("SHOP__PAYMENT_CALL_MS", &short_call),
        ("SHOP__LEASE_MS", "900"),
        ("SHOP__RETRY_MS_MIN", "500"),
        (RETRY_MAX, "2000"),
        ("SHOP__ACTION_POLL_MS", "500"),
        ("SHOP__STUCK_MS", "150"),
        ("SHOP__SWEEP_MS", "250"),
        ("PAYMENTS__SIMULATED_CALLBACKS", "everything"),
        ("PAYMENTS__SIMULATED_CALLBACK_COPIES_MAX", "2"),
        ("PAYMENTS__SIMULATED_CALLBACK_DELAY_MS_MAX", "1500"),
        ("PAYMENTS__SIMULATED_CALLBACK_NEVER_PER_MILLE", "200"),
        ("PAYMENTS__SIMULATED_CALLBACK_FORGED_PER_MILLE", "10"),
        ("PAYMENTS__SIMULATED_SEED", &seed.to_string()),
    ];
    let all = all.map(|(name, value)| (name, value.to_owned()));
    all.into_iter().filter(|(name, _)| !is_said(name)).collect()
}

/// Whether what is held for a buyer who never comes back is on sale again before a run's books are read. Elsewhere a hold may
/// take minutes, and a run would leave it behind.
pub(crate) fn holds_run_out(workload: Workload) -> bool {
    variables(workload, 0).iter().any(|(name, _)| *name == HOLD)
}

/// How long after the faults have ended the last must be in order: a minute, and less on a hurried day.
pub(crate) fn end(workload: Workload) -> Duration {
    Duration::from_secs(if is_hurried(workload) { 20 } else { 60 })
}

/// How long a shop may show no change before it is taken that it never will: longer than any pause between two tries.
pub(crate) fn quiet(workload: Workload) -> Duration {
    Duration::from_secs(if is_hurried(workload) { 10 } else { 45 })
}

/// Whether no pause is longer than two seconds.
fn is_hurried(workload: Workload) -> bool {
    variables(workload, 0).iter().any(|(name, _)| *name == RETRY_MAX)
}

/// How long own servers wait for an answer of the provider; `None` if the environment has changed that, or has the
/// provider lose answers by chance.
pub(crate) fn answers_within_ms(workload: Workload) -> Option<u64> {
    let said = ["SHOP__PAYMENT_CALL_MS", "PAYMENTS__CAPTURE"];
    let lossy = ["LOST", "ANSWER_LOST", "SERVER_ERROR", "TOO_MANY_REQUESTS"];
    let lossy = lossy.map(|fault| format!("PAYMENTS__SIMULATED_{fault}_PER_MILLE"));
    if said.into_iter().any(is_said) || lossy.iter().any(|name| is_said(name)) {
        return None;
    }
    Some(if workload == Workload::Everything { SHORT_CALL_MS } else { CALL_MS })
}

fn is_said(name: &str) -> bool {
    std::env::var_os(format!("{PREFIX}{name}")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_of_everything_is_hurried() {
        for workload in Workload::ALL {
            let is_hurried = !variables(workload, 7).is_empty();
            assert_eq!(is_hurried, workload == Workload::Everything, "{}", workload.name());
            assert_eq!(holds_run_out(workload), is_hurried, "{}", workload.name());
            assert_eq!(end(workload).as_secs() < 60, is_hurried, "{}", workload.name());
            assert!(quiet(workload).as_secs() > if is_hurried { 2 } else { 38 }, "{}", workload.name());
        }
    }

    #[test]
    fn a_lease_outlasts_a_request_that_waits_for_a_payment() {
        let all = variables(Workload::Everything, 7);
        let ms = |name: &str| {
            let found = all.iter().find(|(each, _)| *each == name);
            found.and_then(|(_, value)| value.parse::<u64>().ok()).expect("it is set")
        };
        let longest = ms("SHOP__COMPLETE_WAIT_MS") + ms("SHOP__PAYMENT_CALL_MS");
        assert!(ms("SHOP__LEASE_MS") > longest, "or a server refuses to start");
        assert!(ms(HOLD) > ms("SHOP__LEASE_MS"));
    }
}
