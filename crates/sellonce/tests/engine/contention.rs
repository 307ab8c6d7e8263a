//! Many buyers, few units.

use hyper::StatusCode;
use serde_json::json;

use crate::harness::{Shop, complete, get, http, open};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_of_twenty_units_make_twenty_orders() {
    let mut shop = Shop::with_stock("last-ones", 20);
    let url = shop.url();
    let buyers = (0..200).map(|number| {
        let url = url.clone();
        tokio::spawn(async move {
            let http = http();
            let email = format!("buyer-{number}@example.com");
            let checkout = open(&http, &url, "last-ones", 1, &email).await.expect("a checkout opens");
            complete(&http, &url, &checkout, "once", "tok_ok").await.expect("the server answers")
        })
    });
    let (mut placed, mut sold_out) = (0, 0);
    for buyer in buyers.collect::<Vec<_>>() {
        let answer = buyer.await.expect("a buyer does not panic");
        match answer.status {
            StatusCode::CREATED => placed += 1,
            StatusCode::CONFLICT if answer.code() == "out_of_stock" => {
                assert_eq!(answer.body["lines"][0]["available"], 0, "{}", answer.body);
                sold_out += 1;
            }
            other => panic!("{other} {}", answer.body),
        }
    }
    assert_eq!((placed, sold_out), (20, 180));
    let key = format!("Bearer {}", shop.key());
    let stock =
        get(&http(), &format!("{url}/v1/admin/inventory/last-ones"), &[("authorization", &key)]).await;
    let stock = stock.expect("the server answers").body;
    let counters = json!([stock["available"], stock["reserved"], stock["committed"], stock["on_hand"]]);
    assert_eq!(counters, json!([0, 0, 20, 20]));
    shop.assert_audit_ok();
}
