//! Sellonce's own store API, as a buyer's program speaks it.
//!
//! Decides which answers the contract explains: everything else is broken.

use serde_json::{Value, json};

use super::{Answer, Dialect, Heard, Purchase, Request, body_hash};
use crate::history::{Acknowledged, Line, Money, PriceChange, Short, Step};

/// How long to wait where an answer does not say it.
const RETRY_MS: u64 = 1_000;
/// Refusals that a buyer's own behaviour, or the merchant's, explains.
const REFUSALS: &[&str] = &[
    "cart_already_ordered",
    "checkout_expired",
    "checkout_completed",
    "discount_exhausted",
    "nothing_to_sell",
    "price_changed",
    "price_hash_mismatch",
    "purchase_limit_reached",
];

/// What a key that comes with another body is refused as.
pub(crate) const REUSED: &str = "idempotency_key_reused";
/// What is paid with under a key that was used to pay with something else.
const OTHER: &str = "tok_declined";

/// The dialect of Sellonce's store API, version 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sellonce;

impl Dialect for Sellonce {
    fn steps(&self) -> &[Step] {
        &[Step::Open, Step::Complete]
    }

    fn request(&self, step: Step, index: Option<usize>, purchase: &Purchase) -> Option<Request> {
        let fact = |name: &str| purchase.facts.get(name);
        let checkout = || fact("checkout").map(|id| format!("/v1/checkouts/{id}"));
        Some(match step {
            Step::Browse => get("/v1/products"),
            Step::Cart => post("/v1/carts", &json!({"lines": lines(purchase, false)})),
            Step::Open => post("/v1/checkouts", &opening(purchase, true)),
            Step::Confirm => {
                post(&format!("{}/confirm_prices", checkout()?), &json!({"price_hash": fact("price_hash")?}))
            }
            Step::Complete if index.is_none() => {
                // Whoever pays at once takes the price of that moment.
                let mut body = opening(purchase, false);
                body["complete"] = completion(&purchase.token);
                with_key(post("/v1/checkouts", &body), purchase)
            }
            Step::Complete => complete(&checkout()?, purchase, &purchase.token),
            Step::Misuse => {
                complete(&checkout()?, purchase, if purchase.token == OTHER { "tok_ok" } else { OTHER })
            }
            Step::Approve => post(fact("approve")?, &json!({"result": fact("result")?})),
            Step::Ask => get(&checkout()?),
            Step::Cancel => Request { method: "DELETE".to_owned(), ..get(&checkout()?) },
            Step::Order => {
                let mut request = get(&format!("/v1/orders/{}", fact("order")?));
                request.headers.push(("authorization".to_owned(), format!("Bearer {}", fact("token")?)));
                request
            }
        })
    }

    fn read(&self, step: Step, _index: Option<usize>, answer: &Answer, purchase: &mut Purchase) -> Heard {
        let retry_after_ms = answer
            .header("retry-after")
            .and_then(|value| value.parse::<u64>().ok())
            .map(|seconds| seconds.saturating_mul(1_000));
        // 408: the body did not come in time, so nothing was done.
        if matches!(answer.status, 429 | 503) && retry_after_ms.is_some() || answer.status == 408 {
            return Heard::Shed { retry_after_ms: retry_after_ms.unwrap_or(RETRY_MS) };
        }
        let body: Value = match serde_json::from_slice(&answer.body) {
            Ok(body) => body,
            Err(_) if answer.status == 204 => Value::Null,
            Err(_) => return broken(answer),
        };
        if (400..500).contains(&answer.status) {
            return refusal(step, answer, &body, retry_after_ms.unwrap_or(RETRY_MS));
        }
        let heard = match (step, answer.status) {
            (Step::Browse, 200) | (Step::Approve, 200) | (Step::Cancel, 200 | 204) => Some(Heard::Next),
            (Step::Cart, 201) => cart(&body, purchase),
            (Step::Open, 201) | (Step::Confirm, 200) => opened(&body, purchase),
            (Step::Complete | Step::Misuse, 200 | 201) | (Step::Order, 200) => {
                ordered(answer, &body, purchase)
            }
            (Step::Complete | Step::Misuse, 202) => {
                under_way(&body, purchase, retry_after_ms.unwrap_or(RETRY_MS))
            }
            (Step::Ask, 200) => Some(Heard::Next),
            _ => None,
        };
        heard.unwrap_or_else(|| broken(answer))
    }
}

fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        key: None,
    }
}

fn post(path: &str, body: &Value) -> Request {
    Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        key: None,
    }
}

/// What a checkout is opened with.
fn opening(purchase: &Purchase, with_price: bool) -> Value {
    let mut body = match purchase.facts.get("cart") {
        Some(cart) => json!({"cart_id": cart}),
        None => json!({"lines": lines(purchase, with_price)}),
    };
    body["email"] = purchase.email.as_str().into();
    if let Some(code) = purchase.facts.get("discount") {
        body["discount_code"] = code.as_str().into();
    }
    body
}

fn lines(purchase: &Purchase, with_price: bool) -> Vec<Value> {
    let line = |line: &Line| {
        let mut written = json!({"sku": line.sku, "quantity": line.quantity});
        if let Some(price) = line.unit_price.as_ref().filter(|_| with_price) {
            written["unit_price_seen"] = json!(price);
        }
        written
    };
    purchase.lines.iter().map(line).collect()
}

fn completion(token: &str) -> Value {
    json!({"payment": {"provider": "simulated", "token": token}})
}

fn with_key(mut request: Request, purchase: &Purchase) -> Request {
    request.headers.push(("idempotency-key".to_owned(), purchase.key.clone()));
    request.key = Some(purchase.key.clone());
    request
}

fn complete(checkout: &str, purchase: &Purchase, token: &str) -> Request {
    let mut body = completion(token);
    if let Some(total) =
        purchase.facts.get("total").and_then(|total| serde_json::from_str::<Value>(total).ok())
    {
        body["expected_total"] = total;
    }
    with_key(post(&format!("{checkout}/complete"), &body), purchase)
}

