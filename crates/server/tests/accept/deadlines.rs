//! Slow clients: each part of a connection has a time, and only the client's own slowness counts.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;
use hyper::body::Frame;
use sellonce_server::accept::{Deadlines, Settings};
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

use crate::shop::{BIG_BYTES, LONG, Shop, soon, within};

const SHORT_MS: u64 = 250;
const POST_TAKE: &str = "POST /take HTTP/1.1\r\nhost: shop\r\ncontent-length: 1000\r\n\r\n";

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let shop = Shop::open(within(Deadlines { first_byte_ms: SHORT_MS, ..LONG }));
    assert_eq!(shop.caller().await.until_closed().await, "");
}

#[tokio::test]
async fn half_an_http2_preface_is_closed() {
    let shop = Shop::open(within(Deadlines { header_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send("PRI * HT").await;
    assert_eq!(caller.until_closed().await, "");
}

#[tokio::test]
async fn an_http2_connection_without_a_request_is_closed() {
    let shop = Shop::open(within(Deadlines { header_ms: SHORT_MS, ..LONG }));
    soon(shop.http2().await.ended).await.unwrap();
}

#[tokio::test]
async fn half_a_header_is_closed() {
    let shop = Shop::open(within(Deadlines { header_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send("GET / HTTP/1.1\r\nhost: sh").await;
    assert_eq!(caller.until_closed().await, "");
}

#[tokio::test]
async fn a_header_that_trickles_is_closed() {
    let shop = Shop::open(within(Deadlines { header_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send("GET / HTTP/1.1\r\nhost: ").await;
    assert_eq!(caller.trickle("s", 20).await, "");
}

#[tokio::test]
async fn half_a_header_of_a_second_request_is_closed() {
    let shop = Shop::open(within(Deadlines { header_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.get("/").await;
    caller.answer().await;
    caller.send("GET / HTTP/1.1\r\nhost: sh").await;
    assert_eq!(caller.until_closed().await, "");
}

#[tokio::test]
async fn a_body_that_stops_is_told_so_and_closed() {
    let shop = Shop::open(within(Deadlines { body_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send(POST_TAKE).await;
    caller.send("abc").await;
    assert!(caller.until_closed().await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_body_that_trickles_is_told_so_and_closed() {
    let shop = Shop::open(within(Deadlines { body_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send(POST_TAKE).await;
    assert!(caller.trickle("x", 20).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_body_that_trickles_in_chunks_is_told_so_and_closed() {
    let shop = Shop::open(within(Deadlines { body_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send("POST /take HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n").await;
    assert!(caller.trickle("1\r\nx\r\n", 20).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_slow_body_on_http2_ends_alone() {
    let shop = Shop::open(within(Deadlines { body_ms: SHORT_MS, ..LONG }));
    let mut client = shop.http2().await;
    let slow = client.send("POST", "/take", Body::new(Stalling(Some(Bytes::from_static(b"abc")))));
    let quick = client.send("POST", "/take", Body::from("abc"));
    assert_eq!(soon(quick).await, (StatusCode::OK, "took 3".to_owned()));
    assert_eq!(soon(slow).await.0, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(client.get("/").await.0, StatusCode::OK, "the connection goes on");
}

/// A body that gives three bytes and then neither more nor an end.
struct Stalling(Option<Bytes>);

impl HttpBody for Stalling {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let shop = Shop::open(within(Deadlines { idle_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.get("/").await;
    caller.answer().await;
    assert_eq!(caller.until_closed().await, "");
}

#[tokio::test]
async fn an_idle_http2_connection_is_closed() {
    let shop = Shop::open(within(Deadlines { idle_ms: SHORT_MS, ..LONG }));
    let mut client = shop.http2().await;
    client.get("/").await;
    soon(client.ended).await.unwrap();
}

#[tokio::test]
async fn a_connection_may_be_idle_longer_than_a_header_may_take() {
    let shop = Shop::open(within(Deadlines { first_byte_ms: SHORT_MS, header_ms: SHORT_MS, ..LONG }));
    let (mut caller, mut client) = (shop.caller().await, shop.http2().await);
    for _ in 0..2 {
        caller.get("/").await;
        assert!(caller.answer().await.ends_with("hello"));
        assert_eq!(client.get("/").await.1, "hello");
        sleep(Duration::from_millis(3 * SHORT_MS)).await;
    }
}

#[tokio::test]
async fn a_slow_handler_answers_after_every_deadline_of_the_client() {
    let short = Deadlines {
        first_byte_ms: SHORT_MS,
        header_ms: SHORT_MS,
        body_ms: SHORT_MS,
        idle_ms: SHORT_MS,
        ..LONG
    };
    let shop = Shop::open(within(short));
    let mut caller = shop.caller().await;
    caller.send("POST /slow HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\n\r\nab").await;
    caller.send("c").await;
    let answer = tokio::spawn(shop.http2().await.send("POST", "/slow", Body::from("abc")));
    sleep(Duration::from_millis(4 * SHORT_MS)).await;
    shop.gate.open_for(2);
    assert!(caller.answer().await.ends_with("slow 3"));
    assert_eq!(soon(answer).await.unwrap(), (StatusCode::OK, "slow 3".to_owned()));
}

#[tokio::test]
async fn a_body_has_its_whole_time_when_the_handler_turns_to_it_late() {
    let shop = Shop::open(within(Deadlines { body_ms: SHORT_MS, ..LONG }));
    let mut caller = shop.caller().await;
    caller.send("POST /take_later HTTP/1.1\r\nhost: shop\r\ncontent-length: 4\r\n\r\nab").await;
    shop.gate.someone_came().await;
    sleep(Duration::from_millis(2 * SHORT_MS)).await;
    shop.gate.open_for(1);
    caller.send("cd").await;
    assert!(caller.answer().await.ends_with("took 4"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let deadlines = Deadlines { idle_ms: SHORT_MS, ..LONG };
    let shop = Shop::open(Settings { connections_max: 1, ..within(deadlines) });
    let mut deaf = shop.caller().await;
    deaf.get("/big").await;
    let mut next = shop.caller().await;
    next.get("/").await;
    assert!(next.answer().await.ends_with("hello"), "the seat is free again");
}

#[tokio::test]
async fn a_client_that_takes_its_answer_slowly_gets_it_whole() {
    let idle_ms = 500;
    let shop = Shop::open(within(Deadlines { idle_ms, ..LONG }));
    let mut caller = shop.caller().await;
    caller.get("/big").await;
    let (mut taken, mut piece) = (0, vec![0; BIG_BYTES / 30]);
    while taken < BIG_BYTES {
        sleep(Duration::from_millis(idle_ms / 5)).await;
        let count = soon(caller.stream.read(&mut piece)).await.unwrap();
        assert!(count > 0, "closed after {taken} bytes");
        taken += count;
    }
}
