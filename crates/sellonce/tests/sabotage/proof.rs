//! One proof: the same story on a shop with a defect and on one without.
//!
//! Decides that the first must be caught by what is named, and that the second is told nothing wrong. A story tells what a
//! client finds wrong; the audit is asked after it.

use std::time::Duration;

use hyper::StatusCode;
use sellonce_checkout::sabotage::Sabotage;
use serde_json::Value;

use crate::harness::{Answer, Shop, complete, get, http, open};

/// The SKU that everybody wants, at 49.99.
pub(crate) const SKU: &str = "thing";

/// How a shop is set up for a story: its units, and variables besides the usual ones.
pub(crate) struct Plan {
    pub(crate) units: u32,
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// A shop with so many units, set up as always.
pub(crate) const fn with_units(units: u32) -> Plan {
    Plan { units, variables: &[] }
}

/// Plays a story on a shop with a defect, which must show it by a finding that begins with `by`; and on one without, where
/// nothing may be found.
pub(crate) async fn caught(
    defect: Sabotage,
    by: &str,
    plan: Plan,
    story: impl AsyncFn(&mut Shop) -> Vec<String>,
) {
    for (name, wanted) in [(defect.as_str(), Some(by)), ("none", None)] {
        let mut shop = Shop::with_stock_and(SKU, plan.units, |shop| {
            set_up(shop, name);
            plan.variables.iter().for_each(|(variable, value)| shop.set(variable, value));
        });
        let told = story(&mut shop).await;
        judge(&shop, told, wanted).await;
    }
}

/// Gives the commands of a shop a defect, or none; what has to be at rest to be judged need not be so for long.
pub(crate) fn set_up(shop: &mut Shop, defect: &str) {
    shop.set("SELLONCE_SABOTAGE", defect);
    shop.set("SELLONCE_SHOP__REST_MS", "200");
}

/// Waits for the wanted finding; or, if none is wanted, for the audit to find nothing.
pub(crate) async fn judge(shop: &Shop, told: Vec<String>, wanted: Option<&str>) {
    let mut found = told.clone();
    for _ in 0..60 {
        let fine = match wanted {
            Some(by) => found.iter().any(|finding| finding.starts_with(by)),
            None => !told.is_empty(),
        };
        if fine {
            break;
        }
        let audited = findings(shop);
        if wanted.is_none() && audited.is_empty() {
            found = told.clone();
            break;
        }
        found = [told.clone(), audited].concat();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    match wanted {
        Some(by) => {
            assert!(found.iter().any(|finding| finding.starts_with(by)), "not caught by {by}: {found:#?}");
        }
        None => assert!(found.is_empty(), "nothing was planted, and yet: {found:#?}"),
    }
}

/// What an audit finds now, a line for each violation, the number of the invariant first.
pub(crate) fn findings(shop: &Shop) -> Vec<String> {
    let (report, _) = tokio::task::block_in_place(|| shop.audit());
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let of = |finding: &Value| {
        let id = finding["id"].as_str().expect("a finding has an id").to_owned();
        let violations = list(&finding["violations"]).into_iter();
        violations.map(move |violation| format!("{id}: {violation}")).collect::<Vec<_>>()
    };
    list(&report["invariants"]).iter().flat_map(of).collect()
}

/// Opens a checkout of one unit and completes it.
pub(crate) async fn buy(url: &str, buyer: &str, token: &str) -> Answer {
    let http = http();
    let email = format!("{buyer}@example.com");
    let checkout = open(&http, url, SKU, 1, &email).await.expect("a checkout opens");
    complete(&http, url, &checkout, buyer, token).await.expect("the server answers")
}

/// Buys one unit, which must succeed; the order's id.
pub(crate) async fn order(url: &str, buyer: &str, token: &str) -> String {
    let answer = buy(url, buyer, token).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.text("/id").to_owned()
}

/// The simulated provider's book.
pub(crate) async fn book(shop: &mut Shop) -> Vec<Value> {
    let (bearer, url) = (bearer(shop), format!("{}/v1/admin/simulated_payments", shop.url()));
    let answer = get(&http(), &url, &[("authorization", &bearer)]).await.expect("the server answers");
    answer.body["data"].as_array().cloned().unwrap_or_else(|| panic!("{}", answer.body))
}

/// What opens the administrator's calls.
pub(crate) fn bearer(shop: &mut Shop) -> String {
    format!("Bearer {}", tokio::task::block_in_place(|| shop.key()))
}

/// Asks the shop's file for a number.
pub(crate) fn ask(shop: &Shop, question: &str) -> i64 {
    tokio::task::block_in_place(|| {
        let file = rusqlite::Connection::open(shop.path("sellonce.db")).expect("the file opens");
        file.busy_timeout(Duration::from_secs(5)).expect("it can be set");
        file.query_row(question, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{question}: {error}"))
    })
}

/// Waits until a question to the shop's file has an answer.
pub(crate) async fn until(shop: &Shop, question: &str, answer: i64) {
    let mut found = ask(shop, question);
    for _ in 0..400 {
        if found == answer {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        found = ask(shop, question);
    }
    panic!("{question}: {found}");
}