fn money(value: &Value) -> Option<Money> {
    Some(Money {
        amount: value.get("amount")?.as_i64()?,
        currency: value.get("currency")?.as_str()?.to_owned(),
    })
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(ToOwned::to_owned)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn told_lines(body: &Value) -> Option<Vec<Line>> {
    let line = |line: &Value| {
        Some(Line {
            sku: text(line, "sku")?,
            quantity: line.get("quantity")?.as_i64()?,
            unit_price: money(&line["unit_price"]),
        })
    };
    body.get("lines")?.as_array()?.iter().map(line).collect()
}

fn cart(body: &Value, purchase: &mut Purchase) -> Option<Heard> {
    purchase.facts.insert("cart".to_owned(), text(body, "id")?);
    // The price that the buyer sees from now on is the cart's.
    purchase.lines = told_lines(body)?;
    Some(Heard::Next)
}

fn opened(body: &Value, purchase: &mut Purchase) -> Option<Heard> {
    let total = money(&body["totals"]["total"])?;
    let lines = told_lines(body)?;
    let requires_confirmation = body.get("requires_confirmation")?.as_bool()?;
    purchase.facts.insert("checkout".to_owned(), text(body, "id")?);
    purchase.facts.insert("price_hash".to_owned(), text(body, "price_hash")?);
    purchase.facts.insert("total".to_owned(), body["totals"]["total"].to_string());
    let change = |change: &Value| PriceChange {
        sku: text(change, "sku").unwrap_or_default(),
        was: money(&change["was"]),
        now: money(&change["now"]),
    };
    let changes = || list(&body["price_changes"]).iter().map(change).collect();
    Some(Heard::Opened { total: Some(total), lines, confirm: requires_confirmation.then(changes) })
}

fn ordered(answer: &Answer, body: &Value, purchase: &mut Purchase) -> Option<Heard> {
    let order = text(body, "id")?;
    purchase.facts.insert("order".to_owned(), order.clone());
    purchase.facts.insert("token".to_owned(), text(body, "token")?);
    Some(Heard::Ordered(Acknowledged {
        order,
        total: Some(money(&body["totals"]["total"])?),
        lines: told_lines(body)?,
        status: text(body, "status"),
        body_hash: body_hash(&answer.body),
        replayed: answer.header("idempotent-replayed").is_some(),
    }))
}

fn under_way(body: &Value, purchase: &mut Purchase, retry_after_ms: u64) -> Option<Heard> {
    let status = text(body, "status")?;
    // Its path alone: the shop's public name may be one that only browsers know.
    let url = text(&body["next_action"], "url");
    let path = url
        .as_deref()
        .and_then(|url| url.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let approve = status == "requires_action" && path.is_some();
    if let Some(path) = path {
        purchase.facts.insert("approve".to_owned(), path.to_owned());
    }
    Some(Heard::UnderWay { status, retry_after_ms, approve })
}

fn refusal(step: Step, answer: &Answer, body: &Value, retry_after_ms: u64) -> Heard {
    let Some(code) = text(body, "code") else { return broken(answer) };
    match (answer.status, code.as_str()) {
        (402, "payment_declined") => Heard::Declined {
            reason: text(body, "decline_code").unwrap_or_default(),
            replayed: answer.header("idempotent-replayed").is_some(),
        },
        (409, "out_of_stock") => {
            let short = |line: &Value| Short {
                sku: text(line, "sku").unwrap_or_default(),
                requested: line["requested"].as_i64().unwrap_or_default(),
                available: line["available"].as_i64(),
                stock_version: line["stock_version"].as_i64(),
            };
            Heard::SoldOut(list(&body["lines"]).iter().map(short).collect())
        }
        (409, "completion_in_progress") => {
            Heard::UnderWay { status: "processing".to_owned(), retry_after_ms, approve: false }
        }
        // Who sends each key with one body is never told this.
        (422, REUSED) if step == Step::Misuse => Heard::Refused { code: REUSED.to_owned() },
        (_, code) if REFUSALS.contains(&code) => Heard::Refused { code: code.to_owned() },
        _ => broken(answer),
    }
}

fn broken(answer: &Answer) -> Heard {
    let text = String::from_utf8_lossy(&answer.body);
    let beginning: String = text.chars().take(300).collect();
    let as_success = (200..300).contains(&answer.status);
    Heard::Broken { what: format!("{} {beginning}", answer.status), as_success }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn purchase() -> Purchase {
        Purchase {
            number: 1,
            email: "buyer-1.7@surge.example".to_owned(),
            lines: vec![Line { sku: "mug".to_owned(), quantity: 2, unit_price: None }],
            token: "tok_ok".to_owned(),
            key: "k".to_owned(),
            facts: BTreeMap::new(),
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: Value) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Answer { status, headers: headers.collect(), body: body.to_string().into_bytes() }
    }

    fn read(step: Step, answer: &Answer) -> Heard {
        Sellonce.read(step, None, answer, &mut purchase())
    }

    const USD: fn(i64) -> Value = |amount| json!({"amount": amount, "currency": "USD"});

    #[test]
    fn what_a_checkout_brings_is_asked_for_in_the_next_request() {
        let mut purchase = purchase();
        purchase.facts.insert("discount".to_owned(), "SURGE-7".to_owned());
        let open = Sellonce.request(Step::Open, Some(0), &purchase).unwrap();
        assert_eq!((open.method.as_str(), open.path.as_str()), ("POST", "/v1/checkouts"));
        let opened = answer(
            201,
            &[],
            json!({
                "id": "chk_1", "price_hash": "h", "requires_confirmation": false, "price_changes": [],
                "lines": [{"sku": "mug", "quantity": 2, "unit_price": USD(500)}], "totals": {"total": USD(1000)},
            }),
        );
        let heard = Sellonce.read(Step::Open, Some(0), &opened, &mut purchase);
        assert!(matches!(heard, Heard::Opened { confirm: None, .. }), "{heard:?}");
        let body: Value = serde_json::from_slice(&open.body).unwrap();
        assert_eq!(body["discount_code"], "SURGE-7");
        let complete = Sellonce.request(Step::Complete, Some(1), &purchase).unwrap();
        assert_eq!(complete.path, "/v1/checkouts/chk_1/complete");
        assert!(complete.headers.contains(&("idempotency-key".to_owned(), "k".to_owned())));
        let body: Value = serde_json::from_slice(&complete.body).unwrap();
        assert_eq!(body["expected_total"], USD(1000));
    }

    #[test]
    fn each_refusal_is_told_from_the_others() {
        let short = json!({"sku": "mug", "requested": 2, "available": 1, "stock_version": 9});
        let sold_out = answer(409, &[], json!({"code": "out_of_stock", "lines": [short]}));
        let Heard::SoldOut(lines) = read(Step::Complete, &sold_out) else { panic!("it is sold out") };
        assert_eq!((lines[0].available, lines[0].stock_version), (Some(1), Some(9)));
        let declined = answer(402, &[], json!({"code": "payment_declined", "decline_code": "card_declined"}));
        assert!(matches!(read(Step::Complete, &declined), Heard::Declined { replayed: false, .. }));
        let busy = answer(503, &[("retry-after", "2")], json!({"code": "overloaded"}));
        assert_eq!(read(Step::Complete, &busy), Heard::Shed { retry_after_ms: 2_000 });
        let twice = answer(409, &[("retry-after", "1")], json!({"code": "completion_in_progress"}));
        assert!(matches!(read(Step::Complete, &twice), Heard::UnderWay { approve: false, .. }));
        let expired = answer(409, &[], json!({"code": "checkout_expired"}));
        assert_eq!(read(Step::Complete, &expired), Heard::Refused { code: "checkout_expired".to_owned() });
    }

    #[test]
    fn a_key_with_another_body_is_refused_to_nobody_else() {
        let reused = answer(422, &[], json!({"code": "idempotency_key_reused"}));
        assert_eq!(read(Step::Misuse, &reused), Heard::Refused { code: REUSED.to_owned() });
        assert!(matches!(read(Step::Complete, &reused), Heard::Broken { as_success: false, .. }));
        let mut purchase = purchase();
        purchase.facts.insert("checkout".to_owned(), "chk_1".to_owned());
        for token in ["tok_ok", "tok_declined"] {
            purchase.token = token.to_owned();
            let [pays, misuses] = [(Step::Complete, Some(1)), (Step::Misuse, None)].map(|(step, index)| {
                Sellonce.request(step, index, &purchase).expect("there is such a request")
            });
            assert_eq!((&pays.path, &pays.key), (&misuses.path, &misuses.key));
            assert_ne!(pays.body, misuses.body, "{token}");
        }
    }

    #[test]
    fn a_checkout_is_opened_and_paid_in_one_request() {
        let request = Sellonce.request(Step::Complete, None, &purchase()).unwrap();
        assert_eq!((request.path.as_str(), request.key.as_deref()), ("/v1/checkouts", Some("k")));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["email"], "buyer-1.7@surge.example");
        assert_eq!(body["complete"]["payment"]["token"], "tok_ok");
    }

    #[test]
    fn what_the_contract_does_not_have_is_broken() {
        for (status, body) in [
            (500, json!({"code": "internal"})),
            (503, json!({"code": "overloaded"})),
            (200, json!({"sold_out": true})),
            (409, json!({"code": "no_such_code"})),
            (404, json!({"code": "not_found"})),
            (302, json!({})),
        ] {
            let heard = read(Step::Complete, &answer(status, &[], body));
            let Heard::Broken { as_success, .. } = heard else { panic!("{status}: {heard:?}") };
            assert_eq!(as_success, status == 200, "{status}");
        }
        let cut = Answer { status: 201, headers: Vec::new(), body: b"{\"id\": \"ord".to_vec() };
        assert!(matches!(read(Step::Complete, &cut), Heard::Broken { .. }));
    }

    #[test]
    fn a_bank_that_asks_back_is_visited_by_its_path() {
        let mut purchase = purchase();
        let body = json!({"status": "requires_action", "next_action": {"type": "redirect", "url": "http://localhost:1/simulated/payments/pay_1"}});
        let heard =
            Sellonce.read(Step::Complete, None, &answer(202, &[("retry-after", "1")], body), &mut purchase);
        assert!(matches!(heard, Heard::UnderWay { approve: true, retry_after_ms: 1_000, .. }), "{heard:?}");
        purchase.facts.insert("result".to_owned(), "succeed".to_owned());
        let approve = Sellonce.request(Step::Approve, None, &purchase).unwrap();
        assert_eq!(approve.path, "/simulated/payments/pay_1");
    }
}
