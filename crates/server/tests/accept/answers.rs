//! What a connection is good for: answers in both protocols, and none lost at its end.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use tokio::io::AsyncWriteExt;

use crate::shop::{LONG, Shop, soon, within};

#[tokio::test]
async fn a_buyer_is_answered_again_and_again_on_one_connection() {
    let shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    for _ in 0..3 {
        caller.get("/").await;
        let answer = caller.answer().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
}

#[tokio::test]
async fn a_buyer_who_speaks_http2_from_the_start_is_answered() {
    let shop = Shop::open(within(LONG));
    let mut client = shop.http2().await;
    assert_eq!(client.get("/").await, (StatusCode::OK, "hello".to_owned()));
    let answer = client.send("POST", "/take", Body::from(vec![b'x'; 200_000]));
    assert_eq!(soon(answer).await, (StatusCode::OK, "took 200000".to_owned()), "more than a stream's window");
}

#[tokio::test]
async fn handlers_know_who_calls() {
    let shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.get("/peer").await;
    assert!(caller.answer().await.ends_with(&caller.stream.local_addr().unwrap().to_string()));
    let (status, peer) = shop.http2().await.get("/peer").await;
    assert!(status == StatusCode::OK && peer.starts_with("127.0.0.1:"), "{peer}");
}

#[tokio::test]
async fn an_answer_given_before_the_body_came_reaches_a_client_that_goes_on_sending() {
    let shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.send("POST /refuse HTTP/1.1\r\nhost: shop\r\ncontent-length: 100000\r\n\r\n").await;
    soon(caller.stream.readable()).await.unwrap();
    for _ in 0..10 {
        // Each piece would meet a closed socket, and the second one fail, without the server reading on.
        tokio::time::sleep(Duration::from_millis(10)).await;
        caller.stream.write_all(&[b'x'; 10_000]).await.expect("the server still listens");
    }
    assert!(caller.until_closed().await.starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_client_that_never_stops_sending_after_its_answer_is_cut() {
    let shop = Shop::open(within(LONG));
    let mut caller = shop.caller().await;
    caller.send("POST /refuse HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000000000\r\n\r\n").await;
    caller.answer().await;
    soon(async { while caller.stream.write_all(b"x").await.is_ok() {} }).await;
}
